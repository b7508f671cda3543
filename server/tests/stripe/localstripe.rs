//! The connector against localstripe, which others have written from Stripe's documentation: <https://github.com/adrienverge/localstripe>.
//!
//! It knows plans and no prices, and neither discounts, pauses, reasons, proration nor metadata of subscriptions: what is asked for
//! with one of them it does not do, and nobody may be told that it is done. `cargo xtask test --only stripe` installs it.

use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::routing::any;
use farewell_server::billing::stripe::Stripe;
use farewell_server::billing::{
    Answer, Billing, Change, Deal, DiscountTerms, Instruction, Interval, Length, Lookup, LookupError,
    PlanPrice, PlanTerms, Reduction, Span,
};
use farewell_server::clock::Clock;
use farewell_server::secret::SecretText;
use reqwest::Client;
use serde_json::Value;

use crate::stand_in::KEY;

/// Of its own it listens on every address there is, and keeps what it has in /tmp.
const SERVE: &str = "\
import sys
from aiohttp import web
from localstripe import resources, server
type(resources.store).dump_to_disk = lambda self: None
web.run_app(server.app, host='127.0.0.1', port=int(sys.argv[1]), print=None)";

struct Peer {
    url: String,
    client: Client,
    program: Child,
}

impl Drop for Peer {
    fn drop(&mut self) {
        drop(self.program.kill());
        drop(self.program.wait());
    }
}

impl Peer {
    async fn start() -> Self {
        let python = std::env::var("FAREWELL_LOCALSTRIPE").expect(
            "the Python that has localstripe, in FAREWELL_LOCALSTRIPE: run `cargo xtask test --only stripe`",
        );
        // Free again at the end of the line, for localstripe to take.
        let address = std::net::TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr());
        let port = address.expect("a free port").port();
        let mut command = Command::new(python);
        command.args(["-c", SERVE, &port.to_string()]).stderr(Stdio::null());
        let program = command.spawn().expect("localstripe starts");
        let client = Client::builder().no_proxy().timeout(Duration::from_secs(10)).build().expect("a client");
        let peer = Self { url: format!("http://127.0.0.1:{port}"), client, program };
        let began = Instant::now();
        while peer.client.get(&peer.url).send().await.is_err() {
            assert!(began.elapsed() < Duration::from_secs(30), "localstripe does not answer");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        peer
    }

    async fn make(&self, path: &str, form: &[(&str, &str)]) -> Value {
        let request = self.client.post(format!("{}/v1/{path}", self.url)).bearer_auth(KEY).form(form);
        let answer = request.send().await.expect("an answer");
        assert_eq!(answer.status(), 200, "{path}");
        answer.json().await.expect("JSON")
    }

    async fn shown(&self, id: &str) -> Value {
        let request = self.client.get(format!("{}/v1/subscriptions/{id}", self.url)).bearer_auth(KEY);
        request.send().await.expect("an answer").json().await.expect("JSON")
    }
}

/// What stands before it: it cannot expand discounts, since it has none, and refuses all of the request for that. This one word is
/// taken out of requests, and nothing else is changed.
async fn without_discounts(peer: &Peer) -> String {
    async fn pass(
        State((to, client)): State<(String, Client)>,
        method: Method,
        uri: Uri,
        headers: HeaderMap,
        body: Bytes,
    ) -> (StatusCode, Vec<u8>) {
        let path = uri.path_and_query().expect("a path").as_str();
        let path = path
            .replace("expand%5B%5D=discounts", "")
            .replace("&expand%5B%5D=data.discounts", "")
            .trim_end_matches('?')
            .to_owned();
        let mut request = client.request(method, format!("{to}{path}")).body(body);
        for name in ["authorization", "content-type", "idempotency-key"] {
            if let Some(value) = headers.get(name) {
                request = request.header(name, value);
            }
        }
        let answer = request.send().await.expect("an answer");
        (answer.status(), answer.bytes().await.expect("a body").to_vec())
    }
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}/", listener.local_addr().expect("an address"));
    let router = Router::new().fallback(any(pass)).with_state((peer.url.clone(), peer.client.clone()));
    tokio::spawn(async move { axum::serve(listener, router).await });
    url
}

