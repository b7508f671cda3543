//! A process that dies between any two steps: the next one finds everything, and does nothing twice.

use std::sync::mpsc;

use farewell_server::billing::{
    Account, Answer, Billing, Change, Instruction, Lookup, LookupError, PlanTerms, Snapshot, ledger::Ledger,
};
use flow::{Outcome, State};

use crate::fixture::{PATIENCE, World, accepted, canceled, ended, to_period_end};

/// Where the process dies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Death {
    BeforeExecute,
    AfterExecute,
    AfterReadBack,
    AfterSettle,
}

/// Billing that stops for ever at one point, and says so.
#[derive(Debug)]
struct Mortal {
    ledger: Ledger,
    death: Death,
    reached: mpsc::Sender<()>,
}

impl Mortal {
    async fn pass(&self, point: Death) {
        if self.death == point {
            self.reached.send(()).unwrap();
            std::future::pending::<()>().await;
        }
    }
}

#[async_trait::async_trait]
impl Billing for Mortal {
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
        self.pass(Death::BeforeExecute).await;
        let answer = self.ledger.execute(key, instruction).await;
        self.pass(Death::AfterExecute).await;
        answer
    }

    async fn read_back(&self, key: &str, instruction: &Instruction) -> Answer {
        let answer = self.ledger.read_back(key, instruction).await;
        self.pass(Death::AfterReadBack).await;
        answer
    }
}

/// Presses in a process of its own, which dies at that point, and gives the next process.
async fn press_and_die(
    world: World,
    state: State,
    intent: &'static str,
    change: Change,
    death: Death,
) -> World {
    world.store.close().await;
    let (reached, died) = mpsc::channel();
    // A process is its runtime: everything that runs in it goes with it, wherever it is.
    let process = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let (dir, clock) = (world.dir.clone(), world.clock.clone());
    process.spawn(async move {
        let world = World::open(dir, clock).await;
        let billing = Mortal { ledger: world.ledger(), death, reached };
        let last = billing.reached.clone();
        world.press("s", state, intent, change).await.unwrap();
        let progress = world.executor(billing).settle_now(intent, PATIENCE).await;
        last.send(()).unwrap();
        // Only here when it did not die before.
        drop((progress, world));
        std::future::pending::<()>().await;
    });
    tokio::task::block_in_place(|| died.recv_timeout(PATIENCE)).unwrap();
    process.shutdown_background();
    World::open(world.dir, world.clock).await
}

const DEATHS: [Death; 4] =
    [Death::BeforeExecute, Death::AfterExecute, Death::AfterReadBack, Death::AfterSettle];

async fn settle_the_rest(world: &World, death: Death) {
    let executor = world.executor(world.ledger());
    let settled = usize::from(death != Death::AfterSettle);
    assert_eq!(executor.settle_due().await.unwrap(), settled, "{death:?}");
    assert_eq!(executor.settle_due().await.unwrap(), 0, "{death:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_accepted_offer_is_granted_once_wherever_the_process_dies() {
    for death in DEATHS {
        let world = World::new().await;
        let change = world.half_off().await;
        let world = press_and_die(world, accepted("R1"), "i", change, death).await;
        let granted = if death == Death::BeforeExecute { 0 } else { 1 };
        assert_eq!(world.subscription().await.discounts.len(), granted, "{death:?}");
        settle_the_rest(&world, death).await;
        assert_eq!(world.subscription().await.discounts.len(), 1, "{death:?}");
        assert_eq!(world.operations().await, 1, "{death:?}");
        assert_eq!(
            world.outcomes("s").await,
            [(1, "saved".into(), Some("applied".into()), true)],
            "{death:?}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancellation_and_its_undo_are_carried_out_once_wherever_the_process_dies() {
    for death in DEATHS {
        let world = World::new().await;
        let world = press_and_die(world, canceled("R1"), "cancel", to_period_end(), death).await;
        settle_the_rest(&world, death).await;
        assert!(world.subscription().await.cancel_at.is_some(), "{death:?}");

        let mut state = world.state("s").await;
        state.runs.push(ended(Outcome::Saved, None, "R2"));
        let world = press_and_die(world, state, "undo", Change::Undo, death).await;
        settle_the_rest(&world, death).await;
        assert!(world.subscription().await.cancel_at.is_none(), "{death:?}");
        assert!(!world.state("s").await.is_canceled(), "{death:?}");
        assert_eq!(world.operations().await, 2, "{death:?}");
        let applied = |run: u32, outcome: &str| (run, outcome.to_owned(), Some("applied".to_owned()), true);
        assert_eq!(world.outcomes("s").await, [applied(1, "canceled"), applied(2, "saved")], "{death:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_that_dies_again_and_again_still_does_it_once() {
    let mut world = World::new().await;
    let change = world.half_off().await;
    world = press_and_die(world, accepted("R1"), "i", change, Death::AfterExecute).await;
    for death in [Death::AfterReadBack, Death::AfterExecute, Death::BeforeExecute] {
        let (reached, died) = mpsc::channel();
        let process =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let (dir, clock) = (world.dir.clone(), world.clock.clone());
        process.spawn(async move {
            let world = World::open(dir, clock).await;
            world.executor(Mortal { ledger: world.ledger(), death, reached }).run(Default::default()).await;
        });
        tokio::task::block_in_place(|| died.recv_timeout(PATIENCE)).unwrap();
        process.shutdown_background();
    }
    settle_the_rest(&world, Death::BeforeExecute).await;
    assert_eq!(world.subscription().await.discounts.len(), 1);
    assert_eq!(world.operations().await, 1);
}
