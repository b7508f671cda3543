// Between the press and the first step: who takes over the open dialog once it is known what has come.

import style from "../../flow/src/style.css";
import type { FlowResult, RenumerateConfig, SessionSource } from "../index.js";
import { load } from "./engine.js";
import { fail } from "./failure.js";
import type { Call, Fetched } from "./index.js";
import { shield } from "./shield.js";

/** Sessions whose last visit has ended and is still being told to the server. What is fetched meanwhile is out of date. */
const leaving = new Map<string, Promise<void>>();

/** Dialogs whose session function was asked once more after an expired session. */
const renewed = new WeakSet<HTMLDialogElement>();

/**
 * Brings an open dialog to its first step, or says in it what to do instead.
 *
 * @param attempt begins again: loads what is missing and ends here once more.
 * @param remove takes the closed dialog out of the page.
 */
export async function take(
  dialog: HTMLDialogElement,
  session: SessionSource,
  flow: Promise<Fetched>,
  apiBase: string,
  config: RenumerateConfig,
  call: Call,
  attempt: () => void,
  remove: () => void,
): Promise<void> {
  try {
    shield(dialog);
  } catch {
    // Too old: what follows fails as well, and leads the customer to the hosted page.
  }
  let fetched: Fetched;
  try {
    fetched = await flow;
  } catch (cause) {
    if (!dialog.isConnected) return;
    const refused = Array.isArray(cause) && cause[0] === 401;
    if (refused && typeof session === "function" && !renewed.has(dialog)) {
      renewed.add(dialog);
      return attempt();
    }
    return fail(dialog, refused, cause, { apiBase, email: config.fallbackEmail, session, attempt });
  }

  let [id, document] = fetched;
  const ask = async (id: string) => {
    const headers = { Authorization: "Bearer " + id, "X-Public-Key": config.publicKey || "" };
    const answer = await fetch(apiBase + "/v1/flow", { headers, signal: AbortSignal.timeout(8e3) });
    const document = await answer.json();
    if (!document.flow) throw [answer.status, document.error];
    return document;
  };
  try {
    const engine = await load();
    const left = leaving.get(id);
    if (left) {
      await Promise.race([left, new Promise((late) => setTimeout(late, 8e3))]);
      try {
        document = await ask(id);
      } catch (cause) {
        return fail(dialog, false, cause, { apiBase, email: config.fallbackEmail, session, attempt });
      }
    }
    if (!dialog.isConnected) return;
    const tell = (name: "onRetained" | "onCancelled" | "onComplete") => (result: FlowResult) => {
      if (config.debug) console.info(`Farewell: ${name}`, result.outcome, result.effect);
      call(name, result);
    };
    const { publicKey, fallbackEmail, fragment } = config;
    const callbacks = {
      onRetained: tell("onRetained"),
      onCancelled: tell("onCancelled"),
      onComplete: tell("onComplete"),
    };
    let another = typeof session === "function" ? session : undefined;
    const renew = async (again: string[][]) => {
      const id = another!();
      another = undefined; // once: a session that is refused right away would be asked for without end
      show(await id, await ask(await id), again);
    };
    const show = (id: string, document: object, again?: string[][]) =>
      engine.showRetentionView(id, { dialog, document, style, apiBase, publicKey, fallbackEmail, fragment, callbacks, again, renew, onRest });
    let onRest = () => {};
    const rested = new Promise<void>((done) => (onRest = done)).then(() => void leaving.delete(id));
    show(id, document);
    // From now on the engine tells how it ended. It does so from a listener of the same event, before the dialog is gone.
    dialog.onclose = () => {
      leaving.set(id, rested);
      setTimeout(remove);
    };
  } catch (cause) {
    if (!dialog.isConnected) return;
    console.error("Farewell: the engine did not start, so the customer was sent to the hosted page.", cause);
    location.assign(`${apiBase}/c#${id}`);
  }
}
