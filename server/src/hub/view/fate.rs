use flow::Element;

use super::super::change::{Standing, Stored};
use super::super::{Notice, Want};
use super::{Hub, Say, button, focus, hidden};
use crate::billing::{Change, Deal};

/// What has just happened, told above the cards.
pub(in super::super) enum Fate {
    /// Nothing was done.
    Undone(Notice),
    /// A change, with its number within the session.
    Change(String, Box<Stored>),
}

impl Fate {
    /// Whether it tells of a change that is still being carried out.
    pub(super) fn is_pending(&self) -> bool {
        matches!(self, Self::Change(_, change) if change.standing == Standing::Pending)
    }

    pub(super) fn draw(&self, hub: &Hub<'_>, to: &mut Element) {
        let say = &hub.say;
        let (class, text) = match self {
            Self::Undone(Notice::NotNow) => ("notice", say.text("not_now").to_owned()),
            Self::Undone(Notice::Waits) => ("notice", say.text("waits").to_owned()),
            Self::Change(_, change) => match change.standing {
                Standing::Applied => ("told", applied(say, change)),
                Standing::Pending if change.authentication.is_some() => {
                    ("told", say.text("authenticate").to_owned())
                }
                Standing::Pending => ("told", say.text("told_pending").to_owned()),
                Standing::Requested => ("told", say.text("told_requested").to_owned()),
                Standing::Refused => ("notice", say.text("told_refused").to_owned()),
            },
        };
        let told = to.add("div", class);
        // The focus is what makes it heard: a status that is new in the page is not read everywhere.
        focus(told.add("p", "").set("role", "status").set("tabindex", "-1")).text(&text);
        if let Self::Change(number, change) = self
            && change.standing == Standing::Pending
        {
            let actions = told.add("div", "actions");
            if let Some(link) = change.authentication.as_ref().and_then(|how| how.link.as_ref()) {
                let text = say.text("authenticate_go");
                actions.add("a", "lead-on").set("href", link.as_str()).text(text);
            }
            let form = hub.form(actions, "");
            hidden(form, "change", number);
            button(form, "plain", "look", say.text("look"));
        }
    }
}

/// What is so from now on.
fn applied(say: &Say, change: &Stored) -> String {
    match (change.want, &change.instruction.change) {
        (Want::Plan, Change::Accept { deal: Deal::ChangePlan(plan), agreed: Some(terms), .. }) => {
            say.day("told_plan", terms.current_period_end).replace("{plan}", &plan.name)
        }
        (Want::Plan, Change::Switch { plan, .. }) => say.text("told_plan_now").replace("{plan}", &plan.name),
        (Want::Pause, Change::Accept { deal: Deal::Pause(length), agreed: Some(terms), .. }) => {
            let from = terms.current_period_end;
            length
                .after(from)
                .map_or_else(|| say.text("told").into(), |until| say.between("told_pause", from, until))
        }
        (Want::Resume, _) => say.text("told_resume").into(),
        (Want::Renew, _) => say.text("told_renew").into(),
        (Want::Code, _) => say.text("told_code").into(),
        _ => say.text("told").into(),
    }
}

/// What the page's script shows where the server does not answer, not any more, or does not take what was sent.
pub(super) fn trouble(hub: &Hub<'_>, to: &mut Element) {
    for (kind, text) in [("sent", "not_sent"), ("expired", "expired"), ("refused", "not_taken")] {
        let notice = to.add("div", "notice");
        notice.set("hidden", "").set("data-trouble", kind);
        notice.add("p", "").set("role", "alert").set("tabindex", "-1").text(hub.say.text(text));
    }
}
