// The same for React.

import { CancelButton, RenumerateProvider, SubscriptionHub, useRenumerate } from "@farewell/js/react";

export function Billing({ session }: { session: string | null }) {
  const { open, isReady, result } = useRenumerate({ sessionId: session, callbacks: { onRetained: () => {} } });
  return (
    <button disabled={!isReady} onClick={() => open().addEventListener("close", () => {})}>
      {result?.outcome}
    </button>
  );
}

export const App = () => (
  <RenumerateProvider config={{ publicKey: "pk_x" }}>
    <CancelButton sessionId="ret_x" />
    <CancelButton sessionId={() => Promise.resolve("ret_x")} className="red" label="Leave" aria-describedby="why" />
    <CancelButton sessionId="ret_x" form />
    <farewell-cancel-button session="ret_x" public-key="pk_x" label="Leave" className="red" />
    <farewell-hub session="sub_x" public-key="pk_x" />
    <CancelButton sessionId={undefined}>Leave</CancelButton>
    <SubscriptionHub sessionId="sub_x" wrapperClassName="a" iframeClassName="b" loadingComponent={<p>One moment</p>} />
  </RenumerateProvider>
);

export const Wrong = () => (
  // @ts-expect-error a configuration has a key
  <RenumerateProvider config={{}}>
    {/* @ts-expect-error a button has a session, even if there is none yet */}
    <CancelButton />
    {/* @ts-expect-error its type is ours to choose */}
    <CancelButton sessionId="ret_x" type="reset" />
    {/* @ts-expect-error a form has the id written into it */}
    <CancelButton sessionId={() => Promise.resolve("ret_x")} form />
    {/* @ts-expect-error there is no such attribute */}
    <farewell-hub subscription="sub_x" />
    {/* @ts-expect-error a hub has a session */}
    <SubscriptionHub />
    {/* @ts-expect-error a callback is a function */}
    <CancelButton sessionId="ret_x" callbacks={{ onComplete: "done" }} />
  </RenumerateProvider>
);
