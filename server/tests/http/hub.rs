//! `POST /v1/subscription/session`, `POST /v1/hub`: what a hub shows. What can be changed in it is in `hub_changes`, the page in
//! `hub_page.rs`.

use farewell_server::billing::ledger::Import;
use serde_json::{Value, json};

use crate::server::{Answer, Running};

impl Running {
    /// A server whose brand sells more than one plan, and has codes.
    pub async fn selling(configure: impl FnOnce(String) -> String) -> Self {
        let server = Self::start_with(configure).await;
        let more =
            Import::read(include_str!("hub_ledger.json")).expect("what the hub's tests have of their own");
        let store = &server.app.sessions.store;
        more.apply(store, "acme", server.clock.now()).await.expect("an imported ledger");
        server
    }

    pub async fn ask_hub(&self, subscription: Value) -> Answer {
        let body = json!({ "subscription": subscription });
        let request = self.post("/v1/subscription/session").header("x-brand-key", &self.acme).json(&body);
        Answer::of(request.send().await.unwrap()).await
    }

    pub async fn hub_session(&self, customer: u32) -> String {
        let answer = self.ask_hub(json!({ "customer_id": format!("cus_{customer}") })).await.ok();
        assert_eq!(answer["session"]["id"], answer["id"]);
        answer["id"].as_str().unwrap().to_owned()
    }

    pub async fn hub(&self, session: &str) -> Answer {
        let request = self.post("/v1/hub").form(&[("session", session)]);
        Answer::of(request.send().await.unwrap()).await
    }

    /// The hub of a session, read as a browser's script reads it.
    pub async fn shown(&self, session: &str) -> Shown {
        Shown::of(&self.hub(session).await.ok())
    }
}

/// A hub that is drawn: its texts, and its forms with what they send.
#[derive(Debug, Default)]
pub struct Shown {
    pub texts: String,
    pub forms: Vec<Form>,
    /// The attributes of what is to have the focus.
    pub focus: Vec<String>,
    /// The answer it is drawn from.
    pub answer: Value,
}

/// A form: its hidden fields and what is filled in, and the label and the value of each of its buttons.
#[derive(Clone, Debug, Default)]
pub struct Form {
    pub fields: Vec<(String, String)>,
    pub choices: Vec<String>,
    pub buttons: Vec<(String, String)>,
}

impl Shown {
    pub fn of(answer: &Value) -> Self {
        let parts = answer["hub"].as_array().expect("a drawing").iter().map(|part| part.as_str().unwrap());
        let mut shown = Self { answer: answer.clone(), ..Self::default() };
        let mut tags: Vec<(&str, Vec<(&str, &str)>)> = Vec::new();
        for part in parts {
            let (kind, content) = part.split_at(1);
            match kind {
                "<" => {
                    if content == "form" {
                        shown.forms.push(Form::default());
                    }
                    if content == "button" {
                        shown.forms.last_mut().unwrap().buttons.push(Default::default());
                    }
                    tags.push((content, Vec::new()));
                }
                "@" => tags.last_mut().unwrap().1.push(content.split_once('=').unwrap()),
                ">" => {
                    let (tag, attributes) = tags.pop().unwrap();
                    shown.end(tag, &attributes);
                }
                _ => {
                    shown.texts.push_str(content);
                    shown.texts.push('\n');
                    if tags.last().unwrap().0 == "button" {
                        shown.forms.last_mut().unwrap().buttons.last_mut().unwrap().0.push_str(content);
                    }
                }
            }
        }
        shown
    }

    fn end(&mut self, tag: &str, attributes: &[(&str, &str)]) {
        let value = |name: &str| {
            attributes.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
        };
        if value("autofocus").is_some() {
            self.focus.push(format!("{tag} {}", value("value").or(value("name")).unwrap_or_default()));
        }
        match (tag, self.forms.last_mut()) {
            ("input", Some(form)) => {
                let (name, written) = (value("name").unwrap(), value("value").unwrap_or_default());
                match value("type").as_deref() {
                    Some("radio") => form.choices.push(written),
                    _ => form.fields.push((name, written)),
                }
            }
            ("button", Some(form)) => {
                form.buttons.last_mut().unwrap().1 = value("value").unwrap_or_default();
            }
            _ => {}
        }
    }

