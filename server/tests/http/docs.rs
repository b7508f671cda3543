//! The documentation as pages of the server, and the button on it.

use std::collections::{HashMap, HashSet};

use reqwest::header::CONTENT_SECURITY_POLICY;
use scraper::{ElementRef, Html, Selector};
use serde_json::{Value, json};
use url::Url;

use crate::server::Running;

async fn documented() -> Running {
    Running::start_with(|text| text.replacen("[server]\n", "[server]\ndocs = true\n", 1)).await
}

async fn text(server: &Running, path: &str) -> String {
    let answer = server.get(path).send().await.unwrap();
    assert_eq!(answer.status(), 200, "{path}");
    answer.text().await.unwrap()
}

fn all<'h>(page: &'h Html, selector: &str) -> Vec<ElementRef<'h>> {
    page.select(&Selector::parse(selector).unwrap()).collect()
}

fn session(page: &Html) -> String {
    all(page, "form#cancel input[name=session]")[0].value().attr("value").unwrap().to_owned()
}

async fn stored(server: &Running) -> i64 {
    let count = sqlx::query_scalar("SELECT count(*) FROM sessions");
    count.fetch_one(server.app.sessions.store.read()).await.unwrap()
}

#[tokio::test]
async fn without_being_asked_for_there_is_no_documentation() {
    let server = Running::start().await;
    let unknown = server.get("/nowhere").send().await.unwrap();
    let (status, content) = (unknown.status(), unknown.text().await.unwrap());
    for path in ["/docs", "/docs/backend", "/docs/api"] {
        let answer = server.get(path).send().await.unwrap();
        assert_eq!(answer.status(), status, "{path}");
        assert_eq!(answer.text().await.unwrap(), content, "{path}");
    }
}

#[tokio::test]
async fn the_guides_are_pages_with_this_servers_own_address() {
    let server = documented().await;
    for (path, title, sections) in [
        ("/docs", "@farewell/js", &["start", "a-script-tag", "react", "your-backend", "headless"][..]),
        ("/docs/backend", "Your backend", &["the-routes", "node", "python", "php", "ruby"]),
    ] {
        let page = text(&server, path).await;
        assert!(!page.contains("farewell.example.com"), "{path}");
        assert!(page.contains(&server.url), "{path}");
        let page = Html::parse_document(&page);
        let headings = all(&page, "h1");
        assert_eq!(headings.len(), 1, "{path}");
        assert_eq!(headings[0].text().collect::<String>(), title);
        assert_eq!(all(&page, "title")[0].text().collect::<String>(), format!("{title} · Farewell"));
        for section in sections {
            assert_eq!(all(&page, &format!("main .text :is(h2, h3)#{section}")).len(), 1, "{path} {section}");
            assert_eq!(
                all(&page, &format!("nav.contents a[href='#{section}']")).len(),
                1,
                "{path} {section}"
            );
        }
    }
    let page = text(&server, "/docs").await;
    assert!(page.contains("&lt;div id=&quot;cancel&quot;&gt;&lt;/div&gt;"), "samples are text");
}

#[tokio::test]
async fn nothing_in_a_guide_is_markup_that_its_policy_forbids() {
    let server = documented().await;
    for path in ["/docs", "/docs/backend", "/docs/api"] {
        let page = Html::parse_document(&text(&server, path).await);
        assert!(all(&page, "main [style], main style, main img, main iframe, main [onclick]").is_empty());
        assert!(all(&page, "script:not([src]), .text script").is_empty(), "{path}");
        let ids: Vec<_> = all(&page, "[id]").iter().map(|one| one.value().attr("id").unwrap()).collect();
        assert_eq!(ids.iter().collect::<HashSet<_>>().len(), ids.len(), "{path}: every id is there once");
    }
}

#[tokio::test]
async fn every_link_on_this_server_leads_somewhere() {
    let server = documented().await;
    let (mut followed, mut read) = (0, HashMap::new());
    for path in ["/docs", "/docs/backend", "/docs/api"] {
        let page = Html::parse_document(&text(&server, path).await);
        let here = Url::parse(&server.url).unwrap().join(path).unwrap();
        for link in all(&page, "a[href]") {
            let to = here.join(link.value().attr("href").unwrap()).unwrap();
            if to.origin() != here.origin() {
                continue;
            }
            followed += 1;
            if !read.contains_key(to.path()) {
                read.insert(to.path().to_owned(), Html::parse_document(&text(&server, to.path()).await));
            }
            let target = &read[to.path()];
            if let Some(id) = to.fragment() {
                assert_eq!(all(target, &format!("[id='{id}']")).len(), 1, "{to} on {path}");
            }
        }
    }
    assert!(followed > 40, "{followed}");
    let page = text(&server, "/docs").await;
    assert!(page.contains("<a href=\"/docs/backend\"><code>docs/backend.md</code></a>"));
}

