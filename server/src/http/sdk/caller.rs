//! Whose token came, and for which site.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use url::form_urlencoded;

use super::SdkError;
use crate::billing::ledger::Ledger;
use crate::brand::{BillingKind, Brand};
use crate::customer_token::CustomerToken;
use crate::http::caller::{bearer, from_own_page};
use crate::http::{ApiError, App};

/// A customer of a brand that the ledger bills.
#[derive(Debug)]
pub struct Caller {
    /// What the token says.
    pub token: CustomerToken,
    /// Whose customer it is.
    pub brand: Arc<Brand>,
    /// The brand's ledger, as the token's environment has it.
    pub ledger: Ledger,
}

impl FromRequestParts<App> for Caller {
    type Rejection = SdkError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, SdkError> {
        let text = bearer(&parts.headers).ok_or(SdkError::NoToken)?;
        let sessions = &app.sessions;
        let token = CustomerToken::read(&sessions.signer, text, sessions.clock.now())?;
        let brand = sessions.config.brand(&token.brand).cloned().ok_or(SdkError::BadToken)?;
        let site = site_id(parts.uri.query().unwrap_or_default())?;
        if brand.site_id != site || brand.billing != BillingKind::Ledger {
            return Err(SdkError::BadToken);
        }
        from_own_page(&parts.headers, app, &brand)?;
        sessions.limits.count_call(token.asker()).map_err(ApiError::too_many)?;
        let ledger =
            Ledger::new(sessions.store.clone(), sessions.clock.clone(), &brand.slug, token.environment);
        Ok(Self { token, brand, ledger })
    }
}

fn site_id(query: &str) -> Result<i64, SdkError> {
    let mut given = form_urlencoded::parse(query.as_bytes());
    let Some((_, text)) = given.find(|(name, _)| name == "site_id") else {
        return Err(SdkError::field("site_id", "Site ID is required"));
    };
    text.parse().map_err(|_| SdkError::field("site_id", "The site id must be an integer."))
}
