// Stripe.js from npm, in the form that waits until it is needed. What is bundled only loads the rest from Stripe.

import { loadStripe } from "@stripe/stripe-js/pure";

const cancel = Object.assign(document.createElement("button"), {
  type: "button",
  textContent: "Cancel Subscription",
  onclick: () => loadStripe("pk_test_1"),
});
document.getElementById("cancel").append(cancel);
