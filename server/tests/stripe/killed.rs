//! The real program, killed with SIGKILL while Stripe is asked, and with a way to Stripe on which everything that can go wrong does.
//! Nothing is done twice, nothing is lost, and nobody is told that something is done before it is.
//!
//! `FAREWELL_STRIPE_RUNS=2000 cargo test -p farewell-server --test stripe killed -- --nocapture` tries so many seeds.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use reqwest::{Client, RequestBuilder};
use serde_json::{Value, json};
use tokio::sync::mpsc;

use crate::gate::{Gate, Kill};
use crate::seed::runs;
use crate::stand_in::{KEY, StandIn};

const USUAL: u32 = 60;
/// How many customers are at it at once.
const AT_ONCE: u32 = 24;
/// How long one of them may take: the waits between attempts double from one second.
const PATIENCE: Duration = Duration::from_secs(400);

struct Program {
    directory: PathBuf,
    child: Child,
}

impl Program {
    /// Starts the server and waits until it says that it listens.
    fn start(directory: &Path) -> Self {
        let mut child =
            farewell(directory, &["serve"]).stderr(Stdio::piped()).spawn().expect("the program starts");
        let mut log = BufReader::new(child.stderr.take().expect("its log")).lines();
        let listens = log.any(|line| line.is_ok_and(|line| line.contains("farewell is listening")));
        assert!(listens, "the server has ended");
        // Somebody has to read the log, or the server would wait for room in the pipe.
        std::thread::spawn(move || log.for_each(drop));
        Self { directory: directory.into(), child }
    }

    /// SIGKILL: no chance to tidy up.
    fn kill(&mut self) {
        self.child.kill().expect("a kill");
        self.child.wait().expect("an end");
    }

