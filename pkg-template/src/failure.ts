// What the dialog says when a session's document did not come. Which language the customer reads is in that document, so
// these few words are English.

import type { SessionSource } from "../index.js";
import { dress } from "../../src/drawing.js";
import style from "../../flow/src/style.css";

/** What the customer can still do. */
type Ways = {
  apiBase: string;
  /** Where a person answers. */
  email: string | undefined;
  session: SessionSource;
  /** Begins again. */
  attempt: () => void;
};

/**
 * Shows the failure in the dialog, and tells the developer in one line of the console.
 *
 * @param cause what the server answered, an error of the way there, an error of the session function in an array of its own, or
 *   nothing when nobody answered.
 */
export function fail(dialog: HTMLDialogElement, cause: any, { apiBase, email, session, attempt }: Ways): void {
  const status = cause?.[2];
  const refused = status == 401;
  // The page's own function, whose error is the page's to see.
  const own = cause?.length == 1;
  // A refusal says itself what to look at.
  const look = refused ? " Look at the session id." : /^4/.test(status) ? "" : " Look at apiBase.";
  if (own) console.error("Farewell: the session function gave no id:", cause[0]);
  else console.error(`Farewell: no flow from ${apiBase}/v1/flow: ${told(cause)}${look}`);

  const root = dialog.firstElementChild!.shadowRoot!;
  const loading = [...root.childNodes];
  const known = typeof session === "string" ? session : "";

  const again = () => {
    if (refused) return location.reload();
    root.adoptedStyleSheets = [];
    root.replaceChildren(...loading);
    root.querySelector("p")!.textContent = dialog.ariaLabel = "One moment";
    attempt();
  };
  const asPage = async (event: Event) => {
    if (known) return;
    event.preventDefault();
    location.assign(`${apiBase}/c#${await (session as () => Promise<string>)()}`);
  };

  const title = refused ? "This page has expired" : navigator.onLine ? "This did not load" : "You are offline";
  const text = refused
    ? "It has been open for too long. Reload it and try again."
    : navigator.onLine
      ? "The server did not answer as it should."
      : "It goes on by itself when you are back online.";
  const step = element("div", { className: "step" });
  const heading = element("h2", { tabIndex: -1, textContent: title });
  step.append(heading, element("p", { textContent: text + " Nothing was changed." }));
  if (email) {
    const letter = "I want to cancel my subscription." + (known && `\r\n\r\nReference: ${known.slice(-8)}`);
    const href = `mailto:${email}?subject=Cancel%20subscription&body=${encodeURIComponent(letter)}`;
    step.append(line("Or write to ", { textContent: email, href }));
  }
  if (!refused && !own) step.append(line("", { textContent: "Open as page", href: `${apiBase}/c#${known}`, onclick: (event) => asPage(event).catch(again) }));
  const ways = element("div", { className: "actions" });
  ways.append(
    element("button", { className: refused ? "leave" : "leave again", textContent: refused ? "Reload the page" : "Try again", onclick: again }),
    element("button", { className: "plain", textContent: "Close", onclick: () => dialog.close() }),
  );
  step.append(ways);

  root.replaceChildren(step);
  try {
    dress(dialog, style);
  } catch {
    // A browser too old for this shows the same words in its own style.
  }
  dialog.ariaLabel = title;
  heading.focus();
}

function line(before: string, link: Partial<HTMLAnchorElement>): HTMLElement {
  const line = element("p", { textContent: before });
  line.append(element("a", link));
  return line;
}

/** What the server said, the kind of an error, or silence. Never an error's message, which may quote the session id. */
function told(cause: any): string {
  if (cause?.[2]) return `status ${cause[2]}${cause[1]?.error ? `, "${cause[1].error}"` : "."}`;
  return cause instanceof Error ? `${cause.name}.` : "no answer within 8 seconds.";
}

function element<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  properties: Partial<HTMLElementTagNameMap[K]>,
): HTMLElementTagNameMap[K] {
  return Object.assign(document.createElement(tag), properties);
}
