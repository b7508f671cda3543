// What a page holds in memory, after a collection of garbage.
//
// Not `performance.measureUserAgentSpecificMemory()`: it waits for a collection that comes when it likes. DevTools can ask for
// one. Its figures are V8's heap, Blink's (nodes, styles), and the buffers of typed arrays; WebAssembly's memory is in none of
// them and is added. What none of it counts is machine code.

const SUM = "function () { return this.reduce((sum, memory) => sum + memory.buffer.byteLength, 0); }";

/** Bytes in use. */
export async function memory(devtools) {
  await devtools.send("HeapProfiler.collectGarbage");
  await devtools.send("HeapProfiler.collectGarbage");
  const { usedSize, embedderHeapUsedSize, backingStorageSize } = await devtools.send("Runtime.getHeapUsage");
  return usedSize + embedderHeapUsedSize + backingStorageSize + (await wasm(devtools));
}

async function wasm(devtools) {
  const objectGroup = "memory";
  const evaluate = (expression) => devtools.send("Runtime.evaluate", { expression, objectGroup });
  const { result: prototype } = await evaluate("WebAssembly.Memory.prototype");
  const { objects } = await devtools.send("Runtime.queryObjects", { prototypeObjectId: prototype.objectId, objectGroup });
  const { result } = await devtools.send("Runtime.callFunctionOn", {
    objectId: objects.objectId,
    functionDeclaration: SUM,
    returnByValue: true,
  });
  await devtools.send("Runtime.releaseObjectGroup", { objectGroup });
  return result.value;
}
