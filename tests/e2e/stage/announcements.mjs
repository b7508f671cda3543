// What a screen reader says without being asked while a customer goes on: where the focus comes, what the dialog is called from
// then on, and what live regions say. In the order it happens, one a line.

/** Begins to listen to a page that is open. */
export function listen(page) {
  return page.evaluate(() => {
    const heard = (globalThis.heard = []);
    const say = (line) => heard.at(-1) !== line && heard.push(line);
    const KINDS = { H2: "heading", TEXTAREA: "field", BUTTON: "button", A: "link", INPUT: "field" };
    const text = (element) => element.textContent.replace(/\s+/g, " ").trim();
    const name = (element) => element.ariaLabel ?? text(element.labels?.[0] ?? element);
    const focus = (event) => {
      const [element] = event.composedPath();
      say(`focus: ${KINDS[element.tagName] ?? element.tagName} ${name(element)}`);
    };
    document.addEventListener("focusin", focus);
    const regions = (node) => {
      const [inside, around] = [node.querySelectorAll?.("[role=alert], [role=status]") ?? [], node.closest?.("[role=alert], [role=status]")];
      return [...inside, around].filter(Boolean);
    };
    const hear = (records) => {
      for (const { type, target, addedNodes } of records) {
        if (type === "attributes") say(`dialog: ${target.ariaLabel}`);
        for (const node of addedNodes) {
          for (const region of regions(node.nodeType === Node.TEXT_NODE ? node.parentNode ?? target : node)) {
            if (text(region)) say(`${region.role}: ${text(region)}`);
          }
        }
      }
    };
    // Before anybody sees it: whatever is put into the page may be the dialog.
    new MutationObserver((records) => {
      for (const dialog of records.flatMap(({ addedNodes }) => [...addedNodes]).filter((node) => node.matches?.("dialog"))) {
        say(`dialog: ${dialog.ariaLabel}`);
        new MutationObserver(hear).observe(dialog, { attributeFilter: ["aria-label"] });
        const { shadowRoot } = dialog.firstElementChild;
        new MutationObserver(hear).observe(shadowRoot, { childList: true, subtree: true });
        shadowRoot.addEventListener("focusin", focus); // what moves inside of it is not told outside
      }
    }).observe(document.body, { childList: true });
  });
}

/** All that was said so far. */
export async function announced(page) {
  return (await page.evaluate(() => globalThis.heard)).map((line) => `${line}\n`).join("");
}
