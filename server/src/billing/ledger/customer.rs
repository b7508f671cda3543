//! What the ledger shows of a customer.

use flow::Instant;
use jiff::Timestamp;
use serde::Serialize;
use sqlx::{Row as _, SqlitePool, sqlite::SqliteRow};
use utoipa::ToSchema;

use super::realm::seen_by;
use super::subscription::{self, Row};
use crate::{
    billing::{Reduction, RunningDiscount, Terms},
    clock,
    session::Environment,
    store::{Error, Store},
};

/// A customer and everything the ledger knows of them.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = LedgerCustomer)]
pub struct Customer {
    /// The ledger's own number.
    pub id: i64,
    /// The customer's id, such as `cus_8fX2`.
    pub external_id: String,
    /// Where it is of: in the sandbox `prod` too, until something is changed there.
    pub environment: Environment,
    /// The customer's id in the merchant's own system.
    pub user_id: Option<String>,
    /// E-mail address.
    pub email: Option<String>,
    /// Name.
    pub name: Option<String>,
    /// ISO 3166-1 alpha-2.
    pub country: Option<String>,
    /// ISO 3166-2 without the country.
    pub region: Option<String>,
    /// All subscriptions, oldest first.
    pub subscriptions: Vec<Subscription>,
    /// Where something is delivered.
    pub addresses: Vec<Address>,
    /// What the customer pays with, the latest last.
    pub payment_methods: Vec<PaymentMethod>,
    /// Keys of the segments the customer is in.
    pub segments: Vec<String>,
}

/// Where something is delivered.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = LedgerAddress)]
pub struct Address {
    /// The ledger's own number.
    pub id: i64,
    /// The address's id.
    pub external_id: String,
    /// Whose name is on it.
    pub name: Option<String>,
    /// Street and number.
    pub line1: Option<String>,
    /// What else is written.
    pub line2: Option<String>,
    /// Town.
    pub city: Option<String>,
    /// ISO 3166-2 without the country.
    pub region: Option<String>,
    /// Postal code.
    pub postal_code: Option<String>,
    /// ISO 3166-1 alpha-2.
    pub country: String,
}

/// What a customer pays with, without what a gateway calls it.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = LedgerPaymentMethod)]
pub struct PaymentMethod {
    /// The ledger's own number.
    pub id: i64,
    /// `stripe`, `braintree`, `vantiv`, `tap` or `cybersource`.
    pub gateway: String,
    /// What it is, such as `Visa`.
    pub name: Option<String>,
    /// Its last digits.
    pub ends_in: Option<String>,
    /// The month after which it is of no use any more.
    pub expires: Option<String>,
}

/// A subscription as it is at the moment of asking.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = LedgerSubscription)]
pub struct Subscription {
    /// The ledger's own number.
    pub id: i64,
    /// The subscription's id, such as `sub_3kQ9`.
    pub external_id: String,
    /// `active`, or `canceled` once it is over.
    pub status: &'static str,
    /// What is paid for.
    pub plan: Plan,
    /// How many of the plan.
    pub quantity: i64,
    /// Whether it goes on by itself when what is scheduled ends.
    pub auto_renew: bool,
    /// When the paid period began.
    pub current_period_start: Instant,
    /// When the paid period ends.
    pub current_period_end: Instant,
    /// When the subscription ends or ended. Null: it goes on.
    pub cancel_at: Option<Instant>,
    /// When that was decided.
    pub canceled_at: Option<Instant>,
    /// A pause that is agreed or runs: nothing is paid and nothing delivered.
    pub pause: Option<Pause>,
    /// When a trial that runs ends.
    pub trial_ends_at: Option<Instant>,
    /// A plan that was agreed, from the payment at `from` on.
    pub next_plan: Option<NextPlan>,
    /// Terms that are scheduled and have not begun, in the order in which they will.
    pub phases: Vec<ScheduledPhase>,
    /// The next payment. Null when there will be none.
    pub next_payment: Option<Payment>,
    /// Discounts that have not ended, in the order they were granted.
    pub discounts: Vec<Discount>,
}

