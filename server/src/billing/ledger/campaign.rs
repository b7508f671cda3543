//! Campaigns: what a renewal came from.

use jiff::Timestamp;

use super::realm::Realm;
use crate::clock;
use crate::store::Tx;

/// Whether a text can be a campaign's key: 3 to 191 letters, digits, dashes and underscores.
pub(super) fn is_key(text: &str) -> bool {
    (3..=191).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
}

/// The number of the campaign with this key; it is made if there is none.
pub(super) async fn ensure(tx: &mut Tx, realm: &Realm, key: &str, now: Timestamp) -> sqlx::Result<i64> {
    sqlx::query_scalar(
        "INSERT INTO ledger_campaigns (brand, environment, key, created_at) VALUES ($1, $2, $3, $4) \
         ON CONFLICT (brand, environment, key) DO UPDATE SET key = excluded.key RETURNING id",
    )
    .bind(&realm.brand)
    .bind(realm.environment.name())
    .bind(key)
    .bind(clock::text(now))
    .fetch_one(tx)
    .await
}

#[cfg(test)]
mod tests {
    use super::is_key;

    #[test]
    fn a_key_keeps_to_its_alphabet_and_length() {
        for key in ["abc", "Spring-2026_x", &"a".repeat(191)] {
            assert!(is_key(key), "{key}");
        }
        for key in ["", "ab", "a b c", "küche", "a.b.c", &"a".repeat(192)] {
            assert!(!is_key(key), "{key}");
        }
    }
}
