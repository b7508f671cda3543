// What a click meets: what is loaded before it, how fast the processor is, how fast the network.

/** DevTools' own numbers for slow 4G without its corrections: 150 ms there and back, 1.6 Mbit/s down, 750 kbit/s up. */
const SLOW = { offline: false, latency: 150, downloadThroughput: 1_600_000 / 8, uploadThroughput: 750_000 / 8 };

/** @type {{ name: string, warm: boolean, cpu: number, network?: object }[]} */
export const conditions = [true, false].flatMap((warm) => {
  const loaded = warm ? "warm" : "cold";
  return [
    { name: loaded, warm, cpu: 1 },
    { name: `${loaded}, CPU 6x slower`, warm, cpu: 6 },
    { name: `${loaded}, slow network`, warm, cpu: 1, network: SLOW },
  ];
});

/** Slows a page down, through its DevTools session. */
export async function impose({ cpu, network }, devtools) {
  if (network) await devtools.send("Network.emulateNetworkConditions", network);
  if (cpu > 1) await devtools.send("Emulation.setCPUThrottlingRate", { rate: cpu });
}
