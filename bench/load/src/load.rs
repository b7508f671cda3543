//! A closed loop: many connections, on each of which a request follows the answer to the one before.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use tokio::task::JoinSet;

use crate::connection::{Answer, Connection};
use crate::statistic::Times;

/// What is timed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A session id made for a backend.
    Creation,
    /// A session's document, asked for for the first time, which stores it.
    FirstRead,
    /// The same document again.
    Read,
    /// Something a customer did, kept before it is answered.
    Action,
    /// Something that billing carries out before it is answered.
    Change,
}

impl Kind {
    pub const ALL: [Kind; 5] = [Kind::Creation, Kind::FirstRead, Kind::Read, Kind::Action, Kind::Change];

    /// What it is called in a table.
    pub fn title(self) -> &'static str {
        match self {
            Kind::Creation => "session created",
            Kind::FirstRead => "flow, first read",
            Kind::Read => "flow, read again",
            Kind::Action => "durable action",
            Kind::Change => "cancellation, or its undoing, with billing",
        }
    }
}

/// Somebody who comes again and again, on every connection.
pub trait Visitor: Send + Sync + 'static {
    /// Comes once, and checks every answer. False when there is nothing left to do.
    fn visit(&self, line: &mut Line) -> impl Future<Output = Result<bool>> + Send;
}

/// A connection with a clock.
pub struct Line {
    pub connection: Connection,
    times: [Times; Kind::ALL.len()],
}

impl Line {
    /// Notes how long an answer took.
    pub fn note(&mut self, kind: Kind, answer: &Answer) {
        self.times[kind as usize].add(answer.took);
    }
}

/// What a load came to.
pub struct Load {
    pub took: Duration,
    times: [Times; Kind::ALL.len()],
}

impl Load {
    pub fn times(&self, kind: Kind) -> &Times {
        &self.times[kind as usize]
    }
}

/// Keeps all connections busy for some time, or until there is nothing left to do. An answer that is not right ends it with an
/// error.
pub async fn load<V: Visitor>(
    visitor: &Arc<V>,
    address: SocketAddr,
    connections: usize,
    duration: Duration,
) -> Result<Load> {
    let mut lines = Vec::with_capacity(connections);
    for _ in 0..connections {
        lines.push(Line { connection: Connection::open(address).await?, times: times()? });
    }
    let began = Instant::now();
    let mut busy = JoinSet::new();
    for mut line in lines {
        let visitor = Arc::clone(visitor);
        busy.spawn(async move {
            while began.elapsed() < duration && visitor.visit(&mut line).await? {}
            Ok::<_, anyhow::Error>(line.times)
        });
    }
    let mut all = times()?;
    while let Some(done) = busy.join_next().await {
        let done = done.context("a connection's task broke down")?;
        for (sum, times) in all.iter_mut().zip(&done?) {
            sum.join(times)?;
        }
    }
    Ok(Load { took: began.elapsed(), times: all })
}

fn times() -> Result<[Times; Kind::ALL.len()]> {
    Ok([Times::new()?, Times::new()?, Times::new()?, Times::new()?, Times::new()?])
}
