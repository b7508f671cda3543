//! The real program, killed with SIGKILL at random moments while customers are at it. Whatever was answered is kept, and
//! nothing is done twice.

mod hub;
#[path = "../http/mail_server.rs"]
mod mail_server;
mod program;
mod told;
mod way;

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use hub::HubWay;
use mail_server::MailServer;
use program::{Program, prepare};
use reqwest::Client;
use serde_json::Value;
use sqlx::sqlite::SqlitePool;
use told::{Webhooks, check_mails, check_webhooks};
use way::{Way, check};

const KILLS: u32 = 100;
const CUSTOMERS: u32 = 1500;
const AT_ONCE: usize = 8;

/// What a customer does.
enum Visit {
    /// Leaves, or takes an offer.
    Flow(Way),
    /// Changes something in the hub.
    Hub(HubWay),
}

impl Visit {
    /// Every third customer is in the hub.
    fn of(number: u32) -> Self {
        if number % 3 == 2 { Self::Hub(HubWay::new(number)) } else { Self::Flow(Way::new(number)) }
    }

    fn is_begun(&self) -> bool {
        match self {
            Self::Flow(way) => way.session.is_some(),
            Self::Hub(way) => way.session.is_some(),
        }
    }

    fn is_done(&self) -> bool {
        match self {
            Self::Flow(way) => way.is_done(),
            Self::Hub(way) => way.is_done(),
        }
    }

    async fn walk(&mut self, client: &Client, url: &str, key: &str) -> Result<(), reqwest::Error> {
        match self {
            Self::Flow(way) => way.walk(client, url, key).await,
            Self::Hub(way) => way.walk(client, url, key).await,
        }
    }
}

/// Lets customers at the server until the moment comes, then kills it.
async fn round(program: &mut Program, ways: &Arc<Mutex<Vec<Visit>>>, url: &str, key: &str, moment: Duration) {
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
        let (finished, interrupted): (Vec<_>, Vec<_>) = done.into_iter().partition(Visit::is_done);
        ways.splice(0..0, finished);
        ways.extend(interrupted);
    }
}

/// The ways that were begun, and how many are not finished.
fn begun(ways: &[Visit]) -> (usize, usize) {
    let begun = ways.iter().filter(|way| way.is_begun());
    (begun.clone().count(), begun.filter(|way| !way.is_done()).count())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hundred_kills_lose_nothing_and_double_nothing() {
    let directory = tempfile::tempdir().expect("a directory");
    let mails = MailServer::start().await;
    let (webhooks, endpoint) = Webhooks::start().await;
    let (url, key) = prepare(directory.path(), &mails, &endpoint);
    let ways = Arc::new(Mutex::new((0..CUSTOMERS).rev().map(Visit::of).collect::<Vec<_>>()));
    for _ in 0..KILLS {
        let mut program = Program::start(directory.path());
        let moment = Duration::from_micros(u64::from(getrandom::u32().expect("randomness") % 200_000));
        round(&mut program, &ways, &url, &key, moment).await;
    }

    let program = Program::start(directory.path());
    let client = Client::builder().no_proxy().build().expect("a client");
    let mut ways = std::mem::take(&mut *ways.lock().expect("the ways"));
    ways.retain(Visit::is_begun);
    let (count, interrupted) = begun(&ways);
    println!("{count} customers, {interrupted} of them interrupted by the last kill");
    let in_hub = ways.iter().filter(|way| matches!(way, Visit::Hub(_))).count();
    println!("{in_hub} of them in the hub");
    assert!(count > 20 && in_hub > 5, "too few customers for a test: {count}, {in_hub}");
    for way in &mut ways {
        way.walk(&client, &url, &key).await.expect("the server is up");
    }
    let pending = async || {
        let deep = client.get(format!("{url}/api/health?deep=1")).header("x-api-key", &key);
        let health: Value = deep.send().await.expect("health").json().await.expect("health");
        health["billing"]["pending"].as_i64().unwrap_or_else(|| panic!("{health}"))
    };
    let began = Instant::now();
    while pending().await > 0 {
        assert!(began.elapsed() < Duration::from_secs(30), "intents are left pending");
    }
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(directory.path().join("farewell.db"));
    let database = SqlitePool::connect_with(options).await.expect("the database");
    check_mails(&database, &mails).await;
    let told_of_hubs = check_webhooks(&database, &webhooks).await;
    drop(program);

    for way in &ways {
        match way {
            Visit::Flow(way) => check(&database, way).await,
            Visit::Hub(way) => way.check(&database, &told_of_hubs).await,
        }
    }
}
