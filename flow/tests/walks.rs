//! The ways customers really take.

mod sample;

use flow::{
    Action, Answers, Declared, Effect, MAX_TEXT, Notice, Outcome, Policy, Receipt, Refused, Response,
    Settlement, State, Step, apply, notice, settle, view,
};
use sample::{accept, another, answer, cancel, claim, decline, default_policy, flow, moment};

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
    let state = walk(&[Action::Shown, answer("price"), decline("save20"), cancel()]);
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
    let state = walk(&[Action::Shown, answer("price"), accept("save20", None)]);
    let settled = settle(&state, 1, Settlement::Applied);
    assert_eq!(settled.runs[0].outcome, Some(Outcome::Saved));
    assert_eq!(settled.runs[0].effect, Some(Effect::Applied));
    assert_eq!(settled.runs[0].accepted().map(|record| record.id.as_str()), Some("save20"));
}

#[test]
fn a_refused_offer_says_so_and_leaves_the_way_out_open() {
    let state = walk(&[Action::Shown, answer("price"), accept("save20", None)]);
    let settled = settle(&state, 1, Settlement::Refused);
    assert_eq!(settled.runs[0].step, Step::Confirm);
    assert_eq!(settled.runs[0].outcome, None);
    let drawn = view(&flow(), &default_policy(), &settled);
    assert!(drawn.form.walk().any(|element| element.attribute("role") == Some("alert")));
    assert!(apply(&flow(), &default_policy(), &settled, &cancel()).unwrap().is_canceled());
}

#[test]
fn a_refused_cancellation_stays_notice_given() {
    let state = settle(&walk(&[cancel()]), 1, Settlement::Refused);
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
    for (ending, ends) in [(Action::Keep, false), (Action::Close, false), (cancel(), true)] {
        let state = walk(&[Action::Shown, ending]);
        let opened = apply(&flow(), &default_policy(), &state, &Action::Shown).unwrap();
        assert_eq!(opened.open_run().is_none(), ends);
    }
}

