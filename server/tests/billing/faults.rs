//! Billing that misbehaves in front of a real ledger.

use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use farewell_server::billing::{
    Account, Answer, Billing, Instruction, Lookup, LookupError, PlanTerms, Snapshot, ledger::Ledger,
};
use tokio::sync::Semaphore;

use crate::fixture::World;

/// Billing that says these things first, one for each execution, and then asks the ledger.
#[derive(Clone, Debug)]
pub struct Says {
    ledger: Ledger,
    first: Arc<Mutex<VecDeque<Answer>>>,
    executed: Arc<AtomicUsize>,
}

impl Says {
    pub fn new(world: &World, first: impl IntoIterator<Item = Answer>) -> Self {
        let first = Arc::new(Mutex::new(first.into_iter().collect()));
        Self { ledger: world.ledger(), first, executed: Arc::default() }
    }

    /// Answers the next execution so.
    pub fn say(&self, answer: Answer) {
        self.first.lock().unwrap().push_back(answer);
    }

    /// How often it was asked to execute.
    pub fn executed(&self) -> usize {
        self.executed.load(Ordering::Relaxed)
    }
}

#[async_trait::async_trait]
impl Billing for Says {
    async fn plans(&self, _: &[String]) -> Result<Option<Vec<PlanTerms>>, LookupError> {
        Ok(None)
    }

    async fn snapshot(&self, lookup: &Lookup) -> Result<Snapshot, LookupError> {
        self.ledger.snapshot(lookup).await
    }

    async fn account(&self, lookup: &Lookup) -> Result<Account, LookupError> {
        self.ledger.account(lookup).await
    }

    async fn execute(&self, key: &str, instruction: &Instruction) -> Answer {
        self.executed.fetch_add(1, Ordering::Relaxed);
        let first = self.first.lock().unwrap().pop_front();
        match first {
            Some(answer) => answer,
            None => self.ledger.execute(key, instruction).await,
        }
    }

    async fn read_back(&self, key: &str, instruction: &Instruction) -> Answer {
        self.ledger.read_back(key, instruction).await
    }
}

pub fn unknown(why: &str) -> Answer {
    Answer::Unknown(why.into())
}

/// A ledger that answers when it is let.
#[derive(Debug)]
pub struct Gated {
    pub ledger: Ledger,
    pub gate: Arc<Semaphore>,
}

#[async_trait::async_trait]
impl Billing for Gated {
    async fn plans(&self, _: &[String]) -> Result<Option<Vec<PlanTerms>>, LookupError> {
        Ok(None)
    }

    async fn snapshot(&self, lookup: &Lookup) -> Result<Snapshot, LookupError> {
        self.ledger.snapshot(lookup).await
    }

    async fn account(&self, lookup: &Lookup) -> Result<Account, LookupError> {
        self.ledger.account(lookup).await
    }

    async fn execute(&self, key: &str, instruction: &Instruction) -> Answer {
        self.gate.acquire().await.unwrap().forget();
        self.ledger.execute(key, instruction).await
    }

    async fn read_back(&self, key: &str, instruction: &Instruction) -> Answer {
        self.ledger.read_back(key, instruction).await
    }
}

type Ask = Box<dyn Fn(&'static str) -> Option<Answer> + Send + Sync>;

/// The ledger, with somebody who watches what it is asked.
pub struct Watched {
    ledger: Ledger,
    ask: Ask,
}

impl Watched {
    /// Calls `ask` with `execute` or `read_back`. If it gives an answer, the ledger is not asked.
    pub fn new(ledger: Ledger, ask: impl Fn(&'static str) -> Option<Answer> + Send + Sync + 'static) -> Self {
        Self { ledger, ask: Box::new(ask) }
    }
}

impl std::fmt::Debug for Watched {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Watched")
    }
}

#[async_trait::async_trait]
impl Billing for Watched {
    async fn plans(&self, _: &[String]) -> Result<Option<Vec<PlanTerms>>, LookupError> {
        Ok(None)
    }

    async fn snapshot(&self, lookup: &Lookup) -> Result<Snapshot, LookupError> {
        self.ledger.snapshot(lookup).await
    }

    async fn account(&self, lookup: &Lookup) -> Result<Account, LookupError> {
        self.ledger.account(lookup).await
    }

    async fn execute(&self, key: &str, instruction: &Instruction) -> Answer {
        match (self.ask)("execute") {
            Some(answer) => answer,
            None => self.ledger.execute(key, instruction).await,
        }
    }

    async fn read_back(&self, key: &str, instruction: &Instruction) -> Answer {
        match (self.ask)("read_back") {
            Some(answer) => answer,
            None => self.ledger.read_back(key, instruction).await,
        }
    }
}
