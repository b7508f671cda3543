// What the dialog says when a session's document did not come. Which language the customer reads is in that document, so
// these few words are English.

import type { SessionSource } from "../index.js";
import style from "./failure.css";

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
 * @param refused whether the server did not take the session.
 */
export function fail(
  dialog: HTMLDialogElement,
  refused: boolean,
  cause: unknown,
  { apiBase, email, session, attempt }: Ways,
): void {
  const hint = refused ? "Is the session id fresh, and of this brand?" : "Is the option apiBase the server's address?";
  console.error(`Farewell: no flow from ${apiBase}/v1/flow: ${told(cause)} ${hint}`);

  const root = dialog.firstElementChild!.shadowRoot!;
  const loading = [...root.childNodes];

  const heading = element("h2", { tabIndex: -1, textContent: refused ? "This page has expired" : "This did not load" });
  const text = refused
    ? "It has been open for too long. Reload it and try again. Nothing was changed."
    : "The server did not answer as it should. Nothing was changed.";
  const again = element("button", {
    className: "again",
    textContent: refused ? "Reload the page" : "Try again",
    onclick: () => {
      if (refused) return location.reload();
      root.adoptedStyleSheets = [];
      root.replaceChildren(...loading);
      root.querySelector("p")!.textContent = "";
      dialog.ariaLabel = root.querySelector("h2")!.textContent;
      attempt();
    },
  });
  const close = element("button", { textContent: "Close", onclick: () => dialog.close() });
  const ways = element("div", {});
  ways.append(again, close);

  const card = element("div", { className: "failure" });
  card.append(heading, element("p", { textContent: text }));
  if (email) {
    const line = element("p", { textContent: "Or write to " });
    line.append(element("a", { textContent: email, href: "mailto:" + email }), ".");
    card.append(line);
  }
  if (!refused && typeof session === "string") {
    const line = element("p", {});
    line.append(element("a", { textContent: "Open as page", href: `${apiBase}/c#${session}` }));
    card.append(line);
  }
  card.append(ways);

  root.replaceChildren(card);
  try {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(style);
    root.adoptedStyleSheets = [sheet];
  } catch {
    // A browser too old for this shows the same words in its own style.
  }
  dialog.ariaLabel = heading.textContent;
  heading.focus();
}

/** What the server said, the kind of an error, or silence. Never an error's message, which may quote the session id. */
function told(cause: unknown): string {
  if (Array.isArray(cause)) return `status ${cause[0]}${cause[1] ? `, "${cause[1]}"` : "."}`;
  return cause instanceof Error ? `${cause.name}.` : "no answer within 8 seconds.";
}

function element<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  properties: Partial<HTMLElementTagNameMap[K]>,
): HTMLElementTagNameMap[K] {
  return Object.assign(document.createElement(tag), properties);
}
