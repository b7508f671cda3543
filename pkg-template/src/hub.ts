// The subscription hub: a part of the page that shows what a customer pays for. The server draws it, and everything that can be
// done in it is a form that opens the flow; without this script the same forms lead to the flow as a page.

import { adopt, draw, paint, style, warm } from "./opening.js";
import hubStyle from "../../flow/src/hub.css";
import type { CallbackOptions, RenumerateConfig, SessionSource } from "../index.js";
import type { Farewell } from "./index.js";

/** What the server answers. */
type Hub = { hub: string[]; title: string; locale: string; time_zone: string; theme: string[][] };

/**
 * Draws the hub into an element, and again after every flow that was opened from it.
 *
 * @param more the classes of the element and of what is in it, and the callbacks of the flows.
 */
export async function mount(
  farewell: Farewell,
  config: RenumerateConfig,
  element: HTMLElement,
  session: SessionSource,
  [outer, inner, callbacks]: [outer?: string, inner?: string, callbacks?: CallbackOptions],
): Promise<void> {
  const classes = (on: HTMLElement, name: string, given: unknown) => {
    if (typeof given == "string" && given) on.className = given;
    else if (given) console.error(`Farewell: ${name} is ${typeof given}, not string. The callbacks are the fifth argument.`);
  };
  classes(element, "wrapperClasses", outer);
  element.dataset.farewell = "";
  // Mounted again, in React's strict mode for example, it is the same hub.
  const host = element.querySelector<HTMLElement>(":scope > [data-farewell-hub]") ?? element.appendChild(document.createElement("div"));
  host.dataset.farewellHub = "";
  classes(host, "iframeClasses", inner);
  const root = host.shadowRoot ?? host.attachShadow({ mode: "open" });
  try {
    adopt();
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(style + hubStyle);
    root.adoptedStyleSheets = [sheet];
  } catch {
    // Too old for adopted style sheets: the same hub, in the browser's own look.
  }

  const say = (text: string, ...more: Node[]) => {
    const step = make("section", { className: "step hub" });
    step.append(make("p", { role: "status", textContent: text }), ...more);
    root.replaceChildren(step);
  };

  const refresh = async (): Promise<void> => {
    root.firstElementChild ? (root.firstElementChild.ariaBusy = "true") : say("One moment …");
    let id = "";
    try {
      const given = typeof session === "function" ? await session() : session;
      if (!given.startsWith("sub_")) throw Error(`Invalid sessionId: ${given}. Expected a subscription session ID.`);
      id = given;
      const answer = await fetch(farewell.origin() + "/v1/hub", {
        method: "POST",
        body: new URLSearchParams({ session: id, public_key: config.publicKey || "" }),
        signal: AbortSignal.timeout(8e3),
      });
      const hub = await answer.json();
      if (!hub.hub) throw [answer.status, hub.error];
      show(hub);
    } catch (cause) {
      failed(cause, id);
    }
  };

  const show = (hub: Hub) => {
    // What had the focus is drawn anew: it is found again by its place.
    const forms = () => [...root.querySelectorAll("form")];
    const at = forms().findIndex((form) => form.contains(root.activeElement));
    const step = draw(hub.hub, hub.locale, hub.time_zone) as HTMLElement;
    paint(host as unknown as HTMLDialogElement, hub);
    root.replaceChildren(step);
    forms()[at]?.querySelector("button")?.focus();
    for (const form of forms()) {
      const id = new FormData(form).get("session") as string;
      form.addEventListener("submit", (event) => open(event, id));
      const hint = () => {
        if ((navigator as { connection?: { saveData?: boolean } }).connection?.saveData) return;
        void farewell.warm(id);
        warm();
      };
      form.addEventListener("pointerenter", hint);
      form.addEventListener("focusin", hint);
    }
  };

  const open = (event: SubmitEvent, id: string) => {
    event.preventDefault();
    (farewell.showRetentionView(id, callbacks) as HTMLElement).addEventListener("farewell:complete", () => void refresh());
  };

  const failed = (cause: unknown, id: string) => {
    const refused = Array.isArray(cause) && cause[0] === 401;
    // Never an error's message, which may quote the session id.
    const told = Array.isArray(cause) ? `status ${cause[0]}${cause[1] ? `, "${cause[1]}"` : "."}` : `${(cause as Error)?.name}.`;
    // A refusal says itself what to look at.
    const look = refused ? " Look at the session id." : Array.isArray(cause) && /^4/.test(cause[0]) ? "" : " Look at apiBase.";
    // Without an id it is the page's own function that failed, whose error is the page's to see.
    if (!id) console.error("Farewell: the session function gave no id:", cause);
    else console.error(`Farewell: no hub from ${farewell.origin()}/v1/hub: ${told}${look}`);
    const ways = make("div", { className: "actions" });
    ways.append(make("button", { className: "plain", textContent: "Try again", onclick: () => void refresh() }));
    if (!refused && id) ways.append(make("a", { textContent: "Open as page", href: `${farewell.origin()}/c#${id}` }));
    const email = config.fallbackEmail;
    if (email) ways.append(make("a", { textContent: email, href: `mailto:${email}?subject=My%20subscription` }));
    say(refused ? "This page has expired. Reload it and try again." : "This did not load. Nothing was changed.", ways);
  };

  await refresh();
}

function make<K extends keyof HTMLElementTagNameMap>(tag: K, properties: Partial<HTMLElementTagNameMap[K]>): HTMLElementTagNameMap[K] {
  return Object.assign(document.createElement(tag), properties);
}
