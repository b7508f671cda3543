//! Receipts that are mailed, through a mail server that speaks SMTP.

use farewell_server::clock::{self, Clock};
use farewell_server::mail::{self, NewMail};
use farewell_server::serve::Server;
use farewell_server::store::Tx;
use jiff::SignedDuration;
use mailparse::MailHeaderMap;
use serde_json::json;
use tokio::net::TcpListener;

use crate::mail_server::{MailServer, SILENCE};
use crate::server::{NOW, Running, config};

async fn cancel(server: &Running, customer: u32) -> String {
    let session = server.session(customer).await;
    let done = server.act(&session, json!([{ "run": 1, "seq": 1, "do": "cancel" }])).await.ok();
    done["result"]["receipt"]["reference"].as_str().expect("a reference").to_owned()
}

/// The body of a mail, as a mail program shows it.
fn shown(message: &str) -> (mailparse::ParsedMail<'_>, String) {
    let mail = mailparse::parse_mail(message.as_bytes()).expect("a mail");
    let body = mail.get_body().expect("a text").replace("\r\n", "\n");
    (mail, body)
}

#[tokio::test]
async fn a_receipt_is_mailed_once() {
    let mails = MailServer::start().await;
    let server = Running::start_with(|text| mails.configure(&text, "")).await;
    let reference = cancel(&server, 1).await;
    server.until("mails", "sent", 1).await;
    let sent = mails.until(1).await;
    assert_eq!((sent[0].from.contains("<no-reply@acme.example>"), sent.len()), (true, 1));
    assert!(sent[0].to.contains("<c1@example.com>"), "{}", sent[0].to);
    let (mail, body) = shown(&sent[0].message);
    let header = |name: &str| mail.headers.get_first_value(name).unwrap_or_default();
    assert_eq!(header("From"), "Acme & Sons <no-reply@acme.example>");
    assert_eq!(header("To"), "c1@example.com");
    assert_eq!(header("Reply-To"), "help@acme.example");
    assert_eq!(header("Auto-Submitted"), "auto-generated");
    assert_eq!(header("Subject"), format!("Your cancellation has been received · {reference}"));
    assert!(header("Message-ID").ends_with("@acme.example>"));
    for part in [
        "Acme & Sons",
        &format!("Reference: {reference}"),
        "Plan: Pro",
        "Contract: sub_1",
        "Ends on: December 10, 2026",
        "EST (America/New_York)",
    ] {
        assert!(body.replace('\u{202f}', " ").contains(part), "{part}: {body}");
    }
}

#[tokio::test]
async fn a_brand_that_mails_nothing_writes_no_mail() {
    let mails = MailServer::start().await;
    let server =
        Running::start_with(|text| mails.configure(&text, "").replace("receipts = \"mail\"", "")).await;
    cancel(&server, 1).await;
    assert!(server.outbox("mails").await.is_empty() && server.outbox("handovers").await.is_empty());
}

#[tokio::test]
async fn an_address_given_with_the_session_is_the_one() {
    let mails = MailServer::start().await;
    let server = Running::start_with(|text| mails.configure(&text, "")).await;
    let asked = json!({ "customer_id": "cus_1", "customer_email": "new@example.com" });
    let session = server.session_with(asked).await;
    server.act(&session, json!([{ "run": 1, "seq": 1, "do": "cancel" }])).await.ok();
    assert!(mails.until(1).await[0].to.contains("<new@example.com>"));
}

#[tokio::test]
async fn a_mail_is_sent_again_as_the_same_message_when_the_mail_server_was_busy() {
    let mails = MailServer::start().await;
    let server = Running::start_with(|text| mails.configure(&text, "")).await;
    mails.say("451 4.3.0 later, please");
    cancel(&server, 1).await;
    server.until("mails", "pending", 1).await;
    assert_eq!(mails.sent().len(), 1, "not before its time");
    server.clock.advance(SignedDuration::from_secs(30));
    server.until("mails", "sent", 2).await;
    let sent = mails.sent();
    assert_eq!((sent.len(), &sent[0]), (2, &sent[1]), "byte for byte, with its Message-ID");
}

#[tokio::test]
async fn what_the_mail_server_refuses_for_good_is_not_tried_again() {
    let mails = MailServer::start().await;
    let server = Running::start_with(|text| mails.configure(&text, "")).await;
    mails.say("550 5.1.1 nobody here of that name");
    cancel(&server, 1).await;
    server.until("mails", "failed", 1).await;
    assert!(server.outbox("mails").await[0].2.as_deref().unwrap().contains("nobody here"));
    server.clock.advance(SignedDuration::from_hours(24));
    cancel(&server, 2).await;
    let again = mails.until(2).await;
    assert!(again[1].to.contains("<c2@example.com>"), "the next mail went, the refused one did not");
}

#[tokio::test]
async fn a_mail_server_that_does_not_let_us_in_gets_the_mail_later() {
    let mails = MailServer::private("acme", "swordfish").await;
    let login = "username = \"acme\"\npassword = \"wrong\"";
    let server = Running::start_with(|text| mails.configure(&text, login)).await;
    cancel(&server, 1).await;
    server.until("mails", "pending", 1).await;
    let (clock, directory) = (server.clock.clone(), server.stop().await);

    std::fs::write(directory.path().join("smtp.password"), "swordfish\n").unwrap();
    clock.advance(SignedDuration::from_secs(30));
    let login = "username = \"acme\"\npassword_file = \"smtp.password\"";
    let server = Running::start_as(directory, clock, |text| mails.configure(&text, login)).await;
    server.until("mails", "sent", 2).await;
    assert_eq!(mails.sent().len(), 1);
}

