// The custom element: a button and the flow behind it, for every framework and for none.

import type { CallbackOptions, FlowResult, RenumerateConfig, SessionSource } from "../index.js";
import { Farewell } from "./index.js";

// On a server there are no elements, and importing this does nothing.
const Base = (globalThis.HTMLElement ?? Object) as typeof HTMLElement;

/** What elements without attributes of their own go by. */
let defaults: Partial<RenumerateConfig> = {};

export class FarewellCancelButton extends Base {
  static observedAttributes = ["session", "label", "button-class", "disabled"];

  #session: SessionSource | undefined;

  /** The session id, or a function that asks for one. As a property it comes before the attribute. */
  get session(): SessionSource | null {
    return this.#session ?? this.getAttribute("session");
  }

  set session(session: SessionSource | null | undefined) {
    this.#session = session ?? undefined;
    this.#draw();
  }

  /** Opens the flow, as pressing the button does. */
  open(): HTMLDialogElement {
    return this.#instance().showRetentionView(this.session as SessionSource, this.#callbacks());
  }

  connectedCallback(): void {
    this.#draw();
  }

  attributeChangedCallback(): void {
    this.#draw();
  }

  #draw(): void {
    if (!this.isConnected) return;
    const session = this.session;
    const mine = this.querySelector<HTMLButtonElement>("button[data-farewell]");
    const button = mine ?? this.appendChild(document.createElement("button"));
    // A button that a server has rendered keeps what it says.
    if (!mine) Object.assign(button, { type: "button" }).dataset.farewell = "";
    const label = this.getAttribute("label");
    if (label != null || !button.textContent) button.textContent = label ?? "Cancel Subscription";
    if (!mine || this.hasAttribute("button-class")) button.className = this.getAttribute("button-class") || "farewell-cancel-btn";
    button.disabled = !session || this.hasAttribute("disabled");
    const instance = this.#instance();
    instance.initialize();
    if (!session) return;
    const sure = () => void instance.warm(session);
    const hint = () => (navigator as { connection?: { saveData?: boolean } }).connection?.saveData || sure();
    // Handler properties, so that drawing again replaces what was there.
    Object.assign(button, {
      onpointerenter: hint,
      onfocus: hint,
      onpointerdown: sure,
      onclick: (event: Event) => {
        event.preventDefault();
        // Safari does not focus a button that is clicked. https://bugs.webkit.org/show_bug.cgi?id=22261
        button.focus();
        this.open();
      },
    });
  }

  #instance(): Farewell {
    const attribute = (name: string) => this.getAttribute(name) ?? undefined;
    const own = {
      publicKey: attribute("public-key"),
      apiBase: attribute("api-base"),
      fallbackEmail: attribute("fallback-email"),
      fragment: attribute("fragment") == "false" ? false : undefined,
    };
    const given = Object.entries(own).filter(([, value]) => value !== undefined);
    return new Farewell({ publicKey: "", ...defaults, ...Object.fromEntries(given) });
  }

  /** The dialog's events bubble to the document. These are the element's own, and stay here. */
  #callbacks(): CallbackOptions {
    const tell = (type: string) => (detail: FlowResult) => {
      this.dispatchEvent(new CustomEvent(type, { detail }));
    };
    return { onRetained: tell("retained"), onCancelled: tell("cancelled"), onComplete: tell("complete") };
  }
}

/** Makes `<farewell-cancel-button>` known, once. Elements without attributes of their own go by this configuration. */
export function defineButton(config: Partial<RenumerateConfig> = {}): void {
  defaults = config;
  const name = "farewell-cancel-button";
  const registry = globalThis.customElements;
  if (registry && !registry.get(name)) registry.define(name, FarewellCancelButton);
}
