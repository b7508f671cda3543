// Light and dark: the flow and the hub are as the page is, and what a page sets of their colours can be read.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { after, afterEach, before, test } from "node:test";

import { heading, press } from "./stage/flow.mjs";
import { HostedPage } from "./stage/hosted-page.mjs";
import { root } from "./stage/server.mjs";
import { Stage } from "./stage/stage.mjs";
import { words } from "./stage/words.mjs";

let stage;
before(async () => (stage = await Stage.start()));
after(() => stage?.stop());
afterEach(() => stage.clear());

/** A page on such a device, with such a head, its flow open. */
async function flow(colorScheme, head) {
  const body = `${head}<div id="cancel"></div>`;
  const page = await stage.billingPage(await stage.newcomer(), { body, context: { colorScheme, reducedMotion: "reduce" } });
  await press(page, "Cancel Subscription");
  await heading(page, words.survey_title);
  return page;
}

/** A hub in such a page. */
async function hub(colorScheme, head) {
  const session = await stage.server.hub(await stage.newcomer());
  const module = `import { Farewell } from "/farewell/index.js";
    new Farewell({ publicKey: ${JSON.stringify(stage.server.key.public)} }).mountSubscriptionHub("place", ${JSON.stringify(session)});`;
  const page = await stage.page({ colorScheme });
  await page.goto(stage.host.publish("/colors-hub", { body: `${head}<div id="place"></div>`, module }));
  await heading(page, "Your subscription");
  return page;
}

/** The colours of what is shown, as red, green and blue. */
const colors = (page) =>
  page.evaluate(() => {
    const host = document.querySelector("dialog > div, [data-farewell-hub], main section > div");
    const scope = host?.shadowRoot ?? document;
    const context = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
    const rgb = (color) => {
      context.clearRect(0, 0, 1, 1);
      context.fillStyle = color;
      context.fillRect(0, 0, 1, 1);
      return [...context.getImageData(0, 0, 1, 1).data].slice(0, 3);
    };
    const probe = scope.querySelector(".step").appendChild(document.createElement("i"));
    const named = (name) => {
      probe.style.color = `var(--_${name})`;
      return rgb(getComputedStyle(probe).color);
    };
    const names = ["ink", "paper", "soft", "tint", "line", "accent", "on-accent", "alert", "alert-tint"];
    const all = Object.fromEntries(names.map((name) => [name, named(name)]));
    probe.remove();
    const { color, backgroundColor } = getComputedStyle(scope.querySelector(".step"));
    return { all, step: { ink: rgb(color), paper: rgb(backgroundColor) } };
  });

