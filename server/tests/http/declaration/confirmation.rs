use farewell_server::billing::ledger::Import;
use jiff::SignedDuration;
use serde_json::{Value, json};

use super::sender::{
    Mail, Page, cancel, confirm, declare, followed, is, link, mails, standing, subscription,
};
use crate::server::{Answer, Running};

/// A page or a mail without what differs from one person to the next anyway.
fn alike(text: &str, email: &str) -> String {
    let mut alike = String::new();
    let text = text.replace(email, "EMAIL");
    let token = |word: &str| {
        let part = word.rsplit('/').next().unwrap_or(word);
        part.len() == 22 || word.starts_with("FW-")
    };
    let split = |c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '_'));
    for word in text.split_inclusive(split) {
        let bare = word.trim_end_matches(split);
        alike.push_str(if token(bare) { "TOKEN" } else { bare });
        alike.push_str(&word[bare.len()..]);
    }
    alike
}

/// Everything a sender sees: the answer, the receipt, the mail, and the page of its link.
async fn seen(server: &Running, email: &str, contract: &str) -> Vec<String> {
    let form = Page::get(server, "/b/acme/cancel").await;
    let fields = [("name", "Ada"), ("contract", contract), ("email", email), ("kind", "ordinary")];
    // A request without an id of its own gets a new one each time.
    let request = server.post(&form.action()).header("x-request-id", "the-same");
    let answer = request.form(&fields).send().await.unwrap();
    let mut headers: Vec<_> =
        answer.headers().iter().map(|(name, value)| format!("{name}: {value:?}")).collect();
    headers.retain(|header| !header.starts_with("date") && !header.starts_with("x-request-id"));
    let path = followed(&answer);
    let text = async |path: &str| server.get(path).send().await.unwrap().text().await.unwrap();
    server.app.desk.work().await.unwrap();
    let Mail { to, subject, text: mail } = mails(server).await.pop().unwrap();
    let mut seen = vec![headers.join("\n"), to, subject, mail];
    for path in [path.clone(), format!("{path}/receipt.txt"), link(server).await] {
        seen.push(text(&path).await);
    }
    seen.iter().map(|text| alike(text, email)).collect()
}

#[tokio::test]
async fn nobody_can_tell_from_outside_who_is_a_customer() {
    let server = Running::start().await;
    let customer = seen(&server, "c1@example.com", "sub_1").await;
    is(&standing(&server).await, "matched", None);
    let stranger = seen(&server, "nobody@example.net", "sub_1").await;
    is(&standing(&server).await, "open", Some("unknown_customer"));
    assert_eq!(customer, stranger);
}

#[tokio::test]
async fn a_confirmed_cancellation_ends_the_contract_with_its_period_and_once() {
    let server = Running::start().await;
    cancel(&server, "C1@Example.com", &[]).await;
    let link = link(&server).await;
    for _ in 0..3 {
        let asked = Page::get(&server, &link).await;
        assert_eq!((asked.text("h1").as_str(), asked.all("button").len()), ("Confirm your cancellation", 1));
        server.app.desk.work().await.unwrap();
    }
    assert_eq!(subscription(&server, 1).await["cancel_at"], Value::Null, "looking changes nothing");
    let path = Page::get(&server, &link).await.action();
    let (first, second) = tokio::join!(server.post(&path).send(), server.post(&path).send());
    assert_eq!((followed(&first.unwrap()), followed(&second.unwrap())), (path.clone(), path.clone()));
    let done = Page::get(&server, &link).await;
    assert_eq!(done.text("h1"), "Your contract is canceled");
    assert!(done.text(".lead").contains("December 10, 2026"));
    assert_eq!(done.all("form, button").len(), 0);
    assert_eq!(followed(&server.post(&path).send().await.unwrap()), path, "once more is the same");
    is(&standing(&server).await, "done", None);
    assert_eq!(subscription(&server, 1).await["cancel_at"], "2026-12-10T05:00:00.000Z");
    for table in ["intents", "outcomes", "actions", "sessions"] {
        assert_eq!(server.count(table).await, 1, "{table}");
    }
}

