// What is wrong with a step for those who meet it: what axe-core finds, and what it does not measure.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
/** WCAG 2.2 AA. */
const TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];

/** What axe-core finds, one line for each element. Shadow roots are looked into. */
export async function violations(page) {
  if (!(await page.evaluate(() => "axe" in globalThis))) await page.evaluate(AXE);
  return page.evaluate(async (tags) => {
    // By tags alone it leaves out rules that it holds to be new.
    // Forced colours are the reader's own, and computed styles still have ours.
    const forced = matchMedia("(forced-colors: active)").matches;
    const rules = { "target-size": { enabled: true }, "color-contrast": { enabled: !forced } };
    const { violations } = await axe.run(document, { runOnly: tags, rules, resultTypes: ["violations"] });
    return violations.flatMap(({ id, nodes }) =>
      nodes.map(({ target, failureSummary }) => `axe ${id}: ${target.flat().join(" ")} ${failureSummary.split("\n").join(" ")}`),
    );
  }, TAGS);
}

/** What is too wide, too small, or not said to whom it concerns. */
export function measured(page) {
  return page.evaluate(() => {
    const root = document.querySelector("dialog[data-farewell] > div, [data-farewell-hub]")?.shadowRoot ?? document;
    const frame = document.querySelector("dialog[data-farewell]") ?? document.scrollingElement;
    const found = [];
    if (frame.scrollWidth > frame.clientWidth) found.push(`has to be scrolled sideways: ${frame.scrollWidth} in ${frame.clientWidth} px`);
    const named = (element) => `${element.tagName.toLowerCase()} "${(element.ariaLabel ?? element.textContent ?? "").trim().slice(0, 40)}"`;
    for (const element of root.querySelectorAll(".step *")) {
      const { left, right, width } = element.getBoundingClientRect();
      if (width > 1 && (left < -0.5 || right > innerWidth + 0.5)) found.push(`${named(element)} lies outside: ${left} to ${right} px`);
      // What is clipped cannot be read.
      const { overflowX, overflowY } = getComputedStyle(element);
      const clips = [overflowX, overflowY].some((overflow) => ["hidden", "clip"].includes(overflow)) && !element.matches(".said");
      if (clips && (element.scrollWidth > element.clientWidth + 1 || element.scrollHeight > element.clientHeight + 1)) {
        found.push(`${named(element)} is cut off`);
      }
    }
    // Who presses a label presses its field. What is folded away has no size.
    const targets = [...root.querySelectorAll("button, a[href], textarea, select, summary, input:not([type=hidden])")]
      .map((target) => ({ target, box: (target.closest("label") ?? target).getBoundingClientRect() }))
      .filter(({ box }) => box.width > 0);
    for (const { target, box } of targets) {
      const { left, top, width, height } = box;
      const inText = target.matches("p a, li a, dd a, span a"); // the line's height is the reader's
      if (inText || Math.min(width, height) >= 24) continue;
      // As WCAG 2.5.8 has it, a smaller one may stand where a circle of 24 px around it meets no other.
      const crowded = targets.some(({ box: other }) => {
        const x = left + width / 2 - Math.min(Math.max(left + width / 2, other.left), other.right);
        const y = top + height / 2 - Math.min(Math.max(top + height / 2, other.top), other.bottom);
        return other !== box && Math.hypot(x, y) < 12;
      });
      if (crowded) found.push(`${named(target)} is a target of ${width} × ${height} px`);
    }
    for (const field of root.querySelectorAll("[aria-invalid=true]")) {
      const ids = `${field.getAttribute("aria-describedby") ?? ""} ${field.getAttribute("aria-errormessage") ?? ""}`.trim().split(/\s+/);
      const said = ids.some((id) => id && root.getElementById(id)?.textContent.trim());
      if (!said) found.push(`${named(field)} is wrong, and does not say why`);
    }
    return found;
  });
}

/**
 * Goes through a step with Tab, as far as it goes round, and tells of what has no visible focus or hides the one that has.
 *
 * @returns {Promise<{ stops: string[], found: string[] }>} what can be reached, in order, and what is wrong
 */
export async function tabbed(page) {
  const stops = [];
  const found = [];
  for (let presses = 0; presses < 60; presses++) {
    await page.keyboard.press("Tab");
    const stop = await page.evaluate(() => {
      let { activeElement: element } = document;
      while (element?.shadowRoot?.activeElement) element = element.shadowRoot.activeElement;
      if (!element?.closest(".step")) return null;
      const root = element.getRootNode();
      const name = element.ariaLabel ?? [element.value, element.textContent.trim()].filter(Boolean).join(" ");
      const wrong = [];
      const { outlineStyle, outlineWidth } = getComputedStyle(element);
      if (outlineStyle === "none" || parseFloat(outlineWidth) < 2) wrong.push("shows no focus");
      const box = element.getBoundingClientRect();
      // None of its corners and not its middle may lie under something else, nor outside of what is shown.
      const points = [[0.5, 0.5], [0.05, 0.1], [0.95, 0.1], [0.05, 0.9], [0.95, 0.9]];
      const hidden = points.filter(([x, y]) => {
        const top = root.elementFromPoint(box.left + box.width * x, box.top + box.height * y);
        return !top || !(element === top || element.contains(top) || top.contains(element) || element.labels?.[0]?.contains(top));
      });
      if (hidden.length > 2) wrong.push(`is hidden by something: ${box.top} to ${box.bottom} of ${innerHeight} px`);
      const twin = [...root.querySelectorAll(".step *")].indexOf(element);
      return { id: `${twin}`, name: `${element.tagName.toLowerCase()} ${name}`, wrong };
    });
    if (!stop) {
      if (stops.length > 0) break;
      continue;
    }
    if (stops.some(({ id }) => id === stop.id)) break;
    stops.push(stop);
    found.push(...stop.wrong.map((wrong) => `${stop.name} ${wrong}`));
  }
  return { stops: stops.map(({ name }) => name), found };
}
