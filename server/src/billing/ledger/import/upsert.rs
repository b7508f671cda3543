use jiff::{SignedDuration, Timestamp, tz::TimeZone};

use super::segment::{self, Of};
use super::{Customer, Import, ImportError, Imported, Interval, ManagedBy, Plan, Status, Subscription};
use crate::{
    billing::{
        Cycle,
        ledger::{
            book,
            execute::record,
            realm::Realm,
            subscription::{self, Row},
        },
    },
    clock,
    session::Environment,
    store::Tx,
};

/// How long ago the period of a subscription began whose dates nobody gave.
const BEGAN: SignedDuration = SignedDuration::from_hours(10 * 24);

pub(super) async fn all(
    tx: &mut Tx,
    brand: &str,
    import: &Import,
    now: Timestamp,
) -> Result<Imported, ImportError> {
    let mut imported = Imported { plans: import.plans.len(), ..Imported::default() };
    for one in &import.segments {
        segment::write(tx, brand, one).await?;
    }
    for (n, plan) in import.plans.iter().enumerate() {
        book_before(tx, brand, plan, now).await?;
        let id = write_plan(tx, brand, plan).await?;
        segment::set(tx, brand, Of::Plan(id), &plan.segments, &format!("plans[{n}]")).await?;
    }
    for (n, coupon) in import.coupons.iter().enumerate() {
        coupon.write(tx, brand, &format!("coupons[{n}]")).await?;
    }
    for (n, customer) in import.customers.iter().enumerate() {
        let at = format!("customers[{n}]");
        let id = write_customer(tx, brand, customer, &at).await?;
        imported.customers += 1;
        if let Some(keys) = &customer.segments {
            segment::set_of_customer(tx, brand, &customer.external_id, keys, &at).await?;
        }
        for (n, address) in customer.addresses.iter().enumerate() {
            address.write(tx, brand, &customer.external_id, &format!("{at}.addresses[{n}]")).await?;
        }
        for method in &customer.payment_methods {
            method.write(tx, brand, &customer.external_id, now).await?;
        }
        for (n, subscription) in customer.subscriptions.iter().enumerate() {
            let at = format!("{at}.subscriptions[{n}]");
            write_subscription(tx, brand, id, subscription, &at, now).await?;
            imported.subscriptions += 1;
        }
    }
    Ok(imported)
}

/// Books what was charged at a plan's old price, where the file has another: what was charged stays charged.
async fn book_before(tx: &mut Tx, brand: &str, plan: &Plan, now: Timestamp) -> Result<(), ImportError> {
    let changed: Option<i64> = sqlx::query_scalar(
        "SELECT id FROM ledger_plans WHERE brand = $1 AND external_id = $2 \
         AND (amount <> $3 OR currency <> $4 OR interval <> $5 OR interval_count <> $6 OR auto_renew <> $7)",
    )
    .bind(brand)
    .bind(&plan.external_id)
    .bind(plan.amount)
    .bind(&plan.currency)
    .bind(plan.interval.name())
    .bind(plan.interval_count)
    .bind(plan.auto_renew)
    .fetch_optional(&mut *tx)
    .await?;
    let Some(id) = changed else { return Ok(()) };
    for environment in [Environment::Prod, Environment::Sandbox] {
        let billed: Vec<String> = sqlx::query_scalar(
            "SELECT external_id FROM ledger_subscriptions AS s WHERE s.environment = $2 AND (s.plan_id = $1 \
             OR EXISTS (SELECT 1 FROM ledger_phases AS f WHERE f.subscription_id = s.id AND f.plan_id = $1)) ORDER BY s.id",
        )
        .bind(id)
        .bind(environment.name())
        .fetch_all(&mut *tx)
        .await?;
        let realm = Realm { brand: brand.into(), environment };
        for subscription in billed {
            if let Some(row) = subscription::named(&mut *tx, &realm, &subscription).await? {
                book::settle(tx, &realm, row, now).await?;
            }
        }
    }
    Ok(())
}

