// The medians of a run, as tables.

import { cpus, release, totalmem, type } from "node:os";

export function median(numbers) {
  const sorted = numbers.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** The middle half: a quarter of the numbers lies below the first, a quarter above the second. */
function quartiles(numbers) {
  const sorted = numbers.toSorted((a, b) => a - b);
  const at = (share) => sorted[Math.round(share * (sorted.length - 1))];
  return [at(0.25), at(0.75)];
}

/**
 * What many samples come to.
 *
 * @param {{ contestant: string, condition: string, milliseconds?: number, step?: number, requests?: number, bytes?: number,
 *   page?: number, memory?: number, growth?: number }[]} samples
 */
export function summary(samples, contestants, conditions) {
  const of = (contestant, condition, what) =>
    samples
      .filter((sample) => sample.contestant === contestant.name && sample.condition === condition)
      .map((sample) => sample[what])
      .filter((value) => value !== undefined);
  const timed = (what) => (condition) => {
    const [, twin] = contestants;
    const base = median(of(twin, condition.name, what));
    return {
      condition: condition.name,
      contestants: contestants.map((contestant) => {
        const values = of(contestant, condition.name, what);
        if (values.length === 0) return { contestant: contestant.name };
        const ms = median(values);
        return { contestant: contestant.name, ms, middle_half: quartiles(values), ratio: ms / base };
      }),
    };
  };
  const costs = contestants.map((contestant) => ({
    contestant: contestant.name,
    page_bytes: median(of(contestant, "memory", "page")),
    memory_bytes: median(of(contestant, "memory", "memory")),
    memory_growth_bytes: median(of(contestant, "memory", "growth")),
    click: conditions.map((condition) => ({
      condition: condition.name,
      requests: median(of(contestant, condition.name, "requests")),
      bytes: median(of(contestant, condition.name, "bytes")),
    })),
  }));
  return { opening: conditions.map(timed("milliseconds")), stepping: conditions.map(timed("step")), costs };
}

/** The machine and the browser, in a line. */
export function machine(browser) {
  const gigabytes = Math.round(totalmem() / 2 ** 30);
  return `${cpus().length} x ${cpus()[0].model.trim()}, ${gigabytes} GB, ${type()} ${release()}, Chromium ${browser.version()}, headless`;
}

const kilobytes = (bytes) => `${(bytes / 1000).toFixed(1)} kB`;

function table(head, rows) {
  const line = (cells) => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map((_, column) => (column ? "--:" : "---"))), ...rows.map(line)].join("\n");
}

/** The tables, as they stand in the README. */
export function tables({ opening, stepping, costs }, contestants) {
  const titles = contestants.map(({ title }) => title);
  const cell = ({ ms, ratio }) => (ms === undefined ? "–" : `${ms.toFixed(0)} ms (${ratio.toFixed(2)})`);
  const rows = (timed) => timed.map(({ condition, contestants }) => [condition, ...contestants.map(cell)]);
  const click = (name, write) => costs.map(({ click }) => write(click.find(({ condition }) => condition === name)));
  const requests = ({ requests, bytes }) => `${requests}, ${kilobytes(bytes)}`;
  return [
    table(["click to first step", ...titles], rows(opening)),
    table(["step to step", ...titles], rows(stepping)),
    table(
      ["what it takes", ...titles],
      [
        ["the page before any click", ...costs.map((cost) => kilobytes(cost.page_bytes))],
        ["requests after a warm click", ...click("warm", requests)],
        ["requests after a cold click", ...click("cold", requests)],
        ["memory, open", ...costs.map((cost) => kilobytes(cost.memory_bytes))],
        ["of that by opening", ...costs.map((cost) => kilobytes(cost.memory_growth_bytes))],
      ],
    ),
  ].join("\n\n");
}
