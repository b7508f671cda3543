//! A subscription that is lived through, payment by payment.

use farewell_server::billing::Start;

use super::Event;
use super::calendar::{day_of, later, months_later};

pub struct Plan {
    pub id: &'static str,
    pub amount: i64,
    pub unit: &'static str,
    pub count: i64,
    pub goes_on: bool,
}

const fn plan(id: &'static str, amount: i64, unit: &'static str, count: i64, goes_on: bool) -> Plan {
    Plan { id, amount, unit, count, goes_on }
}

pub const PLANS: [Plan; 6] = [
    plan("monthly", 1250, "month", 1, true),
    plan("plus", 2999, "month", 1, true),
    plan("yearly", 9901, "year", 1, true),
    plan("weekly", 333, "week", 1, true),
    plan("quarter", 3001, "month", 3, false),
    plan("fortnight", 777, "day", 14, false),
];

/// Percent, and for how many months: none is the first payment, and a hundred years for ever.
const CODES: [(i64, Option<i64>); 3] = [(50, None), (33, Some(3)), (10, Some(1200))];

#[derive(Clone, Debug)]
struct Discount {
    code: usize,
    from: i64,
    until: Option<i64>,
}

#[derive(Clone, Debug)]
struct Phase {
    plan: usize,
    quantity: i64,
    from: i64,
    /// None: for good.
    until: Option<i64>,
    anchor: i64,
    /// The code it came with.
    code: Option<usize>,
}

#[derive(Debug)]
pub struct Model {
    now: i64,
    plan: usize,
    quantity: i64,
    start: i64,
    end: i64,
    anchor: i64,
    /// From, until, and the day payments fell on before.
    pause: Option<(i64, i64, i64)>,
    cancel_at: Option<i64>,
    over: bool,
    phases: Vec<Phase>,
    discounts: Vec<Discount>,
    /// When, and how much.
    pub charged: Vec<(i64, i64)>,
}

impl Model {
    pub fn begin(start: i64, plan: usize) -> Self {
        let anchor = day_of(start);
        let end = later(start, PLANS[plan].unit, PLANS[plan].count, anchor);
        let mut model = Self {
            now: start,
            plan,
            quantity: 1,
            start,
            end,
            // Of the two ends of a period, the one in a longer month shows the day that is meant.
            anchor: anchor.max(day_of(end)),
            pause: None,
            cancel_at: None,
            over: false,
            phases: Vec::new(),
            discounts: Vec::new(),
            charged: Vec::new(),
        };
        model.charge(start, model.value(plan, 1, start));
        model
    }

    pub fn end(&self) -> i64 {
        self.end
    }

