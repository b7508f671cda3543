// A page in a browser that is driven over WebDriver, seen as a customer does: by the names of things, in the page and in the
// shadow root of an open flow alike.

import { writeFile } from "node:fs/promises";

import { Key, error } from "selenium-webdriver";

const PATIENCE = 10_000;

/** What can be looked for, and where it may be. */
const KINDS = {
  button: "button",
  heading: "h1, h2, h3, h4",
  link: "a[href]",
  radio: "input[type=radio]",
  textbox: "textarea, input:not([type=hidden], [type=radio], [type=checkbox])",
  text: "p, li, dd, dt, span, strong, time, h1, h2, h3, h4, div:not(:has(*))",
};

/** Runs in the page: the first element of these that is shown and has this name. */
function look(selector, name) {
  // An open flow comes before what is behind it.
  const hosts = ["dialog[data-farewell] > div", "[data-farewell-hub]", "main > section > div"].map((found) => document.querySelector(found));
  const labelled = (element) => [...(element.labels ?? [])].map((label) => (label.querySelector("span") ?? label).textContent);
  const named = (element) => [element.getAttribute("aria-label"), ...labelled(element), element.textContent];
  for (const root of [...hosts.map((host) => host?.shadowRoot), document]) {
    for (const element of root?.querySelectorAll(selector) ?? []) {
      if (element.getClientRects().length > 0 && named(element).some((text) => text?.trim() === name)) return element;
    }
  }
  return null;
}

/** Nothing, where what was found has been taken away since. */
function unlessStale(failure) {
  if (failure instanceof error.StaleElementReferenceError) return false;
  throw failure;
}

export class DrivenPage {
  #driver;

  constructor(driver) {
    this.#driver = driver;
  }

  goto(address) {
    return this.#driver.get(address);
  }

  url() {
    return this.#driver.getCurrentUrl();
  }

  title() {
    return this.#driver.getTitle();
  }

  /** Runs a function in the page, or the text of one. Its arguments and its answer are plain values. */
  evaluate(script, ...args) {
    return this.#driver.executeScript(`return (${script}).apply(null, arguments)`, ...args);
  }

  /** Waits until a check gives something. */
  until(check, what) {
    return this.#driver.wait(check, PATIENCE, `waited for ${what}`);
  }

  /** Waits for what has this name: the whole text, label or `aria-label`. */
  find(kind, name) {
    const looked = () => this.evaluate(look, KINDS[kind], name).catch(unlessStale);
    return this.until(looked, `the ${kind} "${name}"`);
  }

  heading(name) {
    return this.find("heading", name);
  }

  press(name) {
    return this.#act("button", name, (button) => button.click());
  }

  choose(name) {
    return this.#act("radio", name, (radio) => radio.click());
  }

  fill(name, text) {
    return this.#act("textbox", name, (textbox) => textbox.sendKeys(text));
  }

  /** Does something with what has this name; again, if something else of this name has come into its place meanwhile: on a hosted
   *  page the widget takes over from the plain form. */
  async #act(kind, name, act) {
    await this.until(async () => {
      try {
        await act(await this.find(kind, name));
        return true;
      } catch (failure) {
        return unlessStale(failure);
      }
    }, `the ${kind} "${name}" to stay`);
  }

  /** Presses a key where the focus is: `ESCAPE`, `TAB`, `ENTER`, `SPACE`. */
  async key(name) {
    await this.#driver.actions().sendKeys(Key[name]).perform();
  }

  /** Waits until no dialog is left. */
  async closed() {
    await this.until(() => this.evaluate(() => !document.querySelector("dialog[data-farewell]")), "the dialog to close");
  }

  /** What has the focus, inside an open flow too: `BUTTON Cancel Subscription`. */
  focused() {
    return this.evaluate(() => {
      let { activeElement: element } = document;
      while (element?.shadowRoot?.activeElement) element = element.shadowRoot.activeElement;
      return `${element?.tagName} ${element?.textContent.trim()}`;
    });
  }

  /** Writes a picture of the window, once what was changed is painted. */
  async screenshot(path) {
    await this.#driver.executeAsyncScript("const done = arguments[0]; requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done, 300)))");
    await writeFile(path, await this.#driver.takeScreenshot(), "base64");
  }
}
