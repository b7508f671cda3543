// Between the press and the engine: the first step, drawn by what little it takes. A chunk of its own, because a customer who
// presses with nothing loaded yet should have something to read while the rest comes.

import { draw, dress, paint, show } from "../../src/drawing.js";
import frame from "../../flow/src/dialog.css";
import style from "../../flow/src/style.css";
import type { FlowResult, RenumerateConfig, SessionSource } from "../index.js";
import { ENGINE } from "./chosen.js";
import type { Engine } from "./engine.js";
import { fail } from "./failure.js";
import type { Call, Fetched } from "./index.js";
import { shield } from "./shield.js";

// The engine draws with the same, and the hub.
export { draw, dress, paint, show, style };

type Mount = typeof import("./hub.js").mount;

/** The hub is in a chunk of its own: only pages that have one load it. It is no sign that somebody wants to leave, so the engine
 *  waits for one. Where it does not come, `index.ts` leaves a link to the hub as a page. */
export const hub = async (...mounting: Parameters<Mount>): Promise<void> => {
  opened = true;
  const { mount } = await import("./hub.js").catch((error: unknown) => {
    console.error("Farewell: no hub.js");
    throw error;
  });
  await mount(...mounting);
};

/** The parts of a session's document that the first step is drawn from. */
type First = { first: string[]; flow: { locale: string; time_zone: string; words: Record<string, string> } };

/** Sessions whose last visit has ended and is still being told to the server. What is fetched meanwhile is out of date. */
const leaving = new Map<string, Promise<void>>();

/** Closed before the engine is there. */
const closed = ({ currentTarget: dialog }: Event) => {
  const detail = { outcome: "aborted" } as FlowResult;
  const target = (dialog as Element).isConnected ? dialog! : document;
  target.dispatchEvent(new CustomEvent("farewell:complete", { detail, bubbles: true }));
};

let engine: Promise<Engine> | undefined;

/** Patience is over after 8 seconds. */
const late = (done: (value?: never) => void) => setTimeout(done, 8e3);

/** The way to the engine that the page has chosen, if it has. */
const chosen = () => (globalThis as { [ENGINE]?: () => Promise<Engine> })[ENGINE];

/** Loads and starts the engine, once. Fails after 8 seconds, and forgets every failure. */
const load = () =>
  (engine ??= Promise.race([
    chosen()?.() ?? import("./engine.js").then(({ load }) => load()),
    new Promise<never>((_, fail) => late(fail)),
  ]).catch((error: unknown) => {
    engine = undefined;
    throw error;
  }));

/** Starts what will be needed. Who needs it asks again, and is told why it failed. */
export const warm = () => void load().catch(() => {});

// Where somebody waits already, the first step goes before the engine.
let opened = false;
setTimeout(() => opened || warm());

/** The dialog's own style, which a shadow root cannot give it: every dialog's, adopted once and for good. */
let framed: CSSStyleSheet | undefined;
export function adopt(): void {
  const { adoptedStyleSheets } = document;
  if (!framed) (framed = new CSSStyleSheet()).replaceSync(frame);
  if (!adoptedStyleSheets.includes(framed)) adoptedStyleSheets.push(framed);
}

