import type { FlowResult, HubChange, RenumerateConfig, SessionSource } from "./index.js";

/** What `<farewell-cancel-button>` tells of, beside the dialog's own events. They do not bubble. */
export interface FarewellCancelButtonEventMap extends HTMLElementEventMap {
  /** The customer stays. */
  retained: CustomEvent<FlowResult>;
  /** The customer leaves. */
  cancelled: CustomEvent<FlowResult>;
  /** The dialog was closed. */
  complete: CustomEvent<FlowResult>;
}

/**
 * `<farewell-cancel-button session="ret_…" public-key="pk_…">`: a button, in the page itself, and the flow behind it.
 *
 * Attributes: `session`, `public-key`, `api-base`, `fallback-email`, `label`, `button-class`, `disabled`, `fragment="false"`. A button
 * in it that is marked `data-farewell` is used as it is.
 */
export declare class FarewellCancelButton extends HTMLElement {
  /** The session id, or a function that asks for one. As a property it comes before the attribute. The button is disabled without. */
  get session(): SessionSource | null;
  set session(session: SessionSource | null | undefined);

  /** Opens the flow, as pressing the button does. */
  open(): HTMLDialogElement;

  addEventListener<K extends keyof FarewellCancelButtonEventMap>(
    type: K,
    listener: (this: FarewellCancelButton, event: FarewellCancelButtonEventMap[K]) => unknown,
    options?: boolean | AddEventListenerOptions,
  ): void;
  addEventListener(type: string, listener: EventListenerOrEventListenerObject, options?: boolean | AddEventListenerOptions): void;
}

/** What `<farewell-hub>` tells of. They do not bubble. */
export interface FarewellHubEventMap extends FarewellCancelButtonEventMap {
  /** The customer has agreed to a change in the hub itself. */
  changed: CustomEvent<HubChange>;
}

/**
 * `<farewell-hub session="sub_…" public-key="pk_…">`: the subscription hub. Attributes: `session`, `public-key`, `api-base`,
 * `fallback-email`. It fires `retained`, `cancelled` and `complete` for the flows opened from it, and `changed` for what is done in the
 * hub itself.
 */
export declare class FarewellHub extends HTMLElement {
  /** The session id, or a function that asks for one. As a property it comes before the attribute. Empty without. */
  get session(): SessionSource | null;
  set session(session: SessionSource | null | undefined);

  addEventListener<K extends keyof FarewellHubEventMap>(
    type: K,
    listener: (this: FarewellHub, event: FarewellHubEventMap[K]) => unknown,
    options?: boolean | AddEventListenerOptions,
  ): void;
  addEventListener(type: string, listener: EventListenerOrEventListenerObject, options?: boolean | AddEventListenerOptions): void;
}

/** Makes the elements known, once; importing this module does so too. Elements without attributes of their own go by the configuration. */
export declare function define(config?: Partial<RenumerateConfig>): void;

declare global {
  interface HTMLElementTagNameMap {
    "farewell-cancel-button": FarewellCancelButton;
    "farewell-hub": FarewellHub;
  }
}
