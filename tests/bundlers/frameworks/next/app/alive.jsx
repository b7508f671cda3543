"use client";

import { useEffect } from "react";

/** Says when React has taken over what the server has drawn: a press before that reaches nobody. */
export function Alive() {
  useEffect(() => {
    document.body.dataset.alive = "";
  }, []);
  return null;
}
