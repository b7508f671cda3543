//! A brand with one customer in a fresh database, at a time that stands still.

use std::{sync::Arc, time::Duration};

use farewell_server::{
    billing::{
        Billing, Can, Change, Customer, Deal, DiscountTerms, Instruction, Lookup, Reduction, Registry,
        Snapshot, Span,
        ledger::{self, Import, Ledger},
    },
    clock::{self, Clock},
    intents::{self, Executor, NewIntent},
    locale::{Pack, Texts},
    session::Environment,
    store::{Error, Store},
};
use flow::{Answers, Effect, OfferRecord, Outcome, Receipt, Response, Run, State, Step};
use jiff::Timestamp;
use serde_json::json;
use tempfile::TempDir;

/// Long enough for anything that is not stuck.
pub const PATIENCE: Duration = Duration::from_secs(20);

pub fn at(text: &str) -> Timestamp {
    clock::parse(text).unwrap()
}

/// Paid monthly on the 31st; the next payment is on the last of February.
pub const CUSTOMERS: &str = r#"{
    "plans": [
        { "external_id": "pro", "name": "Pro", "amount": 1250, "currency": "USD", "interval": "month" },
        { "external_id": "max", "name": "Max", "amount": 9900, "currency": "USD", "interval": "year" }
    ],
    "customers": [{
        "external_id": "cus_1", "user_id": "u-1", "email": "Ada@Example.com", "name": "Ada", "country": "US", "region": "MN",
        "subscriptions": [{
            "external_id": "sub_1", "plan": "pro",
            "current_period_start": "2026-01-31T10:00:00Z", "current_period_end": "2026-02-28T10:00:00Z"
        }]
    }]
}"#;

pub struct World {
    pub dir: Arc<TempDir>,
    pub clock: Clock,
    pub store: Store,
}

impl World {
    pub async fn new() -> Self {
        let dir = Arc::new(tempfile::tempdir().unwrap());
        let world = Self::open(dir, Clock::manual(at("2026-02-10T12:00:00Z"))).await;
        world.import(CUSTOMERS).await.unwrap();
        world
    }

    pub async fn open(dir: Arc<TempDir>, clock: Clock) -> Self {
        let store = Store::open(dir.path().join("farewell.sqlite")).await.unwrap();
        Self { dir, clock, store }
    }

    pub async fn import(&self, file: &str) -> Result<ledger::Imported, ledger::ImportError> {
        Import::read(file)?.apply(&self.store, "acme", self.clock.now()).await
    }

    pub fn ledger(&self) -> Ledger {
        self.ledger_of(Environment::Prod)
    }

    pub fn ledger_of(&self, environment: Environment) -> Ledger {
        Ledger::new(self.store.clone(), self.clock.clone(), "acme", environment)
    }

    pub fn executor(&self, billing: impl Billing + 'static) -> Executor {
        Executor::new(self.store.clone(), Registry::default().with("acme", billing), self.clock.clone())
    }

    pub async fn snapshot(&self) -> Snapshot {
        self.ledger().snapshot(&Lookup { customer: Some("cus_1".into()), ..Lookup::default() }).await.unwrap()
    }

    pub async fn subscription(&self) -> ledger::Subscription {
        self.subscription_in(Environment::Prod).await
    }

    pub async fn subscription_in(&self, environment: Environment) -> ledger::Subscription {
        let now = self.clock.now();
        let customer =
            ledger::customer(&self.store, "acme", environment, "cus_1", now).await.unwrap().unwrap();
        customer.subscriptions.into_iter().next().unwrap()
    }

    pub fn instruction(&self, change: Change) -> Instruction {
        Instruction {
            customer: "cus_1".into(),
            subscription: Some("sub_1".into()),
            session: None,
            event: None,
            reason: None,
            requested_at: self.clock.now(),
            change,
        }
    }

    pub async fn half_off(&self) -> Change {
        let agreed = self.snapshot().await.terms;
        Change::Accept { offer: "half".into(), deal: Deal::Discount(half_for_three_months()), agreed }
    }

