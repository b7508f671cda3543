// Between an open dialog of ours and the page around it: neither disturbs the other. Dialogs of the page would close on what
// happens outside of them, focus traps would cancel it, scroll locks would stop the wheel, and shortcuts would answer to what
// a customer types.

/** What must not reach the page. It goes no further than the window, since focus traps listen on the document on its way down.
 *  In the dialog nothing listens to it either, but to clicks. */
const EVENTS =
  "pointerdown mousedown touchstart touchmove wheel focusin focusout keydown keyup keypress click";

/** How soon, in milliseconds, and how near, in pixels, a second tap makes a double tap. */
const SOON = 400;
const NEAR = 30;

const shielded = new WeakSet<HTMLDialogElement>();

/** How many dialogs hold the page where it is. */
let holding = 0;
let letGo: () => void;

/**
 * Keeps page and dialog apart until the dialog is closed, and leaves nothing behind. A page that takes the dialog out has
 * closed it. Doing it twice is doing it once.
 *
 * @throws in browsers that the flow is too new for. Then nothing was done.
 */
export function shield(dialog: HTMLDialogElement): void {
  if (shielded.has(dialog)) return;
  shielded.add(dialog);
  const letPageGo = hold();
  // A page with a dialog of its own may have made its body deaf, which ours would inherit.
  dialog.style.pointerEvents = "auto";

  const over = new AbortController();
  const { signal } = over;
  let last = { timeStamp: performance.now() } as PointerEvent;
  let second = false;
  const heard = (event: PointerEvent & KeyboardEvent) => {
    const { type, target, detail, ctrlKey, metaKey, shiftKey } = event;
    if (type === "pointerdown") {
      const far = Math.hypot(event.clientX - last.clientX, event.clientY - last.clientY) > NEAR;
      second = event.pointerType === "touch" && !far && event.timeStamp - last.timeStamp < SOON;
      last = event;
    }
    // With the focus nowhere, a key is meant for the dialog as well.
    if (!dialog.contains(target as Node) && !(event.key && target === document.body)) return;
    event.stopImmediatePropagation();
    if (type !== "click") return;
    // The second tap of a double tap would press what the next step has in the same place. `detail` counts taps, but not on
    // every phone; it is 0 for a press by keyboard.
    if (detail > 1 || (detail && second)) return event.preventDefault();
    // A choice is the browser's to make. What may have a listener of ours is clicked once more, for the dialog alone.
    const pressed = event.composedPath()[0] as Element;
    if (!pressed.closest("button, a")) return;
    event.preventDefault();
    pressed.dispatchEvent(new MouseEvent(type, { bubbles: true, cancelable: true, detail, ctrlKey, metaKey, shiftKey }));
  };
  // What failed for want of a network is tried again when there is one. In the flow it keeps its number, so that it is done once.
  const online = () => dialog.querySelector("div")?.shadowRoot?.querySelector<HTMLElement>(".again, .notice button")?.click();
  addEventListener("online", online, { signal });
  for (const type of EVENTS.split(" ")) {
    window.addEventListener(type, heard as (event: Event) => void, { capture: true, signal });
  }

  const look = () => {
    if (!dialog.isConnected) {
      dialog.close();
      return end();
    }
    // Closed without a word, by a page that took the attribute away. A dialog that is closed as it should be tells soon.
    if (!dialog.open) {
      return setTimeout(() => {
        if (signal.aborted || dialog.open) return;
        dialog.open = true;
        dialog.close();
      }, 100);
    }
    // Moved, it is no longer above the page; emptied, there is nothing to press in it.
    if (!dialog.matches(":modal") || !dialog.firstElementChild?.shadowRoot) dialog.close();
  };
  const watch = new MutationObserver(look);
  watch.observe(document, { childList: true, subtree: true });
  watch.observe(dialog, { attributeFilter: ["open"] });
  const end = () => {
    over.abort();
    watch.disconnect();
    letPageGo();
  };
  dialog.addEventListener("close", end, { signal });
  look();
}

/**
 * Holds the page where it is. By a style sheet, so that the page can change its own styles meanwhile.
 *
 * @returns what lets it go.
 */
function hold(): () => void {
  if (!holding++) {
    const { scrollX: left, scrollY: top } = window;
    // The place of a scrollbar stays free, so that nothing moves.
    const gutter = innerWidth > document.documentElement.clientWidth ? ";scrollbar-gutter:stable" : "";
    // On iPhones and iPads a page scrolls behind a dialog whatever its `overflow`.
    const fixed = CSS.supports("-webkit-touch-callout", "none");
    const still = new CSSStyleSheet();
    still.replaceSync(
      `html{overflow:hidden!important${gutter}}` +
        (fixed ? `body{position:fixed!important;inset:${-top}px 0 auto ${-left}px!important}` : ""),
    );
    document.adoptedStyleSheets.push(still);
    letGo = () => {
      document.adoptedStyleSheets = document.adoptedStyleSheets.filter((other) => other !== still);
      if (fixed) scrollTo({ left, top, behavior: "instant" });
    };
  }
  return () => --holding || letGo();
}
