//! Drawing steps. The other half is `drawing.js`, which also draws the first step before this module has come.

use flow::Flow;
use js_sys::Array;
use wasm_bindgen::prelude::*;
use web_sys::{Element, HtmlDialogElement};

#[wasm_bindgen(module = "/src/drawing.js")]
extern "C" {
    /// Gives a dialog with a shadow root the text of a style sheet. Fails when it has no such root.
    #[wasm_bindgen(catch)]
    pub(crate) fn dress(dialog: &HtmlDialogElement, style: &JsValue) -> Result<(), JsValue>;

    /// Gives a dialog the colours that a session's document has for it.
    pub(crate) fn paint(dialog: &HtmlDialogElement, document: &JsValue);

    /// Shows a step. The focus goes to its heading, unless it is nowhere in the dialog.
    pub(crate) fn show(dialog: &HtmlDialogElement, form: &Element);

    #[wasm_bindgen(js_name = draw)]
    fn build(drawing: &Array, locale: &str, time_zone: &str) -> Element;
}

/// Builds an element of the flow's tree. Text becomes text nodes, never markup.
pub(crate) fn draw(flow: &Flow, element: &flow::Element) -> Element {
    let parts = Array::new();
    for part in element.drawing() {
        parts.push(&part.into());
    }
    build(&parts, &flow.locale, &flow.time_zone)
}
