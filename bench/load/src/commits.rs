//! The least that a durable action could be: a row more in the audit trail and a session's new state, committed.
//!
//! One connection of SQLite's own library, statements prepared once, the server's tables, rows, indices and pragmas, and nobody
//! in between.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use rusqlite::{Connection, params};

use crate::statistic::{Sample, Times};

/// How many sessions it turns over, one after the other.
const SESSIONS: u32 = 2000;

/// The loop, and the rows it works on.
pub struct Commits {
    database: Connection,
    sessions: Vec<String>,
    /// How many were made, which also numbers them.
    made: u32,
}

const AT: &str = "2026-01-31T09:30:00.000Z";
const UNTIL: &str = "2026-02-01T05:30:00.000Z";
const CONTENT: &str = r#"{"do":"answer","feedback":"I liked it.","follow_up.too_expensive":"Half of it.","reason":"too_expensive"}"#;

impl Commits {
    /// Takes sessions over from a server's database into a file of its own, which has been copied from the same server's.
    pub fn on(file: &Path, server: &Path) -> Result<Commits> {
        let cannot = || format!("{} cannot be used", file.display());
        let database = Connection::open(file).with_context(cannot)?;
        let mode: String = database.query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0))?;
        ensure!(mode == "wal", "{} keeps no write-ahead log", file.display());
        database.execute_batch(
            "PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA secure_delete = ON;",
        )?;
        database.execute("ATTACH $1 AS server", params![server.to_string_lossy()]).with_context(cannot)?;
        database
            .execute("INSERT INTO sessions SELECT * FROM server.sessions LIMIT $1", params![SESSIONS])
            .context("the server's sessions cannot be taken over")?;
        database.execute_batch("DETACH server")?;
        let sessions = database
            .prepare("SELECT id FROM sessions")?
            .query_map([], |row| row.get(0))?
            .collect::<rusqlite::Result<Vec<String>>>()?;
        ensure!(!sessions.is_empty(), "no session was stored");
        Ok(Commits { database, sessions, made: 0 })
    }

    /// Commits as fast as it goes.
    pub fn run(&mut self, duration: Duration) -> Result<Sample> {
        let mut times = Times::new()?;
        let mut begin = self.database.prepare("BEGIN IMMEDIATE")?;
        let mut keep = self
            .database
            .prepare("INSERT INTO actions (session, run, seq, content, at) VALUES ($1, $2, $3, $4, $5)")?;
        let mut save = self
            .database
            .prepare("UPDATE sessions SET state = $1, last_action_at = $2, expires_at = $3 WHERE id = $4")?;
        let mut commit = self.database.prepare("COMMIT")?;
        let began = Instant::now();
        while began.elapsed() < duration {
            let session = &self.sessions[self.made as usize % self.sessions.len()];
            let state = state(self.made);
            let one = Instant::now();
            begin.execute([])?;
            keep.execute(params![session, 1, self.made + 1, CONTENT, AT])?;
            let saved = save.execute(params![state, AT, UNTIL, session])?;
            commit.execute([])?;
            times.add(one.elapsed());
            ensure!(saved == 1, "a session is gone");
            self.made += 1;
        }
        Ok(Sample::of(&times, began.elapsed(), None))
    }
}

/// A state of the length it has after a first and a second action.
fn state(made: u32) -> String {
    if made.is_multiple_of(2) {
        return r#"{"runs":[{"seq":1,"step":"survey","answers":{"reason":null,"follow_ups":[],"feedback":null},"declared":{"extraordinary":false,"cause":null,"until":null,"email":null},"offers":[],"outcome":null,"effect":null,"receipt":null}]}"#.into();
    }
    r#"{"runs":[{"seq":2,"step":"offer","offer":"twenty_percent","answers":{"reason":"too_expensive","follow_ups":["Half of it."],"feedback":"I liked it."},"declared":{"extraordinary":false,"cause":null,"until":null,"email":null},"offers":[{"id":"twenty_percent","response":"shown","choice":null}],"outcome":null,"effect":null,"receipt":null}]}"#.into()
}