#[tokio::test]
async fn nothing_is_carried_out_on_a_strangers_word() {
    let server = Running::start().await;
    cancel(&server, "c1@example.com", &[("contract", "sub_1")]).await;
    // Somebody who knows the number of another's contract.
    cancel(&server, "thief@example.net", &[("contract", "sub_2")]).await;
    is(&standing(&server).await, "open", Some("unknown_customer"));
    confirm(&server, &link(&server).await).await;
    // A customer who names the contract of another one.
    cancel(&server, "c3@example.com", &[("contract", "sub_4")]).await;
    confirm(&server, &link(&server).await).await;
    server.app.desk.work().await.unwrap();
    for untouched in [1, 2, 4] {
        assert_eq!(subscription(&server, untouched).await["cancel_at"], Value::Null, "{untouched}");
    }
    assert_ne!(subscription(&server, 3).await["cancel_at"], Value::Null, "their own, the only one they have");
    assert_eq!(server.count("intents").await, 1);
}

#[tokio::test]
async fn what_cannot_be_matched_is_confirmed_and_left_to_the_merchant() {
    let server = Running::start().await;
    declare(
        &server,
        "/b/nord/cancel?lang=de",
        &[("name", "Ada"), ("contract", "7"), ("email", "a@example.de")],
    )
    .await;
    is(&standing(&server).await, "open", Some("merchant_billing"));
    let done = confirm(&server, &link(&server).await).await;
    assert_eq!(done.text("h1"), "Danke, bestätigt");
    assert!(done.text(".lead").contains("Nord führt Ihre Erklärung aus"), "{}", done.text(".lead"));
    is(&standing(&server).await, "open", Some("merchant_billing"));
    cancel(&server, "twin@example.com", &[]).await;
    is(&standing(&server).await, "open", Some("several_customers"));
    cancel(&server, "c6@example.com", &[]).await;
    is(&standing(&server).await, "open", Some("several_subscriptions"));
    cancel(&server, "c6@example.com", &[("contract", "sub_6b")]).await;
    is(&standing(&server).await, "matched", None);
    confirm(&server, &link(&server).await).await;
    let subscriptions = server.customer("cus_6").await["subscriptions"].clone();
    assert_eq!(subscriptions[0]["cancel_at"], Value::Null);
    assert_ne!(subscriptions[1]["cancel_at"], Value::Null);
}

#[tokio::test]
async fn an_extraordinary_cancellation_and_a_withdrawal_end_a_contract_at_once() {
    let server = Running::start().await;
    cancel(&server, "c1@example.com", &[("kind", "extraordinary"), ("cause", "Doubled")]).await;
    let done = confirm(&server, &link(&server).await).await;
    assert_eq!(done.text("h1"), "Your contract has ended");
    assert_eq!(subscription(&server, 1).await["status"], "canceled");
    let typed = [("name", "Ada"), ("contract", "Pro"), ("email", "c2@example.com")];
    declare(&server, "/b/acme/withdraw", &typed).await;
    let left = confirm(&server, &link(&server).await).await;
    assert_eq!(
        left.text("h1"),
        "Thank you, confirmed",
        "California has no such function: a person sees to it"
    );
    is(&standing(&server).await, "open", Some("no_withdrawal"));
    assert_eq!(subscription(&server, 2).await["status"], "active");
    let moved =
        json!({ "customers": [{ "external_id": "cus_3", "email": "c3@example.com", "country": "IE" }] });
    let moved = Import::read(&moved.to_string()).unwrap();
    moved.apply(&server.app.sessions.store, "acme", server.clock.now()).await.unwrap();
    let typed = [("name", "Ada"), ("contract", "Pro"), ("email", "c3@example.com")];
    declare(&server, "/b/acme/withdraw", &typed).await;
    let done = confirm(&server, &link(&server).await).await;
    assert_eq!(done.text("h1"), "Your contract has ended");
    assert_eq!(subscription(&server, 3).await["status"], "canceled");
}

