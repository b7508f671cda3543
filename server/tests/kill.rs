//! The real program, killed with SIGKILL at random moments while customers are at it. Whatever was answered is kept, and
//! nothing is done twice.

#[path = "http/mail_server.rs"]
mod mail_server;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::body::Bytes;
use axum::http::HeaderMap;
use axum::routing::post;
use mail_server::MailServer;
use reqwest::Client;
use serde_json::{Value, json};
use sqlx::Row;
use sqlx::sqlite::SqlitePool;

const KILLS: u32 = 100;
const CUSTOMERS: u32 = 1500;
const AT_ONCE: usize = 8;
/// A start has to be quick: nobody can cancel meanwhile.
const START_WITHIN: Duration = Duration::from_secs(5);

/// One customer's way: what is sent, one after the other, and how far it was answered.
struct Way {
    customer: String,
    session: Option<String>,
    actions: Vec<Value>,
    answered: usize,
    /// What was answered to the actions that end a run.
    receipts: HashMap<u64, Value>,
}

impl Way {
    fn new(number: u32) -> Self {
        let at = |run: u32, seq: u32, mut action: Value| {
            action["run"] = run.into();
            action["seq"] = seq.into();
            action
        };
        let actions = if number.is_multiple_of(2) {
            vec![
                at(1, 1, json!({ "do": "shown" })),
                at(1, 2, json!({ "do": "answer", "reason": "too_expensive" })),
                at(1, 3, json!({ "do": "accept", "claim_id": "half" })),
            ]
        } else {
            vec![
                at(1, 1, json!({ "do": "shown" })),
                at(1, 2, json!({ "do": "leave", "feedback": "Good bye" })),
                at(1, 3, json!({ "do": "cancel" })),
                at(2, 1, json!({ "do": "undo" })),
                at(3, 1, json!({ "do": "shown" })),
                at(3, 2, json!({ "do": "cancel" })),
            ]
        };
        Self {
            customer: format!("cus_{number}"),
            session: None,
            actions,
            answered: 0,
            receipts: HashMap::new(),
        }
    }

    /// Goes on until the end, or until the server is gone.
    async fn walk(&mut self, client: &Client, url: &str, key: &str) -> Result<(), reqwest::Error> {
        if self.session.is_none() {
            let body = json!({ "retention": { "customer_id": self.customer } });
            let request =
                client.post(format!("{url}/v1/retention/session")).header("x-brand-key", key).json(&body);
            let answer: Value = request.send().await?.json().await?;
            self.session = Some(answer["id"].as_str().unwrap_or_else(|| panic!("{answer}")).into());
        }
        let session = self.session.clone().expect("a session");
        while self.answered < self.actions.len() {
            let mut action = self.actions[self.answered].clone();
            if action.get("claim_id").is_some_and(|claim| claim == "half") {
                let flow = client.get(format!("{url}/v1/flow")).bearer_auth(&session).send().await?;
                action["claim_id"] = flow.json::<Value>().await?["flow"]["offers"][0]["claim_id"].clone();
                self.actions[self.answered] = action.clone();
            }
            let request = client.post(format!("{url}/v1/flow/actions")).bearer_auth(&session);
            let response = request.json(&json!({ "actions": [action] })).send().await?;
            let (status, answer) = (response.status(), response.json::<Value>().await?);
            // Undoing waits until billing has carried the cancellation out.
            if status == 409 && action["do"] == "undo" && answer["result"]["effect"] == "pending" {
                continue;
            }
            assert_eq!(status, 200, "{} {action}: {answer}", self.customer);
            if let Some(run) = answer["result"]["run"].as_u64() {
                let receipt = answer["result"]["receipt"].clone();
                let known = self.receipts.entry(run).or_insert_with(|| receipt.clone());
                assert_eq!(*known, receipt, "{}: a receipt never changes", self.customer);
            }
            self.answered += 1;
        }
        Ok(())
    }
}

struct Program {
    child: Child,
}

