// The custom element of the hub, for every framework and for none.

import type { FlowResult, HubCallbackOptions, HubChange, RenumerateConfig, SessionSource } from "../index.js";
import { Farewell } from "./index.js";

// On a server there are no elements, and importing this does nothing.
const Base = (globalThis.HTMLElement ?? Object) as typeof HTMLElement;

/** What elements without attributes of their own go by. */
let defaults: Partial<RenumerateConfig> = {};

export class FarewellHub extends Base {
  static observedAttributes = ["session", "public-key", "api-base", "fallback-email"];

  #session: SessionSource | undefined;
  /** What is shown: the session and the attributes it was shown with. */
  #shown: unknown[] = [];
  #changing = false;

  /** The session id, or a function that asks for one. As a property it comes before the attribute. */
  get session(): SessionSource | null {
    return this.#session ?? this.getAttribute("session");
  }

  set session(session: SessionSource | null | undefined) {
    this.#session = session ?? undefined;
    this.#change();
  }

  connectedCallback(): void {
    this.#change();
  }

  attributeChangedCallback(): void {
    this.#change();
  }

  /** What is set one after the other is shown once. */
  #change(): void {
    if (this.#changing) return;
    this.#changing = true;
    queueMicrotask(() => {
      this.#changing = false;
      this.#show();
    });
  }

  #show(): void {
    if (!this.isConnected) return;
    const session = this.session;
    const now = [session, ...FarewellHub.observedAttributes.slice(1).map((name) => this.getAttribute(name))];
    if (now.every((value, i) => value === this.#shown[i])) return;
    this.#shown = now;
    // Without its session, nothing of the customer stays in the page.
    if (!session) return this.replaceChildren();
    const attribute = (name: string) => this.getAttribute(name) ?? undefined;
    const own = { publicKey: attribute("public-key"), apiBase: attribute("api-base"), fallbackEmail: attribute("fallback-email") };
    const given = Object.entries(own).filter(([, value]) => value !== undefined);
    const instance = new Farewell({ publicKey: "", ...defaults, ...Object.fromEntries(given) });
    // What it is mounted by has an id: one that is in the way of nobody's.
    const place = document.createElement("div");
    place.id = `farewell-hub-${Math.random().toString(36).slice(2)}`;
    document.body.append(place);
    try {
      const hub = instance.mountSubscriptionHub(place.id, session, "", "", this.#callbacks());
      this.replaceChildren(hub);
    } finally {
      place.remove();
    }
  }

  /** The dialog's events bubble to the document. These are the element's own, and stay here. */
  #callbacks(): HubCallbackOptions {
    const tell = (type: string) => (detail: FlowResult | HubChange) => {
      this.dispatchEvent(new CustomEvent(type, { detail }));
    };
    return { onRetained: tell("retained"), onCancelled: tell("cancelled"), onComplete: tell("complete"), onChanged: tell("changed") };
  }
}

/** Makes `<farewell-hub>` known, once. Elements without attributes of their own go by this configuration. */
export function defineHub(config: Partial<RenumerateConfig> = {}): void {
  defaults = config;
  const name = "farewell-hub";
  const registry = globalThis.customElements;
  if (registry && !registry.get(name)) registry.define(name, FarewellHub);
}
