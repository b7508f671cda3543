//! The real program, killed with SIGKILL while Stripe is asked, and with a way to Stripe on which everything that can go wrong does.
//! Nothing is done twice, nothing is lost, and nobody is told that something is done before it is.
//!
//! `FAREWELL_STRIPE_RUNS=2000 cargo test -p farewell-server --test stripe killed -- --nocapture` tries so many seeds.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use reqwest::Client;
use serde_json::json;
use tokio::sync::mpsc;

use crate::customer::{Customer, Walk};
use crate::gate::Gate;
use crate::program::{Program, prepare, supervise};
use crate::seed::runs;
use crate::stand_in::StandIn;

const USUAL: u32 = 60;
/// How many customers are at it at once.
const AT_ONCE: u32 = 24;
/// How long one of them may take: the waits between attempts double from one second.
const PATIENCE: Duration = Duration::from_secs(400);

/// Status, attempts, next attempt and last error of a customer's intents.
async fn waiting(database: &Path, number: u32) -> Vec<(String, i64, String, Option<String>)> {
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(database);
    let database = sqlx::SqlitePool::connect_with(options).await.expect("the database");
    let intents = "SELECT i.status, i.attempts, i.next_attempt_at, i.last_error FROM intents AS i \
         JOIN sessions AS s ON s.id = i.session WHERE s.customer = $1 ORDER BY i.created_at";
    sqlx::query_as(intents).bind(format!("cus_{number}")).fetch_all(&database).await.expect("intents")
}

/// Customers for whom something is not settled.
async fn unsettled(database: &Path) -> Vec<String> {
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(database);
    let database = sqlx::SqlitePool::connect_with(options).await.expect("the database");
    let pending = "SELECT s.customer FROM intents AS i JOIN sessions AS s ON s.id = i.session WHERE i.status = 'pending' \
         UNION ALL SELECT customer FROM hub_changes WHERE status = 'pending'";
    sqlx::query_scalar(pending).fetch_all(&database).await.expect("intents")
}

/// What is counted: each of them is done as often as the customer wanted it.
const CHANGES: [&str; 6] = ["coupon", "code", "cancel", "undo", "resume", "charge"];

/// What of that a member of a request asks for.
fn what(name: &str, value: &str) -> Option<&'static str> {
    match (name, value) {
        ("discounts[0][coupon]", _) => Some("coupon"),
        ("discounts[0][promotion_code]", _) => Some("code"),
        ("cancel_at_period_end", "true") => Some("cancel"),
        ("cancel_at_period_end", _) => Some("undo"),
        ("pause_collection", "") => Some("resume"),
        ("payment_behavior", _) => Some("charge"),
        _ => None,
    }
}

/// A pause of a month that begins with the next payment.
fn paused(from: i64) -> serde_json::Value {
    let until = from + 31 * 86_400;
    json!({
        "pause_collection": { "behavior": "void", "resumes_at": until - 3600 },
        "metadata": { "farewell_pause": format!("{from}-{until}") },
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_while_stripe_is_asked_it_does_everything_once() {
    let (runs, began) = (runs(USUAL), Instant::now());
    let stripe = StandIn::start().await;
    stripe.price("price_pro", 1250, "month", 1);
    stripe.price("price_max", 30_000, "year", 1);
    let once = json!({ "coupon": { "id": "co_1", "valid": true, "percent_off": 20.0, "duration": "once" } });
    stripe.code("promo_1", "SPRING", once);
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
                    let more = if Walk::of(number) == Walk::Hub { paused(end) } else { json!({}) };
                    stripe.subscription(&sub, &cus, "price_pro", end, more);
                    if matches!(Walk::of(number), Walk::Bank | Walk::Leave) {
                        stripe.ask_customer(&sub);
                    }
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
        for (name, value) in &asked.form {
            let Some(what) = what(name, value) else { continue };
            *changes.entry((asked.path.clone(), what)).or_default() += 1;
        }
    }
    for number in runs.clone() {
        let path = format!("POST v1/subscriptions/sub_{number}");
        let often: Vec<u32> = CHANGES
            .iter()
            .map(|what| changes.get(&(path.clone(), *what)).copied().unwrap_or_default())
            .collect();
        let (walk, shown) = (Walk::of(number), stripe.shown(&format!("sub_{number}")));
        let back = u32::from(walk.comes_back(number));
        let (expected, charges): ([u32; 6], &[&str]) = match walk {
            Walk::Flow => ([1, 0, 1, back, 0, 0], &[]),
            Walk::Hub => ([0, 1, 0, 0, 1, 1], &["paid"]),
            Walk::Bank => ([0, 0, 0, 0, 0, 1], &["paid"]),
            Walk::Leave => ([0, 0, 1, back, 0, 1], &["void"]),
        };
        assert_eq!(often, expected, "{number}, {walk:?}: {CHANGES:?}");
        assert_eq!(stripe.charges(&format!("sub_{number}")), charges, "{number}, {walk:?}");
        assert_eq!(shown["cancel_at_period_end"], expected[2] > expected[3], "{number}, {walk:?}");
        let plan = if charges == ["paid"] { "price_max" } else { "price_pro" };
        assert_eq!(shown["items"]["data"][0]["price"]["id"], plan, "{number}, {walk:?}");
        assert_eq!(
            shown["discounts"].as_array().map(Vec::len),
            Some(usize::from(walk == Walk::Flow)),
            "{number}"
        );
    }
    let left = unsettled(&directory.path().join("farewell.db")).await;
    assert!(left.is_empty(), "{left:?}");
    let killed = killed.load(Ordering::Relaxed);
    println!("{} seeds, {killed} kills, {:?}: {:?}", runs.len(), began.elapsed(), gate.met());
    assert!(killed > 0 || runs.len() < 20, "the server was never killed");
}
