// The same package, for those who stream the WebAssembly module instead of carrying it inside a script.

import { ENGINE } from "./chosen.js";
import type { WasmSource } from "../slim.js";

export { Farewell, Renumerate } from "./index.js";

/** Says where the module is. Loads nothing: it is asked for when a customer shows intent. */
export function useWasm(source: WasmSource): void {
  // A number or nothing would be found out by the customer's press.
  if (!/string|object|function/.test(typeof source) || !source) throw TypeError(`useWasm takes an address, a Response, bytes, a module, or a function, not ${source}`);
  (globalThis as Record<symbol, unknown>)[ENGINE] = () => import("./streamed.js").then(({ load }) => load(source));
}
