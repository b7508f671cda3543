use std::collections::BTreeSet;

use serde::Deserialize;
use serde_json::Value;
use sqlx::Row as _;

use super::Matched;
use super::names::{self, Names};
use crate::store::{Error, Tx};

/// Where a customer is found: the ids of the rows that everything else hangs on.
#[derive(Debug, Default)]
pub(super) struct Traces {
    pub(super) sessions: BTreeSet<String>,
    pub(super) links: BTreeSet<String>,
    /// Of the ledger of cancellations.
    pub(super) cancellations: BTreeSet<i64>,
    /// What webhooks have told.
    pub(super) events: BTreeSet<String>,
    pub(super) declarations: BTreeSet<String>,
    /// The addresses that are known to be the customer's, in small letters.
    pub(super) emails: BTreeSet<String>,
    /// The names by which something was found.
    pub(super) matched: Matched,
}

/// What a link says of its customer.
#[derive(Deserialize)]
pub(super) struct Claimed {
    pub(super) customer: String,
    #[serde(default)]
    pub(super) hands_over: bool,
}

/// What a webhook says of its customer.
#[derive(Deserialize)]
pub(super) struct Told {
    data: ToldData,
}

#[derive(Deserialize)]
struct ToldData {
    #[serde(rename = "userId")]
    user: Option<String>,
}

impl Told {
    /// The merchant's own id of the customer whom a body is about.
    pub(super) fn user(body: &str) -> Option<String> {
        serde_json::from_str::<Self>(body).ok()?.data.user
    }
}

impl Traces {
    pub(super) async fn of(tx: &mut Tx, names: &Names) -> Result<Self, Error> {
        let mut traces = Self::default();
        let mut users = BTreeSet::new();
        if let Some(id) = &names.id {
            users = names::known_users(tx, &names.brand, id).await?;
            if names::is_in_billing(tx, &names.brand, id).await? {
                traces.matched.customer = Some(id.clone());
            }
        }
        traces.find_sessions(tx, names, &mut users).await?;
        traces.find_links(tx, names, &mut users).await?;
        let subjects = traces.find_cancellations(tx, names, &mut users).await?;
        traces.find_events(tx, names, &subjects, &mut users).await?;
        traces.find_emails(tx, names).await?;
        traces.find_declarations(tx, names).await?;
        users.retain(|user| names.users.contains(user) && traces.matched.customer.as_ref() != Some(user));
        traces.matched.users = users.into_iter().collect();
        Ok(traces)
    }

    async fn find_sessions(
        &mut self,
        tx: &mut Tx,
        names: &Names,
        users: &mut BTreeSet<String>,
    ) -> Result<(), Error> {
        // What is handed over names customers as the merchant does.
        let handed_over = names.users.iter().map(|user| (user, true));
        for (name, hands_over) in names.id.iter().map(|id| (id, false)).chain(handed_over) {
            let found: Vec<String> = sqlx::query_scalar(
                "SELECT id FROM sessions WHERE brand = $1 AND customer = $2 AND hands_over = $3 AND erased_at IS NULL",
            )
            .bind(&names.brand)
            .bind(name)
            .bind(hands_over)
            .fetch_all(&mut *tx)
            .await?;
            if hands_over && !found.is_empty() {
                users.insert(name.clone());
            }
            self.sessions.extend(found);
        }
        Ok(())
    }

    async fn find_links(
        &mut self,
        tx: &mut Tx,
        names: &Names,
        users: &mut BTreeSet<String>,
    ) -> Result<(), Error> {
        for name in names.id.iter().chain(&names.users) {
            let rows: Vec<(String, String)> = sqlx::query_as(
                "SELECT id, claims FROM cancel_links WHERE brand = $1 AND claims LIKE $2 ESCAPE '!'",
            )
            .bind(&names.brand)
            .bind(pattern("customer", name))
            .fetch_all(&mut *tx)
            .await?;
            for (id, claims) in rows {
                let claimed: Claimed = serde_json::from_str(&claims)
                    .map_err(|error| Error::Malformed(format!("the link {id}: {error}")))?;
                if !names.has(&claimed.customer, claimed.hands_over) {
                    continue;
                }
                if claimed.hands_over {
                    users.insert(claimed.customer);
                } else {
                    self.matched.customer = Some(claimed.customer);
                }
                self.links.insert(id);
            }
        }
        Ok(())
    }

