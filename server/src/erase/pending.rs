use std::fmt;

use super::Customer;
use crate::store::{Error, Tx};

/// What of a customer is still to be done. References and ids only.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pending {
    /// What billing is to do: kind and session.
    pub intents: Vec<String>,
    /// Receipts that are to be mailed or handed over.
    pub receipts: Vec<String>,
    /// Declarations that wait for somebody.
    pub declarations: Vec<String>,
}

impl Pending {
    pub(super) async fn of(tx: &mut Tx, customer: &Customer, emails: &[String]) -> Result<Self, Error> {
        let Customer { brand, id } = customer;
        let intents = sqlx::query_scalar(
            "SELECT kind || ' of session ' || session FROM intents WHERE status = 'pending' AND session IN \
             (SELECT id FROM sessions WHERE brand = $1 AND customer = $2) ORDER BY created_at, id",
        );
        let receipts = sqlx::query_scalar(
            "SELECT receipt FROM mails WHERE status = 'pending' AND receipt IN (SELECT reference FROM receipts WHERE \
             session IN (SELECT id FROM sessions WHERE brand = $1 AND customer = $2)) \
             UNION SELECT receipt FROM handovers WHERE status = 'pending' AND receipt IN (SELECT reference FROM receipts \
             WHERE session IN (SELECT id FROM sessions WHERE brand = $1 AND customer = $2)) ORDER BY 1",
        );
        let declarations = sqlx::query_scalar(
            "SELECT reference FROM declarations WHERE brand = $1 AND status NOT IN ('done', 'dismissed') AND \
             (customer = $2 OR session IN (SELECT id FROM sessions WHERE brand = $1 AND customer = $2)) ORDER BY 1",
        );
        let mut pending = Self {
            intents: intents.bind(brand).bind(id).fetch_all(&mut *tx).await?,
            receipts: receipts.bind(brand).bind(id).fetch_all(&mut *tx).await?,
            declarations: declarations.bind(brand).bind(id).fetch_all(&mut *tx).await?,
        };
        for email in emails {
            let of_address: Vec<String> = sqlx::query_scalar(
                "SELECT reference FROM declarations WHERE brand = $1 AND lower(email) = $2 \
                 AND (customer IS NULL OR customer = $3) AND status NOT IN ('done', 'dismissed') ORDER BY 1",
            )
            .bind(brand)
            .bind(email)
            .bind(id)
            .fetch_all(&mut *tx)
            .await?;
            pending.declarations.extend(of_address);
            let mails: i64 = sqlx::query_scalar(
                "SELECT COUNT(*) FROM mails WHERE brand = $1 AND receipt IS NULL AND lower(recipient) = $2 \
                 AND status = 'pending'",
            )
            .bind(brand)
            .bind(email)
            .fetch_one(&mut *tx)
            .await?;
            pending.receipts.extend((0..mails).map(|_| "of a declaration".to_owned()));
        }
        pending.declarations.sort();
        pending.declarations.dedup();
        Ok(pending)
    }

    /// Whether there is anything.
    #[must_use]
    pub fn is_any(&self) -> bool {
        !(self.intents.is_empty() && self.receipts.is_empty() && self.declarations.is_empty())
    }
}

impl fmt::Display for Pending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Nothing was erased, since something of the customer is still being done:")?;
        for (what, which) in [
            ("billing has not answered", &self.intents),
            ("a receipt is not sent yet", &self.receipts),
            ("a declaration waits for somebody", &self.declarations),
        ] {
            for one in which {
                write!(f, "\n  {what}: {one}")?;
            }
        }
        f.write_str("\nWait until it is done, or erase it too with --even-pending; it is then never done.")
    }
}
