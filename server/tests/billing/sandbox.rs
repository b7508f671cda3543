//! What somebody tries out changes copies, and never a customer.

use farewell_server::billing::ledger::reset_sandbox;
use farewell_server::billing::{Answer, Billing, Change, Lookup, LookupError};
use farewell_server::session::Environment::{Prod, Sandbox};

use crate::fixture::World;

const AT_PERIOD_END: Change = Change::CancelAtPeriodEnd { effective_at: None };

fn ada() -> Lookup {
    Lookup { customer: Some("cus_1".into()), ..Lookup::default() }
}

#[tokio::test]
async fn the_sandbox_sees_customers_and_changes_copies_of_them() {
    let world = World::new().await;
    let (prod, sandbox) = (world.ledger_of(Prod), world.ledger_of(Sandbox));
    let before = prod.snapshot(&ada()).await.unwrap();
    assert_eq!(sandbox.snapshot(&ada()).await.unwrap(), before);

    let half = world.instruction(world.half_off().await);
    for _ in 0..2 {
        assert_eq!(sandbox.execute("try-1", &half).await, Answer::Applied);
    }
    assert_eq!(sandbox.read_back("try-1", &half).await, Answer::Applied);
    assert_eq!(sandbox.snapshot(&ada()).await.unwrap().discounts.len(), 1);
    assert_eq!(prod.snapshot(&ada()).await.unwrap(), before);

    let cancel = world.instruction(AT_PERIOD_END);
    assert_eq!(sandbox.execute("try-2", &cancel).await, Answer::Applied);
    assert_eq!(sandbox.snapshot(&ada()).await, Err(LookupError::NothingToCancel));
    assert_eq!(prod.snapshot(&ada()).await.unwrap(), before);
    assert_eq!(world.subscription_in(Sandbox).await.discounts.len(), 1, "the copy is one, and kept");
    assert!(world.subscription_in(Prod).await.cancel_at.is_none());
}

#[tokio::test]
async fn what_counts_does_not_change_what_is_being_tried_out() {
    let world = World::new().await;
    let (prod, sandbox) = (world.ledger_of(Prod), world.ledger_of(Sandbox));
    let half = world.instruction(world.half_off().await);
    assert_eq!(prod.execute("real-1", &half).await, Answer::Applied);
    assert_eq!(sandbox.snapshot(&ada()).await.unwrap().discounts.len(), 1, "nothing was tried out so far");
    assert_eq!(sandbox.execute("try-1", &world.instruction(Change::Undo)).await, Answer::Applied);
    assert_eq!(prod.execute("real-2", &world.instruction(AT_PERIOD_END)).await, Answer::Applied);
    let tried = sandbox.snapshot(&ada()).await.unwrap();
    assert!(tried.can.cancel && tried.discounts.len() == 1, "copied with its discount: {tried:?}");
}

#[tokio::test]
async fn a_sandbox_that_is_reset_sees_customers_as_they_are() {
    let world = World::new().await;
    let (prod, sandbox) = (world.ledger_of(Prod), world.ledger_of(Sandbox));
    assert_eq!(
        sandbox.execute("try-1", &world.instruction(Change::CancelImmediately)).await,
        Answer::Applied
    );
    assert_eq!(reset_sandbox(&world.store, "globex").await.unwrap(), 0, "another brand's");
    assert_eq!(reset_sandbox(&world.store, "acme").await.unwrap(), 1);
    assert_eq!(sandbox.snapshot(&ada()).await.unwrap(), prod.snapshot(&ada()).await.unwrap());
}

#[tokio::test]
async fn a_copy_is_found_by_every_name_and_found_once() {
    let world = World::new().await;
    let sandbox = world.ledger_of(Sandbox);
    assert_eq!(sandbox.execute("try-1", &world.instruction(Change::Undo)).await, Answer::Applied);
    let lookups = [
        ada(),
        Lookup { customer: Some("u-1".into()), ..Lookup::default() },
        Lookup { email: Some("ada@example.com".into()), ..Lookup::default() },
        Lookup { customer: Some("cus_1".into()), email: Some("ada@example.com".into()), ..Lookup::default() },
        Lookup { subscription: Some("sub_1".into()), ..Lookup::default() },
    ];
    for lookup in lookups {
        for environment in [Prod, Sandbox] {
            let found = world.ledger_of(environment).snapshot(&lookup).await.unwrap();
            assert_eq!(found.customer.id, "cus_1", "{lookup:?}");
        }
    }
}
