// PostHog as its documentation says to use it from npm.

import posthog from "posthog-js";

import { mount, settings } from "./survey.js";

posthog.init("phc_1", settings);
mount(posthog);
