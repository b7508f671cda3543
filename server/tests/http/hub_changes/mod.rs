//! `POST /v1/hub/actions`: from a wish by what it would mean to what became of it.

mod agreed;
mod answered;
mod codes;
mod wishes;

use farewell_server::billing::ledger::Ledger;
use farewell_server::session::Environment;
use farewell_server::store::Error;

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

fn ledger(store: &farewell_server::store::Store, clock: &farewell_server::clock::Clock) -> Ledger {
    Ledger::new(store.clone(), clock.clone(), "acme", Environment::Prod)
}
