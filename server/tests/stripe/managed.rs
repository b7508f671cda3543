//! What customers change themselves at Stripe: a quote first, and then exactly what it said.

use farewell_server::billing::{
    Answer, Billing, Change, Interval, InvoiceStatus, Length, Quote, QuoteError, Start, Wanted,
};
use jiff::SignedDuration;
use serde_json::json;

use crate::stand_in::Fault;
use crate::world::{World, at, customer};

impl World {
    async fn quote(&self, wanted: &Wanted) -> Result<Quote, QuoteError> {
        self.billing.quote("cus_1", Some("sub_1"), wanted).await
    }

    /// Does what a quote says, three times: it is done once.
    async fn agree(&self, key: &str, wanted: &Wanted) -> Quote {
        let quote = self.quote(wanted).await.unwrap();
        let instruction = self.instruction(quote.change.clone());
        for _ in 0..3 {
            assert_eq!(self.billing.execute(key, &instruction).await, Answer::Applied);
        }
        assert_eq!(self.billing.read_back(key, &instruction).await, Answer::Applied);
        quote
    }

    fn charged(&self) -> usize {
        let asked = self.stripe.asked();
        asked.iter().filter(|one| one.form.iter().any(|(name, _)| name == "payment_behavior")).count()
    }
}

fn to(plan: &str, start: Start) -> Wanted {
    Wanted::ChangePlan { plan: plan.into(), start }
}

fn code(code: &str) -> Wanted {
    Wanted::ApplyCode { code: code.into() }
}

#[tokio::test]
async fn a_dearer_plan_begins_at_once_with_what_stripe_says_it_costs() {
    let world = World::new().await;
    let quote = world.agree("key", &to("price_year", Start::Now)).await;
    let due = quote.due_now.unwrap();
    assert_eq!((due.amount, due.currency.as_str()), (9900 - 625, "USD"));
    assert_eq!(quote.next_payment.unwrap().1, at("2027-02-10T12:00:00Z"));
    assert_eq!(world.charged(), 1);
    assert_eq!(world.snapshot().await.terms.unwrap().plan, "price_year");
}

#[tokio::test]
async fn a_payment_that_waits_for_the_customer_is_not_done_and_asked_for_once() {
    let world = World::new().await;
    world.stripe.ask_customer("sub_1");
    let quote = world.quote(&to("price_year", Start::Now)).await.unwrap();
    let instruction = world.instruction(quote.change);
    for _ in 0..3 {
        let Answer::Waits(how) = world.billing.execute("key", &instruction).await else { panic!("done") };
        assert_eq!(how.link.unwrap().as_str(), "https://invoice.stripe.com/i/1");
        assert_eq!(how.payment_intent.as_deref(), Some("pi_1"));
    }
    assert_eq!(world.snapshot().await.terms.unwrap().plan, "price_pro");
    assert_eq!(world.charged(), 1);
    world.clock.advance(SignedDuration::from_hours(2));
    assert!(
        matches!(world.billing.execute("key", &instruction).await, Answer::Waits(_)),
        "for as long as it takes"
    );
    assert_eq!(world.stripe.charges("sub_1"), ["open"]);
    assert!(world.stripe.authenticate("sub_1"));
    assert_eq!(world.billing.execute("key", &instruction).await, Answer::Applied);
    assert_eq!(world.billing.read_back("key", &instruction).await, Answer::Applied);
    assert_eq!(world.charged(), 1);
}

#[tokio::test]
async fn whatever_is_lost_on_the_way_the_plan_is_paid_once() {
    for fault in [Fault::Lost, Fault::Unanswered, Fault::Truncated, Fault::Twice, Fault::TooMany] {
        let world = World::new().await;
        let quote = world.quote(&to("price_year", Start::Now)).await.unwrap();
        let instruction = world.instruction(quote.change);
        // The preview is one request of those that change something, and meets the first.
        world.stripe.meet(&[fault, fault, fault]);
        let mut answer = world.billing.execute("key", &instruction).await;
        for _ in 0..6 {
            if answer != Answer::Applied {
                assert!(matches!(answer, Answer::Unknown(_)), "{fault:?}: {answer:?}");
                answer = world.billing.execute("key", &instruction).await;
            }
        }
        assert_eq!(answer, Answer::Applied, "{fault:?}");
        assert_eq!(world.charged(), 1, "{fault:?}");
    }
}

#[tokio::test]
async fn what_was_agreed_is_refused_once_it_is_not_true_any_more() {
    let world = World::new().await;
    let quote = world.quote(&to("price_year", Start::Now)).await.unwrap();
    world.stripe.price("price_year", 9999, "year", 1);
    let dearer = world.billing.execute("dearer", &world.instruction(quote.change.clone())).await;
    assert!(matches!(dearer, Answer::Refused(why) if why.contains("changed")));
    world.stripe.price("price_year", 9900, "year", 1);
    let instruction = world.instruction(quote.change);
    world.clock.advance(SignedDuration::from_mins(61));
    let late = world.billing.execute("late", &instruction).await;
    assert!(matches!(late, Answer::Refused(why) if why.contains("too long ago")));
    assert_eq!(world.charged(), 0);
}