    /// What the server writes when a customer presses: the state, the outcome and the intent, at once.
    pub async fn press(
        &self,
        session: &str,
        state: State,
        intent: &str,
        change: Change,
    ) -> Result<(), Error> {
        let run = state.number();
        let outcome = state.runs.last().unwrap().clone();
        let intent = NewIntent {
            id: intent.into(),
            session: session.into(),
            run,
            instruction: self.instruction(change),
            created_at: self.clock.now(),
        };
        let (session, now) = (session.to_owned(), self.clock.now_text());
        let document = json!({ "flow": flow(), "policy": flow::Policy::default_policy() }).to_string();
        let billing = serde_json::to_string(&known()).unwrap();
        self.store
            .write(async move |tx| {
                sqlx::query(
                    "INSERT INTO sessions (id, brand, environment, kind, customer, subscription, handle, document, state, \
                     billing, opened_at, last_action_at, expires_at) VALUES ($1, 'acme', 'prod', 'retention', 'cus_1', \
                     'sub_1', $1, $4, $2, $5, $3, $3, $3) ON CONFLICT (id) DO UPDATE SET state = excluded.state",
                )
                .bind(&session)
                .bind(serde_json::to_string(&state).unwrap())
                .bind(&now)
                .bind(document)
                .bind(billing)
                .execute(&mut *tx)
                .await?;
                let receipt = outcome.receipt.unwrap();
                sqlx::query(
                    "INSERT INTO outcomes (session, run, outcome, effect, offer_id, offer_kind, receipt_reference, receipt, jti, \
                     completed_at) VALUES ($1, $2, $3, 'pending', $4, $5, $6, $7, $6, $8)",
                )
                .bind(&session)
                .bind(run)
                .bind(if outcome.outcome == Some(Outcome::Canceled) { "canceled" } else { "saved" })
                .bind(outcome.offers.first().map(|offer| offer.id.clone()))
                .bind(outcome.offers.first().map(|_| "discount"))
                .bind(&receipt.reference)
                .bind(serde_json::to_string(&receipt).unwrap())
                .bind(&now)
                .execute(&mut *tx)
                .await?;
                intents::insert(tx, &intent).await
            })
            .await
    }

    pub async fn state(&self, session: &str) -> State {
        let (state,): (String,) = sqlx::query_as("SELECT state FROM sessions WHERE id = $1")
            .bind(session)
            .fetch_one(self.store.read())
            .await
            .unwrap();
        let state: serde_json::Value = serde_json::from_str(&state).unwrap();
        State::read(&&state).unwrap()
    }

    /// Run, outcome, effect and whether it is settled, of every outcome of a session.
    pub async fn outcomes(&self, session: &str) -> Vec<(u32, String, Option<String>, bool)> {
        sqlx::query_as("SELECT run, outcome, effect, settled_at IS NOT NULL FROM outcomes WHERE session = $1 ORDER BY run")
            .bind(session)
            .fetch_all(self.store.read())
            .await
            .unwrap()
    }

    /// Status, attempts and last error of an intent.
    pub async fn intent(&self, id: &str) -> (String, i64, Option<String>) {
        sqlx::query_as("SELECT status, attempts, last_error FROM intents WHERE id = $1")
            .bind(id)
            .fetch_one(self.store.read())
            .await
            .unwrap()
    }

    pub async fn operations(&self) -> i64 {
        let (count,) = sqlx::query_as("SELECT COUNT(*) FROM ledger_operations")
            .fetch_one(self.store.read())
            .await
            .unwrap();
        count
    }
}

pub fn half_for_three_months() -> DiscountTerms {
    DiscountTerms { off: Reduction::Percent(50), lasts: Span::Months(3) }
}

pub fn to_period_end() -> Change {
    Change::CancelAtPeriodEnd { effective_at: Some(at("2026-02-28T10:00:00Z")) }
}

/// A run that has just ended, its effect pending.
pub fn ended(outcome: Outcome, offer: Option<&str>, reference: &str) -> Run {
    Run {
        seq: 3,
        step: Step::Receipt,
        answers: Answers::default(),
        declared: flow::Declared::default(),
        offers: offer
            .map(|id| OfferRecord { id: id.into(), response: Response::Accepted, choice: None })
            .into_iter()
            .collect(),
        outcome: Some(outcome),
        effect: Some(Effect::Pending),
        receipt: Some(Receipt {
            reference: reference.into(),
            issued_at: flow::Instant("2026-02-10T12:00:00.000Z".into()),
            effective_at: None,
            undo: outcome == Outcome::Canceled,
        }),
    }
}

pub fn accepted(reference: &str) -> State {
    State { runs: vec![ended(Outcome::Saved, Some("half"), reference)] }
}

pub fn canceled(reference: &str) -> State {
    State { runs: vec![ended(Outcome::Canceled, None, reference)] }
}

/// A flow, as little of one as there can be.
fn flow() -> flow::Flow {
    flow::Flow {
        brand: "Acme".into(),
        locale: "en".into(),
        rtl: false,
        time_zone: "UTC".into(),
        support_email: None,
        page: flow::Page { action: "https://cancel.example.com/c".into(), handle: "handle".into() },
        subscription: flow::Subscription::default(),
        reasons: Vec::new(),
        feedback: true,
        offers: Vec::new(),
        cancellation: flow::Cancellation { effective_at: None },
        declaration: flow::Declaration::default(),
        words: Pack::of("en").words("default", &Texts::new()),
    }
}

/// What was known of the customer when the session was opened.
fn known() -> Snapshot {
    Snapshot {
        customer: Customer { id: "cus_1".into(), user_id: None, place: None, name: None, email: None },
        subscription: Some("sub_1".into()),
        terms: None,
        discounts: Vec::new(),
        can: Can::default(),
        began_at: None,
        pause: None,
        trial_ends_at: None,
        withheld: Vec::new(),
    }
}
