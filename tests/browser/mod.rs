//! The widget in a real browser: what a caller and a customer see of it, bare, without the npm package around it.
//!
//! No Farewell server answers here: requests end in the test runner's 404. What needs one is proved end to end.

mod button;
mod steps;

use js_sys::Array;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use wasm_bindgen_test::wasm_bindgen_test_configure;
use web_sys::{Element, HtmlDialogElement};

use crate::show_retention_view;

wasm_bindgen_test_configure!(run_in_browser);

/// A session with reasons, one offer and the English words.
const DOCUMENT: &str = include_str!("document.json");

#[wasm_bindgen(inline_js = "
export const options = (document, more) => {
  const log = [];
  const note = (name) => (result) => log.push(name + ' ' + result?.outcome);
  const callbacks = { onComplete: note('complete'), onRetained: note('retained'), onCancelled: note('cancelled') };
  return { document: document && JSON.parse(document), callbacks, log, ...more };
};
export const query = (dialog, selector) => dialog.firstElementChild.shadowRoot.querySelector(selector);
export const focused = (dialog) => dialog.firstElementChild.shadowRoot.activeElement;
export const press = (element) => element.click();
export const until = async (condition) => {
  for (let tries = 0; tries < 200; tries++) {
    if (condition()) return;
    await new Promise((done) => setTimeout(done, 25));
  }
  throw new Error('it did not come to pass within five seconds');
};
export const messageOf = (error) => error.name + ': ' + error.message;
")]
extern "C" {
    fn options(document: Option<&str>, more: &JsValue) -> JsValue;
    fn query(dialog: &HtmlDialogElement, selector: &str) -> Option<Element>;
    fn focused(dialog: &HtmlDialogElement) -> Option<Element>;
    fn press(element: &Element);
    #[wasm_bindgen(catch)]
    async fn until(condition: &Closure<dyn FnMut() -> bool>) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(js_name = messageOf)]
    fn message_of(error: &JsValue) -> String;
}

/// The flow, open on the sample document; and the options, which keep a log of the callbacks.
fn opened() -> (HtmlDialogElement, JsValue) {
    let options = options(Some(DOCUMENT), &JsValue::UNDEFINED);
    let dialog = show_retention_view("ret_1".into(), options.clone()).unwrap();
    (dialog, options)
}

fn find(dialog: &HtmlDialogElement, selector: &str) -> Element {
    query(dialog, selector).unwrap_or_else(|| panic!("there is no {selector}"))
}

fn text(dialog: &HtmlDialogElement, selector: &str) -> String {
    find(dialog, selector).text_content().unwrap_or_default()
}

fn press_button(dialog: &HtmlDialogElement, verb: &str) {
    press(&find(dialog, &format!("button[value={verb}]")));
}

/// What the callbacks were called with so far.
fn log(options: &JsValue) -> Vec<String> {
    let log: Array = crate::value::get(options, "log").unchecked_into();
    log.iter().filter_map(|line| line.as_string()).collect()
}

/// Waits for something that has to come to pass.
async fn eventually(condition: impl FnMut() -> bool + 'static) {
    until(&Closure::new(condition)).await.unwrap();
}

/// Lets listeners and requests run.
async fn a_moment() {
    JsFuture::from(crate::stage::pause(30)).await.unwrap();
}
