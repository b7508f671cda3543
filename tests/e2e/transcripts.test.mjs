// What a screen reader says on every step, kept in tests/e2e/transcripts to be read by people. After a change that is meant:
//
//   UPDATE=1 cargo xtask test --only e2e
//
// A place's own file is there only where the law of the place makes a step sound different.

import assert from "node:assert/strict";
import { mkdir, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { after, before, test } from "node:test";

import { announced, listen } from "./stage/announcements.mjs";
import { PLACES, REASONS } from "./stage/factors.mjs";
import { closed, heading, loading, press } from "./stage/flow.mjs";
import { ENGINE } from "./stage/full-page.mjs";
import { ScreenReader } from "./stage/screen-reader.mjs";
import { root } from "./stage/server.mjs";
import { Stage } from "./stage/stage.mjs";
import { WAYS, walk } from "./stage/walk.mjs";
import { words } from "./stage/words.mjs";

const folder = join(root, "tests/e2e/transcripts");

let stage, reader;
/** What was said, by the name of the file. */
const said = new Map();

before(async () => {
  stage = await Stage.start();
  reader = await ScreenReader.start(await stage.page());
});
after(() => stage?.stop());

const slug = (text) => text.toLowerCase().match(/\w+/g).join("-");

/** Reads every step of a way that was not read before. A step is named by what it is, and by the offer that it is about. */
async function take(place, page, way, reason, surface) {
  let offer = "";
  for await (const { step, verbs } of walk(page, WAYS[way], reason)) {
    const headline = page.locator("form.step .card .headline");
    if (await headline.count()) offer = slug(await headline.textContent());
    const name = () => {
      if (step === "with a reason given") return "survey-answered";
      if (step === "with everything unfolded") return "details-unfolded";
      if (verbs.includes("answer")) return "survey";
      if (verbs.includes("accept")) return `offer-${offer}`;
      if (verbs.includes("declare")) return "details";
      if (verbs.includes("undo")) return "receipt-canceled";
      if (verbs.includes("cancel")) return "confirm";
      return way === "staying" ? `receipt-${offer}` : `receipt-after-${way.split(" ").at(-1)}`;
    };
    const read = `${surface}/${name()}`;
    const key = place === "default" ? read : `${place}/${read}`;
    if (said.has(key)) continue;
    const text = await reader.read(page);
    if (place === "default" || text !== said.get(read)) said.set(key, text);
  }
}

async function widget(place = "default") {
  const page = await stage.billingPage(await stage.newcomer(PLACES[place]), { ask: PLACES[place] });
  await press(page, "Cancel Subscription");
  return page;
}

test("every step of the widget is read as it was", { timeout: 240_000 }, async () => {
  for (const reason of REASONS) await take("default", await widget(), "staying", reason, "widget");
  for (const place of Object.keys(PLACES)) {
    for (const way of Object.keys(WAYS)) await take(place, await widget(place), way, REASONS[0], "widget");
  }
  await compare("widget/");
});

test("every step of the hosted page is read as it was", { timeout: 240_000 }, async () => {
  for (const way of Object.keys(WAYS)) {
    const page = await stage.page();
    await page.route(ENGINE, (route) => route.abort()); // the plain page: the widget's steps are read above
    await page.goto(await stage.formAddress(await stage.newcomer()));
    await press(page, "Cancel Subscription");
    await take("default", page, way, REASONS[0], "hosted");
  }
  await compare("hosted/");
});

test("waiting and failing are read as they were", async () => {
  const state = async (name, { blocked, until, go = async () => {} }) => {
    const page = await stage.billingPage(await stage.newcomer());
    await go(page);
    await page.route(blocked, (route) => (name === "loading" ? undefined : route.abort()));
    await press(page, name === "not-sent" ? words.cancel : "Cancel Subscription");
    await until(page);
    said.set(`trouble/${name}`, await reader.read(page));
  };
  await state("loading", { blocked: "**/opening.js", until: loading });
  await state("did-not-load", { blocked: "**/v1/flow", until: (page) => heading(page, "This did not load") });
  await state("not-sent", {
    go: async (page) => {
      await press(page, "Cancel Subscription");
      await press(page, words.skip_to_cancel);
      await heading(page, words.confirm_title);
    },
    blocked: "**/v1/flow/actions",
    until: (page) => page.getByText(words.notice_failed).waitFor(),
  });
  await compare("trouble/");
});

test("what is said without being asked is what was said before", async () => {
  for (const [name, way] of Object.entries(WAYS)) {
    const page = await stage.billingPage(await stage.newcomer());
    await page.getByRole("button").waitFor();
    await listen(page);
    await press(page, "Cancel Subscription");
    for await (const _ of walk(page, way, REASONS[0])); // to the end
    await page.keyboard.press("Escape");
    await closed(page);
    said.set(`unasked/${name.replace(/\W+/g, "-")}`, await announced(page));
  }
  const page = await stage.billingPage(await stage.newcomer());
  await listen(page);
  await press(page, "Cancel Subscription");
  await press(page, words.skip_to_cancel);
  await heading(page, words.confirm_title);
  await page.route("**/v1/flow/actions", (route) => route.abort());
  await press(page, words.cancel);
  await page.getByText(words.notice_failed).waitFor();
  said.set("unasked/not-sent", await announced(page));
  await compare("unasked/");
});

/** Holds what was said against the files of one kind: the same files, the same words. `UPDATE` rewrites them. */
async function compare(kind) {
  const mine = new Map([...said].filter(([name]) => `/${name}`.includes(`/${kind}`)));
  const files = (await readdir(folder, { recursive: true }).catch(() => [])).filter((file) => file.endsWith(".txt"));
  const kept = files.map((file) => file.slice(0, -4)).filter((name) => `/${name}`.includes(`/${kind}`));
  if (process.env.UPDATE) {
    for (const name of kept.filter((name) => !mine.has(name))) await rm(join(folder, `${name}.txt`));
    for (const [name, text] of mine) {
      await mkdir(dirname(join(folder, name)), { recursive: true });
      await writeFile(join(folder, `${name}.txt`), text);
    }
    return;
  }
  const advice = "if that is meant, run this test with UPDATE=1 and read what has changed";
  for (const [name, text] of mine) {
    const file = await readFile(join(folder, `${name}.txt`), "utf8").catch(() => "");
    assert.equal(text, file, `${name} sounds different: ${advice}`);
  }
  assert.deepEqual(kept.sort(), [...mine.keys()].sort(), `these are the steps there are: ${advice}`);
}
