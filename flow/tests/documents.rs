//! What is written can be read, by this version and by those around it.
#![cfg(feature = "json")]

mod sample;

use flow::{Document, Malformed, OfferKind, State, Step, Word, Words, apply};
use proptest::prelude::*;
use sample::{any_action, any_flow, any_policy, default_policy, flow};
use serde_json::json;

proptest! {
    #[test]
    fn a_document_reads_back_as_it_was_written(
        flow in any_flow(), policy in any_policy(), actions in prop::collection::vec(any_action(), 0..12)
    ) {
        let state = actions.iter().fold(State::default(), |state, action| {
            apply(&flow, &policy, &state, action).unwrap_or(state)
        });
        let document = Document { flow, policy, state };
        let written = serde_json::to_value(&document).unwrap();
        prop_assert_eq!(Document::read(&&written), Ok(document));
    }
}

fn written() -> serde_json::Value {
    let document = Document { flow: flow(), policy: default_policy(), state: State::default() };
    serde_json::to_value(document).unwrap()
}

#[test]
fn a_missing_member_is_named() {
    let mut document = written();
    document["flow"].as_object_mut().unwrap().remove("brand");
    assert_eq!(Document::read(&&document), Err(Malformed("brand")));
    let mut document = written();
    document["flow"]["words"].as_object_mut().unwrap().remove("cancel");
    assert_eq!(Document::read(&&document), Err(Malformed("cancel")));
    assert_eq!(Document::read(&&json!("nonsense")), Err(Malformed("brand")));
}

#[test]
fn what_a_newer_server_adds_is_passed_over() {
    let mut document = written();
    document["flow"]["confetti"] = json!({"amount": 3});
    document["flow"]["offers"][0]["kind"] = json!("gift");
    document["flow"]["reasons"][0]["code"] = json!("newly_coined");
    document["state"] = json!({"runs": [{"seq": 1, "step": "benefits", "answers": {}, "offers": []}]});
    let read = Document::read(&&document).unwrap();
    assert_eq!(read.flow.offers[0].kind, OfferKind::Other);
    assert_eq!(read.flow.reasons[0].code, None);
    assert_eq!(read.state.runs[0].step, Step::Confirm);
}

#[test]
fn a_language_without_one_of_the_words_is_refused_with_its_key() {
    let missing = Words::from_pack(|key| (key != Word::Cancel.key()).then(|| key.to_owned()));
    assert_eq!(missing, Err("cancel"));
}

#[test]
fn names_are_the_same_in_documents_and_everywhere_else() {
    let document = written();
    let code = flow().reasons[0].code.unwrap();
    assert_eq!(document["flow"]["reasons"][0]["code"], code.name());
    assert_eq!(document["flow"]["offers"][0]["kind"], flow().offers[0].kind.name());
    for outcome in [flow::Outcome::Saved, flow::Outcome::Canceled, flow::Outcome::Aborted] {
        assert_eq!(serde_json::to_value(outcome).unwrap(), outcome.name());
    }
    for effect in [flow::Effect::Applied, flow::Effect::Requested, flow::Effect::Pending] {
        assert_eq!(serde_json::to_value(effect).unwrap(), effect.name());
    }
}

/// The browser tests of the widget run on this document, with the real English words.
#[test]
fn the_document_of_the_browser_tests_reads() {
    let document =
        serde_json::from_str::<serde_json::Value>(include_str!("../../tests/browser/document.json")).unwrap();
    assert!(Document::read(&&document).is_ok());
}