#[tokio::test]
async fn a_plan_that_cannot_be_had_is_told_apart() {
    let world = World::new().await;
    for start in [Start::Now, Start::NextPayment] {
        assert_eq!(world.quote(&to("price_none", start)).await, Err(QuoteError::UnknownPlan));
        assert_eq!(world.quote(&to("price_pro", start)).await, Err(QuoteError::SamePlan));
    }
    assert!(
        matches!(world.quote(&to("price_lite", Start::Now)).await, Err(QuoteError::NotNow(_))),
        "it is cheaper"
    );
    assert!(matches!(world.quote(&to("price_year", Start::NextPayment)).await, Err(QuoteError::NotNow(_))));
    let theirs = world.billing.quote("cus_2", Some("sub_1"), &to("price_lite", Start::NextPayment)).await;
    assert!(matches!(theirs, Err(QuoteError::Lookup(_))));
    let quote = world.agree("lite", &to("price_lite", Start::NextPayment)).await;
    assert_eq!((quote.due_now, quote.next_payment.unwrap().0.amount), (None, 500));
}

#[tokio::test]
async fn a_pause_is_taken_back_and_one_that_runs_ends() {
    let world = World::new().await;
    let month = Wanted::Pause { length: Length { interval: Interval::Month, count: 1 } };
    for day in ["2026-02-10T12:00:00Z", "2026-03-10T12:00:00Z"] {
        world.clock.set(at("2026-02-10T12:00:00Z"));
        world.agree(&format!("pause {day}"), &month).await;
        world.clock.set(at(day));
        assert!(world.snapshot().await.can.resume);
        world.agree(&format!("resume {day}"), &Wanted::Resume).await;
        let now = world.snapshot().await;
        assert_eq!((now.pause, now.can.resume), (None, false), "{day}");
        assert!(world.stripe.shown("sub_1")["pause_collection"].is_null());
    }
}

#[tokio::test]
async fn a_code_is_applied_once_and_one_that_cannot_be_used_says_why() {
    let world = World::new().await;
    world.stripe.code("promo_1", "SPRING20", json!({}));
    world.stripe.code("promo_2", "GONE", json!({ "expires_at": 1_700_000_000 }));
    world.stripe.code("promo_3", "USED", json!({ "max_redemptions": 3, "times_redeemed": 3 }));
    world.stripe.code("promo_4", "HERS", json!({ "customer": "cus_2" }));
    world.stripe.code("promo_5", "OTHER", json!({ "coupon": { "id": "co", "valid": true, "percent_off": 20.0, "duration": "once", "applies_to": { "products": ["prod_2"] } } }));
    world.stripe.code(
        "promo_6",
        "EURO",
        json!({ "coupon": { "id": "co", "valid": true, "duration": "once", "amount_off": 100, "currency": "eur" } }),
    );
    world.stripe.code("promo_7", "OFF", json!({ "active": false }));
    for (text, why) in [
        ("NOSUCH", QuoteError::UnknownCoupon),
        (" ", QuoteError::UnknownCoupon),
        ("GONE", QuoteError::CouponExpired),
        ("OFF", QuoteError::CouponExpired),
        ("USED", QuoteError::CouponUsedUp),
        ("HERS", QuoteError::CouponNotForCustomer),
        ("OTHER", QuoteError::CouponNotForPlan),
        ("EURO", QuoteError::CouponOtherCurrency),
    ] {
        assert_eq!(world.quote(&code(text)).await, Err(why), "{text}");
    }
    let quote = world.agree("key", &code("SPRING20")).await;
    assert_eq!(quote.next_payment.unwrap().0.amount, 1000);
    // Two months from the tenth of February: the payment at the end of March is lower too, that in April is not.
    let (then, when) = quote.then.unwrap();
    assert_eq!((then.amount, when), (1250, at("2026-04-28T10:00:00Z")));
    assert_eq!(world.stripe.shown("sub_1")["discounts"].as_array().unwrap().len(), 1);
    assert_eq!(world.quote(&code("SPRING20")).await, Err(QuoteError::CouponApplied));
    let Change::Accept { .. } = quote.change else { panic!("another change") };
}

#[tokio::test]
async fn a_code_that_is_gone_before_the_press_is_refused() {
    let world = World::new().await;
    world.stripe.code("promo_1", "SPRING20", json!({}));
    let quote = world.quote(&code("SPRING20")).await.unwrap();
    world.stripe.code("promo_1", "SPRING20", json!({ "active": false }));
    let answer = world.billing.execute("key", &world.instruction(quote.change)).await;
    assert!(matches!(answer, Answer::Refused(why) if why.contains("code")));
}

#[tokio::test]
async fn invoices_payment_method_and_stripes_own_page() {
    let world = World::new().await;
    world.stripe.invoice("in_2", json!({ "status": "open", "total": 500 }));
    world.stripe.invoice("in_1", json!({ "hosted_invoice_url": "javascript:alert(1)" }));
    world.stripe.invoice("in_0", json!({ "status": "draft" }));
    let invoices = world.billing.invoices("cus_1", 10).await.unwrap();
    let shown: Vec<_> =
        invoices.iter().map(|one| (one.id.as_str(), one.status, one.page.is_some())).collect();
    assert_eq!(shown, [("in_2", InvoiceStatus::Open, true), ("in_1", InvoiceStatus::Paid, false)]);
    let back = "https://shop.example/billing".parse().unwrap();
    let page = world.billing.payment_page("cus_1", &back).await.unwrap().unwrap();
    assert_eq!(page.as_str(), "https://billing.stripe.com/p/session/1");
    let card = json!({ "type": "card", "card": { "brand": "visa", "last4": "4242", "exp_month": 7, "exp_year": 2031 } });
    world.stripe.customer("cus_1", json!({ "invoice_settings": { "default_payment_method": card } }));
    let method = world.billing.account(&customer("cus_1")).await.unwrap().payment_method.unwrap();
    assert_eq!(
        (method.brand.as_str(), method.ends_in.as_deref(), method.expires),
        ("Visa", Some("4242"), Some((2031, 7)))
    );
}
