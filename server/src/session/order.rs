//! The order of actions: what is new, what was said before, and what contradicts what is known.

use flow::{Action, Outcome, Position, State};

use super::act::Placed;

/// What becomes of an action that arrives at a place in a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Arrival {
    /// It is the next one: apply it, at this place.
    Next(Position),
    /// It is known already: nothing is to be done.
    Known,
    /// It contradicts what is known. A sentence says how.
    Conflict(String),
}

/// Decides about an action. `stored` is what is known at its place.
///
/// The same content at a taken place is known, different content a conflict, and so is a gap. A cancellation is never refused
/// for its place: it is applied in the run that is open, or opens one. Only where the run it names has ended with the customer
/// staying, or a later run has, the earlier commit wins.
#[must_use]
pub fn arrive(state: &State, at: Position, action: &Action, content: &str, stored: Option<&str>) -> Arrival {
    if stored == Some(content) {
        return Arrival::Known;
    }
    let next = state.next();
    if matches!(action, Action::Cancel(_)) {
        return cancel(state, at.run, next);
    }
    if at == next {
        return Arrival::Next(next);
    }
    let (run, seq) = (at.run, at.seq);
    Arrival::Conflict(match stored {
        Some(_) => format!(
            "Something else was done at run {run}, action {seq}. Read the state, and go on from what it says."
        ),
        None => format!(
            "Run {run}, action {seq} is out of order: the next one is run {}, action {}.",
            next.run, next.seq
        ),
    })
}

/// Puts the opening of a run before what was done in its first step, where that has its place behind an opening that nobody
/// has told of: the first step can be drawn, sent and closed before the engine that tells has come.
pub fn open_first(state: &State, actions: &mut Vec<Placed>) {
    let opening = state.next();
    let second = Position { seq: 2, ..opening };
    if opening.seq == 1 && actions.first().is_some_and(|first| first.at == second) {
        actions.insert(0, Placed { at: opening, action: Action::Shown });
    }
}

fn cancel(state: &State, run: u32, next: Position) -> Arrival {
    let outcome = |number: u32| {
        let index = usize::try_from(number).ok()?.checked_sub(1)?;
        state.runs.get(index)?.outcome
    };
    if state.is_canceled() {
        return Arrival::Known;
    }
    let latest = state.number();
    let stayed_later = (run..=latest).any(|number| outcome(number) == Some(Outcome::Saved));
    if run >= 1 && stayed_later {
        return Arrival::Conflict(
            "The customer has decided to stay meanwhile. Open the flow again to cancel after all.".into(),
        );
    }
    Arrival::Next(next)
}

#[cfg(test)]
mod tests {
    use flow::{Answers, Declared, Policy};

    use super::*;

    fn walked(actions: &[Action]) -> State {
        let flow = crate::session::sample::flow();
        actions.iter().fold(State::default(), |state, action| {
            flow::apply(&flow, &Policy::default_policy(), &state, action).expect("a possible action")
        })
    }

    fn at(run: u32, seq: u32) -> Position {
        Position { run, seq }
    }

    fn answer() -> Action {
        Action::Answer { answers: Answers::default(), straight: false }
    }

    #[test]
    fn the_next_number_is_applied_and_a_gap_is_not() {
        let state = walked(&[Action::Shown]);
        assert_eq!(arrive(&state, at(1, 2), &answer(), "a", None), Arrival::Next(at(1, 2)));
        for gap in [at(1, 3), at(2, 1), at(0, 1)] {
            assert!(matches!(arrive(&state, gap, &answer(), "a", None), Arrival::Conflict(_)));
        }
    }

    #[test]
    fn the_same_content_is_known_and_other_content_is_a_conflict() {
        let state = walked(&[Action::Shown, answer()]);
        assert_eq!(arrive(&state, at(1, 2), &answer(), "a", Some("a")), Arrival::Known);
        assert!(matches!(arrive(&state, at(1, 2), &answer(), "b", Some("a")), Arrival::Conflict(_)));
    }

