// `import "@farewell/js/element"`: the elements, known at once.

import type { RenumerateConfig } from "../index.js";
import { defineButton, FarewellCancelButton } from "./cancel-button.js";
import { defineHub, FarewellHub } from "./subscription-hub.js";

/** Makes both elements known, once. Elements without attributes of their own go by this configuration. */
export function define(config?: Partial<RenumerateConfig>): void {
  defineButton(config);
  defineHub(config);
}

define();

export { FarewellCancelButton, FarewellHub };
