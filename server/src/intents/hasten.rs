use jiff::Timestamp;

use crate::clock;
use crate::session::Environment;
use crate::store::{Error, Tx};

/// Whom something is about that has happened in billing.
#[derive(Clone, Copy, Debug)]
pub struct Concerned<'a> {
    /// The brand's slug.
    pub brand: &'a str,
    /// Whether it counts.
    pub environment: Environment,
    /// The customer's id in billing.
    pub customer: Option<&'a str>,
    /// The subscription's id in billing.
    pub subscription: Option<&'a str>,
}

/// Makes what waits for this customer or this subscription due at once: billing may be able to answer now. Gives how many intents
/// and changes of the hub waited. What is settled stays so, and the [`Executor`](super::Executor) asks billing as ever.
///
/// # Errors
/// The database fails.
pub async fn hasten(tx: &mut Tx, concerned: &Concerned<'_>, now: Timestamp) -> Result<u64, Error> {
    let mut hastened = 0;
    for sql in [
        "UPDATE intents SET next_attempt_at = $1 WHERE status = 'pending' AND next_attempt_at > $1 AND EXISTS \
         (SELECT 1 FROM sessions AS s WHERE s.id = intents.session AND s.brand = $2 AND s.environment = $3 \
         AND s.hands_over = 0 AND (s.customer = $4 OR s.subscription = $5))",
        "UPDATE hub_changes SET next_attempt_at = $1 WHERE status = 'pending' AND next_attempt_at > $1 \
         AND brand = $2 AND environment = $3 AND (customer = $4 OR subscription = $5)",
    ] {
        let done = sqlx::query(sql)
            .bind(clock::text(now))
            .bind(concerned.brand)
            .bind(concerned.environment.name())
            .bind(concerned.customer)
            .bind(concerned.subscription)
            .execute(&mut *tx)
            .await?;
        hastened += done.rows_affected();
    }
    Ok(hastened)
}
