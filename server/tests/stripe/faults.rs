//! Whatever happens between here and Stripe, it is done once. `FAREWELL_STRIPE_RUNS` says how often that is tried.

use farewell_server::billing::{Answer, Billing, Change, Deal, DiscountTerms, Reduction, Span};
use proptest::prelude::*;

use crate::seed::runs;
use crate::stand_in::Fault;
use crate::world::World;

fn faults() -> impl Strategy<Value = Vec<Fault>> {
    let fault = prop::sample::select(vec![
        Fault::Lost,
        Fault::Unanswered,
        Fault::Truncated,
        Fault::Twice,
        Fault::TooMany,
    ]);
    prop::collection::vec(fault, 0..6)
}

/// As the executor does: it asks until it is known, and reads back before it believes.
async fn until_known(
    world: &World,
    key: &str,
    instruction: &farewell_server::billing::Instruction,
) -> Answer {
    for _ in 0..20 {
        let executed = world.billing.execute(key, instruction).await;
        if matches!(executed, Answer::Refused(_)) {
            return executed;
        }
        if world.billing.read_back(key, instruction).await == Answer::Applied {
            return Answer::Applied;
        }
    }
    panic!("it is never known")
}

proptest! {
    #![proptest_config(ProptestConfig { cases: runs(200).len().try_into().unwrap(), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_discount_and_a_cancellation_are_there_once(met in faults(), later in faults()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let world = World::new().await;
            let off = DiscountTerms { off: Reduction::Percent(50), lasts: Span::Once };
            let half = world.accept(Deal::Discount(off)).await;
            world.stripe.meet(&met);
            prop_assert_eq!(until_known(&world, "half", &half).await, Answer::Applied);
            prop_assert_eq!(world.snapshot().await.discounts.len(), 1);
            world.stripe.meet(&later);
            let cancel = world.instruction(Change::CancelAtPeriodEnd { effective_at: None });
            prop_assert_eq!(until_known(&world, "cancel", &cancel).await, Answer::Applied);
            let shown = world.stripe.shown("sub_1");
            prop_assert_eq!(&shown["cancel_at_period_end"], true);
            prop_assert_eq!(shown["discounts"].as_array().unwrap().len(), 1);
            Ok(())
        })?;
    }
}
