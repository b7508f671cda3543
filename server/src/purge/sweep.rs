use super::{Kind, texts};
use crate::store::{Error, Tx};

/// How one kind is found and deleted.
#[derive(Debug)]
pub(super) struct Sweep {
    pub(super) kind: Kind,
    /// Moment and id of a few rows that are older than `$1`, oldest first, those behind moment `$2` and id `$3`.
    pub(super) find: &'static str,
    /// Counts the row of id `$1`, if it is older than `$2` and nothing waits for it.
    still: &'static str,
    removal: Removal,
}

#[derive(Debug)]
enum Removal {
    /// Deletes what belongs to the id `$1`, and then its row.
    Rows(&'static [&'static str]),
    /// Takes out what was typed.
    Texts,
}

/// The statements that find rows of a table, `t`, by the column of its id and of the moment its period runs from.
macro_rules! sweep {
    ($kind:ident, $table:literal, $id:literal, $at:literal, $and:expr, $removal:expr) => {
        Sweep {
            kind: Kind::$kind,
            find: concat!(
                "SELECT ",
                $at,
                ", ",
                $id,
                " FROM ",
                $table,
                " AS t WHERE ",
                $at,
                " < $1 AND (",
                $at,
                ", ",
                $id,
                ") > ($2, $3) AND ",
                $and,
                " ORDER BY ",
                $at,
                ", ",
                $id,
                " LIMIT 50"
            ),
            still: concat!(
                "SELECT count(*) FROM ",
                $table,
                " AS t WHERE ",
                $id,
                " = $1 AND ",
                $at,
                " < $2 AND ",
                $and
            ),
            removal: $removal,
        }
    };
}

/// Nothing waits for the session `t`: no intent, and no declaration that is carried out in it.
macro_rules! rests {
    () => {
        "NOT EXISTS (SELECT 1 FROM intents AS i WHERE i.session = t.id AND i.status = 'pending') \
         AND NOT EXISTS (SELECT 1 FROM declarations AS d WHERE d.session = t.id \
         AND d.status IN ('received', 'open', 'matched', 'confirmed'))"
    };
}

/// The session `t` has no receipt, and nothing waits for it.
macro_rules! proves_nothing {
    () => {
        concat!(rests!(), " AND NOT EXISTS (SELECT 1 FROM receipts AS r WHERE r.session = t.id)")
    };
}

/// The outbox's row `t` was delivered or given up, and its receipt's session waits for nothing: else whoever got it may have to be
/// written to again.
macro_rules! is_told {
    () => {
        "t.status IN ('sent', 'failed') AND NOT EXISTS (SELECT 1 FROM receipts AS r JOIN intents AS i ON i.session = r.session \
         WHERE r.reference = t.receipt AND i.status = 'pending')"
    };
}

/// The session `t` has been decided in.
macro_rules! decided {
    () => {
        "EXISTS (SELECT 1 FROM outcomes AS o WHERE o.session = t.id AND o.outcome <> 'aborted')"
    };
}

/// The session `t` was opened.
macro_rules! opened {
    () => {
        "EXISTS (SELECT 1 FROM actions AS a WHERE a.session = t.id)"
    };
}

const SESSION: Removal = Removal::Rows(&[
    "DELETE FROM actions WHERE session = $1",
    "DELETE FROM offers_made WHERE session = $1",
    "DELETE FROM intents WHERE session = $1",
    "DELETE FROM outcomes WHERE session = $1",
    // The ledger's entry has a period of its own.
    "UPDATE cancellations SET session = NULL, run = NULL WHERE session = $1",
    "DELETE FROM sessions WHERE id = $1",
]);

