//! One more term: what "renew" does, and when it does not.

use farewell_server::billing::{
    Answer, Change, Gateway, GatewayToken, Interval, Length, MOST_PHASES, QuoteError, Renewal, Wanted,
};

use crate::fixture::{World, at, to_period_end};

/// A term that ends by itself, and what it is renewed with.
const TERMS: &str = r#"{
    "plans": [
        { "external_id": "term", "name": "Term", "amount": 6000, "currency": "USD", "interval": "month", "interval_count": 6,
          "auto_renew": false },
        { "external_id": "paper", "name": "Paper", "amount": 2000, "currency": "USD", "interval": "month", "needs_address": true,
          "countries": ["US", "CA"] },
        { "external_id": "euro", "name": "Euro", "amount": 500, "currency": "EUR", "interval": "month" }
    ],
    "coupons": [{ "code": "SAVE50", "percent_off": 50 }, { "code": "HALFYEAR", "percent_off": 10, "duration": "repeating", "months": 6 }],
    "customers": [{
        "external_id": "cus_1",
        "addresses": [
            { "external_id": "home", "line1": "1 Main St", "city": "Duluth", "region": "MN", "country": "US" },
            { "external_id": "away", "country": "DE" }
        ],
        "payment_methods": [{ "token": "pm_1", "name": "Visa", "ends_in": "4242", "expires": "2031-07" }],
        "subscriptions": [{ "external_id": "sub_1", "plan": "pro" }]
    }, {
        "external_id": "cus_2", "addresses": [{ "external_id": "home", "country": "US" }]
    }]
}"#;

async fn terms() -> World {
    let world = World::new().await;
    world.import(TERMS).await.unwrap();
    world
}

impl World {
    /// The customer's subscription, on the plan that ends by itself.
    /// What was charged before the file said so stays: 12.50 at the end of January.
    async fn ending() -> Self {
        let world = terms().await;
        let file = r#"{ "customers": [{ "external_id": "cus_1", "subscriptions": [{ "external_id": "sub_1", "plan": "term",
            "current_period_start": "2025-08-31T10:00:00Z", "current_period_end": "2026-02-28T10:00:00Z" }] }] }"#;
        world.import(file).await.unwrap();
        world
    }

    async fn number_of(&self, table: &'static str, customer: &str, id: &str) -> i64 {
        let sql = match table {
            "addresses" => "SELECT id FROM ledger_addresses WHERE customer = $1 AND external_id = $2",
            _ => "SELECT id FROM ledger_payment_methods WHERE customer = $1 AND token = $2",
        };
        sqlx::query_scalar(sql).bind(customer).bind(id).fetch_one(self.store.read()).await.unwrap()
    }

    async fn renew(&self, key: &str, renewal: Renewal) -> Result<(), QuoteError> {
        let wanted = Wanted::Renew(renewal);
        self.quote(&wanted).await?;
        self.agree(key, &wanted).await;
        Ok(())
    }

    /// Begin, end and plan of what is scheduled.
    async fn phases(&self) -> Vec<(String, String, String)> {
        sqlx::query_as(
            "SELECT substr(f.starts_at, 1, 10), COALESCE(substr(f.ends_at, 1, 10), ''), p.external_id FROM ledger_phases AS f \
             JOIN ledger_plans AS p ON p.id = f.plan_id ORDER BY f.starts_at",
        )
        .fetch_all(self.store.read())
        .await
        .unwrap()
    }
}

fn phase(from: &str, until: &str, plan: &str) -> (String, String, String) {
    (from.into(), until.into(), plan.into())
}

#[tokio::test]
async fn what_ends_by_itself_is_over_then_and_a_renewal_adds_a_term() {
    let world = World::ending().await;
    let before = world.subscription().await;
    assert_eq!(
        (before.cancel_at.unwrap().0.as_str(), before.next_payment.is_none()),
        ("2026-02-28T10:00:00.000Z", true)
    );
    let quote = world.agree("key", &Wanted::Renew(Renewal::of(""))).await;
    assert_eq!(quote.term, Some((at("2026-02-28T10:00:00Z"), at("2026-08-31T10:00:00Z"))));
    let now = world.subscription().await;
    assert_eq!(
        now.current_period_end.0, "2026-02-28T10:00:00.000Z",
        "the current period is as long as it was"
    );
    assert_eq!(now.next_payment.unwrap().amount, 6000);
    assert_eq!(now.cancel_at.unwrap().0, "2026-08-31T10:00:00.000Z");
    world.clock.set(at("2026-03-01T00:00:00Z"));
    assert_eq!(world.invoices().await, [("2026-02-28".into(), 6000), ("2026-01-31".into(), 1250)]);
    world.clock.set(at("2026-09-01T00:00:00Z"));
    assert_eq!(world.subscription().await.status, "canceled");
    assert_eq!(
        world.quote(&Wanted::Renew(Renewal::of("term"))).await,
        Err(QuoteError::NotNow("the subscription has expired"))
    );
}