#[tokio::test]
async fn the_policy_lets_the_page_run_this_servers_scripts_and_nothing_else() {
    let server = documented().await;
    let policy = async |path| {
        let answer = server.get(path).send().await.unwrap();
        answer.headers()[CONTENT_SECURITY_POLICY].to_str().unwrap().to_owned()
    };
    let page = text(&server, "/docs").await;
    // A server that was built without the package has the form alone.
    let scripts = if page.contains("/embed.js\"") && page.contains("data-mount") {
        "script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'"
    } else {
        "script-src 'self'"
    };
    let rest = "form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
    assert_eq!(policy("/docs").await, format!("default-src 'none'; style-src 'self'; {scripts}; {rest}"));
    for path in ["/docs/backend", "/docs/api"] {
        assert_eq!(
            policy(path).await,
            format!("default-src 'none'; style-src 'self'; script-src 'self'; {rest}"),
            "{path}"
        );
    }
    let page = Html::parse_document(&page);
    for (selector, attribute) in [("script[src]", "src"), ("link[rel=stylesheet]", "href")] {
        for loaded in all(&page, selector) {
            text(&server, loaded.value().attr(attribute).unwrap()).await;
        }
    }
}

#[tokio::test]
async fn a_session_opened_from_the_page_runs_to_its_end_and_changes_nothing() {
    let server = documented().await;
    let pages = [text(&server, "/docs").await, text(&server, "/docs").await];
    let [one, other] = pages.map(|page| session(&Html::parse_document(&page)));
    assert_ne!(one, other, "each visitor has a session of their own");
    assert_eq!(stored(&server).await, 0, "looking stores nothing");

    let flow = server.flow(&one).await;
    assert_eq!(flow.status, 200, "{}", flow.body);
    assert_eq!(flow.body["flow"]["offers"].as_array().unwrap().len(), 3);
    assert_eq!(stored(&server).await, 1);
    let acted = server
        .act(
            &one,
            json!([{ "run": 1, "seq": 1, "do": "shown" }, { "run": 1, "seq": 2, "do": "leave" },
            { "run": 1, "seq": 3, "do": "cancel" }]),
        )
        .await;
    assert_eq!(acted.status, 200, "{}", acted.body);
    assert_eq!(acted.body["result"]["outcome"], "canceled");
    assert_eq!(acted.body["result"]["effect"], "requested", "there is nobody to carry it out");
    let environments: Vec<String> = sqlx::query_scalar("SELECT DISTINCT environment FROM sessions")
        .fetch_all(server.app.sessions.store.read())
        .await
        .unwrap();
    assert_eq!(environments, ["sandbox"]);

    let page = server.post("/c").form(&[("session", &other)]).send().await.unwrap();
    assert_eq!(page.status(), 303, "without a script the form leads to the flow");
}

#[tokio::test]
async fn there_is_an_end_to_buttons_and_none_to_reading() {
    let server = documented().await;
    let mut buttons = 0;
    for _ in 0..200 {
        let page = Html::parse_document(&text(&server, "/docs").await);
        assert_eq!(all(&page, "#start").len(), 1);
        buttons += all(&page, "form#cancel").len();
    }
    assert!((120..200).contains(&buttons), "{buttons}");
}

#[tokio::test]
async fn nobody_else_has_the_brand_of_the_button() {
    let server = documented().await;
    for path in ["/b/_docs/cancel", "/b/_docs/withdraw"] {
        assert_eq!(server.get(path).send().await.unwrap().status(), 404, "{path}");
    }
}

#[tokio::test]
async fn the_api_is_a_page_of_everything_that_its_document_has() {
    let server = documented().await;
    let document: Value = server.get("/openapi.json").send().await.unwrap().json().await.unwrap();
    let page = Html::parse_document(&text(&server, "/docs/api").await);
    let headings =
        |level| all(&page, level).iter().map(|one| one.text().collect::<String>()).collect::<HashSet<_>>();
    let operations = headings("h3");
    for (path, item) in document["paths"].as_object().unwrap() {
        for method in item.as_object().unwrap().keys() {
            let heading = format!("{} {path}", method.to_ascii_uppercase());
            assert!(operations.contains(&heading), "{heading}");
        }
    }
    let types = headings("h4");
    for name in document["components"]["schemas"].as_object().unwrap().keys() {
        // What bodies hold stands where they are sent.
        let of_a_body = name.ends_with("Request") || name.ends_with("Form");
        assert_eq!(types.contains(name), !of_a_body, "{name}");
        if !of_a_body {
            let id = name.to_lowercase();
            assert_eq!(all(&page, &format!("h4[id='{id}']"))[0].text().collect::<String>(), *name);
        }
    }
    let said = all(&page, "td").iter().map(|cell| cell.text().collect::<String>()).collect::<HashSet<_>>();
    let examples =
        document["paths"].as_object().unwrap().values().flat_map(|item| item.as_object().unwrap().values());
    let examples = examples.flat_map(|operation| operation["responses"].as_object().unwrap().values());
    let examples =
        examples.filter_map(|answer| answer["content"]["application/json"]["example"]["error"].as_str());
    for example in examples {
        assert!(said.contains(&example.replace('`', "")), "{example}");
    }
}
