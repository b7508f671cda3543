use std::cell::Cell;

use crate::names::Named;
use crate::{
    Answers, Cancellation, Choice, Declaration, Declared, Document, Effect, Flow, Instant, Interval, Line,
    Link, Money, Offer, OfferKind, OfferRecord, Outcome, Page, Policy, Reason, ReasonCode, Receipt, Response,
    Run, Source, State, Step, Subscription, Words,
};

/// A document cannot be read. The value names the member that is missing or of another type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Malformed(pub &'static str);

/// Reads members one after the other and remembers the first fault instead of stopping there. What is read after a fault
/// is thrown away by [`Reader::read`], so it does not matter what stands in for it. (Stopping at each member would cost
/// the widget several kilobytes of clean-up code.)
#[derive(Default)]
struct Reader {
    fault: Cell<Option<&'static str>>,
}

impl Reader {
    fn read<T>(read: impl FnOnce(&Self) -> T) -> Result<T, Malformed> {
        let reader = Self::default();
        let value = read(&reader);
        match reader.fault.get() {
            None => Ok(value),
            Some(name) => Err(Malformed(name)),
        }
    }

    /// What is there; otherwise a fault and a stand-in.
    fn need<T: Default>(&self, name: &'static str, value: Option<T>) -> T {
        value.unwrap_or_else(|| {
            self.fault.set(self.fault.get().or(Some(name)));
            T::default()
        })
    }

    #[inline(never)]
    fn text(&self, from: &impl Source, name: &'static str) -> String {
        self.need(name, from.get(name).text())
    }

    /// Absent and null are None; another type is a fault.
    #[inline(never)]
    fn maybe_text(&self, from: &impl Source, name: &'static str) -> Option<String> {
        let value = from.get(name);
        if value.is_null() { None } else { Some(self.need(name, value.text())) }
    }

    #[inline(never)]
    fn flag(&self, from: &impl Source, name: &'static str) -> bool {
        self.need(name, from.get(name).flag())
    }

    #[inline(never)]
    fn number(&self, from: &impl Source, name: &'static str) -> u32 {
        self.need(name, from.get(name).integer().and_then(|n| u32::try_from(n).ok()))
    }

    fn moment(&self, from: &impl Source, name: &'static str) -> Instant {
        Instant(self.text(from, name))
    }

    fn maybe_moment(&self, from: &impl Source, name: &'static str) -> Option<Instant> {
        self.maybe_text(from, name).map(Instant)
    }

    fn list<S: Source, T>(&self, from: &S, name: &'static str, read: impl Fn(&Self, &S) -> T) -> Vec<T> {
        let mut list = Vec::new();
        for item in &self.need(name, from.get(name).items()) {
            list.push(read(self, item));
        }
        list
    }

    fn maybe<S: Source, T>(&self, from: &S, name: &'static str, read: impl Fn(&Self, &S) -> T) -> Option<T> {
        let value = from.get(name);
        if value.is_null() { None } else { Some(read(self, &value)) }
    }

    /// One of a closed set of words. A word this version does not know is None.
    fn named<T: Named>(&self, from: &impl Source, name: &'static str) -> Option<T> {
        let word = from.get(name).text()?;
        T::NAMES.iter().find(|(known, _)| *known == word).map(|(_, value)| *value)
    }

    /// One of a closed set of words or nothing; another word is a fault.
    fn maybe_known<T: Named>(&self, from: &impl Source, name: &'static str) -> Option<T> {
        let known = self.named(from, name);
        if known.is_none() && !from.get(name).is_null() {
            self.need::<()>(name, None);
        }
        known
    }
}

/// Whether a member is there and true.
fn is(from: &impl Source, name: &'static str) -> bool {
    from.get(name).flag() == Some(true)
}

impl Document {
    /// Reads what `GET /v1/flow` answers. Members this version does not know are passed over.
    ///
    /// # Errors
    /// [`Malformed`] names the first member that is missing or of another type.
    pub fn read(from: &impl Source) -> Result<Self, Malformed> {
        Ok(Self {
            flow: Flow::read(&from.get("flow"))?,
            policy: Policy::read(&from.get("policy"))?,
            state: State::read(&from.get("state"))?,
        })
    }
}

impl Policy {
    /// Reads a policy.
    ///
    /// # Errors
    /// [`Malformed`] names the first member that is missing or of another type.
    pub fn read(from: &impl Source) -> Result<Self, Malformed> {
        Reader::read(|r| Self {
            id: r.text(from, "id"),
            max_offers: r.number(from, "max_offers"),
            survey: r.flag(from, "survey"),
            direct: is(from, "direct"),
            declares: is(from, "declares"),
            recap: is(from, "recap"),
        })
    }
}

