// Checked, never bundled: what is written here is what `index.d.ts` and `headless.d.ts` promise.

import type * as HeadlessPromised from "../headless.js";
import type * as Promised from "../index.js";
import { FlowError, openFlow } from "./headless.js";
import { Farewell, Renumerate } from "./index.js";

Farewell satisfies typeof Promised.Farewell;
Renumerate satisfies typeof Promised.Renumerate;
openFlow satisfies typeof HeadlessPromised.openFlow;
FlowError satisfies typeof HeadlessPromised.FlowError;
