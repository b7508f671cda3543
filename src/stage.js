// What the widget asks of the browser beside drawing: the dialog around the steps, the form that was sent, the page's address.
// Plain JavaScript, because here it is a tenth of the size of the same calls made one by one from
// WebAssembly. It knows nothing of the flow.

/** Opens a modal dialog of our own: `body > dialog > div`, the div an open shadow root. Closed, it leaves no trace. */
export function open() {
  const dialog = document.createElement("dialog");
  dialog.append(document.createElement("div"));
  dialog.firstChild.attachShadow({ mode: "open" });
  document.body.append(dialog);
  dialog.addEventListener("close", () => dialog.remove());
  dialog.showModal();
  return dialog;
}

const rootOf = (dialog) => dialog.firstElementChild.shadowRoot;

/** Tells that nothing is on its way any more after the end. */
export const rest = (options) => options.onRest?.();

/** Tells where the customer is to whoever draws the flow on their own. */
export const report = (options, ...told) => options.onState?.(...told);

/** Puts a notice under the heading, in place of an earlier one. An address in it gets a letter filled in: what the customer
 *  pressed, the end of the session's id, by which a merchant finds them and nobody opens anything, what they chose and wrote. */
export function notify(dialog, notice, reference, session) {
  const root = rootOf(dialog);
  const address = notice.querySelector("a");
  if (address) {
    const { wish } = root.sent.at(-1);
    const texts = new Map(root.sent.map(({ step, texts }) => [step, texts])).values();
    const letter = [wish, `${reference}: ${session.slice(-8)}`, ...texts].flat().join("\n\n");
    const [subject, body] = [wish, letter.replaceAll("\n", "\r\n")].map(encodeURIComponent);
    address.href += `?subject=${subject}&body=${body}`;
  }
  root.querySelector(".notice")?.remove();
  root.querySelector("h2").after(notice);
  dialog.scrollTop = 0;
  (notice.querySelector("button") ?? root.querySelector("h2")).focus();
}

/** Shows that the server works, or that it does no more. */
export function busy(dialog, text) {
  const root = rootOf(dialog);
  root.said.textContent = text;
  root.querySelector("form").ariaBusy = text ? "true" : null;
  if (!text) root.querySelector(".pressed")?.classList.remove("pressed");
}

/** What a step was sent with, also as the customer read and wrote it. */
function kept({ ariaLabel: step }, form, fields, { textContent: wish }) {
  const chosen = [...form.querySelectorAll(":checked, textarea")].filter((field) => field.parentNode.offsetParent);
  const texts = chosen.map((field) => (field.type == "textarea" ? field.value : (field.labels?.[0] ?? field).textContent).trim());
  return { step, fields, wish, texts: texts.filter(Boolean) };
}

/** Tells of every form that is sent, as the texts name, value, name, value, …; and of the dialog's end. */
export function listen(dialog, sent, closed) {
  rootOf(dialog).sent ??= [];
  // Choosing a reason may fold another one's question above it. (What was written changes when a button is pressed: nothing
  // may move then.)
  rootOf(dialog).addEventListener("change", ({ target }) => target.type == "radio" && target.scrollIntoView({ block: "nearest" }));
  rootOf(dialog).addEventListener("submit", (event) => {
    const { target, submitter } = event;
    const busy = target.ariaBusy == "true";
    // What the server is doing goes on without the dialog, and is told when it is done.
    if (busy && submitter?.className == "close") dialog.close();
    if (!busy && submitter) {
      submitter.classList.add("pressed");
      const fields = new FormData(target, submitter);
      // Trying again is sending the same.
      if (!submitter.closest(".notice")) rootOf(dialog).sent.push(kept(dialog, target, fields, submitter));
      sent([...fields].flat());
    }
    // Last: if the engine breaks down, the browser posts the form, and the flow goes on as a page.
    event.preventDefault();
  });
  dialog.addEventListener("close", closed);
}

/** Tells the page by an event that bubbles out of the dialog, and by a callback. What that throws harms nothing here. */
export function tell(dialog, callbacks, callback, type, detail) {
  const event = new CustomEvent(type, { bubbles: true, composed: true, detail });
  const gone = !dialog.isConnected;
  dialog.dispatchEvent(event);
  // Out of the page, it has nowhere to bubble to.
  if (gone) document.dispatchEvent(event);
  try {
    callbacks?.[callback]?.(detail);
  } catch (error) {
    reportError(error);
  }
}

/** A request of the browser's API, with the session in a header and never in the address. */
export function request(url, session, publicKey, patience, actions) {
  const headers = { Authorization: "Bearer " + session };
  if (publicKey) headers["X-Public-Key"] = publicKey;
  headers["Content-Type"] = "application/json";
  const body = JSON.stringify({ actions: actions.map((action) => Object.fromEntries(action)) });
  return new Request(url, { method: "POST", headers, body, signal: AbortSignal.timeout(patience) });
}

/** One line for the developer, without personal data. */
export const complain = (message) => console.error("Farewell: " + message);

/** Replaces the page's fragment without a `hashchange`, and keeps what a router has in the history's state. */
export const setFragment = (fragment) => history.replaceState(history.state, "", fragment);
export const fragment = () => location.hash;
export const go = (url) => location.assign(url);
export const pause = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));

/** Leaves for another page by a form. */
export function post(action, first, text, entries) {
  const form = Object.assign(document.createElement("form"), { method: "post", action });
  for (const [name, value] of [[first, text], ...entries]) {
    form.append(Object.assign(document.createElement("input"), { type: "hidden", name, value }));
  }
  document.body.append(form);
  form.submit();
}

/** Goes on in another session, if the page can make one and something was sent in this run: that is sent again there. Of what
 *  was sent twice in a row, the last. */
export async function renew(dialog, options) {
  const sent = rootOf(dialog).sent.map(({ fields }) => fields);
  const last = sent.at(-1).get("run");
  const run = sent.filter((fields) => fields.get("run") == last);
  await options.renew(run.filter((fields, i) => fields.get("do") != run[i + 1]?.get("do")).map((fields) => [...fields].flat()));
}
