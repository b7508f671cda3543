use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use sqlx::Row as _;

use super::Customer;
use crate::secret::random_bytes;
use crate::store::{Error, Tx};

/// The ids of the customer's sessions. $1 is the brand, $2 the customer's id.
macro_rules! sessions {
    () => {
        "(SELECT id FROM sessions WHERE brand = $1 AND customer = $2)"
    };
}

/// The references of the customer's receipts.
macro_rules! receipts {
    () => {
        concat!("(SELECT reference FROM receipts WHERE session IN ", sessions!(), ")")
    };
}

/// The ids of the customer's subscriptions in the ledger.
macro_rules! subscriptions {
    () => {
        "(SELECT id FROM ledger_subscriptions WHERE customer_id IN \
         (SELECT id FROM ledger_customers WHERE brand = $1 AND external_id = $2))"
    };
}

/// What is removed, in an order that foreign keys allow: what is counted, and how. Sessions and declarations follow.
const REMOVED: [(&str, &str); 12] = [
    ("mails", concat!("DELETE FROM mails WHERE receipt IN ", receipts!())),
    ("handovers", concat!("DELETE FROM handovers WHERE receipt IN ", receipts!())),
    ("actions", concat!("DELETE FROM actions WHERE session IN ", sessions!())),
    ("offers made", concat!("DELETE FROM offers_made WHERE session IN ", sessions!())),
    ("offers made", "DELETE FROM offers_made WHERE brand = $1 AND customer = $2"),
    ("intents", concat!("DELETE FROM intents WHERE session IN ", sessions!())),
    (
        "outcomes",
        concat!(
            "DELETE FROM outcomes WHERE session IN ",
            sessions!(),
            " AND (receipt_reference IS NULL OR receipt_reference NOT IN ",
            receipts!(),
            ")"
        ),
    ),
    (
        "sessions",
        "DELETE FROM sessions WHERE brand = $1 AND customer = $2 AND id NOT IN (SELECT session FROM receipts)",
    ),
    ("ledger rows", concat!("DELETE FROM ledger_discounts WHERE subscription_id IN ", subscriptions!())),
    ("ledger rows", concat!("DELETE FROM ledger_operations WHERE subscription_id IN ", subscriptions!())),
    ("ledger rows", concat!("DELETE FROM ledger_subscriptions WHERE id IN ", subscriptions!())),
    ("ledger rows", "DELETE FROM ledger_customers WHERE brand = $1 AND external_id = $2"),
];

/// The e-mail addresses that are known to be the customer's, in small letters.
pub(super) async fn addresses(tx: &mut Tx, Customer { brand, id }: &Customer) -> Result<Vec<String>, Error> {
    let mut found: BTreeSet<String> = BTreeSet::new();
    let rows = sqlx::query("SELECT id, billing, state FROM sessions WHERE brand = $1 AND customer = $2")
        .bind(brand)
        .bind(id)
        .fetch_all(&mut *tx)
        .await?;
    for row in rows {
        let json = |column: &str| -> Result<Value, Error> {
            serde_json::from_str(row.try_get(column)?).map_err(|error| {
                let id: String = row.try_get("id").unwrap_or_default();
                Error::Malformed(format!("{column} of session {id}: {error}"))
            })
        };
        let (billing, state) = (json("billing")?, json("state")?);
        let declared = state["runs"].as_array().into_iter().flatten().map(|run| &run["declared"]["email"]);
        let known = declared.chain([&billing["customer"]["email"]]).filter_map(Value::as_str);
        found.extend(known.map(str::to_lowercase));
    }
    let stored: Vec<String> = sqlx::query_scalar(
        "SELECT email FROM ledger_customers WHERE brand = $1 AND external_id = $2 AND email IS NOT NULL \
         UNION SELECT email FROM declarations WHERE brand = $1 AND customer = $2",
    )
    .bind(brand)
    .bind(id)
    .fetch_all(tx)
    .await?;
    found.extend(stored.iter().map(|email| email.to_lowercase()));
    found.remove("");
    Ok(found.into_iter().collect())
}

