use jiff::SignedDuration;
use reqwest::Method;

use super::sender::{Page, cancel, declare, link, mails};
use crate::server::Running;

/// A good form of somebody.
fn form(email: &str) -> Vec<(&str, &str)> {
    vec![("name", "Ada"), ("contract", "Pro"), ("email", email)]
}

#[tokio::test]
async fn nobodys_mailbox_is_filled() {
    let server = Running::start().await;
    let send = async |page: &str, email: &str| server.post(page).form(&form(email)).send().await.unwrap();
    for spelling in
        ["ada@example.com", "ADA@example.com", "ada+x@example.com", "ada@example.com", "ada+y@EXAMPLE.com"]
    {
        assert_eq!(send("/b/acme/cancel?lang=de", spelling).await.status(), 303);
    }
    // Whoever has used an address up keeps nobody from declaring: it counts, is not mailed, and its page says so.
    for page in ["/b/acme/cancel?lang=de", "/b/nord/withdraw?lang=de"] {
        let answer = send(page, "ada@example.com").await;
        assert_eq!(answer.status(), 303);
        let receipt = Page::get(&server, answer.headers()["location"].to_str().unwrap()).await;
        let lead: String = receipt.one(".lead").text().collect();
        assert!(lead.contains("Bewahren Sie diese Seite auf"), "{lead}");
    }
    assert_eq!((server.count("declarations").await, server.count("mails").await), (7, 5));
    let answer = send("/b/acme/cancel", "other@example.com").await;
    let receipt = Page::get(&server, answer.headers()["location"].to_str().unwrap()).await;
    assert!(receipt.one(".lead").text().collect::<String>().contains("also goes to other@example.com"));
    server.clock.advance(SignedDuration::from_hours(1));
    assert_eq!(send("/b/acme/cancel", "ada@example.com").await.status(), 303);
    assert_eq!((server.count("declarations").await, server.count("mails").await), (9, 7));
}

#[tokio::test]
async fn one_machine_is_stopped_and_mistakes_cost_nothing() {
    let server = Running::start().await;
    for _ in 0..50 {
        assert_eq!(server.post("/b/acme/cancel").form(&form("x")).send().await.unwrap().status(), 422);
    }
    let mut accepted = 0;
    for n in 0..310 {
        let answer =
            server.post("/b/acme/cancel").form(&form(&format!("p{n}@example.com"))).send().await.unwrap();
        match answer.status().as_u16() {
            303 => accepted += 1,
            429 => {
                assert_eq!(answer.headers()["retry-after"], "2");
                assert_eq!(answer.headers()["content-type"], "text/html; charset=utf-8");
                let page = Page::of(answer).await;
                assert_eq!((page.all("h1").len(), page.all("a[href^='mailto:']").len()), (1, 1));
                break;
            }
            other => panic!("{other}"),
        }
    }
    assert_eq!(accepted, 300);
    assert_eq!(server.count("mails").await, 300);
    assert_eq!(Page::get(&server, "/b/acme/cancel").await.status, 200, "looking is free");
}

#[tokio::test]
async fn what_is_no_form_is_said_on_a_page() {
    let server = Running::start().await;
    let post =
        || server.post("/b/acme/cancel?lang=de").header("content-type", "application/x-www-form-urlencoded");
    for (request, status) in [
        (post().body(""), 400),
        (post().body(format!("name={}", "x".repeat(64 * 1024))), 413),
        (server.post("/b/acme/cancel?lang=de").json(&serde_json::json!({ "name": "Ada" })), 415),
        (server.post("/b/acme/cancel?lang=de"), 415),
        (server.request(Method::PUT, "/b/acme/cancel?lang=de"), 405),
        (server.get("/b/acme/declarations/nonsense?lang=de"), 404),
        (server.get("/b/acme/declarations/%FF?lang=de"), 404),
        (server.get("/b/acme/confirm/nonsense?lang=de"), 404),
        (server.post("/b/acme/confirm/nonsense?lang=de"), 404),
        (server.get("/b/acme/confirm/x/y"), 404),
    ] {
        let answer = request.send().await.unwrap();
        assert_eq!(answer.headers()["content-type"], "text/html; charset=utf-8", "{status}");
        let page = Page::of(answer).await;
        assert_eq!((page.status, page.all("main h1").len()), (status, 1));
        if matches!(status, 400 | 413 | 415) {
            assert_eq!(page.text("h1"), "Das kam nicht an");
        }
    }
    assert_eq!(server.count("declarations").await, 0);
}

