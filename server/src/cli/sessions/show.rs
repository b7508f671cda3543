use serde_json::{Map, Value, json};
use sqlx::Row as _;
use sqlx::sqlite::SqliteRow;

use super::super::{Failed, plain};
use super::Standing;
use crate::export::step_name;
use crate::session::Stored;
use crate::store::{Error, Store};

/// What customers write, by the names of its fields.
const WRITTEN: [&str; 4] = ["feedback", "cause", "name", "email"];

/// Shows one session, found by its id or by the reference of a receipt.
pub(super) async fn show(
    store: &Store,
    id: &str,
    with_text: bool,
    as_json: bool,
    now: &str,
) -> Result<(), Failed> {
    let by_reference: Option<String> =
        sqlx::query_scalar("SELECT session FROM receipts WHERE reference = $1")
            .bind(id)
            .fetch_optional(store.read())
            .await?;
    let found = Stored::by_id(store, by_reference.as_deref().unwrap_or(id)).await?;
    let session = found.ok_or_else(|| {
        format!(
            "no session has the id or receipt {id}; `farewell sessions list` shows them. One that was erased is not shown."
        )
    })?;
    let shown = whole(store, &session, with_text, now).await?;
    if as_json {
        println!("{}", serde_json::to_string(&shown)?);
    } else {
        print(&shown, 0);
    }
    Ok(())
}

/// Everything there is to say, in the order it is read.
async fn whole(store: &Store, session: &Stored, with_text: bool, now: &str) -> Result<Value, Error> {
    let Stored { flow, policy, state, .. } = session;
    let mut runs = Vec::new();
    for (number, run) in (1u32..).zip(&state.runs) {
        let outcomes =
            rows(store, "SELECT * FROM outcomes WHERE session = $1 AND run = $2", &session.id, number)
                .await?;
        let column = |name: &str| {
            outcomes.first().and_then(|row| row.try_get::<Option<String>, _>(name).ok()).flatten()
        };
        runs.push(json!({
            "run": number,
            "step": step_name(&run.step),
            "actions": actions(store, session, number, with_text).await?,
            "offers": offers(store, session, number).await?,
            "reason": run.answers.reason,
            "outcome": run.outcome.map(flow::Outcome::name),
            "effect": run.effect.map(flow::Effect::name),
            "receipt": run.receipt.as_ref().map(|receipt| &receipt.reference),
            "effective_at": run.receipt.as_ref().and_then(|r| r.effective_at.as_ref()).map(|at| &at.0),
            "completed_at": column("completed_at"),
            "settled_at": column("settled_at"),
        }));
    }
    let last: Option<String> = sqlx::query_scalar("SELECT last_action_at FROM sessions WHERE id = $1")
        .bind(&session.id)
        .fetch_optional(store.read())
        .await?;
    Ok(json!({
        "id": session.id,
        "brand": session.brand,
        "environment": session.environment.name(),
        "state": Standing::of(state, &session.expires_at, now).name(),
        "customer": session.customer,
        "user_id": session.user_id,
        "subscription": session.subscription,
        "plan": flow.subscription.plan,
        "price": flow.subscription.price,
        "policy": policy.id,
        "locale": flow.locale,
        "opened_at": session.opened_at,
        "last_action_at": last,
        "expires_at": session.expires_at,
        "metadata": session.metadata,
        "runs": runs,
        "billing": intents(store, session).await?,
        "receipts": receipts(store, session).await?,
    }))
}

async fn rows(store: &Store, sql: &'static str, session: &str, run: u32) -> Result<Vec<SqliteRow>, Error> {
    Ok(sqlx::query(sql).bind(session).bind(run).fetch_all(store.read()).await?)
}

/// What the customer did in a run. Texts are left out, or there as they were written.
async fn actions(store: &Store, session: &Stored, run: u32, with_text: bool) -> Result<Vec<Value>, Error> {
    let sql = "SELECT seq, content, at FROM actions WHERE session = $1 AND run = $2 ORDER BY seq";
    let mut actions = Vec::new();
    for row in rows(store, sql, &session.id, run).await? {
        let content: Map<String, Value> = serde_json::from_str(row.try_get("content")?)
            .map_err(|error| Error::Malformed(format!("an action of session {}: {error}", session.id)))?;
        let mut action =
            json!({ "at": row.try_get::<String, _>("at")?, "seq": row.try_get::<i64, _>("seq")? });
        for (field, value) in content {
            let written = WRITTEN.contains(&field.as_str()) || field.starts_with("follow_up.");
            action[field] = match &value {
                Value::String(text) if written && !with_text => {
                    format!("({} characters)", text.chars().count()).into()
                }
                _ => value,
            };
        }
        actions.push(action);
    }
    Ok(actions)
}

