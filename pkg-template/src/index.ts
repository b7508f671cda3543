// What every page view costs: the button, the empty dialog, and nothing else before the customer shows intent. Measured in
// bytes (`cargo xtask bench size`), so what only intent needs lives in `opening.ts`.

import style from "./before.css";
import type { CallbackOptions, FlowResult, MountCancelButtonOptions, RenumerateConfig, SessionSource } from "../index.js";

/** A session's id, and what `POST /v1/flow` answered for it: its document, or what is wrong. */
export type Fetched = [id: string, answer: object, status: number];

/** Calls the callback that is in force, if there is one. */
export type Call = (name: keyof CallbackOptions, result: FlowResult) => void;

/** What is on its way or has come, under its session, so that hover, focus and press ask once. */
const memory = new Map<unknown, Promise<any>>();

/** The dialog of each session: opening it twice is opening it once. */
const dialogs = new Map<SessionSource, HTMLDialogElement>();

let instance: Farewell | undefined;
let sheet: CSSStyleSheet;

/** An example of each option: what is given has to be of its type. (Shorter than the types' names.) */
const SAMPLE: Record<string, unknown> = { label: "", apiBase: "", publicKey: "", classes: "", fallbackEmail: "", debug: true, fragment: true, callbacks: {} };

/** Refuses options that are not what they are said to be, and callbacks that are none, within `callbacks` too. Nothing, null and
 *  options that are not known pass. */
const check = (options: any) => {
  for (const name in options) {
    const value = options[name];
    const sample = /^on/.test(name) ? find : (SAMPLE[name] ?? value);
    if (value != null && typeof sample != typeof value)
      throw TypeError(`${name} is ${typeof value}, not ${typeof sample}`);
    if (SAMPLE[name]) check(value);
  }
};

/** Refuses ids that do not begin as they should. Only a prefix is checked: what else is wrong with an id the server can tell
 *  better. A function passes. */
const expect = <T extends SessionSource>(session: T, kinds = "retention or subscription"): T => {
  if (!(session as any)?.call && kinds.match(/ret|sub/g)!.every((kind) => !(session as string).startsWith(kind + "_")))
    throw Error(`Invalid sessionId: ${session}. Expected a ${kinds} session ID.`);
  return session;
};

const find = (id: string) => {
  const element = document.getElementById(id);
  if (!element) throw Error(`Element with id ${id} not found`);
  return element;
};

/** The id, asked for where it is not known. What is none is an error before anybody else sees it. */
const ask = async (session: any): Promise<string> => expect(session.call ? await session() : session);

/** An id; of a function nothing, since it is not known yet. */
const known = (session: any): string => (session.call ? "" : session);

const make = <K extends keyof HTMLElementTagNameMap>(parent: Node, tag: K, properties?: object) =>
  parent.appendChild(Object.assign(document.createElement(tag), properties));

const opening = () => import("./opening.js");

export class Farewell {
  #config!: RenumerateConfig;
  #callbacks: CallbackOptions | undefined;

  static getInstance(config: RenumerateConfig): Farewell {
    const one = instance ?? new Farewell(config);
    // On a server every request gets its own.
    instance = globalThis.document && one;
    one.updateConfig(config);
    return one;
  }

  constructor(config: RenumerateConfig) {
    config.debug; // throws here, not on the first press, when there is no configuration at all
    this.updateConfig(config);
  }

  setCallbacks(callbacks?: CallbackOptions): void {
    check({ callbacks });
    this.#callbacks = callbacks;
  }

  updateConfig(config: Partial<RenumerateConfig>): void {
    check(config);
    this.#config = { ...this.#config, ...config };
  }

  /** The style sheet of what we put into the page, once and for good: it is every instance's. */
  initialize(): void {
    try {
      if (!sheet) {
        (sheet = new CSSStyleSheet()).replaceSync(style);
        document.adoptedStyleSheets.push(sheet);
      }
    } catch {
      // Too old for our dialog: then the engine fails as well, and the customer is led to the hosted page.
    }
  }

  /** Replaced by every dialog that opens. */
  cleanup(): void {}

