// The flow's English words, by their keys in the server's locale pack, so that tests do not repeat them.

import { readFileSync } from "node:fs";
import { join } from "node:path";

import { root } from "./server.mjs";

/** @type {Record<string, string>} */
export const words = Object.fromEntries(
  readFileSync(join(root, "server/locales/en.toml"), "utf8")
    .split("\n")
    .map((line) => /^(\w+) = (".*")$/.exec(line))
    .filter(Boolean)
    .map(([, key, text]) => [key, JSON.parse(text)]),
);

/** A word whose `{placeholders}` stand for anything. */
export function pattern(key) {
  const parts = words[key].split(/\{\w+\}/).map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${parts.join("(.+)")}$`);
}
