// The hosted page as a browser without any script uses it: links, redirects and forms that are posted.

const ENTITIES = { amp: "&", lt: "<", gt: ">", quot: '"', "#39": "'", apos: "'" };
const plain = (text) => text.replace(/&(#?\w+);/g, (whole, name) => ENTITIES[name] ?? whole);

export class HostedPage {
  /** Where the browser is. */
  url;
  /** The status of the last answer. */
  status;
  /** The markup it got. */
  html = "";

  /** Posts a session id, as the form on a merchant's page does. */
  static async open(origin, session) {
    const page = new HostedPage();
    await page.#go(`${origin}/c`, new URLSearchParams({ session }));
    return page;
  }

  /** Sends a body, or asks, and follows redirects as a browser does. Addresses outside the server are only noted. */
  async #go(url, body) {
    const home = new URL(url).origin;
    let answer = await fetch(url, { method: body ? "POST" : "GET", body, redirect: "manual" });
    for (let hops = 0; answer.status >= 300 && answer.status < 400; hops++) {
      if (hops > 5) throw new Error(`${url} redirects without end`);
      url = new URL(answer.headers.get("location"), url).href;
      this.url = url;
      if (new URL(url).origin !== home) return;
      answer = await fetch(url, { redirect: "manual" });
    }
    this.url = url;
    this.status = answer.status;
    this.html = await answer.text();
  }

  reload() {
    return this.#go(this.url);
  }

  /** The heading of the step. */
  get heading() {
    return plain(/<h2[^>]*>(.*?)<\/h2>/s.exec(this.html)?.[1] ?? "");
  }

  /** All text, without markup. */
  get text() {
    return plain(this.html.replace(/<[^>]+>/g, " ")).replace(/\s+/g, " ");
  }

  /** Posts the form that has the button, with its hidden fields and what was filled in. */
  async press(label, filled = {}) {
    for (const [, attributes, inside] of this.html.matchAll(/<form([^>]*)>(.*?)<\/form>/gs)) {
      const buttons = [...inside.matchAll(/<button([^>]*)>(.*?)<\/button>/gs)];
      const button = buttons.find(([, own, text]) => plain(text) === label || attribute(own, "aria-label") === label);
      if (!button) continue;
      const fields = new URLSearchParams(filled);
      for (const [tag] of inside.matchAll(/<input[^>]*type="hidden"[^>]*>/g)) {
        fields.append(attribute(tag, "name"), attribute(tag, "value"));
      }
      fields.append(attribute(button[1], "name"), attribute(button[1], "value"));
      return this.#go(new URL(attribute(attributes, "action"), this.url).href, fields);
    }
    throw new Error(`there is no button "${label}" on this page: ${this.text}`);
  }
}

function attribute(tag, name) {
  return plain(new RegExp(`\\s${name}="([^"]*)"`).exec(tag)?.[1] ?? "");
}
