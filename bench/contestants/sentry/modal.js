// The script of Sentry's CDN (`/{version}/feedback-modal.min.js`): the integration, put where its loader looks for it.

import { feedbackModalIntegration } from "@sentry/feedback";

(globalThis.Sentry ??= {}).feedbackModalIntegration = feedbackModalIntegration;
