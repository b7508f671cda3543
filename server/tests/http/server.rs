//! A server for a test: two brands on the ledger and one whose merchant does the billing.

use std::path::Path;
use std::time::Duration;

use farewell_server::billing::ledger::Import;
use farewell_server::billing::{Billing, Registry};
use farewell_server::clock::{self, Clock};
use farewell_server::config::Config;
use farewell_server::http::{App, router};
use farewell_server::intents::Executor;
use farewell_server::keys::ApiKey;
use farewell_server::serve::Server;
use farewell_server::session::Sessions;
use farewell_server::store::Store;
use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use reqwest::{Client, Method, RequestBuilder, Response, redirect};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

pub const PAGE: &str = "https://app.acme.example";
pub const RETURN: &str = "https://app.acme.example/billing/callback";
pub const NOW: &str = "2026-11-21T12:00:00Z";

pub struct Running {
    pub url: String,
    pub clock: Clock,
    pub app: App,
    pub acme: String,
    pub globex: String,
    pub manual: String,
    pub directory: TempDir,
    /// Where metrics are told, if they are.
    pub metrics: Option<String>,
    client: Client,
    stop: Option<oneshot::Sender<()>>,
    served: Option<JoinHandle<()>>,
}

pub fn config(directory: &Path, url: &str, configure: impl FnOnce(String) -> String) -> Config {
    let text = configure(include_str!("farewell.toml").replace("http://127.0.0.1:1", url));
    Config::read("farewell.toml", &text, directory).unwrap_or_else(|wrong| panic!("{wrong:#?}"))
}

fn ledger() -> Import {
    Import::read(include_str!("ledger.json")).expect("the ledger of the tests")
}

impl Running {
    pub async fn start() -> Self {
        Self::start_in(
            tempfile::tempdir().expect("a directory"),
            Clock::manual(clock::parse(NOW).expect("a time")),
        )
        .await
    }

    /// With another configuration: `configure` changes the text of the usual one.
    pub async fn start_with(configure: impl FnOnce(String) -> String) -> Self {
        let clock = Clock::manual(clock::parse(NOW).expect("a time"));
        Self::start_as(tempfile::tempdir().expect("a directory"), clock, configure).await
    }

    pub async fn start_in(directory: TempDir, clock: Clock) -> Self {
        Self::start_as(directory, clock, |text| text).await
    }

    pub async fn start_as(
        directory: TempDir,
        clock: Clock,
        configure: impl FnOnce(String) -> String,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let config = config(directory.path(), &url, configure);
        let server = Server::on(listener, config, clock.clone()).await.expect("a server");
        let metrics = server.metrics_address().expect("an address").map(|at| format!("http://{at}"));
        let app = server.app().clone();
        let mut keys = Vec::new();
        for brand in ["acme", "globex", "manual"] {
            let key = ApiKey::generate(brand).expect("a key");
            app.keys.add(brand, &key).await.expect("a stored key");
            keys.push(key.expose().to_owned());
        }
        for brand in ["acme", "globex"] {
            ledger().apply(&app.sessions.store, brand, clock.now()).await.expect("an imported ledger");
        }
        let (stop, stopped) = oneshot::channel();
        let served = tokio::spawn(server.run(async move { drop(stopped.await) }));
        let client =
            Client::builder().redirect(redirect::Policy::none()).no_proxy().build().expect("a client");
        let [acme, globex, manual] = keys.try_into().expect("three keys");
        Self {
            url,
            clock,
            app,
            acme,
            globex,
            manual,
            directory,
            metrics,
            client,
            stop: Some(stop),
            served: Some(served),
        }
    }

    /// Tells the server to stop, as SIGTERM does, and does not wait for it.
    pub fn tell_to_stop(&mut self) {
        drop(self.stop.take());
    }

