//! `POST /v1/hub/actions`: from a wish by what it would mean to what became of it.

use std::sync::Arc;
use std::time::Duration;

use farewell_server::billing::ledger::Ledger;
use farewell_server::billing::{
    Account, Answer as Said, Authentication, Billing, Instruction, Lookup, LookupError, PlanTerms, Quote,
    QuoteError, Snapshot, Wanted,
};
use farewell_server::session::Environment;
use farewell_server::store::Error;
use futures_util::future::join_all;
use jiff::SignedDuration;
use serde_json::{Value, json};
use url::Url;

use crate::hub::{Form, Shown};
use crate::server::{Answer, Running};

pub type Fields = Vec<(String, String)>;

/// With a choice, or something typed.
pub fn with(mut fields: Fields, name: &str, value: &str) -> Fields {
    fields.push((name.into(), value.into()));
    fields
}

impl Running {
    pub async fn send(&self, session: &str, fields: &Fields) -> Answer {
        let form = with(fields.clone(), "session", session);
        Answer::of(self.post("/v1/hub/actions").form(&form).send().await.unwrap()).await
    }

    pub async fn sent(&self, session: &str, fields: &Fields) -> Shown {
        Shown::of(&self.send(session, fields).await.ok())
    }

    /// As far as the button that pauses for a month.
    async fn about_to_pause(&self, session: &str) -> Fields {
        let shown = self.sent(session, &self.shown(session).await.press("Pause")).await;
        let shown = self.sent(session, &with(shown.press("Continue"), "choice", "1_month")).await;
        shown.press("Pause from December 10, 2026")
    }

    /// A pause of a month, up to what became of it, on whatever day it is.
    pub async fn pause(&self, session: &str) -> Shown {
        let shown = self.sent(session, &self.shown(session).await.press("Pause")).await;
        let shown = self.sent(session, &with(shown.press("Continue"), "choice", "1_month")).await;
        let quoted = |form: &&Form| form.fields.iter().any(|(name, _)| name == "quote");
        let fields = shown.forms.iter().find(quoted).expect("something to agree to").fields.clone();
        self.sent(session, &with(fields, "do", "confirm")).await
    }

    /// As far as the button that changes to the smaller plan.
    async fn about_to_change(&self, session: &str) -> Fields {
        let shown = self.sent(session, &self.shown(session).await.press("Change plan")).await;
        let shown = self.sent(session, &with(shown.press("Continue"), "choice", "plan_basic")).await;
        shown.press("Change plan on December 10, 2026")
    }

    /// Status and attempts of every change.
    async fn changes(&self) -> Vec<(String, i64)> {
        sqlx::query_as("SELECT status, attempts FROM hub_changes ORDER BY created_at, id")
            .fetch_all(self.app.sessions.store.read())
            .await
            .unwrap()
    }

    async fn operations(&self) -> i64 {
        let count = sqlx::query_scalar("SELECT count(*) FROM ledger_operations WHERE kind <> 'import'");
        count.fetch_one(self.app.sessions.store.read()).await.unwrap()
    }

    async fn sql(&self, sql: &'static str) {
        let done = self.app.sessions.store.write(async move |tx| {
            sqlx::query(sql).execute(tx).await?;
            Ok::<_, Error>(())
        });
        done.await.unwrap();
    }
}