#[tokio::test]
async fn hostile_fields_are_refused_or_inert() {
    let server = Running::start().await;
    let long = "x".repeat(201);
    for (field, value) in [
        ("name", "Ada\u{0}"),
        ("name", "Ada\r\nBcc: everybody@example.com"),
        ("name", "\u{1b}]0;owned\u{7}"),
        ("contract", "\u{202e}orP"),
        ("contract", long.as_str()),
        ("email", "ada@example.com\nBcc: b@example.com"),
        ("email", "a@b.de, c@d.de"),
        ("email", "Ada <ada@example.com>"),
        ("end", "2026-13-45"),
    ] {
        let mut fields = vec![(field, value)];
        fields.extend(form("ada@example.com"));
        let answer = server.post("/b/acme/cancel").form(&fields).send().await.unwrap();
        let page = Page::of(answer).await;
        assert_eq!((page.status, page.all("[aria-invalid=true]").len()), (422, 1), "{value:?}");
        assert!(!page.html.html().contains(['\0', '\u{1b}', '\u{202e}']), "{value:?}");
    }
    // Bytes that are no text, fields twice, and fields nobody asked for.
    for body in
        ["name=%FF%FE&contract=Pro&email=ada@example.com", "kind=%00&name=%C3%28&contract=a&email=a@b.de"]
    {
        let post = server.post("/b/acme/cancel").header("content-type", "application/x-www-form-urlencoded");
        assert_eq!(post.body(body).send().await.unwrap().status(), 422, "{body}");
    }
    assert_eq!(server.count("mails").await, 0);
    let typed = [
        ("name", "{brand} {email} ' OR 1=1 --"),
        ("contract", "<img src=x onerror=alert(1)>"),
        ("email", "ada@example.com"),
        ("status", "done"),
        ("customer", "cus_1"),
    ];
    let receipt = Page::get(&server, &declare(&server, "/b/acme/cancel", &typed).await).await;
    assert_eq!(receipt.all("img").len(), 0);
    assert!(receipt.text("dl").contains("{brand} {email} ' OR 1=1 --"));
    let mail = mails(&server).await.remove(0);
    assert!(mail.text.contains("    {brand} {email} ' OR 1=1 --\n"), "{}", mail.text);
    assert!(!mail.subject.contains("OR 1=1"));
}

#[tokio::test]
async fn a_token_is_good_for_one_page_of_one_brand() {
    let server = Running::start().await;
    let receipt = cancel(&server, "c1@example.com", &[]).await;
    let confirmation = link(&server).await;
    let token = |path: &str| path.rsplit('/').next().unwrap().to_owned();
    for path in [
        format!("/b/nord/declarations/{}", token(&receipt)),
        format!("/b/nord/confirm/{}", token(&confirmation)),
        format!("/b/acme/confirm/{}", token(&receipt)),
        format!("/b/acme/declarations/{}", token(&confirmation)),
    ] {
        assert_eq!(Page::get(&server, &path).await.status, 404, "{path}");
        assert_ne!(server.post(&path).send().await.unwrap().status(), 303, "{path}");
    }
    // Who reads the database cannot open a receipt with what stands there.
    let file = std::fs::read(server.directory.path().join("farewell.db")).unwrap();
    let log = std::fs::read(server.directory.path().join("farewell.db-wal")).unwrap_or_default();
    let receipt = token(&receipt);
    let holds = |bytes: &[u8]| bytes.windows(receipt.len()).any(|window| window == receipt.as_bytes());
    assert!(!holds(&file) && !holds(&log));
}
