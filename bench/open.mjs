// How fast it opens, side by side with others, in one run. `cargo xtask bench open` builds everything and runs this.

import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";

import { launch } from "../tests/e2e/stage/browser.mjs";
import { freePort } from "../tests/e2e/stage/program.mjs";
import { Server, root } from "../tests/e2e/stage/server.mjs";
import { conditions } from "./condition.mjs";
import { contestants } from "./contestant.mjs";
import { machine, summary, tables } from "./report.mjs";
import { Site } from "./site.mjs";
import { Visit } from "./visit.mjs";

/** Rounds that are run and not counted: the server, the browser and the disk get warm. */
const WARM_UP = 1;
/** Memory hardly varies. */
const MEMORY_ROUNDS = 5;

const { values: options } = parseArgs({
  options: { rounds: { type: "string", default: "15" }, json: { type: "string" } },
});
const rounds = Number(options.rounds);
if (!Number.isInteger(rounds) || rounds < 1) throw new Error(`--rounds takes a whole number from 1, not ${options.rounds}`);

/** Everything that has to run, stopped again whatever happens. */
async function staged(run) {
  const parts = [];
  const keep = (part) => (parts.push(part), part);
  try {
    const [port, sitePort] = [await freePort(), await freePort()];
    const site = keep(await Site.start(sitePort, process.env.FAREWELL_PKG ?? join(root, "pkg")));
    const server = keep(await Server.start(port, sitePort, []));
    const browser = await launch();
    keep({ stop: () => browser.close() });
    return await run({ site, server, browser });
  } finally {
    for (const part of parts.reverse()) await part.stop();
  }
}

async function visit(stage, contestant, during) {
  const one = await Visit.begin(stage, contestant);
  try {
    return await during(one);
  } finally {
    await one.end();
  }
}

const timed = (condition) => async (visit) => {
  const opened = await visit.open(condition);
  const step = visit.contestant.next && (await visit.step());
  return { contestant: visit.contestant.name, condition: condition.name, ...opened, step };
};

const weighed = async (visit) => {
  const { bytes: page } = visit.traffic.loaded;
  const before = await visit.memory();
  await visit.open({ warm: true, cpu: 1 });
  const memory = await visit.memory();
  return { contestant: visit.contestant.name, condition: "memory", page, memory, growth: memory - before };
};

async function measure(stage) {
  const samples = [];
  const started = Date.now();
  const said = (what) => console.log(`    ${what} (${Math.round((Date.now() - started) / 1000)} s)`);
  for (let round = 1 - WARM_UP; round <= rounds; round++) {
    // One after the other within every condition, so that whatever else the machine does falls on all alike.
    for (const condition of conditions) {
      for (const contestant of contestants) {
        const sample = await visit(stage, contestant, timed(condition));
        if (round > 0) samples.push({ round, ...sample });
      }
    }
    said(round > 0 ? `round ${round} of ${rounds}` : "warming up");
  }
  for (let round = 1; round <= MEMORY_ROUNDS; round++) {
    for (const contestant of contestants) samples.push({ round, ...(await visit(stage, contestant, weighed)) });
  }
  said("memory");
  return samples;
}

await staged(async (stage) => {
  const samples = await measure(stage);
  const found = summary(samples, contestants, conditions);
  const where = machine(stage.browser);
  console.log(`\n${tables(found, contestants)}\n`);
  console.log(`Medians of ${rounds} rounds; in brackets the ratio to vanilla JS. ${where}`);
  if (!options.json) return;
  await writeFile(options.json, JSON.stringify({ machine: where, rounds, ...found, samples }, null, 2) + "\n");
  console.log(`Every sample is in ${options.json}.`);
});
