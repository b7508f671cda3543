use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::{Delivery, Status};
use crate::clock::Clock;
use crate::store::{Error, Store};

/// The deliveries: to be looked at, and to be put in line again.
#[derive(Clone, Debug)]
pub struct Register {
    pub(super) store: Store,
    pub(super) clock: Clock,
}

/// A part of the deliveries, newest first.
#[derive(Clone, Debug)]
pub struct Page {
    /// The deliveries.
    pub deliveries: Vec<Delivery>,
    /// Where the next part begins. None: there is none.
    pub next: Option<String>,
}

impl Register {
    /// The register of a database.
    #[must_use]
    pub fn new(store: Store, clock: Clock) -> Self {
        Self { store, clock }
    }

    /// Lists deliveries by when their events happened, newest first: of one brand or of all, of one status or of all. None when
    /// the cursor is not one of a [`Page`].
    ///
    /// # Errors
    /// When the database fails, or holds something unexpected.
    pub async fn list(
        &self,
        brand: Option<&str>,
        status: Option<Status>,
        cursor: Option<&str>,
        limit: u32,
    ) -> Result<Option<Page>, Error> {
        // The first part begins above everything: instants begin with a digit.
        let Some((told_at, id)) = cursor.map_or_else(|| Some(("~".into(), String::new())), place) else {
            return Ok(None);
        };
        let sql = format!(
            "{} WHERE (w.told_at < $1 OR w.told_at = $1 AND w.id < $2) AND w.brand = coalesce($3, w.brand) \
             AND w.status = coalesce($4, w.status) ORDER BY w.told_at DESC, w.id DESC LIMIT $5",
            Delivery::SELECT
        );
        // Only names of columns were put together.
        let rows = sqlx::query(sqlx::AssertSqlSafe(sql))
            .bind(told_at)
            .bind(id)
            .bind(brand)
            .bind(status.map(Status::name))
            // One more, to see whether there is more.
            .bind(i64::from(limit) + 1)
            .fetch_all(self.store.read())
            .await?;
        let mut deliveries = rows.iter().map(Delivery::read).collect::<Result<Vec<_>, _>>()?;
        let limit = limit as usize;
        let more = deliveries.len() > limit;
        deliveries.truncate(limit);
        let next = deliveries.last().filter(|_| more).map(cursor_after);
        Ok(Some(Page { deliveries, next }))
    }

    /// A delivery of this id.
    ///
    /// # Errors
    /// When the database fails, or holds something unexpected.
    pub async fn delivery(&self, id: &str) -> Result<Option<Delivery>, Error> {
        let sql = format!("{} WHERE w.id = $1", Delivery::SELECT);
        let row = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(id).fetch_optional(self.store.read()).await?;
        row.as_ref().map(Delivery::read).transpose()
    }
}

/// What says where a list goes on: opaque to whoever is given it.
fn cursor_after(delivery: &Delivery) -> String {
    URL_SAFE_NO_PAD.encode(format!("{} {}", delivery.told_at, delivery.id))
}

fn place(cursor: &str) -> Option<(String, String)> {
    let text = String::from_utf8(URL_SAFE_NO_PAD.decode(cursor).ok()?).ok()?;
    let (told_at, id) = text.split_once(' ')?;
    Some((told_at.into(), id.into()))
}
