// A survey of PostHog's behind a button of one's own. By itself PostHog loads what draws surveys with every page, as soon as the
// project has one; here it is held back until the press, which its documented settings allow.

export const settings = { api_host: location.origin, disable_surveys: true, disable_surveys_automatic_display: true };

export function mount(posthog) {
  const press = () => {
    posthog.set_config({ disable_surveys: false, advanced_enable_surveys: true });
    posthog.onSurveysLoaded(() => posthog.displaySurvey("cancel", { displayType: "popover" }));
  };
  const cancel = Object.assign(document.createElement("button"), {
    type: "button",
    textContent: "Cancel Subscription",
    onclick: press,
  });
  document.getElementById("cancel").append(cancel);
}
