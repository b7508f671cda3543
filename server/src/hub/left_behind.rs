//! Changes that a customer has left behind: who cancels wants none of what was agreed to before, and is not done yet.

use super::change::exists;
use crate::store::{Error, Store};

/// A cancellation, and a change that was agreed to before it on the same subscription. One that is pending with a cancellation that is
/// pending was: none is written down after it.
macro_rules! left_behind {
    ($what:literal, $which:literal) => {
        concat!(
            "SELECT ",
            $what,
            " FROM hub_changes AS h JOIN sessions AS s ON s.brand = h.brand AND s.customer = h.customer \
             AND s.environment = h.environment AND s.subscription = h.subscription AND s.hands_over = 0 \
             JOIN intents AS i ON i.session = s.id WHERE h.status = 'pending' AND i.kind = 'cancel' \
             AND (i.status = 'pending' OR i.status <> 'refused' AND i.created_at > h.created_at) AND ",
            $which,
            " = $1"
        )
    };
}

/// The changes that are pending on the subscription that an intent cancels. None of an intent that does something else.
///
/// # Errors
/// When the database fails.
pub async fn left_behind(store: &Store, intent: &str) -> Result<Vec<String>, Error> {
    let ids = sqlx::query_scalar(left_behind!("h.id", "i.id"));
    Ok(ids.bind(intent).fetch_all(store.read()).await?)
}

/// Whether the customer has left since a change was agreed to that is pending.
///
/// # Errors
/// When the database fails.
pub async fn is_left_behind(store: &Store, id: &str) -> Result<bool, Error> {
    exists(store.read(), left_behind!("1", "h.id"), &[id]).await
}
