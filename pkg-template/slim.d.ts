export * from "./index.js";

/** Where the module is: its address, a response that brings it, its bytes, a compiled module; or what gives one of them. */
export type WasmSource = Given | Promise<Given> | (() => Given | Promise<Given>);

type Given = string | URL | Response | BufferSource | WebAssembly.Module;

/**
 * Says where `farewell.wasm` of this very version is, for every flow of this page. Call it before the first intent; nothing is loaded
 * by it. A function is called when a customer shows intent, so that a page that nobody leaves from loads nothing.
 */
export declare function useWasm(source: WasmSource): void;
