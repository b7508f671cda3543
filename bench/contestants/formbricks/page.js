// Formbricks as its documentation says to use it from npm: a survey that a press triggers. What is bundled only loads the client
// from the Formbricks server, with the page.

import formbricks from "@formbricks/js";

formbricks.setup({ workspaceId: "workspace_1", appUrl: location.origin });

const cancel = Object.assign(document.createElement("button"), {
  type: "button",
  textContent: "Cancel Subscription",
  onclick: () => formbricks.track("cancel"),
});
document.getElementById("cancel").append(cancel);
