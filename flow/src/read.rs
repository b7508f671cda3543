use crate::{
    Answers, Cancellation, Discount, Document, Duration, Effect, Flow, Instant, Interval, Money, Offer,
    OfferKind, OfferRecord, Outcome, Page, Policy, Preview, Reason, ReasonCode, Receipt, Response, Run,
    Source, State, Step, Subscription, Words,
};

/// A document cannot be read. The value names the member that is missing or of another type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Malformed(pub &'static str);

type Read<T> = Result<T, Malformed>;

fn text(from: &impl Source, name: &'static str) -> Read<String> {
    from.get(name).text().ok_or(Malformed(name))
}

/// Absent and null are None; another type is an error.
fn maybe_text(from: &impl Source, name: &'static str) -> Read<Option<String>> {
    let value = from.get(name);
    if value.is_null() { Ok(None) } else { value.text().map(Some).ok_or(Malformed(name)) }
}

fn flag(from: &impl Source, name: &'static str) -> Read<bool> {
    from.get(name).flag().ok_or(Malformed(name))
}

fn number(from: &impl Source, name: &'static str) -> Read<u32> {
    from.get(name).integer().and_then(|n| u32::try_from(n).ok()).ok_or(Malformed(name))
}

fn maybe_number(from: &impl Source, name: &'static str) -> Read<Option<u32>> {
    if from.get(name).is_null() { Ok(None) } else { number(from, name).map(Some) }
}

fn list<S: Source, T>(from: &S, name: &'static str, read: impl Fn(&S) -> Read<T>) -> Read<Vec<T>> {
    from.get(name).items().ok_or(Malformed(name))?.iter().map(read).collect()
}

fn maybe<S: Source, T>(from: &S, name: &'static str, read: impl Fn(&S) -> Read<T>) -> Read<Option<T>> {
    let value = from.get(name);
    if value.is_null() { Ok(None) } else { read(&value).map(Some) }
}

fn instant(from: &impl Source, name: &'static str) -> Read<Option<Instant>> {
    Ok(maybe_text(from, name)?.map(Instant))
}

fn a_moment(from: &impl Source, name: &'static str) -> Read<Instant> {
    text(from, name).map(Instant)
}

/// One of a closed set of words. A word from a newer version is None.
fn named<T: Copy>(name: Option<String>, words: &[(&str, T)]) -> Option<T> {
    let name = name?;
    words.iter().find(|(word, _)| *word == name).map(|(_, value)| *value)
}