/// Ada, with a card and a plan of 12.50 USD a month, and a subscription to it.
struct World {
    peer: Peer,
    billing: Stripe,
    customer: String,
    plan: String,
}

impl World {
    async fn new() -> Self {
        let peer = Peer::start().await;
        let url = without_discounts(&peer).await;
        let card = [
            ("card[number]", "4242424242424242"),
            ("card[exp_month]", "12"),
            ("card[exp_year]", "2040"),
            ("card[cvc]", "123"),
        ];
        let card = peer.make("tokens", &card).await;
        let ada = [
            ("email", "Ada@Example.com"),
            ("name", "Ada"),
            ("metadata[user_id]", "u-1"),
            ("source", card["id"].as_str().expect("a token")),
        ];
        let customer = peer.make("customers", &ada).await;
        let product = [("name", "Pro"), ("type", "service")];
        let product = peer.make("products", &product).await;
        let plan = [
            ("product", product["id"].as_str().expect("a product")),
            ("amount", "1250"),
            ("currency", "usd"),
            ("interval", "month"),
        ];
        let plan = peer.make("plans", &plan).await;
        let billing = Stripe::new(url.parse().expect("an address"), SecretText::new(KEY), Clock::system())
            .expect("certificates");
        let id = |one: &Value| one["id"].as_str().expect("an id").to_owned();
        Self { customer: id(&customer), plan: id(&plan), peer, billing }
    }

    async fn subscribe(&self, more: &[(&str, &str)]) -> String {
        let form = [&[("customer", self.customer.as_str()), ("items[0][plan]", &self.plan)], more].concat();
        self.peer.make("subscriptions", &form).await["id"].as_str().expect("an id").into()
    }

    fn of(&self, subscription: &str) -> Lookup {
        Lookup {
            customer: Some(self.customer.clone()),
            subscription: Some(subscription.into()),
            ..Lookup::default()
        }
    }

    fn instruction(&self, subscription: &str, change: Change) -> Instruction {
        Instruction {
            customer: self.customer.clone(),
            subscription: Some(subscription.into()),
            session: None,
            event: None,
            reason: None,
            requested_at: Clock::system().now(),
            change,
        }
    }

    /// Carries it out twice, as after a kill, and reads it back.
    async fn applied(&self, key: &str, instruction: &Instruction) {
        for _ in 0..2 {
            assert_eq!(self.billing.execute(key, instruction).await, Answer::Applied, "{key}");
        }
        assert_eq!(self.billing.read_back(key, instruction).await, Answer::Applied, "{key}");
    }

    /// Asks for what it does not know: nothing is changed, and nobody is told that it was.
    async fn not_done(&self, what: &str, subscription: &str, instruction: &Instruction) {
        let before = self.peer.shown(subscription).await;
        let executed = self.billing.execute(what, instruction).await;
        assert!(matches!(executed, Answer::Unknown(_) | Answer::Refused(_)), "{what}: {executed:?}");
        let read = self.billing.read_back(what, instruction).await;
        assert!(matches!(read, Answer::Unknown(_) | Answer::Refused(_)), "{what}: {read:?}");
        assert_eq!(self.peer.shown(subscription).await, before, "{what}");
        println!("{what}: {executed:?}");
    }

    async fn take(&self, subscription: &str, deal: Deal) -> Instruction {
        let agreed = self.billing.snapshot(&self.of(subscription)).await.expect("a snapshot").terms;
        self.instruction(subscription, Change::Accept { offer: "half".into(), deal, agreed })
    }
}