    /// Gives what webhooks call them.
    async fn find_cancellations(
        &mut self,
        tx: &mut Tx,
        names: &Names,
        users: &mut BTreeSet<String>,
    ) -> Result<Vec<String>, Error> {
        let mut subjects = Vec::new();
        for user in &names.users {
            let rows: Vec<(i64, String)> =
                sqlx::query_as("SELECT id, event_id FROM cancellations WHERE brand = $1 AND user_id = $2")
                    .bind(&names.brand)
                    .bind(user)
                    .fetch_all(&mut *tx)
                    .await?;
            if !rows.is_empty() {
                users.insert(user.clone());
            }
            let (ids, events): (Vec<_>, Vec<_>) = rows.into_iter().unzip();
            self.cancellations.extend(ids);
            subjects.extend(events);
        }
        for session in &self.sessions {
            let ids: Vec<i64> = sqlx::query_scalar("SELECT id FROM cancellations WHERE session = $1")
                .bind(session)
                .fetch_all(&mut *tx)
                .await?;
            self.cancellations.extend(ids);
        }
        Ok(subjects)
    }

    async fn find_events(
        &mut self,
        tx: &mut Tx,
        names: &Names,
        subjects: &[String],
        users: &mut BTreeSet<String>,
    ) -> Result<(), Error> {
        for subject in self.sessions.iter().chain(subjects) {
            let ids: Vec<String> =
                sqlx::query_scalar("SELECT id FROM webhook_events WHERE brand = $1 AND subject = $2")
                    .bind(&names.brand)
                    .bind(subject)
                    .fetch_all(&mut *tx)
                    .await?;
            self.events.extend(ids);
        }
        // What an event is about may be gone already.
        for user in &names.users {
            let rows: Vec<(String, String)> = sqlx::query_as(
                "SELECT id, body FROM webhook_events WHERE brand = $1 AND body LIKE $2 ESCAPE '!'",
            )
            .bind(&names.brand)
            .bind(pattern("userId", user))
            .fetch_all(&mut *tx)
            .await?;
            for (id, body) in rows {
                if Told::user(&body).as_ref() == Some(user) {
                    users.insert(user.clone());
                    self.events.insert(id);
                }
            }
        }
        Ok(())
    }

    async fn find_emails(&mut self, tx: &mut Tx, names: &Names) -> Result<(), Error> {
        for session in &self.sessions {
            let row = sqlx::query("SELECT billing, state FROM sessions WHERE id = $1")
                .bind(session)
                .fetch_one(&mut *tx)
                .await?;
            let json = |column: &str| -> Result<Value, Error> {
                serde_json::from_str(row.try_get(column)?)
                    .map_err(|error| Error::Malformed(format!("{column} of session {session}: {error}")))
            };
            let (billing, state) = (json("billing")?, json("state")?);
            let declared =
                state["runs"].as_array().into_iter().flatten().map(|run| &run["declared"]["email"]);
            let known = declared.chain([&billing["customer"]["email"]]).filter_map(Value::as_str);
            self.emails.extend(known.map(str::to_lowercase));
        }
        let stored: Vec<String> = sqlx::query_scalar(
            "SELECT email FROM ledger_customers WHERE brand = $1 AND external_id = $2 AND email IS NOT NULL \
             UNION SELECT email FROM declarations WHERE brand = $1 AND customer = $2 \
             UNION SELECT email FROM stripe_customers WHERE brand = $1 AND id = $2 AND email IS NOT NULL",
        )
        .bind(&names.brand)
        .bind(&names.id)
        .fetch_all(tx)
        .await?;
        self.emails.extend(stored.iter().map(|email| email.to_lowercase()));
        self.emails.remove("");
        Ok(())
    }

    async fn find_declarations(&mut self, tx: &mut Tx, names: &Names) -> Result<(), Error> {
        let of_id: Vec<String> =
            sqlx::query_scalar("SELECT id FROM declarations WHERE brand = $1 AND customer = $2")
                .bind(&names.brand)
                .bind(&names.id)
                .fetch_all(&mut *tx)
                .await?;
        self.declarations.extend(of_id);
        for session in &self.sessions {
            let of_session: Option<String> =
                sqlx::query_scalar("SELECT id FROM declarations WHERE session = $1")
                    .bind(session)
                    .fetch_optional(&mut *tx)
                    .await?;
            self.declarations.extend(of_session);
        }
        for email in &self.emails {
            let of_address: Vec<String> = sqlx::query_scalar(
                "SELECT id FROM declarations WHERE brand = $1 AND lower(email) = $2 \
                 AND (customer IS NULL OR customer = $3)",
            )
            .bind(&names.brand)
            .bind(email)
            .bind(&names.id)
            .fetch_all(&mut *tx)
            .await?;
            self.declarations.extend(of_address);
        }
        Ok(())
    }
}

/// What a JSON text has in it where this member is this text, as `LIKE` wants it. It finds more than that: other places, and letters
/// of another size.
fn pattern(member: &str, text: &str) -> String {
    let json = Value::from(text).to_string();
    let escaped = json.replace('!', "!!").replace('%', "!%").replace('_', "!_");
    format!("%\"{member}\":{escaped}%")
}