#[tokio::test]
async fn a_pause_is_chosen_shown_agreed_to_and_done() {
    let server = Running::selling(|text| text).await;
    let session = server.hub_session(1).await;
    let shown = server.sent(&session, &server.shown(&session).await.press("Pause")).await;
    shown.says("Pause your subscription").says("For how long?").says("1 month").says("3 months");
    shown.says("until December 10, 2026").says("Cancel Subscription");
    assert_eq!(shown.focus, ["h4 "], "the step begins at its heading");
    let shown = server.sent(&session, &with(shown.press("Continue"), "choice", "3_month")).await;
    shown.says("December 10, 2026 to March 10, 2027").says("Charged now\nNothing");
    shown.says("$20.00 on March 10, 2027").says("Cancel Subscription");
    assert!(server.changes().await.is_empty(), "nothing is done before it is agreed to");
    let shown = server.sent(&session, &shown.press("Pause from December 10, 2026")).await;
    shown.says("Done. Your subscription is paused from December 10, 2026 until March 10, 2027.");
    shown.says("Active. Paused from December 10, 2026 until March 10, 2027.").says_nothing_of("Change plan");
    assert_eq!(shown.focus, ["p "], "what happened has the focus");
    let told =
        json!({ "authentication": null, "effect": "applied", "kind": "pause", "subscription": "sub_1" });
    assert_eq!(shown.answer["changed"], told);
    assert_eq!(server.changes().await, [("applied".into(), 1)]);
    let paused = server.customer("cus_1").await;
    assert_eq!(paused["subscriptions"][0]["pause"]["until"], "2027-03-10T05:00:00.000Z", "{paused}");
    assert_eq!(server.hub(&session).await.ok()["changed"], Value::Null);
}

#[tokio::test]
async fn another_plan_begins_with_the_next_payment_and_the_hub_says_so() {
    let server = Running::selling(|text| text).await;
    let session = server.hub_session(1).await;
    let shown = server.sent(&session, &server.shown(&session).await.press("Change plan")).await;
    let choices = &shown.forms.iter().find(|form| !form.choices.is_empty()).unwrap().choices;
    assert_eq!(
        choices,
        &["plan_basic", "plan_max"],
        "not the one there is, not another currency, not what is gone"
    );
    shown.says("$9.00 a month").says("$500.00 a year");
    let shown = server.sent(&session, &with(shown.press("Continue"), "choice", "plan_basic")).await;
    shown.says("New plan\nBasic").says("Begins\nDecember 10, 2026").says("$9.00 on December 10, 2026");
    let shown = server.sent(&session, &shown.press("Change plan on December 10, 2026")).await;
    shown.says("Done. From December 10, 2026 your plan is Basic.");
    server.shown(&session).await.says("From December 10, 2026: Basic").says("$9.00 on December 10, 2026");
}

#[tokio::test]
async fn a_plan_that_costs_more_begins_at_once_and_what_is_left_is_taken_off() {
    let server = Running::selling(|text| text).await;
    let session = server.hub_session(1).await;
    let shown = server.sent(&session, &server.shown(&session).await.press("Change plan")).await;
    let shown = server.sent(&session, &with(shown.press("Continue"), "choice", "plan_max")).await;
    shown.says("New plan\nMax").says("Begins\nAt once").says("$500.00 on November 21, 2027");
    // 18 days and 17 of 24 hours of 30 days that cost 20 dollars.
    shown.says("Charged now\n$487.53");
    server.clock.advance(SignedDuration::from_mins(20));
    let shown = server.sent(&session, &shown.press("Pay $487.53 and change plan")).await;
    shown.says("Done. Your plan is now Max.").says("Max\nActive");
    shown.says("$487.53\nPaid");
    assert_eq!(server.operations().await, 1);
}

#[tokio::test]
async fn where_billing_cannot_change_at_once_it_is_with_the_next_payment() {
    let server = Running::selling(|text| text).await;
    let session = server.hub_session(1).await;
    server.use_code(&session, "HALF").await.says("Done. Your code has been applied.");
    let shown = server.sent(&session, &server.shown(&session).await.press("Change plan")).await;
    let shown = server.sent(&session, &with(shown.press("Continue"), "choice", "plan_max")).await;
    shown.says("Begins\nDecember 10, 2026").says("Charged now\nNothing");
    server
        .sent(&session, &shown.press("Change plan on December 10, 2026"))
        .await
        .says("Done. From December 10");
    let later =
        Running::selling(|text| text.replacen("[brand.hub]", "[brand.hub]\nupgrades = \"next_payment\"", 1));
    let later = later.await;
    let session = later.hub_session(1).await;
    let shown = later.sent(&session, &later.shown(&session).await.press("Change plan")).await;
    let shown = later.sent(&session, &with(shown.press("Continue"), "choice", "plan_max")).await;
    shown.says("Begins\nDecember 10, 2026").says("$500.00 on December 10, 2026");
}

