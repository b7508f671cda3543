// The membership page: mounts the subscription hub, and shows what it is told.

import { Farewell } from "/farewell/index.js";
import { log } from "./log.js";

const farewell = new Farewell({ publicKey: document.body.dataset.publicKey, fallbackEmail: "support@acme.example" });
farewell.mountSubscriptionHub("hub", document.getElementById("hub").dataset.session);

for (const type of ["farewell:changed", "farewell:retained", "farewell:cancelled", "farewell:complete"]) {
  document.addEventListener(type, (event) => log(`Event ${type}`, event.detail));
}
document.getElementById("customer").addEventListener("change", (event) => event.target.form.requestSubmit());
