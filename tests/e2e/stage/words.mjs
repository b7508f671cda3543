// The flow's English words, by their keys in the server's locale pack, so that tests do not repeat them.

import { readFileSync } from "node:fs";
import { join } from "node:path";

import { root } from "./server.mjs";

/** @returns {Record<string, string>} */
function texts(toml) {
  const lines = toml.split("\n").map((line) => /^(\w+) = (".*")$/.exec(line));
  return Object.fromEntries(lines.filter(Boolean).map(([, key, text]) => [key, JSON.parse(text)]));
}

const locale = (name) => readFileSync(join(root, `server/locales/${name}.toml`), "utf8");

/** The flow's words in a language. */
export const wordsOf = (language) => texts(locale(language));

export const words = wordsOf("en");

/** What the hub says, by its keys in the server's locale pack. */
export const hubWords = texts(locale("hub.en"));

/** What offers say of money, with `{price}` and `{date}` in it. */
export const sentences = texts(locale("offer.en"));

/** What a law says in a language, in place of the flow's words. */
export function law(policy, language = "en") {
  const found = locale(`policy.${language}`).split(/^\[(.+)\]$/m);
  return texts(found[found.indexOf(policy) + 1]);
}

/** A sentence with its placeholders filled. */
export const fill = (sentence, values) => sentence.replace(/\{(\w+)\}/g, (_, name) => values[name]);
