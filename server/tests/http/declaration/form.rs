use super::sender::{Fields, Page, declare, filled, followed, mails};
use crate::server::Running;

#[tokio::test]
async fn somebody_cancels_in_german_without_script_or_login() {
    let server = Running::start().await;
    let form = Page::get(&server, "/b/acme/cancel?lang=de").await;
    assert_eq!(form.one("html").value().attr("lang"), Some("de"));
    assert_eq!(form.text("h1"), "Verträge hier kündigen");
    assert_eq!(form.text("button"), "jetzt kündigen");
    let typed = [
        ("kind", "extraordinary"),
        ("cause", "Der Preis wurde verdoppelt.\r\nOhne <b>Ansage</b>."),
        ("name", "Jürgen Öz"),
        ("contract", "Kundennummer K-17"),
        ("email", "juergen@example.com"),
    ];
    let path = declare(&server, "/b/acme/cancel?lang=de", &typed).await;
    let receipt = Page::get(&server, &path).await;
    assert_eq!((receipt.status, receipt.text("h1").as_str()), (200, "Ihre Kündigung ist eingegangen"));
    let said = receipt.text("dl");
    for part in [
        "FW-",
        "21. November 2026 um 07:00 GMT-5",
        "Acme & Sons",
        "Außerordentliche Kündigung",
        "Der Preis wurde verdoppelt.\nOhne <b>Ansage</b>.",
        "Jürgen Öz",
        "Kundennummer K-17",
        "sofort",
        "juergen@example.com",
    ] {
        assert!(said.contains(part), "{part}: {said}");
    }
    let mail = mails(&server).await.remove(0);
    assert_eq!(mail.to, "juergen@example.com");
    assert!(
        mail.subject.starts_with("Ihre Kündigung bei Acme & Sons ist eingegangen (FW-"),
        "{}",
        mail.subject
    );
    for part in ["07:00 GMT-5", "    Kundennummer K-17\n", "    Ohne <b>Ansage</b>.\n", "5. Dezember 2026"] {
        assert!(mail.text.contains(part), "{part}: {}", mail.text);
    }
}

#[tokio::test]
async fn somebody_withdraws_in_english() {
    let server = Running::start().await;
    let form = Page::get(&server, "/b/acme/withdraw").await;
    assert_eq!(
        (form.text("h1").as_str(), form.text("button").as_str()),
        ("withdraw from contract here", "confirm withdrawal")
    );
    let names: Vec<_> = form.fields().into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["form", "name", "contract", "email"]);
    let typed = [("name", "Ada"), ("contract", "Pro"), ("email", "ada@example.com")];
    let receipt = Page::get(&server, &declare(&server, "/b/acme/withdraw", &typed).await).await;
    assert_eq!(receipt.text("h1"), "Your withdrawal has arrived");
    assert!(receipt.text("dl").contains("November 21, 2026 at 7:00"));
    assert!(!receipt.text("dl").contains("End of the contract"));
}

#[tokio::test]
async fn the_page_shows_everything_at_once_and_nothing_else() {
    let server = Running::start().await;
    for language in ["de", "en"] {
        let form = Page::get(&server, &format!("/b/acme/cancel?lang={language}")).await;
        let names: Vec<_> = form.fields().into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["form", "kind", "cause", "name", "contract", "end", "email"]);
        assert_eq!(form.all("button, input[type=submit]").len(), 1);
        assert_eq!(form.all("a, script, [style], [onclick], [hidden], details, img, iframe").len(), 0);
        assert_eq!(form.one("input[name=kind][checked]").value().attr("value"), Some("ordinary"));
        for (field, token) in [("name", "name"), ("email", "email"), ("contract", "off"), ("end", "off")] {
            let input = form.one(&format!("input[name={field}]"));
            assert_eq!(input.value().attr("autocomplete"), Some(token));
            assert_eq!(form.all(&format!("label[for={field}]")).len(), 1);
            assert_eq!(form.all(&format!("#{}", input.value().attr("aria-describedby").unwrap())).len(), 1);
        }
        assert_eq!(form.one("input[name=end]").value().attr("min"), Some("2026-11-21"));
        for limited in ["name", "contract", "email", "cause"] {
            assert!(form.one(&format!("[name={limited}]")).value().attr("maxlength").is_some(), "{limited}");
        }
    }
}