    #[track_caller]
    pub fn says(&self, text: &str) -> &Self {
        assert!(self.texts.contains(text), "{text} is not in\n{}", self.texts);
        self
    }

    #[track_caller]
    pub fn says_nothing_of(&self, text: &str) -> &Self {
        assert!(!self.texts.contains(text), "{text} is in\n{}", self.texts);
        self
    }

    /// The sessions that forms open.
    pub fn sessions(&self) -> Vec<String> {
        let fields = self.forms.iter().flat_map(|form| &form.fields);
        fields.filter(|(name, _)| name == "session").map(|(_, value)| value.clone()).collect()
    }

    /// What the form with this button sends when it is pressed.
    #[track_caller]
    pub fn press(&self, label: &str) -> Vec<(String, String)> {
        let found = self.forms.iter().find_map(|form| {
            let (_, verb) = form.buttons.iter().find(|(text, _)| text == label)?;
            let mut fields = form.fields.clone();
            fields.push(("do".into(), verb.clone()));
            Some(fields)
        });
        found.unwrap_or_else(|| panic!("there is no button {label} in\n{}", self.texts))
    }
}

#[tokio::test]
async fn a_hub_session_begins_as_documented_and_stores_nothing() {
    let server = Running::selling(|text| text).await;
    for named in [
        json!({ "customer_id": "cus_1" }),
        json!({ "customer_email": "c1@example.com" }),
        json!({ "customer_id": "cus_1", "customer_email": "c1@example.com" }),
    ] {
        let answer = server.ask_hub(named).await.ok();
        assert!(answer["id"].as_str().unwrap().starts_with("sub_"));
    }
    assert_eq!(server.count("sessions").await, 0);
}

#[tokio::test]
async fn whom_a_hub_cannot_be_made_for_is_told_apart() {
    let server = Running::selling(|text| text).await;
    assert!(server.ask_hub(json!({})).await.error(400).contains("subscription.customer_id"));
    assert!(
        server.ask_hub(json!({ "customer_id": 1 })).await.error(400).contains("subscription.customer_id")
    );
    assert!(server.ask_hub(json!({ "customer_id": "cus_none" })).await.error(404).contains("No customer"));
    let contradiction = json!({ "customer_id": "cus_1", "customer_email": "c2@example.com" });
    assert!(server.ask_hub(contradiction).await.error(400).contains("different customers"));
    let unsigned = server.post("/v1/subscription/session").json(&json!({ "subscription": {} }));
    Answer::of(unsigned.send().await.unwrap()).await.error(401);
}

#[tokio::test]
async fn the_hub_shows_plan_price_and_next_payment_and_the_way_out_is_a_session_of_the_flow() {
    let server = Running::selling(|text| text).await;
    let session = server.hub_session(1).await;
    let shown = server.shown(&session).await;
    for text in ["Your subscription", "Pro", "Active", "a month", "Next payment", "Cancel Subscription"] {
        shown.says(text);
    }
    let [way] = &shown.sessions()[..] else { panic!("one way out") };
    assert!(way.starts_with("ret_"));
    assert_eq!(server.flow(way).await.ok()["flow"]["subscription"]["plan"], "Pro");
    assert!(shown.focus.is_empty(), "a hub that is opened takes the focus from nobody");
}

#[tokio::test]
async fn a_customer_with_several_subscriptions_sees_each_with_its_own_way() {
    let server = Running::selling(|text| text).await;
    let session = server.hub_session(6).await;
    let shown = server.shown(&session).await;
    shown.says("Your subscriptions");
    let ways = shown.sessions();
    assert_eq!(ways.len(), 2);
    for way in ways {
        server.flow(&way).await.ok();
    }
}