#[tokio::test]
async fn a_pause_is_called_off_before_it_begins_and_ended_with_a_payment_after_that() {
    let server = Running::selling(|text| text).await;
    let session = server.hub_session(1).await;
    let paused = server.sent(&session, &server.about_to_pause(&session).await).await;
    let shown = server.sent(&session, &paused.press("Call off the pause")).await;
    shown.says("Charged now\nNothing").says("$20.00 on December 10, 2026");
    let shown = server.sent(&session, &shown.press("Call off the pause")).await;
    shown.says("Done. Your subscription goes on.").says("Active").says_nothing_of("Paused");

    server.sent(&session, &server.about_to_pause(&session).await).await.says("Done.");
    server.clock.set(farewell_server::clock::parse("2026-12-20T12:00:00Z").unwrap());
    let session = server.hub_session(1).await;
    let shown = server.shown(&session).await;
    shown.says("Paused until January 10, 2027").says_nothing_of("Call off");
    let shown = server.sent(&session, &shown.press("Resume")).await;
    shown.says("Charged now\n$20.00").says("$20.00 on January 20, 2027");
    server.clock.advance(SignedDuration::from_mins(10));
    let shown = server.sent(&session, &shown.press("Pay $20.00 and resume")).await;
    shown.says("Done. Your subscription goes on.").says("$20.00 on January 20, 2027").says("Paid");
    assert_eq!(server.operations().await, 4);
}

#[tokio::test]
async fn what_ends_by_itself_is_renewed() {
    let server = Running::selling(|text| text).await;
    let session = server.hub_session(9).await;
    let shown = server.shown(&session).await;
    shown
        .says("Active until January 10, 2027. It ends then by itself.")
        .says("Visa ending in 4242, expires 07/2031");
    shown.says_nothing_of("Change plan").says_nothing_of("Pause").says_nothing_of("promotion code");
    let shown = server.sent(&session, &shown.press("Renew")).await;
    shown
        .says("January 10, 2027 to January 10, 2028")
        .says("Charged now\nNothing")
        .says("$180.00 on January 10, 2027");
    let shown = server.sent(&session, &shown.press("Renew until January 10, 2028")).await;
    shown.says("Done. Your subscription is renewed.").says_nothing_of("Renew until");
    assert_eq!(shown.answer["changed"]["kind"], "renew");
}

impl Running {
    /// As far as the end: a code is typed, shown and agreed to, or there is something wrong with it.
    async fn use_code(&self, session: &str, code: &str) -> Shown {
        let shown = self.sent(session, &self.shown(session).await.press("Use a promotion code")).await;
        let mut typed = shown.press("Continue");
        typed.retain(|(name, _)| name != "choice");
        let shown = self.sent(session, &with(typed, "choice", code)).await;
        if shown.texts.contains("Use this code") {
            return self.sent(session, &shown.press("Use this code")).await;
        }
        shown
    }
}

#[tokio::test]
async fn a_code_lowers_what_is_paid_and_says_until_when() {
    let server = Running::selling(|text| text).await;
    let session = server.hub_session(1).await;
    let shown = server.sent(&session, &server.shown(&session).await.press("Use a promotion code")).await;
    assert_eq!(shown.focus, ["h4 "]);
    let mut typed = shown.press("Continue");
    typed.retain(|(name, _)| name != "choice");
    let shown = server.sent(&session, &with(typed, "choice", " half ")).await;
    shown.says("Promotion code\nhalf").says("$10.00 on December 10, 2026").says("$20.00 from March 10, 2027");
    let shown = server.sent(&session, &shown.press("Use this code")).await;
    shown.says("Done. Your code has been applied.").says("$10.00 on December 10, 2026");
    server.use_code(&session, "HALF").await.says("This code is in use on your subscription already.");
    assert_eq!(server.count("discounts").await, 1);
}

