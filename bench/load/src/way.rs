//! What merchants' backends and customers' browsers do, and what they expect of the answers.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Result, ensure};
use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::customers::Merchant;
use crate::load::{Kind, Line, Visitor};

/// How many places browsers come from: enough for nobody to come too often, and few enough for all to be known soon.
const PLACES: usize = 4096;

/// As browsers say it to servers behind TLS.
const ENCODINGS: (&str, &str) = ("accept-encoding", "gzip, deflate, br");
const ORIGIN: (&str, &str) = ("origin", "https://app.acme.example");

#[derive(Deserialize)]
struct Created {
    id: String,
    session: Named,
}

#[derive(Deserialize)]
struct Named {
    id: String,
}

#[derive(Deserialize)]
struct Document {
    flow: Flow,
    #[serde(rename = "policy")]
    _policy: IgnoredAny,
    first: Vec<IgnoredAny>,
    state: State,
}

#[derive(Deserialize)]
struct Flow {
    reasons: Vec<IgnoredAny>,
}

#[derive(Deserialize)]
struct Standing {
    state: State,
}

#[derive(Deserialize)]
struct State {
    runs: Vec<Run>,
}

#[derive(Deserialize)]
struct Run {
    seq: u32,
    outcome: Option<String>,
    effect: Option<String>,
}

/// What a proxy says of where the customer of a session is, out of the addresses set aside for measurements (RFC 2544).
fn place(id: &str) -> String {
    let sum = id.bytes().fold(0_usize, |sum, byte| sum.wrapping_mul(31).wrapping_add(byte.into())) % PLACES;
    format!("198.18.{}.{}", sum / 256, sum % 256)
}

/// The backend asks for a session.
async fn create(line: &mut Line, merchant: &Merchant, number: u64) -> Result<String> {
    let key = ("x-brand-key", merchant.key.as_str());
    let answer = line.connection.post("/v1/retention/session", &[key], merchant.request(number)).await?;
    line.note(Kind::Creation, &answer);
    let created: Created = answer.json()?;
    ensure!(created.id.starts_with("ret_") && created.id == created.session.id, "this is no session id");
    Ok(created.id)
}

/// The browser asks for the session's document.
async fn read(line: &mut Line, kind: Kind, id: &str) -> Result<()> {
    let bearer = format!("Bearer {id}");
    let place = place(id);
    let headers =
        [("authorization", bearer.as_str()), ("x-forwarded-for", place.as_str()), ENCODINGS, ORIGIN];
    let answer = line.connection.get("/v1/flow", &headers).await?;
    line.note(kind, &answer);
    let document: Document = answer.json()?;
    let whole = !document.flow.reasons.is_empty() && !document.first.is_empty();
    ensure!(
        whole && document.state.runs.is_empty(),
        "this is not the document of a session nobody has opened"
    );
    Ok(())
}

/// The customer does something: `fields` are the members of the action beside its place.
async fn act(line: &mut Line, kind: Kind, id: &str, (run, seq): (u32, u32), fields: &str) -> Result<Run> {
    let bearer = format!("Bearer {id}");
    let place = place(id);
    let headers =
        [("authorization", bearer.as_str()), ("x-forwarded-for", place.as_str()), ENCODINGS, ORIGIN];
    let body = format!("{{\"actions\":[{{\"run\":{run},\"seq\":{seq},{fields}}}]}}");
    let answer = line.connection.post("/v1/flow/actions", &headers, body).await?;
    line.note(kind, &answer);
    let mut standing: Standing = answer.json()?;
    let runs = standing.state.runs.len();
    let last = standing.state.runs.pop().filter(|last| runs == run as usize && last.seq == seq);
    ensure!(last.is_some(), "action {seq} of run {run} was not applied");
    last.ok_or_else(|| unreachable!("it was looked at"))
}

