//! What is asked of the site, and what is there then.

use farewell_server::billing::{
    Answer, Billing, Change, Deal, DiscountTerms, Instruction, Lookup, LookupError, QuoteError, Reduction,
    Renewal, Span, Start, Wanted,
};
use jiff::SignedDuration;

use crate::proxy::Fault;
use crate::world::{World, book};

fn percent(percent: u32) -> Deal {
    Deal::Discount(DiscountTerms { off: Reduction::Percent(percent), lasts: Span::Once })
}

/// Carries it out twice, as after a kill, and reads it back.
async fn applied(world: &World, key: &str, instruction: &Instruction) {
    for _ in 0..2 {
        assert_eq!(world.connector.billing.execute(key, instruction).await, Answer::Applied);
    }
    assert_eq!(world.connector.billing.read_back(key, instruction).await, Answer::Applied);
}

async fn refused(world: &World, instruction: &Instruction) -> String {
    let answer = world.connector.billing.execute("refused", instruction).await;
    let Answer::Refused(why) = answer else { panic!("{answer:?}") };
    let read = world.connector.billing.read_back("refused", instruction).await;
    assert!(matches!(read, Answer::Refused(_)), "{read:?}");
    why
}

fn changes(world: &World) -> usize {
    world.proxy.asked().iter().filter(|asked| asked.contains("/subscription/")).count()
}

#[tokio::test]
async fn a_discount_is_one_term_with_the_coupon() {
    let world = World::new().await;
    let known = world.known(1).await;
    applied(&world, "half", &world.accept(&known, "half", percent(50))).await;
    assert_eq!(world.scheduled("cus_1").await, (1, 1));
    assert_eq!(world.subscription("cus_1").await["next_payment"]["amount"], 1000);
    assert_eq!(changes(&world), 1, "asked once");
    // Another key, as of another session: it is there already, and is not asked for again.
    assert_eq!(
        world.connector.billing.execute("again", &world.accept(&known, "half", percent(50))).await,
        Answer::Applied
    );
    assert_eq!(changes(&world), 1);
}

#[tokio::test]
async fn a_term_that_was_scheduled_makes_room_for_the_discounted_one() {
    let world = World::new().await;
    let known = world.known(1).await;
    let lite = world.number("plans", "plan_lite").await;
    let plans = world.connector.billing.plans_open_to(&known.customer.id, &[lite]).await;
    let lite = Deal::ChangePlan(plans.unwrap().unwrap().remove(0));
    applied(&world, "before", &world.accept(&known, "smaller", lite)).await;
    assert_eq!(world.scheduled("cus_1").await, (1, 0));
    applied(&world, "half", &world.accept(&known, "half", percent(50))).await;
    assert_eq!(world.scheduled("cus_1").await, (1, 1));
}

#[tokio::test]
async fn another_plan_begins_with_the_next_term() {
    let world = World::new().await;
    let known = world.known(1).await;
    let lite = world.number("plans", "plan_lite").await;
    let plans = world
        .connector
        .billing
        .plans_open_to(&known.customer.id, std::slice::from_ref(&lite))
        .await
        .unwrap()
        .unwrap();
    let change = Deal::ChangePlan(plans[0].clone());
    applied(&world, "lite", &world.accept(&known, "smaller", change)).await;
    let subscription = world.subscription("cus_1").await;
    assert_eq!(subscription["next_payment"]["amount"], 900);
    assert_eq!(subscription["phases"][0]["from"], "2026-12-10T05:00:00.000Z");
    let account = world
        .connector
        .billing
        .account(&Lookup { customer: Some(known.customer.id), ..Lookup::default() })
        .await;
    assert_eq!(account.unwrap().subscriptions[0].next_plan.as_ref().unwrap().0, "Lite");
    let other = world.known(2).await;
    let mut dearer = plans[0].clone();
    dearer.price.as_mut().unwrap().amount = 800;
    assert!(
        refused(&world, &world.accept(&other, "smaller", Deal::ChangePlan(dearer)))
            .await
            .contains("price has changed")
    );
}

