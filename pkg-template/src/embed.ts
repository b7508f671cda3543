// The script tag: the facade for pages without a bundler, configured by attributes, with the calls that were made before it came.

import type { RenumerateConfig } from "../index.js";
import { defineButton } from "./cancel-button.js";
import { Farewell } from "./index.js";
import { defineHub } from "./subscription-hub.js";

type Call = [method: keyof Farewell, ...args: never[]];
type Queue = ((...call: Call) => unknown) & { q?: Iterable<Call> };

declare global {
  // eslint-disable-next-line no-var
  var farewell: Queue | undefined;
}

// Where there is none, it was loaded as a module: packaging (`xtask/bundle.mjs`) has put a line before this that says "embed.js is no module".
const script = document.currentScript as HTMLScriptElement;
const { publicKey = "", apiBase, fallbackEmail, session, mount, label, classes, fragment } = script.dataset;
const config: RenumerateConfig = {
  publicKey,
  // Without a key that says where the server is, it is where this script is from.
  apiBase: apiBase ?? (publicKey ? undefined : new URL(script.src).origin),
  fallbackEmail,
  fragment: fragment != "false",
};

const start = () => {
  const instance = Farewell.getInstance(config);
  const call: Queue = (method, ...args) => {
    if (typeof instance[method] != "function") throw TypeError(`Farewell: there is no method ${method}`);
    return (instance[method] as (...args: never[]) => unknown)(...args);
  };
  const { q = [] } = globalThis.farewell ?? {};
  globalThis.farewell = call;
  defineButton(config);
  defineHub(config);
  if (mount && !session) console.error("Farewell: data-mount is without a data-session. Pass the id of a session in it.");
  const mine = session && mount ? [["mountCancelButton", mount, session, { label, classes }] as unknown as Call] : [];
  for (const early of [...mine, ...q]) {
    try {
      call(...early);
    } catch (error) {
      reportError(error); // one that is wrong takes nothing from the others
    }
  }
};

Object.assign(globalThis, { Farewell, Renumerate: Farewell });
// An async script may come before the element that a call is about.
document.readyState == "loading" ? document.addEventListener("DOMContentLoaded", start) : start();
