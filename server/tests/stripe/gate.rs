//! The way between the server and Stripe, on which requests and answers are lost, late, doubled and cut short.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, oneshot};

use crate::customer::Walk;
use crate::seed::Seed;

/// What a request meets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Way {
    Straight,
    /// Neither it nor an answer arrives.
    Lost,
    /// It arrives, and its answer does not.
    Unanswered,
    /// It arrives, and half of its answer does.
    Truncated,
    /// It arrives twice, and one answer does.
    Twice,
    /// It and its answer take their time.
    Slow,
    /// The connection breaks, and it arrives afterwards: maybe after it was asked again.
    Afterwards,
    /// The server is killed before it arrives.
    KillBefore,
    /// The server is killed after it has arrived, and before its answer does.
    KillAfter,
}

/// How many faults a run meets at most: it has to end.
const MOST_FAULTS: usize = 4;
/// How many a request meets that belongs to no run: more, and whoever waits for it would wait for minutes.
const MOST_OF_ALL: usize = 2;

/// Asks for the server to be killed. Whoever gets it answers when it is dead.
pub type Kill = oneshot::Sender<()>;

/// What the requests of one run meet.
struct Run {
    seed: Seed,
    of: Of,
    /// How many requests of those at which the server may be killed came by.
    asked: u64,
    faults: usize,
    /// The request, counted from 0, at which the server is killed, if it is.
    killed_at: Option<(u64, Way)>,
}

/// Whose requests these are.
enum Of {
    /// Of a customer who goes through the flow.
    Flow,
    /// Of one who is in the hub, for whom much is only looked at: what changes something meets most.
    Hub,
    /// Of nobody in particular, such as coupons. How many faults each of them met, by idempotency key.
    All(HashMap<String, usize>),
}

#[derive(Clone)]
pub struct Gate {
    pub url: String,
    to: String,
    runs: Arc<Mutex<HashMap<String, Run>>>,
    met: Arc<Mutex<HashMap<Way, u32>>>,
    kills: mpsc::Sender<Kill>,
}

impl Gate {
    /// Before what answers at this address, such as `http://127.0.0.1:8420/`.
    pub async fn before(url: &str, kills: mpsc::Sender<Kill>) -> Self {
        let to = url.trim_start_matches("http://").trim_end_matches('/').to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}/", listener.local_addr().expect("an address"));
        let gate = Self { url, to, runs: Arc::default(), met: Arc::default(), kills };
        let accepting = gate.clone();
        tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                let gate = accepting.clone();
                tokio::spawn(async move { gate.pass(socket).await });
            }
        });
        gate
    }

    /// How often each way was met.
    pub fn met(&self) -> Vec<(Way, u32)> {
        let mut met: Vec<_> =
            self.met.lock().expect("ways").iter().map(|(way, often)| (*way, *often)).collect();
        met.sort_unstable();
        met
    }

    /// The run that a request belongs to: the number behind `cus_` or `sub_` in it, and one for all others.
    fn way(&self, request: &str) -> Way {
        let numbers = ["cus_", "sub_"].iter().flat_map(|prefix| request.split(prefix).skip(1));
        let number: String = numbers
            .map(|rest| rest.chars().take_while(char::is_ascii_digit).collect::<String>())
            .find(|number| !number.is_empty())
            .unwrap_or_default();
        let mut runs = self.runs.lock().expect("runs");
        let run = runs.entry(number.clone()).or_insert_with(|| Run::new(number.parse().ok()));
        let way = run.next(request);
        drop(runs);
        *self.met.lock().expect("ways").entry(way).or_default() += 1;
        way
    }

    async fn pass(&self, mut socket: TcpStream) -> Option<()> {
        loop {
            let request = message(&mut socket).await?;
            match self.way(&String::from_utf8_lossy(&request)) {
                Way::Straight => socket.write_all(&self.ask(&request).await?).await.ok()?,
                Way::Lost => return None,
                Way::Unanswered => {
                    self.ask(&request).await?;
                    return None;
                }
                Way::Truncated => {
                    let answer = self.ask(&request).await?;
                    socket.write_all(answer.get(..answer.len() / 2)?).await.ok()?;
                    return None;
                }
                Way::Twice => {
                    self.ask(&request).await?;
                    socket.write_all(&self.ask(&request).await?).await.ok()?;
                }
                Way::Slow => {
                    tokio::time::sleep(Duration::from_millis(150)).await;
                    let answer = self.ask(&request).await?;
                    tokio::time::sleep(Duration::from_millis(150)).await;
                    socket.write_all(&answer).await.ok()?;
                }
                Way::Afterwards => {
                    drop(socket);
                    // Sometimes before it is asked again, sometimes after, or between.
                    let late = request.iter().map(|byte| u64::from(*byte)).sum::<u64>() % 3500;
                    tokio::time::sleep(Duration::from_millis(300 + late)).await;
                    self.ask(&request).await?;
                    return None;
                }
                Way::KillBefore => {
                    self.kill().await;
                    return None;
                }
                Way::KillAfter => {
                    self.ask(&request).await?;
                    self.kill().await;
                    return None;
                }
            }
        }
    }

    async fn ask(&self, request: &[u8]) -> Option<Vec<u8>> {
        let mut there = TcpStream::connect(&self.to).await.ok()?;
        there.write_all(request).await.ok()?;
        message(&mut there).await
    }

    async fn kill(&self) {
        let (dead, is_dead) = oneshot::channel();
        if self.kills.send(dead).await.is_ok() {
            drop(is_dead.await);
        }
    }
}

