/**
 * A session id (`ret_…`), or a function that asks your backend for one. The function is asked again when a session has expired.
 */
export type SessionSource = string | (() => Promise<string>);

/** How a flow ended. */
export interface FlowResult {
  /**
   * - `saved`: the customer stays. They took an offer, chose to keep, or took a cancellation back.
   * - `canceled`: the customer leaves.
   * - `aborted`: the flow was closed without a decision.
   */
  outcome: "saved" | "canceled" | "aborted";
  /**
   * What became of it in billing: it has changed (`applied`), you have been told and will act (`requested`), or it is not
   * known yet (`pending`). Null, or absent, where nothing had to change.
   */
  effect?: "applied" | "requested" | "pending" | null;
  /** Which run of the session this was, counted from 1. Absent when the flow was closed before it had loaded. */
  run?: number;
  /** Why, if the customer said so. `code` is one of the eight codes shared with Stripe, if you gave the reason one. */
  reason?: { key: string; code: string | null } | null;
  /** The offer that was accepted, and which of its choices. */
  offer?: { id: string; kind: string; choice: string | null } | null;
  /** The proof the customer was shown. Times are RFC 3339, in UTC. */
  receipt?: { reference: string; issued_at: string; effective_at: string | null; undo: boolean } | null;
  /**
   * The result, signed: send it to your backend, and verify it there before you act on it. Null until the server has
   * confirmed the outcome.
   */
  token?: string | null;
}

/** Functions to be called when a flow ends. Each gets the result. */
export interface CallbackOptions {
  /**
   * The dialog was closed, or taken out of the page by it: once for every time it was opened, whatever the outcome. A choice to keep closes it at once;
   * `onRetained` then follows when the server has confirmed it.
   */
  onComplete?: ((result: FlowResult) => void) | undefined;
  /** The customer stays. Once, when the server has confirmed it. */
  onRetained?: ((result: FlowResult) => void) | undefined;
  /** The customer leaves. Once, when the server has confirmed it. */
  onCancelled?: ((result: FlowResult) => void) | undefined;
}

/** What became of something that a customer agreed to in the subscription hub. */
export interface HubChange {
  /** The subscription's id in billing. */
  subscription: string;
  /** Another plan, a pause, its end, one more term, or a promotion code. */
  kind: "plan" | "pause" | "resume" | "renew" | "code";
  /**
   * How it stands: billing has changed (`applied`), you act (`requested`), billing has not answered yet (`pending`), or it was not
   * done (`refused`).
   */
  effect: "applied" | "requested" | "pending" | "refused";
  /**
   * Where it is pending because the customer's bank wants to hear from the customer: the payment at your provider, `pi_…` of Stripe, for
   * its own script, and its page for it. The hub leads there by itself.
   */
  authentication: { link: string | null; payment_intent: string | null } | null;
}

/** Functions to be called when something is done in the hub, or in a flow that was opened from it. */
export interface HubCallbackOptions extends CallbackOptions {
  /** The customer has agreed to a change in the hub itself. What is said of it is for your page: your backend asks billing. */
  onChanged?: ((change: HubChange) => void) | undefined;
}

export interface RenumerateConfig {
  /** The key that `farewell keys` prints for browsers (`pk_…`). It also says where your Farewell server is. */
  publicKey: string;
  /** The address of your Farewell server, such as `https://farewell.example.com`, if it is not the one inside the public key. */
  apiBase?: string | undefined;
  /**
   * Where a person answers. Shown when something is broken, if the flow has no address of its own or has not come; the letter
   * is filled in.
   */
  fallbackEmail?: string | undefined;
  /** Defaults for every flow. Callbacks given to a single call come first. */
  callbacks?: CallbackOptions | undefined;
  /** False keeps the signed result out of the page's URL. By default it is put there, as `#ci_result_token=…`. */
  fragment?: boolean | undefined;
  /** Writes to the console how flows end. */
  debug?: boolean | undefined;
}

