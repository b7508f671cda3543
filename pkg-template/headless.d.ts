import type { FlowResult, RenumerateConfig, SessionSource } from "./index.js";

/** Minor units (cents, yen, fils) of an ISO 4217 currency. */
export interface Money {
  amount: number;
  currency: string;
}

/** Why a customer may leave. `offers` are ids. */
export interface Reason {
  key: string;
  label: string;
  code: string | null;
  follow_up: string | null;
  offers: string[];
}

/** A sentence; `{price}` and `{date}` (RFC 3339, UTC) are yours to write in the customer's language. */
export interface Line {
  text: string;
  price: Money | null;
  date: string | null;
}

/** Something better than leaving. */
export interface Offer {
  id: string;
  claim_id: string;
  kind: "discount" | "pause" | "plan_change" | "trial_extension" | "contact" | "redirect" | "custom" | (string & {});
  headline: string;
  body: string | null;
  /** What can be taken. Where there are several, `accept` names one. Show the lines: they say what will be billed. */
  choices: { id: string; label: string; lines: Line[] }[];
  /** Taking it obliges the customer to pay: the button has to say so, in the words of `flow.words.accept_and_pay`. */
  pays: boolean;
  /** Where a contact or a redirect leads, once taken. */
  link: { url: string; label: string } | null;
}

/** What the server resolved for this customer. */
export interface Flow {
  brand: string;
  locale: string;
  rtl: boolean;
  time_zone: string;
  support_email: string | null;
  subscription: { plan: string | null; price: Money | null; interval: string | null; renews_at: string | null };
  reasons: Reason[];
  feedback: boolean;
  offers: Offer[];
  /** When access ends, if that is known. */
  cancellation: { effective_at: string | null };
  /** What is known of the customer, where leaving is a declaration. */
  declaration: { name: string | null; email: string | null; ends: boolean };
  /** Every text of the flow, in the customer's language. Labels that a law fixes are among them. */
  words: Record<string, string>;
}

/** What the law of the customer's place allows and demands. The engine obeys it; what you draw has to as well. */
export interface Policy {
  id: string;
  max_offers: number;
  survey: boolean;
  direct: boolean;
  declares: boolean;
  recap: boolean;
}

/** What `GET /v1/flow` answers. */
export interface FlowDocument {
  flow: Flow;
  policy: Policy;
}

/** Where the customer is. */
export interface FlowState {
  step: "survey" | "offer" | "details" | "confirm" | "receipt";
  /** What can be done now. Every one of them has to be as easy to reach as any other; `cancel` or `leave` always is among them. */
  actions: FlowAction["do"][];
  /** Id of the offer on this step. */
  offer: string | null;
  /** Something to tell on top of the step; the words are in `flow.words`. */
  notice: "offer_refused" | "changed" | "failed" | "expired" | "too_long" | null;
  /** The server is carrying something out. */
  busy: boolean;
  /** How it ended; null while it is open. */
  result: FlowResult | null;
}

/** What a customer can do. */
export type FlowAction =
  | { do: "answer" | "leave"; reason?: string; follow_up?: string; feedback?: string }
  | { do: "accept"; choice?: string }
  | { do: "decline" | "another" | "back" | "keep" | "close" | "undo" | "shown" }
  | { do: "declare" | "cancel"; kind?: "ordinary" | "extraordinary"; cause?: string; when?: "earliest" | "date"; until?: string; email?: string };

/** One customer's flow, to be drawn by you. */
export interface HeadlessFlow {
  readonly flow: Flow;
  readonly policy: Policy;
  readonly state: FlowState;
  /** Calls the listener whenever the state changes; gives a function that ends it. */
  subscribe(listener: (state: FlowState) => void): () => void;
  /**
   * Does what the customer asked for. The state changes at once, except for what changes the world, which waits for the server.
   *
   * @throws TypeError if the action, or something it names, is not possible now.
   */
  send(action: FlowAction): void;
  /** The customer is done, or closes without deciding. */
  close(): void;
}

/** The flow could not be opened: the server's status (0 when nobody answered) and what it said. */
export declare class FlowError extends Error {
  readonly status: number;
  constructor(status: number, message: string);
}

/**
 * Opens the flow without anything of ours in the page.
 *
 * Callbacks of the configuration and the document's events `farewell:retained`, `farewell:cancelled` and `farewell:complete` work
 * as they do with the dialog.
 *
 * @throws FlowError, as a rejection, if the session's document did not come.
 */
export declare function openFlow(session: SessionSource, config: RenumerateConfig): Promise<HeadlessFlow>;
