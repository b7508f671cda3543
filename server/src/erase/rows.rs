use std::collections::BTreeMap;

use super::names::Names;
use super::traces::Traces;
use crate::secret::random_bytes;
use crate::store::{Error, Tx};

/// The references of the receipts of session $1.
macro_rules! receipts {
    () => {
        "(SELECT reference FROM receipts WHERE session = $1)"
    };
}

/// The ids of the customer's subscriptions in the ledger. $1 is the brand, $2 the customer's id.
macro_rules! subscriptions {
    () => {
        "(SELECT id FROM ledger_subscriptions WHERE customer_id IN \
         (SELECT id FROM ledger_customers WHERE brand = $1 AND external_id = $2))"
    };
}

/// What of a row is removed, in an order that foreign keys allow: what is counted, and how.
type Removed = (&'static str, &'static str);

/// Of the session $1. What is left after that is what a receipt refers to.
const OF_SESSION: [Removed; 7] = [
    ("mails", concat!("DELETE FROM mails WHERE receipt IN ", receipts!())),
    ("handovers", concat!("DELETE FROM handovers WHERE receipt IN ", receipts!())),
    ("actions", "DELETE FROM actions WHERE session = $1"),
    ("offers made", "DELETE FROM offers_made WHERE session = $1"),
    ("intents", "DELETE FROM intents WHERE session = $1"),
    (
        "outcomes",
        concat!(
            "DELETE FROM outcomes WHERE session = $1 AND (receipt_reference IS NULL OR receipt_reference NOT IN ",
            receipts!(),
            ")"
        ),
    ),
    (
        "sessions",
        "DELETE FROM sessions WHERE id = $1 AND NOT EXISTS (SELECT 1 FROM receipts WHERE session = $1)",
    ),
];

/// Of the entry $1 of the ledger of cancellations.
const OF_CANCELLATION: [Removed; 2] = [
    ("cancellation outcomes", "DELETE FROM cancellation_outcomes WHERE cancellation = $1"),
    ("cancellations", "DELETE FROM cancellations WHERE id = $1"),
];

/// Of the event $1 that webhooks have told.
const OF_EVENT: [Removed; 2] = [
    ("webhooks", "DELETE FROM webhooks WHERE event = $1"),
    ("webhook events", "DELETE FROM webhook_events WHERE id = $1"),
];

/// Of the customer $2 of the brand $1.
const OF_CUSTOMER: [Removed; 14] = [
    ("hub changes", "DELETE FROM hub_changes WHERE brand = $1 AND customer = $2"),
    ("hub pages", "DELETE FROM hub_pages WHERE brand = $1 AND customer = $2"),
    ("ledger rows", concat!("DELETE FROM ledger_invoices WHERE subscription_id IN ", subscriptions!())),
    ("ledger rows", concat!("DELETE FROM ledger_discounts WHERE subscription_id IN ", subscriptions!())),
    ("ledger rows", concat!("DELETE FROM ledger_phases WHERE subscription_id IN ", subscriptions!())),
    ("ledger rows", concat!("DELETE FROM ledger_operations WHERE subscription_id IN ", subscriptions!())),
    ("ledger rows", concat!("DELETE FROM ledger_subscriptions WHERE id IN ", subscriptions!())),
    ("ledger rows", "DELETE FROM ledger_customers WHERE brand = $1 AND external_id = $2"),
    ("ledger rows", "DELETE FROM ledger_addresses WHERE brand = $1 AND customer = $2"),
    ("ledger rows", "DELETE FROM ledger_payment_methods WHERE brand = $1 AND customer = $2"),
    ("ledger rows", "DELETE FROM ledger_customer_segments WHERE brand = $1 AND customer = $2"),
    ("customer tokens", "DELETE FROM pelcro_tokens WHERE brand = $1 AND customer = $2"),
    ("changes at Pelcro", "DELETE FROM pelcro_changes WHERE brand = $1 AND customer = $2"),
    ("Stripe customers", "DELETE FROM stripe_customers WHERE brand = $1 AND id = $2"),
];

/// Removes everything, and empties what has to stay. Gives how many rows of each kind.
pub(super) async fn remove(
    tx: &mut Tx,
    names: &Names,
    traces: &Traces,
    now: &str,
) -> Result<BTreeMap<&'static str, u64>, Error> {
    let mut counts = BTreeMap::new();
    let mut count = |what, rows: u64| *counts.entry(what).or_default() += rows;
    for declaration in &traces.declarations {
        empty_declaration(tx, declaration, now).await?;
    }
    count("declarations emptied", traces.declarations.len() as u64);
    for email in &traces.emails {
        // Those without a reference are about declarations.
        let done =
            sqlx::query("DELETE FROM mails WHERE brand = $1 AND receipt IS NULL AND lower(recipient) = $2")
                .bind(&names.brand)
                .bind(email)
                .execute(&mut *tx)
                .await?;
        count("mails", done.rows_affected());
    }
    for (what, sql) in OF_EVENT {
        for event in &traces.events {
            count(what, sqlx::query(sql).bind(event).execute(&mut *tx).await?.rows_affected());
        }
    }
    for (what, sql) in OF_CANCELLATION {
        for cancellation in &traces.cancellations {
            count(what, sqlx::query(sql).bind(cancellation).execute(&mut *tx).await?.rows_affected());
        }
    }
    for link in &traces.links {
        let done = sqlx::query("DELETE FROM cancel_links WHERE id = $1").bind(link).execute(&mut *tx).await?;
        count("links", done.rows_affected());
    }
    for session in &traces.sessions {
        for (what, sql) in OF_SESSION {
            count(what, sqlx::query(sql).bind(session).execute(&mut *tx).await?.rows_affected());
        }
        count("sessions emptied", empty_session(tx, session, now).await?);
    }
    for (what, sql) in OF_CUSTOMER {
        let done = sqlx::query(sql).bind(&names.brand).bind(&names.id).execute(&mut *tx).await?;
        count(what, done.rows_affected());
    }
    counts.retain(|_, rows| *rows > 0);
    Ok(counts)
}

/// Takes out of a session whose it was, if it is still there. Gives how many rows that were.
async fn empty_session(tx: &mut Tx, session: &str, now: &str) -> Result<u64, Error> {
    sqlx::query(
        "UPDATE outcomes SET reason_key = NULL, reason_code = NULL, offer_id = NULL, offer_kind = NULL, \
         offer_choice = NULL WHERE session = $1",
    )
    .bind(session)
    .execute(&mut *tx)
    .await?;
    let emptied = sqlx::query(
        "UPDATE sessions SET customer = '', subscription = NULL, user_id = NULL, handle = 'erased:' || id, \
         document = '{}', state = '{\"runs\":[]}', billing = '{}', deals = '{}', return_url = NULL, metadata = NULL, \
         erased_at = $2 WHERE id = $1",
    )
    .bind(session)
    .bind(now)
    .execute(tx)
    .await?;
    Ok(emptied.rows_affected())
}

/// Takes out of a declaration who has made it. What was declared, when, and what became of it stays.
async fn empty_declaration(tx: &mut Tx, declaration: &str, now: &str) -> Result<(), Error> {
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
    .execute(tx)
    .await?;
    Ok(())
}
