//! What customers change themselves: a quote first, and then exactly what it said.

use farewell_server::billing::{
    Answer, Billing, Change, Interval, Length, Quote, QuoteError, Renewal, Start, Wanted,
};
use farewell_server::session::Environment;
use jiff::SignedDuration;

use crate::fixture::{CUSTOMERS, World, at};

/// What there is beside the customer who pays 12.50 on the 31st: a dearer and a cheaper plan, and codes.
const SHOP: &str = r#"{
    "segments": [{ "key": "students" }, { "key": "staff", "name": "Staff" }],
    "plans": [
        { "external_id": "plus", "name": "Plus", "amount": 2500, "currency": "USD", "interval": "month" },
        { "external_id": "lite", "name": "Lite", "amount": 100, "currency": "USD", "interval": "month" },
        { "external_id": "campus", "name": "Campus", "amount": 500, "currency": "USD", "interval": "month", "segments": ["students"] },
        { "external_id": "euro", "name": "Euro", "amount": 500, "currency": "EUR", "interval": "month" }
    ],
    "coupons": [
        { "code": "SPRING20", "percent_off": 20, "duration": "repeating", "months": 2 },
        { "code": "Five", "amount_off": 500, "currency": "USD" },
        { "code": "EURO5", "amount_off": 500, "currency": "EUR" },
        { "code": "OLD", "percent_off": 10, "redeem_by": "2026-02-10T12:00:00Z" },
        { "code": "PLUSONLY", "percent_off": 10, "plans": ["plus"] },
        { "code": "STAFF", "percent_off": 100, "duration": "forever", "segments": ["staff"] },
        { "code": "FIRST", "percent_off": 10, "max_redemptions": 1 }
    ]
}"#;

pub async fn shop() -> World {
    let world = World::new().await;
    world.import(SHOP).await.unwrap();
    world
}

impl World {
    pub async fn quote(&self, wanted: &Wanted) -> Result<Quote, QuoteError> {
        self.ledger().quote("cus_1", Some("sub_1"), wanted).await
    }

    /// Does what a quote says, twice: the second time changes nothing.
    pub async fn agree(&self, key: &str, wanted: &Wanted) -> Quote {
        let quote = self.quote(wanted).await.unwrap();
        assert_eq!(self.carry_out(key, quote.change.clone()).await, Answer::Applied);
        let before = self.subscription().await;
        let again = self.instruction(quote.change.clone());
        assert_eq!(self.ledger().execute(key, &again).await, Answer::Applied);
        assert_eq!(format!("{before:?}"), format!("{:?}", self.subscription().await));
        assert_eq!(self.ledger().read_back(key, &again).await, Answer::Applied);
        quote
    }

    pub async fn carry_out(&self, key: &str, change: Change) -> Answer {
        self.ledger().execute(key, &self.instruction(change)).await
    }

    /// Day, total and number of every invoice, the latest first.
    pub async fn invoices(&self) -> Vec<(String, i64)> {
        let invoices = self.ledger().invoices("cus_1", 100).await.unwrap();
        let numbers: std::collections::HashSet<_> = invoices.iter().map(|one| one.number.clone()).collect();
        assert_eq!(numbers.len(), invoices.len(), "each has a number of its own");
        invoices.into_iter().map(|one| (one.at.strftime("%F").to_string(), one.total.amount)).collect()
    }
}

fn code(code: &str) -> Wanted {
    Wanted::ApplyCode { code: code.into() }
}

fn to(plan: &str, start: Start) -> Wanted {
    Wanted::ChangePlan { plan: plan.into(), start }
}

const MONTH: Wanted = Wanted::Pause { length: Length { interval: Interval::Month, count: 1 } };

#[tokio::test]
async fn a_dearer_plan_at_once_costs_its_price_less_what_is_left_of_the_old_one() {
    let world = shop().await;
    world.clock.set(at("2026-02-14T10:00:00Z"));
    let quote = world.agree("key", &to("plus", Start::Now)).await;
    // Half of 28 days are left of 12.50.
    assert_eq!(quote.due_now.unwrap().amount, 2500 - 625);
    let (next, when) = quote.next_payment.unwrap();
    assert_eq!((next.amount, when), (2500, at("2026-03-14T10:00:00Z")));
    let now = world.subscription().await;
    assert_eq!(
        (now.plan.external_id.as_str(), now.current_period_start.0.as_str()),
        ("plus", "2026-02-14T10:00:00.000Z")
    );
    assert_eq!(world.invoices().await, [("2026-02-14".into(), 1875), ("2026-01-31".into(), 1250)]);
    world.clock.set(at("2026-05-01T00:00:00Z"));
    let days: Vec<String> = world.invoices().await.into_iter().map(|(day, _)| day).collect();
    assert_eq!(days, ["2026-04-14", "2026-03-14", "2026-02-14", "2026-01-31"]);
}

