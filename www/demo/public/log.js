// The panel that shows what the page was told, newest first.

/** @param {string} title @param {unknown} [detail] shown as JSON */
export function log(title, detail) {
  document.getElementById("log-empty").hidden = true;
  const entry = document.createElement("li");
  const head = document.createElement("p");
  const name = document.createElement("b");
  name.textContent = title;
  const time = document.createElement("time");
  time.textContent = new Date().toLocaleTimeString();
  head.append(name, time);
  entry.append(head);
  if (detail !== undefined) {
    const text = document.createElement("pre");
    text.textContent = JSON.stringify(detail, null, 2);
    text.tabIndex = 0;
    entry.append(text);
  }
  document.getElementById("log").prepend(entry);
}