#[tokio::test]
async fn no_contract_ends_before_the_day_that_was_wished_for() {
    let server = Running::start().await;
    for (customer, end, carried_out) in
        [(1, "2026-12-11", false), (2, "2026-12-10", true), (3, "2026-11-30", true)]
    {
        cancel(&server, &format!("c{customer}@example.com"), &[("end", end)]).await;
        confirm(&server, &link(&server).await).await;
        let standing = standing(&server).await;
        if carried_out {
            is(&standing, "done", None);
            assert_eq!(subscription(&server, customer).await["cancel_at"], "2026-12-10T05:00:00.000Z");
        } else {
            is(&standing, "open", Some("later_end"));
            assert_eq!(subscription(&server, customer).await["cancel_at"], Value::Null);
        }
    }
    cancel(&server, "c4@example.com", &[("kind", "extraordinary"), ("cause", "x"), ("end", "2026-11-22")])
        .await;
    confirm(&server, &link(&server).await).await;
    is(&standing(&server).await, "open", Some("later_end"));
}

#[tokio::test]
async fn a_cancellation_that_is_confirmed_a_period_late_is_carried_out_and_seen_to() {
    let server = Running::start().await;
    server.clock.set(farewell_server::clock::parse("2026-12-09T12:00:00Z").unwrap());
    cancel(&server, "c1@example.com", &[]).await;
    is(&standing(&server).await, "matched", None);
    server.clock.advance(SignedDuration::from_hours(48));
    let done = confirm(&server, &link(&server).await).await;
    assert_eq!(done.text("h1"), "Your contract is canceled");
    assert_eq!(
        subscription(&server, 1).await["cancel_at"],
        "2027-01-10T05:00:00.000Z",
        "nothing more is charged"
    );
    is(&standing(&server).await, "open", Some("later_period"));
    let reference = server.app.desk.register.list(None, false, 9).await.unwrap()[0].reference.clone();
    server.app.desk.register.carried_out(&reference).await.unwrap();
    is(&standing(&server).await, "done", Some("later_period"));
}

#[tokio::test]
async fn a_link_expires_and_the_declaration_does_not() {
    let server = Running::start().await;
    cancel(&server, "c1@example.com", &[]).await;
    let first = link(&server).await;
    cancel(&server, "c2@example.com", &[]).await;
    let second = link(&server).await;
    confirm(&server, &first).await;
    server.clock.advance(SignedDuration::from_hours(14 * 24));
    let late = Page::get(&server, &second).await;
    assert_eq!((late.status, late.text("h1").as_str()), (410, "This link has expired"));
    assert!(late.text("p").contains("has arrived all the same"));
    assert_eq!(late.all("a[href='mailto:help@acme.example']").len(), 1);
    assert_eq!(server.post(&second).send().await.unwrap().status(), 410);
    is(&standing(&server).await, "matched", None);
    assert_eq!(subscription(&server, 2).await["cancel_at"], Value::Null);
    assert_eq!(Page::get(&server, &first).await.status, 200, "what was confirmed can still be looked at");
}

#[tokio::test]
async fn the_merchant_confirms_what_it_recognises_and_closes_what_it_does_not() {
    use farewell_server::declaration::{Decided, Status};
    let server = Running::start().await;
    let register = &server.app.desk.register;
    cancel(&server, "new-address@example.net", &[]).await;
    is(&standing(&server).await, "open", Some("unknown_customer"));
    let reference = register.list(Some("acme"), false, 9).await.unwrap()[0].reference.clone();
    assert_eq!(register.confirm(&reference, "cus_2", "sub_2").await.unwrap(), Decided::Yes);
    is(&standing(&server).await, "done", None);
    assert_ne!(subscription(&server, 2).await["cancel_at"], Value::Null);
    assert_eq!(register.confirm(&reference, "cus_3", "sub_3").await.unwrap(), Decided::Not(Status::Done));
    assert_eq!(register.dismiss(&reference).await.unwrap(), Decided::Not(Status::Done));
    cancel(&server, "c1@example.com", &[]).await;
    let link = link(&server).await;
    let reference = register.list(Some("acme"), false, 9).await.unwrap()[0].reference.clone();
    assert_eq!(register.dismiss(&reference).await.unwrap(), Decided::Yes);
    let closed = Page::get(&server, &link).await;
    assert_eq!((closed.text("h1").as_str(), closed.all("button").len()), ("This declaration was closed", 0));
    server.post(&link).send().await.unwrap();
    is(&standing(&server).await, "dismissed", None);
    assert_eq!(subscription(&server, 1).await["cancel_at"], Value::Null);
    assert_eq!(register.confirm("FW-XXXX-XXXX", "a", "b").await.unwrap(), Decided::Unknown);
}

