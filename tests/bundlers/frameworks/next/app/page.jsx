// A component of the server: it may be async, and imports ours as they come.
import { CancelButton, RenumerateProvider } from "@farewell/js/react";

import { Alive } from "./alive";

export default async function Page({ searchParams }) {
  const { key, session } = await searchParams;
  return (
    <RenumerateProvider config={{ publicKey: key }}>
      <CancelButton sessionId={session} />
      <Alive />
    </RenumerateProvider>
  );
}
