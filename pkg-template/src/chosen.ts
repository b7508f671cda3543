/** Where the way to an engine stands that a page has chosen: found by whichever chunk looks for it, whoever bundled it. */
export const ENGINE = Symbol.for("farewell.engine");
