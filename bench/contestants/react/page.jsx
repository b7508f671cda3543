// The same two steps in an application that runs on React already. The dialog is a chunk of its own, loaded on intent.

import { useState } from "react";
import { createRoot } from "react-dom/client";

import { load } from "../flow-api.js";

let loading;
/** What has come, so that a press after it draws at once. */
let loaded;

function warm() {
  loading ??= Promise.all([import("./dialog.jsx"), load()]).then(([{ CancelDialog }, { flow }]) => (loaded = { CancelDialog, flow }));
  return loading;
}

function Billing() {
  const [open, setOpen] = useState();
  // Not `lazy` and `Suspense`: React shows what was suspended up to 0.3 s late, so as not to flicker.
  const press = () => (loaded ? setOpen(loaded) : warm().then(setOpen));
  return (
    <>
      <button type="button" onPointerEnter={warm} onFocus={warm} onPointerDown={warm} onClick={press}>
        Cancel Subscription
      </button>
      {open && <open.CancelDialog flow={open.flow} close={() => setOpen(undefined)} />}
    </>
  );
}

createRoot(document.getElementById("cancel")).render(<Billing />);
