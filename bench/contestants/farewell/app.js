// Farewell in an application that has a build of its own.

import { Farewell } from "@farewell/js";

const { publicKey, session } = globalThis.contest;
new Farewell({ publicKey, fallbackEmail: "support@acme.example" }).mountCancelButton("cancel", session);
