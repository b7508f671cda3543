//! The ways customers really take.

mod sample;

use flow::{
    Action, Answers, Effect, MAX_TEXT, Notice, OPEN_AS_PAGE, Outcome, Receipt, Refused, Response, Settlement,
    State, Step, apply, notice, settle, view,
};
use sample::{answer, default_policy, flow, moment};

fn walk(actions: &[Action]) -> State {
    actions.iter().fold(State::default(), |state, action| {
        apply(&flow(), &default_policy(), &state, action)
            .unwrap_or_else(|refused| panic!("{action:?}: {refused:?}"))
    })
}

fn refused(state: &State, action: &Action) -> Refused {
    apply(&flow(), &default_policy(), state, action).unwrap_err()
}

fn save20() -> String {
    "save20".into()
}

#[test]
fn a_customer_who_answers_nothing_reaches_the_confirmation_without_an_offer() {
    let state = walk(&[Action::Shown, Action::Answer { answers: Answers::default(), straight: false }]);
    assert_eq!(state.runs[0].step, Step::Confirm);
    assert!(state.runs[0].offers.is_empty());
}

#[test]
fn a_reason_leads_to_its_offer_and_no_leads_to_the_confirmation() {
    let state = walk(&[Action::Shown, answer("price")]);
    assert_eq!(state.runs[0].step, Step::Offer { offer: save20() });
    let state = walk(&[Action::Shown, answer("price"), Action::Decline { offer: save20() }, Action::Cancel]);
    assert_eq!(state.runs[0].outcome, Some(Outcome::Canceled));
    assert_eq!(state.runs[0].effect, Some(Effect::Pending));
    assert_eq!(state.runs[0].offers[0].response, Response::Declined);
    assert!(state.is_canceled());
}

#[test]
fn going_straight_keeps_the_answers_and_skips_the_offer() {
    let answers =
        Answers { reason: Some("price".into()), follow_up: Some("5 dollars".into()), feedback: None };
    let state = walk(&[Action::Shown, Action::Answer { answers: answers.clone(), straight: true }]);
    assert_eq!(state.runs[0].step, Step::Confirm);
    assert_eq!(state.runs[0].answers, answers);
}

#[test]
fn an_accepted_offer_saves_once_billing_agrees() {
    let state = walk(&[Action::Shown, answer("price"), Action::Accept { offer: save20() }]);
    let settled = settle(&state, 1, Settlement::Applied);
    assert_eq!(settled.runs[0].outcome, Some(Outcome::Saved));
    assert_eq!(settled.runs[0].effect, Some(Effect::Applied));
    assert_eq!(settled.runs[0].accepted(), Some("save20"));
}

#[test]
fn a_refused_offer_says_so_and_leaves_the_way_out_open() {
    let state = walk(&[Action::Shown, answer("price"), Action::Accept { offer: save20() }]);
    let settled = settle(&state, 1, Settlement::Refused);
    assert_eq!(settled.runs[0].step, Step::Confirm);
    assert_eq!(settled.runs[0].outcome, None);
    let drawn = view(&flow(), &default_policy(), &settled);
    assert!(drawn.form.walk().any(|element| element.attribute("role") == Some("alert")));
    assert!(apply(&flow(), &default_policy(), &settled, &Action::Cancel).unwrap().is_canceled());
}

#[test]
fn a_refused_cancellation_stays_notice_given() {
    let state = settle(&walk(&[Action::Cancel]), 1, Settlement::Refused);
    assert!(state.is_canceled());
    assert_eq!(state.runs[0].effect, Some(Effect::Requested));
}

#[test]
fn opening_again_after_closing_begins_another_run() {
    let state = walk(&[Action::Shown, Action::Close, Action::Shown]);
    assert_eq!(state.runs.len(), 2);
    assert_eq!(state.runs[0].outcome, Some(Outcome::Aborted));
    assert_eq!(state.runs[1].step, Step::Survey);
}

#[test]
fn only_a_cancellation_ends_the_session() {
    for (ending, ends) in [(Action::Keep, false), (Action::Close, false), (Action::Cancel, true)] {
        let state = walk(&[Action::Shown, ending]);
        let opened = apply(&flow(), &default_policy(), &state, &Action::Shown).unwrap();
        assert_eq!(opened.open_run().is_none(), ends);
    }
}

fn canceled(undo: bool) -> State {
    let mut state = settle(&walk(&[Action::Shown, Action::Cancel]), 1, Settlement::Applied);
    state.runs[0].receipt = Some(Receipt {
        reference: "FW-1".into(),
        issued_at: moment(1),
        effective_at: Some(moment(14)),
        undo,
    });
    state
}

#[test]
fn a_cancellation_can_be_taken_back_where_billing_allows_it() {
    assert_eq!(refused(&canceled(false), &Action::Undo), Refused::NothingToUndo);
    let undone = apply(&flow(), &default_policy(), &canceled(true), &Action::Undo).unwrap();
    assert!(!undone.is_canceled());
    assert_eq!(undone.runs[1].outcome, Some(Outcome::Saved));
    assert_eq!(undone.runs[0].outcome, Some(Outcome::Canceled), "what happened stays on record");
    let back = settle(&undone, 2, Settlement::Refused);
    assert!(back.is_canceled(), "a refused undo leaves the customer where they were");
    assert_eq!(refused(&back, &Action::Undo), Refused::NothingToUndo);
}