#[tokio::test]
async fn a_cancellation_can_be_taken_back() {
    let world = World::new().await;
    let known = world.known(1).await;
    let cancel = world.instruction(&known, Change::CancelAtPeriodEnd { effective_at: None });
    applied(&world, "cancel", &cancel).await;
    assert_eq!(world.subscription("cus_1").await["cancel_at"], "2026-12-10T05:00:00.000Z");
    let id = Lookup { customer: Some(known.customer.id.clone()), ..Lookup::default() };
    assert_eq!(world.connector.billing.snapshot(&id).await, Err(LookupError::NothingToCancel));
    assert!(refused(&world, &world.accept(&known, "half", percent(50))).await.contains("already canceled"));
    applied(&world, "undo", &world.instruction(&known, Change::Undo)).await;
    assert!(world.known(1).await.can.cancel);
    assert_eq!(
        world.connector.billing.read_back("cancel", &cancel).await,
        Answer::Applied,
        "it was, and was changed since"
    );
    assert_eq!(changes(&world), 2);
}

#[tokio::test]
async fn what_is_scheduled_ends_with_the_period_that_runs() {
    let world = World::new().await;
    let known = world.known(1).await;
    applied(&world, "half", &world.accept(&known, "half", percent(50))).await;
    applied(&world, "cancel", &world.instruction(&known, Change::CancelAtPeriodEnd { effective_at: None }))
        .await;
    assert_eq!(world.subscription("cus_1").await["cancel_at"], "2026-12-10T05:00:00.000Z");
}

#[tokio::test]
async fn a_cancellation_at_once_is_refused_where_the_site_has_none_and_a_late_one_ends_with_the_period() {
    let world = World::new().await;
    let known = world.known(1).await;
    let why = refused(&world, &world.instruction(&known, Change::CancelImmediately)).await;
    assert!(why.contains("Immediate cancellation is not enabled") && why.contains("404"), "{why}");
    let told = world.connector.clock.now().checked_sub(SignedDuration::from_hours(1)).unwrap();
    let late = world.instruction(&known, Change::CancelAtPeriodEnd { effective_at: Some(told) });
    applied(&world, "late", &late).await;
    assert_eq!(world.subscription("cus_1").await["cancel_at"], "2026-12-10T05:00:00.000Z");
}

#[tokio::test]
async fn what_cannot_be_is_refused_and_nothing_is_asked_for() {
    let world = World::new().await;
    let known = world.known(1).await;
    for (offer, percent_off, says) in [
        ("student", 50, "names no coupon"),
        ("late", 10, "not open to this customer"),
        ("nowhere", 10, "not open to this customer"),
        ("wrong", 30, "something else"),
        ("gone", 10, "names no coupon"),
    ] {
        let why = refused(&world, &world.accept(&known, offer, percent(percent_off))).await;
        assert!(why.contains(says), "{offer}: {why}");
    }
    let mut other = world.accept(&known, "half", percent(50));
    if let Change::Accept { agreed: Some(agreed), .. } = &mut other.change {
        agreed.amount = 1500;
    }
    assert!(refused(&world, &other).await.contains("terms have changed"));
    let strange =
        Instruction { subscription: Some("4711".into()), ..world.accept(&known, "half", percent(50)) };
    assert!(refused(&world, &strange).await.contains("no such subscription"));
    let pause =
        farewell_server::billing::Length { interval: farewell_server::billing::Interval::Month, count: 1 };
    assert!(
        refused(&world, &world.accept(&known, "rest", Deal::Pause(pause))).await.contains("cannot be done")
    );
    assert_eq!(changes(&world), 0);
    assert_eq!(world.scheduled("cus_1").await, (0, 0));
}

/// What a quote knows nothing of.
#[tokio::test]
async fn what_the_sites_rules_forbid_is_refused_in_its_words() {
    let world = World::new().await;
    let renew = world.renewal(1, Renewal { address: Some(4711), ..Renewal::of("") }).await;
    let why = refused(&world, &renew).await;
    assert!(why.contains("Invalid address provided") && why.contains("40"), "{why}");
}