async fn write_plan(tx: &mut Tx, brand: &str, plan: &Plan) -> Result<i64, ImportError> {
    let id = sqlx::query_scalar(
        "INSERT INTO ledger_plans (brand, external_id, name, amount, currency, interval, interval_count, auto_renew, \
         needs_address, countries) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (brand, external_id) DO UPDATE SET name = excluded.name, \
         amount = excluded.amount, currency = excluded.currency, interval = excluded.interval, \
         interval_count = excluded.interval_count, auto_renew = excluded.auto_renew, \
         needs_address = excluded.needs_address, countries = excluded.countries RETURNING id",
    )
    .bind(brand)
    .bind(&plan.external_id)
    .bind(&plan.name)
    .bind(plan.amount)
    .bind(&plan.currency)
    .bind(plan.interval.name())
    .bind(plan.interval_count)
    .bind(plan.auto_renew)
    .bind(plan.needs_address)
    .bind(plan.countries.as_ref().map(|codes| codes.join(" ")))
    .fetch_one(tx)
    .await?;
    Ok(id)
}

async fn write_customer(tx: &mut Tx, brand: &str, customer: &Customer, at: &str) -> Result<i64, ImportError> {
    let place = customer.place(at)?;
    // A place is taken as a whole: a new country does not keep the old one's region.
    let (id,) = sqlx::query_as(
        "INSERT INTO ledger_customers (brand, external_id, user_id, email, name, country, region) \
         VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (brand, external_id, environment) DO UPDATE SET \
         user_id = COALESCE(excluded.user_id, ledger_customers.user_id), \
         email = COALESCE(excluded.email, ledger_customers.email), \
         name = COALESCE(excluded.name, ledger_customers.name), \
         country = COALESCE(excluded.country, ledger_customers.country), \
         region = CASE WHEN excluded.country IS NULL THEN ledger_customers.region ELSE excluded.region END \
         RETURNING id",
    )
    .bind(brand)
    .bind(&customer.external_id)
    .bind(&customer.user_id)
    .bind(customer.email.as_deref().map(str::trim))
    .bind(&customer.name)
    .bind(place.as_ref().map(|place| place.country.as_str()))
    .bind(place.as_ref().and_then(|place| place.region.as_deref()))
    .fetch_one(tx)
    .await?;
    Ok(id)
}

async fn write_subscription(
    tx: &mut Tx,
    brand: &str,
    customer: i64,
    given: &Subscription,
    at: &str,
    now: Timestamp,
) -> Result<(), ImportError> {
    let plan: Option<(i64, String, u32)> = sqlx::query_as(
        "SELECT id, interval, interval_count FROM ledger_plans WHERE brand = $1 AND external_id = $2",
    )
    .bind(brand)
    .bind(&given.plan)
    .fetch_optional(&mut *tx)
    .await?;
    let Some((plan, interval, interval_count)) = plan else {
        return Err(ImportError::wrong(format!("{at}.plan"), format!("no plan \"{}\"", given.plan)));
    };
    let interval = Interval::named(&interval)
        .ok_or_else(|| ImportError::wrong(format!("{at}.plan"), "its interval is unknown"))?;
    let period = Period::of(given, Cycle { interval, interval_count, anchor_day: 1 }, at, now)?;
    let began = given.began(at)?;
    match subscription::named(&mut *tx, &prod(brand), &given.external_id).await? {
        Some(row) if row.customer_id != customer => {
            let message = format!("\"{}\" is the subscription of another customer", given.external_id);
            Err(ImportError::wrong(format!("{at}.external_id"), message))
        }
        Some(row) => {
            // What was charged by now is not changed by what a file says.
            let row = book::settle(tx, &prod(brand), row, now).await?;
            if given.current_period_start.is_some() || given.current_period_end.is_some() {
                period.write(tx, row.id).await?;
            }
            sqlx::query(
                "UPDATE ledger_subscriptions SET plan_id = $1, created_at = $2, \
                 trial_ends_at = CASE WHEN $3 THEN current_period_end ELSE trial_ends_at END, \
                 quantity = COALESCE($5, quantity), managed_by = COALESCE($6, managed_by), \
                 payment_pending = COALESCE($7, payment_pending) WHERE id = $4",
            )
            .bind(plan)
            .bind(clock::text(began.unwrap_or(row.created_at)))
            .bind(given.trial)
            .bind(row.id)
            .bind(given.quantity)
            .bind(given.managed_by.map(ManagedBy::name))
            .bind(given.payment_pending)
            .execute(&mut *tx)
            .await?;
            write_status(tx, &row, given.status, now).await
        }
        None => {
            let ended = given.status == Some(Status::Canceled);
            sqlx::query(
                "INSERT INTO ledger_subscriptions (brand, external_id, customer_id, plan_id, status, current_period_start, \
                 current_period_end, anchor_day, cancel_at, canceled_at, created_at, trial_ends_at, quantity, managed_by, \
                 payment_pending) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9, $10, $11, $12, $13, $14)",
            )
            .bind(brand)
            .bind(&given.external_id)
            .bind(customer)
            .bind(plan)
            .bind(if ended { "canceled" } else { "active" })
            .bind(clock::text(period.start))
            .bind(clock::text(period.end))
            .bind(period.anchor_day)
            .bind(ended.then(|| clock::text(now)))
            .bind(clock::text(began.unwrap_or(now)))
            .bind(given.trial.then(|| clock::text(period.end)))
            .bind(given.quantity.unwrap_or(1))
            .bind(given.managed_by.map(ManagedBy::name))
            .bind(given.payment_pending.unwrap_or_default())
            .execute(tx)
            .await?;
            Ok(())
        }
    }
}

