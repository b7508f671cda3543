// The programs of `examples/backend`, each in its own language against the real server: sessions for whoever is logged in, and
// results that are believed when they are genuine, and only then.

import assert from "node:assert/strict";
import { createPrivateKey, generateKeyPairSync, sign } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";

import { freePort } from "../e2e/stage/program.mjs";
import { Stage } from "../e2e/stage/stage.mjs";
import { Backend, LANGUAGES } from "./backend.mjs";

const ADA = { user: "user_1", customer: "cus_ada" };
const BEN = { user: "user_2", customer: "cus_ben" };

let stage;
let genuine;
before(async () => {
  stage = await Stage.start({ browser: false });
  genuine = await kept(await stage.server.session(ADA.customer));
});
after(() => stage?.stop());

/** What the page is told once the customer of a session has chosen to stay: the token. */
async function kept(session) {
  return (await acted(session, [{ do: "shown" }, { do: "keep" }])).token;
}

async function acted(session, actions) {
  const headers = { Authorization: `Bearer ${session}`, "Content-Type": "application/json" };
  const body = JSON.stringify({ actions: actions.map((action, index) => ({ run: 1, seq: index + 1, ...action })) });
  const answer = await fetch(`${stage.server.origin}/v1/flow/actions`, { method: "POST", headers, body });
  assert.equal(answer.status, 200, await answer.clone().text());
  return (await answer.json()).result;
}

const coded = (value) => Buffer.from(typeof value === "string" ? value : JSON.stringify(value)).toString("base64url");
const decoded = (part) => JSON.parse(Buffer.from(part, "base64url"));

/** What the server's own key would sign: to try what a genuine signature alone must not be enough for. */
async function signed(claims, header = {}, key) {
  const [line] = (await readFile(join(stage.server.folder, "keys/signing.key"), "utf8")).split("\n");
  const [kid, seed] = line.split(" ");
  const pkcs8 = Buffer.concat([Buffer.from("302e020100300506032b657004220420", "hex"), Buffer.from(seed, "base64url")]);
  const content = `${coded({ alg: "EdDSA", typ: "JWT", kid, ...header })}.${coded(claims)}`;
  const signature = sign(null, Buffer.from(content), key ?? createPrivateKey({ key: pkcs8, format: "der", type: "pkcs8" }));
  return `${content}.${signature.toString("base64url")}`;
}

/** Tokens that nobody may believe, by what is wrong with them. */
async function forgeries() {
  const [header, claims, signature] = genuine.split(".");
  const said = decoded(claims);
  const { privateKey } = generateKeyPairSync("ed25519");
  const bytes = Buffer.from(signature, "base64url");
  bytes[10] ^= 1;
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  const now = Math.floor(Date.now() / 1000);
  return {
    "an altered payload": `${header}.${coded({ ...said, outcome: "canceled" })}.${signature}`,
    "an altered header": `${coded({ ...decoded(header), extra: 1 })}.${claims}.${signature}`,
    "an altered signature": `${header}.${claims}.${bytes.toString("base64url")}`,
    "another spelling of the signature": genuine.slice(0, -1) + alphabet[alphabet.indexOf(genuine.at(-1)) ^ 1],
    "no signature": `${header}.${claims}.`,
    "a signature that is too short": genuine.slice(0, -2),
    "the algorithm none": `${coded({ ...decoded(header), alg: "none" })}.${claims}.`,
    "the algorithm none, with a signature": await signed(said, { alg: "none" }),
    "the algorithm HS256": await signed(said, { alg: "HS256" }),
    "another type that the same key signs": await signed(said, { typ: "receipt+jwt" }),
    "a foreign key under the server's id": await signed(said, {}, privateKey),
    "a foreign key under an id of its own": await signed(said, { kid: "Zm9yZWln" }, privateKey),
    "an id of a key that is no text": await signed(said, { kid: ["a"] }),
    "an expired one": await signed({ ...said, iat: now - 90_000, exp: now - 1 }),
    "another brand's": await signed({ ...said, aud: "other" }),
    "another server's": await signed({ ...said, iss: "https://farewell.example.com" }),
    "a list for a header": `${coded([])}.${claims}.${signature}`,
    "no JSON": `${coded("{")}.${claims}.${signature}`,
    "no UTF-8": `${Buffer.from([0x7b, 0x22, 0xff]).toString("base64url")}.${claims}.${signature}`,
    "JSON that is nested without end": `${coded("[".repeat(5000))}.${claims}.${signature}`,
    "something that is too long": `${coded("[".repeat(9000))}.${claims}.${signature}`,
    "two parts": `${header}.${claims}`,
    "four parts": `${genuine}.x`,
    "a word": "nonsense",
    "nothing": "",
    "null": null,
    "a number": 5,
    "an object": { header },
    "a list": [genuine],
  };
}

const WAYS = { "/cancel/result": "offline", "/cancel/result/asked": "by asking" };

