// Whether a webhook is genuine, and what it tells. Nothing but Node's own modules. See https://www.standardwebhooks.com.

import { createHmac, timingSafeEqual } from "node:crypto";

import { Refused } from "./result.mjs";

const TOLERANCE = 300; // seconds between the server's clock and yours

/**
 * Verifies a webhook, and gives its content: `type`, `timestamp`, `data`.
 *
 * @param {string} secret whsec_…, as `farewell keys webhook` shows it
 * @param {Record<string, string>} headers of the request, their names in small letters
 * @param {string} body as it came: parsed and written anew, it is not what was signed
 */
export function verifyWebhook(secret, headers, body) {
  const { "webhook-id": id, "webhook-timestamp": timestamp, "webhook-signature": signatures } = headers;
  if (!id || !timestamp || !signatures) throw new Refused("this is not a webhook");
  if (!(Math.abs(Date.now() / 1000 - Number(timestamp)) <= TOLERANCE)) throw new Refused("it was sent at another time");
  const key = Buffer.from(secret.replace(/^whsec_/, ""), "base64");
  const right = Buffer.from(`v1,${createHmac("sha256", key).update(`${id}.${timestamp}.${body}`).digest("base64")}`);
  // Two of them while the secret is being rotated. One has to be right.
  const genuine = signatures.split(" ").some((one) => {
    const given = Buffer.from(one);
    return given.length === right.length && timingSafeEqual(given, right);
  });
  if (!genuine) throw new Refused("the signature is wrong");
  return JSON.parse(body);
}

/** Takes a webhook. `act` is yours: it is given the id and the content, and does nothing for an id it has acted on already. */
export async function takeWebhook(request, response, act) {
  let body = "";
  try {
    for await (const chunk of request.setEncoding("utf8")) {
      if ((body += chunk).length > 65_536) throw new Refused("it is too large");
    }
    const content = verifyWebhook(process.env.FAREWELL_WEBHOOK_SECRET, request.headers, body);
    await act(request.headers["webhook-id"], content);
    response.writeHead(204).end();
  } catch (error) {
    console.warn(error instanceof Refused ? `a webhook was refused: ${error.message}` : error);
    // What is not taken comes again, later.
    response.writeHead(error instanceof Refused ? 400 : 500).end();
  }
}
