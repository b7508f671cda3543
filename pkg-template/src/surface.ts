// Checked, never bundled: what is written here is what `index.d.ts` promises.

import type * as Promised from "../index.js";
import { Farewell, Renumerate } from "./index.js";

Farewell satisfies typeof Promised.Farewell;
Renumerate satisfies typeof Promised.Renumerate;
