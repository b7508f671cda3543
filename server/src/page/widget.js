// Puts the widget in the place of the plain form: the same flow, drawn here, without a page for each step. What the customer
// has typed, chosen and focused goes over with it, in one frame. Whatever is missing or fails, the form stays, and works.

const main = document.querySelector("main");
const plain = main.querySelector("form");
const { engine, session } = main.dataset;
const brand = main.querySelector(".brand").textContent;
const pause = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));

/** How things are now. */
async function ask() {
  const headers = { Authorization: "Bearer " + session };
  const answer = await fetch("/v1/flow", { headers, signal: AbortSignal.timeout(8000) });
  if (!answer.ok) throw new Error(`status ${answer.status}`);
  return answer.json();
}

// The browser may keep this page and show it again as it was, which is not how things are.
addEventListener("pageshow", (event) => event.persisted && location.reload());

// Nothing is taken from under a customer who is pressing or writing: a press that ends on another button than it began on is
// none, and a word that is being composed would be lost.
let pressing = false;
let composing = false;
let sent = false;
let last = -Infinity;
for (const [type, change] of Object.entries({
  pointerdown: () => (pressing = true),
  pointerup: () => (pressing = false),
  pointercancel: () => (pressing = false),
  keydown: () => (pressing = true),
  keyup: () => (pressing = false),
  compositionstart: () => (composing = true),
  compositionend: () => (composing = false),
})) {
  addEventListener(type, () => (change(), (last = performance.now())), true);
}
plain.addEventListener("submit", () => (sent = true));

async function quiet() {
  while (pressing || composing || performance.now() - last < 100) await pause(50);
}

function takeOver(showRetentionView, flow) {
  // What the engine expects of a dialog, as a part of the page. A dialog, too, tells of its end a moment after `close`.
  const surface = document.createElement("section");
  const root = surface.appendChild(document.createElement("div")).attachShadow({ mode: "open" });
  surface.close = () => setTimeout(() => surface.dispatchEvent(new Event("close")));
  const focused = document.activeElement;
  const { scrollX, scrollY } = window;
  plain.after(surface);
  try {
    const callbacks = { onComplete: (result) => leave(result, root, flow.return_url) };
    const { origin } = location;
    showRetentionView(session, { dialog: surface, document: flow, apiBase: origin, fragment: false, callbacks });
  } catch (error) {
    surface.remove();
    throw error;
  }
  root.adoptedStyleSheets = [sheet()];
  // What gets the focus comes clear of the buttons that stick to the bottom, also where the browser finds it in sight.
  root.addEventListener("focusin", ({ target }) => target.scrollIntoView({ block: "nearest" }));
  const drawn = root.querySelector("form");
  for (const field of plain.elements) carryOver(field, twin(drawn, field));
  // It is there already, as far as the customer can see.
  for (const animation of drawn.getAnimations({ subtree: true })) animation.finish();
  root.activeElement?.blur();
  const next = plain.contains(focused) && twin(drawn, focused);
  next && focus(next, focused);
  plain.remove();
  scrollTo(scrollX, scrollY);

  // The surface is called what the step is called.
  const stepped = () => {
    document.title = `${surface.ariaLabel} · ${brand}`;
    scrollTo(0, 0);
  };
  new MutationObserver(stepped).observe(surface, { attributeFilter: ["aria-label"] });
}

/** The page's own styles, which do not reach into a shadow root. */
function sheet() {
  const rules = [...document.styleSheets].flatMap((sheet) => [...sheet.cssRules]);
  const made = new CSSStyleSheet();
  made.replaceSync(rules.map((rule) => rule.cssText).join("\n"));
  return made;
}

const written = (field) => field.matches("textarea, input:not([type=hidden], [type=radio], [type=checkbox])");

/** What the widget has drawn for a field or a button of the plain form. */
function twin(drawn, field) {
  const same = (other) => other.name === field.name && other.type === field.type;
  return [...drawn.elements].find((other) => same(other) && (written(field) || other.value === field.value));
}

/** Only what the customer has changed: the rest is as the server knows it, which may be newer than this page. */
function carryOver(field, other) {
  if (!other) return;
  if (field.checked !== field.defaultChecked) other.checked = field.checked;
  if (written(field) && field.value !== field.defaultValue) other.value = field.value;
}

function focus(field, before) {
  field.focus({ preventScroll: true });
  field.scrollTop = before.scrollTop;
  // Null where a field has no cursor, and undefined at a button.
  if (before.selectionStart != null) {
    field.setSelectionRange(before.selectionStart, before.selectionEnd, before.selectionDirection);
  }
}

/** Where the customer goes when the flow has ended: back to the merchant, or to how things are. */
async function leave({ effect, token }, root, returnUrl) {
  // Then the engine leads back by itself.
  if (returnUrl && effect && token) return;
  root.querySelector("form").ariaBusy = "true";
  const ended = await settled();
  if (!returnUrl) return location.replace(location.pathname);
  location.assign(ended?.result ? withToken(returnUrl, ended.result.token) : returnUrl);
}

/** The session once the server knows that the run has ended, which may be on its way still. Undefined after 15 seconds. */
async function settled() {
  const patience = performance.now() + 15_000;
  do {
    const now = await ask().catch(() => undefined);
    if (now?.state.runs.at(-1)?.outcome) return now;
    await pause(250);
  } while (performance.now() < patience);
}

/** An address with the result's token in its fragment, in place of an older one. */
function withToken(url, token) {
  const [address, fragment = ""] = url.split(/#(.*)/s);
  const kept = fragment.split("&").filter((part) => part && !part.startsWith("ci_result_token="));
  return `${address}#${[...kept, "ci_result_token=" + token].join("&")}`;
}

async function begin() {
  // Where the server is known by another address than the one it was asked at, it would take this page for a stranger's.
  if (new URL(plain.getAttribute("action")).origin !== location.origin) return;
  const [{ load }, flow] = await Promise.all([import(engine), ask()]);
  const { showRetentionView } = await load();
  await quiet();
  if (!sent) takeOver(showRetentionView, flow);
}

begin().catch((error) => console.info(`Farewell: this page goes on without the widget (${error.name}).`));