for (const language of LANGUAGES) {
  describe(language, () => {
    let backend;
    before(async () => (backend = await Backend.start(stage.server, language)));
    after(() => backend?.stop());

    test("a session is the logged-in customer's, whoever the request names", async () => {
      const body = { customer_id: BEN.customer, customerId: BEN.customer, retention: { customer_id: BEN.customer } };
      const made = await backend.post(`/cancel/session?customer_id=${BEN.customer}`, body, ADA);
      assert.equal(made.status, 200);
      assert.match(made.id, /^ret_/);
      assert.deepEqual(made.label, { text: "Cancel Subscription", lang: "en" });
      assert.equal(made.cache, "no-store");
      assert.equal(decoded((await kept(made.id)).split(".")[1]).sub, ADA.user);
    });

    test("without a login there is no session, and no result is looked at", async () => {
      for (const path of ["/cancel/session", ...Object.keys(WAYS)]) {
        const refused = await backend.post(path, { token: genuine, customer_id: ADA.customer });
        assert.equal(refused.status, 401, path);
        assert.equal(refused.id, undefined);
      }
    });

    test("a customer that billing does not know gets an answer, and no session", async () => {
      const refused = await backend.post("/cancel/session", {}, { user: "user_x", customer: "cus_nobody" });
      assert.equal(refused.status, 502);
      assert.equal(refused.id, undefined);
    });

    for (const [path, how] of Object.entries(WAYS)) {
      test(`${how}: a genuine result is believed, also a second time`, async () => {
        for (let time = 0; time < 2; time++) {
          const { status, outcome, effect } = await backend.post(path, { token: genuine }, ADA);
          assert.deepEqual({ status, outcome, effect }, { status: 200, outcome: "saved", effect: null });
        }
      });

      test(`${how}: somebody else's result is refused`, async () => {
        assert.equal((await backend.post(path, { token: genuine }, BEN)).status, 403);
      });

      test(`${how}: what is not genuine is refused, and nothing breaks by it`, async () => {
        // The server does without white space around a token; here nothing may be around it.
        const more = how === "offline" ? { "a line more": `${genuine}\n` } : {};
        for (const [what, token] of Object.entries({ ...(await forgeries()), ...more })) {
          const { status, error, type } = await backend.post(path, { token }, ADA);
          assert.deepEqual({ status, error, type }, { status: 400, error: "refused", type: "application/json" }, what);
        }
        for (const body of ["", "{", "[]", "null", "5", '"text"', '{"other":1}', "[".repeat(10_000), "x".repeat(20_000)]) {
          assert.equal((await backend.post(path, body, ADA)).status, 400, body.slice(0, 20));
        }
        assert.equal((await backend.post(path, { token: genuine }, ADA)).status, 200, "and the genuine one still holds");
      });
    }

    test("a backend of another brand refuses the result", async () => {
      const other = await Backend.start(stage.server, language, { brand: "other" });
      try {
        for (const path of Object.keys(WAYS)) assert.equal((await other.post(path, { token: genuine }, ADA)).status, 400, path);
      } finally {
        await other.stop();
      }
    });

    test("where Farewell is away nothing is believed, and nothing is refused either", async () => {
      const alone = await Backend.start(stage.server, language, { farewell: `http://127.0.0.1:${await freePort()}`, name: "none" });
      try {
        for (const path of ["/cancel/session", ...Object.keys(WAYS)]) {
          const answer = await alone.post(path, { token: genuine }, ADA);
          assert.deepEqual([answer.status, answer.id], [502, undefined], path);
        }
      } finally {
        await alone.stop();
      }
    });
  });
}

/** How often the published keys were fetched. */
const fetches = () => stage.server.program.said.split("\n").filter((line) => line.includes("/.well-known/jwks.json")).length;

test("a key that is new is found, unknown ones are not looked up each time, and known ones hold while Farewell is away", async () => {
  const backends = {};
  for (const language of LANGUAGES) backends[language] = await Backend.start(stage.server, language, { name: "rotation" });
  const all = (check) => Promise.all(Object.entries(backends).map(check));
  const status = async (backend, token) => (await backend.post("/cancel/result", { token }, ADA)).status;
  try {
    await all(async ([language, backend]) => assert.equal(await status(backend, genuine), 200, language));

    const before = fetches();
    assert.ok(before >= 4, "each of them has fetched the keys");
    const claims = decoded(genuine.split(".")[1]);
    const { privateKey } = generateKeyPairSync("ed25519");
    for (let number = 0; number < 20; number++) {
      const token = await signed(claims, { kid: `unknown${number}` }, privateKey);
      await all(async ([language, backend]) => assert.equal(await status(backend, token), 400, language));
    }
    const asked = fetches() - before;
    assert.ok(asked <= 4, `80 tokens of unknown keys made four backends ask ${asked} times`);

    await stage.server.command("keys", "rotate", "signing");
    await stage.server.halt();
    await all(async ([language, backend]) => assert.equal(await status(backend, genuine), 200, `${language}, while Farewell is away`));
    await stage.server.serve();
    const fresh = await kept(await stage.server.session(ADA.customer));
    assert.notEqual(decoded(fresh.split(".")[0]).kid, decoded(genuine.split(".")[0]).kid);
    await all(async ([language, backend]) => {
      const patience = AbortSignal.timeout(30_000);
      while ((await status(backend, fresh)) !== 200) {
        assert.ok(!patience.aborted, `${language} does not find the new key`);
        await new Promise((resolve) => setTimeout(resolve, 500)); // between two tries, while the backend waits with its next look
      }
      assert.equal(await status(backend, genuine), 200, `${language}: the previous key is still published`);
    });
  } finally {
    await all(([, backend]) => backend.stop());
  }
});