#[tokio::test]
async fn what_is_wrong_with_a_code_is_said_at_its_field() {
    let server = Running::selling(|text| text).await;
    let (session, other) = (server.hub_session(1).await, server.hub_session(2).await);
    server.use_code(&other, "FIRST").await.says("Done.");
    let long = "X".repeat(101);
    for (code, says) in [
        ("NOPE", "There is no such code."),
        (long.as_str(), "There is no such code."),
        ("<script>", "There is no such code."),
        ("OLD", "This code has expired."),
        ("FIRST", "This code has been used as often as it can be."),
        ("BASIC", "This code is not for your plan."),
        ("STAFF", "This code is for other customers."),
        ("EURO", "This code is for another currency"),
    ] {
        let shown = server.use_code(&session, code).await;
        shown.says(says);
        assert_eq!(shown.focus, [format!("input {code}")], "what was typed is there, with the focus");
        assert!(shown.answer["hub"].as_array().unwrap().contains(&json!("@aria-invalid=true")));
    }
    assert_eq!(server.changes().await.len(), 1);
}

#[tokio::test]
async fn invoices_are_listed_and_all_of_them_are_shown_on_demand() {
    let server = Running::selling(|text| text).await;
    server.clock.set(farewell_server::clock::parse("2027-04-20T12:00:00Z").unwrap());
    let session = server.hub_session(1).await;
    let shown = server.shown(&session).await;
    shown.says("April 10, 2027").says("$20.00\nPaid").says_nothing_of("January 10, 2027");
    let all = server.sent(&session, &shown.press("Show all invoices")).await;
    all.says("January 10, 2027").says("December 10, 2026").says_nothing_of("Show all invoices");
    assert_eq!(all.focus, ["h3 "]);
}

#[tokio::test]
async fn back_leads_to_where_a_customer_was_and_the_focus_with_them() {
    let server = Running::selling(|text| text).await;
    let session = server.hub_session(1).await;
    let shown = server.sent(&session, &server.shown(&session).await.press("Change plan")).await;
    let home = server.sent(&session, &shown.press("Back")).await;
    assert_eq!(home.focus, ["button plan"]);
    home.says("Change plan").says_nothing_of("Which plan would you like?");
    let preview = server.sent(&session, &with(shown.press("Continue"), "choice", "plan_max")).await;
    let choice = server.sent(&session, &preview.press("Back")).await;
    choice.says("Which plan would you like?");
    let parts = choice.answer["hub"].as_array().unwrap();
    let checked = parts.iter().position(|part| part == "@checked=").expect("what was chosen is chosen still");
    assert!(parts[..checked].iter().rev().take(4).any(|part| part == "@value=plan_max"));
}

#[tokio::test]
async fn what_is_wrong_with_a_choice_is_said_at_the_choice() {
    let server = Running::selling(|text| text).await;
    let session = server.hub_session(1).await;
    let home = server.shown(&session).await;
    for (button, choice, says) in [
        ("Pause", None, "Choose one of these."),
        ("Pause", Some("2_month"), "Choose one of these."),
        ("Change plan", None, "Choose one of these."),
        ("Change plan", Some("plan_gone"), "This plan is not available any more."),
        ("Change plan", Some("plan_europe"), "This plan is not available any more."),
        ("Use a promotion code", None, "Type your code."),
    ] {
        let mut fields = server.sent(&session, &home.press(button)).await.press("Continue");
        fields.retain(|(name, _)| name != "choice");
        if let Some(choice) = choice {
            fields = with(fields, "choice", choice);
        }
        let shown = server.sent(&session, &fields).await;
        shown.says(says);
        assert!(shown.focus[0].starts_with("input"), "{:?}", shown.focus);
        let parts = shown.answer["hub"].as_array().unwrap();
        assert!(
            parts.contains(&json!("@aria-describedby=fw-wrong")) && parts.contains(&json!("@id=fw-wrong"))
        );
    }
    assert!(server.changes().await.is_empty());
}

