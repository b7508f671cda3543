// What the flow looks like depends on these. A new language is found by its pack, a new reason by the demo's configuration; a
// new place with a law of its own, or a new theme, is a line here.

import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";

import { root } from "./server.mjs";

/** The languages that have a pack. */
export const LOCALES = readdirSync(join(root, "server/locales"))
  .map((file) => /^(\w{2,3}(?:-\w+)*)\.toml$/.exec(file)?.[1])
  .filter(Boolean);

/** The reasons a customer can give, by their keys: each leads to offers of its own. */
export const REASONS = [
  ...readFileSync(join(root, "www/demo/farewell.toml"), "utf8").matchAll(/^\[\[brand\.reason\]\]\nkey = "(\w+)"/gm),
].map(([, key]) => key);

/** The policies there are, by their names on the server. Withdrawing has one of its own, and no session. */
export const POLICIES = [...readFileSync(join(root, "server/src/policy.rs"), "utf8").matchAll(/\bid: "([\w-]+)"/g)]
  .map(([, id]) => id)
  .filter((id) => id !== "eu-withdrawal");

/** How a session comes to each policy: by where the customer is, or by not being a consumer. */
export const PLACES = {
  default: { country: "US", region: "NY" },
  business: { country: "US", region: "NY", consumer: false },
  "us-ca": { country: "US", region: "CA" },
  "us-mn": { country: "US", region: "MN" },
  eu: { country: "IE" },
  de: { country: "DE" },
  fr: { country: "FR" },
};

export const VIEWPORTS = {
  desktop: { width: 1280, height: 800 },
  phone: { width: 320, height: 640 },
  // A phone on its side, or a desktop at 400 %.
  low: { width: 640, height: 256 },
};

/** The text size that a reader has set in the browser, in px: its own, and 200 %. */
export const TEXT_SIZES = [16, 32];

/** What a merchant's page says of our colours and type. */
export const THEMES = {
  none: "",
  green: `dialog[data-farewell] > div { --fw-accent: light-dark(#0b6b46, #7fe0b4); --fw-on-accent: light-dark(#ffffff, #04301f); }`,
};

/** Where the flow is shown: in a merchant's page, as a page of its own, and as such a page whose scripts never come. */
export const SURFACES = ["widget", "hosted", "plain"];

/** Which way text runs: as the language has it, or the other way round, so that every layout is seen in both. */
export const DIRECTIONS = ["own", "turned"];