#[tokio::test]
async fn what_was_canceled_in_the_hub_says_until_when_and_can_be_taken_back_in_the_same_session() {
    let server = Running::selling(|text| text).await;
    let session = server.hub_session(1).await;
    let ways = server.shown(&session).await.sessions();
    server
        .act(&ways[0], json!([{ "run": 1, "seq": 1, "do": "shown" }, { "run": 1, "seq": 2, "do": "cancel" }]))
        .await
        .ok();
    let shown = server.shown(&session).await;
    shown.says("You can use it until").says("Undo cancellation").says_nothing_of("Next payment");
    shown.says_nothing_of("Change plan").says_nothing_of("Pause");
    server.act(&shown.sessions()[0], json!([{ "run": 2, "seq": 1, "do": "undo" }])).await.ok();
    server.shown(&session).await.says("Cancel Subscription").says("Next payment").says("Change plan");
}

#[tokio::test]
async fn a_hub_session_opens_the_flow_of_the_only_subscription_and_says_so_where_there_are_several() {
    let server = Running::selling(|text| text).await;
    let one = server.hub_session(1).await;
    assert_eq!(server.flow(&one).await.ok()["flow"]["subscription"]["plan"], "Pro");
    let several = server.hub_session(6).await;
    assert!(server.flow(&several).await.error(409).contains("several"));
}

#[tokio::test]
async fn only_what_the_brand_offers_is_there() {
    let bare = |text: String| {
        text.replacen("[brand.hub]", "[brand.hub]\npromotion_codes = false\ninvoices = false", 1)
    };
    let bare = Running::selling(|text| {
        bare(text)
            .replacen(
                "plans = [\"plan_pro\", \"plan_basic\", \"plan_max\", \"plan_europe\", \"plan_gone\"]\n",
                "",
                1,
            )
            .replacen("pauses = [\"1 month\", \"3 months\"]\n", "", 1)
    })
    .await;
    let session = bare.hub_session(1).await;
    let shown = bare.shown(&session).await;
    for text in ["Change plan", "Pause", "promotion code", "Invoices", "Payment method"] {
        shown.says_nothing_of(text);
    }
    shown.says("Cancel Subscription");
    let page = "payment_page = \"https://app.acme.example/card\"";
    let paid =
        Running::selling(|text| text.replacen("[brand.hub]", &format!("[brand.hub]\n{page}"), 1)).await;
    let session = paid.hub_session(1).await;
    let shown = paid.shown(&session).await;
    shown.says("Payment method").says("Update payment method").says("Invoices");
    assert!(shown.answer["hub"].as_array().unwrap().contains(&json!("@href=https://app.acme.example/card")));
}

#[tokio::test]
async fn the_hub_speaks_the_language_of_its_session() {
    let server = Running::selling(|text| text).await;
    for (locale, title, button) in [
        ("de", "Ihr Abonnement", "Tarif wechseln"),
        ("fr", "Votre abonnement", "Changer de formule"),
        ("es", "Tu suscripción", "Cambiar de plan"),
        ("ja", "ご契約中のサブスクリプション", "プランを変更"),
        ("ar", "اشتراكك", "تغيير الباقة"),
    ] {
        let answer = server.ask_hub(json!({ "customer_id": "cus_1", "locale": locale })).await.ok();
        let shown = server.shown(answer["id"].as_str().unwrap()).await;
        shown.says(title).says(button);
        let shown = server.sent(answer["id"].as_str().unwrap(), &shown.press(button)).await;
        shown.says_nothing_of("plan_title").says_nothing_of("continue");
    }
}

#[tokio::test]
async fn a_session_of_another_kind_altered_or_too_old_opens_no_hub() {
    let server = Running::selling(|text| text).await;
    let retention = server.session(1).await;
    assert!(server.hub(&retention).await.error(401).contains("wrong kind"));
    let session = server.hub_session(1).await;
    server.hub(&format!("{session}x")).await.error(401);
    server.hub("sub_1MowQVLkdIwHu7ixeRlqHVzs").await.error(401);
    server.clock.advance(jiff::SignedDuration::from_hours(25));
    assert!(server.hub(&session).await.error(401).contains("expired"));
}
