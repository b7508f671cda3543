// What the demo puts in the place of Stripe, and the demo's brand once more, billed by it.

import { writeFileSync } from "node:fs";
import { join } from "node:path";

import { Program } from "./program.mjs";
import { root } from "./server.mjs";

const SECRET = "whsec_e2e";

/** Starts the account, which tells the server of what happens in it. */
export async function startAccount(port, serverPort) {
  const account = new Program({
    name: "what stands in for Stripe",
    command: process.execPath,
    args: [join(root, "www/demo/stripe.mjs")],
    env: { PORT: port, FAREWELL: `http://127.0.0.1:${serverPort}`, SECRET },
  });
  await account.answers(`http://127.0.0.1:${port}/`);
  return account;
}

/**
 * The configuration with a second brand, `acme-stripe`, which the account at this port bills.
 *
 * @param {string} config of the demo
 * @param {string} folder of the server's data, for the keys
 * @param {number} port
 */
export function withStripe(config, folder, port) {
  writeFileSync(join(folder, "stripe.key"), "sk_test_e2e");
  writeFileSync(join(folder, "stripe.secret"), SECRET);
  const access = `key_file = "stripe.key"\nwebhook_secret_file = "stripe.secret"\napi_url = "http://127.0.0.1:${port}/"`;
  const brand = config
    .slice(config.indexOf("[[brand]]"))
    .replace('slug = "acme"', 'slug = "acme-stripe"')
    .replace("site_id = 1", "site_id = 2")
    .replace('billing = "ledger"', 'billing = "stripe"')
    .replace(/^payment_page = .*$/m, "")
    .replace("[brand.hub]", `[brand.stripe]\n${access}\n\n[brand.hub]`);
  return `${config}\n${brand}`;
}
