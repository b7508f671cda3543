use flow::Interval;
use serde::{Deserialize, Serialize};

use super::{HubSettings, Upgrades};
use crate::billing::{Can, Holding, Length, PlanPrice, PlanTerms, Renewal, Start, Wanted};

/// Something that a customer can do with a subscription in the hub itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Want {
    /// Take another plan.
    Plan,
    /// Pause.
    Pause,
    /// End a pause, or not begin it.
    Resume,
    /// Add one more term.
    Renew,
    /// Use a promotion code.
    Code,
}

impl Want {
    /// All of them, in the order customers see.
    pub const ALL: [Self; 5] = [Self::Plan, Self::Pause, Self::Resume, Self::Renew, Self::Code];

    /// Its name in forms and in the database.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Plan => "plan",
            Self::Pause => "pause",
            Self::Resume => "resume",
            Self::Renew => "renew",
            Self::Code => "code",
        }
    }

    /// The one of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|want| want.name() == name)
    }

    /// Whether something has to be chosen before it can be said what it means.
    pub(super) fn chooses(self) -> bool {
        matches!(self, Self::Plan | Self::Pause | Self::Code)
    }
}

/// The longest promotion code that billing is asked about, in characters.
const LONGEST_CODE: usize = 100;

/// What can be done with a subscription now, as far as the brand offers it.
#[derive(Clone, Debug, Default)]
pub(super) struct Ways {
    /// The plans that can be taken, and when each begins.
    pub(super) plans: Vec<(PlanTerms, Start)>,
    /// For how long it can be paused.
    pub(super) pauses: Vec<Length>,
    resume: bool,
    renew: Option<String>,
    code: bool,
    /// Whether a plan can begin with the next payment.
    change_plan: bool,
}

impl Ways {
    /// The ways of a subscription. `plans` are those that the brand offers, as billing has them.
    pub(super) fn of(holding: &Holding, settings: &HubSettings, plans: &[PlanTerms]) -> Self {
        let Holding { can, terms: Some(terms), ended: false, .. } = holding else { return Self::default() };
        let own = PlanPrice {
            amount: terms.amount,
            currency: terms.currency.clone(),
            interval: terms.cycle.interval,
            interval_count: terms.cycle.interval_count,
        };
        let plans = plans.iter().filter(|plan| plan.id != terms.plan).filter_map(|plan| {
            let price = plan.price.as_ref().filter(|price| price.currency == own.currency)?;
            Some((plan.clone(), start(*can, settings.upgrades, is_dearer(price, &own))?))
        });
        Self {
            plans: plans.collect(),
            pauses: if can.pause { settings.pauses.clone() } else { Vec::new() },
            resume: can.resume,
            renew: can.renew.then(|| terms.plan.clone()),
            code: can.discount && settings.promotion_codes,
            change_plan: can.change_plan,
        }
    }

    /// Whether a customer can do it.
    pub(super) fn has(&self, want: Want) -> bool {
        match want {
            Want::Plan => !self.plans.is_empty(),
            Want::Pause => !self.pauses.is_empty(),
            Want::Resume => self.resume,
            Want::Renew => self.renew.is_some(),
            Want::Code => self.code,
        }
    }

    /// The same, but with the next payment, where it was to be at once and can be later.
    pub(super) fn later(&self, wanted: &Wanted) -> Option<Wanted> {
        match wanted {
            Wanted::ChangePlan { plan, start: Start::Now } if self.change_plan => {
                Some(Wanted::ChangePlan { plan: plan.clone(), start: Start::NextPayment })
            }
            _ => None,
        }
    }

    /// Whether what billing was asked for before may still be done.
    pub(super) fn still_allow(&self, want: Want, choice: Option<&str>, asked: &Wanted) -> bool {
        let Ok(now) = self.wanted(want, choice) else { return false };
        now == *asked || self.later(&now).is_some_and(|later| later == *asked)
    }