#[tokio::test]
async fn what_was_agreed_holds_for_an_hour_and_only_while_it_is_true() {
    let world = shop().await;
    let quote = world.quote(&to("plus", Start::Now)).await.unwrap();
    world.clock.advance(SignedDuration::from_mins(50));
    let other = quote.clone();
    assert_eq!(world.carry_out("in time", quote.change).await, Answer::Applied);
    assert_eq!(world.subscription().await.current_period_start.0, "2026-02-10T12:00:00.000Z", "as quoted");
    assert!(
        matches!(world.carry_out("again", other.change).await, Answer::Refused(_)),
        "it has the plan now"
    );

    let world = shop().await;
    let quote = world.quote(&to("plus", Start::Now)).await.unwrap();
    world.clock.advance(SignedDuration::from_mins(61));
    assert!(
        matches!(world.carry_out("late", quote.change).await, Answer::Refused(why) if why.contains("too long ago"))
    );

    let world = shop().await;
    let quote = world.quote(&to("plus", Start::Now)).await.unwrap();
    world.import(&SHOP.replace("2500", "2600")).await.unwrap();
    assert!(matches!(world.carry_out("dearer", quote.change).await, Answer::Refused(_)));
    assert_eq!(world.subscription().await.plan.external_id, "pro");
    assert_eq!(world.invoices().await.len(), 1);
}

#[tokio::test]
async fn a_cheaper_plan_begins_with_the_next_payment_and_not_at_once() {
    let world = shop().await;
    assert!(matches!(world.quote(&to("lite", Start::Now)).await, Err(QuoteError::NotNow(_))));
    let quote = world.agree("key", &to("lite", Start::NextPayment)).await;
    assert_eq!(quote.due_now, None);
    assert_eq!(quote.next_payment.unwrap().0.amount, 100);
    world.clock.set(at("2026-03-01T00:00:00Z"));
    assert_eq!(world.invoices().await, [("2026-02-28".into(), 100), ("2026-01-31".into(), 1250)]);
}

#[tokio::test]
async fn a_plan_that_is_not_there_not_for_the_customer_or_in_another_currency_is_told_apart() {
    let world = shop().await;
    for start in [Start::Now, Start::NextPayment] {
        for (plan, why) in [
            ("none", QuoteError::UnknownPlan),
            ("campus", QuoteError::PlanNotForCustomer),
            ("euro", QuoteError::PlanOtherCurrency),
            ("pro", QuoteError::SamePlan),
        ] {
            assert_eq!(world.quote(&to(plan, start)).await, Err(why), "{plan}");
        }
    }
    let other = world.ledger().quote("cus_2", Some("sub_1"), &MONTH).await;
    assert!(matches!(other, Err(QuoteError::Lookup(_))), "of another customer");
    assert_eq!(world.operations().await, 0);
    let student = r#"{ "customers": [{ "external_id": "cus_1", "segments": ["students"] }] }"#;
    world.import(student).await.unwrap();
    assert!(world.quote(&to("campus", Start::NextPayment)).await.is_ok());
}

#[tokio::test]
async fn a_code_lowers_the_payments_it_says() {
    let world = shop().await;
    let quote = world.agree("key", &code(" spring20 ")).await;
    assert_eq!(quote.next_payment.unwrap().0.amount, 1000);
    let (then, when) = quote.then.unwrap();
    assert_eq!((then.amount, when), (1250, at("2026-04-30T10:00:00Z")));
    world.clock.set(at("2026-05-01T00:00:00Z"));
    let totals: Vec<i64> = world.invoices().await.into_iter().map(|(_, total)| total).collect();
    assert_eq!(totals, [1250, 1000, 1000, 1250], "the latest first");
}

