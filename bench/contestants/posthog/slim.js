// PostHog without anything but surveys: a core that an application puts its own extensions into.

import { SurveysExtensions } from "posthog-js/dist/extension-bundles";
import posthog from "posthog-js/dist/module.slim";

import { mount, settings } from "./survey.js";

posthog.init("phc_1", { ...settings, __extensionClasses: { ...SurveysExtensions } });
mount(posthog);
