use jiff::{SignedDuration, Timestamp};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::{Declaration, Status, Why};
use crate::clock::{self, Clock};
use crate::store::{Error, Store, Tx};

/// How long to wait before billing is asked again.
const ASK_AGAIN_AFTER: SignedDuration = SignedDuration::from_secs(10);
/// How many declarations are seen to in one round.
const AT_ONCE: i64 = 16;

/// The declarations of every brand, and what may become of them.
///
/// What moves a declaration on says from where, so that whatever happens at the same time, only one thing happens.
#[derive(Clone, Debug)]
pub struct Register {
    store: Store,
    clock: Clock,
}

/// What became of a merchant's decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decided {
    /// It counts.
    Yes,
    /// There was nothing to decide any more, or it is being carried out.
    Not(Status),
    /// There is no such declaration.
    Unknown,
}

/// How many declarations there are to see to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// That are neither done nor dismissed.
    pub open: i64,
    /// That have waited for too long.
    pub overdue: i64,
}

/// What stands in the database for a word in an address.
pub(super) fn hash(token: &str) -> Vec<u8> {
    Sha256::digest(token.as_bytes()).to_vec()
}

impl Register {
    /// The declarations of a database.
    #[must_use]
    pub fn new(store: Store, clock: Clock) -> Self {
        Self { store, clock }
    }

    /// The declaration of a reference.
    ///
    /// # Errors
    /// The database cannot be read, or holds something unexpected.
    pub async fn by_reference(&self, reference: &str) -> Result<Option<Declaration>, Error> {
        let sql = "SELECT * FROM declarations WHERE reference = $1";
        let row = sqlx::query(sql).bind(reference).fetch_optional(self.store.read()).await?;
        row.as_ref().map(Declaration::read).transpose()
    }

    /// Declarations, oldest first, at most so many: of one brand or of all, those that wait or all.
    ///
    /// # Errors
    /// The database cannot be read, or holds something unexpected.
    pub async fn list(&self, brand: Option<&str>, all: bool, most: u32) -> Result<Vec<Declaration>, Error> {
        let rows = sqlx::query(
            "SELECT * FROM declarations WHERE ($1 IS NULL OR brand = $1) \
             AND ($2 OR status IN ('received', 'open', 'matched', 'confirmed')) ORDER BY received_at, id LIMIT $3",
        )
        .bind(brand)
        .bind(all)
        .bind(most)
        .fetch_all(self.store.read())
        .await?;
        rows.iter().map(Declaration::read).collect()
    }

    /// How many there are to see to, of one brand or of all.
    ///
    /// # Errors
    /// The database cannot be read.
    pub async fn waiting(&self, brand: Option<&str>) -> Result<Waiting, Error> {
        let (open, overdue) = sqlx::query_as(
            "SELECT count(*), coalesce(sum(CASE WHEN alarm_at <= $1 THEN 1 ELSE 0 END), 0) FROM declarations \
             WHERE status IN ('received', 'open', 'matched', 'confirmed') AND ($2 IS NULL OR brand = $2)",
        )
        .bind(self.clock.now_text())
        .bind(brand)
        .fetch_one(self.store.read())
        .await?;
        Ok(Waiting { open, overdue })
    }

    /// The merchant says that a declaration is genuine, and which subscription it is about. The server carries it out.
    ///
    /// # Errors
    /// The database does not take it.
    pub async fn confirm(
        &self,
        reference: &str,
        customer: &str,
        subscription: &str,
    ) -> Result<Decided, Error> {
        let bound = (reference.to_owned(), customer.to_owned(), subscription.to_owned());
        let (now, session) = (self.clock.now_text(), Uuid::new_v4().to_string());
        let done = self.store.write(async move |tx| {
            let (reference, customer, subscription) = bound;
            let done = sqlx::query(
                "UPDATE declarations SET status = 'confirmed', why = NULL, customer = $1, subscription = $2, session = $3, \
                 next_attempt_at = $4, confirmed_at = coalesce(confirmed_at, $4), \
                 confirmed_by = coalesce(confirmed_by, 'merchant') \
                 WHERE reference = $5 AND status IN ('received', 'open', 'matched')",
            )
            .bind(customer)
            .bind(subscription)
            .bind(session)
            .bind(now)
            .bind(reference)
            .execute(tx)
            .await?;
            Ok::<_, Error>(done.rows_affected())
        });
        self.decided(reference, done.await?).await
    }

    /// The merchant has carried a declaration out elsewhere.
    ///
    /// # Errors
    /// The database does not take it.
    pub async fn carried_out(&self, reference: &str) -> Result<Decided, Error> {
        self.close(
            reference,
            "UPDATE declarations SET status = 'done', effect = coalesce(effect, 'by_hand'), settled_at = $1, \
             confirmed_at = coalesce(confirmed_at, $1), confirmed_by = coalesce(confirmed_by, 'merchant') \
             WHERE reference = $2 AND status IN ('received', 'open', 'matched')",
        )
        .await
    }