/// Makes a subscription's status what the file says, if it is another. That is an operation like any other.
async fn write_status(
    tx: &mut Tx,
    row: &Row,
    status: Option<Status>,
    now: Timestamp,
) -> Result<(), ImportError> {
    let ended = match status {
        Some(status) if (status == Status::Canceled) != row.ended_at(now) => status == Status::Canceled,
        _ => return Ok(()),
    };
    sqlx::query(
        "UPDATE ledger_subscriptions SET status = $1, cancel_at = $2, canceled_at = $2 WHERE id = $3",
    )
    .bind(if ended { "canceled" } else { "active" })
    .bind(ended.then(|| clock::text(now)))
    .bind(row.id)
    .execute(&mut *tx)
    .await?;
    record(tx, &format!("import:{}", uuid::Uuid::new_v4()), "import", row.id, now).await?;
    Ok(())
}

/// What is imported counts.
fn prod(brand: &str) -> Realm {
    Realm { brand: brand.into(), environment: Environment::Prod }
}

/// A paid period, and the day of the month that payments keep.
struct Period {
    start: Timestamp,
    end: Timestamp,
    anchor_day: i8,
}

impl Period {
    fn of(given: &Subscription, mut cycle: Cycle, at: &str, now: Timestamp) -> Result<Self, ImportError> {
        let (start, end) = given.period(at)?;
        let day = |moment: Timestamp| moment.to_zoned(TimeZone::UTC).day();
        let beyond =
            || ImportError::wrong(format!("{at}.current_period_end"), "the period ends beyond the calendar");
        let (start, end) = match (start, end) {
            (Some(start), Some(end)) => (start, end),
            (None, Some(end)) => {
                cycle.anchor_day = day(end);
                (cycle.before(end).ok_or_else(beyond)?, end)
            }
            (start, None) => {
                let start = start.unwrap_or_else(|| now.saturating_sub(BEGAN).unwrap_or(now));
                cycle.anchor_day = day(start);
                (start, cycle.after(start, 1).ok_or_else(beyond)?)
            }
        };
        // One end of a period may have fallen on the last day of a short month; the other then shows the day that is meant.
        Ok(Self { start, end, anchor_day: day(start).max(day(end)) })
    }

    async fn write(&self, tx: &mut Tx, subscription: i64) -> Result<(), ImportError> {
        sqlx::query(
            "UPDATE ledger_subscriptions SET current_period_start = $1, current_period_end = $2, anchor_day = $3 WHERE id = $4",
        )
        .bind(clock::text(self.start))
        .bind(clock::text(self.end))
        .bind(self.anchor_day)
        .bind(subscription)
        .execute(tx)
        .await?;
        Ok(())
    }
}
