//! What holds whatever a customer, a merchant or a law does.

mod sample;

use flow::{
    Action, Effect, Outcome, Posted, Receipt, Refused, Response, Settlement, State, Step, View, apply,
    opening, settle, view,
};
use proptest::prelude::*;
use sample::{any_action, any_flow, any_policy, cancel, moment};

/// An action of the customer, or an answer of billing in between.
#[derive(Clone, Debug)]
enum Event {
    Customer(Action),
    Billing(Settlement),
    Receipt { undo: bool },
}

fn any_event() -> impl Strategy<Value = Event> {
    prop_oneof![
        8 => any_action().prop_map(Event::Customer),
        1 => prop_oneof![Just(Settlement::Applied), Just(Settlement::Requested), Just(Settlement::Refused)]
            .prop_map(Event::Billing),
        1 => any::<bool>().prop_map(|undo| Event::Receipt { undo }),
    ]
}

/// Plays events one after the other; refused ones change nothing.
fn after(flow: &flow::Flow, policy: &flow::Policy, state: &State, event: &Event) -> State {
    match event {
        Event::Customer(action) => apply(flow, policy, state, action).unwrap_or_else(|_| state.clone()),
        Event::Billing(settlement) => settle(state, state.number(), *settlement),
        Event::Receipt { undo } => {
            let mut next = state.clone();
            if let Some(run) =
                next.runs.last_mut().filter(|run| run.effect.is_some() && run.receipt.is_none())
            {
                let reference = "FW-1".into();
                run.receipt = Some(Receipt {
                    reference,
                    issued_at: moment(1),
                    effective_at: Some(moment(9)),
                    undo: *undo,
                });
            }
            next
        }
    }
}

fn any_walk() -> impl Strategy<Value = (flow::Flow, flow::Policy, Vec<Event>)> {
    (any_flow(), any_policy(), prop::collection::vec(any_event(), 0..24))
}

