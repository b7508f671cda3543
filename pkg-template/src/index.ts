// What every page view costs: the button, the empty dialog, and nothing else before the customer shows intent. Measured in
// bytes (`cargo xtask bench size`), so what only intent needs lives in `opening.ts`.

import dialogStyle from "../../flow/src/dialog.css";
import type { CallbackOptions, FlowResult, MountCancelButtonOptions, RenumerateConfig, SessionSource } from "../index.js";

/** A session's id, and what `POST /v1/flow` answered for it. */
export type Fetched = [id: string, document: object];

/** Calls the callback that is in force, if there is one. */
export type Call = (name: keyof CallbackOptions, result: FlowResult) => void;

/** What is on its way or has come, so that hover, focus and press ask once: the opening under 0, a document under its session. */
const memory = new Map<unknown, Promise<unknown>>();

/** The dialog of each session: opening it twice is opening it once. */
const dialogs = new Map<SessionSource, HTMLDialogElement>();

let instance: Farewell | undefined;

/** Starts the work under this key unless it was started before. Fails after 8 seconds, and forgets every failure. */
const once = <T>(key: unknown, work: () => Promise<T>, begun = memory.get(key)): Promise<T> => {
  if (!begun) {
    memory.set(key, (begun = Promise.race([work(), new Promise((_, late) => setTimeout(late, 8e3))])));
    begun.catch(() => memory.delete(key));
  }
  return begun as Promise<T>;
};

/** Only a prefix is checked: what else is wrong with an id the server can tell better. A function passes. */
const check = (session: SessionSource, also = "") => {
  if ((session as string).startsWith && !(session as string).startsWith("ret_") && !(also && (session as string).startsWith("sub_")))
    throw Error(`Invalid sessionId: ${session}. Expected a retention${also} session ID.`);
};

const make = <K extends keyof HTMLElementTagNameMap>(parent: Node, tag: K, properties?: object) =>
  parent.appendChild(Object.assign(document.createElement(tag), properties));

const opening = () => once(0, () => import("./opening.js"));

export class Farewell {
  #config: RenumerateConfig;
  #callbacks: CallbackOptions | undefined;

  static getInstance(config: RenumerateConfig): Farewell {
    const one = instance ?? new Farewell(config);
    // On a server every request gets its own.
    if (globalThis.window) instance = one;
    one.updateConfig(config);
    return one;
  }

  constructor(config: RenumerateConfig) {
    config.debug; // throws here, not on the first press, when there is no configuration at all
    this.#config = config;
  }

  setCallbacks(callbacks?: CallbackOptions): void {
    this.#callbacks = callbacks;
  }

  updateConfig(config: Partial<RenumerateConfig>): void {
    this.#config = { ...this.#config, ...config };
  }

  initialize(): void {}

  /** Replaced by every dialog that opens. */
  cleanup(): void {}

  mountCancelButton(elementId: string, session: SessionSource, options?: MountCancelButtonOptions | string): void;
  // A string has no `label` and no callbacks, so it needs no case of its own for those.
  mountCancelButton(elementId: string, session: SessionSource, options: any = {}): void {
    check(session);
    const container = document.getElementById(elementId);
    if (!container) throw Error(`Element with id ${elementId} not found`);
    const warm = () => (navigator as { connection?: { saveData?: boolean } }).connection?.saveData || this.warm(session);
    // Handler properties, so that mounting again on an adopted button replaces what an earlier mount put there.
    const button = Object.assign(
      container.querySelector<HTMLElement>("[data-farewell]") ??
        make(container, "button", {
          type: "button",
          textContent: options.label ?? "Cancel Subscription",
          className: (options.trim ? options : options.classes) || "farewell-cancel-btn",
        }),
      {
        onpointerenter: warm,
        onfocus: warm,
        onpointerdown: () => this.warm(session),
        onclick: (event: Event) => {
          event.preventDefault();
          // Safari does not focus a button that is clicked, and the dialog gives focus back to what had it.
          // https://bugs.webkit.org/show_bug.cgi?id=22261
          button.focus();
          this.showRetentionView(session, options);
        },
      },
    );
  }

  showRetentionView(session: SessionSource, own?: CallbackOptions): HTMLDialogElement {
    check(session, " or subscription");
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
    const loading = make(make(dialog, "div").attachShadow({ mode: "open" }), "div", { part: "loading" });
    const heading = make(loading, "h2", { tabIndex: -1, textContent: "One moment" });
    const status = make(loading, "p", { role: "status" });
    // A function's id is not known yet; the page then says what to do.
    const known = (session as Function).call ? "" : (session as string);
    make(loading, "a", { textContent: "Open as page", href: apiBase + "/c#" + known });
    make(loading, "button", { textContent: "Close", onclick: () => dialog.close(), part: "loading" });
    // After a while, and when nothing comes. In the letter, the end of the id tells who writes.
    const say = () => {
      status.textContent = "Not loaded yet. ";
      if (email) make(status, "a", { textContent: email, href: "mailto:" + email + "?subject=Cancel " + known.slice(-8) });
    };

    const attempt = () => {
      heading.focus();
      setTimeout(say, 3e3);
      const flow = this.warm(session);
      opening().then(
        (opening) => opening.take(dialog, session, flow, apiBase, config, call, attempt, remove),
        () => flow.then(([id]) => dialog.isConnected && location.assign(apiBase + "/c#" + id), say),
      );
    };

    let sheet: CSSStyleSheet;
    const remove = (this.cleanup = () => {
      dialog.open = false; // so that nobody takes it for closed by the page
      dialog.remove();
      document.adoptedStyleSheets = document.adoptedStyleSheets.filter((other) => other != sheet);
      memory.clear();
    });
    dialog.onclose = () => {
      const detail = { outcome: "aborted" } as FlowResult;
      (dialog.isConnected ? dialog : document).dispatchEvent(new CustomEvent("farewell:complete", { detail, bubbles: true }));
      remove();
      call("onComplete", detail); // last: what it throws harms nothing
    };
    try {
      sheet = new CSSStyleSheet();
      sheet.replaceSync(dialogStyle);
      document.adoptedStyleSheets.push(sheet);
      dialog.showModal();
    } catch {
      // Too old for our dialog: then the engine fails as well, and the customer is led to the hosted page.
    }
    attempt();
    return dialog;
  }

  /** Where the server is: as configured, else as the public key says, else where this page comes from. */
  origin(): string {
    const { apiBase, publicKey } = this.#config;
    try {
      return new URL(apiBase ?? atob(publicKey.split("_")[2]!)).origin;
    } catch {
      return location.origin;
    }
  }

  /** What draws the first step, and the document it draws, side by side. */
  warm(session: SessionSource): Promise<Fetched> {
    opening();
    return once(session, async () => {
      const id = (session as Function).call ? await (session as () => Promise<string>)() : (session as string);
      // A form, and no header of ours: so a server on another origin is asked right away, without a preflight.
      const body = new URLSearchParams({ session: id, public_key: this.#config.publicKey || "" });
      const answer = await fetch(this.origin() + "/v1/flow", { method: "POST", body });
      const document = await answer.json();
      if (!document.flow) throw [answer.status, document.error];
      return [id, document];
    });
  }
}

export { Farewell as Renumerate };
