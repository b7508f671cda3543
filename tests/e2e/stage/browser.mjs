// Chromium, driven by playwright-core. It is the system's own: nothing is downloaded.

import { existsSync } from "node:fs";

import { chromium } from "playwright-core";

const executablePath = process.env.CHROME ?? "/usr/bin/chromium";

/** Nothing but what a test asks for: no updates, no reports, no look-ups. */
const QUIET = [
  "--no-sandbox",
  "--disable-background-networking",
  "--disable-client-side-phishing-detection",
  "--disable-component-update",
  "--disable-default-apps",
  "--disable-domain-reliability",
  "--disable-extensions",
  "--disable-sync",
  "--disable-features=OptimizationHints,MediaRouter,Translate",
  "--metrics-recording-only",
  "--no-first-run",
  "--no-pings",
  "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
];

/** @param {{ textSize?: number }} [options] `textSize` is the one that a reader has set, in px; the browser's own is 16 */
export async function launch({ textSize = 16 } = {}) {
  if (!existsSync(executablePath)) {
    throw new Error(`There is no browser at ${executablePath}: install Chromium, or name another one in CHROME.`);
  }
  return chromium.launch({ executablePath, args: [...QUIET, `--blink-settings=defaultFontSize=${textSize}`] });
}