#[tokio::test]
async fn a_renewal_that_is_sent_late_is_held_against_what_was_agreed() {
    let world = World::new().await;
    let renew = world.renewal(1, Renewal::of("")).await;
    // Pelcro cannot be asked, and meanwhile the plan has another price there.
    world.proxy.meet(&[Fault::Lost], false);
    assert!(matches!(world.connector.billing.execute("renew", &renew).await, Answer::Unknown(_)));
    world.import(&book(3500)).await;
    assert_eq!(refused(&world, &renew).await, "what the customer agreed to is not true any more");
    assert_eq!((changes(&world), world.scheduled("cus_1").await), (0, (0, 0)));
    // What cannot be quoted now says nothing against it.
    world.import(&book(3000)).await;
    world.proxy.meet(&[Fault::None, Fault::Lost], false);
    assert!(matches!(world.connector.billing.execute("renew", &renew).await, Answer::Unknown(_)));
    applied(&world, "renew", &renew).await;
    assert_eq!(world.scheduled("cus_1").await, (1, 0));
}

#[tokio::test]
async fn a_renewal_agreed_to_long_ago_and_never_sent_is_refused_and_leaving_and_staying_never_are() {
    let world = World::new().await;
    let renew = world.renewal(2, Renewal::of("")).await;
    let known = world.known(1).await;
    let half = world.accept(&known, "half", percent(50));
    let undo = world.instruction(&known, Change::Undo);
    let cancel = world.instruction(&known, Change::CancelAtPeriodEnd { effective_at: None });
    world.connector.clock.advance(SignedDuration::from_secs(3601));
    assert_eq!(refused(&world, &renew).await, "what the customer agreed to was too long ago");
    assert_eq!(world.scheduled("cus_2").await, (0, 0));
    applied(&world, "half", &half).await;
    world.connector.clock.advance(SignedDuration::from_hours(72));
    applied(&world, "cancel", &cancel).await;
    applied(&world, "undo", &undo).await;
    assert_eq!(world.subscription("cus_1").await["cancel_at"], serde_json::Value::Null);
}

#[tokio::test]
async fn what_may_still_be_on_its_way_is_not_said_to_be_withdrawn() {
    let world = World::new().await;
    let renew = world.renewal(1, Renewal::of("")).await;
    world.proxy.meet(&[Fault::None, Fault::None, Fault::Lost], false);
    assert!(matches!(world.connector.billing.execute("renew", &renew).await, Answer::Unknown(_)));
    let withdraw = async || world.connector.billing.withdraw("renew", &renew).await;
    assert!(matches!(withdraw().await, Answer::Unknown(why) if why.contains("on its way")));
    world.connector.clock.advance(SignedDuration::from_mins(2));
    assert!(matches!(withdraw().await, Answer::Refused(_)));
    // It came about after all: that is what is said.
    let other = world.renewal(2, Renewal::of("")).await;
    applied(&world, "other", &other).await;
    assert_eq!(world.connector.billing.withdraw("other", &other).await, Answer::Applied);
}

#[tokio::test]
async fn what_was_sent_in_time_is_brought_to_its_end_however_late() {
    let world = World::new().await;
    let renew = world.renewal(1, Renewal::of("")).await;
    // The customer, the plans, and the renewal: it arrives only the second time.
    world.proxy.meet(&[Fault::None, Fault::None, Fault::Lost], false);
    assert!(matches!(world.connector.billing.execute("renew", &renew).await, Answer::Unknown(_)));
    assert_eq!(changes(&world), 1);
    world.connector.clock.advance(SignedDuration::from_hours(2));
    applied(&world, "renew", &renew).await;
    assert_eq!(world.scheduled("cus_1").await, (1, 0));
}

#[tokio::test]
async fn what_an_expired_token_was_to_do_is_done_when_a_new_one_comes() {
    let world = World::new().await;
    let short = Lookup { token: Some(world.token("cus_1", 1)), ..Lookup::default() };
    let known = world.connector.billing.snapshot(&short).await.unwrap();
    let half = world.accept(&known, "half", percent(50));
    world.site.clock.advance(SignedDuration::from_hours(25));
    for asked in [
        world.connector.billing.execute("half", &half).await,
        world.connector.billing.read_back("half", &half).await,
    ] {
        let Answer::Unknown(why) = asked else { panic!("{asked:?}") };
        assert!(why.contains("the customer's token has expired"), "{why}");
        assert!(why.contains("customer_token"), "{why}");
    }
    world.known(1).await;
    applied(&world, "half", &half).await;
    assert_eq!(world.scheduled("cus_1").await, (1, 1));
}