    pub fn plan(&self) -> &'static str {
        PLANS[self.plan].id
    }

    pub fn ended(&self) -> bool {
        self.over
    }

    /// The price of a payment, every code that covers it taken off.
    fn value(&self, plan: usize, quantity: i64, at: i64) -> i64 {
        let covering =
            self.discounts.iter().filter(|one| one.from <= at && one.until.is_none_or(|end| at < end));
        covering.fold(PLANS[plan].amount * quantity, |price, one| {
            let hundredths = price * CODES[one.code].0;
            price - (hundredths / 100 + i64::from(hundredths % 100 >= 50))
        })
    }

    fn charge(&mut self, at: i64, amount: i64) {
        self.charged.push((at, amount));
    }

    /// Lets time pass.
    pub fn tick(&mut self, to: i64) {
        while !self.over {
            let stop = self.ends_at().filter(|end| *end <= self.end);
            if let Some(stop) = stop {
                if stop > to {
                    break;
                }
                self.over = true;
                break;
            }
            if self.end > to {
                break;
            }
            let at = self.end;
            if self.phases.first().is_some_and(|phase| phase.from == at) {
                let phase = self.phases.remove(0);
                (self.plan, self.quantity, self.anchor) = (phase.plan, phase.quantity, phase.anchor);
            }
            let plan = &PLANS[self.plan];
            self.start = at;
            self.end = later(at, plan.unit, plan.count, self.anchor);
            let price = self.value(self.plan, self.quantity, at);
            self.charge(at, price);
        }
        self.now = to;
    }

    /// When it ends: as was decided, or by itself.
    pub fn ends_at(&self) -> Option<i64> {
        self.cancel_at.or_else(|| match self.phases.last() {
            Some(last) if PLANS[last.plan].goes_on => None,
            Some(last) => Some(last.until.unwrap_or_else(|| self.first_end(last))),
            None if PLANS[self.plan].goes_on => None,
            None => Some(self.end),
        })
    }

    fn first_end(&self, phase: &Phase) -> i64 {
        later(phase.from, PLANS[phase.plan].unit, PLANS[phase.plan].count, phase.anchor)
    }

    pub fn next_payment(&self) -> Option<(i64, i64)> {
        if self.over || self.ends_at().is_some_and(|end| end <= self.end) {
            return None;
        }
        let (plan, quantity) =
            self.phases.first().map_or((self.plan, self.quantity), |phase| (phase.plan, phase.quantity));
        Some((self.end, self.value(plan, quantity, self.end)))
    }

    fn paused(&self) -> bool {
        self.pause.is_some_and(|(_, until, _)| self.now < until)
    }

    /// Those that have not ended.
    fn running(&self) -> impl Iterator<Item = &Discount> {
        self.discounts.iter().filter(|one| one.until.is_none_or(|end| self.now < end))
    }

    /// Whether a code was used before, unless it came with a term that is replaced.
    fn taken(&self, code: usize, replace: bool) -> bool {
        let goes = |one: &Discount| {
            replace && one.from >= self.end && self.phases.iter().any(|phase| phase.code == Some(one.code))
        };
        self.discounts.iter().any(|one| one.code == code && !goes(one))
    }

    fn day_for(&self, unit: &str, anchor: i64, start: i64) -> i64 {
        if matches!(unit, "day" | "week") { day_of(start) } else { anchor }
    }

    /// Until when a code lowers payments that begin at a moment. The period that begins then is of this plan, with this anchor.
    fn covers(code: usize, plan: usize, anchor: i64, start: i64) -> Option<i64> {
        let plan = &PLANS[plan];
        let next = |from| later(from, plan.unit, plan.count, anchor);
        match CODES[code].1 {
            None => Some(next(start)),
            Some(1200) => None,
            Some(months) => {
                // The first payment that is not earlier than so many months after the first; on the day payments fall on.
                let day = if matches!(plan.unit, "day" | "week") { day_of(start) } else { anchor };
                let end = months_later(start, months, day);
                let mut payment = start;
                let mut count = 0;
                while payment < end {
                    count += 1;
                    payment = later(start, plan.unit, plan.count * count, anchor);
                }
                Some(payment)
            }
        }
    }

    /// Does what an event says. None: it cannot be done. Otherwise what is to be paid at once.
    pub fn happen(&mut self, event: &Event) -> Option<Option<i64>> {
        let open = !self.over && self.cancel_at.is_none();
        let settled = open && !self.paused() && self.phases.is_empty();
        let goes_on = settled && PLANS[self.plan].goes_on;
        match event {
            Event::Wait(_) => None,
            Event::Pause(months) if goes_on => {
                let from = self.end;
                let until = months_later(from, i64::from(*months), day_of(from));
                self.pause = Some((from, until, self.anchor));
                (self.end, self.anchor) = (until, day_of(until));
                Some(None)
            }
            Event::Resume if open && self.paused() => {
                let (from, until, before) = self.pause.take()?;
                let running = from <= self.now;
                let payment = if running { self.now } else { from };
                for discount in self.discounts.iter_mut().filter(|one| one.from == until) {
                    discount.from = payment;
                    discount.until = discount.until.map(|end| end - (until - payment));
                }
                if !running {
                    (self.end, self.anchor) = (from, before);
                    return Some(None);
                }
                self.anchor = day_of(payment);
                (self.start, self.end) =
                    (payment, later(payment, PLANS[self.plan].unit, PLANS[self.plan].count, self.anchor));
                let due = self.value(self.plan, self.quantity, payment);
                self.charge(payment, due);
                Some(Some(due))
            }
            Event::ChangePlan(plan, Start::NextPayment) if goes_on && *plan != self.plan => {
                let anchor = self.day_for(PLANS[self.plan].unit, self.anchor, self.end);
                let quantity = self.quantity;
                self.phases.push(Phase {
                    plan: *plan,
                    quantity,
                    from: self.end,
                    until: None,
                    anchor,
                    code: None,
                });
                Some(None)
            }
            Event::ChangePlan(plan, Start::Now)
                if goes_on && *plan != self.plan && self.running().next().is_none() =>
            {
                let paid = self.value(self.plan, self.quantity, self.start);
                let (whole, left) = (self.end - self.start, self.end - self.now);
                // To the nearest minor unit, halves up: in numbers that cannot overflow.
                let exact = i128::from(paid) * i128::from(left);
                let mut credit = exact / i128::from(whole);
                if (exact % i128::from(whole)) * 2 >= i128::from(whole) {
                    credit += 1;
                }
                let price = self.value(*plan, self.quantity, self.now);
                let due = price - i64::try_from(credit).unwrap();
                if due < 0 {
                    return None;
                }
                (self.plan, self.start, self.anchor) = (*plan, self.now, day_of(self.now));
                self.end = later(self.now, PLANS[*plan].unit, PLANS[*plan].count, self.anchor);
                self.charge(self.now, due);
                Some(Some(due))
            }
            Event::Renew { plan, quantity, code, replace } if !self.over && !self.paused() => {
                if !replace && self.phases.len() + 2 > 10 {
                    return None;
                }
                if code.is_some_and(|code| self.taken(code, *replace)) {
                    return None;
                }
                if *replace {
                    let gone: Vec<usize> = self.phases.drain(..).filter_map(|phase| phase.code).collect();
                    // A code that came with a term that has not begun goes with it.
                    let end = self.end;
                    self.discounts.retain(|one| !(gone.contains(&one.code) && one.from >= end));
                }
                let (from, unit, anchor) = match self.phases.last() {
                    Some(last) => (
                        last.until.unwrap_or_else(|| self.first_end(last)),
                        PLANS[last.plan].unit,
                        last.anchor,
                    ),
                    None => (self.end, PLANS[self.plan].unit, self.anchor),
                };
                if let Some(last) = self.phases.last_mut() {
                    last.until = Some(from);
                }
                let anchor = self.day_for(unit, anchor, from);
                let until = Some(later(from, PLANS[*plan].unit, PLANS[*plan].count, anchor));
                let quantity = i64::from(*quantity);
                self.phases.push(Phase { plan: *plan, quantity, from, until, anchor, code: *code });
                if let Some(code) = *code {
                    let until = Self::covers(code, *plan, anchor, from);
                    self.discounts.push(Discount { code, from, until });
                }
                self.cancel_at = None;
                Some(None)
            }
            Event::Code(code) => {
                let can = open && PLANS[self.plan].goes_on && self.phases.is_empty();
                if !can || self.taken(*code, false) {
                    return None;
                }
                let until = Self::covers(*code, self.plan, self.anchor, self.end);
                self.discounts.push(Discount { code: *code, from: self.end, until });
                Some(None)
            }
            Event::Cancel => {
                if self.over || self.cancel_at.is_some() {
                    // There is nothing to cancel: asked again, it changes nothing.
                    return Some(None);
                }
                let end =
                    self.pause.filter(|(_, until, _)| *until == self.end).map_or(self.end, |(from, ..)| from);
                // In a pause nothing is delivered any more, so that it ends at once.
                self.cancel_at = Some(end);
                self.over = end <= self.now;
                Some(None)
            }
            Event::CancelNow => {
                if !self.over {
                    self.cancel_at = Some(self.cancel_at.map_or(self.now, |end| end.min(self.now)));
                    self.over = true;
                }
                Some(None)
            }
            Event::Undo if !self.over => {
                self.cancel_at = None;
                Some(None)
            }
            _ => None,
        }
    }
}