#[tokio::test]
async fn a_mistake_keeps_what_was_typed_and_is_tied_to_its_field() {
    let server = Running::start().await;
    let form = Page::get(&server, "/b/acme/cancel?lang=de").await;
    let typed = [
        ("kind", "extraordinary"),
        ("name", "Ada \"><script>alert(1)</script>"),
        ("email", "ada"),
        ("end", "2020-01-01"),
    ];
    let answer = server.post(&form.action()).form(&filled(form.fields(), &typed)).send().await.unwrap();
    let again = Page::of(answer).await;
    assert_eq!(again.status, 422);
    assert!(again.text("title").starts_with("Etwas stimmt noch nicht"), "the first thing that is read out");
    assert_eq!(again.all("script").len(), 0);
    assert_eq!(again.one("input[name=name]").value().attr("value"), Some("Ada \"><script>alert(1)</script>"));
    assert_eq!(again.one("input[name=kind][checked]").value().attr("value"), Some("extraordinary"));
    assert_eq!(again.one("html").value().attr("lang"), Some("de"));
    let invalid: Vec<_> =
        again.all("[aria-invalid=true]").iter().map(|e| e.value().attr("id").unwrap()).collect();
    assert_eq!(invalid, ["cause", "contract", "end", "email"]);
    for id in &invalid {
        let by = again.one(&format!("#{id}")).value().attr("aria-describedby").unwrap();
        assert!(by.split(' ').all(|described| again.all(&format!("#{described}")).len() == 1), "{by}");
        assert!(by.contains(&format!("{id}-mistake")));
    }
    let summary: Vec<_> =
        again.all("[role=alert] a").iter().map(|link| link.value().attr("href").unwrap()).collect();
    assert_eq!(summary, ["#cause", "#contract", "#end", "#email"]);
    assert_eq!((server.count("declarations").await, server.count("mails").await), (0, 0));
    // What is right now is sent from the same page.
    let right = [("cause", "Doubled"), ("contract", "Pro"), ("end", ""), ("email", "ada@example.com")];
    let sent = server.post(&again.action()).form(&filled(again.fields(), &right)).send().await.unwrap();
    let receipt = Page::get(&server, &followed(&sent)).await;
    assert!(receipt.text("dl").contains("Ada \"><script>"));
    assert_eq!(receipt.all("script").len(), 0);
}

#[tokio::test]
async fn the_language_is_the_addresss_then_the_browsers_then_the_brands() {
    let server = Running::start().await;
    let lang = async |path: &str, accepted: &str| {
        let answer = server.get(path).header("accept-language", accepted).send().await.unwrap();
        Page::of(answer).await.one("html").value().attr("lang").unwrap().to_owned()
    };
    assert_eq!(lang("/b/acme/cancel?lang=de", "en").await, "de");
    assert_eq!(lang("/b/acme/cancel", "tlh, de-AT;q=0.8, en;q=0.5").await, "de");
    assert_eq!(lang("/b/acme/cancel", "tlh").await, "en");
    assert_eq!(lang("/b/nobody/cancel", "de").await, "de");
    assert_eq!(lang("/b/acme/cancel?lang=%FF%00", "de").await, "de");
}