#[tokio::test]
async fn a_renewal_is_quoted_and_adds_one_term() {
    let world = World::new().await;
    world.import(r#"{
        "plans": [{ "external_id": "plan_book", "name": "Book", "amount": 3000, "currency": "USD", "interval": "year", "auto_renew": false }],
        "customers": [{ "external_id": "cus_90", "subscriptions": [{ "external_id": "sub_90", "plan": "plan_book",
            "current_period_start": "2026-01-10T05:00:00Z", "current_period_end": "2027-01-10T05:00:00Z" }] }]
    }"#).await;
    let lookup = Lookup { token: Some(world.token("cus_90", 60)), ..Lookup::default() };
    assert_eq!(
        world.connector.billing.snapshot(&lookup).await,
        Err(LookupError::NothingToCancel),
        "it ends by itself"
    );
    let account = world.connector.billing.account(&lookup).await.unwrap();
    let held = &account.subscriptions[0];
    assert!(held.can.renew && held.next_payment.is_none());
    let (customer, subscription) = (account.customer.id.as_str(), held.id.as_deref());
    let plan = held.terms.as_ref().unwrap().plan.clone();
    let renewal = Renewal { coupon: Some("SAVE50".into()), ..Renewal::of("") };
    let quote = world.connector.billing.quote(customer, subscription, &Wanted::Renew(renewal)).await.unwrap();
    let (money, at) = quote.next_payment.clone().unwrap();
    assert_eq!((money.amount, at), (1500, "2027-01-10T05:00:00Z".parse().unwrap()));
    assert_eq!(quote.term.unwrap().1, "2028-01-10T05:00:00Z".parse().unwrap());
    assert!(matches!(&quote.change, Change::Renew { renewal, .. } if renewal.plan == plan));
    let snapshot = farewell_server::billing::Snapshot {
        customer: account.customer.clone(),
        subscription: held.id.clone(),
        ..world.known(1).await
    };
    let renew = world.instruction(&snapshot, quote.change);
    // Its answer is lost: it is looked for first.
    world.proxy.meet(&[Fault::None, Fault::None, Fault::None, Fault::Unanswered], true);
    assert!(matches!(world.connector.billing.execute("renew", &renew).await, Answer::Unknown(_)));
    applied(&world, "renew", &renew).await;
    assert_eq!(world.scheduled("cus_90").await, (1, 1));
    let now = Wanted::ChangePlan { plan, start: Start::Now };
    assert_eq!(
        world.connector.billing.quote(customer, subscription, &now).await,
        Err(QuoteError::Unsupported)
    );
}

#[tokio::test]
async fn a_code_that_a_customer_types_is_a_discounted_term_too() {
    let world = World::new().await;
    let known = world.known(1).await;
    let ask = async |code: &str| {
        let wanted = Wanted::ApplyCode { code: code.into() };
        world.connector.billing.quote(&known.customer.id, known.subscription.as_deref(), &wanted).await
    };
    for code in ["NOSUCH", "GONE", "STUDENT"] {
        assert_eq!(ask(code).await, Err(QuoteError::UnknownCoupon), "{code}");
    }
    let quote = ask("other").await.unwrap();
    let (next, then) = (quote.next_payment.clone().unwrap(), quote.then.clone().unwrap());
    assert_eq!((next.0.amount, then.0.amount), (1600, 2000));
    assert_eq!(then.1, "2027-01-10T05:00:00Z".parse().unwrap());
    world.proxy.meet(&[Fault::None, Fault::None, Fault::None, Fault::Unanswered], true);
    let apply = world.instruction(&known, quote.change);
    assert!(matches!(world.connector.billing.execute("code", &apply).await, Answer::Unknown(_)));
    applied(&world, "code", &apply).await;
    assert_eq!(world.scheduled("cus_1").await, (1, 1));
    assert_eq!(world.subscription("cus_1").await["next_payment"]["amount"], 1600);
    assert!(matches!(ask("other").await, Err(QuoteError::NotNow(_))), "nothing on top of a coupon that runs");
}
