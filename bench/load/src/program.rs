//! A program that answers on a port: started, watched, and gone when its owner is.

use std::fs::{self, File};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use hyper::StatusCode;

use crate::connection::Connection;

/// How long a start may take.
const START: Duration = Duration::from_secs(20);
/// Between two attempts to reach a program that starts.
const POLL: Duration = Duration::from_micros(500);

/// A running program.
pub struct Program {
    child: Child,
    pub address: SocketAddr,
}

/// What a program holds in memory, in bytes, as the kernel counts it.
#[derive(Clone, Copy, Debug)]
pub struct Memory {
    /// Now.
    pub resident: u64,
    /// At its highest.
    pub peak: u64,
}

impl Program {
    /// Starts a program and waits for its first answer to a path. Gives the time that took, too.
    ///
    /// What the program says goes into a file, as that of a service does.
    pub async fn start(
        mut command: Command,
        port: u16,
        path: &str,
        log: &Path,
    ) -> Result<(Program, Duration)> {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let log_file = File::create(log).with_context(|| format!("cannot write {}", log.display()))?;
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log_file);
        let began = Instant::now();
        let child = command.spawn().with_context(|| format!("{command:?} cannot be started"))?;
        let mut program = Program { child, address };
        while !program.answers(path).await {
            let said = || fs::read_to_string(log).unwrap_or_default();
            if let Some(status) = program.child.try_wait()? {
                bail!("{command:?} ended before it answered ({status}): {}", said());
            }
            if began.elapsed() > START {
                bail!("{command:?} does not answer: {}", said());
            }
            tokio::time::sleep(POLL).await;
        }
        Ok((program, began.elapsed()))
    }

    async fn answers(&self, path: &str) -> bool {
        let Ok(mut connection) = Connection::open(self.address).await else { return false };
        connection.get(path, &[]).await.is_ok_and(|answer| answer.status == StatusCode::OK)
    }

    /// Its memory, where the system tells.
    pub fn memory(&self) -> Option<Memory> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).ok()?;
        let bytes = |name: &str| -> Option<u64> {
            let line = status.lines().find_map(|line| line.strip_prefix(name))?;
            Some(line.trim_start_matches(':').trim().strip_suffix(" kB")?.parse::<u64>().ok()? * 1024)
        };
        Some(Memory { resident: bytes("VmRSS")?, peak: bytes("VmHWM")? })
    }

    /// The processor time it has used, where the system tells.
    pub fn processor(&self) -> Option<Duration> {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.child.id())).ok()?;
        // The second field is the name, and may hold blanks. Of those behind it, the 12th and 13th are in hundredths of a second.
        let fields: Vec<&str> = stat.rsplit_once(") ")?.1.split(' ').collect();
        let ticks = |index: usize| fields.get(index)?.parse::<u64>().ok();
        Some(Duration::from_millis((ticks(11)? + ticks(12)?) * 10))
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// A port that nobody uses.
pub fn free_port() -> Result<u16> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("no port can be listened on")?;
    Ok(listener.local_addr()?.port())
}