impl Flow {
    /// Reads a flow. A reason code or interval of a newer version is read as none, an offer's kind as
    /// [`OfferKind::Other`].
    ///
    /// # Errors
    /// [`Malformed`] names the first member that is missing or of another type.
    pub fn read(from: &impl Source) -> Result<Self, Malformed> {
        Reader::read(|r| {
            let page = from.get("page");
            let words = from.get("words");
            let declaration = from.get("declaration");
            Self {
                brand: r.text(from, "brand"),
                locale: r.text(from, "locale"),
                rtl: r.flag(from, "rtl"),
                time_zone: r.text(from, "time_zone"),
                support_email: r.maybe_text(from, "support_email"),
                page: Page { action: r.text(&page, "action"), handle: r.text(&page, "handle") },
                subscription: subscription(r, &from.get("subscription")),
                reasons: r.list(from, "reasons", reason),
                feedback: r.flag(from, "feedback"),
                offers: r.list(from, "offers", offer),
                cancellation: Cancellation {
                    effective_at: r.maybe_moment(&from.get("cancellation"), "effective_at"),
                },
                declaration: Declaration {
                    name: r.maybe_text(&declaration, "name"),
                    email: r.maybe_text(&declaration, "email"),
                    ends: is(&declaration, "ends"),
                },
                words: Words::each(|key| r.text(&words, key)),
            }
        })
    }
}

fn money(r: &Reader, from: &impl Source) -> Money {
    Money { amount: r.need("amount", from.get("amount").integer()), currency: r.text(from, "currency") }
}

fn subscription(r: &Reader, from: &impl Source) -> Subscription {
    Subscription {
        plan: r.maybe_text(from, "plan"),
        price: r.maybe(from, "price", money),
        interval: r.named::<Interval>(from, "interval"),
        renews_at: r.maybe_moment(from, "renews_at"),
    }
}

fn reason(r: &Reader, from: &impl Source) -> Reason {
    Reason {
        key: r.text(from, "key"),
        label: r.text(from, "label"),
        code: r.named::<ReasonCode>(from, "code"),
        follow_up: r.maybe_text(from, "follow_up"),
        offers: r.list(from, "offers", |r, id| r.need("offers", id.text())),
    }
}

/// An offer of a newer kind can be read and declined.
fn offer(r: &Reader, from: &impl Source) -> Offer {
    Offer {
        id: r.text(from, "id"),
        claim_id: r.text(from, "claim_id"),
        kind: r.named(from, "kind").unwrap_or(OfferKind::Other),
        headline: r.text(from, "headline"),
        body: r.maybe_text(from, "body"),
        choices: r.list(from, "choices", |r, from| Choice {
            id: r.text(from, "id"),
            label: r.text(from, "label"),
            lines: r.list(from, "lines", |r, from| Line {
                text: r.text(from, "text"),
                price: r.maybe(from, "price", money),
                date: r.maybe_moment(from, "date"),
            }),
        }),
        pays: is(from, "pays"),
        link: r
            .maybe(from, "link", |r, from| Link { url: r.text(from, "url"), label: r.text(from, "label") }),
    }
}

impl State {
    /// Reads a state. A step of a newer version is read as [`Step::Confirm`], which the customer can leave both ways.
    ///
    /// # Errors
    /// [`Malformed`] names the first member that is missing or of another type.
    pub fn read(from: &impl Source) -> Result<Self, Malformed> {
        Reader::read(|r| Self { runs: r.list(from, "runs", run) })
    }
}

fn run(r: &Reader, from: &impl Source) -> Run {
    let answers = from.get("answers");
    let declared = from.get("declared");
    Run {
        seq: r.number(from, "seq"),
        step: match r.text(from, "step").as_str() {
            "survey" => Step::Survey,
            "offer" => Step::Offer { offer: r.text(from, "offer") },
            "details" => Step::Details,
            "receipt" => Step::Receipt,
            _ => Step::Confirm,
        },
        answers: Answers {
            reason: r.maybe_text(&answers, "reason"),
            follow_up: r.maybe_text(&answers, "follow_up"),
            feedback: r.maybe_text(&answers, "feedback"),
        },
        declared: Declared {
            extraordinary: is(&declared, "extraordinary"),
            cause: r.maybe_text(&declared, "cause"),
            until: r.maybe_text(&declared, "until"),
            email: r.maybe_text(&declared, "email"),
        },
        offers: r.list(from, "offers", |r, from| OfferRecord {
            id: r.text(from, "id"),
            response: r.named(from, "response").unwrap_or(Response::Shown),
            choice: r.maybe_text(from, "choice"),
        }),
        outcome: r.maybe_known::<Outcome>(from, "outcome"),
        effect: r.maybe_known::<Effect>(from, "effect"),
        receipt: r.maybe(from, "receipt", |r, from| Receipt {
            reference: r.text(from, "reference"),
            issued_at: r.moment(from, "issued_at"),
            effective_at: r.maybe_moment(from, "effective_at"),
            undo: r.flag(from, "undo"),
        }),
    }
}
