//! A brand that Pelcro bills, and a site that answers as Pelcro does: the ledger of a server of ours.

use std::sync::Arc;
use std::time::Duration;

use farewell_server::billing::ledger::Import;
use farewell_server::billing::pelcro::{Pelcro, Tokens};
use farewell_server::billing::{Billing, Change, Deal, Instruction, Lookup, Renewal, Snapshot, Wanted};
use farewell_server::brand::PelcroSite;
use farewell_server::clock::{self, Clock};
use farewell_server::config::Config;
use farewell_server::customer_token::CustomerToken;
use farewell_server::keys::KeyFile;
use farewell_server::seal::Sealer;
use farewell_server::secret::SecretText;
use farewell_server::session::Environment;
use farewell_server::store::Store;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::proxy::Proxy;
use crate::server::{NOW, Running};

/// What the site sells beside `plan_pro`.
const SHOP: &str = r#"{
    "segments": [{ "key": "students", "name": "Students" }],
    "plans": [
        { "external_id": "plan_lite", "name": "Lite", "amount": 900, "currency": "USD", "interval": "month" },
        { "external_id": "plan_campus", "name": "Campus", "amount": 500, "currency": "USD", "interval": "month", "segments": ["students"] }
    ],
    "coupons": [
        { "code": "STUDENT", "amount_off": 100, "currency": "USD", "segments": ["students"] },
        { "code": "GONE", "percent_off": 10, "redeem_by": "2020-01-01T00:00:00Z" },
        { "code": "OTHER", "percent_off": 20 }
    ]
}"#;

/// What the brand offers: id, discount and coupon.
const OFFERS: [(&str, &str, &str); 5] = [
    ("half", "percent_off = 50", "SAVE50"),
    ("student", "amount_off = 100\ncurrency = \"USD\"", "STUDENT"),
    ("late", "percent_off = 10", "GONE"),
    ("wrong", "percent_off = 30", "OTHER"),
    ("nowhere", "percent_off = 10", "NOSUCH"),
];

/// A plan that is paid by the year and does not go on by itself, for that much.
pub fn book(amount: i64) -> String {
    json!({ "plans": [{ "external_id": "plan_book", "name": "Book", "amount": amount, "currency": "USD",
        "interval": "year", "auto_renew": false }] })
    .to_string()
}

/// A brand's side: what it is asked with, and where it keeps that.
pub struct Connector {
    pub billing: Pelcro,
    pub clock: Clock,
    pub store: Store,
    _directory: TempDir,
}

impl Connector {
    pub async fn to(url: &str) -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let store = Store::open(directory.path().join("farewell.db")).await.expect("a database");
        let sealer = Arc::new(Sealer::new(KeyFile::open(directory.path(), "sealing.key").expect("a key")));
        let clock = Clock::manual(clock::parse(NOW).expect("a time"));
        let tokens = Tokens::new(&store, &sealer, &clock, "acme", Environment::Prod);
        let site = PelcroSite { api: format!("{url}/").parse().expect("an address"), site_id: 1 };
        let config = Config::read("farewell.toml", &configured(), directory.path());
        let config = config.unwrap_or_else(|wrong| panic!("{wrong:#?}"));
        let brand = &config.brands[0];
        let billing =
            Pelcro::answering_within(&site, brand, tokens, Duration::from_secs(5)).expect("certificates");
        Self { billing, clock, store, _directory: directory }
    }

    pub async fn count(&self, table: &'static str) -> i64 {
        let sql = match table {
            "tokens" => "SELECT count(*) FROM pelcro_tokens",
            _ => "SELECT count(*) FROM pelcro_changes",
        };
        sqlx::query_scalar(sql).fetch_one(self.store.read()).await.expect("a count")
    }
}

fn configured() -> String {
    let offers: String = OFFERS
        .iter()
        .map(|(id, off, code)| {
            format!(
                "[[brand.offer]]\nid = \"{id}\"\nkind = \"discount\"\nheadline = \"Less\"\n{off}\nduration = \"once\"\npelcro_coupon = \"{code}\"\n"
            )
        })
        .collect();
    format!(
        "[server]\nlisten = \"127.0.0.1:0\"\npublic_url = \"http://127.0.0.1:1\"\n[[brand]]\nslug = \"acme\"\nsite_id = 7\n\
         name = \"Acme\"\nbilling = \"pelcro\"\n[brand.pelcro]\napi_url = \"http://127.0.0.1:1\"\nsite_id = 1\n{offers}"
    )
}

/// Both sides, and somebody between them.
pub struct World {
    pub site: Running,
    pub proxy: Proxy,
    pub connector: Connector,
}

impl World {
    pub async fn new() -> Self {
        let site = Running::start().await;
        let world = Self {
            proxy: Proxy::before(&site.url).await,
            connector: Connector::to("http://127.0.0.1:1").await,
            site,
        };
        world.import(SHOP).await;
        let connector = Connector::to(&world.proxy.url).await;
        Self { connector, ..world }
    }