    /// Stops the server as SIGTERM does, and gives the directory with everything it has kept.
    pub async fn stop(mut self) -> TempDir {
        drop(self.stop.take());
        self.served.take().expect("a running server").await.expect("a clean stop");
        self.directory
    }

    /// Breaks off a server that was started with [`billed_by`](Self::billed_by), and gives the directory with everything it has kept.
    pub async fn stop_served(mut self) -> TempDir {
        self.served.take().expect("a running server").abort();
        self.app.sessions.store.close().await;
        self.directory
    }

    /// The same data with another billing of acme's, and with nobody who works in the background.
    pub async fn billed_by<B: Billing + 'static>(
        mut self,
        configure: impl FnOnce(String) -> String,
        billing: impl FnOnce(&Store, &Clock) -> B,
    ) -> Self {
        drop(self.stop.take());
        self.served.take().expect("a running server").await.expect("a clean stop");
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        self.url = format!("http://{}", listener.local_addr().expect("an address"));
        let config = config(self.directory.path(), &self.url, configure);
        let unused = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let server = Server::on(unused, config, self.clock.clone()).await.expect("a server");
        let sessions = server.app().sessions.clone();
        let billings = Registry::default().with("acme", billing(&sessions.store, &self.clock));
        let executor = Executor::new(sessions.store.clone(), billings.clone(), self.clock.clone());
        self.app = App::new(Sessions { billings, executor, ..sessions });
        let service = router(self.app.clone());
        self.served =
            Some(tokio::spawn(async move { axum::serve(listener, service).await.expect("a server") }));
        self
    }

    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("{}{path}", self.url))
    }

    pub fn get(&self, path: &str) -> RequestBuilder {
        self.request(Method::GET, path)
    }

    pub fn post(&self, path: &str) -> RequestBuilder {
        self.request(Method::POST, path)
    }

    pub async fn ask_session(&self, key: &str, retention: Value) -> Answer {
        let body = json!({ "retention": retention });
        let sent = self.post("/v1/retention/session").header("x-brand-key", key).json(&body).send().await;
        Answer::of(sent.expect("an answer")).await
    }

    /// A session id of acme's customer of this number.
    pub async fn session(&self, customer: u32) -> String {
        self.session_with(json!({ "customer_id": format!("cus_{customer}") })).await
    }

    pub async fn session_with(&self, retention: Value) -> String {
        let answer = self.ask_session(&self.acme, retention).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.body["id"].as_str().expect("an id").to_owned()
    }

    pub async fn flow(&self, session: &str) -> Answer {
        let sent = self.get("/v1/flow").bearer_auth(session).send().await;
        Answer::of(sent.expect("an answer")).await
    }

    /// Sends actions. A `claim_id` that is an offer's id stands for the claim this session has on it.
    pub async fn act(&self, session: &str, mut actions: Value) -> Answer {
        for action in actions.as_array_mut().into_iter().flatten() {
            if let Some(offer) = action.get("claim_id").and_then(Value::as_str) {
                action["claim_id"] = self.claim(session, offer).await.into();
            }
        }
        let body = json!({ "actions": actions });
        let sent = self.post("/v1/flow/actions").bearer_auth(session).json(&body).send().await;
        Answer::of(sent.expect("an answer")).await
    }

    /// A session's claim on an offer; the offer's own id, which is no claim, when it has none.
    pub async fn claim(&self, session: &str, offer: &str) -> String {
        let flow = self.flow(session).await;
        let offers = flow.body["flow"]["offers"].as_array().cloned().unwrap_or_default();
        let found = offers.iter().find(|one| one["id"] == offer).and_then(|one| one["claim_id"].as_str());
        found.unwrap_or(offer).to_owned()
    }

    /// What the ledger has of acme's customer, read as the merchant's backend reads it.
    pub async fn customer(&self, id: &str) -> Value {
        let sent =
            self.get(&format!("/v1/ledger/customers/{id}")).header("x-api-key", &self.acme).send().await;
        let answer = Answer::of(sent.expect("an answer")).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.body
    }

    /// The path of a session's hosted page.
    pub async fn page_of(&self, session: &str) -> String {
        let flow = self.flow(session).await.ok();
        format!("/c/{}", flow["flow"]["page"]["handle"].as_str().expect("a handle"))
    }

    /// Type and payload of something this server has signed, as another library verifies it with the published key.
    pub async fn verified(&self, jws: &str) -> (String, Value) {
        let keys: JwkSet =
            self.get("/.well-known/jwks.json").send().await.expect("keys").json().await.expect("a key set");
        let header = decode_header(jws).expect("a header");
        let key = keys.find(header.kid.as_deref().expect("a key id")).expect("a published key");
        let key = DecodingKey::from_jwk(key).expect("a key");
        let mut validation = Validation::new(Algorithm::EdDSA);
        validation.set_audience(&["acme"]);
        validation.set_issuer(&[&self.url]);
        validation.set_required_spec_claims(&["aud", "iss"]);
        let claims = decode::<Value>(jws, &key, &validation).expect("a valid signature").claims;
        (header.typ.expect("a type"), claims)
    }

    /// Status, attempts and last error of the rows of an outbox, oldest first.
    pub async fn outbox(&self, table: &'static str) -> Vec<(String, i64, Option<String>)> {
        let sql = match table {
            "mails" => "SELECT status, attempts, last_error FROM mails ORDER BY created_at",
            "handovers" => "SELECT status, attempts, last_error FROM handovers ORDER BY created_at",
            "webhooks" => "SELECT status, attempts, last_error FROM webhooks ORDER BY created_at, position",
            other => panic!("{other} is no outbox"),
        };
        sqlx::query_as(sql).fetch_all(self.app.sessions.store.read()).await.expect("an outbox")
    }

    /// Waits until the only row of an outbox has this status and was tried this often.
    pub async fn until(&self, table: &'static str, status: &str, attempts: i64) {
        let seen = async {
            loop {
                let rows = self.outbox(table).await;
                if rows.len() == 1 && rows[0].0 == status && rows[0].1 == attempts {
                    break;
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        let waited = tokio::time::timeout(Duration::from_secs(20), seen).await;
        assert!(waited.is_ok(), "not {status} after {attempts}: {:?}", self.outbox(table).await);
    }

    pub async fn count(&self, table: &'static str) -> i64 {
        let sql = match table {
            "sessions" => "SELECT count(*) FROM sessions",
            "cancellations" => "SELECT count(*) FROM cancellations",
            "actions" => "SELECT count(*) FROM actions",
            "intents" => "SELECT count(*) FROM intents",
            "outcomes" => "SELECT count(*) FROM outcomes",
            "declarations" => "SELECT count(*) FROM declarations",
            "mails" => "SELECT count(*) FROM mails",
            "discounts" => "SELECT count(*) FROM ledger_discounts",
            "phases" => "SELECT count(*) FROM ledger_phases",
            other => panic!("{other} is not counted"),
        };
        sqlx::query_scalar(sql).fetch_one(self.app.sessions.store.read()).await.expect("a count")
    }
}

/// An answer whose body is JSON.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub body: Value,
}

impl Answer {
    pub async fn of(response: Response) -> Self {
        let status = response.status().as_u16();
        let text = response.text().await.expect("a body");
        let body = serde_json::from_str(&text).unwrap_or_else(|_| panic!("{status} is not JSON: {text}"));
        Self { status, body }
    }

    /// The sentence of an error of this status.
    #[track_caller]
    pub fn error(&self, status: u16) -> &str {
        assert_eq!(self.status, status, "{}", self.body);
        self.body["error"].as_str().expect("an error's sentence")
    }

    #[track_caller]
    pub fn ok(self) -> Value {
        assert_eq!(self.status, 200, "{}", self.body);
        self.body
    }
}
