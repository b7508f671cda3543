// What `opening.ts` may know of `drawing.js`.

/** Gives a dialog's steps their style. Throws in browsers that cannot build a style sheet. */
export function dress(dialog: HTMLDialogElement, style: string): void;

/** Gives a dialog the colours that a session's document has for it. */
export function paint(dialog: HTMLDialogElement, document: object): void;

/** Shows a step in a dialog. The focus goes to its heading, unless it is nowhere in the dialog. */
export function show(dialog: HTMLDialogElement, form: Element): void;

/** Builds what a drawing says (`flow/src/drawing.rs`), with amounts and dates as that language writes them. */
export function draw(drawing: string[], locale: string, timeZone: string): Element;
