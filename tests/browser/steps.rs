//! The steps as a customer meets them.

use wasm_bindgen::prelude::*;
use wasm_bindgen_test::wasm_bindgen_test;

use super::{a_moment, eventually, find, focused, log, opened, options, press, press_button, query, text};
use crate::button::document;
use crate::show_retention_view;

#[wasm_bindgen_test]
async fn the_survey_is_there_in_the_same_frame_and_named() {
    let (dialog, _) = opened();
    assert!(dialog.open());
    assert_eq!(dialog.get_attribute("aria-label"), find(&dialog, "h2").text_content());
    assert_eq!(focused(&dialog).unwrap().tag_name(), "H2");
    assert_eq!(find(&dialog, "form").get_attribute("method").as_deref(), Some("post"));
    dialog.close();
    a_moment().await;
}

#[wasm_bindgen_test]
async fn what_the_merchant_wrote_is_text_never_markup() {
    let (dialog, _) = opened();
    assert_eq!(text(&dialog, ".pick span"), "<b>It costs</b> too much & more");
    assert!(query(&dialog, ".pick b").is_none());
    dialog.close();
    a_moment().await;
}

#[wasm_bindgen_test]
async fn a_reason_leads_to_its_offer_and_no_to_the_confirmation_without_waiting() {
    let (dialog, _) = opened();
    press(&find(&dialog, "input[value=price]"));
    press_button(&dialog, "answer");
    assert!(text(&dialog, ".terms").contains("$9.60"), "{}", text(&dialog, ".terms"));
    assert!(text(&dialog, ".terms time").contains("December 14, 2026"));
    press_button(&dialog, "decline");
    assert!(query(&dialog, "button[value=cancel]").is_some());
    press_button(&dialog, "back");
    assert!(find(&dialog, "input[value=price]").has_attribute("checked"));
    dialog.close();
    a_moment().await;
}

#[wasm_bindgen_test]
async fn nothing_answered_is_an_answer() {
    let (dialog, _) = opened();
    press_button(&dialog, "leave");
    assert!(query(&dialog, "button[value=cancel]").is_some());
    dialog.close();
    a_moment().await;
}

#[wasm_bindgen_test]
async fn keeping_closes_at_once_and_tells_once() {
    let (dialog, options) = opened();
    press_button(&dialog, "leave");
    press_button(&dialog, "keep");
    assert!(!dialog.open());
    a_moment().await;
    assert_eq!(
        log(&options),
        ["complete saved"],
        "what the server has not confirmed is not told as retained"
    );
    assert!(!dialog.is_connected());
    let left: js_sys::Array = crate::value::get(&document(), "adoptedStyleSheets").unchecked_into();
    assert_eq!(left.length(), 0, "the page is as it was");
}

#[wasm_bindgen_test]
async fn closing_by_escape_or_script_is_an_abort_told_once() {
    let (dialog, options) = opened();
    dialog.close();
    a_moment().await;
    assert_eq!(log(&options), ["complete aborted"]);
}

#[wasm_bindgen_test]
async fn a_cancellation_that_does_not_arrive_says_so_and_can_be_sent_again() {
    let (dialog, options) = opened();
    press_button(&dialog, "leave");
    press_button(&dialog, "cancel");
    assert_eq!(find(&dialog, "form").get_attribute("aria-busy").as_deref(), Some("true"));
    let watched = dialog.clone();
    eventually(move || query(&watched, ".notice button").is_some()).await;
    assert_eq!(find(&dialog, ".notice").get_attribute("role").as_deref(), Some("alert"));
    let href = find(&dialog, ".notice a").get_attribute("href").unwrap();
    assert_eq!(
        href,
        "mailto:help@acme.example?subject=Cancel%20subscription&body=Cancel%20subscription%0D%0A%0D%0AReference%3A%20ret_1",
        "what is wanted, and who wants it"
    );
    assert_eq!(find(&dialog, ".notice button").get_attribute("value").as_deref(), Some("cancel"));
    assert!(query(&dialog, "[aria-busy=true], .pressed").is_none());
    assert!(log(&options).is_empty(), "nothing was confirmed");
    dialog.close();
    a_moment().await;
}

#[wasm_bindgen_test]
async fn a_document_that_cannot_be_read_is_an_error_that_names_the_member_and_leaves_no_dialog() {
    let broken = options(Some("{\"flow\":{\"brand\":7}}"), &JsValue::UNDEFINED);
    let error = show_retention_view("ret_1".into(), broken).unwrap_err();
    assert!(super::message_of(&error).contains("brand"));
    a_moment().await;
    assert!(document().query_selector("dialog").unwrap().is_none());
}
