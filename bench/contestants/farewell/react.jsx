// Farewell in an application that runs on React already.

import { CancelButton, RenumerateProvider } from "@farewell/js/react";
import { createRoot } from "react-dom/client";

const { publicKey, session } = globalThis.contest;
createRoot(document.getElementById("cancel")).render(
  <RenumerateProvider config={{ publicKey, fallbackEmail: "support@acme.example" }}>
    <CancelButton sessionId={session} />
  </RenumerateProvider>,
);
