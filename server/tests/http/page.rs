//! The hosted pages, used as a browser without scripts uses them: by reading forms and sending them.

use std::path::Path;

use reqwest::Response;
use scraper::{ElementRef, Html, Selector};
use serde_json::{Value, json};

use crate::server::{RETURN, Running};

struct Page {
    status: u16,
    html: Html,
}

type Fields = Vec<(String, String)>;

impl Page {
    async fn of(response: Response) -> Self {
        let status = response.status().as_u16();
        Self { status, html: Html::parse_document(&response.text().await.unwrap()) }
    }

    fn all(&self, selector: &str) -> Vec<ElementRef<'_>> {
        self.html.select(&Selector::parse(selector).unwrap()).collect()
    }

    fn text(&self, selector: &str) -> String {
        self.all(selector).iter().flat_map(|element| element.text()).collect()
    }

    /// The step, told by what can be pressed.
    #[track_caller]
    fn step(&self) -> &'static str {
        let steps = [("answer", "survey"), ("accept", "offer"), ("cancel", "confirm"), ("close", "receipt")];
        let has = |button: &str| !self.all(&format!("form button[name=do][value={button}]")).is_empty();
        steps.iter().find(|(button, _)| has(button)).expect("a step").1
    }

    /// The fields a browser sends when this button is pressed, nothing filled in.
    #[track_caller]
    fn press(&self, button: &str) -> Fields {
        let value =
            |element: &ElementRef<'_>, name| element.value().attr(name).unwrap_or_default().to_owned();
        let pressed = self.all(&format!("form button[name=do][value={button}]"));
        assert_eq!(pressed.len(), 1, "{button} in {}", self.html.html());
        let mut fields: Fields = self
            .all("form input[type=hidden]")
            .iter()
            .map(|input| (value(input, "name"), value(input, "value")))
            .collect();
        fields.push(("do".into(), button.into()));
        fields
    }
}

struct Visitor<'s> {
    server: &'s Running,
    path: String,
}

impl<'s> Visitor<'s> {
    async fn open(server: &'s Running, session: &str) -> Self {
        let answer = server.post("/c").form(&[("session", session)]).send().await.unwrap();
        Self { server, path: followed(&answer) }
    }

    async fn page(&self) -> Page {
        Page::of(self.server.get(&self.path).send().await.unwrap()).await
    }

    async fn send(&self, fields: &Fields) -> Response {
        self.server.post("/c").form(fields).send().await.unwrap()
    }

    /// Presses a button of the page as it is now, and gives the page that follows.
    async fn press(&self, button: &str, filled: &[(&str, &str)]) -> Page {
        let mut fields = self.page().await.press(button);
        fields.extend(filled.iter().map(|(name, value)| (name.to_string(), value.to_string())));
        let answer = self.send(&fields).await;
        assert_eq!(followed(&answer), self.path);
        self.page().await
    }
}