  mountCancelButton(elementId: string, session: SessionSource, options?: MountCancelButtonOptions | string): void;
  mountCancelButton(elementId: string, session: SessionSource, options: any): void {
    if (options?.trim) options = { classes: options };
    expect(session, "retention");
    check({ callbacks: options });
    const container = find(elementId);
    this.initialize();
    const warm = () => (navigator as { connection?: { saveData?: boolean } }).connection?.saveData || this.warm(session);
    const button =
      container.querySelector<HTMLElement>("[data-farewell]") ??
      make(container, "button", {
        type: "button",
        textContent: options?.label || "Cancel Subscription",
        className: options?.classes || "farewell-cancel-btn",
      });
    // Handler properties, so that mounting again on an adopted button replaces what an earlier mount put there.
    button.onfocus = button.onpointerenter = warm;
    button.onclick = (event: Event) => {
      event.preventDefault();
      // Safari does not focus a button that is clicked, and the dialog gives focus back to what had it.
      // https://bugs.webkit.org/show_bug.cgi?id=22261
      button.focus();
      this.showRetentionView(session, options);
    };
  }

  mountSubscriptionHub(elementId: string, session: SessionSource, ...more: any[]): HTMLElement {
    expect(session, "subscription");
    check({ callbacks: more[2] }); // the hub looks at the rest
    const hub = make(find(elementId), "div");
    opening()
      .then((opening) => opening.hub(this, this.#config, hub, session, more as []))
      // What the page's own function throws is the page's to see.
      .catch(async () => make(hub, "a", { textContent: "Open as page", href: this.origin() + "/c#" + (await ask(session)) }));
    return hub;
  }

  getSubscriptionHubUrl(session: SessionSource): string {
    return this.origin() + "/c#" + expect(session, "subscription");
  }

  showRetentionView(session: SessionSource, own?: CallbackOptions): HTMLDialogElement {
    expect(session);
    check({ callbacks: own });
    const open = dialogs.get(session);
    if (open?.isConnected) return open;
    const config = this.#config;
    const email = config.fallbackEmail;
    const apiBase = this.origin();
    const call: Call = (name, result) =>
      (own?.[name] ?? this.#callbacks?.[name] ?? config.callbacks?.[name])?.(result);

    const dialog = make(document.body, "dialog", { ariaLabel: "One moment" });
    dialogs.set(session, dialog);
    dialog.dataset.farewell = "";
    const loading = make(make(dialog, "div").attachShadow({ mode: "open" }), "div");
    const status = make(loading, "p", { textContent: "One moment", tabIndex: -1, role: "status" });
    // A function's id is not known yet; the page then says what to do.
    make(loading, "a", { textContent: "Open as page", href: apiBase + "/c#" + known(session) });
    make(make(loading, "p"), "button", { textContent: "Close" }).onclick = () => dialog.close();
    // After a while, and when nothing comes. In the letter, the end of the id tells who writes.
    const say = () => {
      status.textContent = "Not loaded yet. ";
      email && make(status, "a", { textContent: email, href: "mailto:" + email + "?subject=Cancel " + known(session).slice(-8) });
    };

    const attempt = () => {
      status.focus();
      setTimeout(say, 3e3);
      const flow = this.warm(session);
      opening()
        .then((opening) => opening.take(dialog, session, flow, apiBase, config, call, attempt, remove, memory))
        .catch(() => flow.then(([id]) => dialog.isConnected && (location.assign(apiBase + "/c#" + id)), say));
    };

    const remove = (this.cleanup = () => {
      dialog.open = false; // so that nobody takes it for closed by the page
      dialog.remove();
      memory.clear();
    });
    dialog.onclose = () => {
      remove();
      call("onComplete", { outcome: "aborted" }); // last: what it throws harms nothing
    };
    this.initialize();
    dialog.showModal?.();
    attempt();
    return dialog;
  }

  /** Where the server is: as configured, else as the public key says, else where this page comes from. */
  origin(): string {
    try {
      return new URL(this.#config.apiBase ?? atob(this.#config.publicKey.split("_")[2]!)).origin;
    } catch {
      return location.origin;
    }
  }

  /** What draws the first step, and the document it draws, side by side. */
  warm(session: SessionSource): Promise<Fetched> {
    opening().catch(() => {}); // whoever needs it asks again
    const begin = async (): Promise<Fetched> => {
      const id = await ask(session).catch((error: unknown) => {
        throw [error]; // the page's own, and not the server's
      });
      // A form, and no header of ours: so a server on another origin is asked right away, without a preflight.
      const body = new URLSearchParams({ public_key: this.#config.publicKey ?? "", session: id });
      const answer = await fetch(this.origin() + "/v1/flow", { method: "POST", body });
      return [id, await answer.json(), answer.status];
    };
    const flow: Promise<Fetched> = memory.get(session) ?? begin();
    memory.set(session, flow);
    flow.catch(() => memory.delete(session));
    return flow;
  }
}

export { Farewell as Renumerate };
