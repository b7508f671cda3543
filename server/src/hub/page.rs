//! Hubs that are open as a page, without JavaScript: the page's address says whose hub it is, and where in it the customer is.

use super::{HubClaims, Screen};
use crate::brand::Brand;
use crate::clock;
use crate::session::{SessionError, Sessions, new_handle};
use crate::store;

/// A hub that is open as a page.
#[derive(Clone, Debug)]
pub struct HubPage {
    /// What stands in the page's address.
    pub handle: String,
    /// Whose hub it is.
    pub claims: HubClaims,
    /// Where in it the customer is.
    pub screen: Screen,
}

impl Sessions {
    /// Opens a session of the hub as a page, and gives the page's handle. Opened again, it is the same page, and shows the hub as it is
    /// when it is opened first.
    ///
    /// # Errors
    /// Billing does not know the customer any more or cannot be asked, the database does not take it, or there is no randomness.
    pub async fn open_hub_page(&self, claims: &HubClaims, brand: &Brand) -> Result<String, SessionError> {
        // Nothing is written down of somebody who was erased.
        self.account(claims, brand).await?;
        let handle = new_handle().map_err(|error| SessionError::Internal(error.to_string()))?;
        let (claims, now) = (claims.clone(), self.clock.now_text());
        let stored = self.store.write(async move |tx| {
            let handle: String = sqlx::query_scalar(
                "INSERT INTO hub_pages (session, handle, brand, environment, customer, claims, screen, opened_at, expires_at) \
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) \
                 ON CONFLICT (session) DO UPDATE SET screen = excluded.screen RETURNING handle",
            )
            .bind(claims.sid.to_string())
            .bind(handle)
            .bind(&claims.brand)
            .bind(claims.environment.name())
            .bind(&claims.customer)
            .bind(json(&claims)?)
            .bind(json(&Screen::HOME)?)
            .bind(now)
            .bind(clock::text(claims.opens_until))
            .fetch_one(tx)
            .await
            .map_err(store::Error::from)?;
            Ok::<_, SessionError>(handle)
        });
        stored.await
    }

    /// The hub's page of this handle, while it can be used.
    ///
    /// # Errors
    /// The database cannot be read.
    pub async fn hub_page(&self, handle: &str) -> Result<Option<HubPage>, SessionError> {
        let found: Option<(String, String)> =
            sqlx::query_as("SELECT claims, screen FROM hub_pages WHERE handle = $1 AND expires_at > $2")
                .bind(handle)
                .bind(self.clock.now_text())
                .fetch_optional(self.store.read())
                .await
                .map_err(store::Error::from)?;
        let Some((claims, screen)) = found else { return Ok(None) };
        let read = |error: serde_json::Error| SessionError::Internal(format!("a page of the hub: {error}"));
        let claims = serde_json::from_str(&claims).map_err(read)?;
        // One that an older version has written may say what there is no more.
        let screen = serde_json::from_str(&screen).unwrap_or(Screen::HOME);
        Ok(Some(HubPage { handle: handle.into(), claims, screen }))
    }

    /// Remembers where in the hub the customer is, until the page is loaded.
    ///
    /// # Errors
    /// The database does not take it.
    pub async fn turn_hub_page(&self, page: &HubPage, screen: &Screen) -> Result<(), SessionError> {
        let (handle, screen) = (page.handle.clone(), json(screen)?);
        let turned = self.store.write(async move |tx| {
            sqlx::query("UPDATE hub_pages SET screen = $1 WHERE handle = $2")
                .bind(screen)
                .bind(handle)
                .execute(tx)
                .await
                .map_err(store::Error::from)?;
            Ok::<_, SessionError>(())
        });
        turned.await
    }
}

fn json(value: &impl serde::Serialize) -> Result<String, SessionError> {
    serde_json::to_string(value).map_err(|error| SessionError::Internal(error.to_string()))
}
