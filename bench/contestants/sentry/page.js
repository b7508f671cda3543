// Sentry's feedback form as its documentation says to open it from a button of one's own, the asynchronous way: the modal is
// a script that the first press loads from Sentry's CDN, which is this server here. Everything that would slow it down is
// left out: other integrations, and the second script for screenshots. What it does not do by itself, and is given here, is
// to begin on intent.

import { feedbackAsyncIntegration, init } from "@sentry/browser";

const feedback = feedbackAsyncIntegration({ autoInject: false, enableScreenshot: false, colorScheme: "light" });
init({
  dsn: `http://public@${location.host}/1`,
  cdnBaseUrl: location.origin,
  defaultIntegrations: false,
  integrations: [feedback],
});

let made;
function form() {
  made ??= feedback.createForm().then((form) => {
    form.appendToDom();
    return form;
  });
  return made;
}

const cancel = Object.assign(document.createElement("button"), {
  type: "button",
  textContent: "Cancel Subscription",
  onpointerenter: form,
  onfocus: form,
  onpointerdown: form,
  onclick: () => form().then((form) => form.open()),
});
document.getElementById("cancel").append(cancel);