    #[test]
    fn a_cancellation_is_applied_at_whatever_place_it_names() {
        let open = walked(&[Action::Shown, answer()]);
        for place in [at(1, 1), at(1, 2), at(1, 9), at(2, 1)] {
            assert_eq!(
                arrive(&open, place, &Action::Cancel(Declared::default()), "c", Some("other")),
                Arrival::Next(at(1, 3))
            );
        }
        assert_eq!(
            arrive(&State::default(), at(1, 4), &Action::Cancel(Declared::default()), "c", None),
            Arrival::Next(at(1, 1))
        );
        let closed = walked(&[Action::Shown, Action::Close]);
        assert_eq!(
            arrive(&closed, at(1, 2), &Action::Cancel(Declared::default()), "c", None),
            Arrival::Next(at(2, 1))
        );
    }

    #[test]
    fn a_cancellation_that_was_done_is_known_wherever_it_comes_again() {
        let canceled = walked(&[Action::Shown, Action::Cancel(Declared::default())]);
        for place in [at(1, 1), at(1, 2), at(1, 7), at(2, 1)] {
            assert_eq!(
                arrive(&canceled, place, &Action::Cancel(Declared::default()), "c", None),
                Arrival::Known
            );
        }
    }

    #[test]
    fn a_cancellation_that_was_taken_back_is_known_at_its_own_place_only() {
        let flow = crate::session::sample::flow();
        let mut state = walked(&[Action::Shown, Action::Cancel(Declared::default())]);
        state.runs[0].receipt = Some(flow::Receipt {
            reference: "FW-1".into(),
            issued_at: flow::Instant("2026-11-21T12:00:00.000Z".into()),
            effective_at: None,
            undo: true,
        });
        let state = flow::settle(&state, 1, flow::Settlement::Applied);
        let undone = flow::apply(&flow, &Policy::default_policy(), &state, &Action::Undo).expect("an undo");
        assert_eq!(
            arrive(&undone, at(1, 2), &Action::Cancel(Declared::default()), "c", Some("c")),
            Arrival::Known
        );
        for place in [at(1, 3), at(2, 1)] {
            assert!(matches!(
                arrive(&undone, place, &Action::Cancel(Declared::default()), "c", None),
                Arrival::Conflict(_)
            ));
        }
        assert_eq!(
            arrive(&undone, at(3, 1), &Action::Cancel(Declared::default()), "c", None),
            Arrival::Next(at(3, 1))
        );
    }

    #[test]
    fn who_stayed_first_stays_until_the_flow_is_opened_again() {
        let kept = walked(&[Action::Shown, Action::Keep]);
        assert!(matches!(
            arrive(&kept, at(1, 2), &Action::Cancel(Declared::default()), "c", Some("k")),
            Arrival::Conflict(_)
        ));
        assert_eq!(
            arrive(&kept, at(2, 1), &Action::Cancel(Declared::default()), "c", None),
            Arrival::Next(at(2, 1))
        );
        let later = walked(&[Action::Shown, Action::Close, Action::Shown, Action::Keep]);
        assert!(matches!(
            arrive(&later, at(1, 2), &Action::Cancel(Declared::default()), "c", None),
            Arrival::Conflict(_)
        ));
    }

    #[test]
    fn an_opening_that_nobody_told_of_comes_before_what_was_done_in_its_first_step() {
        let opened = |state: &State, at: Position| {
            let mut actions = vec![Placed { at, action: Action::Close }];
            open_first(state, &mut actions);
            actions.into_iter().map(|placed| (placed.at, placed.action.verb())).collect::<Vec<_>>()
        };
        let (fresh, ended) = (State::default(), walked(&[Action::Shown, Action::Keep]));
        for (state, run) in [(&fresh, 1), (&ended, 2)] {
            assert_eq!(opened(state, at(run, 2)), [(at(run, 1), "shown"), (at(run, 2), "close")]);
            assert_eq!(opened(state, at(run, 1)), [(at(run, 1), "close")]);
            assert_eq!(opened(state, at(run, 3)), [(at(run, 3), "close")]);
            assert_eq!(opened(state, at(run + 1, 2)), [(at(run + 1, 2), "close")]);
        }
        let open = walked(&[Action::Shown]);
        assert_eq!(opened(&open, at(1, 2)), [(at(1, 2), "close")], "it was told of");
    }
}
