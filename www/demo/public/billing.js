// The billing page: mounts the cancel button, and shows what it is told.

import { Farewell } from "/farewell/index.js";
import { createSession, refresh, verify } from "./backend.js";
import { log } from "./log.js";

/** What a page does with a result: send its token to the backend, which verifies it before anything is done about it. */
async function settle(name, result) {
  log(name, result);
  if (!result.token) return;
  try {
    log("The backend verified it", await verify(result.token));
    await refresh();
  } catch (error) {
    log("The backend refused it", error.message);
  }
}

const farewell = new Farewell({
  publicKey: document.body.dataset.publicKey,
  fallbackEmail: "support@acme.example",
  callbacks: {
    onRetained: (result) => settle("onRetained", result),
    onCancelled: (result) => settle("onCancelled", result),
    onComplete: (result) => log("onComplete", result),
  },
});

const container = document.getElementById("cancel");
if (container) {
  // A session id that was drawn into the page, or else a function that asks the backend for one when it is needed.
  const { session, label } = container.dataset;
  farewell.mountCancelButton("cancel", session || createSession, { classes: "cancel", label });
}

for (const type of ["farewell:retained", "farewell:cancelled", "farewell:complete"]) {
  document.addEventListener(type, (event) => log(`Event ${type}`, event.detail));
}

// A page that was left by the callback page's back button is drawn from memory: billing may have changed since.
addEventListener("pageshow", (event) => event.persisted && refresh());
document.getElementById("customer").addEventListener("change", (event) => event.target.form.requestSubmit());
