// A customer with a keyboard and nothing else.

/** What has the focus, in shadow roots too: `button Continue`, `radio It costs too much`, `heading …`. */
export const at = (page) =>
  page.evaluate(() => {
    let { activeElement: element } = document;
    while (element?.shadowRoot?.activeElement) element = element.shadowRoot.activeElement;
    const kind = { H2: "heading", H3: "heading", H4: "heading", P: "status", TEXTAREA: "field", BUTTON: "button", A: "link" }[element.tagName] ?? element.type ?? element.tagName;
    const label = element.labels?.[0]?.querySelector("span") ?? element;
    return `${kind} ${(element.ariaLabel ?? label.textContent).trim()}`;
  });

/** Presses a key until this has the focus, and gives how often. Fails when the focus went round without coming there. */
export async function reach(page, goal, key = "Tab") {
  const seen = [await at(page)];
  while (seen.at(-1) !== goal) {
    await page.keyboard.press(key);
    seen.push(await at(page));
    if (seen.length > 40) throw new Error(`${key} does not lead to ${goal}, only to\n${[...new Set(seen)].join("\n")}`);
  }
  return seen.length - 1;
}

/** Waits until this has the focus by itself. */
export async function given(page, goal) {
  const patience = AbortSignal.timeout(10_000);
  while ((await at(page).catch(() => "")) !== goal) {
    if (patience.aborted) throw new Error(`the focus is on ${await at(page)}, not on ${goal}`);
    await page.waitForTimeout(20); // between two looks at a page that is changing
  }
}