const SHOWN: &str = r#""do":"shown""#;
const ANSWER: &str = r#""do":"answer","reason":"too_expensive","follow_up.too_expensive":"Half of it.","feedback":"I liked it.""#;
const LEAVE: &str = r#""do":"leave","reason":"other""#;

/// A backend that asks for one session after the other, and keeps the ids.
pub struct Creating {
    pub merchant: Arc<Merchant>,
    /// How many were asked for.
    pub asked: AtomicU64,
    pub ids: Mutex<Vec<String>>,
}

impl Visitor for Creating {
    async fn visit(&self, line: &mut Line) -> Result<bool> {
        let number = self.asked.fetch_add(1, Ordering::Relaxed);
        let id = create(line, &self.merchant, number).await?;
        lock(&self.ids).push(id);
        Ok(true)
    }
}

/// Browsers of customers who open the page of their session.
#[derive(Default)]
pub struct Opening {
    pub ids: Mutex<Vec<String>>,
    pub opened: Mutex<Vec<String>>,
}

impl Visitor for Opening {
    async fn visit(&self, line: &mut Line) -> Result<bool> {
        let Some(id) = lock(&self.ids).pop() else { return Ok(false) };
        read(line, Kind::FirstRead, &id).await?;
        lock(&self.opened).push(id);
        Ok(true)
    }
}

/// Browsers of customers who open it again.
pub struct Reading {
    pub ids: Vec<String>,
    pub asked: AtomicUsize,
}

impl Visitor for Reading {
    async fn visit(&self, line: &mut Line) -> Result<bool> {
        let number = self.asked.fetch_add(1, Ordering::Relaxed);
        let Some(id) = self.ids.get(number % self.ids.len().max(1)) else { return Ok(false) };
        read(line, Kind::Read, id).await?;
        Ok(true)
    }
}

/// Customers who open the flow and answer its questions, each in a session of their own.
pub struct Acting {
    pub ids: Mutex<Vec<String>>,
}

impl Visitor for Acting {
    async fn visit(&self, line: &mut Line) -> Result<bool> {
        let Some(id) = lock(&self.ids).pop() else { return Ok(false) };
        act(line, Kind::Action, &id, (1, 1), SHOWN).await?;
        act(line, Kind::Action, &id, (1, 2), ANSWER).await?;
        Ok(true)
    }
}

/// Everything at once: of four sessions one is opened and walked through. Of those that are, every fourth is kept and every
/// fourth is canceled and taken back.
pub struct Living {
    pub merchant: Arc<Merchant>,
    pub asked: AtomicU64,
}

impl Visitor for Living {
    async fn visit(&self, line: &mut Line) -> Result<bool> {
        let number = self.asked.fetch_add(1, Ordering::Relaxed);
        let id = create(line, &self.merchant, number).await?;
        if !number.is_multiple_of(4) {
            return Ok(true);
        }
        read(line, Kind::FirstRead, &id).await?;
        read(line, Kind::Read, &id).await?;
        act(line, Kind::Action, &id, (1, 1), SHOWN).await?;
        if number.is_multiple_of(16) {
            act(line, Kind::Action, &id, (1, 2), LEAVE).await?;
            let gone = act(line, Kind::Change, &id, (1, 3), r#""do":"cancel""#).await?;
            ensure!(gone.outcome.as_deref() == Some("canceled"), "a cancellation came to {:?}", gone.outcome);
            if gone.effect.as_deref() == Some("applied") {
                act(line, Kind::Change, &id, (2, 1), r#""do":"undo""#).await?;
            }
            return Ok(true);
        }
        act(line, Kind::Action, &id, (1, 2), ANSWER).await?;
        if number % 16 == 4 {
            let kept = act(line, Kind::Action, &id, (1, 3), r#""do":"keep""#).await?;
            ensure!(kept.outcome.as_deref() == Some("saved"), "keeping came to {:?}", kept.outcome);
        }
        Ok(true)
    }
}

/// A lock that a panic elsewhere does not take away: the panic is reported where it was.
pub fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