#[track_caller]
fn followed(answer: &Response) -> String {
    assert_eq!(answer.status(), 303);
    answer.headers()["location"].to_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_customer_takes_an_offer() {
    let server = Running::start().await;
    let visitor = Visitor::open(&server, &server.session(1).await).await;
    assert_eq!(visitor.page().await.step(), "survey");
    let offer =
        visitor.press("answer", &[("reason", "too_expensive"), ("feedback", "Too <b>much</b>")]).await;
    assert_eq!(offer.step(), "offer");
    assert!(offer.text("form").contains("Half price for three months"));
    assert!(offer.text("form").contains("$10.00"));
    let receipt = visitor.press("accept", &[]).await;
    assert_eq!(receipt.step(), "receipt");
    assert!(receipt.text("form dl").contains("FW-"));
    assert_eq!(server.customer("cus_1").await["subscriptions"][0]["next_payment"]["amount"], 1000);
}

#[tokio::test]
async fn a_customer_cancels_and_takes_it_back() {
    let server = Running::start().await;
    let visitor = Visitor::open(&server, &server.session(1).await).await;
    let confirm = visitor.press("leave", &[]).await;
    assert_eq!(confirm.step(), "confirm");
    let until = &confirm.all("form time")[0];
    assert_eq!(until.value().attr("datetime"), Some("2026-12-10T05:00:00.000Z"));
    assert_eq!(until.text().collect::<String>(), "December 10, 2026");
    let receipt = visitor.press("cancel", &[]).await;
    assert_eq!((receipt.step(), receipt.all("form button[value=undo]").len()), ("receipt", 1));
    assert_ne!(server.customer("cus_1").await["subscriptions"][0]["cancel_at"], Value::Null);
    visitor.press("undo", &[]).await;
    assert_eq!(server.customer("cus_1").await["subscriptions"][0]["cancel_at"], Value::Null);
}

#[tokio::test]
async fn a_customer_closes_and_nothing_happens() {
    let server = Running::start().await;
    let visitor = Visitor::open(&server, &server.session(1).await).await;
    let closed = visitor.press("close", &[]).await;
    assert_eq!(closed.step(), "receipt");
    assert_eq!(visitor.press("shown", &[]).await.step(), "survey", "it can be opened again");
    assert_eq!(server.count("intents").await, 0);
}

#[tokio::test]
async fn leaving_the_receipt_leads_back_with_the_token() {
    let server = Running::start().await;
    let asked = json!({ "customer_id": "cus_1", "return_url": format!("{RETURN}?from=billing#/account") });
    let visitor = Visitor::open(&server, &server.session_with(asked).await).await;
    visitor.press("leave", &[]).await;
    let receipt = visitor.press("cancel", &[]).await;
    let back = followed(&visitor.send(&receipt.press("close")).await);
    let (before, token) = back.split_once("&ci_result_token=").unwrap();
    assert_eq!(before, format!("{RETURN}?from=billing#/account"));
    let verified =
        server.post("/api/public/cancel/result").json(&json!({ "token": token })).send().await.unwrap();
    assert_eq!(verified.json::<Value>().await.unwrap()["outcome"], "canceled");
}

#[tokio::test]
async fn looking_at_a_page_changes_nothing() {
    let server = Running::start().await;
    let session = server.session(1).await;
    let visitor = Visitor::open(&server, &session).await;
    let before = server.flow(&session).await.ok();
    for _ in 0..3 {
        visitor.page().await;
    }
    assert_eq!(server.flow(&session).await.ok(), before);
    assert_eq!(server.count("actions").await, 0);
}

#[tokio::test]
async fn a_stale_form_shows_how_it_stands_now() {
    let server = Running::start().await;
    let visitor = Visitor::open(
        &server,
        &server.session_with(json!({ "customer_id": "cus_1", "country": "US", "region": "TX" })).await,
    )
    .await;
    let stale = visitor.page().await;
    visitor.press("answer", &[("reason", "too_expensive")]).await;
    let answer = Page::of(visitor.send(&stale.press("leave")).await).await;
    assert_eq!((answer.status, answer.step()), (409, "offer"));
    assert_eq!(answer.all("form [role=alert]").len(), 1);
    let again = Page::of(visitor.send(&visitor.page().await.press("decline")).await).await;
    assert_eq!(again.status, 303, "the page can be used");
    let long = "x".repeat(2001);
    visitor.press("back", &[]).await;
    let mut fields = visitor.page().await.press("answer");
    fields.push(("feedback".into(), long));
    let refused = Page::of(visitor.send(&fields).await).await;
    assert_eq!((refused.status, refused.text("[role=alert]").contains("too long")), (409, true));
}

#[tokio::test]
async fn the_same_form_sent_twice_is_one_action() {
    let server = Running::start().await;
    let visitor = Visitor::open(&server, &server.session(1).await).await;
    visitor.press("leave", &[]).await;
    let form = visitor.page().await.press("cancel");
    for _ in 0..2 {
        assert_eq!(followed(&visitor.send(&form).await), visitor.path);
    }
    assert_eq!((server.count("intents").await, server.count("outcomes").await), (1, 1));
}

#[tokio::test]
async fn a_page_keeps_to_itself() {
    let server = Running::start().await;
    let asked = json!({ "customer_id": "cus_1", "return_url": RETURN });
    let visitor = Visitor::open(&server, &server.session_with(asked).await).await;
    let answer = server.get(&visitor.path).send().await.unwrap();
    let header = |name: &str| answer.headers()[name].to_str().unwrap().to_owned();
    let csp = header("content-security-policy");
    for rule in [
        "default-src 'none'",
        "style-src 'self'",
        "script-src 'self'",
        "form-action 'self' https://app.acme.example",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    ] {
        assert!(csp.contains(rule), "{rule}: {csp}");
    }
    assert!(!csp.contains("unsafe-inline") && !csp.contains("'unsafe-eval'"), "{csp}");
    assert_eq!(header("referrer-policy"), "no-referrer");
    assert_eq!(header("cache-control"), "no-store");
    assert_eq!(header("x-robots-tag"), "noindex");
    let page = Page::of(answer).await;
    assert_eq!(page.all("html")[0].value().attr("lang"), Some("en"));
    assert!(page.text("title").ends_with("· Acme & Sons"));
    assert_eq!(page.all("meta[name=viewport]").len(), 1);
    assert_eq!(page.all("script:not([src]), style, [style], [onclick]").len(), 0);
    let style = page.all("link[rel=stylesheet]")[0].value().attr("href").unwrap().to_owned();
    let sheet = server.get(&style).send().await.unwrap();
    assert_eq!(sheet.headers()["cache-control"], "public, max-age=31536000, immutable");
    assert_eq!(sheet.headers()["content-type"], "text/css; charset=utf-8");
    assert!(sheet.text().await.unwrap().contains(flow::STYLE));
}

#[tokio::test]
async fn a_page_looks_and_speaks_as_its_brand_does() {
    let server = Running::start().await;
    let answer = server.ask_session(&server.globex, json!({ "customer_id": "cus_1" })).await.ok();
    assert_eq!(answer["label"], json!({ "text": "Leave Globex", "lang": "en" }));
    let visitor = Visitor::open(&server, answer["id"].as_str().unwrap()).await;
    let page = visitor.page().await;
    assert!(page.text("button[value=keep]").contains("Stay with Globex"));
    let sheets = page.all("link[rel=stylesheet]");
    let theme = sheets[1].value().attr("href").unwrap();
    assert!(theme.starts_with("/c/theme.globex.") && theme.ends_with(".css"), "{theme}");
    let sheet = server.get(theme).send().await.unwrap();
    assert_eq!(sheet.status(), 200);
    assert_eq!(sheet.headers()["content-type"], "text/css; charset=utf-8");
    assert_eq!(sheet.headers()["cache-control"], "public, max-age=31536000, immutable");
    let css = sheet.text().await.unwrap();
    assert!(css.starts_with(":root {\n  --fw-accent: #005a9c;\n  --fw-on-accent: #ffffff;\n"), "{css}");
    assert!(css.contains("  --fw-radius: 4px;\n}"), "{css}");
    let plain = Visitor::open(&server, &server.session(1).await).await.page().await;
    assert_eq!(plain.all("link[rel=stylesheet]").len(), 1, "a brand without a look of its own");
}

#[tokio::test]
async fn a_brand_that_wants_no_offers_makes_none() {
    let server = Running::start().await;
    let answer = server.ask_session(&server.globex, json!({ "customer_id": "cus_1" })).await.ok();
    let visitor = Visitor::open(&server, answer["id"].as_str().unwrap()).await;
    let next = visitor.press("answer", &[("reason", "too_expensive")]).await;
    assert_eq!(next.step(), "confirm");
}

/// Whether the server of these tests was built with the engine of a package.
fn has_widget() -> bool {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../pkg/engine.js").exists()
}

#[tokio::test]
async fn an_open_flow_is_the_widgets_and_what_has_ended_stays_plain() {
    let server = Running::start().await;
    let session = server.session(1).await;
    let visitor = Visitor::open(&server, &session).await;
    let policy = async || {
        let answer = server.get(&visitor.path).send().await.unwrap();
        answer.headers()["content-security-policy"].to_str().unwrap().to_owned()
    };
    for step in ["survey", "confirm"] {
        let page = visitor.page().await;
        assert_eq!(page.step(), step);
        let widgets = page.all("script[type=module][src], link[rel=modulepreload], main[data-session]").len();
        assert_eq!(widgets, if has_widget() { 4 } else { 0 });
        let allowed = policy().await.contains("; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'; ");
        assert_eq!(allowed, has_widget());
        if let Some(main) = page.all("main[data-session]").first() {
            let sealed = main.value().attr("data-session").unwrap();
            assert_ne!(sealed, session, "it is a fresh one");
            let flow = server.flow(sealed).await.ok();
            assert_eq!(flow["flow"]["page"]["handle"], visitor.path.trim_start_matches("/c/"));
        }
        visitor.press(if step == "survey" { "leave" } else { "cancel" }, &[]).await;
    }
    let receipt = visitor.page().await;
    assert_eq!(receipt.step(), "receipt");
    assert_eq!(receipt.all("script, link[rel=modulepreload], main[data-session]").len(), 0);
    assert!(policy().await.contains("; script-src 'self'; form-action"));
}

#[tokio::test]
async fn a_form_that_could_not_be_done_is_answered_with_a_plain_page() {
    let server = Running::start().await;
    let visitor = Visitor::open(&server, &server.session(1).await).await;
    let stale = visitor.page().await;
    visitor.press("leave", &[]).await;
    let answer = Page::of(visitor.send(&stale.press("answer")).await).await;
    assert_eq!((answer.status, answer.all("script, main[data-session]").len()), (409, 0));
}

#[tokio::test]
async fn the_widgets_scripts_are_kept_for_good_and_travel_compressed() {
    let server = Running::start().await;
    let visitor = Visitor::open(&server, &server.session(1).await).await;
    let page = visitor.page().await;
    let paths = page.all("script[src], link[rel=modulepreload]");
    assert_eq!(paths.len(), if has_widget() { 3 } else { 0 });
    for element in paths {
        let path = element.value().attr("src").or(element.value().attr("href")).unwrap();
        let plain = server.get(path).send().await.unwrap();
        assert_eq!(plain.headers()["content-type"], "text/javascript; charset=utf-8");
        assert_eq!(plain.headers()["cache-control"], "public, max-age=31536000, immutable");
        assert_eq!(plain.headers()["x-content-type-options"], "nosniff");
        assert!(!plain.headers().contains_key("content-encoding"));
        let plain = plain.bytes().await.unwrap();
        if !path.starts_with("/js/") {
            continue;
        }
        assert!(!String::from_utf8_lossy(&plain).contains("sourceMappingURL"));
        for (accepted, encoding) in [("gzip, br", "br"), ("gzip", "gzip")] {
            let answer = server.get(path).header("accept-encoding", accepted).send().await.unwrap();
            assert_eq!(answer.headers()["content-encoding"], encoding);
            assert_eq!(answer.headers()["vary"], "accept-encoding");
            assert!(answer.bytes().await.unwrap().len() * 4 < plain.len() * 3, "{encoding}");
        }
    }
    let alias = server.get("/js/v0/embed.js").send().await.unwrap();
    assert_eq!(alias.status(), if has_widget() { 302 } else { 404 });
    if has_widget() {
        assert_eq!(alias.headers()["cache-control"], "public, max-age=300");
        for path in ["/js/v0/embed.js", "/js/v0/opening.js"] {
            let alias = server.get(path).send().await.unwrap();
            let open = &alias.headers()["access-control-allow-origin"];
            assert_eq!(open, "*", "{path}: a module of another origin is not followed without");
        }
        let script = server.get(alias.headers()["location"].to_str().unwrap()).send().await.unwrap();
        assert_eq!(script.headers()["cache-control"], "public, max-age=31536000, immutable");
        assert_eq!(script.headers()["access-control-allow-origin"], "*", "for `integrity`, which needs CORS");
    }
    let unknown = server.get("/js/0000000000000000/engine.js").send().await.unwrap();
    assert_eq!(unknown.status(), 404);
}

#[tokio::test]
async fn the_opening_page_takes_the_id_from_the_fragment() {
    let server = Running::start().await;
    let page = Page::of(server.get("/c").send().await.unwrap()).await;
    assert_eq!(page.all("form[method=post][action='/c'] input[name=session]").len(), 1);
    assert_eq!(page.all("noscript").len(), 1);
    let script = page.all("script")[0].value().attr("src").unwrap().to_owned();
    let script = server.get(&script).send().await.unwrap();
    assert!(script.headers()["content-type"].to_str().unwrap().starts_with("text/javascript"));
    assert!(script.text().await.unwrap().contains("replaceState"));
}

#[tokio::test]
async fn what_goes_wrong_is_said_on_a_page() {
    let server = Running::start().await;
    let form =
        async |fields: &[(&str, &str)]| Page::of(server.post("/c").form(fields).send().await.unwrap()).await;
    for (page, status) in [
        (form(&[("session", "nonsense")]).await, 401),
        (form(&[]).await, 400),
        (form(&[("handle", "x"), ("run", "1"), ("seq", "1"), ("do", "dance")]).await, 400),
        (form(&[("handle", "x"), ("run", "1"), ("seq", "1"), ("do", "cancel")]).await, 404),
        (Page::of(server.get("/c/nonsense").send().await.unwrap()).await, 404),
        (Page::of(server.get("/c/nonsense/deeper").send().await.unwrap()).await, 404),
        (Page::of(server.post("/c").body("x").send().await.unwrap()).await, 415),
    ] {
        assert_eq!(page.status, status);
        assert_eq!(page.all("main h1").len(), 1);
    }
    let late = server.session(1).await;
    server.clock.advance(jiff::SignedDuration::from_hours(25));
    let expired = form(&[("session", &late)]).await;
    assert_eq!(expired.status, 401);
    assert_eq!(expired.all("a[href='mailto:help@acme.example']").len(), 1);
    let visitor = Visitor::open(&server, &server.session(2).await).await;
    server.clock.advance(jiff::SignedDuration::from_hours(21));
    let over = visitor.page().await;
    assert_eq!((over.status, over.all("a[href='mailto:help@acme.example']").len()), (404, 1));
}

#[tokio::test]
async fn pages_that_know_no_customer_speak_the_browsers_language() {
    let server = Running::start().await;
    for (path, wishes, language, direction) in [
        ("/c/AAAAAAAAAAAAAAAAAAAAAA", "ar-EG, en;q=0.5", "ar", "rtl"),
        ("/c/AAAAAAAAAAAAAAAAAAAAAA", "xx, de;q=0.5", "de", "ltr"),
        ("/c/no/such/page", "ja", "ja", "ltr"),
        ("/c", "ar", "ar", "rtl"),
        ("/c", "", "en", "ltr"),
    ] {
        let asked = server.get(path).header("Accept-Language", wishes);
        let page = Page::of(asked.send().await.unwrap()).await;
        let html = page.all("html")[0].value();
        assert_eq!((html.attr("lang"), html.attr("dir")), (Some(language), Some(direction)), "{path}");
    }
}
