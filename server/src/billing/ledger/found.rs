//! Customers with everything they have, read by one statement: all of it is of one moment, and asked for once.

use jiff::Timestamp;
use sqlx::{FromRow as _, Row as _, SqlitePool, sqlite::SqliteRow};

use super::realm::{Realm, seen_by};
use super::subscription::{self, Row};
use crate::{
    billing::{Customer, Lookup, RunningDiscount},
    place::Place,
};

/// A customer's row, and those of what they have.
pub(super) struct Found {
    id: i64,
    pub customer: Customer,
    /// Whether the id that was looked for is theirs.
    pub by_id: bool,
    /// Whether the e-mail address that was looked for is theirs.
    pub by_email: bool,
    /// All subscriptions, oldest first, each with the discounts that have not ended, in the order they were granted.
    pub subscriptions: Vec<(Row, Vec<RunningDiscount>)>,
}

/// A row for every discount; at least one for every subscription, and at least one for every customer.
macro_rules! select {
    ($who:expr) => {
        concat!(
            "SELECT ",
            subscription::columns!(),
            ", c.user_id, c.email, c.name AS customer_name, c.country, c.region, c.external_id = $2 AS by_id, \
             lower(c.email) = $3 AS by_email, d.id AS discount, d.offer, d.percent_off, d.amount_off, \
             d.currency AS off_currency, d.starts_at, d.ends_at FROM ledger_customers AS c \
             LEFT JOIN ledger_subscriptions AS s ON s.customer_id = c.id LEFT JOIN ledger_plans AS p ON p.id = s.plan_id \
             LEFT JOIN ledger_discounts AS d ON d.subscription_id = s.id WHERE c.id IN (",
            $who,
            ") AND ",
            seen_by!("$5"),
            " ORDER BY c.id, s.id, d.id"
        )
    };
}

// As a subquery of two, since a condition with OR would look at every customer of the brand.
const NAMED: &str = select!(
    "SELECT id FROM ledger_customers WHERE brand = $1 AND external_id = $2 \
     UNION SELECT id FROM ledger_customers WHERE brand = $1 AND lower(email) = $3"
);

const OWNER: &str =
    select!("SELECT customer_id FROM ledger_subscriptions WHERE brand = $1 AND external_id = $4");

/// Everybody whom the lookup's id or e-mail address names; where it has neither, the owner of its subscription.
pub(super) async fn customers(
    db: &SqlitePool,
    realm: &Realm,
    lookup: &Lookup,
    at: Timestamp,
) -> sqlx::Result<Vec<Found>> {
    let named = lookup.customer.is_some() || lookup.email.is_some();
    let query = sqlx::query(if named { NAMED } else { OWNER })
        .bind(&realm.brand)
        .bind(&lookup.customer)
        .bind(lookup.email.as_ref().map(|email| email.trim().to_ascii_lowercase()))
        .bind(&lookup.subscription)
        .bind(realm.environment.name());
    let mut all: Vec<Found> = Vec::new();
    for row in query.fetch_all(db).await? {
        let id: i64 = row.try_get("customer_id")?;
        if all.last().is_none_or(|last| last.id != id) {
            all.push(Found::read(&row, id)?);
        }
        if let Some(last) = all.last_mut() {
            last.add(&row, at)?;
        }
    }
    Ok(all)
}

impl Found {
    fn read(row: &SqliteRow, id: i64) -> sqlx::Result<Self> {
        let region = row.try_get("region")?;
        let country: Option<String> = row.try_get("country")?;
        Ok(Self {
            id,
            customer: Customer {
                id: row.try_get("customer")?,
                user_id: row.try_get("user_id")?,
                name: row.try_get("customer_name")?,
                email: row.try_get("email")?,
                place: country.map(|country| Place { country, region }),
            },
            by_id: row.try_get::<Option<bool>, _>("by_id")?.unwrap_or_default(),
            by_email: row.try_get::<Option<bool>, _>("by_email")?.unwrap_or_default(),
            subscriptions: Vec::new(),
        })
    }

    /// Adds the subscription and the discount of a row, where it has them and they are not here yet.
    fn add(&mut self, row: &SqliteRow, at: Timestamp) -> sqlx::Result<()> {
        let Some(id) = row.try_get::<Option<i64>, _>("id")? else { return Ok(()) };
        if self.subscriptions.last().is_none_or(|(last, _)| last.id != id) {
            self.subscriptions.push((Row::from_row(row)?, Vec::new()));
        }
        if let Some((_, discounts)) = self.subscriptions.last_mut()
            && row.try_get::<Option<i64>, _>("discount")?.is_some()
        {
            discounts
                .extend(Some(RunningDiscount::from_row(row)?).filter(|one| subscription::running(one, at)));
        }
        Ok(())
    }
}
