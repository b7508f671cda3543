// The account page of a React application that was written for `@renumerate/js`, and knows of no other package.

import { Renumerate, type CallbackOptions } from "@renumerate/js";
import { CancelButton, RenumerateProvider, useRenumerate } from "@renumerate/js/react";
import React, { StrictMode, useCallback, useMemo, useState } from "react";

declare const account: { publicKey: string; sessionId: string; told: string[]; opens: Set<unknown> };

const note = (what: string) => () => {
  account.told.push(what);
};

function Leave({ sessionId }: { sessionId: string }) {
  const [times, setTimes] = useState(0);
  const callbacks = useMemo<CallbackOptions>(() => ({ onComplete: note("the hook's onComplete") }), []);
  const { open } = useRenumerate({ sessionId, callbacks });
  account.opens.add(open);
  const onClick = useCallback(() => {
    setTimes((times) => times + 1);
    open();
  }, [open]);
  return <a href="#leave" onClick={onClick}>{`Leave (${times})`}</a>;
}

function App() {
  const callbacks = { onCancelled: note("the button's onCancelled"), onComplete: note("the button's onComplete") };
  const config = { publicKey: account.publicKey, fallbackEmail: "support@acme.example", callbacks: { onRetained: note("default onRetained") } };
  return (
    <StrictMode>
      <RenumerateProvider config={config}>
        <form action="/sent">
          <CancelButton sessionId={account.sessionId} callbacks={callbacks} className="btn btn-danger" />
        </form>
        <Leave sessionId={account.sessionId} />
      </RenumerateProvider>
    </StrictMode>
  );
}

if (!(Renumerate.getInstance({ publicKey: account.publicKey }) instanceof Renumerate)) throw new Error("another class");
