//! The hub as a page, without a script.

use jiff::SignedDuration;
use reqwest::{Response, header};
use scraper::{Html, Selector};

use crate::hub_changes::{Fields, with};
use crate::server::Running;

/// A page that was loaded: its text, and its forms.
struct Page {
    url: String,
    html: String,
}

impl Page {
    /// What the form with this button sends.
    #[track_caller]
    fn press(&self, label: &str) -> Fields {
        let page = Html::parse_document(&self.html);
        let (forms, buttons, hidden) = (
            select("form"),
            select("button"),
            select("input[type=hidden], input[name=choice][value]:not([type])"),
        );
        for form in page.select(&forms) {
            let pressed = form.select(&buttons).find(|button| button.text().collect::<String>() == label);
            let Some(pressed) = pressed else { continue };
            let value =
                |name: &str, of: &scraper::ElementRef<'_>| of.attr(name).unwrap_or_default().to_owned();
            let mut fields: Fields =
                form.select(&hidden).map(|input| (value("name", &input), value("value", &input))).collect();
            fields.push((value("name", &pressed), value("value", &pressed)));
            return fields;
        }
        panic!("there is no button {label} in\n{}", self.html)
    }
}

fn select(what: &str) -> Selector {
    Selector::parse(what).unwrap()
}

impl Running {
    async fn open_hub_page(&self, session: &str) -> Page {
        self.follow(self.post("/c").form(&[("session", session)]).send().await.unwrap()).await
    }

    async fn follow(&self, answer: Response) -> Page {
        assert_eq!(answer.status(), 303, "{:?}", answer.text().await);
        let url = answer.headers()[header::LOCATION].to_str().unwrap().to_owned();
        self.load(&url).await
    }

    async fn load(&self, url: &str) -> Page {
        let answer = self.get(url).send().await.unwrap();
        assert_eq!(answer.status(), 200);
        Page { url: url.to_owned(), html: answer.text().await.unwrap() }
    }

    async fn post_form(&self, fields: &Fields) -> Response {
        self.post("/c").form(fields).send().await.unwrap()
    }
}

#[tokio::test]
async fn the_hub_is_a_page_whose_address_and_forms_have_no_session_in_them() {
    let server = Running::selling(|text| text).await;
    let session = server.hub_session(1).await;
    let page = server.open_hub_page(&session).await;
    assert!(page.url.starts_with("/c/") && page.url.len() == 25, "{}", page.url);
    assert!(page.html.contains("<h2>Your subscription</h2>"), "{}", page.html);
    assert!(page.html.contains("name=\"session\" value=\"ret_"));
    assert!(!page.html.contains(&session), "the hub's own session is not in the page");
    assert!(!page.html.contains("data-trouble"), "what only a script shows is not there");
    assert_eq!(server.open_hub_page(&session).await.url, page.url, "opened again, it is the same page");
}

#[tokio::test]
async fn a_change_is_made_by_forms_alone_and_a_reload_does_nothing_twice() {
    let server = Running::selling(|text| text).await;
    let page = server.open_hub_page(&server.hub_session(1).await).await;
    let page = server.follow(server.post_form(&page.press("Pause")).await).await;
    assert!(page.html.contains("For how long?"));
    let again = server.load(&page.url).await;
    assert!(again.html.contains("For how long?"), "a reload shows the same step");
    let page =
        server.follow(server.post_form(&with(page.press("Continue"), "choice", "1_month")).await).await;
    assert!(page.html.contains("December 10, 2026 to January 10, 2027"), "{}", page.html);
    let agreed = page.press("Pause from December 10, 2026");
    for _ in 0..3 {
        let page = server.follow(server.post_form(&agreed).await).await;
        assert!(page.html.contains("Done. Your subscription is paused"), "{}", page.html);
        assert!(server.load(&page.url).await.html.contains("Done. Your subscription is paused"));
    }
    let changes: i64 = sqlx::query_scalar("SELECT count(*) FROM hub_changes")
        .fetch_one(server.app.sessions.store.read())
        .await
        .unwrap();
    assert_eq!(changes, 1);
}

#[tokio::test]
async fn what_is_wrong_is_said_on_the_page() {
    let server = Running::selling(|text| text).await;
    let page = server.open_hub_page(&server.hub_session(1).await).await;
    let page = server.follow(server.post_form(&page.press("Change plan")).await).await;
    let page = server.follow(server.post_form(&page.press("Continue")).await).await;
    assert!(page.html.contains("Choose one of these."));
    assert!(page.html.contains("aria-describedby=\"fw-wrong\"") && page.html.contains("id=\"fw-wrong\""));
    let page = server.follow(server.post_form(&page.press("Back")).await).await;
    assert!(!page.html.contains("Choose one of these."));
    assert!(page.html.contains("value=\"plan\" autofocus"), "{}", page.html);
}

#[tokio::test]
async fn cancelling_leads_to_the_flow_as_a_page_and_back_to_the_hub() {
    let server = Running::selling(|text| text).await;
    let page = server.open_hub_page(&server.hub_session(1).await).await;
    let flow = server.post_form(&page.press("Cancel Subscription")).await;
    let flow = server.follow(flow).await;
    assert!(flow.html.contains("name=\"handle\""), "{}", flow.html);
    let confirm = server.follow(server.post_form(&flow.press("Skip to cancel")).await).await;
    let receipt = server.follow(server.post_form(&confirm.press("Cancel subscription")).await).await;
    let back = server.post_form(&receipt.press("Done")).await;
    let to = back.headers()[header::LOCATION].to_str().unwrap();
    let (hub, token) = to.split_once('#').unwrap();
    assert!(hub.ends_with(&page.url) && token.starts_with("ci_result_token="), "{to}");
    assert!(server.load(&page.url).await.html.contains("You can use it until"));
}

#[tokio::test]
async fn a_page_whose_time_is_over_or_that_is_none_is_gone() {
    let server = Running::selling(|text| text).await;
    let page = server.open_hub_page(&server.hub_session(1).await).await;
    let pause = page.press("Pause");
    let answer =
        server.post_form(&with(vec![("hub".into(), "AAAAAAAAAAAAAAAAAAAAAA".into())], "do", "home")).await;
    assert_eq!(answer.status(), 404);
    let answer = server.post_form(&with(vec![pause[0].clone()], "do", "dance")).await;
    assert_eq!(answer.status(), 400);
    server.clock.advance(SignedDuration::from_hours(25));
    assert_eq!(server.get(&page.url).send().await.unwrap().status(), 404);
    assert_eq!(server.post_form(&pause).await.status(), 404);
}

#[tokio::test]
async fn a_subscription_that_is_somebody_elses_or_gone_leaves_the_hub_as_it_is() {
    let server = Running::selling(|text| text).await;
    let page = server.open_hub_page(&server.hub_session(1).await).await;
    let mut pause = page.press("Pause");
    pause.iter_mut().find(|(name, _)| name == "subscription").unwrap().1 = "sub_2".into();
    let page = server.follow(server.post_form(&pause).await).await;
    assert!(page.html.contains("Your subscription") && !page.html.contains("For how long?"));
}