impl Run {
    fn new(number: Option<u32>) -> Self {
        let mut seed = Seed::new(number.map_or(u64::MAX, u64::from));
        let of = match number.map(Walk::of) {
            Some(Walk::Flow) => Of::Flow,
            Some(_) => Of::Hub,
            None => Of::All(HashMap::new()),
        };
        let (percent, requests) = match of {
            Of::Flow => (20, 14),
            Of::Hub => (35, 7),
            Of::All(_) => (0, 1),
        };
        let killed_at = seed.percent(percent).then(|| {
            let way = if seed.percent(50) { Way::KillBefore } else { Way::KillAfter };
            (seed.below(requests), way)
        });
        Self { seed, of, asked: 0, faults: 0, killed_at }
    }

    fn next(&mut self, request: &str) -> Way {
        let changes = !request.starts_with("GET") && !request.starts_with("POST /v1/invoices/create_preview");
        let counts = changes || matches!(self.of, Of::Flow);
        let number = self.asked;
        self.asked += u64::from(counts);
        if let Some((_, way)) = self.killed_at.filter(|(at, _)| *at == number && counts) {
            return way;
        }
        let (percent, faults, most) = match &mut self.of {
            Of::Flow => (30, &mut self.faults, MOST_FAULTS),
            Of::Hub => (if changes { 30 } else { 3 }, &mut self.faults, MOST_FAULTS),
            Of::All(faults) if changes => (8, faults.entry(key(request)).or_default(), MOST_OF_ALL),
            Of::All(_) => (8, &mut self.faults, usize::MAX),
        };
        if *faults >= most || !self.seed.percent(percent) {
            return Way::Straight;
        }
        *faults += 1;
        let ways = [Way::Lost, Way::Unanswered, Way::Truncated, Way::Twice, Way::Slow, Way::Afterwards];
        ways[usize::try_from(self.seed.below(ways.len() as u64)).expect("a place")]
    }
}

/// The idempotency key of a request. What only looks has none.
fn key(request: &str) -> String {
    let header = request
        .lines()
        .find_map(|line| line.to_ascii_lowercase().strip_prefix("idempotency-key:").map(str::to_owned));
    header.unwrap_or_default().trim().to_owned()
}

/// A request or an answer, whole. None where the connection ends before.
async fn message(socket: &mut TcpStream) -> Option<Vec<u8>> {
    let mut read = Vec::new();
    loop {
        if let Some(end) = read.windows(4).position(|four| four == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&read[..end]).to_ascii_lowercase();
            let length = head.lines().find_map(|line| line.strip_prefix("content-length:"));
            let length: usize = length.map_or(0, |length| length.trim().parse().expect("a length"));
            if read.len() >= end + 4 + length {
                return Some(read);
            }
        }
        if socket.read_buf(&mut read).await.ok()? == 0 {
            return None;
        }
    }
}
