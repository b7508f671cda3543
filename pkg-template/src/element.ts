// `import "@farewell/js/element"`: the element, known at once.

import { define, FarewellCancelButton } from "./cancel-button.js";

define();

export { define, FarewellCancelButton };