#[tokio::test]
async fn what_is_agreed_to_twice_is_done_once() {
    let server = Running::selling(|text| text).await;
    let session = server.hub_session(1).await;
    let agreed = server.about_to_pause(&session).await;
    let answers = join_all((0..8).map(|_| server.send(&session, &agreed))).await;
    for answer in answers {
        let shown = Shown::of(&answer.ok());
        shown.says("Done. Your subscription is paused from December 10, 2026 until January 10, 2027.");
        assert_eq!(shown.answer["changed"]["effect"], "applied");
    }
    server.clock.advance(SignedDuration::from_hours(2));
    server.sent(&session, &agreed).await.says("Done.");
    assert_eq!(server.changes().await, [("applied".into(), 1)]);
    assert_eq!(server.operations().await, 1);
}

#[tokio::test]
async fn what_has_changed_since_it_was_shown_is_shown_again_and_not_done() {
    let server = Running::selling(|text| text).await;
    let session = server.hub_session(1).await;
    let agreed = server.about_to_change(&session).await;
    server
        .sql("UPDATE ledger_plans SET amount = 950 WHERE brand = 'acme' AND external_id = 'plan_basic'")
        .await;
    let shown = server.sent(&session, &agreed).await;
    shown
        .says("Something has changed in the meantime, and nothing was done.")
        .says("$9.50 on December 10, 2026");
    assert_eq!(shown.answer["changed"], Value::Null);
    assert!(server.changes().await.is_empty());
    let again = shown.press("Change plan on December 10, 2026");
    server.sent(&session, &again).await.says("Done.");
    assert_eq!(server.operations().await, 1);
}

#[tokio::test]
async fn what_was_shown_long_ago_or_to_another_session_is_asked_again() {
    let server = Running::selling(|text| text).await;
    let session = server.hub_session(1).await;
    let agreed = server.about_to_pause(&session).await;
    server.clock.advance(SignedDuration::from_mins(31));
    server.sent(&session, &agreed).await.says("nothing was done").says("$20.00 on January 10, 2027");
    let agreed = server.about_to_pause(&session).await;
    let other = server.hub_session(1).await;
    server.sent(&other, &agreed).await.says("nothing was done");
    assert!(server.changes().await.is_empty());
    let stranger = server.hub_session(2).await;
    assert!(server.send(&stranger, &agreed).await.error(404).contains("subscription_id"));
    assert!(server.changes().await.is_empty());
}

#[tokio::test]
async fn a_subscription_of_somebody_else_is_none_of_the_customers() {
    let server = Running::selling(|text| text).await;
    let session = server.hub_session(1).await;
    for (verb, more) in [("pause", None), ("preview", Some("pause"))] {
        let mut fields: Fields = vec![("do".into(), verb.into()), ("subscription".into(), "sub_2".into())];
        fields.extend(more.map(|want| ("want".to_owned(), want.to_owned())));
        server.send(&session, &fields).await.error(404);
    }
}

#[tokio::test]
async fn a_session_whose_time_is_over_changes_nothing() {
    let server = Running::selling(|text| text).await;
    let session = server.hub_session(1).await;
    server.clock.advance(SignedDuration::from_secs(24 * 60 * 60 - 60));
    let agreed = server.about_to_pause(&session).await;
    server.clock.advance(SignedDuration::from_secs(60));
    assert!(server.send(&session, &agreed).await.error(401).contains("expired"));
    assert!(server.changes().await.is_empty());
}

#[tokio::test]
async fn what_is_altered_on_the_way_is_not_done() {
    let server = Running::selling(|text| text).await;
    let session = server.hub_session(1).await;
    let agreed = server.about_to_pause(&session).await;
    for alter in [
        |quote: &str| format!("{quote}A"),
        |quote: &str| quote.replacen("quo_", "ret_", 1),
        |_: &str| "x".into(),
    ] {
        let mut fields = agreed.clone();
        let (_, quote) = fields.iter_mut().find(|(name, _)| name == "quote").unwrap();
        *quote = alter(quote);
        server.sent(&session, &fields).await.says("This cannot be done at the moment. Nothing was changed.");
    }
    assert!(server.changes().await.is_empty());
}