/// Every kind, in the order in which they go: a session after its receipts.
pub(super) const SWEEPS: [Sweep; 18] = [
    sweep!(
        Receipts,
        "receipts",
        "reference",
        "issued_at",
        "NOT EXISTS (SELECT 1 FROM intents AS i WHERE i.session = t.session AND i.status = 'pending')",
        Removal::Rows(&["DELETE FROM receipts WHERE reference = $1"])
    ),
    sweep!(
        Unopened,
        "sessions",
        "id",
        "last_action_at",
        concat!("NOT ", opened!(), " AND ", proves_nothing!()),
        SESSION
    ),
    sweep!(
        Aborted,
        "sessions",
        "id",
        "last_action_at",
        concat!(opened!(), " AND NOT ", decided!(), " AND ", proves_nothing!()),
        SESSION
    ),
    sweep!(
        Sessions,
        "sessions",
        "id",
        "last_action_at",
        concat!(decided!(), " AND ", proves_nothing!()),
        SESSION
    ),
    sweep!(
        FreeText,
        "sessions",
        "id",
        "last_action_at",
        concat!("t.texts_erased_at IS NULL AND ", opened!(), " AND ", rests!()),
        Removal::Texts
    ),
    sweep!(
        Mails,
        "mails",
        "id",
        "created_at",
        is_told!(),
        Removal::Rows(&["DELETE FROM mails WHERE id = $1"])
    ),
    sweep!(
        Handovers,
        "handovers",
        "id",
        "created_at",
        is_told!(),
        Removal::Rows(&["DELETE FROM handovers WHERE id = $1"])
    ),
    sweep!(
        Declarations,
        "declarations",
        "id",
        "received_at",
        "t.status IN ('done', 'dismissed')",
        Removal::Rows(&["DELETE FROM declarations WHERE id = $1"])
    ),
    sweep!(
        Links,
        "cancel_links",
        "id",
        "created_at",
        "1 = 1",
        Removal::Rows(&["DELETE FROM cancel_links WHERE id = $1"])
    ),
    sweep!(
        Cancellations,
        "cancellations",
        "CAST(t.id AS TEXT)",
        "updated_at",
        "1 = 1",
        Removal::Rows(&[
            "DELETE FROM cancellation_outcomes WHERE cancellation = CAST($1 AS INTEGER)",
            "DELETE FROM cancellations WHERE id = CAST($1 AS INTEGER)",
        ])
    ),
    sweep!(
        LedgerTexts,
        "cancellations",
        "CAST(t.id AS TEXT)",
        "updated_at",
        "t.reason_text IS NOT NULL",
        Removal::Rows(&["UPDATE cancellations SET reason_text = NULL WHERE id = CAST($1 AS INTEGER)"])
    ),
    sweep!(
        Webhooks,
        "webhook_events",
        "id",
        "told_at",
        "NOT EXISTS (SELECT 1 FROM webhooks AS w WHERE w.event = t.id AND w.status = 'pending')",
        Removal::Rows(&["DELETE FROM webhooks WHERE event = $1", "DELETE FROM webhook_events WHERE id = $1"])
    ),
    sweep!(
        HubChanges,
        "hub_changes",
        "id",
        "created_at",
        "t.status <> 'pending'",
        Removal::Rows(&["DELETE FROM hub_changes WHERE id = $1"])
    ),
    sweep!(
        HubPages,
        "hub_pages",
        "session",
        "opened_at",
        "1 = 1",
        Removal::Rows(&["DELETE FROM hub_pages WHERE session = $1"])
    ),
    // Two brands of one account are told the same, at the same time.
    sweep!(
        StripeEvents,
        "stripe_events",
        "id",
        "received_at",
        "1 = 1",
        Removal::Rows(&["DELETE FROM stripe_events WHERE id = $1"])
    ),
    sweep!(
        StripeCustomers,
        "stripe_customers",
        "id",
        "updated_at",
        "1 = 1",
        Removal::Rows(&["DELETE FROM stripe_customers WHERE id = $1"])
    ),
    sweep!(
        CustomerTokens,
        "pelcro_tokens",
        "(t.brand || ' ' || t.environment || ' ' || t.customer)",
        "updated_at",
        "1 = 1",
        Removal::Rows(&[
            "DELETE FROM pelcro_tokens WHERE (brand || ' ' || environment || ' ' || customer) = $1"
        ])
    ),
    sweep!(
        PelcroChanges,
        "pelcro_changes",
        "key",
        "sent_at",
        "NOT EXISTS (SELECT 1 FROM intents AS i WHERE i.id = t.key AND i.status = 'pending') \
         AND NOT EXISTS (SELECT 1 FROM hub_changes AS h WHERE h.id = t.key AND h.status = 'pending')",
        Removal::Rows(&["DELETE FROM pelcro_changes WHERE key = $1"])
    ),
];

impl Sweep {
    /// Deletes those of the rows that are still to go. Gives how many they were.
    pub(super) async fn remove(
        &self,
        tx: &mut Tx,
        found: &[(String, String)],
        before: &str,
        now: &str,
    ) -> Result<u64, Error> {
        let mut rows = 0;
        for (_, id) in found {
            let still: i64 = sqlx::query_scalar(self.still).bind(id).bind(before).fetch_one(&mut *tx).await?;
            if still == 0 {
                continue;
            }
            match self.removal {
                Removal::Texts => texts::erase(tx, id, now).await?,
                Removal::Rows(statements) => {
                    for statement in statements {
                        sqlx::query(*statement).bind(id).execute(&mut *tx).await?;
                    }
                }
            }
            rows += 1;
        }
        Ok(rows)
    }
}
