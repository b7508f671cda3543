use std::fmt;

use super::names::Names;
use super::traces::Traces;
use crate::store::{Error, Tx};

/// What of a customer is still to be done. References and ids only.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pending {
    /// What billing is to do: kind and session, of the flow or of the hub.
    pub intents: Vec<String>,
    /// Receipts that are to be mailed or handed over.
    pub receipts: Vec<String>,
    /// Declarations that wait for somebody.
    pub declarations: Vec<String>,
    /// What webhooks are to tell: kind and event.
    pub webhooks: Vec<String>,
}

impl Pending {
    pub(super) async fn of(tx: &mut Tx, names: &Names, traces: &Traces) -> Result<Self, Error> {
        let mut pending = Self::default();
        for session in &traces.sessions {
            let intents: Vec<String> = sqlx::query_scalar(
                "SELECT kind || ' of session ' || session FROM intents WHERE status = 'pending' AND session = $1 \
                 ORDER BY created_at, id",
            )
            .bind(session)
            .fetch_all(&mut *tx)
            .await?;
            pending.intents.extend(intents);
            let receipts: Vec<String> = sqlx::query_scalar(
                "SELECT reference FROM receipts WHERE session = $1 AND (reference IN \
                 (SELECT receipt FROM mails WHERE status = 'pending') OR reference IN \
                 (SELECT receipt FROM handovers WHERE status = 'pending')) ORDER BY 1",
            )
            .bind(session)
            .fetch_all(&mut *tx)
            .await?;
            pending.receipts.extend(receipts);
        }
        let changes: Vec<String> = sqlx::query_scalar(
            "SELECT kind || ' of the hub''s session ' || session FROM hub_changes WHERE status = 'pending' \
             AND brand = $1 AND customer = $2 ORDER BY created_at, id",
        )
        .bind(&names.brand)
        .bind(&names.id)
        .fetch_all(&mut *tx)
        .await?;
        pending.intents.extend(changes);
        for email in &traces.emails {
            let mails: i64 = sqlx::query_scalar(
                "SELECT COUNT(*) FROM mails WHERE brand = $1 AND receipt IS NULL AND lower(recipient) = $2 \
                 AND status = 'pending'",
            )
            .bind(&names.brand)
            .bind(email)
            .fetch_one(&mut *tx)
            .await?;
            pending.receipts.extend((0..mails).map(|_| "of a declaration".to_owned()));
        }
        for declaration in &traces.declarations {
            let waits: Option<String> = sqlx::query_scalar(
                "SELECT reference FROM declarations WHERE id = $1 AND status NOT IN ('done', 'dismissed')",
            )
            .bind(declaration)
            .fetch_optional(&mut *tx)
            .await?;
            pending.declarations.extend(waits);
        }
        for event in &traces.events {
            let waits: Option<String> = sqlx::query_scalar(
                "SELECT kind || ' ' || id FROM webhook_events WHERE id = $1 AND EXISTS \
                 (SELECT 1 FROM webhooks WHERE event = $1 AND status = 'pending')",
            )
            .bind(event)
            .fetch_optional(&mut *tx)
            .await?;
            pending.webhooks.extend(waits);
        }
        Ok(pending)
    }

    /// Whether there is anything.
    #[must_use]
    pub fn is_any(&self) -> bool {
        [&self.intents, &self.receipts, &self.declarations, &self.webhooks]
            .iter()
            .any(|them| !them.is_empty())
    }
}

impl fmt::Display for Pending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Nothing was erased, since something of the customer is still being done:")?;
        for (what, which) in [
            ("billing has not answered", &self.intents),
            ("a receipt is not sent yet", &self.receipts),
            ("a declaration waits for somebody", &self.declarations),
            ("a webhook is not delivered yet", &self.webhooks),
        ] {
            for one in which {
                write!(f, "\n  {what}: {one}")?;
            }
        }
        f.write_str("\nWait until it is done, or erase it too with --even-pending; it is then never done.")
    }
}
