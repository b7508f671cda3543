// Where customers come back to: reads the result token from the address and sends it to the backend.

import { refresh, verify } from "./backend.js";
import { log } from "./log.js";

const SENTENCES = {
  cancel_confirmed: "Your subscription is canceled. We are sorry to see you go.",
  offer_accepted: "Thank you for staying. Your offer is in place.",
  kept: "Thank you for staying.",
  abandoned: "Nothing was changed.",
};

const verdict = document.getElementById("verdict");
const token = new URLSearchParams(window.location.hash.replace(/^#/, "")).get("ci_result_token");
if (!token) {
  verdict.textContent = "There is no result in this page's address.";
} else {
  // The token has done its work in the address; a copied link should not carry it on.
  history.replaceState(history.state, "", location.pathname + location.search);
  try {
    const verified = await verify(token);
    verdict.textContent = SENTENCES[verified.result.result] ?? "The result was verified.";
    log("Verified by the server", verified.result);
    log("Verified offline, with the published key", verified.claims);
    await refresh();
  } catch (error) {
    verdict.textContent = "The result could not be verified.";
    log("Refused", error.message);
  }
}
document.getElementById("customer").addEventListener("change", (event) => event.target.form.requestSubmit());