/// Removes everything, and empties what has to stay. Gives how many rows of each kind.
pub(super) async fn remove(
    tx: &mut Tx,
    customer: &Customer,
    emails: &[String],
    now: &str,
) -> Result<BTreeMap<&'static str, u64>, Error> {
    let Customer { brand, id } = customer;
    let mut counts = BTreeMap::new();
    let mut count = |what, rows: u64| *counts.entry(what).or_default() += rows;
    // While the sessions still say whose they are.
    count("declarations emptied", empty_declarations(tx, customer, emails, now).await?);
    for email in emails {
        // Those without a reference are about declarations.
        let done =
            sqlx::query("DELETE FROM mails WHERE brand = $1 AND receipt IS NULL AND lower(recipient) = $2")
                .bind(brand)
                .bind(email)
                .execute(&mut *tx)
                .await?;
        count("mails", done.rows_affected());
    }
    for (what, sql) in REMOVED {
        count(what, sqlx::query(sql).bind(brand).bind(id).execute(&mut *tx).await?.rows_affected());
    }
    sqlx::query(concat!(
        "UPDATE outcomes SET reason_key = NULL, reason_code = NULL, offer_id = NULL, offer_kind = NULL, \
         offer_choice = NULL WHERE session IN ",
        sessions!()
    ))
    .bind(brand)
    .bind(id)
    .execute(&mut *tx)
    .await?;
    // Last: from here on nothing says whose they were. What is left is what a receipt refers to.
    let emptied = sqlx::query(
        "UPDATE sessions SET customer = '', subscription = NULL, user_id = NULL, handle = 'erased:' || id, \
         document = '{}', state = '{\"runs\":[]}', billing = '{}', deals = '{}', return_url = NULL, metadata = NULL, \
         erased_at = $3 WHERE brand = $1 AND customer = $2",
    )
    .bind(brand)
    .bind(id)
    .bind(now)
    .execute(tx)
    .await?;
    count("sessions emptied", emptied.rows_affected());
    counts.retain(|_, rows| *rows > 0);
    Ok(counts)
}

/// Takes out of declarations who has made them. What was declared, when, and what became of it stays.
async fn empty_declarations(
    tx: &mut Tx,
    Customer { brand, id }: &Customer,
    emails: &[String],
    now: &str,
) -> Result<u64, Error> {
    let mut found: BTreeSet<String> = sqlx::query_scalar(concat!(
        "SELECT id FROM declarations WHERE brand = $1 AND (customer = $2 OR session IN ",
        sessions!(),
        ")"
    ))
    .bind(brand)
    .bind(id)
    .fetch_all(&mut *tx)
    .await?
    .into_iter()
    .collect();
    for email in emails {
        let of_address: Vec<String> = sqlx::query_scalar(
            "SELECT id FROM declarations WHERE brand = $1 AND lower(email) = $2 AND (customer IS NULL OR customer = $3)",
        )
        .bind(brand)
        .bind(email)
        .bind(id)
        .fetch_all(&mut *tx)
        .await?;
        found.extend(of_address);
    }
    for declaration in &found {
        // The addresses of its pages lead nowhere from now on.
        let unknown = || random_bytes::<32>().map_err(|error| Error::Malformed(error.to_string()));
        sqlx::query(
            "UPDATE declarations SET name = '', contract = '', cause = NULL, email = '', customer = NULL, \
             subscription = NULL, session = NULL, period_end = NULL, receipt_hash = $1, confirm_hash = $2, \
             settled_at = COALESCE(settled_at, $3), \
             status = CASE WHEN status = 'done' THEN status ELSE 'dismissed' END WHERE id = $4",
        )
        .bind(unknown()?.to_vec())
        .bind(unknown()?.to_vec())
        .bind(now)
        .bind(declaration)
        .execute(&mut *tx)
        .await?;
    }
    Ok(found.len() as u64)
}
