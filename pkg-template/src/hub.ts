// The subscription hub: a part of the page that shows what a customer pays for. The server draws it. What can be done in it are forms:
// some open the flow, all others are sent here, and answered with the hub as it is then. Without this script the same forms lead on as
// pages.

import { adopt, draw, paint, style, warm } from "./opening.js";
import hubStyle from "../../flow/src/hub.css";
import type { HubCallbackOptions, HubChange, RenumerateConfig, SessionSource } from "../index.js";
import type { Farewell } from "./index.js";

/** What the server answers. */
type Hub = {
  hub: string[];
  title: string;
  locale: string;
  time_zone: string;
  theme: string[][];
  /** What became of what the customer has just agreed to. */
  changed?: HubChange | null;
  /** The page where the customer says what to pay with. */
  leads_to?: string | null;
};

/**
 * Draws the hub into an element, and again after everything that was done in it.
 *
 * @param more the classes of the element and of what is in it, and the callbacks.
 */
export async function mount(
  farewell: Farewell,
  config: RenumerateConfig,
  element: HTMLElement,
  session: SessionSource,
  [outer, inner, callbacks]: [outer?: string, inner?: string, callbacks?: HubCallbackOptions],
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

  /** The session in use. A function is asked once, and again when its time is over. */
  let id = "";

  const ask = async (path: string, fields: string[][] = []): Promise<Hub> => {
    const again = typeof session === "function" && id;
    id ||= typeof session === "function" ? await session() : session;
    if (!id.startsWith("sub_")) {
      const wrong = id;
      id = "";
      throw Error(`Invalid sessionId: ${wrong}. Expected a subscription session ID.`);
    }
    const answer = await fetch(farewell.origin() + "/v1/hub" + path, {
      method: "POST",
      body: new URLSearchParams([...fields, ["session", id], ["public_key", config.publicKey || ""]]),
      // Billing may take its time.
      signal: AbortSignal.timeout(path ? 2e4 : 8e3),
    });
    const hub = await answer.json();
    if (hub.hub) return hub;
    if (answer.status == 401 && again) {
      id = "";
      return ask(path, fields);
    }
    throw [answer.status, hub.error];
  };

  const refresh = async (): Promise<void> => {
    root.firstElementChild ? (root.firstElementChild.ariaBusy = "true") : say("One moment …");
    try {
      show(await ask(""));
    } catch (cause) {
      failed(cause);
    }
  };

  const show = (hub: Hub) => {
    // What had the focus is drawn anew. Where the server does not say where it goes, it stays in its card.
    const cards = () => [...root.querySelectorAll("article")];
    const at = cards().findIndex((card) => card.contains(root.activeElement));
    const step = draw(hub.hub, hub.locale, hub.time_zone) as HTMLElement;
    paint(host as unknown as HTMLDialogElement, hub);
    root.replaceChildren(step);
    (root.querySelector<HTMLElement>("[autofocus]") ?? [...(cards()[at]?.querySelectorAll("button") ?? [])].pop())?.focus();
    step.onkeydown = ({ key }) => void (key == "Escape" && root.querySelector<HTMLElement>(".turn .quiet")?.click());
    step.onsubmit = (event) => {
      event.preventDefault();
      const form = event.target as HTMLFormElement;
      const flow = sessionOf(form);
      if (flow) (farewell.showRetentionView(flow, callbacks) as HTMLElement).addEventListener("farewell:complete", () => void refresh());
      else void send(step, form, event.submitter as HTMLButtonElement);
    };
    for (const form of root.querySelectorAll("form")) {
      const flow = sessionOf(form);
      const hint = () => {
        if (!flow || (navigator as { connection?: { saveData?: boolean } }).connection?.saveData) return;
        void farewell.warm(flow);
        warm();
      };
      form.onpointerenter = hint;
      form.addEventListener("focusin", hint);
    }
  };

  const sessionOf = (form: HTMLFormElement) => new FormData(form).get("session") as string | null;

  /** Sends a form as it is. It stays in the page until there is an answer: sent again, it is the same, and nothing is done twice. */
  const send = async (step: HTMLElement, form: HTMLFormElement, button: HTMLButtonElement) => {
    if (step.ariaBusy) return;
    step.ariaBusy = "true";
    button.classList.add("pressed");
    const fields = [...new FormData(form), [button.name, button.value]] as string[][];
    if (button.value == "payment") fields.push(["page", location.href]);
    try {
      const hub = await ask("/actions", fields);
      show(hub);
      const { changed: detail, leads_to } = hub;
      if (detail) {
        host.dispatchEvent(new CustomEvent("farewell:changed", { detail, bubbles: true, composed: true }));
        callbacks?.onChanged?.(detail);
      }
      if (leads_to && /^https?:/.test(leads_to)) location.assign(leads_to);
    } catch (cause) {
      step.ariaBusy = null;
      button.classList.remove("pressed");
      const kind = report(cause) ? "expired" : Array.isArray(cause) && /^4/.test(cause[0]) ? "refused" : "sent";
      for (const notice of step.querySelectorAll<HTMLElement>("[data-trouble]")) {
        notice.hidden = notice.dataset.trouble != kind;
        if (!notice.hidden) (notice.firstElementChild as HTMLElement).focus();
      }
    }
  };

  /** Writes to the console what is wrong. Gives whether the session's time is over. */
  const report = (cause: unknown): boolean => {
    const refused = Array.isArray(cause) && cause[0] === 401;
    // Never an error's message, which may quote the session id.
    const told = Array.isArray(cause) ? `status ${cause[0]}${cause[1] ? `, "${cause[1]}"` : "."}` : `${(cause as Error)?.name}.`;
    // A refusal says itself what to look at.
    const look = refused ? " Look at the session id." : Array.isArray(cause) && /^4/.test(cause[0]) ? "" : " Look at apiBase.";
    // Without an id it is the page's own function that failed, whose error is the page's to see.
    if (!id) console.error("Farewell: the session function gave no id:", cause);
    else console.error(`Farewell: no hub from ${farewell.origin()}/v1/hub: ${told}${look}`);
    return refused;
  };

  const failed = (cause: unknown) => {
    const refused = report(cause);
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
