//! A flow as a merchant might write it, and ways to vary it.
#![allow(dead_code, reason = "every test file uses its own part")]

use flow::{
    Action, Answers, Cancellation, Choice, Declaration, Declared, Flow, Instant, Interval, Line, Link, Money,
    Offer, OfferKind, Page, Policy, Reason, ReasonCode, Subscription, Words,
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
            "confirm_until" | "canceled_until" => format!("{key} {{date}}"),
            _ => key.into(),
        })
    })
    .unwrap()
}

pub fn choice(id: &str) -> Choice {
    let line = |text: &str, amount, day| Line {
        text: text.into(),
        price: Some(dollars(amount)),
        date: Some(moment(day)),
    };
    let lines =
        vec![line("You pay {price} on {date}.", 960, 14), line("Then {price} from {date}.", 1200, 28)];
    Choice { id: id.into(), label: format!("The {id}"), lines }
}

pub fn offer(id: &str, kind: OfferKind, choices: &[&str]) -> Offer {
    Offer {
        id: id.into(),
        claim_id: claim(id),
        kind,
        headline: format!("Better than leaving: {id}"),
        body: None,
        choices: choices.iter().map(|id| choice(id)).collect(),
        pays: kind == OfferKind::PlanChange,
        link: kind
            .leads_elsewhere()
            .then(|| Link { url: "https://acme.example/help".into(), label: "Talk to us".into() }),
    }
}

/// The claim of an offer in these flows.
pub fn claim(id: &str) -> String {
    format!("clm_{id}")
}

pub fn accept(id: &str, choice: Option<&str>) -> Action {
    Action::Accept { claim: claim(id), choice: choice.map(Into::into) }
}

pub fn decline(id: &str) -> Action {
    Action::Decline { claim: claim(id), another: false }
}

pub fn another(id: &str) -> Action {
    Action::Decline { claim: claim(id), another: true }
}

pub fn cancel() -> Action {
    Action::Cancel(Declared::default())
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
            reason("price", true, &["save20", "smaller", "new-kind"]),
            reason("bugs", false, &["help"]),
            reason("away", false, &["pause", "longer"]),
            reason("other", true, &["new-kind", "special"]),
        ],
        feedback: true,
        offers: vec![
            offer("save20", OfferKind::Discount, &["only"]),
            offer("smaller", OfferKind::PlanChange, &["basic", "student"]),
            offer("pause", OfferKind::Pause, &["month", "quarter"]),
            offer("longer", OfferKind::TrialExtension, &["only"]),
            offer("help", OfferKind::Contact, &[]),
            offer("special", OfferKind::Custom, &[]),
            offer("new-kind", OfferKind::Other, &[]),
        ],
        cancellation: Cancellation { effective_at: Some(moment(14)) },
        declaration: Declaration {
            name: Some("Ada Bright".into()),
            email: Some("ada@example.com".into()),
            ends: true,
        },
        words: words(),
    }
}

pub fn default_policy() -> Policy {
    Policy::default_policy()
}

pub fn answer(reason: &str) -> Action {
    Action::Answer { answers: Answers { reason: Some(reason.into()), ..Answers::default() }, straight: false }
}

/// Flows with and without reasons, feedback, offers and what is known of the customer.
pub fn any_flow() -> impl Strategy<Value = Flow> {
    prop::array::uniform5(any::<bool>()).prop_map(|[reasons, feedback, offers, known, ends]| {
        let mut flow = flow();
        flow.feedback = feedback;
        if !reasons {
            flow.reasons.clear();
        }
        if !offers {
            flow.offers.clear();
        }
        if !known {
            flow.declaration = Declaration::default();
            flow.subscription = Subscription::default();
            flow.cancellation.effective_at = None;
        }
        flow.declaration.ends = ends;
        flow
    })
}

/// Every policy there is or could be.
pub fn any_policy() -> impl Strategy<Value = Policy> {
    (0u32..4, prop::array::uniform4(any::<bool>())).prop_map(
        |(max_offers, [survey, direct, declares, recap])| Policy {
            id: "any".into(),
            max_offers,
            survey,
            direct,
            declares,
            recap,
        },
    )
}

pub fn any_text() -> impl Strategy<Value = Option<String>> {
    prop::option::of(prop_oneof![4 => "\\PC{0,20}", 1 => "a{1990,2010}"])
}

fn any_declared() -> impl Strategy<Value = Declared> {
    let day = prop::option::of(prop_oneof![Just("2027-01-31".to_owned()), "\\PC{0,12}"]);
    (any::<bool>(), any_text(), day, any_text()).prop_map(|(extraordinary, cause, until, email)| Declared {
        extraordinary,
        cause,
        until,
        email,
    })
}

pub fn any_action() -> impl Strategy<Value = Action> {
    let offers = ["save20", "smaller", "pause", "longer", "help", "special", "new-kind", "none"];
    let claim = move || prop::sample::select(offers.to_vec()).prop_map(claim);
    let choice = || {
        prop::option::of(
            prop::sample::select(vec!["only", "basic", "quarter", "none"]).prop_map(String::from),
        )
    };
    let reason = prop::option::of(
        prop_oneof![
            4 => Just("price"), 3 => Just("away"), 2 => Just("bugs"), 2 => Just("other"), 1 => Just("none")
        ]
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
        3 => (claim(), choice()).prop_map(|(claim, choice)| Action::Accept { claim, choice }),
        5 => (claim(), any::<bool>()).prop_map(|(claim, another)| Action::Decline { claim, another }),
        2 => any_declared().prop_map(Action::Declare),
        2 => Just(Action::Back),
        1 => any_declared().prop_map(Action::Cancel),
        1 => Just(Action::Keep),
        1 => Just(Action::Close),
        1 => Just(Action::Undo),
    ]
}
