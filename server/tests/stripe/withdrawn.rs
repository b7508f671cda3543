//! What is left behind by a customer who leaves does not happen any more, whatever is lost on the way.

use farewell_server::billing::{Answer, Billing, Instruction, Start, Wanted};
use serde_json::json;

use crate::stand_in::Fault;
use crate::world::{World, at};

impl World {
    /// Another plan at once, agreed to.
    async fn year(&self) -> Instruction {
        let wanted = Wanted::ChangePlan { plan: "price_year".into(), start: Start::Now };
        self.instruction(self.billing.quote("cus_1", Some("sub_1"), &wanted).await.unwrap().change)
    }

    /// Until billing knows, as the executor does.
    async fn withdrawn(&self, instruction: &Instruction) -> Answer {
        for _ in 0..8 {
            match self.billing.withdraw("key", instruction).await {
                Answer::Unknown(_) => {}
                known => return known,
            }
        }
        panic!("it is never known")
    }
}

fn refused() -> Answer {
    Answer::Refused("the customer has left since".into())
}

#[tokio::test]
async fn what_waits_for_the_bank_is_called_off_once_whatever_is_lost() {
    let faults = [
        Fault::Lost,
        Fault::Unanswered,
        Fault::Truncated,
        Fault::Twice,
        Fault::TooMany,
        Fault::Late,
        Fault::Broken,
    ];
    for meets in faults.iter().flat_map(|one| [vec![*one], vec![Fault::None, *one], vec![*one; 4]]) {
        let world = World::new().await;
        world.stripe.ask_customer("sub_1");
        let year = world.year().await;
        assert!(matches!(world.billing.execute("key", &year).await, Answer::Waits(_)));
        world.stripe.meet(&meets);
        for _ in 0..2 {
            assert_eq!(world.withdrawn(&year).await, refused(), "{meets:?}");
        }
        world.stripe.arrive();
        assert_eq!(world.stripe.charges("sub_1"), ["void"], "{meets:?}");
        assert!(!world.stripe.authenticate("sub_1"), "{meets:?}");
        let voided = world.stripe.asked().into_iter().filter(|one| one.path.ends_with("/void")).count();
        assert_eq!(voided, 1, "{meets:?}");
        world.stripe.meet(&[]);
        let again = world.billing.execute("key", &year).await;
        assert!(matches!(again, Answer::Waits(_) | Answer::Refused(_)), "{meets:?}: {again:?}");
        assert_eq!(world.stripe.charges("sub_1"), ["void"], "{meets:?}");
    }
}

#[tokio::test]
async fn what_is_still_on_its_way_does_nothing_when_it_arrives() {
    let world = World::new().await;
    let year = world.year().await;
    // The preview is straight, and the charge is late.
    world.stripe.meet(&[Fault::None, Fault::Late]);
    assert!(matches!(world.billing.execute("key", &year).await, Answer::Unknown(_)));
    assert_eq!(world.withdrawn(&year).await, refused());
    assert_eq!(world.stripe.arrive(), [400]);
    assert!(world.stripe.charges("sub_1").is_empty());
    assert!(
        matches!(world.billing.execute("key", &year).await, Answer::Refused(_)),
        "nor is it asked for again"
    );
    assert!(world.stripe.charges("sub_1").is_empty());
}

#[tokio::test]
async fn what_arrives_while_it_is_asked_for_again_is_not_told_as_refused() {
    for asks in [false, true] {
        let world = World::new().await;
        if asks {
            world.stripe.ask_customer("sub_1");
        }
        let year = world.year().await;
        world.stripe.meet(&[Fault::None, Fault::Late]);
        assert!(matches!(world.billing.execute("key", &year).await, Answer::Unknown(_)));
        // It is charged between the look at the subscription and that at what would be charged.
        world.stripe.meet(&[Fault::Overtaken]);
        let answer = world.billing.execute("key", &year).await;
        if asks {
            assert!(matches!(answer, Answer::Unknown(_) | Answer::Waits(_)), "{answer:?}");
            assert!(matches!(world.billing.execute("key", &year).await, Answer::Waits(_)));
            assert!(world.stripe.authenticate("sub_1"));
        }
        assert_eq!(world.billing.execute("key", &year).await, Answer::Applied);
        assert!(asks || answer == Answer::Applied, "{answer:?}");
        assert_eq!(world.stripe.charges("sub_1"), ["paid"]);
    }
}

#[tokio::test]
async fn what_is_refused_is_not_done_by_what_arrives_after_that() {
    let world = World::new().await;
    let year = world.year().await;
    world.stripe.meet(&[Fault::None, Fault::Late]);
    assert!(matches!(world.billing.execute("key", &year).await, Answer::Unknown(_)));
    world.stripe.price("price_year", 9999, "year", 1);
    assert!(
        matches!(world.billing.execute("key", &year).await, Answer::Refused(why) if why.contains("changed"))
    );
    assert_eq!(world.stripe.arrive(), [400]);
    assert!(world.stripe.charges("sub_1").is_empty());
}

#[tokio::test]
async fn what_was_paid_has_happened() {
    let world = World::new().await;
    let year = world.year().await;
    assert_eq!(world.billing.execute("key", &year).await, Answer::Applied);
    assert_eq!(world.withdrawn(&year).await, Answer::Applied);
    let world = World::new().await;
    world.stripe.ask_customer("sub_1");
    let year = world.year().await;
    assert!(matches!(world.billing.execute("key", &year).await, Answer::Waits(_)));
    // Stripe voids nothing for this key, and the customer pays.
    world.stripe.forbid("POST v1/invoices/");
    assert!(matches!(world.billing.withdraw("key", &year).await, Answer::Unknown(_)));
    assert!(world.stripe.authenticate("sub_1"));
    world.stripe.allow();
    assert_eq!(world.withdrawn(&year).await, Answer::Applied);
    assert_eq!(world.stripe.charges("sub_1"), ["paid"]);
}

#[tokio::test]
async fn what_waits_for_somebody_else_is_left_alone() {
    let world = World::new().await;
    let year = world.year().await;
    let end = at("2026-02-28T10:00:00Z").as_second();
    let item = json!({ "id": "si_sub_1", "price": { "id": "price_seats" }, "quantity": 9 });
    let theirs = json!({ "pending_update": { "expires_at": end, "subscription_items": [item] }, "latest_invoice": "in_7" });
    world.stripe.subscription("sub_1", "cus_1", "price_pro", end, theirs);
    assert_eq!(world.withdrawn(&year).await, refused());
    assert!(world.stripe.asked().iter().all(|one| !one.path.ends_with("/void")));
    assert_eq!(world.stripe.shown("sub_1")["latest_invoice"], "in_7");
}