    /// The merchant closes a declaration without carrying it out.
    ///
    /// # Errors
    /// The database does not take it.
    pub async fn dismiss(&self, reference: &str) -> Result<Decided, Error> {
        self.close(
            reference,
            "UPDATE declarations SET status = 'dismissed', settled_at = $1 \
             WHERE reference = $2 AND status IN ('received', 'open', 'matched')",
        )
        .await
    }

    async fn close(&self, reference: &str, sql: &'static str) -> Result<Decided, Error> {
        let (bound, now) = (reference.to_owned(), self.clock.now_text());
        let done = self.store.write(async move |tx| {
            let done = sqlx::query(sql).bind(now).bind(bound).execute(tx).await?;
            Ok::<_, Error>(done.rows_affected())
        });
        self.decided(reference, done.await?).await
    }

    async fn decided(&self, reference: &str, rows: u64) -> Result<Decided, Error> {
        if rows > 0 {
            return Ok(Decided::Yes);
        }
        let found = self.by_reference(reference).await?;
        Ok(found.map_or(Decided::Unknown, |declaration| Decided::Not(declaration.status)))
    }

    /// Writes a declaration that has arrived.
    pub(super) async fn insert(
        tx: &mut Tx,
        declaration: &Declaration,
        receipt: &str,
        confirmation: &str,
    ) -> Result<(), Error> {
        let content = &declaration.content;
        sqlx::query(
            "INSERT INTO declarations (id, reference, brand, kind, name, contract, extraordinary, cause, wished_end, email, \
             locale, received_at, receipt_hash, confirm_hash, confirm_until, status, next_attempt_at, alarm_at, mailed) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $12, $17, $18)",
        )
        .bind(&declaration.id)
        .bind(&declaration.reference)
        .bind(&declaration.brand)
        .bind(declaration.kind.name())
        .bind(&content.name)
        .bind(&content.contract)
        .bind(content.extraordinary)
        .bind(&content.cause)
        .bind(content.wished_end.map(|day| day.to_string()))
        .bind(&content.email)
        .bind(&declaration.locale)
        .bind(&declaration.received_at)
        .bind(hash(receipt))
        .bind(hash(confirmation))
        .bind(&declaration.confirm_until)
        .bind(declaration.status.name())
        .bind(&declaration.alarm_at)
        .bind(declaration.mailed)
        .execute(tx)
        .await?;
        Ok(())
    }

    /// Whether a reference is taken, by a declaration or by a receipt of a session.
    pub(super) async fn is_taken(tx: &mut Tx, reference: &str) -> Result<bool, Error> {
        let found: Option<i64> = sqlx::query_scalar(
            "SELECT 1 FROM declarations WHERE reference = $1 UNION SELECT 1 FROM outcomes WHERE receipt_reference = $1",
        )
        .bind(reference)
        .fetch_optional(tx)
        .await?;
        Ok(found.is_some())
    }

    /// The declaration of a receipt's page, as a transaction sees it.
    pub(super) async fn locked_by_receipt(tx: &mut Tx, token: &str) -> Result<Option<Declaration>, Error> {
        let sql = "SELECT * FROM declarations WHERE receipt_hash = $1";
        let row = sqlx::query(sql).bind(hash(token)).fetch_optional(tx).await?;
        row.as_ref().map(Declaration::read).transpose()
    }

    /// The declaration of a receipt's page.
    pub(super) async fn by_receipt(&self, token: &str) -> Result<Option<Declaration>, Error> {
        let sql = "SELECT * FROM declarations WHERE receipt_hash = $1";
        let row = sqlx::query(sql).bind(hash(token)).fetch_optional(self.store.read()).await?;
        row.as_ref().map(Declaration::read).transpose()
    }

    /// The declaration of a confirmation's page.
    pub(super) async fn by_confirmation(&self, token: &str) -> Result<Option<Declaration>, Error> {
        let sql = "SELECT * FROM declarations WHERE confirm_hash = $1";
        let row = sqlx::query(sql).bind(hash(token)).fetch_optional(self.store.read()).await?;
        row.as_ref().map(Declaration::read).transpose()
    }

    pub(super) async fn by_id(&self, id: &str) -> Result<Option<Declaration>, Error> {
        let sql = "SELECT * FROM declarations WHERE id = $1";
        let row = sqlx::query(sql).bind(id).fetch_optional(self.store.read()).await?;
        row.as_ref().map(Declaration::read).transpose()
    }

    /// Declarations of this status that are due to be seen to, the longest due first.
    pub(super) async fn due(&self, status: Status) -> Result<Vec<Declaration>, Error> {
        let rows = sqlx::query(
            "SELECT * FROM declarations WHERE status = $1 AND next_attempt_at <= $2 ORDER BY next_attempt_at, id LIMIT $3",
        )
        .bind(status.name())
        .bind(self.clock.now_text())
        .bind(AT_ONCE)
        .fetch_all(self.store.read())
        .await?;
        rows.iter().map(Declaration::read).collect()
    }