#[tokio::test]
async fn what_the_brand_offers_no_more_is_not_done() {
    let server = Running::selling(|text| text).await;
    let (pausing, changing) = (server.hub_session(1).await, server.hub_session(2).await);
    let pause = server.about_to_pause(&pausing).await;
    let change = server.about_to_change(&changing).await;
    let without = |text: String| {
        text.replacen("pauses = [\"1 month\", \"3 months\"]\n", "", 1).replacen("\"plan_basic\", ", "", 1)
    };
    let server = server.billed_by(without, ledger).await;
    server.sent(&pausing, &pause).await.says("This cannot be done at the moment.");
    server.sent(&changing, &change).await.says("This plan is not available any more.");
    assert!(server.changes().await.is_empty());
}

fn ledger(store: &farewell_server::store::Store, clock: &farewell_server::clock::Clock) -> Ledger {
    Ledger::new(store.clone(), clock.clone(), "acme", Environment::Prod)
}

/// The ledger, whose word on a change comes from here as long as there is one.
#[derive(Debug)]
struct Says {
    ledger: Ledger,
    says: Arc<std::sync::Mutex<Option<Said>>>,
}

#[async_trait::async_trait]
impl Billing for Says {
    async fn snapshot(&self, lookup: &Lookup) -> Result<Snapshot, LookupError> {
        self.ledger.snapshot(lookup).await
    }

    async fn account(&self, lookup: &Lookup) -> Result<Account, LookupError> {
        self.ledger.account(lookup).await
    }

    async fn plans(&self, ids: &[String]) -> Result<Option<Vec<PlanTerms>>, LookupError> {
        self.ledger.plans(ids).await
    }

    async fn quote(&self, customer: &str, of: Option<&str>, wanted: &Wanted) -> Result<Quote, QuoteError> {
        self.ledger.quote(customer, of, wanted).await
    }

    async fn execute(&self, key: &str, instruction: &Instruction) -> Said {
        let says = self.says.lock().unwrap().clone();
        match says {
            Some(said) => said,
            None => self.ledger.execute(key, instruction).await,
        }
    }

    async fn read_back(&self, key: &str, instruction: &Instruction) -> Said {
        self.ledger.read_back(key, instruction).await
    }

    fn quotes(&self) -> bool {
        true
    }

    fn has_payment_page(&self) -> bool {
        true
    }

    async fn payment_page(&self, customer: &str, back: &Url) -> Result<Option<Url>, LookupError> {
        let back = url::form_urlencoded::byte_serialize(back.as_str().as_bytes()).collect::<String>();
        Ok(Url::parse(&format!("https://pay.example/{customer}?back={back}")).ok())
    }

    fn patience(&self) -> Duration {
        Duration::from_millis(500)
    }
}

type Word = Arc<std::sync::Mutex<Option<Said>>>;

/// A server whose billing says this of every change, until it is told otherwise.
async fn server_where_billing_says(said: Said) -> (Running, Word) {
    let word: Word = Arc::new(std::sync::Mutex::new(Some(said)));
    let says = word.clone();
    let server = Running::selling(|text| text)
        .await
        .billed_by(|text| text, |store, clock| Says { ledger: ledger(store, clock), says });
    (server.await, word)
}

