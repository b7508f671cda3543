//! The cancel button and the errors its callers know.

use wasm_bindgen::prelude::*;
use wasm_bindgen_test::wasm_bindgen_test;
use web_sys::Element;

use super::{message_of, options, press};
use crate::button::document;
use crate::{mount_cancel_button, show_retention_view};

fn container(id: &str) -> Element {
    let container = document().create_element("div").unwrap();
    container.set_id(id);
    document().body().unwrap().append_with_node_1(&container).unwrap();
    container
}

#[wasm_bindgen_test]
fn a_wrong_session_is_named_before_a_missing_element() {
    for (session, message) in [
        (JsValue::from("sub_1"), "Error: Invalid sessionId: sub_1. Expected a retention session ID."),
        ("".into(), "Error: Invalid sessionId: . Expected a retention session ID."),
        ("ret_1".into(), "Error: Element with id nowhere not found"),
        (JsValue::UNDEFINED, "TypeError: Cannot read properties of undefined (reading 'startsWith')"),
        (JsValue::NULL, "TypeError: Cannot read properties of null (reading 'startsWith')"),
    ] {
        let error = mount_cancel_button("nowhere", session, JsValue::UNDEFINED).unwrap_err();
        assert_eq!(message_of(&error), message);
    }
    let error = show_retention_view("cus_1".into(), JsValue::UNDEFINED).unwrap_err();
    let expected = "Error: Invalid sessionId: cus_1. Expected a retention or subscription session ID.";
    assert_eq!(message_of(&error), expected);
    assert!(document().query_selector("dialog").unwrap().is_none(), "nothing was opened");
}

#[wasm_bindgen_test]
fn the_button_is_no_submit_button_and_takes_class_and_label() {
    let plain = container("plain");
    mount_cancel_button("plain", "ret_1".into(), "red big".into()).unwrap();
    let button = plain.first_element_child().unwrap();
    assert_eq!(button.get_attribute("type").as_deref(), Some("button"));
    assert_eq!(button.class_name(), "red big");
    assert_eq!(button.text_content().as_deref(), Some("Cancel Subscription"));
    let labelled = container("labelled");
    let label = js_sys::Object::new();
    js_sys::Reflect::set(&label, &"label".into(), &"<i>Leave</i>".into()).unwrap();
    mount_cancel_button("labelled", "ret_1".into(), options(None, &label)).unwrap();
    let button = labelled.first_element_child().unwrap();
    assert_eq!(button.text_content().as_deref(), Some("<i>Leave</i>"));
    assert_eq!(button.child_element_count(), 0);
}

#[wasm_bindgen_test]
fn a_button_that_is_there_already_is_adopted_and_opens_the_flow() {
    let container = container("rendered");
    let rendered = document().create_element("button").unwrap();
    rendered.set_attribute("data-farewell", "").unwrap();
    container.append_with_node_1(&rendered).unwrap();
    let options = options(Some(super::DOCUMENT), &JsValue::UNDEFINED);
    let button = mount_cancel_button("rendered", "ret_1".into(), options).unwrap();
    assert_eq!(container.child_element_count(), 1);
    press(&button);
    let dialog = document().query_selector("dialog[open]").unwrap().unwrap();
    dialog.unchecked_into::<web_sys::HtmlDialogElement>().close();
}
