// Templates that escape what is put in, and elements as data for what is drawn both here and in the page.

class Html {
  constructor(text) {
    this.text = text;
  }
  toString() {
    return this.text;
  }
}

const ESCAPES = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };

function escaped(value) {
  if (value instanceof Html) return value.text;
  if (Array.isArray(value)) return value.map(escaped).join("");
  if (value === null || value === undefined || value === false) return "";
  return String(value).replace(/[&<>"']/g, (character) => ESCAPES[character]);
}

/** What it returns can be put into another template unescaped. */
export function html(strings, ...values) {
  return new Html(String.raw({ raw: strings }, ...values.map(escaped)));
}

/** Elements written as `[tag, attributes, ...children]`. The same data is sent to pages, which have no use for HTML in a string. */
export function elements(nodes) {
  return nodes.map((node) => {
    if (typeof node === "string") return html`${node}`;
    const [tag, attributes, ...children] = node;
    const written = Object.entries(attributes).map(([name, value]) => html` ${name}="${value}"`);
    return html`<${tag}${written}>${elements(children)}</${tag}>`;
  });
}