fn canceled(undo: bool) -> State {
    let mut state = settle(&walk(&[Action::Shown, cancel()]), 1, Settlement::Applied);
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
    assert_eq!(refused(&survey, &accept("save20", None)), Refused::NotOnThisStep);
    assert_eq!(refused(&survey, &Action::Back), Refused::NothingBefore);
    assert_eq!(refused(&offer, &accept("smaller", None)), Refused::NotThisOffer);
    assert_eq!(refused(&offer, &answer("price")), Refused::NotOnThisStep);
    assert_eq!(refused(&canceled(true), &cancel()), Refused::AlreadyCanceled);
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
    assert!(apply(&flow(), &default_policy(), &state, &cancel()).unwrap().is_canceled());

    let mut state = walk(&[Action::Shown]);
    let forth = Action::Answer { answers: Answers::default(), straight: true };
    while let Ok(next) = apply(&flow(), &default_policy(), &state, &forth) {
        state = next;
        match apply(&flow(), &default_policy(), &state, &Action::Back) {
            Ok(next) => state = next,
            Err(too_many) => assert_eq!(too_many, Refused::TooMany),
        }
    }
    for decision in [cancel(), Action::Keep, Action::Close] {
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
    assert_eq!(refused(&state, &accept("new-kind", None)), Refused::UnknownOffer);
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
    let drawn = notice(&flow(), Notice::Failed, Some(&cancel()));
    let find = |tag| drawn.walk().find(|element| element.tag == tag).unwrap();
    assert_eq!(find("button").attribute("value"), Some("cancel"));
    assert_eq!(find("a").attribute("href"), Some("mailto:help@acme.example"));
}

/// Walks under another policy than the default one.
fn walk_under(policy: &Policy, actions: &[Action]) -> State {
    actions.iter().fold(State::default(), |state, action| {
        apply(&flow(), policy, &state, action).unwrap_or_else(|refused| panic!("{action:?}: {refused:?}"))
    })
}

fn step(state: &State) -> &Step {
    &state.runs[0].step
}

#[test]
fn another_offer_comes_only_when_asked_for_and_while_the_policy_has_room() {
    let two = Policy { max_offers: 2, ..default_policy() };
    let first = walk_under(&two, &[Action::Shown, answer("price")]);
    assert!(verbs(&two, &first).contains(&"another".to_owned()));
    let second = apply(&flow(), &two, &first, &another("save20")).unwrap();
    assert_eq!(*step(&second), Step::Offer { offer: "smaller".into() });
    assert!(!verbs(&two, &second).contains(&"another".to_owned()), "there is room for two only");
    let enough = apply(&flow(), &two, &second, &another("smaller")).unwrap();
    assert_eq!(*step(&enough), Step::Confirm);
    let straight = apply(&flow(), &two, &first, &decline("save20")).unwrap();
    assert_eq!(*step(&straight), Step::Confirm, "no means no");
    let one = walk(&[Action::Shown, answer("price"), another("save20")]);
    assert_eq!(*step(&one), Step::Confirm);
}

fn verbs(policy: &Policy, state: &State) -> Vec<String> {
    let form = view(&flow(), policy, state).form;
    form.walk().filter(|e| e.tag == "button").filter_map(|e| e.attribute("value").map(Into::into)).collect()
}

#[test]
fn of_several_choices_one_has_to_be_made() {
    let state = walk(&[Action::Shown, answer("away")]);
    assert_eq!(refused(&state, &accept("pause", None)), Refused::NoChoice);
    assert_eq!(refused(&state, &accept("pause", Some("year"))), Refused::NoChoice);
    let taken = apply(&flow(), &default_policy(), &state, &accept("pause", Some("quarter"))).unwrap();
    assert_eq!(taken.runs[0].accepted().unwrap().choice.as_deref(), Some("quarter"));
    let radios = view(&flow(), &default_policy(), &state).form;
    let radios: Vec<_> = radios.walk().filter(|e| e.attribute("type") == Some("radio")).collect();
    assert_eq!(radios.len(), 2);
    assert!(radios.iter().all(|radio| radio.attribute("checked").is_none()), "nothing is chosen beforehand");
}

#[test]
fn a_contact_changes_nothing_and_leads_on_from_the_receipt() {
    let state = walk(&[Action::Shown, answer("bugs"), accept("help", None)]);
    assert_eq!((state.runs[0].outcome, state.runs[0].effect), (Some(Outcome::Saved), None));
    let drawn = view(&flow(), &default_policy(), &state).form;
    assert!(drawn.walk().any(|e| e.attribute("href") == Some("https://acme.example/help")));
}

#[test]
fn an_offer_that_makes_somebody_pay_says_so_on_its_button() {
    let label = |state: &State| {
        let form = view(&flow(), &default_policy(), state).form;
        let button = form.walk().find(|e| e.attribute("value") == Some("accept")).unwrap().clone();
        button.children[0].clone()
    };
    let two = Policy { max_offers: 2, ..default_policy() };
    let plan = walk_under(&two, &[Action::Shown, answer("price"), another("save20")]);
    assert_eq!(label(&plan), flow::Node::Text("accept_and_pay".into()));
    assert_eq!(label(&walk(&[Action::Shown, answer("price")])), flow::Node::Text("accept".into()));
}

#[test]
fn a_claim_is_of_one_offer_and_answered_once() {
    let state = walk(&[Action::Shown, answer("price")]);
    let forged = Action::Accept { claim: "save20".into(), choice: None };
    assert_eq!(refused(&state, &forged), Refused::NotThisOffer);
    let taken = apply(&flow(), &default_policy(), &state, &accept("save20", None)).unwrap();
    assert_eq!(refused(&taken, &accept("save20", None)), Refused::RunEnded);
    let again = apply(&flow(), &default_policy(), &taken, &Action::Shown).unwrap();
    let again = apply(&flow(), &default_policy(), &again, &answer("price")).unwrap();
    assert_ne!(
        again.runs[1].step,
        Step::Offer { offer: "save20".into() },
        "what was taken is not offered again"
    );
    assert_eq!(claim("save20"), flow().offers[0].claim_id);
}

#[test]
fn canceling_beside_an_offer_turns_it_down() {
    let direct = Policy { direct: true, ..default_policy() };
    let state = walk_under(&direct, &[Action::Shown, answer("price"), cancel()]);
    assert_eq!(state.runs[0].offers[0].response, Response::Declined);
}

#[test]
fn a_declaration_is_made_with_the_confirmation_or_on_a_step_before_it() {
    let said = Declared {
        extraordinary: false,
        cause: None,
        until: Some("2027-01-31".into()),
        email: Some("ada@example.com".into()),
    };
    let declares = Policy { declares: true, survey: false, max_offers: 0, ..default_policy() };
    let state = walk_under(&declares, &[Action::Shown, Action::Cancel(said.clone())]);
    assert_eq!(state.runs[0].declared, said);
    let recap = Policy { recap: true, ..declares };
    let state = walk_under(&recap, &[Action::Shown]);
    assert_eq!(*step(&state), Step::Details);
    let state = walk_under(&recap, &[Action::Shown, Action::Declare(said.clone())]);
    let drawn = view(&flow(), &recap, &state).form;
    assert!(drawn.walk().all(|e| e.tag != "textarea"), "what was said is repeated, not asked again");
    assert!(drawn.walk().any(|e| e.children.contains(&flow::Node::Text("ada@example.com".into()))));
    let left = apply(&flow(), &recap, &state, &cancel()).unwrap();
    assert_eq!(left.runs[0].declared, said);
    let back = apply(&flow(), &recap, &state, &Action::Back).unwrap();
    assert_eq!(*step(&back), Step::Details);
}

#[test]
fn nothing_that_is_declared_keeps_anybody_from_leaving() {
    let field = |k: &str, v: &str| (k.to_owned(), v.to_owned());
    let nonsense = [
        field("do", "cancel"),
        field("kind", "maybe"),
        field("when", "date"),
        field("until", "tomorrow"),
        field("email", &"ä".repeat(MAX_TEXT)),
    ];
    let action = Action::from_form(&nonsense).unwrap();
    let Action::Cancel(said) = &action else { panic!("{action:?}") };
    assert_eq!((said.extraordinary, &said.until), (false, &None));
    assert!(said.email.as_ref().unwrap().len() <= MAX_TEXT);
    assert!(apply(&flow(), &default_policy(), &State::default(), &action).unwrap().is_canceled());
}
