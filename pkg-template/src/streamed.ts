// The engine for pages that load its module themselves: a little smaller on its way than inside a script, compiled while it comes, and
// in need of a bundler or a server that knows `.wasm`.

import init, { showRetentionView } from "farewell-glue";
import type { Engine } from "./engine.js";
import type { WasmSource } from "../slim.js";

/** Starts the engine. Rejects where the module does not come, or is of another version. */
export async function load(source: WasmSource): Promise<Engine> {
  await init((imports) => instantiate(source, imports));
  return { showRetentionView };
}

async function instantiate(source: WasmSource, imports: WebAssembly.Imports): Promise<{ instance: WebAssembly.Instance }> {
  const given = await (typeof source === "function" ? source() : source);
  if (given instanceof WebAssembly.Module) return { instance: await WebAssembly.instantiate(given, imports) };
  if (given instanceof ArrayBuffer || ArrayBuffer.isView(given)) return WebAssembly.instantiate(given as BufferSource, imports);
  const answer = given instanceof Response ? given : await fetch(given);
  if (!answer.ok) throw new Error(`status ${answer.status} from ${answer.url}`);
  // A server that does not know the type: as bytes, then.
  if (!/^application\/wasm\b/.test(answer.headers.get("Content-Type") ?? "")) {
    return WebAssembly.instantiate(await answer.arrayBuffer(), imports);
  }
  return WebAssembly.instantiateStreaming(answer, imports);
}
