use crate::{
    Action, Answers, Declared, Effect, Flow, MAX_TEXT, Offer, OfferKind, OfferRecord, Outcome, Policy,
    Response, Run, State, Step,
};

/// Why an action is not possible here. Nothing changes when one is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// The customer has already left; there is only a receipt.
    AlreadyCanceled,
    /// The run has ended; the flow must be opened again first.
    RunEnded,
    /// That action does not belong to the step the customer is on.
    NotOnThisStep,
    /// The reason is none of the flow's.
    UnknownReason,
    /// A text is longer than [`MAX_TEXT`] characters.
    TooLong,
    /// The offer is not the one on the screen.
    NotThisOffer,
    /// The offer cannot be accepted, because this version does not know its kind.
    UnknownOffer,
    /// The offer has several choices, and none of them was named.
    NoChoice,
    /// There is no step to go back to.
    NothingBefore,
    /// There is no cancellation that could be taken back.
    NothingToUndo,
    /// More than anybody needs was done in this session. What is left is to decide.
    TooMany,
}

/// How many runs a session may have. A new one can be made; this one does not grow without end.
pub(crate) const MAX_RUNS: usize = 30;

/// How many actions a run may have before only a decision is taken.
const MAX_ACTIONS: u32 = 100;

impl Refused {
    /// What happened, for a developer.
    #[must_use]
    pub fn message(self) -> &'static str {
        match self {
            Self::AlreadyCanceled => "The subscription is already canceled in this session.",
            Self::RunEnded => "This run has ended. Open the flow again before acting in it.",
            Self::NotOnThisStep => "This action does not belong to the step the customer is on.",
            Self::UnknownReason => "The reason is none of this flow's reasons.",
            Self::TooLong => "An answer is longer than 2000 characters.",
            Self::NotThisOffer => "The offer is not the one the customer is shown.",
            Self::UnknownOffer => "This kind of offer cannot be accepted by this version.",
            Self::NoChoice => "The offer has several choices: name one of them as `choice`.",
            Self::NothingBefore => "There is no step to go back to.",
            Self::NothingToUndo => "There is no cancellation that can be taken back.",
            Self::TooMany => {
                "This session has seen too many actions. Cancel, keep or close, or create a new session."
            }
        }
    }
}

/// Gives the state after an action, or says why there is none.
///
/// Total and deterministic: the same arguments give the same answer, and no action panics. In a session that was never
/// opened an action opens it first. Outcomes that change billing begin as [`Effect::Pending`]; [`settle`](crate::settle)
/// tells what became of them.
///
/// # Errors
/// A [`Refused`] names why the action is not possible. What decides is never refused for its number; [`Action::Cancel`] is refused in one case only: the customer has
/// already left.
pub fn apply(flow: &Flow, policy: &Policy, state: &State, action: &Action) -> Result<State, Refused> {
    let mut next = state.clone();
    if next.open_run().is_some() {
        // Showing it again, after a reload, is nothing new.
        if *action == Action::Shown {
            return Ok(next);
        }
    } else if !reopen(flow, policy, &mut next, action)? {
        return Ok(next);
    }
    // There is an open run from here on: the customer's, or the one just begun.
    let before = next.clone();
    let Some(run) = next.runs.last_mut() else { return Err(Refused::RunEnded) };
    let decides = matches!(action, Action::Accept { .. } | Action::Cancel(_) | Action::Keep | Action::Close);
    if run.seq >= MAX_ACTIONS && !decides {
        return Err(Refused::TooMany);
    }
    run.seq += 1;
    match action {
        Action::Shown => {}
        Action::Answer { answers, straight } => {
            if run.step != Step::Survey {
                return Err(Refused::NotOnThisStep);
            }
            check(flow, answers)?;
            run.answers = answers.clone();
            let offer = if *straight { None } else { fitting_offer(flow, policy, &before, answers) };
            match offer {
                Some(id) => show_offer(run, id),
                None => run.step = Step::Confirm,
            }
        }
        Action::Accept { claim, choice } => {
            let offer = shown_offer(flow, run, claim)?;
            if offer.kind == OfferKind::Other {
                return Err(Refused::UnknownOffer);
            }
            let choice = offer.choice(choice.as_deref());
            if choice.is_none() && !offer.choices.is_empty() {
                return Err(Refused::NoChoice);
            }
            respond(run, Response::Accepted, choice.map(|choice| &choice.id));
            end(run, Outcome::Saved, if offer.kind.leads_elsewhere() { None } else { Some(Effect::Pending) });
        }
        Action::Decline { claim, another } => {
            shown_offer(flow, run, claim)?;
            respond(run, Response::Declined, None);
            run.step = Step::Confirm;
            if *another && let Some(id) = next_offer(flow, policy, &next) {
                // Found in the state with this offer turned down.
                if let Some(run) = next.runs.last_mut() {
                    show_offer(run, id);
                }
            }
        }
        Action::Declare(declared) => {
            if run.step != Step::Details {
                return Err(Refused::NotOnThisStep);
            }
            run.declared = declared.clone();
            run.step = Step::Confirm;
        }
        Action::Back => {
            let first = first_step(flow, policy);
            if run.step == first || first == Step::Confirm {
                return Err(Refused::NothingBefore);
            }
            run.step = first;
        }
        Action::Cancel(declared) => {
            respond(run, Response::Declined, None);
            if policy.declares && *declared != Declared::default() {
                run.declared = declared.clone();
            }
            end(run, Outcome::Canceled, Some(Effect::Pending));
        }
        Action::Keep => end(run, Outcome::Saved, None),
        Action::Close => end(run, Outcome::Aborted, None),
        Action::Undo => return Err(Refused::NothingToUndo),
    }
    Ok(next)
}