/// A plan.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = LedgerPlan)]
pub struct Plan {
    /// The plan's id.
    pub external_id: String,
    /// The plan's name.
    pub name: String,
    /// The full price of one payment, in minor units.
    pub amount: i64,
    /// ISO 4217.
    pub currency: String,
    /// `day`, `week`, `month` or `year`.
    pub interval: &'static str,
    /// How many of them lie between two payments.
    pub interval_count: u32,
}

/// A time in which nothing is paid.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = LedgerPause)]
pub struct Pause {
    /// When what is paid for ends.
    pub from: Instant,
    /// When it goes on, with a payment.
    pub until: Instant,
}

/// A plan that was agreed.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = LedgerNextPlan)]
pub struct NextPlan {
    /// The payment it begins with.
    pub from: Instant,
    /// The plan.
    #[serde(flatten)]
    pub plan: Plan,
}

/// A term that is scheduled.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = LedgerPhase)]
pub struct ScheduledPhase {
    /// The payment it begins with.
    pub from: Instant,
    /// When it ends. Null: it goes on.
    pub until: Option<Instant>,
    /// How many of the plan.
    pub quantity: i64,
    /// The plan. `amount` is of all of it.
    #[serde(flatten)]
    pub plan: Plan,
}

/// A payment that is to come, discounts taken off.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = LedgerPayment)]
pub struct Payment {
    /// Minor units of the plan's currency.
    pub amount: i64,
    /// ISO 4217.
    pub currency: String,
    /// When it is due.
    pub at: Instant,
}

/// A discount that has not ended.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = LedgerDiscount)]
pub struct Discount {
    /// Id of the offer it came from.
    pub offer: String,
    /// Whole percent, or null.
    pub percent_off: Option<u32>,
    /// Minor units, or null.
    pub amount_off: Option<i64>,
    /// ISO 4217, with `amount_off`.
    pub currency: Option<String>,
    /// Payments at or after this moment are lower.
    pub starts_at: Instant,
    /// Payments at or after this moment are not lower any more. Null: it does not end.
    pub ends_at: Option<Instant>,
}

/// The brand's customer with this id, as an environment has it at `now`. None when there is none.
///
/// # Errors
/// When the database fails.
pub async fn customer(
    store: &Store,
    brand: &str,
    environment: Environment,
    id: &str,
    now: Timestamp,
) -> Result<Option<Customer>, Error> {
    let db = store.read();
    let row = sqlx::query(concat!(
        "SELECT * FROM ledger_customers AS c WHERE c.brand = $1 AND c.external_id = $2 AND ",
        seen_by!("$3")
    ));
    let row = row.bind(brand).bind(id).bind(environment.name());
    let Some(row) = row.fetch_optional(db).await? else { return Ok(None) };
    let number = row.try_get("id")?;
    let mut subscriptions = Vec::new();
    for row in subscription::of_customer(db, number).await? {
        let discounts = subscription::discounts(db, row.id, now).await?;
        subscriptions.push(show(row, &discounts, now));
    }
    Ok(Some(Customer {
        id: number,
        external_id: row.try_get("external_id")?,
        environment: super::realm::environment(&row)?,
        user_id: row.try_get("user_id")?,
        email: row.try_get("email")?,
        name: row.try_get("name")?,
        country: row.try_get("country")?,
        region: row.try_get("region")?,
        subscriptions,
        addresses: addresses(db, brand, id).await?,
        payment_methods: payment_methods(db, brand, environment, id).await?,
        segments: sqlx::query_scalar(
            "SELECT s.key FROM ledger_segments AS s JOIN ledger_customer_segments AS c ON c.segment_id = s.id \
             WHERE c.brand = $1 AND c.customer = $2 ORDER BY s.key",
        )
        .bind(brand)
        .bind(id)
        .fetch_all(db)
        .await?,
    }))
}

