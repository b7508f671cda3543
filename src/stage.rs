//! What the widget asks of the browser beside drawing. The other half is `stage.js`, which says why.

use js_sys::{Array, Promise};
use wasm_bindgen::prelude::*;
use web_sys::{Element, HtmlDialogElement, Request};

#[wasm_bindgen(module = "/src/stage.js")]
extern "C" {
    /// Opens a modal dialog of our own. Closed, it leaves no trace.
    #[cfg(feature = "bare")]
    pub(crate) fn open() -> HtmlDialogElement;

    /// Tells that nothing is on its way any more after the end: `onRest` of the options, if there is one.
    pub(crate) fn rest(options: &JsValue);

    /// Tells where the customer is to whoever draws the flow on their own: `onState` of the options, if there is one.
    pub(crate) fn report(
        options: &JsValue,
        step: &str,
        offer: &str,
        notice: &str,
        busy: bool,
        result: &JsValue,
    );

    /// Puts a notice under the heading, in place of an earlier one. An address in it gets a letter filled in: what was pressed,
    /// by which the merchant finds the customer (the end of the session's id), what was chosen and written.
    pub(crate) fn notify(dialog: &HtmlDialogElement, notice: &Element, reference: &str, session: &str);

    /// Shows that the server works, saying so in words; an empty text ends it.
    pub(crate) fn busy(dialog: &HtmlDialogElement, text: &str);

    /// Tells of every form that is sent (name, value, name, value, …) and of the dialog's end.
    pub(crate) fn listen(
        dialog: &HtmlDialogElement,
        sent: &Closure<dyn FnMut(Array)>,
        closed: &Closure<dyn FnMut()>,
    );

    /// Tells the page: an event, and a callback if there is one.
    pub(crate) fn tell(
        dialog: &HtmlDialogElement,
        callbacks: &JsValue,
        callback: &str,
        event: &str,
        detail: &JsValue,
    );

    /// A request of the browser's API that sends actions, each a list of names and values. It is given up after `patience`
    /// milliseconds. Fails when the session cannot be a header.
    #[wasm_bindgen(catch)]
    pub(crate) fn request(
        url: &str,
        session: &str,
        public_key: &JsValue,
        patience: u32,
        actions: &JsValue,
    ) -> Result<Request, JsValue>;

    /// One line for the developer, without personal data.
    pub(crate) fn complain(message: &str);

    /// The page's fragment with its `#`; empty when there is none.
    pub(crate) fn fragment() -> String;

    /// Replaces the page's fragment without a `hashchange`.
    #[wasm_bindgen(js_name = setFragment)]
    pub(crate) fn set_fragment(fragment: &str);

    /// Leaves for another page.
    pub(crate) fn go(url: &str);

    /// Lets some time pass.
    pub(crate) fn pause(milliseconds: u32) -> Promise;

    /// Leaves by posting a form: one field and more entries, each a name and a value.
    pub(crate) fn post(url: &str, name: &str, value: &str, entries: &Array);

    /// Begins in a new session, where what was sent in this run is sent again, by the option `renew`. Rejects when there is
    /// none, and when nothing was sent: what is being typed would be lost.
    pub(crate) fn renew(dialog: &HtmlDialogElement, options: &JsValue) -> Promise;
}