async fn offers(store: &Store, session: &Stored, run: u32) -> Result<Vec<Value>, Error> {
    let sql = "SELECT * FROM offers_made WHERE session = $1 AND run = $2 ORDER BY shown_at, offer";
    let texts = ["offer", "kind", "response", "choice", "shown_at", "answered_at"];
    let rows = rows(store, sql, &session.id, run).await?;
    rows.iter().map(|row| object(row, &texts)).collect()
}

/// What billing was to do, and where that is.
async fn intents(store: &Store, session: &Stored) -> Result<Vec<Value>, Error> {
    let sql = "SELECT * FROM intents WHERE session = $1 AND run >= $2 ORDER BY run, created_at";
    let texts = ["kind", "status", "last_error", "created_at", "next_attempt_at", "settled_at"];
    let mut intents = Vec::new();
    for row in rows(store, sql, &session.id, 0).await? {
        let mut intent = object(&row, &texts)?;
        intent["run"] = row.try_get::<i64, _>("run")?.into();
        intent["attempts"] = row.try_get::<i64, _>("attempts")?.into();
        if row.try_get::<String, _>("status")? != "pending" {
            intent["next_attempt_at"] = Value::Null;
        }
        intents.push(intent);
    }
    Ok(intents)
}

/// Receipts, and how each was brought to the customer.
async fn receipts(store: &Store, session: &Stored) -> Result<Vec<Value>, Error> {
    let sql = "SELECT * FROM receipts WHERE session = $1 AND run >= $2 ORDER BY issued_at, run";
    let texts = ["status", "last_error", "created_at", "sent_at"];
    let mut receipts = Vec::new();
    for row in rows(store, sql, &session.id, 0).await? {
        let mut receipt = object(&row, &["reference", "issued_at"])?;
        let reference: String = row.try_get("reference")?;
        for (what, sql) in [
            ("mails", "SELECT * FROM mails WHERE receipt = $1 AND attempts >= $2 ORDER BY created_at"),
            (
                "handovers",
                "SELECT * FROM handovers WHERE receipt = $1 AND attempts >= $2 ORDER BY created_at",
            ),
        ] {
            let mut told = Vec::new();
            for row in rows(store, sql, &reference, 0).await? {
                let mut one = object(&row, &texts)?;
                one["attempts"] = row.try_get::<i64, _>("attempts")?.into();
                if what == "mails" {
                    one["to"] = row.try_get::<String, _>("recipient")?.into();
                }
                told.push(one);
            }
            receipt[what] = told.into();
        }
        receipts.push(receipt);
    }
    Ok(receipts)
}

/// Columns of a row that hold texts, by their names.
fn object(row: &SqliteRow, texts: &[&str]) -> Result<Value, Error> {
    let members =
        texts.iter().map(|name| Ok(((*name).to_owned(), json!(row.try_get::<Option<String>, _>(*name)?))));
    members.collect::<Result<Map<_, _>, Error>>().map(Value::Object)
}

/// Prints members and lists, further in the deeper they are. What is not known is left out.
fn print(value: &Value, depth: usize) {
    let Value::Object(members) = value else { return };
    let indent = "  ".repeat(depth);
    // The map is sorted by name; short facts come before lists of more.
    let (lists, facts): (Vec<_>, Vec<_>) = members.iter().partition(|(_, value)| is_list(value));
    for (name, value) in facts {
        match value {
            Value::Null => {}
            Value::String(text) => println!("{indent}{name}: {}", plain(text)),
            value => println!("{indent}{name}: {}", plain(&value.to_string())),
        }
    }
    for (name, value) in lists {
        for member in value.as_array().into_iter().flatten() {
            println!("{indent}{name}:");
            print(member, depth + 1);
        }
    }
}

fn is_list(value: &Value) -> bool {
    value.as_array().is_some_and(|members| members.iter().all(Value::is_object))
}
