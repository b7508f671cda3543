use jiff::SignedDuration;
use serde_json::{Map, Value};
use sqlx::Row as _;
use url::Url;
use uuid::Uuid;

use super::claims::{Claims, Environment};
use super::handle::new_handle;
use super::sessions::{SessionError, Sessions};
use super::stored::{Stored, text};
use crate::billing::{Lookup, LookupError};
use crate::brand::Brand;
use crate::clock;
use crate::place::Place;
use crate::secret::SecretText;
use crate::store::{self, Error, Store};

/// How long a link can be followed for the first time. The session it leads to lives on as any other.
pub const TIME_TO_FOLLOW: SignedDuration = SignedDuration::from_mins(15);

/// The name in a return address by which a merchant finds the session again.
const SESSION_PARAMETER: &str = "rb_session";

/// A link to the hosted flow that a merchant's backend asks for.
#[derive(Clone, Debug)]
pub struct NewLink {
    /// The merchant's own id of the customer. Billing need not know it.
    pub user: String,
    /// The customer's own token, where billing answers to nothing else.
    pub token: Option<SecretText>,
    /// Whether it counts.
    pub environment: Environment,
    /// Where the customer is sent afterwards. The caller has checked that the brand allows it.
    pub return_url: Url,
    /// Where the customer lives.
    pub place: Option<Place>,
    /// The language the customer is to be spoken to in.
    pub locale: Option<String>,
    /// Whether the customer is a consumer.
    pub consumer: Option<bool>,
    /// When the contract began.
    pub contract_started_at: Option<jiff::Timestamp>,
    /// The merchant's own figures about the customer: `plan`, `mrr`, `tenureDays`.
    pub context: Map<String, Value>,
    /// The merchant's own notes: flat.
    pub metadata: Map<String, Value>,
}

/// A link to the hosted flow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CancelLink {
    /// The id of the session it leads to: a UUID.
    pub id: Uuid,
    /// The name of its page.
    pub handle: String,
    /// What the session is opened with.
    pub claims: Claims,
    /// The merchant's own figures about the customer.
    pub context: Map<String, Value>,
    /// When it was made.
    pub created_at: String,
    /// Until when it can be followed for the first time.
    pub expires_at: String,
}

impl CancelLink {
    /// The link of this id.
    ///
    /// # Errors
    /// The database cannot be read, or holds something unexpected.
    pub async fn by_id(store: &Store, id: &str) -> Result<Option<Self>, Error> {
        let row = sqlx::query("SELECT * FROM cancel_links WHERE id = $1").bind(id);
        row.fetch_optional(store.read()).await?.as_ref().map(Self::read).transpose()
    }

    async fn by_handle(store: &Store, handle: &str) -> Result<Option<Self>, Error> {
        let row = sqlx::query("SELECT * FROM cancel_links WHERE handle = $1").bind(handle);
        row.fetch_optional(store.read()).await?.as_ref().map(Self::read).transpose()
    }

    fn read(row: &sqlx::sqlite::SqliteRow) -> Result<Self, Error> {
        let unreadable = |error: serde_json::Error| Error::Malformed(format!("a link: {error}"));
        let claims: Claims = serde_json::from_str(row.try_get("claims")?).map_err(unreadable)?;
        Ok(Self {
            id: claims.sid,
            handle: row.try_get("handle")?,
            context: serde_json::from_str(row.try_get("context")?).map_err(unreadable)?,
            created_at: row.try_get("created_at")?,
            expires_at: row.try_get("expires_at")?,
            claims,
        })
    }
}

/// A return address that names this session, and no other: one that a customer has come back to before names that session still.
fn naming(mut url: Url, session: Uuid) -> Url {
    let names =
        |pair: &str| url::form_urlencoded::parse(pair.as_bytes()).any(|(name, _)| name == SESSION_PARAMETER);
    let kept: Vec<&str> = url.query().unwrap_or_default().split('&').filter(|pair| !names(pair)).collect();
    let kept = kept.join("&");
    url.set_query(Some(kept.as_str()).filter(|kept| !kept.is_empty()));
    url.query_pairs_mut().append_pair(SESSION_PARAMETER, &session.to_string());
    url
}

