// Verifies what Farewell has signed without asking anybody: a compact JWS, signed with Ed25519, checked against the published key.

import { createPublicKey, verify } from "node:crypto";

/**
 * The claims of a token of a type, or an Error that says what is wrong with it.
 *
 * @param {string} token
 * @param {object[]} keys the `keys` of `/.well-known/jwks.json`
 * @param {{ issuer: string, audience: string, type?: string, now?: number }} expected `now` in milliseconds since 1970
 */
export function verifyOffline(token, keys, { issuer, audience, type = "JWT", now = Date.now() }) {
  const parts = token.split(".");
  if (parts.length !== 3) throw new Error("this is not a compact JWS");
  const [header, claims] = parts.slice(0, 2).map(decoded);
  if (header.alg !== "EdDSA") throw new Error(`the algorithm is ${header.alg}, not EdDSA`);
  if (header.typ !== type) throw new Error(`the type is ${header.typ}, not ${type}`);
  const jwk = keys.find((key) => key.kid === header.kid);
  if (!jwk) throw new Error(`no published key has the id ${header.kid}`);
  const key = createPublicKey({ key: jwk, format: "jwk" });
  const signed = Buffer.from(`${parts[0]}.${parts[1]}`);
  if (!verify(null, signed, key, Buffer.from(parts[2], "base64url"))) throw new Error("the signature is wrong");
  if (claims.iss !== issuer) throw new Error(`the issuer is ${claims.iss}, not ${issuer}`);
  if (claims.aud !== audience) throw new Error(`the audience is ${claims.aud}, not ${audience}`);
  if (claims.exp * 1000 <= now) throw new Error("the token has expired");
  return claims;
}

function decoded(part) {
  try {
    return JSON.parse(Buffer.from(part, "base64url").toString("utf8"));
  } catch {
    throw new Error("this is not a compact JWS");
  }
}
