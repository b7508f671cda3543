// The same engine without our DOM: state in, actions out. The engine draws each step into a form that is never put into the
// page; an action is that form, filled in and sent. So what can be done here is what the buttons of the step can do.

import type { FlowResult, RenumerateConfig, SessionSource } from "../index.js";
import type { FlowAction, FlowDocument, FlowState, HeadlessFlow } from "../headless.js";

/** The flow could not be opened: the server's status (0 when nobody answered) and what it said. */
export class FlowError extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
    this.name = "FlowError";
  }
}

export async function openFlow(session: SessionSource, config: RenumerateConfig): Promise<HeadlessFlow> {
  if (!globalThis.document) throw new FlowError(0, "a flow is opened in a browser: there is no document here.");
  check(config);
  const apiBase = addressOf(config);
  // Only now: importing this on a server, or in a page that never opens a flow, starts nothing.
  const starting = import("./engine.js").then(({ load }) => load());
  const [engine, { id, document }] = await Promise.all([starting, fetched(session, apiBase, config.publicKey)]);
  const dialog = detached();
  const listeners = new Set<(state: FlowState) => void>();
  let state: FlowState | undefined;

  const form = () => dialog.firstElementChild!.shadowRoot!.querySelector("form")!;
  const onState = (step: string, offer: string, notice: string, busy: boolean, result: FlowResult | null) => {
    const buttons = [...form().querySelectorAll("button")].filter((button) => !button.closest(".notice"));
    state = {
      step: (step || state!.step) as FlowState["step"],
      actions: busy ? [] : buttons.map((button) => button.value as FlowAction["do"]),
      offer: offer || null,
      notice: (notice || null) as FlowState["notice"],
      busy,
      result,
    };
    for (const listener of listeners) listener(state);
  };

  const { publicKey, fallbackEmail, fragment, callbacks = {} } = config;
  const renew = () => Promise.reject(new FlowError(401, "the session has expired: open the flow again"));
  const options = { dialog, document, style: "", apiBase, publicKey, fallbackEmail, fragment, callbacks, again: undefined, renew, onState };
  engine.showRetentionView(id, options);

  return {
    flow: document.flow,
    policy: document.policy,
    get state() {
      return state!;
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    send(action) {
      const step = form();
      const button = [...step.querySelectorAll("button")].find(({ value }) => value === action.do);
      if (!button || state!.busy) {
        throw new TypeError(`"${action.do}" is not possible here. Possible: ${state!.actions.join(", ") || "nothing, while the server works"}.`);
      }
      fill(step, action);
      step.dispatchEvent(new SubmitEvent("submit", { submitter: button, bubbles: true, cancelable: true }));
    },
    close: () => dialog.close(),
  };
}

/** Refuses a configuration that is none, or in which something is not what it is said to be. */
function check(config: RenumerateConfig): void {
  const wrong = (name: string, value: unknown, wanted: string) => {
    if (value != null && typeof value != wanted) throw new TypeError(`${name} is ${typeof value}, not ${wanted}`);
  };
  if (!config) throw new TypeError("openFlow takes a configuration, with publicKey, behind the session");
  const { publicKey, apiBase, fallbackEmail, fragment, callbacks } = config;
  for (const [name, value] of Object.entries({ publicKey, apiBase, fallbackEmail })) wrong(name, value, "string");
  wrong("fragment", fragment, "boolean");
  wrong("callbacks", callbacks, "object");
  for (const [name, value] of Object.entries(callbacks ?? {})) wrong(name, value, "function");
}

/** Puts what an action says into the fields of the step. A choice that is not there is an error. */
function fill(form: HTMLFormElement, { do: _, follow_up, ...fields }: FlowAction & Record<string, string | undefined>): void {
  const reason = fields["reason"];
  const texts = { ...fields, ...(follow_up && reason && { [`follow_up.${reason}`]: follow_up }) };
  for (const [name, value] of Object.entries(texts)) {
    const named = [...form.elements].filter((element) => (element as HTMLInputElement).name === name) as HTMLInputElement[];
    const radio = named.find((input) => input.type === "radio" && input.value === value);
    if (radio) radio.checked = true;
    else if (named[0] && named[0].type !== "radio") named[0].value = value ?? "";
    else throw new TypeError(`"${name}" cannot be "${value}" on this step.`);
  }
}

/** A dialog as the engine expects it. It is open, so that closing it tells; and in no page. */
function detached(): HTMLDialogElement {
  const dialog = document.createElement("dialog");
  dialog.append(document.createElement("div"));
  dialog.firstElementChild!.attachShadow({ mode: "open" });
  dialog.open = true;
  return dialog;
}

async function fetched(session: SessionSource, apiBase: string, publicKey: string) {
  const id = typeof session === "function" ? await session() : session;
  if (!/^(ret|sub)_/.test(id)) throw new FlowError(0, `there is no session id: ${typeof id}, where one beginning with ret_ was expected.`);
  const body = new URLSearchParams({ session: id, public_key: publicKey || "" });
  const answer = await fetch(apiBase + "/v1/flow", { method: "POST", body }).catch(() => {
    throw new FlowError(0, `no answer from ${apiBase}. Is the option apiBase the server's address?`);
  });
  const document = await answer.json().catch(() => ({}));
  if (!document.flow) throw new FlowError(answer.status, document.error ?? "the answer was not a Farewell server's");
  return { id, document: document as FlowDocument };
}

/** Where the server is: as configured, else as the public key says, else where this page comes from. */
function addressOf({ apiBase, publicKey }: RenumerateConfig): string {
  try {
    return new URL(apiBase ?? atob(publicKey.split("_")[2]!)).origin;
  } catch {
    return location.origin;
  }
}
