// Farewell as a merchant uses it: the package as it is published, and one call.

import { Farewell } from "/pkg/index.js";

const { apiBase, publicKey, session } = globalThis.contest;
new Farewell({ apiBase, publicKey, fallbackEmail: "support@acme.example" }).mountCancelButton("cancel", session);
