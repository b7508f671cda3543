//! What becomes of declarations while billing cannot be asked, answers late, or refuses.

use std::path::Path;
use std::sync::{Arc, Mutex};

use axum::http::Extensions;
use jiff::SignedDuration;

use super::desk::Arriving;
use super::{Content, Declaration, Desk, Kind, Status, Why};
use crate::billing::{
    Account, Answer, Billing, Can, Customer, Cycle, Instruction, Interval, Lookup, LookupError, PlanTerms,
    Registry, Snapshot, Terms,
};
use crate::clock::{self, Clock};
use crate::config::Config;
use crate::customer_limits::CustomerLimits;
use crate::http::Peer;
use crate::intents::Executor;
use crate::keys::KeyFile;
use crate::seal::Sealer;
use crate::session::Sessions;
use crate::sign::Signer;
use crate::store::Store;

const CONFIG: &str = "[server]\npublic_url = \"https://cancel.example.com\"\n\
    [[brand]]\nslug = \"acme\"\nsite_id = 1\nname = \"Acme\"\nbilling = \"ledger\"\n\
    [brand.public]\ncancel = true\nwithdraw = true\n";

/// Billing as a test wants it: whether it can be asked, what it answers, and how often it was told to do something.
#[derive(Clone, Debug)]
struct Moody(Arc<Mutex<Mood>>);

#[derive(Debug)]
struct Mood {
    away: bool,
    answer: Answer,
    executed: Vec<String>,
}

#[async_trait::async_trait]
impl Billing for Moody {
    async fn snapshot(&self, lookup: &Lookup) -> Result<Snapshot, LookupError> {
        if self.0.lock().unwrap().away {
            return Err(LookupError::Unavailable("away".into()));
        }
        assert!(lookup.customer.as_deref().is_none_or(|id| id == "cus_1"));
        Ok(Snapshot {
            customer: Customer { id: "cus_1".into(), user_id: None, place: None, name: None, email: None },
            subscription: Some("sub_1".into()),
            terms: Some(Terms {
                plan: "pro".into(),
                plan_name: "Pro".into(),
                amount: 2000,
                currency: "EUR".into(),
                cycle: Cycle { interval: Interval::Month, interval_count: 1, anchor_day: 10 },
                current_period_end: clock::parse("2026-12-10T00:00:00Z").unwrap(),
            }),
            discounts: Vec::new(),
            can: Can { cancel: true, undo: true, discount: true, ..Can::default() },
            began_at: None,
            pause: None,
            trial_ends_at: None,
            withheld: Vec::new(),
        })
    }

    async fn account(&self, _: &Lookup) -> Result<Account, LookupError> {
        Err(LookupError::Unavailable("nobody asks".into()))
    }

    async fn plans(&self, _: &[String]) -> Result<Option<Vec<PlanTerms>>, LookupError> {
        Ok(None)
    }

    async fn execute(&self, key: &str, _instruction: &Instruction) -> Answer {
        let mut mood = self.0.lock().unwrap();
        mood.executed.push(key.into());
        mood.answer.clone()
    }

    async fn read_back(&self, _key: &str, _instruction: &Instruction) -> Answer {
        self.0.lock().unwrap().answer.clone()
    }
}

struct Office {
    desk: Desk,
    billing: Moody,
    clock: Clock,
    _directory: tempfile::TempDir,
}