#[tokio::test]
async fn the_receipt_can_be_kept_as_text() {
    let server = Running::start().await;
    let typed = [("name", "Ada"), ("contract", "Pro"), ("end", "2027-01-31"), ("email", "ada@example.com")];
    let path = declare(&server, "/b/acme/cancel", &typed).await;
    let page = Page::get(&server, &path).await;
    let file = page.one("a[download]").value().attr("href").unwrap().to_owned();
    let answer = server.get(&file).send().await.unwrap();
    assert_eq!(answer.headers()["content-type"], "text/plain; charset=utf-8");
    assert_eq!(answer.headers()["x-content-type-options"], "nosniff");
    let disposition = answer.headers()["content-disposition"].to_str().unwrap().to_owned();
    assert!(disposition.starts_with("attachment; filename=\"FW-"), "{disposition}");
    let text = answer.text().await.unwrap();
    for line in page.all("dd") {
        let value: String = line.text().collect();
        assert!(text.contains(&value), "{value}: {text}");
    }
    assert!(text.contains("January 31, 2027"));
}

#[tokio::test]
async fn the_same_form_sent_twice_is_one_declaration() {
    let server = Running::start().await;
    let form = Page::get(&server, "/b/acme/cancel").await;
    let typed = filled(form.fields(), &[("name", "Ada"), ("contract", "Pro"), ("email", "ada@example.com")]);
    let send =
        async |fields: &Fields| followed(&server.post(&form.action()).form(fields).send().await.unwrap());
    let (first, second) = tokio::join!(send(&typed), send(&typed));
    assert_eq!(first, second);
    for _ in 0..10 {
        assert_eq!(send(&typed).await, first, "sending again is never too often");
    }
    assert_eq!((server.count("declarations").await, server.count("mails").await), (1, 1));
    let other = filled(typed, &[("contract", "Another one")]);
    assert_ne!(send(&other).await, first);
    assert_eq!((server.count("declarations").await, server.count("mails").await), (2, 2));
    assert!(Page::get(&server, &first).await.text("dl").contains("Pro"), "a receipt never changes");
}

#[tokio::test]
async fn pages_are_there_where_the_law_or_the_brand_wants_them() {
    let server = Running::start().await;
    for (path, status) in [
        ("/b/acme/cancel", 200),
        ("/b/acme/withdraw", 200),
        ("/b/nord/cancel", 200),
        ("/b/nord/withdraw", 200),
        ("/b/sud/cancel", 404),
        ("/b/sud/withdraw", 200),
        ("/b/globex/cancel", 404),
        ("/b/globex/withdraw", 404),
        ("/b/nobody/cancel", 404),
        ("/b/acme", 404),
        ("/b/acme/renew", 404),
        ("/b/%FF/cancel", 404),
    ] {
        let page = Page::get(&server, path).await;
        assert_eq!((page.status, page.all("h1").len()), (status, 1), "{path}");
    }
    let typed = [("name", "Ada"), ("contract", "Pro"), ("email", "ada@example.com")];
    assert_eq!(server.post("/b/globex/cancel").form(&typed).send().await.unwrap().status(), 404);
    assert_eq!(server.count("declarations").await, 0);
}

#[tokio::test]
async fn the_pages_keep_to_themselves() {
    let server = Running::start().await;
    let typed = [("name", "Ada"), ("contract", "Pro"), ("email", "ada@example.com")];
    let receipt = declare(&server, "/b/acme/cancel", &typed).await;
    let confirmation = super::sender::link(&server).await;
    for path in ["/b/acme/cancel", &receipt, &confirmation, "/b/nobody/cancel"] {
        let answer = server.get(path).send().await.unwrap();
        let header = |name: &str| answer.headers()[name].to_str().unwrap().to_owned();
        let csp = header("content-security-policy");
        assert!(
            csp.contains("default-src 'none'")
                && csp.contains("form-action 'self';")
                && !csp.contains("unsafe")
        );
        assert_eq!(
            (header("cache-control").as_str(), header("referrer-policy").as_str()),
            ("no-store", "no-referrer")
        );
        assert_eq!(Page::of(answer).await.all("script, [style]").len(), 0);
    }
}