#[tokio::test]
async fn a_mail_that_was_under_way_when_the_server_stopped_is_sent_again_after_the_start() {
    let mails = MailServer::start().await;
    let server = Running::start_with(|text| mails.configure(&text, "")).await;
    mails.say(SILENCE);
    cancel(&server, 1).await;
    mails.until(1).await;
    let (clock, directory) = (server.clock.clone(), server.stop().await);

    let server = Running::start_as(directory, clock, |text| mails.configure(&text, "")).await;
    server.until("mails", "sent", 1).await;
    let sent = mails.sent();
    assert_eq!((sent.len(), &sent[0]), (2, &sent[1]), "recognisable by its Message-ID");
}

#[tokio::test]
async fn what_is_no_address_is_given_up_and_nothing_of_it_reaches_the_mail_server() {
    let mails = MailServer::start().await;
    let server = Running::start_with(|text| mails.configure(&text, "")).await;
    let mail = NewMail {
        brand: "acme".into(),
        to: "c1@example.com>\r\nRCPT TO:<eve@example.com".into(),
        subject: "Hello\r\nBcc: eve@example.com".into(),
        text: "Hello".into(),
    };
    let now = server.clock.now();
    let insert = async move |tx: &mut Tx| mail::insert(tx, &mail, now).await;
    server.app.sessions.store.write(insert).await.unwrap();
    server.until("mails", "failed", 1).await;
    assert!(mails.sent().is_empty());
}

#[tokio::test]
async fn a_text_of_any_characters_arrives_as_it_was() {
    let mails = MailServer::start().await;
    let server = Running::start_with(|text| mails.configure(&text, "")).await;
    let text = format!(".\nGrüße, 解約, إلغاء\n..\n{}\nBcc: eve@example.com\n", "long ".repeat(300));
    let mail = NewMail {
        brand: "acme".into(),
        to: "c1@example.com".into(),
        subject: "Kündigung 解約\r\nBcc: eve@example.com".into(),
        text: text.clone(),
    };
    let now = server.clock.now();
    let insert = async move |tx: &mut Tx| mail::insert(tx, &mail, now).await;
    server.app.sessions.store.write(insert).await.unwrap();
    let sent = mails.until(1).await;
    let (mail, body) = shown(&sent[0].message);
    assert_eq!(body.trim_end(), text.trim_end());
    assert_eq!(mail.headers.get_first_value("Subject").unwrap(), "Kündigung 解約 Bcc: eve@example.com");
    assert_eq!(mail.headers.get_first_value("Bcc"), None);
}

#[tokio::test]
async fn nothing_is_said_in_the_clear_where_the_connection_has_to_be_private() {
    let mails = MailServer::start().await;
    for security in ["starttls", "tls"] {
        let text =
            mails.configure(include_str!("farewell.toml"), "username = \"acme\"\npassword = \"swordfish\"");
        let text = text.replace("security = \"none\"", &format!("security = \"{security}\""));
        let german = text.replacen("[[brand]]", "[[brand]]\nmarkets = [\"DE\"]", 1);
        let gone = tokio::time::timeout(std::time::Duration::from_secs(20), refused(|_| german)).await;
        let gone = gone.expect("an answer").expect("a server without encryption is refused");
        assert!(gone.contains("cannot be used"), "{security}: {gone}");
    }
    assert_eq!(mails.logins(), 0);
}

/// Why a server with this configuration does not start. None when it does.
async fn refused(configure: impl FnOnce(String) -> String) -> Option<String> {
    let directory = tempfile::tempdir().unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let config = config(directory.path(), "http://127.0.0.1:1", configure);
    let clock = Clock::manual(clock::parse(NOW).unwrap());
    Server::on(listener, config, clock).await.err().map(|error| error.to_string())
}

#[tokio::test]
async fn a_brand_that_sells_in_germany_does_not_start_without_a_mail_server_that_lets_it_in() {
    let german = |text: String| text.replacen("[[brand]]", "[[brand]]\nmarkets = [\"US\", \"DE\"]", 1);
    let mails = MailServer::private("acme", "swordfish").await;
    let with = |login: &str| german(mails.configure(include_str!("farewell.toml"), login));
    assert_eq!(refused(|_| with("username = \"acme\"\npassword = \"swordfish\"")).await, None);
    let wrong = refused(|_| with("username = \"acme\"\npassword = \"sesame\"")).await.unwrap();
    for word in ["brand \"acme\"", "§312k(4) BGB", "535", "`username`", "[server.smtp]"] {
        assert!(wrong.contains(word), "{word}: {wrong}");
    }
    assert!(!wrong.contains("sesame"));
    let unnamed = refused(|_| with("username = \"acme\"")).await.unwrap();
    assert!(unnamed.contains("FAREWELL_SMTP_PASSWORD"), "{unnamed}");
    let text = with("username = \"acme\"\npassword = \"swordfish\"");
    drop(mails);
    let gone = refused(|_| text.clone()).await.unwrap();
    assert!(gone.contains("cannot be used") && gone.contains("`port`"), "{gone}");
    let american = text.replace("markets = [\"US\", \"DE\"]", "markets = [\"US\", \"GB\"]");
    assert_eq!(refused(|_| american).await, None, "where no law demands it, a warning is enough");
}