#[tokio::test]
async fn where_billing_has_a_page_for_payment_methods_it_is_made_when_it_is_wanted_and_leads_back() {
    let (server, _) = server_where_billing_says(Said::Applied).await;
    let session = server.hub_session(1).await;
    let wanted = server.shown(&session).await.says("Payment method").press("Update payment method");
    for (page, back) in [
        ("https://app.acme.example/account?tab=plan", "https://app.acme.example/account?tab=plan"),
        ("https://evil.example/", "https://app.acme.example/"),
        ("javascript:alert(1)", "https://app.acme.example/"),
        ("", "https://app.acme.example/"),
    ] {
        let shown = server.sent(&session, &with(wanted.clone(), "page", page)).await;
        let leads_to = Url::parse(shown.answer["leads_to"].as_str().unwrap()).unwrap();
        assert_eq!(leads_to.path(), "/cus_1");
        assert_eq!(leads_to.query_pairs().next().unwrap().1, back, "{page}");
        shown.says("Go on to the payment page");
        assert_eq!(shown.focus.len(), 1);
    }
    assert_eq!(server.hub(&session).await.ok()["leads_to"], Value::Null);
}

#[tokio::test]
async fn what_billing_has_not_answered_is_pending_and_settles_later() {
    let (server, word) = server_where_billing_says(Said::Unknown("a time-out".into())).await;
    let session = server.hub_session(1).await;
    let change = server.about_to_change(&session).await;
    let shown = server.sent(&session, &server.about_to_pause(&session).await).await;
    shown
        .says("Billing has not confirmed this yet.")
        .says("A change is being carried out.")
        .says("Cancel Subscription");
    shown.says_nothing_of("Change plan").says_nothing_of("Use a promotion code");
    assert_eq!(shown.answer["changed"]["effect"], "pending");
    // What was shown before waits for what is being done.
    server
        .sent(&session, &change)
        .await
        .says("Another change of this subscription is still being carried out.");
    assert_eq!(server.changes().await, [("pending".into(), 1)]);
    server.sent(&session, &shown.press("Look again")).await.says("Billing has not confirmed this yet.");
    *word.lock().unwrap() = None;
    server.clock.advance(SignedDuration::from_secs(2));
    assert_eq!(server.app.sessions.executor.settle_due().await.unwrap(), 1);
    let looked = server.sent(&session, &shown.press("Look again")).await;
    looked.says("Done. Your subscription is paused").says_nothing_of("A change is being carried out.");
    assert_eq!(looked.answer["changed"]["effect"], "applied");
    assert_eq!((server.changes().await, server.operations().await), (vec![("applied".into(), 3)], 1));
    // Another session of the customer does not see what became of it.
    let other = server.hub_session(1).await;
    server.sent(&other, &shown.press("Look again")).await.says_nothing_of("Done.");
}

#[tokio::test]
async fn a_payment_that_the_bank_asks_about_leads_there_and_is_done_when_the_customer_has_answered() {
    let link = Url::parse("https://invoice.stripe.com/i/1").unwrap();
    let waits = Authentication { payment_intent: Some("pi_1".into()), link: Some(link) };
    let (server, word) = server_where_billing_says(Said::Waits(waits)).await;
    let session = server.hub_session(1).await;
    let shown = server.sent(&session, &server.about_to_pause(&session).await).await;
    shown
        .says("Your bank asks you to confirm this payment.")
        .says("Confirm the payment")
        .says("Cancel Subscription");
    let told = json!({ "link": "https://invoice.stripe.com/i/1", "payment_intent": "pi_1" });
    assert_eq!(shown.answer["changed"]["authentication"], told);
    assert_eq!(shown.answer["changed"]["effect"], "pending");
    // Opened again, the hub still leads there.
    server.shown(&session).await.says("Confirm the payment");
    assert_eq!(server.operations().await, 0);
    *word.lock().unwrap() = None;
    let done = server.sent(&session, &shown.press("Look again")).await;
    done.says("Done. Your subscription is paused").says_nothing_of("Confirm the payment");
    assert_eq!(
        (done.answer["changed"]["authentication"].clone(), server.operations().await),
        (Value::Null, 1)
    );
}

#[tokio::test]
async fn what_billing_refuses_is_said_and_has_changed_nothing() {
    let (server, _) = server_where_billing_says(Said::Refused("secret: the card of Ada".into())).await;
    let session = server.hub_session(1).await;
    let shown = server.sent(&session, &server.about_to_pause(&session).await).await;
    shown.says("This could not be done. Nothing was changed, and nothing was charged.").says("Change plan");
    shown.says_nothing_of("secret");
    assert_eq!(shown.answer["changed"]["effect"], "refused");
    assert_eq!(server.operations().await, 0);
}