/// The fields a browser sends when a button of a form is pressed.
fn sent(form: &flow::Element, button: &flow::Element) -> Vec<(String, String)> {
    let mut fields: Vec<(String, String)> = Vec::new();
    for element in form.walk() {
        let Some(name) = element.attribute("name") else { continue };
        let value = element.attribute("value").unwrap_or_default();
        let radio = element.attribute("type") == Some("radio");
        // The browser does not send the form before one of these is chosen.
        let asked_for =
            element.attribute("required").is_some() && button.attribute("formnovalidate").is_none();
        if radio && asked_for && fields.iter().all(|(known, _)| known != name) {
            fields.push((name.into(), value.into()));
        }
        match element.tag {
            "input" if !radio || element.attribute("checked").is_some() => {
                fields.push((name.into(), value.into()))
            }
            "textarea" => {
                let text = element.children.iter().map(|node| match node {
                    flow::Node::Text(text) => text.as_str(),
                    _ => "",
                });
                fields.push((name.into(), text.collect()));
            }
            _ => {}
        }
    }
    let name = button.attribute("name").unwrap_or_default();
    fields.push((name.into(), button.attribute("value").unwrap_or_default().into()));
    fields
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn no_walk_panics_or_reaches_a_step_the_policy_forbids((flow, policy, events) in any_walk()) {
        let mut state = State::default();
        for event in &events {
            state = after(&flow, &policy, &state, event);
            let drawn = seen(&flow, &policy, &state);
            let since = state.runs.iter().rev().take_while(|run| run.outcome != Some(Outcome::Canceled));
            let made: std::collections::BTreeSet<_> = since.flat_map(|run| &run.offers).map(|o| &o.id).collect();
            prop_assert!(made.len() <= policy.max_offers as usize);
            for run in &state.runs {
                prop_assert!(run.offers.len() <= policy.max_offers as usize);
                prop_assert!(policy.survey || run.step != Step::Survey);
                prop_assert!(policy.declares || run.step != Step::Details);
                prop_assert!(!policy.declares || run.offers.is_empty() && run.step != Step::Survey);
                let offering = matches!(run.step, Step::Offer { .. });
                prop_assert!(policy.max_offers > 0 || !offering);
            }
            prop_assert!(policy.survey || drawn.step != "survey");
            prop_assert!(policy.max_offers > 0 || drawn.step != "offer");
        }
    }

    #[test]
    fn the_confirmation_of_a_declaration_holds_nothing_else((flow, policy, events) in any_walk()) {
        let mut state = State::default();
        for event in &events {
            state = after(&flow, &policy, &state, event);
            let drawn = seen(&flow, &policy, &state);
            if !policy.declares || drawn.step != "confirm" {
                continue;
            }
            let verbs: Vec<_> = verbs(&drawn.form).collect();
            prop_assert!(verbs.contains(&"cancel"));
            prop_assert!(verbs.iter().all(|verb| ["cancel", "back", "close"].contains(verb)), "{verbs:?}");
            // A reason is asked for only under the extraordinary way.
            prop_assert!(drawn.form.walk().filter(|e| e.tag == "textarea").all(|e| e.attribute("name") == Some("cause")));
        }
    }

    #[test]
    fn where_the_law_wants_it_the_way_out_beside_an_offer_cancels((flow, policy, events) in any_walk()) {
        let mut state = State::default();
        for event in &events {
            state = after(&flow, &policy, &state, event);
            let drawn = seen(&flow, &policy, &state);
            if drawn.step == "offer" {
                let out = if policy.direct { "cancel" } else { "decline" };
                prop_assert!(verbs(&drawn.form).any(|verb| verb == out));
            }
        }
    }

    #[test]
    fn an_offer_that_is_taken_says_what_was_chosen((flow, policy, events) in any_walk()) {
        let mut state = State::default();
        for event in &events {
            state = after(&flow, &policy, &state, event);
            for record in state.runs.iter().filter_map(flow::Run::accepted) {
                let offer = flow.offer(&record.id).expect("only what is in the flow can be taken");
                prop_assert!(offer.kind != flow::OfferKind::Other);
                let chosen = record.choice.as_ref().is_some_and(|id| offer.choices.iter().any(|c| c.id == *id));
                prop_assert!(chosen || offer.choices.is_empty());
            }
        }
    }

    #[test]
    fn a_run_has_one_outcome((flow, policy, events) in any_walk()) {
        let mut state = State::default();
        for event in &events {
            let next = after(&flow, &policy, &state, event);
            for (before, after) in state.runs.iter().zip(&next.runs) {
                // Only what billing has not confirmed yet may still be withdrawn, and only by billing.
                let settling = matches!(event, Event::Billing(_)) && before.effect == Some(Effect::Pending);
                prop_assert!(before.outcome.is_none() || before.outcome == after.outcome || settling);
                prop_assert!(after.outcome.is_none() || after.step == Step::Receipt);
            }
            prop_assert!(next.runs.len() >= state.runs.len());
            prop_assert!(next.runs.iter().rev().skip(1).all(|run| run.outcome.is_some()));
            state = next;
        }
    }

    #[test]
    fn a_refused_action_is_refused_whole_and_an_allowed_one_counts_once((flow, policy, events) in any_walk()) {
        let mut state = State::default();
        for event in &events {
            if let Event::Customer(action) = event {
                let place = state.next();
                if let Ok(next) = apply(&flow, &policy, &state, action) && next != state {
                    let run = &next.runs[place.run as usize - 1];
                    prop_assert_eq!(run.seq, place.seq);
                }
            }
            state = after(&flow, &policy, &state, event);
        }
    }

    #[test]
    fn canceled_is_at_most_two_actions_away((flow, policy, events) in any_walk()) {
        let mut state = State::default();
        for event in &events {
            state = after(&flow, &policy, &state, event);
            match apply(&flow, &policy, &state, &cancel()) {
                Ok(next) => prop_assert!(next.is_canceled()),
                Err(refused) => {
                    prop_assert_eq!(refused, Refused::AlreadyCanceled);
                    prop_assert!(state.is_canceled());
                }
            }
        }
    }

    /// The same for somebody who only has the buttons on the screen: from any open step two presses are enough.
    #[test]
    fn two_presses_lead_out_of_every_open_step((flow, policy, events) in any_walk()) {
        let mut state = State::default();
        for event in &events {
            state = after(&flow, &policy, &state, event);
            if state.open_run().is_none() && !state.runs.is_empty() {
                continue;
            }
            let mut reached = vec![state.clone()];
            for _press in 0..2 {
                reached = reached.iter().flat_map(|state| pressed(&flow, &policy, state)).collect();
                if reached.iter().any(State::is_canceled) {
                    break;
                }
            }
            prop_assert!(reached.iter().any(State::is_canceled), "no way out of {:?}", state.runs.last());
        }
    }

    #[test]
    fn every_control_of_every_view_is_accepted((flow, policy, events) in any_walk()) {
        let mut state = State::default();
        for event in &events {
            state = after(&flow, &policy, &state, event);
            let form = seen(&flow, &policy, &state).form;
            let buttons: Vec<_> = form.walk().filter(|element| element.tag == "button").collect();
            prop_assert!(!buttons.is_empty());
            for button in buttons {
                let posted = Posted::from_form(&sent(&form, button));
                let posted = posted.map_err(|error| TestCaseError::fail(format!("{error:?}")))?;
                prop_assert_eq!(&posted.handle, &flow.page.handle);
                // The form of an opening has its place behind it.
                let before = state.runs.is_empty() && posted.at.seq == 2;
                prop_assert!(before || posted.at == state.next(), "{:?}", posted.at);
                prop_assert!(
                    apply(&flow, &policy, &state, &posted.action).is_ok(),
                    "{:?} is refused in {:?}", posted.action, state
                );
            }
        }
    }

    #[test]
    fn an_offer_once_turned_down_is_not_made_again((flow, policy, events) in any_walk()) {
        let mut state = State::default();
        for event in &events {
            let next = after(&flow, &policy, &state, event);
            if let Some(Step::Offer { offer }) = next.open_run().map(|run| &run.step) {
                let again = matches!(state.response(offer), Some(Response::Declined | Response::Refused));
                prop_assert!(!again, "{offer} was turned down before");
            }
            state = next;
        }
    }

    #[test]
    fn an_action_survives_being_sent_as_a_form(action in any_action()) {
        let read = Action::from_form(&action.to_form()).unwrap();
        // Empty and blank answers, and what stands under no reason, are not answers.
        prop_assert_eq!(Action::from_form(&read.to_form()).unwrap(), read.clone());
        prop_assert_eq!(read.verb(), action.verb());
    }

    #[test]
    fn settling_twice_is_settling_once((flow, policy, events) in any_walk(), refuse in any::<bool>()) {
        let settlement = if refuse { Settlement::Refused } else { Settlement::Applied };
        let mut state = State::default();
        for event in &events {
            state = after(&flow, &policy, &state, event);
        }
        let once = settle(&state, state.number(), settlement);
        prop_assert_eq!(settle(&once, state.number(), settlement), once.clone());
        prop_assert!(refuse || state.is_canceled() == once.is_canceled());
        prop_assert!(once.runs.iter().all(|run| run.outcome != Some(Outcome::Canceled) || run.effect.is_some()));
    }
}

/// What a customer sees, also before anybody has told that they do.
fn seen(flow: &flow::Flow, policy: &flow::Policy, state: &State) -> View {
    if state.runs.is_empty() { opening(flow, policy, state) } else { view(flow, policy, state) }
}

/// Every state that one press of a button on the screen leads to.
fn pressed(flow: &flow::Flow, policy: &flow::Policy, state: &State) -> Vec<State> {
    let form = seen(flow, policy, state).form;
    let buttons = form.walk().filter(|element| element.tag == "button");
    buttons
        .filter_map(|button| Action::from_form(&sent(&form, button)).ok())
        .filter_map(|action| apply(flow, policy, state, &action).ok())
        .collect()
}

/// What the buttons of a form do.
fn verbs(form: &flow::Element) -> impl Iterator<Item = &str> {
    form.walk().filter(|element| element.tag == "button").filter_map(|button| button.attribute("value"))
}
