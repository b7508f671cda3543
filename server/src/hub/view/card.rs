use flow::Element;
use jiff::Timestamp;
use url::Url;

use super::super::Want;
use super::super::want::Ways;
use super::{Hub, Say, Step, button, focus, hidden, row};
use crate::billing::Holding;

/// A subscription, and what can be done with it.
pub(in super::super) struct Card {
    pub(in super::super) holding: Holding,
    pub(in super::super) way: Option<Way>,
    pub(in super::super) ways: Ways,
    /// Whether a change of it is being carried out.
    pub(in super::super) is_busy: bool,
    /// Where the customer authenticates a payment that waits for it.
    pub(in super::super) authenticate: Option<Url>,
    /// What the customer is at.
    pub(in super::super) step: Option<Step>,
}

/// What a customer can do with a subscription in the retention flow, and the session in which they do it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) enum Way {
    /// Cancel it.
    Cancel {
        /// The session id.
        session: String,
        /// The policy that says what the button is called.
        policy: String,
    },
    /// Take its cancellation back.
    Undo {
        /// The session id.
        session: String,
    },
}

impl Card {
    /// Whether a customer can do something with the subscription now.
    pub(in super::super) fn can(&self, want: Want) -> bool {
        !self.is_busy && self.ways.has(want)
    }

    pub(super) fn draw(&self, hub: &Hub<'_>, card: &mut Element) {
        let (holding, say) = (&self.holding, &hub.say);
        let terms = holding.terms.as_ref();
        card.add("h3", "headline").text(terms.map_or(say.text("subscription"), |terms| &terms.plan_name));
        if let Some(standing) = standing(holding, say, hub.now) {
            card.add("p", "lead standing").text(&standing);
        }
        if self.is_busy {
            let key = if self.authenticate.is_some() { "authenticate" } else { "busy" };
            card.add("p", "lead standing").text(say.text(key));
            if let Some(link) = &self.authenticate {
                let actions = card.add("div", "actions");
                actions.add("a", "lead-on").set("href", link.as_str()).text(say.text("authenticate_go"));
            }
        }
        let facts = card.add("dl", "");
        if let Some(terms) = terms {
            row(facts, say.text("price"), &say.terms(terms));
        }
        if let Some(next) = &holding.next_payment {
            row(facts, say.text("next"), &say.both("next_on", next));
        }
        if let Some((plan, from)) = &holding.next_plan {
            row(facts, say.text("agreed"), &say.day("agreed_plan", *from).replace("{plan}", plan));
        }
        if let Some(step) = &self.step {
            step.draw(hub, self, card);
        }
        let actions = card.add("div", "actions");
        if self.step.is_none() {
            self.changes(hub, actions);
        }
        if let Some(way) = &self.way {
            let (session, label) = match way {
                Way::Cancel { session, policy } => {
                    (session, say.pack.button(policy, hub.brand.own_words(hub.locale)))
                }
                Way::Undo { session } => (session, say.pack.text("undo").unwrap_or("Undo")),
            };
            hub.flow(actions, session).add("button", "plain").text(label);
        }
    }

    /// A button for everything that can be done here.
    fn changes(&self, hub: &Hub<'_>, actions: &mut Element) {
        let wants: Vec<Want> = Want::ALL.into_iter().filter(|want| self.can(*want)).collect();
        let Some(id) = self.holding.id.as_ref().filter(|_| !wants.is_empty()) else { return };
        let form = hub.form(actions, "");
        hidden(form, "subscription", id);
        for want in wants {
            let label = hub.say.text(match want {
                Want::Plan => "do_plan",
                Want::Pause => "do_pause",
                Want::Resume if self.pauses_later(hub.now) => "do_keep",
                Want::Resume => "do_resume",
                Want::Renew => "do_renew",
                Want::Code => "do_code",
            });
            let button = button(form, "plain", want.name(), label);
            if hub.from.as_ref().is_some_and(|(of, wanted)| of == id && *wanted == want) {
                focus(button);
            }
        }
    }

    /// Whether a pause is agreed and has not begun.
    pub(super) fn pauses_later(&self, now: Timestamp) -> bool {
        self.holding.pause.is_some_and(|pause| pause.from > now)
    }
}

/// How a subscription stands.
fn standing(holding: &Holding, say: &Say, now: Timestamp) -> Option<String> {
    let at = |key, at| Some(say.day(key, at));
    match (holding.ends_at, holding.pause, holding.trial_ends_at) {
        (Some(end), ..) if holding.ended => at("ended", end),
        (None, ..) if holding.ended => Some(say.text("over").into()),
        // Nobody has canceled it: its last term is over then.
        (Some(end), ..) if holding.can.cancel => at("ends_by_itself", end),
        (Some(end), ..) => at("ends", end),
        (_, Some(pause), _) if pause.from > now => Some(say.between("pauses", pause.from, pause.until)),
        (_, Some(pause), _) => at("paused", pause.until),
        (.., Some(end)) => at("trial", end),
        _ => holding.terms.as_ref().map(|_| say.text("active").into()),
    }
}