#[tokio::test]
async fn a_server_that_goes_before_billing_has_answered_does_it_once_when_it_is_back() {
    let (server, _) = server_where_billing_says(Said::Unknown("the cable is out".into())).await;
    let session = server.hub_session(1).await;
    let agreed = server.about_to_pause(&session).await;
    let pending = server.sent(&session, &agreed).await;
    pending.says("Billing has not confirmed this yet.");
    let clock = server.clock.clone();
    let directory = server.stop_served().await;
    clock.advance(SignedDuration::from_secs(2));
    let server = Running::start_in(directory, clock).await;
    let settled = async {
        while server.changes().await != [("applied".into(), 2)] {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), settled).await.expect("the worker sees to it");
    server.sent(&session, &agreed).await.says("Done. Your subscription is paused");
    assert_eq!(server.operations().await, 1);
}

#[tokio::test]
async fn a_cancellation_that_is_being_carried_out_comes_first() {
    let (server, word) = server_where_billing_says(Said::Unknown("a time-out".into())).await;
    let session = server.hub_session(1).await;
    let agreed = server.about_to_pause(&session).await;
    let way = server.shown(&session).await.sessions().remove(0);
    server.act(&way, json!([{ "run": 1, "seq": 1, "do": "cancel" }])).await.ok();
    server
        .sent(&session, &agreed)
        .await
        .says("Another change of this subscription is still being carried out.");
    *word.lock().unwrap() = None;
    server.clock.advance(SignedDuration::from_secs(2));
    server.app.sessions.executor.settle_due().await.unwrap();
    server.sent(&session, &agreed).await.says("This cannot be done at the moment. Nothing was changed.");
    assert_eq!(server.operations().await, 1);
}

#[tokio::test]
async fn a_customer_can_cancel_while_a_change_is_being_carried_out() {
    let (server, word) = server_where_billing_says(Said::Unknown("a time-out".into())).await;
    let session = server.hub_session(1).await;
    let shown = server.sent(&session, &server.about_to_pause(&session).await).await;
    *word.lock().unwrap() = None;
    let left = server.act(&shown.sessions()[0], json!([{ "run": 1, "seq": 1, "do": "cancel" }])).await.ok();
    assert_eq!(
        (&left["result"]["outcome"], &left["result"]["effect"]),
        (&json!("canceled"), &json!("applied"))
    );
}

#[tokio::test]
async fn in_the_sandbox_nothing_that_counts_is_changed() {
    let server = Running::selling(|text| text).await;
    let answer = server.ask_hub(json!({ "customer_id": "cus_1", "environment": "sandbox" })).await.ok();
    let session = answer["id"].as_str().unwrap().to_owned();
    server.sent(&session, &server.about_to_pause(&session).await).await.says("Done.");
    assert_eq!(server.customer("cus_1").await["subscriptions"][0]["pause"], Value::Null);
    let real = server.hub_session(1).await;
    server.shown(&real).await.says("Active").says_nothing_of("Paused");
}

#[tokio::test]
async fn merchants_who_bill_on_their_own_have_a_hub_with_nothing_to_change() {
    let server = Running::selling(|text| {
        text.replacen(
            "slug = \"manual\"",
            "slug = \"manual\"\nhub = { pauses = [\"1 month\"], plans = [\"a\"] }",
            1,
        )
    })
    .await;
    let body = json!({ "subscription": { "customer_id": "whoever" } });
    let request = server.post("/v1/subscription/session").header("x-brand-key", &server.manual).json(&body);
    let session = Answer::of(request.send().await.unwrap()).await.ok()["id"].as_str().unwrap().to_owned();
    let shown = server.shown(&session).await;
    shown.says("Cancel Subscription");
    for text in ["Pause", "Change plan", "promotion code", "Invoices", "Payment method"] {
        shown.says_nothing_of(text);
    }
}
