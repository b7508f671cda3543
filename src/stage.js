// What the widget asks of the browser beside building elements: the dialog around the steps, the form that was sent, Intl,
// the page's address. Plain JavaScript, because here it is a tenth of the size of the same calls made one by one from
// WebAssembly. It knows nothing of the flow.

const MARK = "data-farewell";

const sheet = (css) => {
  const made = new CSSStyleSheet();
  made.replaceSync(css);
  return made;
};

/** Opens a modal dialog of our own: `body > dialog > div`, the div an open shadow root. Closed, it leaves no trace. */
export function open(css) {
  const opener = document.activeElement;
  const dialog = document.createElement("dialog");
  dialog.setAttribute(MARK, "");
  const host = document.createElement("div");
  host.attachShadow({ mode: "open" });
  dialog.append(host);
  const frame = sheet(css);
  document.adoptedStyleSheets = [...document.adoptedStyleSheets, frame];
  document.body.append(dialog);
  dialog.addEventListener("close", () => {
    dialog.remove();
    document.adoptedStyleSheets = document.adoptedStyleSheets.filter((other) => other != frame);
    opener?.focus();
  });
  dialog.showModal();
  return dialog;
}

const rootOf = (dialog) => dialog.firstElementChild.shadowRoot;

/** Makes a dialog ready for steps: their style, and a line that only screen readers read. */
export function prepare(dialog, css) {
  const root = rootOf(dialog);
  root.adoptedStyleSheets = [sheet(css)];
  root.said = document.createElement("p");
  root.said.role = "status";
  root.said.className = "said";
  // What gets the focus is scrolled clear of the buttons that stick to the bottom.
  dialog.style.scrollPaddingBottom = "min(11em, 30dvh)";
}

/** Shows a step. The focus goes to its heading, unless it is nowhere in the dialog. */
export function show(dialog, name, form) {
  const root = rootOf(dialog);
  const focused = root.activeElement || [dialog, document.body].includes(document.activeElement);
  root.replaceChildren(form, root.said);
  root.said.textContent = "";
  dialog.ariaLabel = name;
  dialog.scrollTop = 0;
  if (focused) root.querySelector("h2").focus();
}

/** Puts a notice under the heading, in place of an earlier one. */
export function notify(dialog, notice) {
  const root = rootOf(dialog);
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

/** Tells of every form that is sent, as the texts name, value, name, value, …; and of the dialog's end. */
export function listen(dialog, sent, closed) {
  // Choosing a reason may fold another one's question above it.
  rootOf(dialog).addEventListener("change", (event) => event.target.scrollIntoView({ block: "nearest" }));
  rootOf(dialog).addEventListener("submit", (event) => {
    const { target, submitter } = event;
    const busy = target.ariaBusy == "true";
    // What the server is doing goes on without the dialog, and is told when it is done.
    if (busy && submitter?.className == "close") dialog.close();
    if (!busy && submitter) {
      submitter.classList.add("pressed");
      sent([...new FormData(target), [submitter.name, submitter.value]].flat());
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
  const init = { headers, signal: AbortSignal.timeout(patience) };
  if (actions) {
    init.method = "POST";
    headers["Content-Type"] = "application/json";
    init.body = JSON.stringify({ actions: actions.map((action) => Object.fromEntries(action)) });
  }
  return new Request(url, init);
}

/** One line for the developer, without personal data. */
export const complain = (message) => console.error("Farewell: " + message);

/** An amount of minor units, as people of that language write it. How many digits a currency has is Intl's to know. */
export function money(amount, currency, locale) {
  try {
    const format = new Intl.NumberFormat(locale, { style: "currency", currency });
    return format.format(amount / 10 ** format.resolvedOptions().maximumFractionDigits);
  } catch {
    return amount + " " + currency;
  }
}

/** A day, or a moment with its zone named. What Intl refuses is written as it came: better plain than missing. */
export function date(instant, locale, timeZone, moment) {
  try {
    const clock = moment && { hour: "numeric", minute: "2-digit", timeZoneName: "short" };
    const style = { year: "numeric", month: "long", day: "numeric", timeZone, ...clock };
    return new Intl.DateTimeFormat(locale, style).format(new Date(instant));
  } catch {
    return instant;
  }
}

/** Replaces the page's fragment without a `hashchange`, and keeps what a router has in the history's state. */
export const setFragment = (fragment) => history.replaceState(history.state, "", fragment);
export const fragment = () => location.hash;
export const go = (url) => location.assign(url);
export const pause = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));

/** What is shown while the document of a session is on its way, and when it does not come. Its language is not known
 *  yet, so these few words are English. Answers true when the customer wants to try again. */
export function wait(dialog, failure, email) {
  const add = (to, tag, text, properties) => to.appendChild(Object.assign(document.createElement(tag), { textContent: text, ...properties }));
  const form = Object.assign(document.createElement("form"), { className: "step" });
  const title = failure ? "This did not load" : "One moment…";
  add(form, "h2", title, { tabIndex: -1 });
  if (failure) add(form, "p", failure, { role: "alert" });
  if (failure && email) add(form, "a", email, { href: "mailto:" + email });
  const again = failure && add(form, "button", "Try again", { className: "leave" });
  add(form, "button", "Close", { className: "plain", type: "button", onclick: () => dialog.close() });
  show(dialog, title, form);
  return new Promise((done) => {
    form.onsubmit = (event) => {
      event.preventDefault();
      if (again) done();
    };
  });
}