export interface MountCancelButtonOptions extends CallbackOptions {
  /** The button's class. By default `farewell-cancel-btn`. */
  classes?: string | undefined;
  /** The button's text. By default "Cancel Subscription". Some places prescribe it: the session's `label` is lawful. */
  label?: string | undefined;
}

/** The cancel button and the flow behind it. Nothing is loaded before a customer points at the button or presses it. */
export declare class Farewell {
  /** The instance this page shares, with this configuration merged into its own. On a server, a new one each time. */
  static getInstance(config: RenumerateConfig): Farewell;

  /** Stores the configuration. Does nothing else, and works on a server. */
  constructor(config: RenumerateConfig);

  /** Replaces the callbacks that come before the configuration's and after those of a single call. */
  setCallbacks(callbacks?: CallbackOptions): void;

  /** Merges into the configuration, one level deep. Dialogs that are open keep the old one. */
  updateConfig(config: Partial<RenumerateConfig>): void;

  /**
   * Appends a cancel button to an element. If the element holds one already, marked `data-farewell` (rendered on your
   * server, say), that one is used as it is; its handlers for click, focus and pointer are replaced.
   *
   * @param options a class name, or an object.
   * @throws Error if the session id does not begin with `ret_`, or no element has this id.
   */
  mountCancelButton(elementId: string, sessionId: SessionSource, options?: MountCancelButtonOptions | string): void;

  /**
   * Opens the flow at once, in a modal dialog, and returns the dialog. If this session is open already, in this page and by
   * whatever instance, nothing is opened, the dialog that is open is returned, and the callbacks are not used.
   *
   * Callbacks and options that are not what they are said to be are a `TypeError` that names them.
   *
   * The dialog fires `farewell:retained`, `farewell:cancelled` and `farewell:complete`, which bubble and carry a
   * {@link FlowResult} as their `detail`.
   *
   * @throws Error if the session id begins with neither `ret_` nor `sub_`.
   */
  showRetentionView(sessionId: SessionSource, callbacks?: CallbackOptions): HTMLDialogElement;

  /**
   * Appends the subscription hub to an element: what the customer pays for, and the ways to change it. It is drawn in the page
   * itself, and anew after everything that is done in it. Remove the element that is returned, and it is gone.
   *
   * The element in it fires `farewell:changed`, which bubbles and carries a {@link HubChange} as its `detail`.
   *
   * @param wrapperClasses of the element that is returned.
   * @param iframeClasses of the element in it that holds the shadow root. There is no iframe.
   * @throws Error if the session id does not begin with `sub_`, or no element has this id.
   */
  mountSubscriptionHub(
    elementId: string,
    sessionId: SessionSource,
    wrapperClasses?: string,
    iframeClasses?: string,
    callbacks?: HubCallbackOptions,
  ): HTMLElement;

  /**
   * The address of the hub as a page of your Farewell server. The session id is in its fragment, which no server sees.
   *
   * @throws Error if the session id does not begin with `sub_`.
   */
  getSubscriptionHubUrl(sessionId: string): string;

  /**
   * Gives the page our style sheet: the look of the default button, under which your own styles win, and of the dialog. Mounting
   * and opening do it, so that nobody else has to.
   */
  initialize(): void;

  /** Takes the last dialog of this instance out of the page, without calling back. Buttons and hubs stay. */
  cleanup(): void;
}

export { Farewell as Renumerate };

/** What the dialog and the hub fire. It bubbles to the document and the window. */
interface FarewellEventMap {
  "farewell:retained": CustomEvent<FlowResult>;
  "farewell:cancelled": CustomEvent<FlowResult>;
  "farewell:complete": CustomEvent<FlowResult>;
  "farewell:changed": CustomEvent<HubChange>;
}

declare global {
  interface HTMLElementEventMap extends FarewellEventMap {}
  interface DocumentEventMap extends FarewellEventMap {}
  interface WindowEventMap extends FarewellEventMap {}
}
