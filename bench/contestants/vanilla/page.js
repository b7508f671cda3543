// The same two steps by hand: no library, no chunk to load, nothing general. About as fast as a page can be that has to ask
// for the session's document.

import { load, tell } from "../flow-api.js";
import { terms } from "../terms.js";

/** An element, its properties, and what is in it. */
function make(tag, properties, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}

const field = (className, name, label) =>
  make("label", { className }, make("span", {}, label), make("textarea", { name, rows: 2, maxLength: 2000, dir: "auto" }));
const button = (className, value, label) => make("button", { className, name: "do", value }, label);
const heading = (text) => make("h2", { id: "title", tabIndex: -1 }, text);

function frame(flow, ...children) {
  const close = button("close", "close", "");
  close.ariaLabel = flow.words.close;
  return make("form", { className: "step", lang: flow.locale, autocomplete: "off" }, ...children, close);
}

function survey(flow) {
  const { words } = flow;
  const choices = flow.reasons.map(({ key, label, follow_up: question }) =>
    make(
      "div",
      { className: "choice" },
      make("label", { className: "pick" }, make("input", { type: "radio", name: "reason", value: key }), make("span", {}, label)),
      ...(question ? [field("follow", `follow_up.${key}`, question)] : []),
    ),
  );
  const fieldset = make("fieldset", {}, ...choices);
  fieldset.setAttribute("aria-labelledby", "title");
  fieldset.setAttribute("aria-describedby", "hint");
  return frame(
    flow,
    heading(words.survey_title),
    make("p", { className: "lead", id: "hint" }, words.survey_hint),
    fieldset,
    field("feedback", "feedback", words.feedback),
    make(
      "div",
      { className: "actions" },
      button("leave wide", "answer", words.continue),
      button("plain", "leave", words.skip_to_cancel),
      button("plain", "keep", words.keep),
    ),
  );
}

function offer(flow, offer) {
  const { words } = flow;
  return frame(
    flow,
    heading(words.offer_title),
    make(
      "div",
      { className: "card" },
      make("p", { className: "headline" }, offer.headline),
      make("p", {}, offer.body),
      ...terms(flow, offer).map((text) => make("p", { className: "terms" }, text)),
    ),
    make(
      "div",
      { className: "actions" },
      button("stay", "accept", words.accept),
      button("leave", "decline", words.decline),
      button("quiet", "back", words.back),
    ),
  );
}

function show(dialog, step) {
  dialog.replaceChildren(step);
  dialog.ariaLabel = step.querySelector("h2").textContent;
  step.querySelector("h2").focus();
}

function submitted(event, dialog, flow) {
  event.preventDefault();
  const form = new FormData(event.target);
  const what = event.submitter.value;
  if (what !== "answer") return dialog.close();
  const reason = flow.reasons.find(({ key }) => key === form.get("reason"));
  const found = flow.offers.find(({ id }) => reason?.offers.includes(id));
  if (!found) return dialog.close();
  show(dialog, offer(flow, found));
  tell({ do: "answer", ...Object.fromEntries(form) });
}

async function open() {
  const dialog = document.body.appendChild(make("dialog", {}, make("h2", {}, "One moment")));
  dialog.dataset.farewell = ""; // the name that the shared style sheet gives its dialog
  dialog.onclose = () => dialog.remove();
  dialog.showModal();
  const { flow } = await load();
  dialog.onsubmit = (event) => submitted(event, dialog, flow);
  show(dialog, survey(flow));
  tell({ do: "shown" });
}

const cancel = make("button", { type: "button", onpointerenter: load, onfocus: load, onpointerdown: load, onclick: open }, "Cancel Subscription");
document.getElementById("cancel").append(cancel);