fn known<T: Copy>(from: &impl Source, name: &'static str, words: &[(&str, T)]) -> Read<T> {
    named(from.get(name).text(), words).ok_or(Malformed(name))
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
        Ok(Self {
            id: text(from, "id")?,
            max_offers: number(from, "max_offers")?,
            survey: flag(from, "survey")?,
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
        let page = from.get("page");
        let words = from.get("words");
        Ok(Self {
            brand: text(from, "brand")?,
            locale: text(from, "locale")?,
            rtl: flag(from, "rtl")?,
            time_zone: text(from, "time_zone")?,
            support_email: maybe_text(from, "support_email")?,
            page: Page { action: text(&page, "action")?, handle: text(&page, "handle")? },
            subscription: subscription(&from.get("subscription"))?,
            reasons: list(from, "reasons", reason)?,
            feedback: flag(from, "feedback")?,
            offers: list(from, "offers", offer)?,
            cancellation: Cancellation { effective_at: instant(&from.get("cancellation"), "effective_at")? },
            words: Words::from_pack(|key| words.get(key).text()).map_err(Malformed)?,
        })
    }
}

fn money(from: &impl Source) -> Read<Money> {
    let amount = from.get("amount").integer().ok_or(Malformed("amount"))?;
    Ok(Money { amount, currency: text(from, "currency")? })
}

fn subscription(from: &impl Source) -> Read<Subscription> {
    use Interval::{Day, Month, Week, Year};
    let interval =
        named(from.get("interval").text(), &[("day", Day), ("week", Week), ("month", Month), ("year", Year)]);
    Ok(Subscription {
        plan: maybe_text(from, "plan")?,
        price: maybe(from, "price", money)?,
        interval,
        renews_at: instant(from, "renews_at")?,
    })
}

fn reason(from: &impl Source) -> Read<Reason> {
    use ReasonCode::{
        CustomerService, LowQuality, MissingFeatures, Other, SwitchedService, TooComplex, TooExpensive,
        Unused,
    };
    let code = named(
        from.get("code").text(),
        &[
            ("customer_service", CustomerService),
            ("low_quality", LowQuality),
            ("missing_features", MissingFeatures),
            ("other", Other),
            ("switched_service", SwitchedService),
            ("too_complex", TooComplex),
            ("too_expensive", TooExpensive),
            ("unused", Unused),
        ],
    );
    Ok(Reason {
        key: text(from, "key")?,
        label: text(from, "label")?,
        code,
        follow_up: maybe_text(from, "follow_up")?,
        offers: list(from, "offers", |id| id.text().ok_or(Malformed("offers")))?,
    })
}

fn offer(from: &impl Source) -> Read<Offer> {
    let kind = match text(from, "kind")?.as_str() {
        "discount" => discount(from)?.map_or(OfferKind::Other, OfferKind::Discount),
        _ => OfferKind::Other,
    };
    Ok(Offer {
        id: text(from, "id")?,
        kind,
        headline: text(from, "headline")?,
        body: maybe_text(from, "body")?,
    })
}

/// None when it lasts in a way this version does not know.
fn discount(from: &impl Source) -> Read<Option<Discount>> {
    use Duration::{Forever, Once, Repeating};
    let lasting = [("once", Once), ("repeating", Repeating), ("forever", Forever)];
    let Some(duration) = named(from.get("duration").text(), &lasting) else { return Ok(None) };
    Ok(Some(Discount {
        percent_off: maybe_number(from, "percent_off")?,
        amount_off: maybe(from, "amount_off", money)?,
        duration,
        months: maybe_number(from, "months")?,
        preview: maybe(from, "preview", preview)?,
    }))
}

fn preview(from: &impl Source) -> Read<Preview> {
    Ok(Preview {
        price: money(&from.get("price"))?,
        at: a_moment(from, "at")?,
        returns_to: money(&from.get("returns_to"))?,
        returns_at: instant(from, "returns_at")?,
    })
}

impl State {
    /// Reads a state. A step of a newer version is read as [`Step::Confirm`], which the customer can leave both ways.
    ///
    /// # Errors
    /// [`Malformed`] names the first member that is missing or of another type.
    pub fn read(from: &impl Source) -> Result<Self, Malformed> {
        Ok(Self { runs: list(from, "runs", run)? })
    }
}

fn run(from: &impl Source) -> Read<Run> {
    let step = match text(from, "step")?.as_str() {
        "survey" => Step::Survey,
        "offer" => Step::Offer { offer: text(from, "offer")? },
        "receipt" => Step::Receipt,
        _ => Step::Confirm,
    };
    let answers = from.get("answers");
    Ok(Run {
        seq: number(from, "seq")?,
        step,
        answers: Answers {
            reason: maybe_text(&answers, "reason")?,
            follow_up: maybe_text(&answers, "follow_up")?,
            feedback: maybe_text(&answers, "feedback")?,
        },
        offers: list(from, "offers", offer_record)?,
        outcome: maybe(from, "outcome", |v| {
            use Outcome::{Aborted, Canceled, Saved};
            named(v.text(), &[("saved", Saved), ("canceled", Canceled), ("aborted", Aborted)])
                .ok_or(Malformed("outcome"))
        })?,
        effect: maybe(from, "effect", |v| {
            use Effect::{Applied, Pending, Requested};
            named(v.text(), &[("applied", Applied), ("requested", Requested), ("pending", Pending)])
                .ok_or(Malformed("effect"))
        })?,
        receipt: maybe(from, "receipt", receipt)?,
    })
}

fn offer_record(from: &impl Source) -> Read<OfferRecord> {
    use Response::{Accepted, Declined, Refused, Shown};
    let responses = [("shown", Shown), ("accepted", Accepted), ("declined", Declined), ("refused", Refused)];
    Ok(OfferRecord { id: text(from, "id")?, response: known(from, "response", &responses)? })
}

fn receipt(from: &impl Source) -> Read<Receipt> {
    Ok(Receipt {
        reference: text(from, "reference")?,
        issued_at: a_moment(from, "issued_at")?,
        effective_at: instant(from, "effective_at")?,
        undo: flag(from, "undo")?,
    })
}
