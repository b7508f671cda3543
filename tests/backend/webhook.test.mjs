// The webhooks of the real server, taken by the program of `examples/backend/node`: those that are genuine, and only those.

import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { after, before, test } from "node:test";

import { takeWebhook, verifyWebhook } from "../../examples/backend/node/webhook.mjs";
import { freePort } from "../e2e/stage/program.mjs";
import { Server } from "../e2e/stage/server.mjs";

let server;
let receiver;
let fail = false;
const acted = new Map();
const requests = [];

before(async () => {
  receiver = createServer((request, response) =>
    takeWebhook(request, response, (id, content) => {
      requests.push({ headers: request.headers, content });
      if (fail) throw new Error("the database is away");
      acted.set(id, content);
    }),
  ).listen(0, "127.0.0.1");
  await once(receiver, "listening");
  const webhook = `\n[[brand.webhook]]\nurl = "http://127.0.0.1:${receiver.address().port}/webhooks"\n`;
  const configure = (config) =>
    config.replace("[server]", "[server]\nprivate_webhooks = true").replace("[[brand.reason]]", `${webhook}\n[[brand.reason]]`);
  server = await Server.start(await freePort(), await freePort(), [], configure);
  process.env.FAREWELL_WEBHOOK_SECRET = (await server.command("keys", "webhook", "--brand", "acme")).trim();
});
after(async () => {
  receiver?.close();
  await server?.stop();
});

const ping = () => server.command("webhooks", "test", "--brand", "acme");

test("what the server sends is taken, also while the secret is rotated", async () => {
  await ping();
  assert.deepEqual([...acted.values()].map(({ type, data }) => [type, data.brand]), [["ping", "acme"]]);
  await server.command("keys", "rotate", "webhook", "--brand", "acme");
  await ping();
  assert.equal(acted.size, 2, "by the secret from before");
  process.env.FAREWELL_WEBHOOK_SECRET = (await server.command("keys", "webhook", "--brand", "acme")).trim();
  await ping();
  assert.equal(acted.size, 3, "by the new one");
});

test("what could not be acted on is not taken", async () => {
  fail = true;
  await assert.rejects(ping(), /did not take it/);
  fail = false;
});

test("nothing else is taken", async () => {
  const { headers, content } = requests.at(-1);
  const [secret, body] = [process.env.FAREWELL_WEBHOOK_SECRET, JSON.stringify(content)];
  assert.deepEqual(verifyWebhook(secret, headers, body), content, "as it came, it is genuine");
  const now = String(Math.floor(Date.now() / 1000));
  const forged = {
    "another body": [headers, `${body} `],
    "another id": [{ ...headers, "webhook-id": "evt_1" }, body],
    "another time": [{ ...headers, "webhook-timestamp": String(Number(now) - 10) }, body],
    "an old one": [{ ...headers, "webhook-timestamp": String(Number(now) - 301) }, body],
    "no time": [{ ...headers, "webhook-timestamp": "x" }, body],
    "no signature": [{ ...headers, "webhook-signature": "" }, body],
    "a list of nothing": [{ ...headers, "webhook-signature": "v1, v1,AAAA v2" }, body],
    "no headers": [{}, body],
  };
  for (const [what, [heads, text]] of Object.entries(forged)) {
    assert.throws(() => verifyWebhook(secret, heads, text), /this is not a webhook|another time|signature is wrong/, what);
  }
  assert.throws(() => verifyWebhook(`whsec_${Buffer.alloc(32).toString("base64")}`, headers, body), /signature/);
  const count = acted.size;
  const posted = await fetch(`http://127.0.0.1:${receiver.address().port}/webhooks`, { method: "POST", body });
  assert.deepEqual([posted.status, acted.size], [400, count]);
});