impl Sessions {
    /// Makes a link to the hosted flow, and keeps it.
    ///
    /// Where the brand's links change billing and billing knows the customer, it will carry out what the customer asks for;
    /// else that is handed to the merchant.
    ///
    /// # Errors
    /// Billing cannot be asked, or the database does not take it.
    pub async fn create_link(&self, brand: &Brand, new: NewLink) -> Result<CancelLink, SessionError> {
        let now = self.clock.now();
        let expires_at = now.saturating_add(TIME_TO_FOLLOW).unwrap_or(now);
        let id = Uuid::new_v4();
        let return_url = naming(new.return_url, id);
        let known = self.known_to_billing(brand, new.environment, &new.user, new.token).await?;
        let link = CancelLink {
            id,
            handle: new_handle().map_err(|error| SessionError::Internal(error.to_string()))?,
            context: new.context,
            created_at: clock::text(now),
            expires_at: clock::text(expires_at),
            claims: Claims {
                sid: id,
                brand: brand.slug.clone(),
                environment: new.environment,
                hands_over: known.is_none(),
                customer: known.unwrap_or(new.user),
                email: None,
                subscription: None,
                place: new.place,
                locale: new.locale,
                consumer: new.consumer,
                withdrawal: false,
                contract_started_at: new.contract_started_at,
                return_url: Some(return_url.into()),
                metadata: new.metadata,
                opens_until: expires_at,
            },
        };
        let row = link.clone();
        let written = self.store.write(async move |tx| {
            sqlx::query(
                "INSERT INTO cancel_links (id, handle, brand, claims, context, created_at, expires_at) \
                 VALUES ($1, $2, $3, $4, $5, $6, $7)",
            )
            .bind(row.id.to_string())
            .bind(&row.handle)
            .bind(&row.claims.brand)
            .bind(text(&row.claims)?)
            .bind(text(&row.context)?)
            .bind(&row.created_at)
            .bind(&row.expires_at)
            .execute(tx)
            .await?;
            Ok::<_, store::Error>(())
        });
        written.await?;
        Ok(link)
    }

    /// Billing's own id of a merchant's customer, where the brand's links change billing and it has something to cancel.
    async fn known_to_billing(
        &self,
        brand: &Brand,
        environment: Environment,
        user: &str,
        token: Option<SecretText>,
    ) -> Result<Option<String>, SessionError> {
        if !brand.hosted.changes_billing {
            return Ok(None);
        }
        let given = token.is_some();
        let lookup = Lookup { customer: Some(user.into()), token, ..Lookup::default() };
        let billing = self.billing(&brand.slug, environment, false)?;
        let found = match billing.unmistakable(&lookup).await {
            Ok(()) => billing.snapshot(&lookup).await,
            Err(error) => Err(error),
        };
        match found {
            // Whoever can choose their name at the merchant could take the id that billing has given to somebody else.
            Ok(snapshot) if snapshot.customer.user_id.as_ref().is_some_and(|own| own != user) => Ok(None),
            Ok(snapshot) => Ok(Some(snapshot.customer.id)),
            Err(unavailable @ LookupError::Unavailable(_)) => Err(unavailable.into()),
            Err(expired @ LookupError::TokenExpired) if given => Err(expired.into()),
            Err(_) => Ok(None),
        }
    }

    /// The session of a hosted page: of the flow's own, or of a link that is followed for the first time, which opens it.
    ///
    /// # Errors
    /// The link's time is over, or billing does not lead to its subscription any more.
    pub async fn follow(&self, handle: &str) -> Result<Option<Stored>, SessionError> {
        if let Some(session) = self.by_handle(handle).await? {
            return Ok(Some(session));
        }
        let Some(link) = CancelLink::by_handle(&self.store, handle).await? else { return Ok(None) };
        let brand = self.config.brand(&link.claims.brand).cloned().ok_or(SessionError::UnknownBrand)?;
        self.open_at(&link.claims, &brand, link.handle).await.map(Some)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_return_address_names_one_session_and_keeps_everything_else() {
        let session = Uuid::nil();
        for (address, wanted) in [
            ("https://a.example/x", "?rb_session="),
            ("https://a.example/x?", "?rb_session="),
            ("https://a.example/x?from=a%20b+c&&y", "?from=a%20b+c&&y&rb_session="),
            ("https://a.example/x?rb_session=old", "?rb_session="),
            ("https://a.example/x?a=1&rb_session=old&rb%5Fsession=older&b=2", "?a=1&b=2&rb_session="),
            ("https://a.example/x?rb_sessions=1&not=rb_session", "?rb_sessions=1&not=rb_session&rb_session="),
        ] {
            let named = naming(Url::parse(&format!("{address}#there")).unwrap(), session);
            assert_eq!(named.as_str(), format!("https://a.example/x{wanted}{session}#there"));
        }
    }
}