    /// What billing is to be asked for.
    ///
    /// # Errors
    /// The key of a sentence for the customer: what is chosen is not there, or nothing is.
    pub(super) fn wanted(&self, want: Want, choice: Option<&str>) -> Result<Wanted, &'static str> {
        let choice = choice.map(str::trim).filter(|choice| !choice.is_empty());
        match want {
            Want::Plan => {
                let chosen = choice.ok_or("choose")?;
                let found = self.plans.iter().find(|(plan, _)| plan.id == chosen);
                let (plan, start) = found.ok_or("unknown_plan")?;
                Ok(Wanted::ChangePlan { plan: plan.id.clone(), start: *start })
            }
            Want::Pause => {
                let chosen = choice.ok_or("choose")?;
                let found = self.pauses.iter().find(|length| length_name(**length) == chosen);
                Ok(Wanted::Pause { length: *found.ok_or("choose")? })
            }
            Want::Resume => Ok(Wanted::Resume),
            Want::Renew => {
                let plan = self.renew.clone().ok_or("not_now")?;
                Ok(Wanted::Renew(Renewal { origin: Some("hub".into()), ..Renewal::of(plan) }))
            }
            Want::Code => {
                let code = choice.ok_or("missing")?;
                if code.chars().count() > LONGEST_CODE {
                    return Err("unknown_coupon");
                }
                Ok(Wanted::ApplyCode { code: code.into() })
            }
        }
    }
}

/// What a length is called in forms, such as `2_month`.
pub(super) fn length_name(length: Length) -> String {
    format!("{}_{}", length.count, length.interval.name())
}

/// When another plan begins. None: it cannot be taken now.
fn start(can: Can, upgrades: Upgrades, dearer: bool) -> Option<Start> {
    if can.switch && dearer && upgrades == Upgrades::Now {
        return Some(Start::Now);
    }
    can.change_plan.then_some(Start::NextPayment)
}

/// Whether a plan costs more a day than another. Months and years count with their mean length.
fn is_dearer(plan: &PlanPrice, than: &PlanPrice) -> bool {
    let days = |price: &PlanPrice| {
        // In 4800ths of a day: 400 years of the calendar have 146097 days.
        let unit: i128 = match price.interval {
            Interval::Day => 4800,
            Interval::Week => 7 * 4800,
            Interval::Month => 146_097,
            Interval::Year => 12 * 146_097,
        };
        unit * i128::from(price.interval_count)
    };
    i128::from(plan.amount) * days(than) > i128::from(than.amount) * days(plan)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn price(amount: i64, interval: Interval, interval_count: u32) -> PlanPrice {
        PlanPrice { amount, currency: "USD".into(), interval, interval_count }
    }

    #[test]
    fn plans_are_compared_by_what_they_cost_a_day() {
        let monthly = price(1200, Interval::Month, 1);
        assert!(!is_dearer(&price(12_000, Interval::Year, 1), &monthly));
        assert!(is_dearer(&price(14_401, Interval::Year, 1), &monthly));
        assert!(!is_dearer(&price(14_400, Interval::Year, 1), &monthly), "the same");
        assert!(is_dearer(&price(300, Interval::Week, 1), &monthly));
        assert!(!is_dearer(&price(3600, Interval::Month, 3), &monthly));
        assert!(is_dearer(&price(40, Interval::Day, 1), &monthly));
        assert!(!is_dearer(&price(0, Interval::Day, 1), &price(0, Interval::Year, 2)));
    }

    #[test]
    fn only_what_costs_more_begins_at_once_and_only_where_billing_can() {
        let both = Can { switch: true, change_plan: true, ..Can::default() };
        let later = Can { switch: false, ..both };
        assert_eq!(start(both, Upgrades::Now, true), Some(Start::Now));
        assert_eq!(start(both, Upgrades::Now, false), Some(Start::NextPayment));
        assert_eq!(start(both, Upgrades::NextPayment, true), Some(Start::NextPayment));
        assert_eq!(start(later, Upgrades::Now, true), Some(Start::NextPayment));
        assert_eq!(start(Can { change_plan: false, ..both }, Upgrades::Now, false), None);
        assert_eq!(start(Can::default(), Upgrades::Now, true), None);
    }
}