#[tokio::test]
async fn a_code_that_cannot_be_used_says_why_and_changes_nothing() {
    let world = shop().await;
    for (text, why) in [
        ("NOSUCH", QuoteError::UnknownCoupon),
        ("", QuoteError::UnknownCoupon),
        ("' OR 1=1 --", QuoteError::UnknownCoupon),
        ("old", QuoteError::CouponExpired),
        ("plusonly", QuoteError::CouponNotForPlan),
        ("staff", QuoteError::CouponNotForCustomer),
        ("euro5", QuoteError::CouponOtherCurrency),
    ] {
        assert_eq!(world.quote(&code(text)).await, Err(why), "{text}");
    }
    world.agree("five", &code("five")).await;
    assert_eq!(world.quote(&code("FIVE")).await, Err(QuoteError::CouponApplied));
    assert_eq!(world.operations().await, 1);
}

#[tokio::test]
async fn a_code_is_used_as_often_as_it_may_be_also_by_those_who_press_at_once() {
    let world = shop().await;
    let second = r#"{ "customers": [{ "external_id": "cus_2", "subscriptions": [{ "external_id": "sub_2", "plan": "pro" }] }] }"#;
    world.import(second).await.unwrap();
    let mine = world.quote(&code("first")).await.unwrap();
    let theirs = world.ledger().quote("cus_2", Some("sub_2"), &code("first")).await.unwrap();
    assert_eq!(world.carry_out("mine", mine.change).await, Answer::Applied);
    let mut instruction = world.instruction(theirs.change);
    (instruction.customer, instruction.subscription) = ("cus_2".into(), Some("sub_2".into()));
    let refused = world.ledger().execute("theirs", &instruction).await;
    assert!(matches!(refused, Answer::Refused(why) if why.contains("coupon")));
    let again = world.ledger().quote("cus_2", Some("sub_2"), &code("first")).await;
    assert_eq!(again, Err(QuoteError::CouponUsedUp));
    let sandbox = world.ledger_of(Environment::Sandbox);
    assert!(
        sandbox.quote("cus_2", Some("sub_2"), &code("first")).await.is_ok(),
        "what is tried out uses nothing up"
    );
}

#[tokio::test]
async fn a_pause_that_has_not_begun_can_be_taken_back_and_payments_fall_on_their_day_again() {
    let world = shop().await;
    world.agree("pause", &MONTH).await;
    assert_eq!(world.subscription().await.next_payment.unwrap().at.0, "2026-03-28T10:00:00.000Z");
    let quote = world.agree("resume", &Wanted::Resume).await;
    assert_eq!(quote.due_now, None);
    assert_eq!(quote.next_payment.unwrap().1, at("2026-02-28T10:00:00Z"));
    assert!(world.subscription().await.pause.is_none());
    world.clock.set(at("2026-04-01T00:00:00Z"));
    let days: Vec<String> = world.invoices().await.into_iter().map(|(day, _)| day).collect();
    assert_eq!(days, ["2026-03-31", "2026-02-28", "2026-01-31"]);
}

#[tokio::test]
async fn a_pause_that_runs_ends_with_a_payment_at_once() {
    let world = shop().await;
    world.agree("code", &code("spring20")).await;
    world.agree("pause", &MONTH).await;
    world.clock.set(at("2026-03-10T09:00:00Z"));
    assert_eq!(world.invoices().await.len(), 1, "nothing is charged in a pause");
    let quote = world.agree("resume", &Wanted::Resume).await;
    // The code was to lower the payment at the end of February, which the pause put off.
    assert_eq!(quote.due_now.unwrap().amount, 1000);
    assert_eq!(world.quote(&Wanted::Resume).await, Err(QuoteError::NotNow("there is no pause")));
    let now = world.subscription().await;
    assert_eq!(now.next_payment.unwrap().at.0, "2026-04-10T09:00:00.000Z");
    assert_eq!(world.invoices().await, [("2026-03-10".into(), 1000), ("2026-01-31".into(), 1250)]);
}

#[tokio::test]
async fn one_change_at_a_time() {
    let world = shop().await;
    world.agree("pause", &MONTH).await;
    for wanted in [MONTH, to("plus", Start::Now), to("lite", Start::NextPayment)] {
        assert!(matches!(world.quote(&wanted).await, Err(QuoteError::NotNow(_))), "{wanted:?}");
    }
    let world = shop().await;
    world.agree("code", &code("spring20")).await;
    assert!(
        matches!(world.quote(&to("plus", Start::Now)).await, Err(QuoteError::NotNow(_))),
        "a promise would be lost"
    );
}