#[test]
fn what_does_not_fit_is_refused_by_name() {
    let survey = walk(&[Action::Shown]);
    let offer = walk(&[Action::Shown, answer("price")]);
    let long = Answers { feedback: Some("ä".repeat(MAX_TEXT + 1)), ..Answers::default() };
    assert_eq!(refused(&survey, &answer("none")), Refused::UnknownReason);
    assert_eq!(refused(&survey, &Action::Answer { answers: long, straight: false }), Refused::TooLong);
    assert_eq!(refused(&survey, &Action::Accept { offer: save20() }), Refused::NotOnThisStep);
    assert_eq!(refused(&survey, &Action::Back), Refused::NothingBefore);
    assert_eq!(refused(&offer, &Action::Accept { offer: "save50".into() }), Refused::NotThisOffer);
    assert_eq!(refused(&offer, &answer("price")), Refused::NotOnThisStep);
    assert_eq!(refused(&canceled(true), &Action::Cancel), Refused::AlreadyCanceled);
    assert_eq!(refused(&canceled(true), &Action::Keep), Refused::AlreadyCanceled);
    assert_eq!(refused(&walk(&[Action::Keep]), &answer("price")), Refused::RunEnded);
    assert_eq!(refused(&survey, &Action::Undo), Refused::NothingToUndo);
}

#[test]
fn a_text_of_the_greatest_length_is_kept_whole() {
    let feedback = Some("ä".repeat(MAX_TEXT));
    let state = walk(&[
        Action::Shown,
        Action::Answer { answers: Answers { feedback, ..Answers::default() }, straight: true },
    ]);
    assert_eq!(state.runs[0].answers.feedback.as_ref().unwrap().chars().count(), MAX_TEXT);
}

#[test]
fn a_session_does_not_grow_without_end_and_can_still_be_left() {
    let mut state = State::default();
    while !state.is_full() {
        state = apply(&flow(), &default_policy(), &state, &Action::Shown).unwrap();
        state = apply(&flow(), &default_policy(), &state, &Action::Close).unwrap();
    }
    assert_eq!(refused(&state, &Action::Shown), Refused::TooMany);
    let drawn = view(&flow(), &default_policy(), &state).form;
    assert!(drawn.walk().any(|element| element.attribute("value") == Some("cancel")));
    assert!(apply(&flow(), &default_policy(), &state, &Action::Cancel).unwrap().is_canceled());

    let mut state = walk(&[Action::Shown]);
    let forth = Action::Answer { answers: Answers::default(), straight: true };
    while let Ok(next) = apply(&flow(), &default_policy(), &state, &forth) {
        state = next;
        match apply(&flow(), &default_policy(), &state, &Action::Back) {
            Ok(next) => state = next,
            Err(too_many) => assert_eq!(too_many, Refused::TooMany),
        }
    }
    for decision in [Action::Cancel, Action::Keep, Action::Close] {
        assert!(apply(&flow(), &default_policy(), &state, &decision).is_ok());
    }
}

#[test]
fn showing_an_open_run_again_changes_nothing() {
    let state = walk(&[Action::Shown, answer("price")]);
    assert_eq!(apply(&flow(), &default_policy(), &state, &Action::Shown), Ok(state));
}

#[test]
fn line_ends_of_a_browser_count_once() {
    let fields = [("do", "answer"), ("feedback", "one\r\ntwo")].map(|(k, v)| (k.to_owned(), v.to_owned()));
    let Action::Answer { answers, .. } = Action::from_form(&fields).unwrap() else { panic!() };
    assert_eq!(answers.feedback.as_deref(), Some("one\ntwo"));
}

#[test]
fn an_offer_of_an_unknown_kind_can_be_left_but_not_taken() {
    let state = walk(&[Action::Shown, answer("other")]);
    let offer = || "new-kind".to_owned();
    assert_eq!(state.runs[0].step, Step::Offer { offer: offer() });
    assert_eq!(refused(&state, &Action::Accept { offer: offer() }), Refused::UnknownOffer);
    let drawn = view(&flow(), &default_policy(), &state);
    let verbs: Vec<_> =
        drawn.form.walk().filter_map(|b| b.attribute("value").filter(|_| b.tag == "button")).collect();
    assert_eq!(verbs, ["decline", "back", "close"]);
}

#[test]
fn enter_in_a_field_never_closes() {
    let drawn = view(&flow(), &default_policy(), &walk(&[Action::Shown]));
    let first = drawn.form.walk().find(|element| element.tag == "button").unwrap();
    assert_eq!(first.attribute("value"), Some("answer"));
}

#[test]
fn answers_are_still_there_after_going_back() {
    let answers =
        Answers { reason: Some("price".into()), follow_up: Some("why".into()), feedback: Some("hm".into()) };
    let state = walk(&[Action::Shown, Action::Answer { answers, straight: true }, Action::Back]);
    let drawn = view(&flow(), &default_policy(), &state).form;
    assert!(drawn.walk().any(|e| e.attribute("checked").is_some() && e.attribute("value") == Some("price")));
    let texts = drawn.walk().filter(|e| e.tag == "textarea" && !e.children.is_empty()).count();
    assert_eq!(texts, 2);
}

#[test]
fn a_notice_of_failure_offers_the_same_again_and_the_support_address() {
    let drawn = notice(&flow(), Notice::Failed, Some(&Action::Cancel));
    let buttons: Vec<_> = drawn.walk().filter(|element| element.tag == "button").collect();
    assert_eq!(buttons[0].attribute("value"), Some("cancel"));
    assert_eq!(buttons[1].attribute("value"), Some(OPEN_AS_PAGE));
    let address = drawn.walk().find(|element| element.tag == "a").unwrap();
    assert_eq!(address.attribute("href"), Some("mailto:help@acme.example"));
}

#[test]
fn a_notice_of_expiry_offers_nothing_that_cannot_work() {
    let drawn = notice(&flow(), Notice::Expired, Some(&Action::Cancel));
    assert!(drawn.walk().all(|element| element.tag != "button"));
    assert!(drawn.walk().any(|element| element.tag == "a"), "what is left is to write");
}
