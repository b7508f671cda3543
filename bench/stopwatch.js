// Runs in a page before its own scripts: the time from a click to the first frame in which a step is on the screen.
//
// From: the `timeStamp` of the click, which the browser's process sets when it passes the input on, so that a busy main thread
// does not hide its own delay. To: a mutation observer, in the document and in every shadow root, notices that the step's
// elements are there; the next animation frame finds that each has a box and is not transparent; a message posted from within
// that frame arrives once it has been drawn, and that is the time. Element Timing, made for this, does not see into shadow
// roots; Event Timing ends with the first frame after the click, which may show an empty dialog. The message is late by less than
// a frame, for every contestant alike.

(() => {
  const roots = [document];
  let look = () => {};
  const observer = new MutationObserver(() => look());
  const watch = (root) => observer.observe(root, { subtree: true, childList: true, attributes: true, characterData: true });
  const { attachShadow } = Element.prototype;
  Element.prototype.attachShadow = function (options) {
    const root = attachShadow.call(this, options);
    roots.push(root);
    watch(root);
    return root;
  };
  watch(document);

  const shown = (element) =>
    element.getClientRects().length > 0 && element.checkVisibility({ opacityProperty: true, visibilityProperty: true });

  /** The elements of a part of a step: `{ selector, text, count }`. Undefined when there are fewer than that. */
  const part = ({ selector, text, count = 1 }) => {
    const found = roots.flatMap((root) => [...root.querySelectorAll(selector)]);
    const fitting = text ? found.filter((element) => element.textContent === text) : found;
    return fitting.length >= count ? fitting : undefined;
  };

  /** Milliseconds from the next click to the frame that shows every part of a step. */
  globalThis.stopwatch = (step) =>
    new Promise((done) => {
      let since;
      let waiting = false;
      const frame = () => {
        const parts = step.map(part);
        if (!parts.every((elements) => elements?.every(shown))) return void (waiting = false) || look();
        const { port1, port2 } = new MessageChannel();
        port1.onmessage = () => {
          look = () => {};
          done(performance.now() - since);
        };
        port2.postMessage(0);
      };
      look = () => {
        if (since === undefined || waiting || !step.every(part)) return;
        waiting = true;
        requestAnimationFrame(frame);
      };
      const clicked = (event) => {
        since = event.timeStamp;
        look();
      };
      addEventListener("click", clicked, { capture: true, once: true });
    });
})();
