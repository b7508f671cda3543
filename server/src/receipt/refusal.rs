use jiff::Timestamp;
use serde_json::{Value, json};

use super::{Body, handover};
use crate::locale::Pack;
use crate::mail::{self, NewMail};
use crate::store::{Error, Tx};

/// Writes to whoever got a receipt that what it is of could not be carried out, so that nobody believes what is not true.
/// Belongs in the transaction that learns it. Where the receipt was sent to nobody, nobody is written to.
///
/// # Errors
/// When the database fails, or holds something unexpected.
pub async fn tell_refused(tx: &mut Tx, reference: &str, now: Timestamp) -> Result<(), Error> {
    let issued: Option<(String, String)> =
        sqlx::query_as("SELECT body, jws FROM receipts WHERE reference = $1")
            .bind(reference)
            .fetch_optional(&mut *tx)
            .await?;
    let Some((body, jws)) = issued else { return Ok(()) };
    let unreadable = |error: serde_json::Error| Error::Malformed(format!("the receipt {reference}: {error}"));
    let body: Body = serde_json::from_str(&body).map_err(unreadable)?;
    let pack = Pack::of(&body.lang);
    let title = pack.page("receipt_refused_title");
    let subject = format!("{title} · {reference}");
    let why = format!("receipt_{}_refused", body.kind.name());
    let text = body.note_text(title, pack.page(&why));

    let mailed: Option<String> = sqlx::query_scalar("SELECT recipient FROM mails WHERE receipt = $1 LIMIT 1")
        .bind(reference)
        .fetch_optional(&mut *tx)
        .await?;
    if let Some(to) = mailed {
        let mail = NewMail { brand: body.aud.clone(), to, subject: subject.clone(), text: text.clone() };
        mail::insert_about(tx, &mail, Some(reference), now).await?;
    }
    let handed: Option<String> = sqlx::query_scalar("SELECT body FROM handovers WHERE receipt = $1 LIMIT 1")
        .bind(reference)
        .fetch_optional(&mut *tx)
        .await?;
    if let Some(handed) = handed {
        let handed: Value = serde_json::from_str(&handed).map_err(unreadable)?;
        let refused = json!({
            "type": "receipt.refused",
            "to": handed["to"],
            "subject": subject,
            "text": text,
            "receipt": body,
            "signed": jws,
        });
        handover::insert(tx, &body.aud, reference, &refused, now).await?;
    }
    Ok(())
}
