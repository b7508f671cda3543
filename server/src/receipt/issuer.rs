use std::sync::Arc;

use jiff::Timestamp;
use serde_json::json;

use super::{Body, handover};
use crate::brand::{Brand, Receipts};
use crate::mail::{self, NewMail};
use crate::session::Stored;
use crate::sign::Signer;
use crate::store::{Error, Tx};
use crate::webhook;

/// The `typ` of a receipt's signature. It keeps a receipt from being taken for a result token.
pub const TYPE: &str = "receipt+jwt";

/// Issues a brand's receipts.
#[derive(Clone, Debug)]
pub struct Issuer {
    /// Who signs them.
    pub signer: Arc<Signer>,
    /// The server's origin.
    pub origin: String,
    /// The brand.
    pub brand: Arc<Brand>,
}

impl Issuer {
    /// Writes the receipt of a run that has just been pressed to its end, and what brings it to the customer. Belongs in the
    /// transaction of the press. A run without a receipt gets none.
    ///
    /// # Errors
    /// When the reference is taken, or the database fails.
    pub async fn issue(&self, tx: &mut Tx, session: &Stored, run: u32, now: Timestamp) -> Result<(), Error> {
        let Some(body) = Body::of(session, run, &self.origin, now) else { return Ok(()) };
        let json = serde_json::to_string(&body).map_err(|error| Error::Malformed(error.to_string()))?;
        let jws = self.signer.sign_text(TYPE, &json);
        sqlx::query(
            "INSERT INTO receipts (reference, session, run, issued_at, body, jws) VALUES ($1, $2, $3, $4, $5, $6)",
        )
        .bind(&body.reference)
        .bind(&body.session)
        .bind(body.run)
        .bind(&body.issued_at)
        .bind(&json)
        .bind(&jws)
        .execute(&mut *tx)
        .await?;
        webhook::issued(tx, session, &body, now).await?;
        let ended = session.state.runs.get((run as usize).saturating_sub(1));
        // Who declares something may say where the confirmation is to go.
        let named = ended.and_then(|run| run.declared.email.as_deref()).filter(|to| mail::is_address(to));
        let known = session.billing.customer.email.as_deref();
        if let (Receipts::Mail, Some(named), Some(known)) = (&self.brand.receipts, named, known)
            && named != known
        {
            // Whoever it was, the customer whom billing knows is told as well.
            self.send(tx, &body, jws.clone(), Some(known), now).await?;
        }
        self.send(tx, &body, jws, named.or(known), now).await
    }

    async fn send(
        &self,
        tx: &mut Tx,
        body: &Body,
        jws: String,
        to: Option<&str>,
        now: Timestamp,
    ) -> Result<(), Error> {
        match (&self.brand.receipts, to) {
            (Receipts::None, _) => Ok(()),
            (Receipts::Merchant(_), to) => {
                let handed = json!({
                    "type": "receipt.issued",
                    "to": to,
                    "subject": body.subject(),
                    "text": body.to_text(),
                    "receipt": body,
                    "signed": jws,
                });
                handover::insert(tx, &body.aud, &body.reference, &handed, now).await
            }
            (Receipts::Mail, Some(to)) => {
                let mail = NewMail {
                    brand: self.brand.slug.clone(),
                    to: to.into(),
                    subject: body.subject(),
                    text: body.to_text(),
                };
                mail::insert_about(tx, &mail, Some(&body.reference), now).await
            }
            (Receipts::Mail, None) => {
                tracing::warn!(
                    brand = self.brand.slug,
                    "a receipt is not mailed: billing knows no address of the customer; send `customer_email` with the session"
                );
                Ok(())
            }
        }
    }
}