impl Office {
    async fn open() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let clock = Clock::manual(clock::parse("2026-11-21T12:00:00Z").unwrap());
        let store = Store::open(directory.path().join("farewell.db")).await.unwrap();
        let mood = Mood { away: false, answer: Answer::Applied, executed: Vec::new() };
        let billing = Moody(Arc::new(Mutex::new(mood)));
        let billings = Registry::default().with("acme", billing.clone());
        let key = |name| KeyFile::open(directory.path(), name).unwrap();
        let sessions = Sessions {
            limits: Arc::new(CustomerLimits::new(&clock)),
            executor: Executor::new(store.clone(), billings.clone(), clock.clone()),
            sealer: Arc::new(Sealer::new(key("sealing.key"))),
            signer: Arc::new(Signer::new(&key("signing.key"))),
            config: Arc::new(Config::read("farewell.toml", CONFIG, Path::new("")).unwrap()),
            store,
            clock: clock.clone(),
            billings,
        };
        Self { desk: Desk::new(sessions), billing, clock, _directory: directory }
    }

    fn is_away(&self, away: bool) {
        self.billing.0.lock().unwrap().away = away;
    }

    fn answers(&self, answer: Answer) {
        self.billing.0.lock().unwrap().answer = answer;
    }

    fn executed(&self) -> usize {
        let mut keys = self.billing.0.lock().unwrap().executed.clone();
        keys.dedup();
        keys.len()
    }

    async fn receive(&self) -> Declaration {
        let content = Content {
            name: "Ada".into(),
            contract: "Pro".into(),
            extraordinary: false,
            cause: None,
            wished_end: None,
            email: "ada@example.com".into(),
        };
        let arriving = Arriving {
            brand: self.desk.sessions.config.brand("acme").unwrap().clone(),
            kind: Kind::Cancel,
            content,
            locale: "de".into(),
            form: String::new(),
            from: Peer::of(&Extensions::new()),
        };
        let token = self.desk.receive(arriving).await.unwrap();
        self.desk.register.by_receipt(&token).await.unwrap().unwrap()
    }

    async fn now(&self, declaration: &Declaration) -> Declaration {
        self.desk.register.by_id(&declaration.id).await.unwrap().unwrap()
    }

    /// Lets time pass as the background worker sees it.
    async fn pass(&self, seconds: i64) {
        self.clock.advance(SignedDuration::from_secs(seconds));
        self.desk.sessions.executor.settle_due().await.unwrap();
        self.desk.work().await.unwrap();
    }
}

#[tokio::test]
async fn what_arrives_while_billing_is_away_is_matched_when_it_is_back() {
    let office = Office::open().await;
    office.is_away(true);
    let declaration = office.receive().await;
    office.pass(0).await;
    assert_eq!(office.now(&declaration).await.status, Status::Received);
    office.desk.confirm(&office.now(&declaration).await).await.unwrap();
    office.is_away(false);
    office.pass(11).await;
    office.pass(0).await;
    let done = office.now(&declaration).await;
    assert_eq!((done.status, done.effect.as_deref()), (Status::Done, Some("applied")));
    assert_eq!(done.confirmed_by.as_deref(), Some("email"));
    assert_eq!(office.executed(), 1);
}

#[tokio::test]
async fn a_cancellation_that_nobody_has_confirmed_is_never_tried() {
    let office = Office::open().await;
    let declaration = office.receive().await;
    for _ in 0..5 {
        office.pass(24 * 60 * 60).await;
    }
    assert_eq!((office.now(&declaration).await.status, office.executed()), (Status::Matched, 0));
}

#[tokio::test]
async fn billing_that_goes_away_before_it_is_carried_out_is_waited_for() {
    let office = Office::open().await;
    let declaration = office.receive().await;
    office.pass(0).await;
    office.is_away(true);
    office.desk.confirm(&office.now(&declaration).await).await.unwrap();
    office.pass(11).await;
    assert_eq!(office.now(&declaration).await.status, Status::Confirmed);
    office.is_away(false);
    office.pass(11).await;
    assert_eq!((office.now(&declaration).await.status, office.executed()), (Status::Done, 1));
}

#[tokio::test]
async fn an_answer_that_does_not_come_is_asked_for_until_it_does_also_after_the_session_has_expired() {
    let office = Office::open().await;
    office.answers(Answer::Unknown("a time-out".into()));
    let declaration = office.receive().await;
    office.pass(0).await;
    office.desk.confirm(&office.now(&declaration).await).await.unwrap();
    for _ in 0..4 {
        office.pass(10 * 60 * 60).await;
    }
    assert_eq!(office.now(&declaration).await.status, Status::Confirmed);
    office.answers(Answer::Applied);
    office.pass(10 * 60 * 60).await;
    let done = office.now(&declaration).await;
    assert_eq!(done.status, Status::Done);
    assert_eq!(done.effective_at.as_deref(), Some("2026-12-10T00:00:00.000Z"));
    assert_eq!(office.executed(), 1, "always with the same key");
}

#[tokio::test]
async fn what_billing_refuses_is_a_work_item_and_can_be_tried_again() {
    let office = Office::open().await;
    office.answers(Answer::Refused("no".into()));
    let declaration = office.receive().await;
    office.pass(0).await;
    office.desk.confirm(&office.now(&declaration).await).await.unwrap();
    let refused = office.now(&declaration).await;
    assert_eq!((refused.status, refused.why), (Status::Open, Some(Why::Refused)));
    office.pass(60).await;
    assert_eq!(office.executed(), 1, "not by itself");
    office.answers(Answer::Applied);
    office.desk.register.confirm(&declaration.reference, "cus_1", "sub_1").await.unwrap();
    office.pass(0).await;
    assert_eq!((office.now(&declaration).await.status, office.executed()), (Status::Done, 2));
}
