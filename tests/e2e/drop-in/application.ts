// The billing page of an application that was written for `@renumerate/js`, and knows of no other package.

import { type CallbackOptions, Renumerate, type RenumerateConfig } from "@renumerate/js";

declare const account: { publicKey: string; sessionId: string; told: string[] };

const note = (what: string) => () => {
  account.told.push(what);
};
const defaults: CallbackOptions = {
  onComplete: note("default onComplete"),
  onRetained: note("default onRetained"),
  onCancelled: note("default onCancelled"),
};
const config: RenumerateConfig = { publicKey: account.publicKey, debug: false, fallbackEmail: "support@acme.example", callbacks: defaults };

const renumerate = new Renumerate(config);
renumerate.setCallbacks({ onRetained: note("onRetained that was set") });
renumerate.updateConfig({ debug: true });
renumerate.mountCancelButton("plan", account.sessionId, { classes: "btn btn-danger", onCancelled: note("the button's onCancelled") });

document.getElementById("link")!.addEventListener("click", (event) => {
  event.preventDefault();
  const dialog: HTMLDialogElement = renumerate.showRetentionView(account.sessionId, { onComplete: note("the link's onComplete") });
  dialog.addEventListener("close", note("close"));
});
document.getElementById("away")!.addEventListener("click", () => renumerate.cleanup());
document.getElementById("back")!.addEventListener("click", () => renumerate.initialize());
