//! A drawing of a step says all of it, and nothing of it is markup.

mod sample;

use std::iter::Peekable;
use std::slice::Iter;

use flow::{Element, Node, State, apply, opening, view};
use proptest::prelude::*;
use sample::{any_action, any_flow, any_policy};

/// What a host makes of a drawing: the element that begins here, as a line of its own notation.
fn built(parts: &mut Peekable<Iter<String>>) -> String {
    let tag = parts.next().and_then(|part| part.strip_prefix('<')).expect("an element begins");
    let mut said = format!("({tag:?}");
    while let Some(attribute) = parts.peek().and_then(|part| part.strip_prefix('@')) {
        let (name, value) = attribute.split_once('=').expect("an attribute has a value");
        said += &format!(" {name:?}:{value:?}");
        parts.next();
    }
    loop {
        match parts.peek().map(|part| part.split_at(1)) {
            Some(("<", _)) => said += &built(parts),
            Some((kind @ ("\"" | "$" | "#" | "&"), text)) => {
                said += &format!("{kind}{text:?}");
                parts.next();
            }
            Some((">", "")) => {
                parts.next();
                return said + ")";
            }
            other => panic!("{other:?} is no part"),
        }
    }
}

/// The same line, from the element itself.
fn told(element: &Element) -> String {
    let mut said = format!("({:?}", element.tag);
    for (name, value) in &element.attributes {
        said += &format!(" {name:?}:{value:?}");
    }
    for node in &element.children {
        said += &match node {
            Node::Element(child) => told(child),
            Node::Text(text) => format!("\"{text:?}"),
            Node::Money(money) => format!("${:?}", format!("{}{}", money.currency, money.amount)),
            Node::Date(at) => format!("#{:?}", at.0),
            Node::Moment(at) => format!("&{:?}", at.0),
        };
    }
    said + ")"
}

fn reached(flow: &flow::Flow, policy: &flow::Policy, actions: &[flow::Action]) -> State {
    actions
        .iter()
        .fold(State::default(), |state, action| apply(flow, policy, &state, action).unwrap_or(state))
}

proptest! {
    #[test]
    fn what_is_built_from_a_drawing_is_the_step(
        flow in any_flow(), policy in any_policy(), actions in prop::collection::vec(any_action(), 0..12)
    ) {
        let form = view(&flow, &policy, &reached(&flow, &policy, &actions)).form;
        let drawing = form.drawing();
        let mut parts = drawing.iter().peekable();
        prop_assert_eq!(built(&mut parts), told(&form));
        prop_assert_eq!(parts.next(), None);
    }

    #[test]
    fn a_flow_is_drawn_before_it_is_open_as_it_will_be_then(
        flow in any_flow(), policy in any_policy(), actions in prop::collection::vec(any_action(), 0..12)
    ) {
        let before = reached(&flow, &policy, &actions);
        let opened = apply(&flow, &policy, &before, &flow::Action::Shown).unwrap_or_else(|_| before.clone());
        prop_assert_eq!(opening(&flow, &policy, &before), view(&flow, &policy, &opened));
    }
}