#[tokio::test]
async fn terms_follow_one_another_and_the_last_goes_on_where_its_plan_does() {
    let world = World::ending().await;
    world.renew("one", Renewal::of("term")).await.unwrap();
    world.renew("two", Renewal { quantity: 3, ..Renewal::of("pro") }).await.unwrap();
    assert_eq!(
        world.phases().await,
        [phase("2026-02-28", "2026-08-31", "term"), phase("2026-08-31", "2026-09-30", "pro")]
    );
    assert_eq!(world.subscription().await.cancel_at, None);
    world.clock.set(at("2026-11-01T00:00:00Z"));
    let now = world.subscription().await;
    assert_eq!((now.plan.external_id.as_str(), now.next_payment.unwrap().amount), ("pro", 3750));
    let totals: Vec<_> = world.invoices().await;
    assert_eq!(
        totals,
        [
            ("2026-10-31".into(), 3750),
            ("2026-09-30".into(), 3750),
            ("2026-08-31".into(), 3750),
            ("2026-02-28".into(), 6000),
            ("2026-01-31".into(), 1250)
        ]
    );
}

#[tokio::test]
async fn there_are_ten_phases_at_most_and_one_in_the_place_of_those_to_come_is_always_possible() {
    let world = terms().await;
    for n in 1..MOST_PHASES {
        world.renew(&format!("key {n}"), Renewal::of("pro")).await.unwrap();
    }
    assert_eq!(world.renew("more", Renewal::of("pro")).await, Err(QuoteError::TooManyPhases));
    assert_eq!(world.phases().await.len(), 9);
    let instead =
        Renewal { replace_upcoming_phases: true, coupon: Some("save50".into()), ..Renewal::of("pro") };
    world.renew("instead", instead).await.unwrap();
    assert_eq!(world.phases().await, [phase("2026-02-28", "2026-03-31", "pro")]);
    let now = world.subscription().await;
    assert_eq!(now.next_payment.unwrap().amount, 625, "a single discounted phase");
    world.clock.set(at("2026-04-01T00:00:00Z"));
    assert_eq!(world.invoices().await[..2], [("2026-03-31".into(), 1250), ("2026-02-28".into(), 625)]);
}

#[tokio::test]
async fn the_discount_of_a_term_that_is_replaced_goes_with_it() {
    let world = terms().await;
    world.renew("one", Renewal { coupon: Some("HALFYEAR".into()), ..Renewal::of("pro") }).await.unwrap();
    assert_eq!(world.subscription().await.next_payment.unwrap().amount, 1125);
    world.renew("two", Renewal { replace_upcoming_phases: true, ..Renewal::of("pro") }).await.unwrap();
    assert_eq!(world.subscription().await.next_payment.unwrap().amount, 1250);
    assert!(world.subscription().await.discounts.is_empty());
}

#[tokio::test]
async fn whoever_renews_what_was_to_end_stays() {
    let world = terms().await;
    assert_eq!(world.carry_out("cancel", to_period_end()).await, Answer::Applied);
    world.renew("renew", Renewal::of("pro")).await.unwrap();
    assert_eq!(world.subscription().await.cancel_at, None);
    assert_eq!(world.carry_out("again", to_period_end()).await, Answer::Applied);
    let leaving = world.subscription().await;
    assert_eq!(
        leaving.cancel_at.unwrap().0,
        "2026-02-28T10:00:00.000Z",
        "before what is scheduled and not paid"
    );
    assert!(leaving.next_payment.is_none());
    assert_eq!(world.carry_out("undo", Change::Undo).await, Answer::Applied);
    assert_eq!(world.phases().await.len(), 1);
}

