//! Whatever happens between here and the site, it is done once.

use farewell_server::billing::{
    Answer, Billing, Change, Deal, DiscountTerms, Instruction, Reduction, Renewal, Span,
};
use jiff::SignedDuration;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use crate::proxy::Fault;
use crate::world::World;

/// How many runs there are where `FAREWELL_PELCRO_RUNS` does not say.
const RUNS: u32 = 200;
/// So many run against the same site.
const AT_ONE_SITE: u32 = 100;
/// The numbers of their customers begin here.
const FIRST: u32 = 1000;

/// What happens in a run.
#[derive(Clone, Debug)]
struct Run {
    met: Vec<Fault>,
    without_keys: bool,
    what: What,
}

#[derive(Clone, Copy, Debug)]
enum What {
    Discount,
    Plan,
    Term,
    Cancel,
}

fn runs() -> impl Strategy<Value = Run> {
    let fault = prop::sample::select(vec![
        Fault::None,
        Fault::None,
        Fault::Lost,
        Fault::Unanswered,
        Fault::Truncated,
        Fault::Broken,
        Fault::Twice,
        Fault::TooMany,
        Fault::Late,
        Fault::Page,
    ]);
    let what =
        prop::sample::select(vec![What::Discount, What::Discount, What::Plan, What::Term, What::Cancel]);
    (prop::collection::vec(fault, 0..16), any::<bool>(), what).prop_map(|(met, without_keys, what)| Run {
        met,
        without_keys,
        what,
    })
}

/// As the executor does: it asks until it is known, and reads back before it believes.
async fn until_known(world: &World, key: &str, instruction: &Instruction) -> Answer {
    for _ in 0..40 {
        let executed = world.connector.billing.execute(key, instruction).await;
        if matches!(executed, Answer::Refused(_)) {
            return executed;
        }
        if world.connector.billing.read_back(key, instruction).await == Answer::Applied {
            return Answer::Applied;
        }
        world.connector.clock.advance(SignedDuration::from_secs(50));
    }
    panic!("it is never known")
}

async fn run(world: &World, number: u32, run: &Run) {
    let customer = format!("cus_{number}");
    let known = world.known(number).await;
    let renewal = match run.what {
        What::Term => Some(world.renewal(number, Renewal::of("")).await.change),
        _ => None,
    };
    let terms = known.terms.clone().expect("terms");
    let change = match run.what {
        What::Term => renewal.expect("a quote"),
        What::Discount => {
            let half = DiscountTerms { off: Reduction::Percent(50), lasts: Span::Once };
            Change::Accept { offer: "half".into(), deal: Deal::Discount(half), agreed: Some(terms.clone()) }
        }
        What::Plan => {
            let lite = world.number("plans", "plan_lite").await;
            let plans = world.connector.billing.plans_open_to(&known.customer.id, &[lite]).await;
            let lite = plans.expect("plans").expect("plans").remove(0);
            Change::Accept {
                offer: "smaller".into(),
                deal: Deal::ChangePlan(lite),
                agreed: Some(terms.clone()),
            }
        }
        What::Cancel => Change::CancelAtPeriodEnd { effective_at: None },
    };
    let mut met = run.met.clone();
    // What adds a term arrives twice only where somebody tells the two apart.
    if run.without_keys && matches!(run.what, What::Term) {
        met.retain(|fault| *fault != Fault::Twice);
    }
    world.proxy.meet(&met, run.without_keys);
    let answer = until_known(world, &format!("run {number}"), &world.instruction(&known, change)).await;
    world.proxy.calm().await;
    let wanted = match run.what {
        What::Discount => (1, 1),
        What::Plan | What::Term => (1, 0),
        What::Cancel => (0, 0),
    };
    let there = world.scheduled(&customer).await;
    let canceled = !world.subscription(&customer).await["canceled_at"].is_null();
    assert_eq!((&answer, there), (&Answer::Applied, wanted), "{number} {run:?}");
    assert_eq!(canceled, matches!(run.what, What::Cancel), "{number} {run:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_happens_on_the_way_there_is_one_term_and_never_two() {
    let wanted =
        std::env::var("FAREWELL_PELCRO_RUNS").ok().and_then(|text| text.parse().ok()).unwrap_or(RUNS);
    let seed =
        std::env::var("FAREWELL_PELCRO_SEED").ok().and_then(|text| text.parse::<u8>().ok()).unwrap_or(7);
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[seed; 32]);
    let mut runner = TestRunner::new_with_rng(Config { failure_persistence: None, ..Config::default() }, rng);
    let strategy = runs();
    let mut done = 0;
    while done < wanted {
        let world = World::new().await;
        let here = AT_ONE_SITE.min(wanted - done);
        world.customers(FIRST..FIRST + here).await;
        for number in FIRST..FIRST + here {
            let next = strategy.new_tree(&mut runner).expect("a run").current();
            run(&world, number, &next).await;
        }
        done += here;
    }
    println!("{done} runs with seed {seed}");
}