    pub async fn import(&self, text: &str) {
        let import = Import::read(text).unwrap_or_else(|wrong| panic!("{wrong:?}"));
        import.apply(&self.site.app.sessions.store, "acme", self.site.clock.now()).await.expect("an import");
    }

    /// A customer's own token, for that many days.
    pub fn token(&self, customer: &str, days: u32) -> SecretText {
        let token = CustomerToken::new(customer, "acme", Environment::Prod, days, self.site.clock.now());
        SecretText::new(token.sign(&self.site.app.sessions.signer).expect("a token"))
    }

    /// The site's number of something, as text.
    pub async fn number(&self, table: &'static str, id: &str) -> String {
        let sql = match table {
            "plans" => "SELECT id FROM ledger_plans WHERE external_id = $1 AND brand = 'acme'",
            "customers" => {
                "SELECT id FROM ledger_customers WHERE external_id = $1 AND brand = 'acme' AND environment = 'prod'"
            }
            _ => {
                "SELECT id FROM ledger_subscriptions WHERE external_id = $1 AND brand = 'acme' AND environment = 'prod'"
            }
        };
        let store = &self.site.app.sessions.store;
        let number: i64 = sqlx::query_scalar(sql).bind(id).fetch_one(store.read()).await.expect("a number");
        number.to_string()
    }

    /// What a customer of this number has, asked for with a fresh token of theirs.
    pub async fn known(&self, n: u32) -> Snapshot {
        let lookup = Lookup { token: Some(self.token(&format!("cus_{n}"), 60)), ..Lookup::default() };
        self.connector.billing.snapshot(&lookup).await.expect("a subscription")
    }

    pub fn instruction(&self, snapshot: &Snapshot, change: Change) -> Instruction {
        Instruction {
            customer: snapshot.customer.id.clone(),
            subscription: snapshot.subscription.clone(),
            session: None,
            event: None,
            reason: Some("too_expensive".into()),
            requested_at: self.connector.clock.now(),
            change,
        }
    }

    pub fn accept(&self, snapshot: &Snapshot, offer: &str, deal: Deal) -> Instruction {
        let agreed = snapshot.terms.clone();
        self.instruction(snapshot, Change::Accept { offer: offer.into(), deal, agreed })
    }

    /// What a customer of this number pays for is a book by the year from then on, which ends by itself. Gives one more term, as it
    /// was quoted.
    pub async fn renewal(&self, n: u32, renewal: Renewal) -> Instruction {
        self.import(&book(3000)).await;
        let customer = json!({ "external_id": format!("cus_{n}"), "subscriptions": [{
            "external_id": format!("sub_{n}"), "plan": "plan_book",
            "current_period_start": "2026-01-10T05:00:00Z", "current_period_end": "2027-01-10T05:00:00Z" }] });
        self.import(&json!({ "customers": [customer] }).to_string()).await;
        let lookup = Lookup { token: Some(self.token(&format!("cus_{n}"), 60)), ..Lookup::default() };
        let account = self.connector.billing.account(&lookup).await.expect("a customer");
        let (customer, subscription) = (account.customer.id, account.subscriptions[0].id.clone());
        let wanted = Wanted::Renew(renewal);
        let quote = self.connector.billing.quote(&customer, subscription.as_deref(), &wanted).await;
        Instruction {
            customer,
            subscription,
            session: None,
            event: None,
            reason: None,
            requested_at: self.connector.clock.now(),
            change: quote.expect("a quote").change,
        }
    }

    /// What the site has of a customer's only subscription.
    pub async fn subscription(&self, customer: &str) -> Value {
        self.site.customer(customer).await["subscriptions"][0].clone()
    }

    /// How many terms are scheduled there, and how many discounts run.
    pub async fn scheduled(&self, customer: &str) -> (usize, usize) {
        let subscription = self.subscription(customer).await;
        let count = |name: &str| subscription[name].as_array().map_or(0, Vec::len);
        (count("phases"), count("discounts"))
    }

    /// Customers who pay for `plan_pro`, of these numbers.
    pub async fn customers(&self, numbers: std::ops::Range<u32>) {
        let customers: Vec<Value> = numbers
            .map(|n| {
                json!({
                    "external_id": format!("cus_{n}"),
                    "email": format!("c{n}@example.com"),
                    "subscriptions": [{
                        "external_id": format!("sub_{n}"),
                        "plan": "plan_pro",
                        "current_period_start": "2026-11-10T05:00:00Z",
                        "current_period_end": "2026-12-10T05:00:00Z",
                    }],
                })
            })
            .collect();
        self.import(&json!({ "customers": customers }).to_string()).await;
    }
}
