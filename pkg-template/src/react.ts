// The React bindings: thin, because the facade does the work. Written without JSX, so that any React from 17 on will do.

import { createContext, createElement, useCallback, useContext, useEffect, useRef, useState } from "react";
import type { ComponentProps, MouseEvent, ReactNode } from "react";
import type { FlowResult, HubCallbackOptions, SessionSource } from "../index.js";
import type { CancelButtonProps, RenumerateProviderProps, SubscriptionHubProps, UseRenumerate, UseRenumerateOptions } from "../react.js";
import { Farewell } from "./index.js";

const Context = createContext<Farewell | null>(null);

const NAMES = ["onComplete", "onRetained", "onCancelled", "onChanged"] as const;

export function RenumerateProvider({ config, children }: RenumerateProviderProps): ReactNode {
  // Each provider has an instance of its own, so that one which goes takes nothing from another.
  const [instance] = useState(() => new Farewell(config));
  useEffect(() => instance.updateConfig(config), [instance, config]);
  useEffect(() => {
    instance.initialize();
    return () => instance.cleanup();
  }, [instance]);
  return createElement(Context.Provider, { value: instance }, children);
}

const useInstance = (what = "useRenumerate") => {
  const instance = useContext(Context);
  if (!instance) throw Error(`${what} must be used within a RenumerateProvider`);
  return instance;
};

/** Callbacks that stay the same: what is called is what the last render gave, also in a flow that was opened before it. */
const useCallbacks = (callbacks: HubCallbackOptions | undefined) => {
  const own = useRef<HubCallbackOptions>({}).current;
  for (const name of NAMES) {
    const given = typeof (callbacks?.[name] ?? Farewell);
    // Here an error boundary sees it, and nobody has pressed yet.
    if (given != "function") throw TypeError(`${name} is ${given}, not function`);
  }
  useEffect(() => {
    for (const name of NAMES) own[name] = callbacks?.[name] as never;
  });
  return own;
};

export function useRenumerate({ sessionId, callbacks }: UseRenumerateOptions): UseRenumerate {
  const instance = useInstance();
  const [result, setResult] = useState<FlowResult | null>(null);
  const own = useCallbacks(callbacks);
  const open = useCallback(() => {
    const dialog = instance.showRetentionView(sessionId as SessionSource, own);
    for (const name of ["retained", "cancelled", "complete"] as const) {
      dialog.addEventListener(`farewell:${name}`, ({ detail }) => setResult(detail));
    }
    return dialog;
  }, [instance, sessionId, own]);
  return { open, isReady: !!sessionId, result };
}

export function CancelButton({ sessionId, callbacks, className, label, children, form, ...rest }: CancelButtonProps): ReactNode {
  const instance = useInstance();
  if (form && typeof sessionId == "function") throw TypeError("form takes a session id, not a function: it is written into the page");
  const { open, isReady } = useRenumerate({ sessionId, callbacks });
  const warm = () => void (isReady && instance.warm(sessionId as SessionSource));
  const hint = () => (navigator as { connection?: { saveData?: boolean } }).connection?.saveData || warm();
  const button = createElement(
    "button",
    {
      type: form ? "submit" : "button",
      disabled: !isReady,
      className: className || "farewell-cancel-btn",
      onPointerEnter: hint,
      onFocus: hint,
      onPointerDown: warm,
      ...rest,
      onClick(event: MouseEvent<HTMLButtonElement>) {
        rest.onClick?.(event);
        if (event.defaultPrevented) return;
        event.preventDefault();
        // Safari does not focus a button that is clicked. https://bugs.webkit.org/show_bug.cgi?id=22261
        event.currentTarget.focus();
        open();
      },
    } as ComponentProps<"button">,
    children ?? label ?? "Cancel Subscription",
  );
  if (!form) return button;
  return createElement(
    "form",
    { method: "post", action: instance.origin() + "/c" },
    createElement("input", { type: "hidden", name: "session", value: (sessionId as string) || "" }),
    button,
  );
}

export function SubscriptionHub({ sessionId, callbacks, wrapperClassName, iframeClassName, loadingComponent }: SubscriptionHubProps): ReactNode {
  const instance = useInstance("SubscriptionHub");
  const own = useCallbacks(callbacks);
  const place = useRef<HTMLDivElement>(null);
  // Throws while it is drawn, where an error boundary sees it.
  if (sessionId && globalThis.window) instance.getSubscriptionHubUrl(sessionId as string);
  useEffect(() => {
    if (!sessionId) return;
    const within = place.current!;
    within.id ||= "farewell-hub-" + Math.random().toString(36).slice(2);
    const hub = instance.mountSubscriptionHub(within.id, sessionId, wrapperClassName, iframeClassName, own);
    return () => hub.remove();
  }, [instance, sessionId, wrapperClassName, iframeClassName, own]);
  // What is in the place is not React's, so that it may come and go.
  return createElement("div", { ref: place }, sessionId ? null : loadingComponent);
}