/** When what was drawn is on the screen. In a page that nobody looks at, that is when somebody does. */
const painted = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done)));

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
  memory: Map<unknown, unknown>,
): Promise<void> {
  opened = true;
  if (!dialog.open) return;
  // Captured, so that the event comes before the callback, as it does later.
  dialog.addEventListener("close", closed, true);
  // A slow answer is no reason to wait for the engine as well.
  const slow = setTimeout(warm, 1e3);
  // A page that does not say whether it is light or dark leaves that to the device.
  if (getComputedStyle(dialog).colorScheme == "normal" && !document.querySelector("[name=color-scheme]")) {
    dialog.style.colorScheme = "light dark";
  }
  try {
    adopt();
    shield(dialog);
  } catch {
    // Too old: what follows fails as well, and leads the customer to the hosted page.
  }
  let fetched: Fetched;
  try {
    fetched = await Promise.race([flow, new Promise<never>((_, fail) => late(fail))]);
    if (!(fetched[1] as Partial<First> | null)?.flow) throw fetched;
  } catch (cause) {
    if (!dialog.isConnected) return;
    // What failed, or did not come, is asked for anew: an answer once at once, since it may be that of a session which a
    // function can renew, or have come long before the press.
    memory.clear();
    if ((cause as Fetched | undefined)?.[2] && !(dialog as { again?: boolean }).again) {
      (dialog as { again?: boolean }).again = true;
      return attempt();
    }
    return fail(dialog, cause, { apiBase, email: config.fallbackEmail, session, attempt });
  }

  clearTimeout(slow);

  const [id, answer] = fetched;
  const { first, flow: { locale, time_zone, words } } = answer as First;
  const root = dialog.firstElementChild!.shadowRoot!;
  const ask = async (id: string) => {
    const body = new URLSearchParams({ session: id, public_key: config.publicKey || "" });
    const answer = await fetch(apiBase + "/v1/flow", { method: "POST", body, signal: AbortSignal.timeout(8e3) });
    const document = await answer.json();
    if (!document.flow) throw [answer.status, document.error];
    return document;
  };

  // The engine is not here yet: a press waits for it, the cross does not. Without it, the step is a form of the hosted page:
  // sent, it goes on there, with all that was typed.
  let alone = false;
  let pressed: HTMLButtonElement | null = null;
  const wait = (event: Event) => {
    const button = (event as SubmitEvent).submitter as HTMLButtonElement;
    const closes = button.className == "close";
    if (closes || !alone) event.preventDefault();
    if (closes) return dialog.close();
    pressed ??= button;
    pressed.classList.add("pressed");
    pressed.form!.ariaBusy = "true";
    root.querySelector(".said")!.textContent = words.working!;
  };
  // What was fetched meanwhile is forgotten.
  const over = () => {
    leaving.delete(id);
    remove();
  };
  const left = () => {
    const fields = Object.fromEntries(new FormData(root.querySelector("form")!, pressed));
    const run = +fields.run!;
    const seq = +fields.seq!;
    // What was pressed counts, whoever closes while it waits. `close` is refused where that was the end.
    const actions = [{ do: "close", ...fields, run, seq }, ...(pressed ? [{ do: "close", run, seq: seq + 1 }] : [])];
    const body = JSON.stringify({ actions });
    const headers = { Authorization: "Bearer " + id, "Content-Type": "application/json" };
    const told = fetch(apiBase + "/v1/flow/actions", { method: "POST", headers, body });
    leaving.set(id, told.then((answer) => answer.text()).then(over, over));
  };

  try {
    // Throws where WebAssembly is missing or forbidden, in WebKit not before the instance. Then nothing is begun here.
    new WebAssembly.Instance(new WebAssembly.Module(Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0)));
    const before = leaving.get(id);
    if (before) {
      await Promise.race([before, new Promise(late)]);
      leaving.delete(id);
      return dialog.isConnected ? attempt() : undefined;
    }
    const step = draw(first, locale, time_zone);
    // What has ended is the engine's to show: closing it tells how.
    const drawn = !!step.querySelector(".close");
    if (drawn) {
      dress(dialog, style);
      paint(dialog, answer);
      show(dialog, step);
      root.addEventListener("submit", wait);
      dialog.addEventListener("close", left);
      await painted();
    }
    const engine = await load();
    if (!dialog.isConnected) return;

    const tell = (name: "onRetained" | "onCancelled" | "onComplete") => (result: FlowResult) => {
      if (config.debug) console.info(`Farewell: ${name}`, result.outcome, result.effect);
      call(name, result);
    };
    const { publicKey, fallbackEmail, fragment } = config;
    const callbacks = Object.fromEntries((["onRetained", "onCancelled", "onComplete"] as const).map((name) => [name, tell(name)]));
    let another = typeof session === "function" ? session : undefined;
    const renew = async (again: string[][]) => {
      const id = another!();
      another = undefined; // once: a session that is refused right away would be asked for without end
      enter(await id, await ask(await id), false, again);
    };
    const enter = (id: string, document: object, drawn: boolean, again?: string[][]) =>
      engine.showRetentionView(id, { dialog, document, style, drawn, apiBase, publicKey, fallbackEmail, fragment, callbacks, again, renew, onRest });
    let onRest = () => {};
    const rested = new Promise<void>((done) => (onRest = () => setTimeout(done))).then(over);
    enter(id, answer, drawn);
    root.removeEventListener("submit", wait);
    dialog.removeEventListener("close", left);
    dialog.removeEventListener("close", closed, true);
    // From now on the engine tells how it ended. It does so from a listener of the same event, before the dialog is gone.
    dialog.onclose = () => {
      leaving.set(id, rested);
      setTimeout(remove);
    };
  } catch (cause) {
    if (!dialog.isConnected) return;
    const page = () => location.assign(`${apiBase}/c#${id}`);
    // Never an error's message, which may quote the session id.
    console.error(`Farewell: no engine (${(cause as Error)?.name}), the flow goes on as the hosted page.`);
    if (!root.querySelector("form")) return page();
    alone = true;
    // Where the page's policy forbids to send it, by the link.
    document.addEventListener("securitypolicyviolation", ({ effectiveDirective, disposition }) => {
      if (pressed && dialog.isConnected && effectiveDirective == "form-action" && disposition == "enforce") page();
    });
  }
  if (!pressed) return;
  const { form, classList } = pressed as HTMLButtonElement;
  classList.remove("pressed");
  form!.ariaBusy = null;
  form!.requestSubmit(pressed);
}
