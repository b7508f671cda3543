// A content blocker with the lists that people use: what it would block, and what it would hide.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, readdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

import { FiltersEngine, Request } from "@ghostery/adblocker";

import { root } from "./server.mjs";

const run = promisify(execFile);

/**
 * AdGuard's lists and those it takes over, with all of EasyList and EasyPrivacy, cookie notices, annoyances, widgets and two dozen
 * languages. Only its data is wanted: as a dependency it would bring an HTTP client and a compiler of rules along.
 */
const LISTS = "@adguard/dnr-rulesets@3.3.20260320140136";
const INTEGRITY = "sha512-n0DqlWWlDYs4P6UdG1H5HQR/nVCMMxq6B6JMj6gvcP4uMvjmLKQw6rPg07vy5+Mn0ty9Q/3OYQldiHsqNSPzuQ==";

const folder = join(process.env.CARGO_TARGET_DIR ?? join(root, "target"), "blocker-lists");

/** The folder of the unpacked package. It is fetched once. */
async function unpacked() {
  const place = join(folder, LISTS.split("@").at(-1));
  if (await readdir(place).catch(() => null)) return place;
  await mkdir(folder, { recursive: true });
  const work = await mkdtemp(join(folder, "unpacking-"));
  const { stdout } = await run("npm", ["pack", LISTS, "--json", "--pack-destination", work], { cwd: work });
  const [{ filename, integrity }] = JSON.parse(stdout);
  assert.equal(integrity, INTEGRITY, "the lists are the ones that were looked at");
  await run("tar", ["-xzf", filename, "package/dist/filters/declarative"], { cwd: work });
  await rename(join(work, "package/dist/filters/declarative"), place);
  await rm(work, { recursive: true });
  return place;
}

/** The lists as their authors wrote them, which the first rule of every compiled one carries along. */
async function lists() {
  const rules = await unpacked();
  const texts = [];
  for (const name of await readdir(rules)) {
    const [{ metadata }] = JSON.parse(await readFile(join(rules, name, `${name}.json`), "utf8"));
    if (metadata.rawFilterList) texts.push(metadata.rawFilterList);
  }
  return texts;
}

export class Blocker {
  #engine;

  /** Selectors of everything that is hidden wherever it stands. Exceptions are left out of account, since each is for some page. */
  selectors;

  /** How many lists there are. */
  size;

  static async start() {
    const blocker = new Blocker();
    const texts = await lists();
    blocker.size = texts.length;
    // What is put together for speed loses all but one of the parameters that are to be taken out.
    blocker.#engine = FiltersEngine.parse(texts.join("\n"), { debug: true, enableOptimizations: false });
    const hiding = blocker.#engine.getFilters().cosmeticFilters.filter((filter) => !filter.hasHostnameConstraint());
    blocker.selectors = hiding
      .filter((filter) => !filter.isUnhide() && !filter.isScriptInject() && !filter.isExtended())
      .map((filter) => filter.getSelector());
    return blocker;
  }

  /**
   * The rule that would block a request, redirect it, or take a parameter out of its address; null if there is none.
   *
   * @param {object} request
   * @param {string} request.url
   * @param {string} request.type such as `script`, `xmlhttprequest`, `main_frame`
   * @param {string} request.from the address of the page that asks
   */
  against({ url, type, from }) {
    const request = Request.fromRawDetails({ url, type, sourceUrl: type === "main_frame" ? url : from });
    const { match, redirect, rewrite, filter } = this.#engine.match(request);
    return match || redirect || rewrite ? (filter?.rawLine ?? `something that makes it ${rewrite?.url ?? "another one"}`) : null;
  }

  /**
   * What in a page would be hidden, as `selector: markup`. Shadow roots are looked into, which most blockers do not.
   *
   * @param {import("playwright-core").Page} page
   */
  hides(page) {
    return page.evaluate((selectors) => {
      const roots = [document];
      for (const root of roots) {
        for (const element of root.querySelectorAll("*")) if (element.shadowRoot) roots.push(element.shadowRoot);
      }
      const found = [];
      for (const selector of selectors) {
        for (const root of roots) {
          let hidden;
          try {
            hidden = root.querySelector(selector);
          } catch {
            break; // a selector that only some blockers know
          }
          if (hidden) found.push(`${selector}: ${hidden.outerHTML.slice(0, 100)}`);
        }
      }
      return found;
    }, this.selectors);
  }
}