#[tokio::test]
async fn what_is_tried_out_changes_and_charges_nothing_that_counts() {
    let world = shop().await;
    world.clock.set(at("2026-04-05T00:00:00Z"));
    world.agree("counts", &to("lite", Start::NextPayment)).await;
    let before = (format!("{:?}", world.subscription().await), world.invoices().await);
    let sandbox = world.ledger_of(Environment::Sandbox);
    let quote = sandbox.quote("cus_1", Some("sub_1"), &Wanted::Renew(Renewal::of("pro"))).await;
    let instruction = world.instruction(quote.unwrap().change);
    assert_eq!(sandbox.execute("tried", &instruction).await, Answer::Applied);
    assert_eq!(sandbox.invoices("cus_1", 100).await.unwrap().len(), world.invoices().await.len());
    assert_eq!((format!("{:?}", world.subscription().await), world.invoices().await), before);
}

#[tokio::test]
async fn a_code_is_used_once_by_a_customer_also_when_what_it_took_off_is_over() {
    let world = shop().await;
    world.agree("first", &code("five")).await;
    world.clock.set(at("2026-04-10T00:00:00Z"));
    assert_eq!(world.quote(&code("five")).await, Err(QuoteError::CouponApplied));
    let renewal = Wanted::Renew(Renewal { coupon: Some("FIVE".into()), ..Renewal::of("pro") });
    assert_eq!(world.quote(&renewal).await, Err(QuoteError::CouponApplied));
}

#[tokio::test]
async fn what_was_charged_stays_charged_when_a_plan_has_another_price() {
    let world = shop().await;
    world.clock.set(at("2026-03-14T10:00:00Z"));
    let before = world.invoices().await;
    world.import(&CUSTOMERS.replace("1250", "2000")).await.unwrap();
    assert_eq!(world.invoices().await, before);
    // Of 12.50, and not of 20.00, is taken off what is left: 17 of 31 days.
    let quote = world.quote(&to("plus", Start::Now)).await.unwrap();
    assert_eq!(quote.due_now.unwrap().amount, 2500 - 685);
    world.clock.set(at("2026-04-01T00:00:00Z"));
    assert_eq!(world.invoices().await[0], ("2026-03-31".into(), 2000));
}

#[tokio::test]
async fn what_is_somebody_elses_to_renew_or_not_paid_yet_is_not_changed_here() {
    for (given, cannot) in [
        (
            r#""managed_by": "apple""#,
            &[MONTH, to("plus", Start::Now), to("lite", Start::NextPayment), code("five")][..],
        ),
        (r#""payment_pending": true"#, &[to("plus", Start::Now)]),
    ] {
        let world = shop().await;
        let file = format!(
            r#"{{ "customers": [{{ "external_id": "cus_1", "subscriptions": [{{ "external_id": "sub_1", "plan": "pro", {given} }}] }}] }}"#
        );
        world.import(&file).await.unwrap();
        for wanted in cannot {
            assert!(matches!(world.quote(wanted).await, Err(QuoteError::NotNow(_))), "{given} {wanted:?}");
        }
        // What a file does not mention keeps its value.
        world.import(CUSTOMERS).await.unwrap();
        assert!(matches!(world.quote(&cannot[0]).await, Err(QuoteError::NotNow(_))));
    }
}

#[tokio::test]
async fn a_coupon_for_one_plan_does_not_follow_to_another() {
    let world = shop().await;
    let only = r#"{ "coupons": [{ "code": "PROONLY", "percent_off": 50, "duration": "forever", "plans": ["pro"] }] }"#;
    world.import(only).await.unwrap();
    world.agree("code", &code("proonly")).await;
    let later = to("plus", Start::NextPayment);
    let renewal = |plan: &str| Wanted::Renew(Renewal::of(plan));
    for wanted in [&later, &renewal("plus")] {
        assert!(
            matches!(world.quote(wanted).await, Err(QuoteError::NotNow(why)) if why.contains("coupon")),
            "{wanted:?}"
        );
    }
    assert!(world.quote(&renewal("pro")).await.is_ok());
    // An offer of the merchant's that names the plan is held to the same.
    let agreed = world.snapshot().await.terms;
    let plus = world.ledger().plans(&["plus".into()]).await.unwrap().unwrap().remove(0);
    let deal = farewell_server::billing::Deal::ChangePlan(plus);
    let answer = world.carry_out("offer", Change::Accept { offer: "x".into(), deal, agreed }).await;
    assert!(matches!(answer, Answer::Refused(why) if why.contains("coupon")));
}