#[tokio::test]
async fn what_is_already_canceled_is_left_to_the_merchant() {
    let server = Running::start().await;
    cancel(&server, "c1@example.com", &[]).await;
    let first = link(&server).await;
    cancel(&server, "c1@example.com", &[("contract", "sub_1")]).await;
    let second = link(&server).await;
    is(&standing(&server).await, "matched", None);
    confirm(&server, &first).await;
    let late = confirm(&server, &second).await;
    assert_eq!(late.text("h1"), "Thank you, confirmed");
    is(&standing(&server).await, "open", Some("nothing_to_cancel"));
    assert_eq!(server.count("intents").await, 1);
}

#[tokio::test]
async fn nothing_is_lost_when_the_server_stops_in_between() {
    let server = Running::start().await;
    let receipt = cancel(&server, "c1@example.com", &[]).await;
    let link = link(&server).await;
    is(&standing(&server).await, "matched", None);
    let clock = server.clock.clone();
    let before = server.get(&receipt).send().await.unwrap().text().await.unwrap();
    let server = Running::start_in(server.stop().await, clock).await;
    assert_eq!(server.get(&receipt).send().await.unwrap().text().await.unwrap(), before);
    // Confirmed, and killed before it was carried out.
    let declared = server.app.desk.register.list(None, false, 9).await.unwrap().remove(0);
    server.app.desk.register.confirm(&declared.reference, "cus_1", "sub_1").await.unwrap();
    let server = Running::start_in(server.stop().await, server_clock()).await;
    // Whoever works in the background may not have come to it yet.
    server.app.desk.work().await.unwrap();
    is(&standing(&server).await, "done", None);
    assert_eq!(Page::get(&server, &link).await.text("h1"), "Your contract is canceled");
}

fn server_clock() -> farewell_server::clock::Clock {
    use farewell_server::clock;
    clock::Clock::manual(clock::parse(crate::server::NOW).unwrap())
}

#[tokio::test]
async fn what_waits_for_a_day_is_an_alarm_until_it_is_done() {
    let server = Running::start().await;
    let health = async || {
        let deep = server.get("/api/health?deep=1").header("x-api-key", &server.acme).send().await.unwrap();
        Answer::of(deep).await.ok()["declarations"].clone()
    };
    cancel(&server, "nobody@example.net", &[]).await;
    cancel(&server, "c1@example.com", &[]).await;
    let matched = link(&server).await;
    cancel(&server, "c2@example.com", &[]).await;
    confirm(&server, &link(&server).await).await;
    server.clock.advance(SignedDuration::from_secs(24 * 60 * 60 - 1));
    server.app.desk.work().await.unwrap();
    assert_eq!(health().await, serde_json::json!({ "status": "ok", "open": 2, "overdue": 0 }));
    assert_eq!(alarms(&server).await, 0);
    server.clock.advance(SignedDuration::from_secs(1));
    for _ in 0..3 {
        server.app.desk.work().await.unwrap();
    }
    assert_eq!(health().await, serde_json::json!({ "status": "degraded", "open": 2, "overdue": 2 }));
    assert_eq!(alarms(&server).await, 2, "what nobody has confirmed is an alarm too: it has arrived");
    confirm(&server, &matched).await;
    assert_eq!(health().await, serde_json::json!({ "status": "degraded", "open": 1, "overdue": 1 }));
}

async fn alarms(server: &Running) -> i64 {
    sqlx::query_scalar("SELECT count(*) FROM declarations WHERE alarmed_at IS NOT NULL")
        .fetch_one(server.app.sessions.store.read())
        .await
        .unwrap()
}
