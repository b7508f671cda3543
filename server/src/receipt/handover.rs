use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http_body_util::Full;
use hyper::body::Bytes;
use hyper::{Request, header};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use jiff::Timestamp;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use sqlx::Row as _;
use sqlx::sqlite::SqliteRow;
use url::Url;
use uuid::Uuid;

use crate::brand::Receipts;
use crate::clock::{self, Clock};
use crate::config::Config;
use crate::outbox::{self, Carrier, Table, Undelivered};
use crate::sign::Signer;
use crate::store::{Error, Tx};

/// How long a merchant's backend may take to answer.
const ANSWER_WITHIN: Duration = Duration::from_secs(10);
/// The header whose value signs what is posted to a merchant, and the `typ` of that signature.
pub const SIGNATURE: &str = "farewell-signature";
const SIGNATURE_TYPE: &str = "handover+jwt";

/// Posts receipts to merchants who send them on themselves.
///
/// Every post carries a signature of its own in [`SIGNATURE`]: a JWS with `iss`, `aud` (the brand), `iat`, `jti` (the same for
/// every attempt) and `sha256` of the body. Redirects are not followed.
#[derive(Debug)]
pub struct Handover {
    client: Client<HttpsConnector<HttpConnector>, Full<Bytes>>,
    signer: Arc<Signer>,
    config: Arc<Config>,
    clock: Clock,
}

impl Handover {
    /// Makes everything ready. Nothing is connected yet.
    ///
    /// # Errors
    /// The system's trusted certificates cannot be read.
    pub fn new(signer: Arc<Signer>, config: Arc<Config>, clock: Clock) -> Result<Self, String> {
        let tls = HttpsConnectorBuilder::new().try_with_platform_verifier().map_err(|error| {
            format!("the system's trusted certificates cannot be read: {error}; install ca-certificates.")
        })?;
        let connector = tls.https_or_http().enable_http1().build();
        Ok(Self { client: Client::builder(TokioExecutor::new()).build(connector), signer, config, clock })
    }

    /// Asks a merchant's backend whether it is there: posts `{"type":"ping"}`, signed as everything is.
    ///
    /// # Errors
    /// Why it is not.
    pub async fn ping(&self, brand: &str, url: &Url) -> Result<(), String> {
        let ping = json!({ "type": "ping" }).to_string();
        self.post(brand, url, &Uuid::new_v4().to_string(), ping).await
    }

    async fn post(&self, brand: &str, url: &Url, id: &str, body: String) -> Result<(), String> {
        let claims = json!({
            "iss": self.config.server.public_url,
            "aud": brand,
            "iat": self.clock.now().as_second(),
            "jti": id,
            "sha256": URL_SAFE_NO_PAD.encode(Sha256::digest(body.as_bytes())),
        });
        let request = Request::post(url.as_str())
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::USER_AGENT, concat!("farewell/", env!("CARGO_PKG_VERSION")))
            .header(SIGNATURE, self.signer.sign_text(SIGNATURE_TYPE, &claims.to_string()))
            .body(Full::from(body))
            .map_err(|error| error.to_string())?;
        let answer = tokio::time::timeout(ANSWER_WITHIN, self.client.request(request)).await;
        match answer {
            Ok(Ok(answer)) if answer.status().is_success() => Ok(()),
            Ok(Ok(answer)) => Err(format!("it answered {}, not 2xx", answer.status().as_u16())),
            Ok(Err(error)) => Err(outbox::unreachable(&error)),
            Err(_) => Err(format!("it did not answer within {} seconds", ANSWER_WITHIN.as_secs())),
        }
    }
}

/// Writes what a merchant is to be handed about a receipt. Belongs in the transaction of what it tells about.
pub(super) async fn insert(
    tx: &mut Tx,
    brand: &str,
    reference: &str,
    body: &Value,
    now: Timestamp,
) -> Result<(), Error> {
    sqlx::query(
        "INSERT INTO handovers (id, brand, receipt, body, status, attempts, next_attempt_at, created_at) \
         VALUES ($1, $2, $3, $4, 'pending', 0, $5, $5)",
    )
    .bind(Uuid::new_v4().to_string())
    .bind(brand)
    .bind(reference)
    .bind(body.to_string())
    .bind(clock::text(now))
    .execute(tx)
    .await?;
    Ok(())
}

impl Carrier for Handover {
    const TABLE: Table = outbox::table!("handovers");

    async fn deliver(&self, row: &SqliteRow) -> Result<(), Undelivered> {
        let text = |column: &str| {
            row.try_get::<String, _>(column).map_err(|error| Undelivered::yet(error.to_string()))
        };
        let (id, slug) = (text("id")?, text("brand")?);
        let Some(Receipts::Merchant(url)) = self.config.brand(&slug).map(|brand| &brand.receipts) else {
            return Err(Undelivered::yet(format!("the brand {slug} has no `receipt_url` any more")));
        };
        let posted = self.post(&slug, url, &id, text("body")?).await;
        posted.map_err(|why| Undelivered::yet(format!("`receipt_url` of the brand {slug}: {why}")))
    }
}
