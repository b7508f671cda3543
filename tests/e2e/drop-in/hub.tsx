// A page of an account, written for Renumerate's React components.
import React from "react";
import { RenumerateProvider, SubscriptionHub } from "@renumerate/js/react";

declare global {
  var account: { publicKey: string; sessionId: string; told: string[]; opens: Set<unknown> };
}

export function Account() {
  return (
    <RenumerateProvider config={{ publicKey: account.publicKey }}>
      <SubscriptionHub
        sessionId={account.sessionId}
        wrapperClassName="account-hub"
        iframeClassName="account-hub-inside"
        callbacks={{ onCancelled: () => account.told.push("the hub's onCancelled") }}
      />
    </RenumerateProvider>
  );
}