#[tokio::test]
async fn what_somebody_else_renews_what_is_not_paid_and_what_is_paused_is_not_renewed() {
    for (given, why) in [
        (r#""managed_by": "agency""#, "agency"),
        (r#""managed_by": "gift_donor""#, "gift"),
        (r#""managed_by": "apple""#, "App Store"),
        (r#""payment_pending": true"#, "pending"),
        (
            r#""current_period_start": "2026-03-01T00:00:00Z", "current_period_end": "2026-04-01T00:00:00Z""#,
            "not begun",
        ),
        (r#""status": "canceled""#, "expired"),
    ] {
        let world = terms().await;
        let file = format!(
            r#"{{ "customers": [{{ "external_id": "cus_1", "subscriptions": [{{ "external_id": "sub_1", "plan": "pro", {given} }}] }}] }}"#
        );
        world.import(&file).await.unwrap();
        match world.renew("key", Renewal::of("pro")).await {
            Err(QuoteError::NotNow(said)) => assert!(said.contains(why), "{said}"),
            other => panic!("{given}: {other:?}"),
        }
        assert!(world.phases().await.is_empty());
    }
    let world = terms().await;
    world.agree("pause", &Wanted::Pause { length: Length { interval: Interval::Month, count: 1 } }).await;
    assert!(matches!(world.renew("key", Renewal::of("pro")).await, Err(QuoteError::NotNow(_))));
}

#[tokio::test]
async fn a_renewal_that_asks_for_what_is_not_there_is_told_so_and_schedules_nothing() {
    let world = terms().await;
    let (home, away) = (
        world.number_of("addresses", "cus_1", "home").await,
        world.number_of("addresses", "cus_1", "away").await,
    );
    let theirs = world.number_of("addresses", "cus_2", "home").await;
    let pro = || Renewal::of("pro");
    let paper = |address| Renewal { address, ..Renewal::of("paper") };
    for (renewal, why) in [
        (Renewal { quantity: 0, ..pro() }, QuoteError::Quantity),
        (Renewal::of("none"), QuoteError::UnknownPlan),
        (Renewal::of("euro"), QuoteError::PlanOtherCurrency),
        (Renewal { coupon: Some("NONE".into()), ..pro() }, QuoteError::UnknownCoupon),
        (Renewal { campaign: Some("a b".into()), ..pro() }, QuoteError::CampaignKey),
        (Renewal { campaign: Some("ab".into()), ..pro() }, QuoteError::CampaignKey),
        (paper(None), QuoteError::AddressNeeded),
        (paper(Some(theirs)), QuoteError::UnknownAddress),
        (paper(Some(away)), QuoteError::AddressCountry),
        (Renewal { payment_method: Some(4711), ..pro() }, QuoteError::UnknownPaymentMethod),
    ] {
        assert_eq!(world.renew("key", renewal.clone()).await, Err(why), "{renewal:?}");
    }
    assert!(world.phases().await.is_empty());
    let method = world.number_of("methods", "cus_1", "pm_1").await;
    let whole = Renewal {
        address: Some(home),
        payment_method: Some(method),
        campaign: Some("spring-2026_x".into()),
        origin: Some("web".into()),
        language: Some("en".into()),
        ..Renewal::of("paper")
    };
    world.renew("whole", whole).await.unwrap();
    let kept: (i64, i64, String, String, String) = sqlx::query_as(
        "SELECT f.address_id, f.payment_method_id, c.key, f.origin, f.language FROM ledger_phases AS f \
         JOIN ledger_campaigns AS c ON c.id = f.campaign_id",
    )
    .fetch_one(world.store.read())
    .await
    .unwrap();
    assert_eq!(kept, (home, method, "spring-2026_x".into(), "web".into(), "en".into()));
}

#[tokio::test]
async fn what_another_gateway_gave_is_noted_once() {
    let world = terms().await;
    for (n, gateway) in [Gateway::Tap, Gateway::Tap, Gateway::Braintree].into_iter().enumerate() {
        let token = GatewayToken { gateway, token: "tok_1".into() };
        let renewal = Renewal { new_payment_method: Some(token), ..Renewal::of("pro") };
        world.renew(&format!("key {n}"), renewal).await.unwrap();
    }
    let noted: Vec<(String, String)> = sqlx::query_as(
        "SELECT gateway, token FROM ledger_payment_methods WHERE token = 'tok_1' ORDER BY gateway",
    )
    .fetch_all(world.store.read())
    .await
    .unwrap();
    assert_eq!(noted, [("braintree".into(), "tok_1".into()), ("tap".into(), "tok_1".into())]);
}

#[tokio::test]
async fn the_same_offer_to_stay_again_takes_the_place_of_the_first() {
    let world = terms().await;
    let offer = |plan: &str| Renewal {
        replace_upcoming_phases: true,
        coupon: Some("SAVE50".into()),
        ..Renewal::of(plan)
    };
    world.renew("one", offer("pro")).await.unwrap();
    world.renew("two", Renewal { quantity: 2, ..offer("pro") }).await.unwrap();
    assert_eq!(world.subscription().await.next_payment.unwrap().amount, 1250, "half of two");
    assert_eq!(world.subscription().await.discounts.len(), 1);
    assert_eq!(
        world.renew("more", Renewal { quantity: 10_001, ..Renewal::of("pro") }).await,
        Err(QuoteError::Quantity)
    );
}
