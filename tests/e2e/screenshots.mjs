// Pictures of every step in many looks, in target/screenshots. For people to look at:
//
//   node tests/e2e/screenshots.mjs                 all of them
//   node tests/e2e/screenshots.mjs phone-de offer  those whose names hold every word given
//
// Japanese and Arabic need fonts: on Debian `fonts-noto-cjk` and `fonts-noto-core`.

import { mkdir } from "node:fs/promises";
import { join } from "node:path";

import { HUB_SCENES, playHub } from "./stage/hub-scenes.mjs";
import { SCENES, TOO_LONG, play } from "./stage/scenes.mjs";
import { root } from "./stage/server.mjs";
import { Stage } from "./stage/stage.mjs";

const folder = join(root, "target/screenshots");
const wanted = process.argv.slice(2);

const desktop = { viewport: { width: 1280, height: 800 } };
const phone = { viewport: { width: 375, height: 667 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true };
const narrow = { ...phone, viewport: { width: 320, height: 640 } };

/** How a scene is looked at. `text` is the size of the reader's text in px, 16 where nothing was chosen. */
const LOOKS = {
  "desktop-light": { context: desktop },
  "desktop-dark": { context: { ...desktop, colorScheme: "dark" } },
  "desktop-forced": { context: { ...desktop, forcedColors: "active" } },
  "phone-light": { context: phone },
  "phone-dark": { context: { ...phone, colorScheme: "dark" } },
  "phone-de": { context: phone, locale: "de" },
  "phone-fr": { context: phone, locale: "fr" },
  "phone-es": { context: phone, locale: "es" },
  "phone-ja": { context: phone, locale: "ja" },
  "phone-ar": { context: phone, locale: "ar" },
  "desktop-ar": { context: desktop, locale: "ar" },
  "narrow-de": { context: narrow, locale: "de" },
  "narrow-large-en": { context: narrow, text: 32 },
  "narrow-large-de": { context: narrow, locale: "de", text: 32 },
  "narrow-large-fr": { context: narrow, locale: "fr", text: 32 },
};

await mkdir(folder, { recursive: true });
const stage = await Stage.start({ configure: (config) => config + TOO_LONG });
try {
  for (const [look, { context, locale = "en", text }] of Object.entries(LOOKS)) {
    for (const [scene, what] of Object.entries({ ...SCENES, ...HUB_SCENES })) {
      const name = `${scene}-${look}`;
      if (!wanted.every((word) => name.includes(word))) continue;
      const set = scene in HUB_SCENES ? playHub : play;
      const page = await set(stage, what, { context: { ...context, reducedMotion: "reduce" }, locale, text });
      // The hub is a part of a page, and as long as it is.
      await page.screenshot({ path: join(folder, `${name}.png`), fullPage: scene in HUB_SCENES });
      await stage.clear();
    }
  }
} finally {
  await stage.stop();
}
console.log(`pictures are in ${folder}`);