async fn addresses(db: &SqlitePool, brand: &str, customer: &str) -> sqlx::Result<Vec<Address>> {
    let rows = sqlx::query("SELECT * FROM ledger_addresses WHERE brand = $1 AND customer = $2 ORDER BY id");
    let rows = rows.bind(brand).bind(customer).fetch_all(db).await?;
    let read = |row: &SqliteRow| {
        Ok(Address {
            id: row.try_get("id")?,
            external_id: row.try_get("external_id")?,
            name: row.try_get("name")?,
            line1: row.try_get("line1")?,
            line2: row.try_get("line2")?,
            city: row.try_get("city")?,
            region: row.try_get("region")?,
            postal_code: row.try_get("postal_code")?,
            country: row.try_get("country")?,
        })
    };
    rows.iter().map(read).collect()
}

async fn payment_methods(
    db: &SqlitePool,
    brand: &str,
    environment: Environment,
    customer: &str,
) -> sqlx::Result<Vec<PaymentMethod>> {
    let rows = sqlx::query(
        "SELECT * FROM ledger_payment_methods WHERE brand = $1 AND customer = $2 AND environment IN ('prod', $3) \
         ORDER BY id",
    );
    let rows = rows.bind(brand).bind(customer).bind(environment.name()).fetch_all(db).await?;
    let read = |row: &SqliteRow| {
        Ok(PaymentMethod {
            id: row.try_get("id")?,
            gateway: row.try_get("gateway")?,
            name: row.try_get("name")?,
            ends_in: row.try_get("ends_in")?,
            expires: row.try_get("expires")?,
        })
    };
    rows.iter().map(read).collect()
}

fn show(row: Row, discounts: &[RunningDiscount], now: Timestamp) -> Subscription {
    let period = row.period_at(now);
    let last = row.phases.last();
    let auto_renew = last.map_or(period.auto_renew, |phase| phase.auto_renew);
    let phases = row.upcoming(now).cloned().map(|phase| ScheduledPhase {
        from: clock::instant(phase.from),
        until: phase.until.map(clock::instant),
        quantity: phase.quantity,
        plan: Plan::of(phase.terms),
    });
    let phases = phases.collect();
    let (start, terms) = (period.start, period.terms);
    let due = terms.current_period_end;
    let next_payment = row.next_payment(discounts, now);
    let next = row.next_plan(now).cloned();
    Subscription {
        id: row.id,
        status: if row.ended_at(now) { "canceled" } else { "active" },
        current_period_start: clock::instant(start),
        current_period_end: clock::instant(due),
        cancel_at: row.end().map(clock::instant),
        canceled_at: row.canceled_at.map(clock::instant),
        next_payment: next_payment.map(|(price, at)| Payment {
            amount: price.amount,
            currency: price.currency,
            at: clock::instant(at),
        }),
        pause: row
            .pause(now)
            .map(|pause| Pause { from: clock::instant(pause.from), until: clock::instant(pause.until) }),
        trial_ends_at: row.trial(now).map(clock::instant),
        next_plan: next.map(|next| NextPlan { from: clock::instant(next.from), plan: Plan::of(next.terms) }),
        discounts: discounts.iter().map(Discount::of).collect(),
        external_id: row.external_id,
        quantity: period.quantity,
        auto_renew,
        phases,
        plan: Plan::of(terms),
    }
}

impl Plan {
    fn of(terms: Terms) -> Self {
        Self {
            external_id: terms.plan,
            name: terms.plan_name,
            amount: terms.amount,
            currency: terms.currency,
            interval: terms.cycle.interval.name(),
            interval_count: terms.cycle.interval_count,
        }
    }
}

impl Discount {
    fn of(running: &RunningDiscount) -> Self {
        let (percent_off, amount_off, currency) = match &running.off {
            Reduction::Percent(percent) => (Some(*percent), None, None),
            Reduction::Amount { amount, currency } => (None, Some(*amount), Some(currency.clone())),
        };
        Self {
            offer: running.offer.clone(),
            percent_off,
            amount_off,
            currency,
            starts_at: clock::instant(running.starts_at),
            ends_at: running.ends_at.map(clock::instant),
        }
    }
}
