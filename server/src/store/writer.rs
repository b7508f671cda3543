//! Group commit: one thread, one connection, one transaction for everybody who is waiting.

use std::{
    any::Any,
    panic::{AssertUnwindSafe, resume_unwind},
    thread::{self, ThreadId},
};

use futures_util::{FutureExt, future::LocalBoxFuture};
use sqlx::{Connection, SqliteConnection};
use tokio::sync::{mpsc, oneshot};

use super::{Error, Tx};

/// How many callers may wait in line; more wait for a place in it.
const LINE: usize = 1024;
/// How many callers' work goes into one transaction at most.
const BATCH: usize = 128;

/// The hand that gives work to the writer's thread. The thread ends when all of them are gone.
#[derive(Clone, Debug)]
pub(super) struct Writer {
    line: mpsc::Sender<Message>,
    thread: ThreadId,
}

enum Message {
    Work(Box<dyn Work>),
    Close(oneshot::Sender<()>),
}

/// One caller's work, whatever it gives.
trait Work: Send {
    /// Runs the work. True when its changes are to be kept.
    fn run<'a>(&'a mut self, tx: &'a mut Tx) -> LocalBoxFuture<'a, bool>;
    /// Answers the caller. The error is why the transaction was not kept.
    fn answer(self: Box<Self>, kept: Result<(), Error>);
}

type Panic = Box<dyn Any + Send>;

struct Call<F, T, E> {
    work: Option<F>,
    given: Option<Result<Result<T, E>, Panic>>,
    caller: oneshot::Sender<Result<Result<T, E>, Panic>>,
}

impl<F, T, E> Work for Call<F, T, E>
where
    T: Send,
    E: From<Error> + Send,
    F: AsyncFnOnce(&mut Tx) -> Result<T, E> + Send,
{
    fn run<'a>(&'a mut self, tx: &'a mut Tx) -> LocalBoxFuture<'a, bool> {
        Box::pin(async move {
            let Some(work) = self.work.take() else { return false };
            let given = AssertUnwindSafe(async { work(tx).await }).catch_unwind().await;
            let keep = matches!(given, Ok(Ok(_)));
            self.given = Some(given);
            keep
        })
    }

    fn answer(self: Box<Self>, kept: Result<(), Error>) {
        let answer = match (self.given, kept) {
            // The work's own error says more than what became of the transaction.
            (Some(given @ (Err(_) | Ok(Err(_)))), _) | (Some(given), Ok(())) => given,
            (_, Err(error)) => Ok(Err(error.into())),
            (None, Ok(())) => Ok(Err(Error::Closed.into())),
        };
        // Nobody listens any more: the caller stopped waiting.
        drop(self.caller.send(answer));
    }
}

impl Writer {
    pub(super) fn start(connection: SqliteConnection) -> Result<Self, Error> {
        let failed = |source| Error::NotKept(format!("the writer could not be started: {source}"));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().map_err(failed)?;
        let (line, waiting) = mpsc::channel(LINE);
        let thread = thread::Builder::new()
            .name("farewell-writer".into())
            .spawn(move || runtime.block_on(serve(connection, waiting)))
            .map_err(failed)?;
        Ok(Self { line, thread: thread.thread().id() })
    }

    pub(super) async fn write<T, E, F>(&self, work: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<Error> + Send + 'static,
        F: AsyncFnOnce(&mut Tx) -> Result<T, E> + Send + 'static,
    {
        if thread::current().id() == self.thread {
            return Err(Error::Nested.into());
        }
        let (caller, answer) = oneshot::channel();
        let call = Call { work: Some(work), given: None, caller };
        if self.line.send(Message::Work(Box::new(call))).await.is_err() {
            return Err(Error::Closed.into());
        }
        match answer.await {
            Ok(Ok(given)) => given,
            Ok(Err(panic)) => resume_unwind(panic),
            Err(_) => Err(Error::Closed.into()),
        }
    }

    pub(super) async fn close(&self) {
        let (done, closed) = oneshot::channel();
        if self.line.send(Message::Close(done)).await.is_ok() {
            // An error means that it is closed already.
            drop(closed.await);
        }
    }
}

async fn serve(mut connection: SqliteConnection, mut line: mpsc::Receiver<Message>) {
    let mut closing = None;
    while let Some(message) = line.recv().await {
        match message {
            Message::Work(first) => closing = serve_batch(&mut connection, first, &mut line).await,
            Message::Close(done) => closing = Some(done),
        }
        if closing.is_some() {
            break;
        }
    }
    line.close();
    if let Err(error) = connection.close().await {
        tracing::warn!(%error, "the database did not close cleanly");
    }
    if let Some(done) = closing {
        // Nobody listens any more: whoever asked stopped waiting.
        let _ = done.send(());
    }
}

/// Runs the first work and whatever waits behind it in one transaction, each in a savepoint. Gives the request to close, if that
/// was next.
///
/// Statements that follow one another are sent as one: each sending wakes SQLite's thread and waits to be woken by it.
async fn serve_batch(
    connection: &mut SqliteConnection,
    first: Box<dyn Work>,
    line: &mut mpsc::Receiver<Message>,
) -> Option<oneshot::Sender<()>> {
    let mut closing = None;
    let mut done = Vec::new();
    let mut next = Some(first);
    let mut kept = execute(connection, "BEGIN IMMEDIATE; SAVEPOINT work").await;
    while let Some(mut work) = next.take() {
        if kept.is_ok() {
            let well = work.run(connection).await;
            if done.len() + 1 < BATCH {
                match line.try_recv() {
                    Ok(Message::Work(work)) => next = Some(work),
                    Ok(Message::Close(caller)) => closing = Some(caller),
                    Err(_) => {}
                }
            }
            // A savepoint that was rolled back to is still there, for the next.
            let statements = match (well, next.is_some()) {
                (true, true) => "RELEASE work; SAVEPOINT work",
                (true, false) => "RELEASE work; COMMIT",
                (false, true) => "ROLLBACK TO work",
                (false, false) => "ROLLBACK TO work; RELEASE work; COMMIT",
            };
            kept = execute(connection, statements).await;
        }
        done.push(work);
    }
    if let Err(error) = &kept {
        tracing::error!(%error, works = done.len(), "a transaction was not kept");
        // Fails when SQLite has rolled back by itself already, which it does after some errors.
        drop(execute(connection, "ROLLBACK").await);
    }
    for work in done {
        work.answer(kept.as_ref().copied().map_err(|error| Error::NotKept(error.to_string())));
    }
    closing
}

async fn execute(connection: &mut SqliteConnection, statement: &'static str) -> Result<(), sqlx::Error> {
    sqlx::query(statement).execute(connection).await.map(drop)
}
