//! Somebody who declares something.

use reqwest::Response;
use scraper::{ElementRef, Html, Selector};
use serde_json::Value;
use sqlx::Row as _;

use crate::server::Running;

pub type Fields = Vec<(String, String)>;

pub struct Page {
    pub status: u16,
    pub html: Html,
}

impl Page {
    pub async fn of(response: Response) -> Self {
        let status = response.status().as_u16();
        Self { status, html: Html::parse_document(&response.text().await.unwrap()) }
    }

    pub async fn get(server: &Running, path: &str) -> Self {
        Self::of(server.get(path).send().await.unwrap()).await
    }

    pub fn all(&self, selector: &str) -> Vec<ElementRef<'_>> {
        self.html.select(&Selector::parse(selector).unwrap()).collect()
    }

    #[track_caller]
    pub fn one(&self, selector: &str) -> ElementRef<'_> {
        let found = self.all(selector);
        assert_eq!(found.len(), 1, "{selector} in {}", self.html.html());
        found[0]
    }

    pub fn text(&self, selector: &str) -> String {
        self.all(selector).iter().flat_map(|element| element.text()).collect::<Vec<_>>().join(" ")
    }

    /// The fields a browser sends, as they stand.
    pub fn fields(&self) -> Fields {
        let value =
            |element: &ElementRef<'_>, name: &str| element.value().attr(name).unwrap_or_default().to_owned();
        let mut fields = Fields::new();
        for control in self.all("form input, form textarea") {
            let text = match control.value().name() {
                "textarea" => control.text().collect(),
                _ => value(&control, "value"),
            };
            if value(&control, "type") != "radio" || control.value().attr("checked").is_some() {
                fields.push((value(&control, "name"), text));
            }
        }
        fields
    }

    /// Where the form goes.
    pub fn action(&self) -> String {
        self.one("form[method=post]").value().attr("action").unwrap().to_owned()
    }
}

/// Fills fields in.
pub fn filled(mut fields: Fields, with: &[(&str, &str)]) -> Fields {
    for (name, value) in with {
        fields.retain(|(known, _)| known != name);
        fields.push(((*name).into(), (*value).into()));
    }
    fields
}

#[track_caller]
pub fn followed(answer: &Response) -> String {
    assert_eq!(answer.status(), 303);
    answer.headers()["location"].to_str().unwrap().to_owned()
}

/// Fills a brand's page in and sends it, and gives where that leads.
pub async fn declare(server: &Running, page: &str, with: &[(&str, &str)]) -> String {
    let form = Page::get(server, page).await;
    let fields = filled(form.fields(), with);
    followed(&server.post(&form.action()).form(&fields).send().await.unwrap())
}

/// Cancels as a person with this e-mail address does.
pub async fn cancel(server: &Running, email: &str, with: &[(&str, &str)]) -> String {
    let mut all = vec![("name", "Ada Lovelace"), ("contract", "Pro"), ("email", email)];
    all.extend(with);
    declare(server, "/b/acme/cancel", &all).await
}

#[derive(Clone, Debug)]
pub struct Mail {
    pub to: String,
    pub subject: String,
    pub text: String,
}

impl Mail {
    /// Path of the link in it.
    pub fn link(&self, server: &Running) -> String {
        let start = self.text.find(&server.url).expect("a link");
        let link = self.text[start..].split_whitespace().next().unwrap();
        link.strip_prefix(&server.url).unwrap().to_owned()
    }
}

/// Every mail, in the order they were written.
pub async fn mails(server: &Running) -> Vec<Mail> {
    let rows = sqlx::query("SELECT recipient, subject, text FROM mails ORDER BY rowid")
        .fetch_all(server.app.sessions.store.read())
        .await
        .unwrap();
    let mail = |row: &sqlx::sqlite::SqliteRow| Mail { to: row.get(0), subject: row.get(1), text: row.get(2) };
    rows.iter().map(mail).collect()
}

/// The link of the latest mail.
pub async fn link(server: &Running) -> String {
    mails(server).await.last().expect("a mail").link(server)
}

/// Presses the button of a mailed link's page.
pub async fn confirm(server: &Running, link: &str) -> Page {
    let page = Page::get(server, link).await;
    let next = followed(&server.post(&page.action()).send().await.unwrap());
    Page::get(server, &next).await
}

/// Where the latest declaration is: its status, and why somebody has to see to it.
pub async fn standing(server: &Running) -> (String, Option<String>) {
    server.app.desk.work().await.unwrap();
    sqlx::query_as("SELECT status, why FROM declarations ORDER BY rowid DESC LIMIT 1")
        .fetch_one(server.app.sessions.store.read())
        .await
        .unwrap()
}

#[track_caller]
pub fn is(standing: &(String, Option<String>), status: &str, why: Option<&str>) {
    assert_eq!((standing.0.as_str(), standing.1.as_deref()), (status, why));
}

/// The first subscription of acme's customer of this number.
pub async fn subscription(server: &Running, customer: u32) -> Value {
    server.customer(&format!("cus_{customer}")).await["subscriptions"][0].clone()
}
