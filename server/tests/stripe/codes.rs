//! Promotion codes are used once by each customer, however long ago that was.

use farewell_server::billing::{Answer, Billing, QuoteError, Wanted};
use serde_json::{Value, json};

use crate::stand_in::Fault;
use crate::world::{World, at};

fn code(code: &str) -> Wanted {
    Wanted::ApplyCode { code: code.into() }
}

/// Takes off once, and then Stripe knows nothing of it any more.
fn once(id: &str) -> Value {
    json!({ "coupon": { "id": format!("co_{id}"), "valid": true, "percent_off": 20.0, "duration": "once" } })
}

impl World {
    async fn quoted(
        &self,
        subscription: &str,
        text: &str,
    ) -> Result<farewell_server::billing::Quote, QuoteError> {
        self.billing.quote("cus_1", Some(subscription), &code(text)).await
    }

    async fn use_code(&self, key: &str, text: &str) {
        let quote = self.quoted("sub_1", text).await.unwrap();
        assert_eq!(self.billing.execute(key, &self.instruction(quote.change)).await, Answer::Applied);
    }
}

#[tokio::test]
async fn a_code_that_was_spent_is_not_used_again() {
    for lasts in ["once", "repeating"] {
        let world = World::new().await;
        let mut spring = once("promo_1");
        spring["coupon"]["duration"] = json!(lasts);
        spring["coupon"]["duration_in_months"] = json!(1);
        world.stripe.code("promo_1", "SPRING", spring);
        world.stripe.code("promo_2", "AUTUMN", once("promo_2"));
        let quote = world.quoted("sub_1", "SPRING").await.unwrap();
        let instruction = world.instruction(quote.change);
        assert_eq!(world.billing.execute("first", &instruction).await, Answer::Applied);
        world.stripe.end_discounts("sub_1");
        let before = world.stripe.shown("sub_1");
        assert_eq!(before["discounts"], json!([]));

        assert_eq!(world.quoted("sub_1", "SPRING").await, Err(QuoteError::CouponApplied), "{lasts}");
        let answer = world.billing.execute("agreed to twice", &instruction).await;
        assert_eq!(answer, Answer::Refused(QuoteError::CouponApplied.to_string()), "{lasts}");
        assert_eq!(world.stripe.shown("sub_1"), before, "nothing was changed");
        assert_eq!(world.billing.execute("first", &instruction).await, Answer::Applied, "it was");
        // Another code is another.
        world.use_code("other", "AUTUMN").await;
        world.stripe.end_discounts("sub_1");
        for text in ["SPRING", "AUTUMN"] {
            assert_eq!(world.quoted("sub_1", text).await, Err(QuoteError::CouponApplied), "{text}");
        }
    }
}

#[tokio::test]
async fn a_code_is_used_once_by_a_customer_on_whatever_subscription() {
    let world = World::new().await;
    world.stripe.code("promo_1", "SPRING", once("promo_1"));
    let end = at("2026-02-28T10:00:00Z").as_second();
    world.stripe.subscription("sub_2", "cus_1", "price_lite", end, json!({}));
    let quote = world.quoted("sub_2", "SPRING").await.unwrap();
    world.use_code("key", "SPRING").await;
    let mut other = world.instruction(quote.change);
    other.subscription = Some("sub_2".into());
    for what in ["it runs", "it is spent", "its subscription has ended"] {
        assert_eq!(world.quoted("sub_2", "SPRING").await, Err(QuoteError::CouponApplied), "{what}");
        let answer = world.billing.execute(what, &other).await;
        assert_eq!(answer, Answer::Refused(QuoteError::CouponApplied.to_string()), "{what}");
        if what == "it is spent" {
            let cancel = world.instruction(farewell_server::billing::Change::CancelImmediately);
            assert_eq!(world.billing.execute("left", &cancel).await, Answer::Applied);
        }
        world.stripe.end_discounts("sub_1");
    }
    assert_eq!(world.stripe.shown("sub_2")["discounts"], json!([]));
    // Somebody else has not used it.
    world.stripe.customer("cus_2", json!({}));
    world.stripe.subscription("sub_3", "cus_2", "price_pro", end, json!({}));
    assert!(world.billing.quote("cus_2", Some("sub_3"), &code("SPRING")).await.is_ok());
}

#[tokio::test]
async fn a_code_is_noted_with_its_discount_or_not_at_all() {
    for fault in [Fault::Lost, Fault::Unanswered, Fault::Truncated, Fault::Twice, Fault::TooMany] {
        let world = World::new().await;
        world.stripe.code("promo_1", "SPRING", once("promo_1"));
        let quote = world.quoted("sub_1", "SPRING").await.unwrap();
        let instruction = world.instruction(quote.change);
        world.stripe.meet(&[fault]);
        let mut answer = world.billing.execute("key", &instruction).await;
        let shown = world.stripe.shown("sub_1");
        let discounts = shown["discounts"].as_array().unwrap().len();
        assert_eq!(usize::from(shown["metadata"]["farewell_codes"].is_string()), discounts, "{fault:?}");
        if answer != Answer::Applied {
            answer = world.billing.execute("key", &instruction).await;
        }
        assert_eq!(answer, Answer::Applied, "{fault:?}");
        world.stripe.end_discounts("sub_1");
        assert_eq!(world.quoted("sub_1", "SPRING").await, Err(QuoteError::CouponApplied), "{fault:?}");
    }
}

#[tokio::test]
async fn a_code_that_cannot_be_noted_is_not_used() {
    let world = World::new().await;
    world.stripe.code("promo_1", "SPRING", once("promo_1"));
    let quote = world.quoted("sub_1", "SPRING").await.unwrap();
    let noted = ["0123456789ab"; 38].join(" ");
    let end = at("2026-02-28T10:00:00Z").as_second();
    let full = json!({ "metadata": { "farewell_codes": noted } });
    world.stripe.subscription("sub_1", "cus_1", "price_pro", end, full);
    assert!(
        matches!(world.quoted("sub_1", "SPRING").await, Err(QuoteError::NotNow(why)) if why.contains("room"))
    );
    let answer = world.billing.execute("key", &world.instruction(quote.change)).await;
    assert!(matches!(answer, Answer::Refused(why) if why.contains("room")));
    assert_eq!(world.stripe.shown("sub_1")["discounts"], json!([]));
}
