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
    <CancelButton sessionId={() => Promise.resolve("ret_x")} className="red" label="Leave" aria-describedby="why" form />
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
    {/* @ts-expect-error a hub has a session */}
    <SubscriptionHub />
    {/* @ts-expect-error a callback is a function */}
    <CancelButton sessionId="ret_x" callbacks={{ onComplete: "done" }} />
  </RenumerateProvider>
);
