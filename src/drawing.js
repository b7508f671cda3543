// What drawing a step takes: the dialog's style and colours, elements out of a drawing (`flow/src/drawing.rs`), Intl. It stands
// alone because the first step is drawn before the engine has come; the engine draws the others with it.

const rootOf = (dialog) => dialog.firstElementChild.shadowRoot;

/** Gives a dialog's steps their style. */
export function dress(dialog, style) {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(style);
  rootOf(dialog).adoptedStyleSheets = [sheet];
}

/** Gives a dialog the look of the session's brand, by custom properties. What the page says by them comes first. A page that sets
 *  a colour has none of the brand's, which were not chosen to go with it. */
export function paint(dialog, { theme = [] }) {
  const page = getComputedStyle(dialog);
  const colored = theme.some(([name, light]) => light[0] == "#" && page.getPropertyValue(name));
  for (const [name, light, dark] of theme) {
    const color = light[0] == "#";
    if (color ? colored : page.getPropertyValue(name)) continue;
    dialog.style.setProperty(name, color ? `light-dark(${light}, ${dark})` : light);
  }
}

/** Shows a step. The focus goes to its heading, unless it is nowhere in the dialog. */
export function show(dialog, form) {
  const root = rootOf(dialog);
  const focused = root.activeElement || [dialog, document.body].includes(document.activeElement);
  if (!root.said) {
    // A line that only screen readers read.
    root.said = document.createElement("p");
    root.said.role = "status";
    root.said.className = "said";
  }
  root.replaceChildren(form, root.said);
  root.said.textContent = "";
  const heading = root.querySelector("h2");
  heading.part = "headline";
  dialog.ariaLabel = heading.textContent;
  dialog.scrollTop = 0;
  if (focused) heading.focus();
}

/** Builds what a drawing says. Texts become text nodes, never markup. */
export function draw(drawing, locale, timeZone) {
  let at = new DocumentFragment();
  for (const part of drawing) {
    // A drawing is data. A server that is not itself any more does not get scripts into the page by it.
    if (/^(<script|@(on|src|data=|(href|\w*action)=(?!https?:|mailto:)))/i.test(part)) throw part;
    const kind = part[0];
    const text = part.slice(1);
    if (kind == "<") at = at.appendChild(document.createElement(text));
    else if (kind == ">") at = at.parentNode;
    else if (kind == "@") at.setAttribute(...text.split(/=(.*)/s, 2));
    else if (kind == '"') at.append(text);
    else if (kind == "$") at.append(money(text.slice(3), text.slice(0, 3), locale));
    else {
      const time = at.appendChild(document.createElement("time"));
      time.dateTime = text;
      time.append(date(text, locale, timeZone, kind == "&"));
    }
  }
  return at.firstChild;
}

/** An amount of minor units, as people of that language write it. How many digits a currency has is Intl's to know. */
export function money(amount, currency, locale) {
  try {
    const format = new Intl.NumberFormat(locale, { style: "currency", currency });
    return format.format(amount / 10 ** format.resolvedOptions().maximumFractionDigits);
  } catch {
    return amount + " " + currency;
  }
}

/** A day, or a moment with its zone named. What Intl refuses is written as it came: better plain than missing. */
export function date(instant, locale, timeZone, moment) {
  try {
    const clock = moment && { hour: "numeric", minute: "2-digit", timeZoneName: "short" };
    const style = { year: "numeric", month: "long", day: "numeric", timeZone, ...clock };
    return new Intl.DateTimeFormat(locale, style).format(new Date(instant));
  } catch {
    return instant;
  }
}
