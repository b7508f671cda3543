//! A term that is scheduled: another plan, or the same again, from a payment on.

use jiff::Timestamp;
use serde::Deserialize;

use super::malformed;
use crate::billing::{Cycle, Interval, Terms};
use crate::clock;

/// A term that is scheduled, or has begun and is not yet what the row says.
#[derive(Clone, Debug)]
pub(super) struct Phase {
    /// The payment it begins with.
    pub from: Timestamp,
    /// When it ends. None: it goes on, as a subscription does.
    pub until: Option<Timestamp>,
    /// Its plan, with the period that begins then.
    pub terms: Terms,
    /// Whether its plan goes on by itself behind its end.
    pub auto_renew: bool,
    /// How many of the plan.
    pub quantity: i64,
}

/// The phases of the subscription `s`, as a text of JSON.
macro_rules! phases {
    () => {
        "(SELECT json_group_array(json_object('from', f.starts_at, 'until', f.ends_at, 'anchor_day', f.anchor_day, \
         'quantity', f.quantity, 'plan', fp.external_id, 'name', fp.name, 'amount', fp.amount, 'currency', fp.currency, \
         'interval', fp.interval, 'interval_count', fp.interval_count, 'auto_renew', fp.auto_renew)) \
         FROM ledger_phases AS f JOIN ledger_plans AS fp ON fp.id = f.plan_id WHERE f.subscription_id = s.id)"
    };
}
pub(super) use phases;

#[derive(Deserialize)]
struct Stored {
    from: String,
    until: Option<String>,
    anchor_day: i8,
    quantity: i64,
    plan: String,
    name: String,
    amount: i64,
    currency: String,
    interval: Interval,
    interval_count: u32,
    auto_renew: u8,
}

/// Reads what [`phases!`] gives: in the order in which they begin.
pub(super) fn read(json: &str) -> sqlx::Result<Vec<Phase>> {
    let stored: Vec<Stored> = serde_json::from_str(json).map_err(|error| malformed("phases", error))?;
    let mut phases = stored.into_iter().map(Phase::of).collect::<sqlx::Result<Vec<_>>>()?;
    phases.sort_by_key(|phase| phase.from);
    Ok(phases)
}

impl Phase {
    fn of(stored: Stored) -> sqlx::Result<Self> {
        let moment = |text: &str| clock::parse(text).map_err(|error| malformed("phases", error));
        let from = moment(&stored.from)?;
        let cycle = Cycle {
            interval: stored.interval,
            interval_count: stored.interval_count,
            anchor_day: stored.anchor_day,
        };
        let beyond = || malformed("phases", "a period ends beyond the calendar");
        Ok(Self {
            from,
            until: stored.until.as_deref().map(moment).transpose()?,
            auto_renew: stored.auto_renew != 0,
            quantity: stored.quantity,
            terms: Terms {
                plan: stored.plan,
                plan_name: stored.name,
                amount: stored.amount.checked_mul(stored.quantity).ok_or_else(beyond)?,
                currency: stored.currency,
                cycle,
                current_period_end: cycle.after(from, 1).ok_or_else(beyond)?,
            },
        })
    }
}