    /// Billing could not say anything: it is asked again later.
    pub(super) async fn postpone(&self, id: &str) -> Result<(), Error> {
        let now = self.clock.now();
        let next = clock::text(now.saturating_add(ASK_AGAIN_AFTER).unwrap_or(now));
        let id = id.to_owned();
        self.store
            .write(async move |tx| {
                sqlx::query("UPDATE declarations SET next_attempt_at = $1 WHERE id = $2")
                    .bind(next)
                    .bind(id)
                    .execute(tx)
                    .await?;
                Ok(())
            })
            .await
    }

    /// Its subscription is known. Where the mailbox has confirmed it already, it is carried out.
    pub(super) async fn matched(
        &self,
        id: &str,
        customer: &str,
        subscription: &str,
        period_end: Timestamp,
    ) -> Result<(), Error> {
        let bound = (id.to_owned(), customer.to_owned(), subscription.to_owned(), clock::text(period_end));
        let session = Uuid::new_v4().to_string();
        self.store
            .write(async move |tx| {
                let (id, customer, subscription, period_end) = bound;
                sqlx::query(
                    "UPDATE declarations SET status = CASE WHEN confirmed_at IS NULL THEN 'matched' ELSE 'confirmed' END, \
                     session = $1, customer = $2, subscription = $3, period_end = $4 WHERE id = $5 AND status = 'received'",
                )
                .bind(session)
                .bind(customer)
                .bind(subscription)
                .bind(period_end)
                .bind(id)
                .execute(tx)
                .await?;
                Ok(())
            })
            .await
    }

    /// A person has to see to it. Where something else has happened to it since it was read, that stands.
    pub(super) async fn hand_over(&self, read: &Declaration, why: Why) -> Result<(), Error> {
        let (id, status, session) = (read.id.clone(), read.status.name(), read.session.clone());
        self.store
            .write(async move |tx| {
                sqlx::query(
                    "UPDATE declarations SET status = 'open', why = $1 \
                     WHERE id = $2 AND status = $3 AND coalesce(session, '') = coalesce($4, '')",
                )
                .bind(why.name())
                .bind(id)
                .bind(status)
                .bind(session)
                .execute(tx)
                .await?;
                Ok(())
            })
            .await
    }

    /// The mailbox has confirmed it. Once is enough; what is done or dismissed stays so.
    pub(super) async fn confirmed_by_email(&self, id: &str) -> Result<(), Error> {
        let (id, now) = (id.to_owned(), self.clock.now_text());
        self.store
            .write(async move |tx| {
                sqlx::query(
                    "UPDATE declarations SET confirmed_at = $1, confirmed_by = 'email', next_attempt_at = $1, \
                     status = CASE status WHEN 'matched' THEN 'confirmed' ELSE status END \
                     WHERE id = $2 AND confirmed_at IS NULL AND status IN ('received', 'open', 'matched')",
                )
                .bind(now)
                .bind(id)
                .execute(tx)
                .await?;
                Ok(())
            })
            .await
    }

    /// Billing has carried it out, or handed it to the merchant. With something left for a person to see to, it stays open.
    pub(super) async fn settle(
        &self,
        read: &Declaration,
        effect: &'static str,
        effective_at: String,
        why: Option<Why>,
    ) -> Result<(), Error> {
        let (id, session, now) = (read.id.clone(), read.session.clone(), self.clock.now_text());
        self.store
            .write(async move |tx| {
                sqlx::query(
                    "UPDATE declarations SET status = $1, why = $2, effect = $3, effective_at = $4, settled_at = $5 \
                     WHERE id = $6 AND status = 'confirmed' AND session = $7",
                )
                .bind(if why.is_some() { "open" } else { "done" })
                .bind(why.map(Why::name))
                .bind(effect)
                .bind(effective_at)
                .bind(why.is_none().then_some(now))
                .bind(id)
                .bind(session)
                .execute(tx)
                .await?;
                Ok(())
            })
            .await
    }

    /// Marks declarations that have waited for too long, each once, and gives their references.
    pub(super) async fn overdue(&self) -> Result<Vec<String>, Error> {
        let now = self.clock.now_text();
        let found: Vec<String> = sqlx::query_scalar(
            "SELECT id FROM declarations WHERE status IN ('received', 'open', 'matched', 'confirmed') \
             AND alarmed_at IS NULL AND alarm_at <= $1 ORDER BY alarm_at LIMIT $2",
        )
        .bind(&now)
        .bind(AT_ONCE)
        .fetch_all(self.store.read())
        .await?;
        if found.is_empty() {
            return Ok(Vec::new());
        }
        self.store
            .write(async move |tx| {
                let mut references = Vec::new();
                for id in found {
                    let marked: Option<String> = sqlx::query_scalar(
                        "UPDATE declarations SET alarmed_at = $1 WHERE id = $2 AND alarmed_at IS NULL \
                         AND status IN ('received', 'open', 'matched', 'confirmed') RETURNING reference",
                    )
                    .bind(&now)
                    .bind(id)
                    .fetch_optional(&mut *tx)
                    .await?;
                    references.extend(marked);
                }
                Ok(references)
            })
            .await
    }
}