#[tokio::test]
#[ignore = "localstripe has to be installed: `cargo xtask test --only stripe`"]
async fn what_another_takes_for_stripe_is_read_canceled_and_taken_back() {
    let world = World::new().await;
    let subscription = world.subscribe(&[]).await;
    let billing = &world.billing;
    let email = |email: &str| Lookup { email: Some(email.into()), ..Lookup::default() };
    for lookup in [
        Lookup { customer: Some(world.customer.clone()), ..Lookup::default() },
        email("Ada@Example.com"),
        Lookup { subscription: Some(subscription.clone()), ..Lookup::default() },
        world.of(&subscription),
    ] {
        let found = billing.snapshot(&lookup).await.unwrap_or_else(|error| panic!("{lookup:?}: {error}"));
        assert_eq!((&found.customer.id, found.subscription.as_ref()), (&world.customer, Some(&subscription)));
        assert_eq!(
            (found.customer.user_id.as_deref(), found.customer.name.as_deref()),
            (Some("u-1"), Some("Ada"))
        );
        let terms = found.terms.expect("terms");
        assert_eq!((terms.amount, terms.currency.as_str(), terms.plan_name.as_str()), (1250, "USD", "Pro"));
        assert!(found.can.cancel && found.can.discount && !found.can.extend_trial);
    }
    assert_eq!(
        billing.snapshot(&email("nobody@example.com")).await.unwrap_err(),
        LookupError::UnknownCustomer
    );
    let account = billing.account(&email("Ada@Example.com")).await.expect("an account");
    assert_eq!(account.subscriptions.len(), 1);
    assert!(account.subscriptions[0].next_payment.is_some());

    let cancel = world.instruction(&subscription, Change::CancelAtPeriodEnd { effective_at: None });
    world.applied("cancel", &cancel).await;
    assert_eq!(world.peer.shown(&subscription).await["cancel_at_period_end"], true);
    assert_eq!(billing.snapshot(&world.of(&subscription)).await.unwrap_err(), LookupError::NothingToCancel);
    world.applied("undo", &world.instruction(&subscription, Change::Undo)).await;
    assert_eq!(world.peer.shown(&subscription).await["cancel_at_period_end"], false);
    world.applied("now", &world.instruction(&subscription, Change::CancelImmediately)).await;
    assert_eq!(world.peer.shown(&subscription).await["status"], "canceled");
    let undo = world.instruction(&subscription, Change::Undo);
    assert!(matches!(billing.execute("late", &undo).await, Answer::Refused(why) if why.contains("ended")));
}

#[tokio::test]
#[ignore = "localstripe has to be installed: `cargo xtask test --only stripe`"]
async fn what_it_does_not_know_is_never_told_as_done() {
    let world = World::new().await;
    let subscription = world.subscribe(&[]).await;
    let cancel = world.instruction(&subscription, Change::CancelAtPeriodEnd { effective_at: None });
    let because = Instruction { reason: Some("too_expensive".into()), ..cancel };
    world.not_done("a reason", &subscription, &because).await;
    let half = DiscountTerms { off: Reduction::Percent(50), lasts: Span::Once };
    let half = world.take(&subscription, Deal::Discount(half)).await;
    world.not_done("a discount", &subscription, &half).await;
    let pause = Deal::Pause(Length { interval: Interval::Month, count: 1 });
    let pause = world.take(&subscription, pause).await;
    world.not_done("a pause", &subscription, &pause).await;
    let price =
        PlanPrice { amount: 1250, currency: "USD".into(), interval: Interval::Month, interval_count: 1 };
    let other = PlanTerms { id: world.plan.clone(), name: "Pro".into(), price: Some(price) };
    let other = world.take(&subscription, Deal::ChangePlan(other)).await;
    world.not_done("a plan, which is no price", &subscription, &other).await;
    assert!(world.billing.plans(std::slice::from_ref(&world.plan)).await.is_err(), "it has no prices at all");

    let end = (Clock::system().now().as_second() + 7 * 86_400).to_string();
    let trial = world.subscribe(&[("trial_end", &end)]).await;
    let found = world.billing.snapshot(&world.of(&trial)).await.expect("a snapshot");
    assert_eq!(found.trial_ends_at.map(|end| end.as_second().to_string()), Some(end));
    assert!(found.can.extend_trial);
    let longer = world.take(&trial, Deal::ExtendTrial { days: 7 }).await;
    world.not_done("a longer trial without proration", &trial, &longer).await;
}
