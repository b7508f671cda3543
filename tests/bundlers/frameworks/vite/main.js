import { Farewell } from "@farewell/js";

const asked = new URLSearchParams(location.search);
new Farewell({ publicKey: asked.get("key") }).mountCancelButton("cancel", asked.get("session"));
