//! Whoever leaves while a change of the hub waits for their bank, or for Stripe, leaves, and is not charged for it any more.

use farewell_server::clock;
use jiff::SignedDuration;
use serde_json::{Value, json};
use tempfile::NamedTempFile;

use super::{ada, billed, key};
use crate::hub::Shown;
use crate::hub_changes::{Fields, with};
use crate::server::Running;
use crate::stand_in::{Fault, KEY, StandIn};

/// Ada, who has agreed to pay for a year.
struct Agreed {
    stripe: StandIn,
    server: Running,
    session: String,
    /// How the hub was shown after that.
    shown: Shown,
    /// What she has agreed to.
    fields: Fields,
    _secret: NamedTempFile,
}

impl Agreed {
    /// `meets` is what the charge meets on its way to Stripe, where she pays on demand of her bank.
    async fn start(cancel: &str, meets: &[Fault]) -> Self {
        let stripe = StandIn::start().await;
        ada(&stripe).await;
        stripe.price("price_year", 99_00, "year", 1);
        stripe.ask_customer("sub_1");
        let secret = key(KEY);
        let lines = format!("key_file = \"{}\"", secret.path().display());
        let configure = |text: String| {
            let text = text.replacen("\"plan_pro\",", "\"price_pro\", \"price_year\",", 1);
            let cancel = format!("plan = \"advanced\"\ncancel = \"{cancel}\"");
            billed(&text, &stripe, &lines).replacen("plan = \"advanced\"", &cancel, 1)
        };
        let server = Running::start_with(configure).await;
        let session = server.hub_session(1).await;
        let shown = server.sent(&session, &server.shown(&session).await.press("Change plan")).await;
        let shown = server.sent(&session, &with(shown.press("Continue"), "choice", "price_year")).await;
        let fields = shown.press("Pay $92.75 and change plan");
        // What the quote is asked for again is the first of the requests that could change something, and the preview before the
        // charge the second.
        let straight = [Fault::None, Fault::None];
        stripe.meet(&[&straight[..], meets].concat());
        let shown = server.sent(&session, &fields).await;
        server.clock.advance(SignedDuration::from_millis(1));
        Self { stripe, server, session, shown, fields, _secret: secret }
    }

    async fn leave(&self) -> Value {
        let flow = &self.shown.sessions()[0];
        self.server.flow(flow).await.ok();
        self.server.act(flow, json!([{ "run": 1, "seq": 1, "do": "cancel" }])).await.ok()
    }

    async fn undo(&self) -> Value {
        let flow = &self.shown.sessions()[0];
        self.server.act(flow, json!([{ "run": 2, "seq": 1, "do": "undo" }])).await.ok()
    }

    async fn status(&self) -> String {
        let status = sqlx::query_scalar("SELECT status FROM hub_changes");
        status.fetch_one(self.server.app.sessions.store.read()).await.unwrap()
    }

    /// Lets the executor do what is due in a moment, and says how the change stands then.
    async fn later(&self) -> String {
        self.server.clock.advance(SignedDuration::from_secs(10));
        self.server.app.sessions.executor.settle_due().await.unwrap();
        self.status().await
    }

    fn voided(&self) -> usize {
        self.stripe.asked().iter().filter(|one| one.path.ends_with("/void")).count()
    }
}

#[tokio::test]
async fn whoever_leaves_is_not_charged_for_what_waits_for_the_bank() {
    for cancel in ["at_period_end", "immediately"] {
        let ada = Agreed::start(cancel, &[]).await;
        ada.shown.says("Your bank asks you to confirm this payment.");
        let left = ada.leave().await;
        assert_eq!(left["result"]["effect"], "applied", "{cancel}");
        let shown = ada.stripe.shown("sub_1");
        assert!(shown["cancel_at_period_end"] == true || shown["status"] == "canceled", "{cancel}: {shown}");
        assert_eq!((ada.stripe.charges("sub_1"), ada.voided()), (vec!["void".to_owned()], 1), "{cancel}");
        assert!(!ada.stripe.authenticate("sub_1"), "{cancel}: nobody can pay it any more");
        assert_eq!(ada.status().await, "refused", "{cancel}");
        let told = ada.server.sent(&ada.session, &ada.shown.press("Look again")).await;
        told.says("Nothing was changed, and nothing was charged.").says_nothing_of("Confirm the payment");
        assert_eq!(told.answer["changed"]["effect"], "refused");
        assert_eq!(ada.later().await, "refused");
        assert_eq!(ada.voided(), 1);
    }
}

