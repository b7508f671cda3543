//! Whose rows a ledger reads and changes: one brand's, in one environment.

use sqlx::{Row as _, sqlite::SqliteRow};

use super::malformed;
use crate::session::Environment;
use crate::store::Tx;

/// A brand's rows in one environment.
///
/// The sandbox sees the customers of prod, until something is changed there: then it has a copy of that customer, with all
/// subscriptions and discounts, and sees the copy instead. Nothing that is tried out ever changes a row of prod. Plans are of both.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Realm {
    /// The brand's slug.
    pub brand: String,
    /// Whether it counts.
    pub environment: Environment,
}

/// The condition that a customer `c` is seen in the environment of this parameter.
macro_rules! seen_by {
    ($environment:literal) => {
        concat!(
            "(c.environment = ",
            $environment,
            " OR (",
            $environment,
            " = 'sandbox' AND NOT EXISTS (SELECT 1 FROM ledger_customers AS copy WHERE copy.brand = c.brand \
             AND copy.external_id = c.external_id AND copy.environment = 'sandbox')))"
        )
    };
}
pub(super) use seen_by;

/// The environment of a row.
pub(super) fn environment(row: &SqliteRow) -> sqlx::Result<Environment> {
    let name: &str = row.try_get("environment")?;
    Environment::named(name).ok_or_else(|| malformed("environment", name))
}

/// The copies of the subscriptions `s` of the customer $1.
macro_rules! copies {
    () => {
        "JOIN ledger_subscriptions AS copy ON copy.brand = s.brand AND copy.external_id = s.external_id \
         AND copy.environment = 'sandbox' WHERE s.customer_id = $1"
    };
}

/// Copies a customer of prod into the sandbox, with everything they have.
pub(super) async fn copy(tx: &mut Tx, customer: i64) -> sqlx::Result<()> {
    for sql in [
        "INSERT INTO ledger_customers (brand, environment, external_id, user_id, email, name, country, region) \
         SELECT brand, 'sandbox', external_id, user_id, email, name, country, region FROM ledger_customers WHERE id = $1",
        "INSERT INTO ledger_subscriptions (brand, environment, external_id, customer_id, plan_id, status, \
         current_period_start, current_period_end, anchor_day, cancel_at, canceled_at, created_at, paused_from, paused_until, \
         trial_ends_at, quantity, managed_by, payment_pending, booked_until) SELECT s.brand, 'sandbox', s.external_id, copy.id, s.plan_id, s.status, \
         s.current_period_start, s.current_period_end, s.anchor_day, s.cancel_at, s.canceled_at, s.created_at, s.paused_from, \
         s.paused_until, s.trial_ends_at, s.quantity, s.managed_by, s.payment_pending, s.booked_until FROM ledger_subscriptions AS s \
         JOIN ledger_customers AS c ON c.id = s.customer_id JOIN ledger_customers AS copy ON copy.brand = c.brand \
         AND copy.external_id = c.external_id AND copy.environment = 'sandbox' WHERE c.id = $1 ORDER BY s.id",
        concat!(
            "INSERT INTO ledger_phases (subscription_id, plan_id, quantity, starts_at, ends_at, anchor_day, campaign_id, \
             address_id, payment_method_id, origin, language, created_at, operation) SELECT copy.id, f.plan_id, f.quantity, \
             f.starts_at, f.ends_at, f.anchor_day, f.campaign_id, f.address_id, f.payment_method_id, f.origin, f.language, \
             f.created_at, 'sandbox:' || f.operation FROM ledger_phases AS f JOIN ledger_subscriptions AS s \
             ON s.id = f.subscription_id ",
            copies!(),
            " ORDER BY f.id"
        ),
        concat!(
            "INSERT INTO ledger_discounts (subscription_id, offer, percent_off, amount_off, currency, duration, months, \
             starts_at, ends_at, created_at, operation, coupon_id, phase_id) SELECT copy.id, d.offer, d.percent_off, \
             d.amount_off, d.currency, d.duration, d.months, d.starts_at, d.ends_at, d.created_at, 'sandbox:' || d.operation, \
             d.coupon_id, (SELECT mine.id FROM ledger_phases AS mine JOIN ledger_phases AS theirs \
             ON theirs.id = d.phase_id AND theirs.starts_at = mine.starts_at WHERE mine.subscription_id = copy.id) \
             FROM ledger_discounts AS d JOIN ledger_subscriptions AS s ON s.id = d.subscription_id ",
            copies!(),
            " ORDER BY d.id"
        ),
        concat!(
            "INSERT INTO ledger_invoices (subscription_id, number, at, plan, total, credit, currency, period_end) \
             SELECT copy.id, 'T' || i.number, i.at, i.plan, i.total, i.credit, i.currency, i.period_end \
             FROM ledger_invoices AS i JOIN ledger_subscriptions AS s ON s.id = i.subscription_id ",
            copies!(),
            " ORDER BY i.id"
        ),
    ] {
        sqlx::query(sql).bind(customer).execute(&mut *tx).await?;
    }
    Ok(())
}

/// Forgets everything the sandbox has of a brand, so that it sees prod again. Gives how many customers that were.
pub(super) async fn reset(tx: &mut Tx, brand: &str) -> sqlx::Result<u64> {
    const SUBSCRIPTIONS: &str =
        "(SELECT id FROM ledger_subscriptions WHERE brand = $1 AND environment = 'sandbox')";
    for sql in [
        format!("DELETE FROM ledger_invoices WHERE subscription_id IN {SUBSCRIPTIONS}"),
        format!("DELETE FROM ledger_discounts WHERE subscription_id IN {SUBSCRIPTIONS}"),
        format!("DELETE FROM ledger_phases WHERE subscription_id IN {SUBSCRIPTIONS}"),
        format!("DELETE FROM ledger_operations WHERE subscription_id IN {SUBSCRIPTIONS}"),
        "DELETE FROM ledger_subscriptions WHERE brand = $1 AND environment = 'sandbox'".into(),
        "DELETE FROM ledger_payment_methods WHERE brand = $1 AND environment = 'sandbox'".into(),
        "DELETE FROM ledger_campaigns WHERE brand = $1 AND environment = 'sandbox'".into(),
    ] {
        sqlx::query(sqlx::AssertSqlSafe(sql)).bind(brand).execute(&mut *tx).await?;
    }
    let gone = sqlx::query("DELETE FROM ledger_customers WHERE brand = $1 AND environment = 'sandbox'");
    Ok(gone.bind(brand).execute(tx).await?.rows_affected())
}