/** The contrast of two colours, by WCAG. */
function contrast(one, other) {
  const luminance = (rgb) => {
    const [r, g, b] = rgb.map((part) => ((part /= 255) <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const [dark, light] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (light + 0.05) / (dark + 0.05);
}

const isDark = ({ step }) => contrast(step.paper, [0, 0, 0]) < contrast(step.paper, [255, 255, 255]);

const declares = (scheme) => `<style>:root { color-scheme: ${scheme}; }</style>`;
const META = '<meta name="color-scheme" content="dark">';

for (const [device, head, dialog, embedded] of [
  ["light", "", "light", "light"],
  ["dark", "", "dark", "light"],
  ["dark", declares("light"), "light", "light"],
  ["dark", declares("only light"), "light", "light"],
  ["light", declares("dark"), "dark", "dark"],
  ["dark", declares("light dark"), "dark", "dark"],
  ["light", declares("light dark"), "light", "light"],
  ["light", META, "dark", "dark"],
]) {
  const page = head ? head.replace(/<[^>]*>\s*|:root/g, "") || "a meta tag" : "nothing";
  test(`on a ${device} device, a page that declares ${page}: the flow is ${dialog}, the hub is ${embedded}`, async () => {
    assert.equal(isDark(await colors(await flow(device, head))), dialog === "dark", "the flow");
    assert.equal(isDark(await colors(await hub(device, head))), embedded === "dark", "the hub");
  });
}

for (const set of [
  "--fw-accent: #005a9c",
  "--fw-accent: #ffd400",
  "--fw-paper: #fffdf5; --fw-tint: #f4f0e0",
  "--fw-paper: #10202a",
  "--fw-ink: #222",
  "--fw-ink: #eee",
  "--fw-tint: #f4f0e0",
  "--fw-tint: #333",
  "--fw-paper: light-dark(#fffdf5, #222)",
]) {
  test(`whatever a page sets, everything can be read: ${set}`, async () => {
    for (const [device, scheme] of [["light", ""], ["dark", ""], ["dark", "color-scheme: light dark"], ["dark", "color-scheme: only light"], ["light", "color-scheme: dark"]]) {
      const head = `<style>:root { ${set}; ${scheme} }</style>`;
      const page = await flow(device, head);
      const { all, step } = await colors(page);
      for (const [ink, paper, least] of [
        [step.ink, step.paper, 7],
        [all["on-accent"], all.accent, 4.5],
        [all.ink, all.tint, 7],
        [all.soft, all.paper, 4.5],
        [all.soft, all.tint, 4.5],
        [all.alert, all["alert-tint"], 4.5],
        [all.line, all.paper, 2.6],
      ]) {
        const found = contrast(ink, paper);
        assert.ok(found >= least, `${device} ${scheme}: ${ink} on ${paper} is ${found.toFixed(2)}`);
      }
      await page.close();
    }
  });
}

test("the look of a page on a device that changes changes with it", async () => {
  const page = await flow("light", "");
  assert.equal(isDark(await colors(page)), false);
  await page.emulateMedia({ colorScheme: "dark" });
  assert.equal(isDark(await colors(page)), true);
});

test("the usual colours are those that the server measures themes by", async () => {
  const source = await readFile(join(root, "server/src/theme.rs"), "utf8");
  for (const [scheme, palette] of [["light", "LIGHT"], ["dark", "DARK"]]) {
    const { all } = await colors(await flow(scheme, ""));
    const written = source.slice(source.indexOf(`pub const ${palette}: Self`)).split("};")[0];
    for (const [, field, value] of written.matchAll(/(\w+): (Color::\w+(?:\(0x\w+\))?),/g)) {
      const hex = { "Color::WHITE": "ffffff", "Color::BLACK": "000000" }[value] ?? /0x(\w+)/.exec(value)[1];
      const expected = [0, 2, 4].map((at) => parseInt(hex.slice(at, at + 2), 16));
      const found = all[field.replace("_", "-")];
      assert.ok(expected.every((part, i) => Math.abs(part - found[i]) <= 1), `${scheme} ${field}: ${found}, not ${expected}`);
    }
  }
});

test("the page of the server follows the device", async () => {
  const { url } = await HostedPage.open(stage.server.origin, await stage.server.session(await stage.newcomer()));
  for (const colorScheme of ["light", "dark"]) {
    const page = await stage.page({ colorScheme });
    await page.route("**/*.js", (route) => route.abort());
    await page.goto(url);
    assert.equal(isDark(await colors(page)), colorScheme === "dark", "plain");
    await page.unrouteAll();
    await page.reload();
    await page.locator("main section").waitFor();
    assert.equal(isDark(await colors(page)), colorScheme === "dark", "with the widget");
  }
});

test("corners are the page's, in the dialog too", async () => {
  const page = await flow("light", "<style>:root { --fw-radius: 4px; } dialog[data-farewell] > div::part(headline) { color: rgb(1, 2, 3); }</style>");
  const found = await page.evaluate(() => {
    const dialog = document.querySelector("dialog");
    return [getComputedStyle(dialog).borderTopLeftRadius, getComputedStyle(dialog.firstElementChild.shadowRoot.querySelector("h2")).color];
  });
  assert.deepEqual(found, ["4px", "rgb(1, 2, 3)"]);
});
