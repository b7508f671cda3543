import type { ButtonHTMLAttributes, HTMLAttributes, Key, ReactElement, ReactNode, Ref } from "react";
import type { CallbackOptions, FlowResult, HubCallbackOptions, RenumerateConfig, SessionSource } from "./index.js";

export type { CallbackOptions, FlowResult, HubCallbackOptions, HubChange, RenumerateConfig, SessionSource } from "./index.js";

export interface RenumerateProviderProps {
  /** May change: dialogs that are open keep the old one. */
  config: RenumerateConfig;
  children?: ReactNode;
}

/**
 * Gives the components below it a configuration. When it goes, a flow that is open goes with it; other providers are left alone.
 */
export declare function RenumerateProvider(props: RenumerateProviderProps): ReactElement;

export interface UseRenumerateOptions {
  /** A session id or a function that asks for one. Undefined, null or empty while there is none yet. */
  sessionId: SessionSource | null | undefined;
  /** What is called is what the last render gave. A function that is missing leaves the call to the provider's configuration. */
  callbacks?: CallbackOptions | undefined;
}

export interface UseRenumerate {
  /**
   * Opens the flow, and gives its dialog.
   *
   * @throws Error if the session id begins with neither `ret_` nor `sub_`.
   */
  open: () => HTMLDialogElement;
  /** Whether there is a session to open. */
  isReady: boolean;
  /** How the flow that `open` opened has ended last; null until then. */
  result: FlowResult | null;
}

/** @throws Error outside of a `RenumerateProvider`. */
export declare function useRenumerate(options: UseRenumerateOptions): UseRenumerate;

export type CancelButtonProps = CancelButtonAttributes &
  (
    | {
        /**
         * Puts the button into a form that leads to the flow as a page: so it works where JavaScript is missing, broken or not there
         * yet. Only for a session id, not for a function: it is written into the page.
         */
        form: boolean;
        sessionId: string | null | undefined;
      }
    | { form?: false | undefined; sessionId: SessionSource | null | undefined }
  );

interface CancelButtonAttributes extends UseRenumerateOptions, Omit<ButtonHTMLAttributes<HTMLButtonElement>, "form" | "type"> {
  /** By default `farewell-cancel-btn`. */
  className?: string | undefined;
  /** The button's text. By default "Cancel Subscription". Children come first. Some places prescribe it: the session's `label` is lawful. */
  label?: string | undefined;
}

export interface SubscriptionHubProps {
  /** A session id of the hub, `sub_…`, or a function that asks for one. Undefined, null or empty while there is none yet. */
  sessionId: SessionSource | null | undefined;
  callbacks?: HubCallbackOptions | undefined;
  /** Class of the element around the hub. */
  wrapperClassName?: string | undefined;
  /** Class of the element that holds its shadow root. There is no iframe. */
  iframeClassName?: string | undefined;
  /** Shown while there is no session. */
  loadingComponent?: ReactNode;
}

/**
 * The subscription hub. On a server it is an empty place, which the browser fills.
 *
 * @throws Error outside of a `RenumerateProvider`, or if the session id does not begin with `sub_`.
 */
export declare function SubscriptionHub(props: SubscriptionHubProps): ReactElement;

/**
 * The cancel button. Rendered on a server as well; loads nothing before a customer points at it or presses it. Disabled while there
 * is no session. Attributes of a `<button>` are passed on.
 *
 * @throws Error outside of a `RenumerateProvider`; TypeError if a callback is no function, or for `form` with a session function;
 * in its click handler, Error if the session id begins with neither `ret_` nor `sub_`.
 */
export declare function CancelButton(props: CancelButtonProps): ReactElement;

/** What the elements of `@farewell/js/element` take in JSX. A function for a session is a property: set it by a `ref`. */
interface ElementAttributes extends HTMLAttributes<HTMLElement> {
  session?: string | undefined;
  "public-key"?: string | undefined;
  "api-base"?: string | undefined;
  "fallback-email"?: string | undefined;
  ref?: Ref<HTMLElement> | undefined;
  key?: Key | null | undefined;
}

declare module "react" {
  namespace JSX {
    interface IntrinsicElements {
      "farewell-cancel-button": ElementAttributes & {
        label?: string | undefined;
        "button-class"?: string | undefined;
        disabled?: boolean | undefined;
        fragment?: "false" | undefined;
      };
      "farewell-hub": ElementAttributes;
    }
  }
}
