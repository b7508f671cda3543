// What a TypeScript program may write, and what it may not: a line that is wrong says so, or this does not compile.

import { Farewell as SlimFarewell, useWasm } from "@farewell/js/slim";
import { Farewell, Renumerate, type FlowResult, type RenumerateConfig } from "@farewell/js";
import "@farewell/js/element";
import { openFlow, FlowError } from "@farewell/js/headless";

const config: RenumerateConfig = { publicKey: "pk_x", fallbackEmail: "help@acme.example", fragment: false };
const farewell: Renumerate = Farewell.getInstance(config);
farewell.mountCancelButton("cancel", "ret_x");
farewell.mountCancelButton("cancel", "ret_x", "btn");
farewell.mountCancelButton("cancel", () => Promise.resolve("ret_x"), { label: "Leave", onComplete: ({ outcome }) => void outcome });
const dialog: HTMLDialogElement = farewell.showRetentionView("ret_x", { onCancelled: (result: FlowResult) => void result.token });
dialog.addEventListener("farewell:retained", ({ detail }) => void detail.offer?.kind);
document.addEventListener("farewell:retained", ({ detail: { token } }) => void token);
window.addEventListener("farewell:complete", ({ detail: { outcome } }) => void outcome);
for (const type of ["farewell:retained", "farewell:cancelled"] as const) {
  document.addEventListener(type, ({ detail: { token } }) => void token);
}
// Callbacks written for a library that passes nothing.
farewell.setCallbacks({ onRetained: () => {} });

// @ts-expect-error a configuration has a key
new Farewell({});
// @ts-expect-error the session comes second
farewell.mountCancelButton("cancel");
// @ts-expect-error the element by its id
farewell.mountCancelButton(document.body, "ret_x");
// @ts-expect-error the promise comes from a function, so that it can be asked for again
farewell.showRetentionView(Promise.resolve("ret_x"));
// @ts-expect-error it is spelled with two l
farewell.setCallbacks({ onCanceled: () => {} });
farewell.showRetentionView("ret_x", {
  // @ts-expect-error there is no such outcome
  onComplete: (result) => result.outcome === "cancelled",
});

farewell.mountSubscriptionHub("hub", "sub_x").remove();
farewell.mountSubscriptionHub("hub", () => Promise.resolve("sub_x"), "wrapper", "inner", { onCancelled: ({ token }) => void token });
farewell.getSubscriptionHubUrl("sub_x").toUpperCase();
// @ts-expect-error an address needs an id
farewell.getSubscriptionHubUrl(() => Promise.resolve("sub_x"));
// @ts-expect-error the callbacks come last
farewell.mountSubscriptionHub("hub", "sub_x", { onCancelled: () => {} });

useWasm("/farewell.wasm");
useWasm(new URL("https://shop.example/farewell.wasm"));
useWasm(() => fetch("/farewell.wasm"));
useWasm(new Uint8Array(8));
SlimFarewell satisfies typeof Farewell;
// @ts-expect-error a module comes from somewhere
useWasm();

const hub = document.querySelector("farewell-hub")!;
hub.session = () => Promise.resolve("sub_x");
hub.addEventListener("complete", ({ detail }) => void detail.outcome);
hub.addEventListener("changed", ({ detail }) => void (detail.kind === "plan" && detail.effect));
document.addEventListener("farewell:changed", ({ detail }) => void detail.subscription);

const element = document.querySelector("farewell-cancel-button")!;
element.session = "ret_x";
element.session = () => Promise.resolve("ret_x");
element.addEventListener("cancelled", ({ detail }) => void detail.receipt?.reference);
// @ts-expect-error not a session
element.session = 7;

const flow = await openFlow("ret_x", config);
flow.send({ do: "answer", reason: "price" });
flow.send({ do: "cancel", kind: "extraordinary", cause: "Because" });
flow.subscribe(({ step, actions }) => void (step === "offer" && actions.includes("accept")));
new FlowError(401, "expired").status.toFixed();
// @ts-expect-error there is no such action
flow.send({ do: "stay" });
// @ts-expect-error a reason belongs to an answer
flow.send({ do: "keep", reason: "price" });