    fn restart(&mut self) {
        *self = Self::start(&self.directory);
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

pub fn farewell(directory: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_farewell"));
    command.args(arguments).current_dir(directory).env_remove("FAREWELL_CONFIG").env("FAREWELL_LOG", "info");
    command
}

/// Configuration and keys. Gives the server's address and the API key.
pub fn prepare(directory: &Path, stripe: &str) -> (String, String) {
    let port = TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address").port();
    let url = format!("http://127.0.0.1:{port}");
    let config = format!(
        r#"
        [server]
        listen = "127.0.0.1:{port}"
        public_url = "{url}"
        [[brand]]
        slug = "acme"
        site_id = 1
        name = "Acme"
        billing = "stripe"
        stripe = {{ key_file = "stripe.key", api_url = "{stripe}" }}
        reason = [{{ key = "too_expensive", label = "It costs too much", offers = ["half"] }}]
        offer = [{{ id = "half", kind = "discount", headline = "Half price", percent_off = 50, duration = "forever" }}]
        "#
    );
    std::fs::write(directory.join("farewell.toml"), config).expect("a configuration");
    std::fs::write(directory.join("stripe.key"), KEY).expect("a key");
    let made = farewell(directory, &["keys", "create", "--brand", "acme", "--json"]).output().expect("a key");
    let made: Value = serde_json::from_slice(&made.stdout).expect("a key");
    (url, made["secret"].as_str().expect("a secret").into())
}

/// One customer, who takes a discount, cancels, and in every fourth case comes back.
struct Customer {
    number: u32,
    client: Client,
    url: String,
    key: String,
    stripe: StandIn,
}

impl Customer {
    /// Asks until there is an answer that is none of the way's faults.
    async fn ask(&self, request: impl Fn() -> RequestBuilder) -> Value {
        loop {
            if let Ok(answer) = request().send().await {
                let status = answer.status().as_u16();
                let body = answer.json::<Value>().await;
                match (status, body) {
                    (200, Ok(body)) => return body,
                    // Stripe cannot be asked now, or what was asked for before is still pending.
                    (409 | 429 | 500..=599, _) | (_, Err(_)) => {}
                    (_, Ok(body)) => panic!("{}: {status} {body}", self.number),
                }
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    async fn flow(&self, session: &str) -> Value {
        self.ask(|| self.client.get(format!("{}/v1/flow", self.url)).bearer_auth(session)).await
    }

    /// Does something and waits until it is told as done. It is then.
    async fn act(&self, session: &str, actions: Value, is_done: impl Fn(&Value) -> bool) {
        let body = json!({ "actions": actions });
        let mut told = self
            .ask(|| {
                self.client.post(format!("{}/v1/flow/actions", self.url)).bearer_auth(session).json(&body)
            })
            .await;
        loop {
            match told["result"]["effect"].as_str() {
                Some("applied") => break,
                Some("pending") => {}
                other => panic!("{}: {other:?} of {actions}: {told}", self.number),
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
            told = self.flow(session).await;
        }
        let shown = self.stripe.shown(&format!("sub_{}", self.number));
        assert!(is_done(&shown), "{}: {actions} is told as done: {shown}", self.number);
    }

    async fn walk(&self) {
        let asked = json!({ "retention": { "customer_id": format!("cus_{}", self.number) } });
        let url = format!("{}/v1/retention/session", self.url);
        let session = self.ask(|| self.client.post(&url).header("x-brand-key", &self.key).json(&asked)).await;
        let session = session["id"].as_str().expect("an id");
        let flow = self.flow(session).await;
        let claim = &flow["flow"]["offers"][0]["claim_id"];
        let take = json!([
            { "run": 1, "seq": 1, "do": "shown" },
            { "run": 1, "seq": 2, "do": "answer", "reason": "too_expensive" },
            { "run": 1, "seq": 3, "do": "accept", "claim_id": claim },
        ]);
        self.act(session, take, |shown| shown["discounts"].as_array().is_some_and(|all| all.len() == 1))
            .await;
        let cancel = json!([{ "run": 2, "seq": 1, "do": "shown" }, { "run": 2, "seq": 2, "do": "cancel" }]);
        self.act(session, cancel, |shown| shown["cancel_at_period_end"] == true).await;
        if self.number.is_multiple_of(4) {
            let undo = json!([{ "run": 3, "seq": 1, "do": "undo" }]);
            self.act(session, undo, |shown| shown["cancel_at_period_end"] == false).await;
        }
    }
}

/// Status, attempts, next attempt and last error of a customer's intents.
async fn waiting(database: &Path, number: u32) -> Vec<(String, i64, String, Option<String>)> {
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(database);
    let database = sqlx::SqlitePool::connect_with(options).await.expect("the database");
    let intents = "SELECT i.status, i.attempts, i.next_attempt_at, i.last_error FROM intents AS i \
         JOIN sessions AS s ON s.id = i.session WHERE s.customer = $1 ORDER BY i.created_at";
    sqlx::query_as(intents).bind(format!("cus_{number}")).fetch_all(&database).await.expect("intents")
}

/// Kills and starts the server as it is asked to. Gives how often it was.
fn supervise(mut program: Program, mut kills: mpsc::Receiver<Kill>) -> Arc<AtomicU32> {
    let killed = Arc::new(AtomicU32::new(0));
    let count = killed.clone();
    std::thread::spawn(move || {
        while let Some(dead) = kills.blocking_recv() {
            program.kill();
            count.fetch_add(1, Ordering::Relaxed);
            // Whoever asked may have gone with its connection.
            let _ = dead.send(());
            program.restart();
        }
    });
    killed
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_while_stripe_is_asked_it_does_everything_once() {
    let (runs, began) = (runs(USUAL), Instant::now());
    let stripe = StandIn::start().await;
    stripe.price("price_pro", 1250, "month", 1);
    let (kill, kills) = mpsc::channel(1);
    let gate = Gate::before(&stripe.url, kill).await;
    let directory = tempfile::tempdir().expect("a directory");
    let (url, key) = prepare(directory.path(), &gate.url);
    let killed = supervise(Program::start(directory.path()), kills);
    let end = jiff::Timestamp::now().as_second() + 20 * 86_400;
    let next = Arc::new(Mutex::new(runs.clone()));
    let walkers: Vec<_> = (0..AT_ONCE)
        .map(|_| {
            let (next, stripe, url, key) = (next.clone(), stripe.clone(), url.clone(), key.clone());
            let database = directory.path().join("farewell.db");
            let client =
                Client::builder().no_proxy().timeout(Duration::from_secs(20)).build().expect("a client");
            tokio::spawn(async move {
                let take = || next.lock().expect("seeds").next();
                while let Some(number) = take() {
                    stripe.customer(
                        &format!("cus_{number}"),
                        json!({ "email": format!("{number}@example.com") }),
                    );
                    let (sub, cus) = (format!("sub_{number}"), format!("cus_{number}"));
                    stripe.subscription(&sub, &cus, "price_pro", end, json!({}));
                    let customer = Customer {
                        number,
                        client: client.clone(),
                        url: url.clone(),
                        key: key.clone(),
                        stripe: stripe.clone(),
                    };
                    let walked = tokio::time::timeout(PATIENCE, customer.walk()).await;
                    let left = async || waiting(&database, number).await;
                    assert!(walked.is_ok(), "{number} is never done: {:#?}", left().await);
                }
            })
        })
        .collect();
    for walker in walkers {
        walker.await.expect("every seed holds");
    }
    // What comes late is still on its way.
    tokio::time::sleep(Duration::from_secs(4)).await;

    let mut changes: BTreeMap<(String, &str), u32> = BTreeMap::new();
    for asked in stripe.asked() {
        for what in ["discounts[0][coupon]", "cancel_at_period_end"] {
            if let Some((_, value)) = asked.form.iter().find(|(name, _)| name == what) {
                let what = if value == "false" { "undo" } else { what };
                *changes.entry((asked.path.clone(), what)).or_default() += 1;
            }
        }
    }
    for number in runs.clone() {
        let (path, back) = (format!("POST v1/subscriptions/sub_{number}"), number.is_multiple_of(4));
        let shown = stripe.shown(&format!("sub_{number}"));
        assert_eq!(shown["discounts"].as_array().expect("discounts").len(), 1, "{number}");
        assert_eq!(shown["cancel_at_period_end"], !back, "{number}");
        for (what, often) in
            [("discounts[0][coupon]", 1), ("cancel_at_period_end", 1), ("undo", u32::from(back))]
        {
            assert_eq!(
                changes.get(&(path.clone(), what)).copied().unwrap_or_default(),
                often,
                "{number} {what}"
            );
        }
    }
    let killed = killed.load(Ordering::Relaxed);
    println!("{} seeds, {killed} kills, {:?}: {:?}", runs.len(), began.elapsed(), gate.met());
    assert!(killed > 0 || runs.len() < 20, "the server was never killed");
}
