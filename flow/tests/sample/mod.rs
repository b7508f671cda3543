//! A flow as a merchant might write it, and ways to vary it.
#![allow(dead_code, reason = "every test file uses its own part")]

use flow::{
    Action, Answers, Cancellation, Discount, Duration, Flow, Instant, Interval, Money, Offer, OfferKind,
    Page, Policy, Preview, Reason, ReasonCode, Subscription, Words,
};
use proptest::prelude::*;

pub fn moment(day: u32) -> Instant {
    Instant(format!("2026-12-{day:02}T09:30:00.000Z"))
}

pub fn dollars(amount: i64) -> Money {
    Money { amount, currency: "USD".into() }
}

pub fn words() -> Words {
    Words::from_pack(|key| {
        Some(match key {
            "offer_next" | "offer_returns" | "price_on" => format!("{key}: {{price}} on {{date}}."),
            "confirm_price" => " at {price}".into(),
            "confirm_until" | "canceled_until" => format!("{key} {{date}}"),
            _ => key.into(),
        })
    })
    .unwrap()
}

pub fn discount(id: &str) -> Offer {
    Offer {
        id: id.into(),
        headline: "20% off for 3 months".into(),
        body: None,
        kind: OfferKind::Discount(Discount {
            percent_off: Some(20),
            amount_off: None,
            duration: Duration::Repeating,
            months: Some(3),
            preview: Some(Preview {
                price: dollars(960),
                at: moment(14),
                returns_to: dollars(1200),
                returns_at: Some(moment(28)),
            }),
        }),
    }
}

pub fn reason(key: &str, follow_up: bool, offers: &[&str]) -> Reason {
    Reason {
        key: key.into(),
        label: format!("Because of {key}"),
        code: Some(ReasonCode::TooExpensive),
        follow_up: follow_up.then(|| "Tell us more".into()),
        offers: offers.iter().map(|id| (*id).into()).collect(),
    }
}

pub fn flow() -> Flow {
    Flow {
        brand: "Acme".into(),
        locale: "en".into(),
        rtl: false,
        time_zone: "America/New_York".into(),
        support_email: Some("help@acme.example".into()),
        page: Page { action: "https://bye.acme.example/c".into(), handle: "h4ndl3".into() },
        subscription: Subscription {
            plan: Some("Pro".into()),
            price: Some(dollars(1200)),
            interval: Some(Interval::Month),
            renews_at: Some(moment(14)),
        },
        reasons: vec![
            reason("price", true, &["save20", "save50"]),
            reason("bugs", false, &[]),
            reason("other", true, &["new-kind"]),
        ],
        feedback: true,
        offers: vec![
            discount("save20"),
            discount("save50"),
            Offer {
                id: "new-kind".into(),
                kind: OfferKind::Other,
                headline: "Something new".into(),
                body: None,
            },
        ],
        cancellation: Cancellation { effective_at: Some(moment(14)) },
        words: words(),
    }
}

pub fn default_policy() -> Policy {
    Policy::default_policy()
}

pub fn answer(reason: &str) -> Action {
    Action::Answer { answers: Answers { reason: Some(reason.into()), ..Answers::default() }, straight: false }
}

/// Flows with and without reasons, feedback and offers.
pub fn any_flow() -> impl Strategy<Value = Flow> {
    (any::<bool>(), any::<bool>(), any::<bool>()).prop_map(|(reasons, feedback, offers)| {
        let mut flow = flow();
        flow.feedback = feedback;
        if !reasons {
            flow.reasons.clear();
        }
        if !offers {
            flow.offers.clear();
        }
        flow
    })
}

pub fn any_policy() -> impl Strategy<Value = Policy> {
    (0u32..4, any::<bool>()).prop_map(|(max_offers, survey)| Policy { id: "any".into(), max_offers, survey })
}

pub fn any_text() -> impl Strategy<Value = Option<String>> {
    prop::option::of(prop_oneof![4 => "\\PC{0,20}", 1 => "a{1990,2010}"])
}

pub fn any_action() -> impl Strategy<Value = Action> {
    let offer =
        || prop_oneof![Just("save20"), Just("save50"), Just("new-kind"), Just("none")].prop_map(String::from);
    let reason = prop::option::of(
        prop_oneof![3 => Just("price"), 2 => Just("bugs"), 2 => Just("other"), 1 => Just("none")]
            .prop_map(String::from),
    );
    let answers = (reason, any_text(), any_text()).prop_map(|(reason, follow_up, feedback)| Answers {
        reason,
        follow_up,
        feedback,
    });
    prop_oneof![
        4 => Just(Action::Shown),
        6 => (answers, any::<bool>()).prop_map(|(answers, straight)| Action::Answer { answers, straight }),
        3 => offer().prop_map(|offer| Action::Accept { offer }),
        4 => offer().prop_map(|offer| Action::Decline { offer }),
        2 => Just(Action::Back),
        1 => Just(Action::Cancel),
        1 => Just(Action::Keep),
        1 => Just(Action::Close),
        1 => Just(Action::Undo),
    ]
}