#[tokio::test]
async fn whoever_comes_back_has_what_they_had_and_can_change_it_again() {
    let ada = Agreed::start("at_period_end", &[]).await;
    ada.leave().await;
    assert_eq!(ada.undo().await["result"]["effect"], "applied");
    assert_eq!((ada.later().await, ada.stripe.charges("sub_1")), ("refused".into(), vec!["void".to_owned()]));
    ada.server.sent(&ada.session, &ada.fields).await.says("Nothing was changed, and nothing was charged.");
    let home = ada.server.shown(&ada.session).await;
    let shown = ada.server.sent(&ada.session, &home.press("Change plan")).await;
    let shown = ada.server.sent(&ada.session, &with(shown.press("Continue"), "choice", "price_year")).await;
    let shown = ada.server.sent(&ada.session, &shown.press("Pay $92.75 and change plan")).await;
    shown.says("Your bank asks you to confirm this payment.");
    assert!(ada.stripe.authenticate("sub_1"));
    ada.server.sent(&ada.session, &shown.press("Look again")).await.says("Done.");
    assert_eq!(ada.stripe.charges("sub_1"), ["void", "paid"]);
}

#[tokio::test]
async fn what_was_paid_before_the_customer_left_was_paid() {
    let ada = Agreed::start("at_period_end", &[]).await;
    assert!(ada.stripe.authenticate("sub_1"));
    assert_eq!(ada.leave().await["result"]["effect"], "applied");
    assert_eq!((ada.status().await, ada.voided()), ("applied".into(), 0));
}

#[tokio::test]
async fn whatever_is_lost_nobody_is_kept_and_it_is_called_off_once() {
    for fault in [Fault::Lost, Fault::Unanswered, Fault::Truncated, Fault::Twice, Fault::TooMany] {
        // The first request withdraws what may be on its way, and the second voids the invoice.
        for meets in [vec![fault], vec![Fault::None, fault], vec![fault, fault]] {
            let ada = Agreed::start("at_period_end", &[]).await;
            ada.stripe.meet(&meets);
            assert_eq!(ada.leave().await["result"]["outcome"], "canceled", "{meets:?}");
            assert_eq!(ada.later().await, "refused", "{meets:?}");
            assert_eq!(ada.stripe.shown("sub_1")["cancel_at_period_end"], true, "{meets:?}");
            assert_eq!(
                (ada.stripe.charges("sub_1"), ada.voided()),
                (vec!["void".to_owned()], 1),
                "{meets:?}"
            );
        }
    }
}

#[tokio::test]
async fn where_an_invoice_cannot_be_voided_the_customer_leaves_and_it_is_tried_again() {
    let ada = Agreed::start("at_period_end", &[]).await;
    ada.stripe.forbid("POST v1/invoices/");
    assert_eq!(ada.leave().await["result"]["effect"], "applied", "the way out is never blocked");
    assert_eq!(ada.later().await, "pending");
    ada.server.shown(&ada.session).await.says_nothing_of("Confirm the payment");
    ada.stripe.allow();
    assert_eq!(ada.later().await, "refused");
    assert_eq!(ada.stripe.charges("sub_1"), ["void"]);
}

#[tokio::test]
async fn a_charge_that_arrives_after_the_customer_has_left_charges_nobody() {
    let ada = Agreed::start("at_period_end", &[Fault::Late]).await;
    ada.shown.says("Billing has not confirmed this yet.");
    assert_eq!(ada.leave().await["result"]["effect"], "applied");
    assert_eq!(ada.status().await, "refused");
    ada.undo().await;
    assert_eq!(ada.stripe.arrive(), [400], "its key is used up");
    assert_eq!(ada.later().await, "refused");
    assert!(ada.stripe.charges("sub_1").is_empty());
    assert_eq!(ada.stripe.shown("sub_1")["items"]["data"][0]["price"]["id"], "price_pro");
}

#[tokio::test]
async fn a_change_after_coming_back_is_not_what_was_left_behind() {
    let ada = Agreed::start("at_period_end", &[]).await;
    ada.leave().await;
    ada.undo().await;
    ada.server.clock.set(clock::parse("2026-11-21T12:05:00Z").unwrap());
    let home = ada.server.shown(&ada.session).await;
    let shown = ada.server.sent(&ada.session, &home.press("Change plan")).await;
    let shown = ada.server.sent(&ada.session, &with(shown.press("Continue"), "choice", "price_year")).await;
    let agreed = shown.press("Pay $92.75 and change plan");
    ada.stripe.meet(&[Fault::None, Fault::None, Fault::Unanswered]);
    ada.server.sent(&ada.session, &agreed).await;
    assert!(ada.stripe.authenticate("sub_1"));
    ada.later().await;
    ada.server.sent(&ada.session, &agreed).await.says("Done.");
}
