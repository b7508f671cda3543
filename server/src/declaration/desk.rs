use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::{Content, Declaration, Kind, Limits, Register, Status, mail};
use crate::brand::Brand;
use crate::clock;
use crate::http::Peer;
use crate::session::{Sessions, new_handle, new_reference};
use crate::store::{self, Error};

/// How long the mailed link confirms a declaration.
pub const CONFIRM_WITHIN: SignedDuration = SignedDuration::from_hours(14 * 24);
/// How long a declaration may wait before it is an alarm.
const ALARM_AFTER: SignedDuration = SignedDuration::from_hours(24);
/// How often the background worker looks for what is due.
const POLL: Duration = Duration::from_secs(1);

/// Where declarations arrive, are matched, confirmed and carried out. Clones share everything.
#[derive(Clone, Debug)]
pub struct Desk {
    /// The declarations.
    pub register: Register,
    pub(super) sessions: Sessions,
    limits: Arc<Limits>,
}

/// Why a declaration was not accepted.
#[derive(Debug, thiserror::Error)]
pub enum NotReceived {
    /// There were too many. The value is how long to wait.
    #[error("too many declarations")]
    TooOften(Duration),
    /// The system has no randomness to give.
    #[error(transparent)]
    Random(#[from] getrandom::Error),
    /// The database does not take it.
    #[error(transparent)]
    Store(#[from] store::Error),
}

/// A declaration that arrives.
#[derive(Clone, Debug)]
pub(super) struct Arriving {
    pub(super) brand: Arc<Brand>,
    pub(super) kind: Kind,
    pub(super) content: Content,
    /// BCP 47 tag of the language it is sent in.
    pub(super) locale: String,
    /// The form's own token.
    pub(super) form: String,
    /// Who sends it.
    pub(super) from: Peer,
}

impl Desk {
    /// A desk that has not begun to work in the background; [`run`](Self::run) does.
    #[must_use]
    pub fn new(sessions: Sessions) -> Self {
        Self {
            register: Register::new(sessions.store.clone(), sessions.clock.clone()),
            limits: Arc::new(Limits::new(&sessions.clock)),
            sessions,
        }
    }

    /// Stores a declaration and its receipt's mail, both or neither, and gives the name of its receipt's page. A mailbox that has
    /// got too many of them gets no more for a while; the declaration counts, and its page says so.
    ///
    /// Billing is not asked, so that neither the answer nor the time it takes tells who is a customer. The same form with the same
    /// content is one declaration, however often it is sent.
    pub(super) async fn receive(&self, arriving: Arriving) -> Result<String, NotReceived> {
        let Arriving { brand, kind, content, locale, form, from } = arriving;
        let same = move |known: &Declaration, content: &Content, brand: &str| {
            known.brand == brand && known.kind == kind && known.content == *content
        };
        let mut token = new_handle()?;
        if is_token(&form) {
            match self.register.by_receipt(&form).await? {
                Some(known) if same(&known, &content, &brand.slug) => return Ok(form),
                Some(_) => {}
                None => token = form,
            }
        }
        self.limits.count(from, &brand.slug).map_err(NotReceived::TooOften)?;
        let mailed = self.limits.may_mail(&content.email);
        let now = self.sessions.clock.now();
        let confirmation = new_handle()?;
        let mut declaration = Declaration {
            id: Uuid::new_v4().to_string(),
            reference: new_reference()?,
            brand: brand.slug.clone(),
            kind,
            content,
            locale,
            received_at: clock::text(now),
            confirm_until: later(now, CONFIRM_WITHIN),
            mailed,
            status: Status::Received,
            why: None,
            customer: None,
            subscription: None,
            period_end: None,
            confirmed_at: None,
            confirmed_by: None,
            session: None,
            effect: None,
            effective_at: None,
            settled_at: None,
            alarm_at: later(now, ALARM_AFTER),
        };
        let link =
            format!("{}/b/{}/confirm/{confirmation}", self.sessions.config.server.pages_url(), brand.slug);
        let spare = new_handle()?;
        let written = self.sessions.store.write(async move |tx| {
            let mut token = token;
            if let Some(known) = Register::locked_by_receipt(tx, &token).await? {
                if same(&known, &declaration.content, &brand.slug) {
                    return Ok(token);
                }
                token = spare;
            }
            while Register::is_taken(tx, &declaration.reference).await? {
                declaration.reference =
                    new_reference().map_err(|error| Error::Malformed(error.to_string()))?;
            }
            Register::insert(tx, &declaration, &token, &confirmation).await?;
            if mailed {
                crate::mail::insert(tx, &mail::receipt(&declaration, &brand, &link), now).await?;
            }
            Ok::<_, Error>(token)
        });
        Ok(written.await?)
    }

    /// Confirms a declaration from its mailbox, and carries it out if it is matched. Gives it as it is then.
    ///
    /// # Errors
    /// The database failed; then the confirmation counts if it was stored, and is gone on with in the background.
    pub(super) async fn confirm(&self, declaration: &Declaration) -> Result<(), Error> {
        if declaration.status == Status::Received {
            self.look_up(declaration).await?;
        }
        self.register.confirmed_by_email(&declaration.id).await?;
        self.carry_out(&declaration.id).await
    }

    /// Sees to whatever is due at the moment, once: matches what has arrived, carries out what is confirmed, raises alarms.
    ///
    /// # Errors
    /// The database failed.
    pub async fn work(&self) -> Result<(), Error> {
        // Each on its own: whatever keeps one of them from its work, alarms are raised.
        let (matched, carried_out) = (self.match_due().await, self.carry_out_due().await);
        self.raise_alarms().await.and(matched).and(carried_out)
    }

    /// Sees to whatever is due, now and from now on, until it is told to stop. Nothing is lost when the future is dropped.
    pub async fn run(&self, stop: CancellationToken) {
        while !stop.is_cancelled() {
            if let Err(error) = self.work().await {
                tracing::error!(%error, "declarations cannot be seen to");
            }
            stop.run_until_cancelled(tokio::time::sleep(POLL)).await;
        }
    }
}

fn later(now: Timestamp, by: SignedDuration) -> String {
    clock::text(now.saturating_add(by).unwrap_or(now))
}

/// Whether a text has the form of a token that this server gives.
fn is_token(text: &str) -> bool {
    text.len() == 22 && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
}
