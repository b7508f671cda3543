// ProsperStack as its documentation says to use it from npm. What the press opens is an iframe with an application of theirs.

import { flow } from "@prosperstack/flow";

const cancel = Object.assign(document.createElement("button"), {
  type: "button",
  textContent: "Cancel Subscription",
  onclick: () => flow({ clientId: "acct_1", subscription: { platformId: "sub_1" } }),
});
document.getElementById("cancel").append(cancel);
