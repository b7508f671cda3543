// The lazily loaded chunk: the flow as WebAssembly, deflated and in base64, because a string inside a script is the one form
// that every bundler passes through unconfigured. Only intent loads it, so it begins to start as soon as it has come.

import init, { showRetentionView } from "farewell-glue";
import wasm from "farewell-wasm";

/** What the WebAssembly module exports, ready to be called. */
export type Engine = { showRetentionView: typeof showRetentionView };

/** `Uint8Array.fromBase64` is younger than some browsers this runs in, and than TypeScript's own list. */
type Bytes = typeof Uint8Array & { fromBase64?(text: string): Uint8Array<ArrayBuffer> };

let loading: Promise<Engine> | undefined;

/**
 * Starts the engine, once. Rejects where WebAssembly is missing or forbidden (a policy without `'wasm-unsafe-eval'`), and
 * where the browser cannot inflate; the next call then tries again.
 */
export function load(): Promise<Engine> {
  loading ??= start().catch((error: unknown) => {
    loading = undefined;
    throw error;
  });
  return loading;
}

async function start(): Promise<Engine> {
  const inflated = new Blob([decode(wasm)]).stream().pipeThrough(new DecompressionStream("deflate"));
  const bytes = await new Response(inflated).arrayBuffer();
  await init((imports) => WebAssembly.instantiate(bytes, imports));
  return { showRetentionView };
}

const decode = (base64: string) =>
  (Uint8Array as Bytes).fromBase64?.(base64) ?? Uint8Array.from(atob(base64), (byte) => byte.charCodeAt(0));

load().catch(() => {}); // whoever needs it asks again, and is told why
