// Who is weighed by `cargo xtask bench size`, and what each of them loads when.

/**
 * Files that a page loads besides what its own build gives: built here from sources of npm, as published on npm, or of our package.
 *
 * @typedef {{ built: string } | { published: string } | { ours: string }} File
 */

/** What only pages load that mount the subscription hub. */
const hub = ["hub.js"];

const embed = ["opening.js", "engine.js"].map((ours) => ({ ours }));

/**
 * A contestant has a page in `contestants/`, built like an application, or files that its page loads as they are. What a page
 * imports lazily counts as loaded when it opens.
 *
 * `never` is imported lazily too, for something that this page does not have. `external` is what an application has already, and
 * nobody pays for twice. `unknown` is what comes from servers of theirs and is in no package, and when it comes; `note` is whatever
 * else a reader has to know. A package in braces, in a title or a note, becomes its version.
 *
 * @typedef {"page" | "opens" | "finishes"} Moment
 * @type {{ title: string, page?: string, never?: string[], external?: string[], style?: "native" | "radix", files?: Partial<Record<Moment, File[]>>,
 *   unknown?: { at: Moment[], what: string }, note?: string }[]}
 */
export const weighed = [
  { title: "Farewell", page: "farewell/app.js", never: hub },
  { title: "Farewell, React bindings", page: "farewell/react.jsx", never: hub, external: ["react", "react-dom"], note: "without React itself" },
  { title: "Farewell, script tag", files: { page: [{ ours: "embed.js" }], opens: embed } },
  {
    title: "the same two steps in plain JavaScript",
    page: "vanilla/page.js",
    style: "native",
    note: "draws a survey and an offer, and nothing else: no other step, law, language or failure",
  },
  {
    title: "the same two steps with React {react} and Radix {@radix-ui/react-dialog}",
    page: "react/page.jsx",
    style: "radix",
    note: "as above; with React itself",
  },
  {
    title: "the same, where React is there already",
    page: "react/page.jsx",
    external: ["react", "react-dom"],
    style: "radix",
    note: "as above; without React itself",
  },
  {
    title: "ProsperStack {@prosperstack/flow}",
    page: "prosperstack/page.js",
    unknown: { at: ["opens", "finishes"], what: "an iframe with the application that draws the flow, from ProsperStack's servers" },
  },
  {
    title: "Sentry feedback {@sentry/browser}",
    page: "sentry/page.js",
    files: { opens: [{ built: "sentry/modal.js" }] },
    note: "with the error monitoring that it is a part of, stripped of every integration, and without screenshots",
  },
  {
    title: "PostHog surveys {posthog-js}",
    page: "posthog/page.js",
    files: { opens: [{ published: "posthog-js/dist/surveys.js" }] },
    note: "with the analytics that they are a part of. By itself it loads surveys with the page, not on opening",
  },
  {
    title: "PostHog surveys {posthog-js}, slim",
    page: "posthog/slim.js",
    files: { opens: [{ published: "posthog-js/dist/surveys.js" }] },
    note: "the core that an application chooses extensions for, with that for surveys only; otherwise as above",
  },
  {
    title: "Formbricks {@formbricks/js}",
    page: "formbricks/page.js",
    files: { opens: [{ published: "@formbricks/surveys/dist/index.umd.js" }] },
    unknown: { at: ["page"], what: "the client, from the Formbricks server" },
    note: "what draws surveys comes from that server too; weighed is the one on npm, @formbricks/surveys {@formbricks/surveys}",
  },
  {
    title: "Stripe.js loader {@stripe/stripe-js}",
    page: "stripe/page.js",
    unknown: { at: ["opens", "finishes"], what: "Stripe.js and its iframes, from Stripe's servers" },
  },
];
