// What packaging resolves: the glue that wasm-bindgen wrote, the deflated module, and style sheets as text.

declare module "farewell-glue" {
  /** Starts the module, once: what instantiates it is given its imports. */
  export default function init(
    instantiate: (imports: WebAssembly.Imports) => Promise<{ instance: WebAssembly.Instance }>,
  ): Promise<void>;

  /** Draws the flow in a dialog that is open. Throws when the document cannot be read; nothing is drawn then. */
  export function showRetentionView(
    sessionId: string,
    options: {
      dialog: HTMLDialogElement;
      document: object;
      /** The look of the steps. */
      style: string;
      /** Whether the dialog shows the first step of this document already. */
      drawn?: boolean;
      apiBase: string;
      publicKey: string;
      fallbackEmail: string | undefined;
      fragment: boolean | undefined;
      callbacks: import("../index.js").CallbackOptions;
      /** Forms to be sent at once, each as names and values in turn. */
      again: string[][] | undefined;
      /** Told when nothing is on its way to the server any more after the end. */
      onRest?: () => void;
      /** Told where the customer is, whenever that changes. Without a step, it is still the same one. */
      onState?: (step: string, offer: string, notice: string, busy: boolean, result: import("../index.js").FlowResult | null) => void;
      /** Begins again in another session, with such forms, when this one has expired. Rejects when there is none. */
      renew: (again: string[][]) => Promise<void>;
    },
  ): HTMLDialogElement;
}

declare module "farewell-wasm" {
  /** The module, deflated (zlib), in base64. */
  const base64: string;
  export default base64;
}

declare module "*.css" {
  /** The sheet, minified. */
  const text: string;
  export default text;
}
