// Who takes part, and what their first and their second step have on the screen when a customer can use them.

import { words } from "../tests/e2e/stage/words.mjs";

/** A part of a step: how many elements there have to be of a selector, with which text. See `stopwatch.js`. */
const survey = [
  { selector: "h2", text: words.survey_title },
  { selector: "input[type=radio]", count: 6 },
  { selector: "button", text: words.continue },
];
const offer = [
  { selector: "h2", text: words.offer_title },
  { selector: ".card .headline" },
  { selector: "button", text: words.accept },
  { selector: "button", text: words.decline },
];

/** Sentry's form is its only step. */
const feedback = [
  { selector: "dialog[open] h2" },
  { selector: "input[name=name]" },
  { selector: "input[name=email]" },
  { selector: "textarea[name=message]" },
  { selector: "button[type=submit]" },
];

/**
 * The second one is what the others are compared with.
 *
 * @type {{ name: string, title: string, first: object[], next?: object[] }[]}
 */
export const contestants = [
  { name: "farewell", title: "Farewell", first: survey, next: offer },
  { name: "vanilla", title: "vanilla JS", first: survey, next: offer },
  { name: "sentry", title: "Sentry modal", first: feedback },
  { name: "react", title: "React + Radix", first: survey, next: offer },
];

/** The reason that leads to the second step, and the button that goes there. */
export const reason = "It costs too much";
export const go = words.continue;
