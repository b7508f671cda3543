// A host page's script that mounts the button and keeps everything it is told, in order.

/** How events of the DOM are noted beside callbacks. */
const TYPES = ["farewell:retained", "farewell:cancelled", "farewell:complete"];

/**
 * @param {object} page
 * @param {object} page.config of the instance; its callbacks are the recording ones
 * @param {string} page.session a JavaScript expression: a session id in quotes, or a function
 * @param {string} [page.options] a JavaScript expression: the third argument of `mountCancelButton`
 */
export function recording({ config, session, options = "undefined" }) {
  return `
    import { Farewell } from "/farewell/index.js";
    globalThis.told = [];
    const note = (name) => (result) => told.push([name, result]);
    for (const type of ${JSON.stringify(TYPES)}) {
      document.addEventListener(type, (event) => told.push([type, event.detail]));
    }
    globalThis.farewell = new Farewell({
      ...${JSON.stringify(config)},
      callbacks: { onRetained: note("onRetained"), onCancelled: note("onCancelled"), onComplete: note("onComplete") },
    });
    farewell.mountCancelButton("cancel", ${session}, ${options});
  `;
}

/** Everything the page was told so far: names and results. */
export function told(page) {
  return page.evaluate(() => globalThis.told);
}

/** Waits until the page was told this. */
export async function untilTold(page, name) {
  await page.waitForFunction((name) => globalThis.told.some(([told]) => told === name), name);
}

/** The names only. */
export async function names(page) {
  return (await told(page)).map(([name]) => name);
}