impl Program {
    /// Starts the server and waits until it says that it listens.
    fn start(directory: &Path) -> Self {
        let began = Instant::now();
        let mut child =
            farewell(directory, &["serve"]).stderr(Stdio::piped()).spawn().expect("the program starts");
        let mut log = BufReader::new(child.stderr.take().expect("its log"));
        let mut said = String::new();
        loop {
            let mut line = String::new();
            assert_ne!(log.read_line(&mut line).expect("its log"), 0, "the server has ended: {said}");
            said.push_str(&line);
            if line.contains("farewell is listening") {
                break;
            }
        }
        assert!(began.elapsed() < START_WITHIN, "{:?}", began.elapsed());
        // Somebody has to read the log, or the server would wait for room in the pipe.
        std::thread::spawn(move || log.lines().for_each(drop));
        Self { child }
    }

    /// SIGKILL: no chance to tidy up.
    fn kill(&mut self) {
        self.child.kill().expect("a kill");
        self.child.wait().expect("an end");
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

fn farewell(directory: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_farewell"));
    command.args(arguments).current_dir(directory).env_remove("FAREWELL_CONFIG").env_remove("FAREWELL_LOG");
    command
}

/// A merchant's backend that takes webhooks: their ids and bodies, in the order in which they came.
#[derive(Default)]
struct Webhooks(Arc<Mutex<Vec<(String, Bytes)>>>);

impl Webhooks {
    /// Starts it. Gives its address too.
    async fn start() -> (Self, String) {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}/", listener.local_addr().expect("an address"));
        let webhooks = Self::default();
        let posts = webhooks.0.clone();
        let take = async move |headers: HeaderMap, body: Bytes| {
            let id = headers["webhook-id"].to_str().expect("an id").to_owned();
            posts.lock().expect("the posts").push((id, body));
        };
        tokio::spawn(async move { axum::serve(listener, axum::Router::new().route("/", post(take))).await });
        (webhooks, url)
    }
}

/// Configuration, customers and a key. Gives the server's address and the key.
fn prepare(directory: &Path, mails: &MailServer, webhooks: &str) -> (String, String) {
    let port = TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address").port();
    let url = format!("http://127.0.0.1:{port}");
    let config = format!(
        r#"
        [server]
        private_webhooks = true
        listen = "127.0.0.1:{port}"
        public_url = "{url}"
        [[brand]]
        slug = "acme"
        site_id = 1
        name = "Acme"
        billing = "ledger"
        support_email = "help@acme.example"
        webhook = [{{ url = "{webhooks}" }}]
        reason = [{{ key = "too_expensive", label = "It costs too much", offers = ["half"] }}]
        offer = [{{ id = "half", kind = "discount", headline = "Half price", percent_off = 50, duration = "forever" }}]
        "#
    );
    let config = mails.configure(&config, "");
    std::fs::write(directory.join("farewell.toml"), config).expect("a configuration");
    let customers: Vec<Value> = (0..CUSTOMERS)
        .map(|n| {
            json!({
                "external_id": format!("cus_{n}"),
                "email": format!("cus_{n}@example.com"),
                "subscriptions": [{
                    "external_id": format!("sub_{n}"),
                    "plan": "pro",
                    "current_period_start": "2026-01-01T00:00:00Z",
                    "current_period_end": "2026-02-01T00:00:00Z",
                }],
            })
        })
        .collect();
    let plan = json!({ "external_id": "pro", "name": "Pro", "amount": 2000, "currency": "USD", "interval": "month" });
    let ledger = json!({ "plans": [plan], "customers": customers });
    std::fs::write(directory.join("ledger.json"), ledger.to_string()).expect("a ledger");
    let imported = farewell(directory, &["ledger", "import", "ledger.json", "--brand", "acme"])
        .output()
        .expect("an import");
    assert!(imported.status.success(), "{}", String::from_utf8_lossy(&imported.stderr));
    let made = farewell(directory, &["keys", "create", "--brand", "acme", "--json"]).output().expect("a key");
    let made: Value = serde_json::from_slice(&made.stdout).expect("a key");
    (url, made["secret"].as_str().expect("a secret").into())
}

/// Lets customers at the server until the moment comes, then kills it.
async fn round(program: &mut Program, ways: &Arc<Mutex<Vec<Way>>>, url: &str, key: &str, moment: Duration) {
    let client = Client::builder().no_proxy().timeout(Duration::from_secs(10)).build().expect("a client");
    let walkers: Vec<_> = (0..AT_ONCE)
        .map(|_| {
            let (ways, client, url, key) = (ways.clone(), client.clone(), url.to_owned(), key.to_owned());
            tokio::spawn(async move {
                let take = || ways.lock().expect("the ways").pop();
                let mut done = Vec::new();
                while let Some(mut way) = take() {
                    let gone = way.walk(&client, &url, &key).await.is_err();
                    done.push(way);
                    if gone {
                        break;
                    }
                }
                done
            })
        })
        .collect();
    tokio::time::sleep(moment).await;
    program.kill();
    for walker in walkers {
        let done = walker.await.expect("no answer was wrong");
        // Those that were interrupted are next in line again.
        let mut ways = ways.lock().expect("the ways");
        let (finished, interrupted): (Vec<_>, Vec<_>) =
            done.into_iter().partition(|way| way.answered == way.actions.len());
        ways.splice(0..0, finished);
        ways.extend(interrupted);
    }
}

/// The ways that were begun, and how many are not finished.
fn begun(ways: &[Way]) -> (usize, usize) {
    let begun = ways.iter().filter(|way| way.session.is_some());
    (begun.clone().count(), begun.filter(|way| way.answered < way.actions.len()).count())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hundred_kills_lose_nothing_and_double_nothing() {
    let directory = tempfile::tempdir().expect("a directory");
    let mails = MailServer::start().await;
    let (webhooks, endpoint) = Webhooks::start().await;
    let (url, key) = prepare(directory.path(), &mails, &endpoint);
    let ways = Arc::new(Mutex::new((0..CUSTOMERS).rev().map(Way::new).collect::<Vec<_>>()));
    for _ in 0..KILLS {
        let mut program = Program::start(directory.path());
        let moment = Duration::from_micros(u64::from(getrandom::u32().expect("randomness") % 200_000));
        round(&mut program, &ways, &url, &key, moment).await;
    }

    let program = Program::start(directory.path());
    let client = Client::builder().no_proxy().build().expect("a client");
    let mut ways = std::mem::take(&mut *ways.lock().expect("the ways"));
    ways.retain(|way| way.session.is_some());
    let (count, interrupted) = begun(&ways);
    println!("{count} customers, {interrupted} of them interrupted by the last kill");
    assert!(count > 20, "too few customers for a test: {count}");
    for way in &mut ways {
        way.walk(&client, &url, &key).await.expect("the server is up");
    }
    let health = format!("{url}/api/health");
    let began = Instant::now();
    while client.get(&health).send().await.expect("health").json::<Value>().await.expect("health")["pending"]
        != 0
    {
        assert!(began.elapsed() < Duration::from_secs(30), "intents are left pending");
    }
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(directory.path().join("farewell.db"));
    let database = SqlitePool::connect_with(options).await.expect("the database");
    check_mails(&database, &mails).await;
    check_webhooks(&database, &webhooks).await;
    drop(program);

    for way in &ways {
        check(&database, way).await;
    }
}

/// Looks whether every receipt was mailed, and whether a repeat can be told by its Message-ID.
async fn check_mails(database: &SqlitePool, mails: &MailServer) {
    let pending = "SELECT count(*) FROM mails WHERE status <> 'sent'";
    let began = Instant::now();
    while sqlx::query_scalar::<_, i64>(pending).fetch_one(database).await.expect("a count") > 0 {
        assert!(began.elapsed() < Duration::from_secs(60), "mails are left");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let receipts: Vec<String> =
        sqlx::query_scalar("SELECT reference FROM receipts").fetch_all(database).await.expect("receipts");
    let sent = mails.sent();
    let id = |message: &str| {
        message.lines().find(|line| line.starts_with("Message-ID: ")).map(str::to_owned).expect("an id")
    };
    let ids: HashSet<String> = sent.iter().map(|mail| id(&mail.message)).collect();
    println!(
        "{} receipts, {} mails, {} of them repeated",
        receipts.len(),
        sent.len(),
        sent.len() - ids.len()
    );
    assert_eq!(ids.len(), receipts.len(), "one mail for each receipt");
    for reference in receipts {
        assert!(sent.iter().any(|mail| mail.message.contains(&reference)), "{reference} was mailed");
    }
}

/// Looks whether everything that happened was told, whether a repeat can be told by its id, and whether what is told of a session
/// came in its order.
async fn check_webhooks(database: &SqlitePool, webhooks: &Webhooks) {
    let pending = "SELECT count(*) FROM webhooks WHERE status <> 'sent'";
    let began = Instant::now();
    while sqlx::query_scalar::<_, i64>(pending).fetch_one(database).await.expect("a count") > 0 {
        assert!(began.elapsed() < Duration::from_secs(60), "webhooks are left");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let posts = webhooks.0.lock().expect("the posts").clone();
    let mut first: Vec<(String, Value)> = Vec::new();
    for (id, body) in &posts {
        let body: Value = serde_json::from_slice(body).expect("JSON");
        match first.iter().find(|(known, _)| known == id) {
            Some((_, known)) => assert_eq!(*known, body, "a repeat is the same"),
            None => first.push((id.clone(), body)),
        }
    }
    println!("{} webhooks, {} of them repeated", first.len(), posts.len() - first.len());
    let (ledger, first): (Vec<_>, Vec<_>) = first
        .into_iter()
        .partition(|(_, body)| body["type"].as_str().is_some_and(|kind| kind.starts_with("cancellation.")));
    check_ledger(database, ledger.into_iter().map(|(_, body)| body)).await;
    let mut told: BTreeMap<(String, i64), Vec<String>> = BTreeMap::new();
    for (_, body) in first {
        let data = &body["data"];
        let session = data["sessionId"].as_str().expect("a session").to_owned();
        let kind = body["type"].as_str().expect("a type").to_owned();
        told.entry((session, data["run"].as_i64().expect("a run"))).or_default().push(kind);
    }
    let outcomes: Vec<(String, i64, Option<String>)> =
        sqlx::query_as("SELECT session, run, offer_id FROM outcomes")
            .fetch_all(database)
            .await
            .expect("outcomes");
    assert_eq!(told.len(), outcomes.len(), "nothing is told that did not happen");
    for (session, run, offer) in outcomes {
        let mut all = vec!["session.completed", "receipt.issued", "session.settled"];
        if offer.is_some() {
            all.insert(1, "offer.accepted");
        }
        assert_eq!(told[&(session, run)], all, "each once, in its order");
    }
}

/// Looks whether every entry of the ledger of cancellations was told as a new one, once, and as what it is now at last.
async fn check_ledger(database: &SqlitePool, told: impl Iterator<Item = Value>) {
    let mut entries: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for body in told {
        let event = body["data"]["eventId"].as_str().expect("an event").to_owned();
        entries.entry(event).or_default().push(body);
    }
    let kept: Vec<(String, Option<String>)> = sqlx::query_as("SELECT event_id, outcome FROM cancellations")
        .fetch_all(database)
        .await
        .expect("a ledger");
    println!("{} cancellations", kept.len());
    assert_eq!(entries.len(), kept.len(), "nothing is told that is not there");
    for (event, outcome) in kept {
        let told = &entries[&event];
        let kinds: Vec<_> = told.iter().map(|body| body["type"].as_str().expect("a type")).collect();
        assert_eq!(kinds[0], "cancellation.created");
        assert!(kinds[1..].iter().all(|kind| *kind == "cancellation.updated"), "{kinds:?}");
        let last = &told.last().expect("an event")["data"]["outcome"];
        assert_eq!(last.as_str(), outcome.as_deref(), "as it is now");
    }
}

/// Looks whether everything a customer was told is there, once.
async fn check(database: &SqlitePool, way: &Way) {
    let customer = &way.customer;
    let session: String = sqlx::query_scalar("SELECT id FROM sessions WHERE customer = $1")
        .bind(customer)
        .fetch_one(database)
        .await
        .unwrap_or_else(|error| panic!("{customer} has one session: {error}"));
    let rows = sqlx::query("SELECT run, seq, content FROM actions WHERE session = $1 ORDER BY run, seq")
        .bind(&session)
        .fetch_all(database)
        .await
        .expect("actions");
    let kept: Vec<Value> = rows
        .iter()
        .map(|row| {
            let mut action: Value = serde_json::from_str(row.get("content")).expect("an action");
            action["run"] = row.get::<i64, _>("run").into();
            action["seq"] = row.get::<i64, _>("seq").into();
            action
        })
        .collect();
    assert_eq!(kept, way.actions, "{customer}: every action is kept, in its place, once");

    let outcomes = sqlx::query("SELECT run, effect, receipt FROM outcomes WHERE session = $1 ORDER BY run")
        .bind(&session)
        .fetch_all(database)
        .await
        .expect("outcomes");
    let ends = if way.actions.len() == 3 { 1 } else { 3 };
    assert_eq!(outcomes.len(), ends, "{customer}");
    for outcome in &outcomes {
        assert_eq!(outcome.get::<Option<&str>, _>("effect"), Some("applied"), "{customer}");
        let receipt: Value = serde_json::from_str(outcome.get("receipt")).expect("a receipt");
        let run = u64::try_from(outcome.get::<i64, _>("run")).expect("a run");
        if let Some(told) = way.receipts.get(&run) {
            assert_eq!(*told, receipt, "{customer}: the receipt is the one that was told");
        }
    }
    let issued: Vec<(i64, String)> =
        sqlx::query_as("SELECT run, reference FROM receipts WHERE session = $1 ORDER BY run")
            .bind(&session)
            .fetch_all(database)
            .await
            .expect("receipts");
    let told = outcomes.iter().map(|outcome| {
        let receipt: Value = serde_json::from_str(outcome.get("receipt")).expect("a receipt");
        (outcome.get::<i64, _>("run"), receipt["reference"].as_str().expect("a reference").to_owned())
    });
    assert_eq!(issued, told.collect::<Vec<_>>(), "{customer}: one receipt for each thing that was done");
    let count = async |sql: &'static str| -> i64 {
        sqlx::query_scalar(sql).bind(customer).fetch_one(database).await.expect("a count")
    };
    let operations = count(
        "SELECT count(*) FROM ledger_operations AS o JOIN ledger_subscriptions AS s ON s.id = o.subscription_id \
         JOIN ledger_customers AS c ON c.id = s.customer_id WHERE c.external_id = $1 AND o.kind <> 'import'",
    );
    assert_eq!(
        operations.await,
        i64::try_from(ends).expect("a count"),
        "{customer}: billing did each thing once"
    );
    let discounts = count(
        "SELECT count(*) FROM ledger_discounts AS d JOIN ledger_subscriptions AS s ON s.id = d.subscription_id \
         JOIN ledger_customers AS c ON c.id = s.customer_id WHERE c.external_id = $1",
    );
    assert_eq!(discounts.await, i64::from(way.actions.len() == 3), "{customer}");
    let canceled = count(
        "SELECT count(*) FROM ledger_subscriptions AS s JOIN ledger_customers AS c ON c.id = s.customer_id \
         WHERE c.external_id = $1 AND s.cancel_at IS NOT NULL",
    );
    assert_eq!(canceled.await, i64::from(way.actions.len() == 6), "{customer}");
}
