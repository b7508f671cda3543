// What a screen reader says when a step is read from top to bottom: by a virtual one, which knows no shadow roots. So a step is
// read in a page of its own, as a copy with its shadow root opened out and with the styles that fold things away.

import { build } from "esbuild";

import { root } from "./server.mjs";

/** Dates change from day to day, and references from one cancellation to the next. */
const REFERENCE = /FW-[0-9A-Z]{4}-[0-9A-Z]{4}/g;

export class ScreenReader {
  #page;

  /** @param {import("playwright-core").Page} page an empty one, for the reader alone */
  static async start(page) {
    const reader = new ScreenReader();
    reader.#page = page;
    const { outputFiles } = await build({
      stdin: { contents: `export { virtual } from "@guidepup/virtual-screen-reader/browser.js";`, resolveDir: root },
      bundle: true,
      format: "iife",
      globalName: "reader",
      write: false,
    });
    await page.goto("about:blank");
    await page.evaluate(outputFiles[0].text);
    return reader;
  }

  /** Reads what is on the screen of a page: the open flow if there is one, else all of it. One phrase a line. */
  async read(page) {
    const copy = await page.evaluate(opened);
    const said = await this.#page.evaluate(async ({ html, css }) => {
      const { virtual } = globalThis.reader;
      document.body.innerHTML = html;
      document.head.innerHTML = "<style></style>";
      document.head.firstChild.textContent = css;
      await virtual.start({ container: document.body });
      for (let phrases = 0; (await virtual.lastSpokenPhrase()) !== "end of document"; phrases++) {
        if (phrases > 500) throw new Error("reading has no end");
        await virtual.next();
      }
      const log = await virtual.spokenPhraseLog();
      await virtual.stop();
      return log;
    }, copy);
    return said.map((phrase) => phrase.replace(REFERENCE, "{reference}") + "\n").join("");
  }
}

/** Runs in the page: a copy of what is on the screen, without shadow roots, and with the state that markup does not show. */
function opened() {
  const dialog = document.querySelector("dialog[data-farewell]");
  const shown = dialog?.firstElementChild.shadowRoot ?? document.body;
  const copy = document.createElement(dialog ? "dialog" : "div");
  for (const { name, value } of dialog?.attributes ?? []) copy.setAttribute(name, value);
  for (const child of shown.childNodes) copy.append(child.cloneNode(true));
  const twins = copy.querySelectorAll("*");
  [...shown.querySelectorAll("*")].forEach((element, i) => {
    if (element.matches("input[type=radio], input[type=checkbox]")) twins[i].toggleAttribute("checked", element.checked);
    // The virtual reader says what a button sends; no real one does.
    if (element.matches("button")) twins[i].removeAttribute("value");
    if (element.matches("time")) twins[i].textContent = "{date}";
    if (element.matches("textarea")) twins[i].textContent = element.value;
  });
  const rules = (sheets) => [...sheets].flatMap((sheet) => [...sheet.cssRules].map((rule) => rule.cssText));
  const css = [...rules(shown.adoptedStyleSheets ?? []), ...(dialog ? [] : rules(document.styleSheets))].join("\n");
  return { html: copy.outerHTML, css };
}