/// Begins the run an action needs. False when the action leaves everything as it is.
fn reopen(flow: &Flow, policy: &Policy, state: &mut State, action: &Action) -> Result<bool, Refused> {
    let canceled = state.is_canceled();
    let ended = state.runs.last();
    match action {
        Action::Shown | Action::Close if canceled => return Ok(false),
        Action::Close if ended.is_some() => return Ok(false),
        Action::Undo => {
            if !ended.is_some_and(Run::can_be_undone) {
                return Err(Refused::NothingToUndo);
            }
            if state.is_full() {
                return Err(Refused::TooMany);
            }
            let mut run = Run::at(Step::Receipt);
            run.seq = 1;
            end(&mut run, Outcome::Saved, Some(Effect::Pending));
            state.runs.push(run);
            return Ok(false);
        }
        _ if canceled => return Err(Refused::AlreadyCanceled),
        Action::Shown if state.is_full() => return Err(Refused::TooMany),
        Action::Shown | Action::Cancel(_) => {}
        _ if ended.is_some() => return Err(Refused::RunEnded),
        _ => {}
    }
    state.runs.push(Run::at(first_step(flow, policy)));
    Ok(true)
}

/// Where a run begins.
fn first_step(flow: &Flow, policy: &Policy) -> Step {
    if flow.asks(policy) {
        Step::Survey
    } else if policy.details() {
        Step::Details
    } else {
        Step::Confirm
    }
}

fn check(flow: &Flow, answers: &Answers) -> Result<(), Refused> {
    if answers.reason.as_ref().is_some_and(|key| flow.reason(key).is_none()) {
        return Err(Refused::UnknownReason);
    }
    let long = |text: &Option<String>| text.as_ref().is_some_and(|text| characters(text) > MAX_TEXT);
    if long(&answers.follow_up) || long(&answers.feedback) { Err(Refused::TooLong) } else { Ok(()) }
}

/// How many characters a text has. (`chars().count()` is faster, and much larger.)
fn characters(text: &str) -> usize {
    text.bytes().filter(|byte| byte & 0xC0 != 0x80).count()
}

/// The offer that answers a reason: the first that was never turned down, while the policy leaves room for it.
fn fitting_offer(flow: &Flow, policy: &Policy, state: &State, answers: &Answers) -> Option<String> {
    state.open_run()?;
    let reason = flow.reason(answers.reason.as_ref()?)?;
    let most = policy.offers();
    // Opening the flow again does not make room for more.
    let mut made: Vec<&String> = Vec::new();
    for run in state.runs.iter().rev().take_while(|run| run.outcome != Some(Outcome::Canceled)) {
        for offer in &run.offers {
            if !made.contains(&&offer.id) {
                made.push(&offer.id);
            }
        }
    }
    let room = made.len() < most;
    let fits = |id: &&String| {
        let here = made.contains(id);
        let open = matches!(state.response(id), None | Some(Response::Shown));
        flow.offer(id).is_some() && open && most > 0 && (room || here)
    };
    reason.offers.iter().find(fits).cloned()
}

/// What else there is for the reason that was given, in a state where the offer before was turned down.
pub(crate) fn next_offer(flow: &Flow, policy: &Policy, state: &State) -> Option<String> {
    fitting_offer(flow, policy, state, &state.open_run()?.answers)
}

fn show_offer(run: &mut Run, id: String) {
    if !run.offers.iter().any(|o| o.id == id) {
        run.offers.push(OfferRecord { id: id.clone(), response: Response::Shown, choice: None });
    }
    run.step = Step::Offer { offer: id };
}

/// The offer of this claim, if it is the one on the screen.
fn shown_offer<'f>(flow: &'f Flow, run: &Run, claim: &str) -> Result<&'f Offer, Refused> {
    let Step::Offer { offer: shown } = &run.step else { return Err(Refused::NotOnThisStep) };
    flow.offer(shown).filter(|offer| offer.claim_id == claim).ok_or(Refused::NotThisOffer)
}

/// Writes down how the offer on the screen was answered, if there is one.
fn respond(run: &mut Run, response: Response, choice: Option<&String>) {
    let Step::Offer { offer: shown } = &run.step else { return };
    if let Some(record) = run.offers.iter_mut().find(|o| o.id == *shown) {
        record.response = response;
        record.choice = choice.cloned();
    }
}

fn end(run: &mut Run, outcome: Outcome, effect: Option<Effect>) {
    run.step = Step::Receipt;
    run.outcome = Some(outcome);
    run.effect = effect;
}
