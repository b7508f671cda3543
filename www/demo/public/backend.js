// What pages ask of the merchant's own backend.

async function ask(path, body) {
  const answer = await fetch(path, {
    method: body === undefined ? "GET" : "POST",
    headers: { "Content-Type": "application/json" },
    body: body && JSON.stringify(body),
  });
  const content = await answer.json();
  if (!answer.ok) throw new Error(content.error);
  return content;
}

export const createSession = async () => (await ask("/api/session", {})).id;
export const verify = (token) => ask("/api/billing/cancel-callback", { token });

/** Draws the subscription as billing now has it. */
export async function refresh() {
  const { ledger, drawn } = await ask("/api/ledger");
  const place = document.getElementById("subscription");
  place.replaceChildren(...drawn.map(element));
  return ledger;
}

/** Elements come as `[tag, attributes, ...children]`: a page with Trusted Types has no use for HTML in a string. */
function element(node) {
  if (typeof node === "string") return document.createTextNode(node);
  const [tag, attributes, ...children] = node;
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children.map(element));
  return made;
}
