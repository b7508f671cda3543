//! A shop with customers: a brand on the ledger, a running server, and what customers do there.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output};

use reqwest::{Client, Method};
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use crate::{run, serve};

pub struct Shop {
    pub directory: tempfile::TempDir,
    port: u16,
    key: String,
    running: Option<Child>,
    runtime: Runtime,
    client: Client,
}

impl Shop {
    /// Opens it: the configuration and ledger of the tests over HTTP, the brand acme, the customers cus_1 to cus_9.
    pub fn open() -> Self {
        Self::open_as("", "")
    }

    /// The same, whose webhooks go where nobody takes them.
    pub fn telling() -> Self {
        Self::open_as(
            "private_webhooks = true\n",
            "[[brand.webhook]]\nurl = \"http://127.0.0.1:1/hook\"\n\n[[brand.webhook]]\nurl = \"http://127.0.0.1:1/hook\"\n\
             environment = \"sandbox\"\n\n",
        )
    }

    /// The same with more in `[server]` and in the brand acme.
    pub fn open_as(of_server: &str, of_brand: &str) -> Self {
        let port = TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address").port();
        let directory = tempfile::tempdir().expect("a directory");
        let config = include_str!("../http/farewell.toml")
            .replace("listen = \"127.0.0.1:0\"", &format!("{of_server}listen = \"127.0.0.1:{port}\""))
            .replacen("[[brand.reason]]", &format!("{of_brand}[[brand.reason]]"), 1)
            .replace("http://127.0.0.1:1\"", &format!("http://127.0.0.1:{port}\""));
        std::fs::write(directory.path().join("farewell.toml"), config).expect("a configuration");
        std::fs::write(directory.path().join("ledger.json"), include_str!("../http/ledger.json"))
            .expect("a ledger");
        let mut shop = Self {
            port,
            key: String::new(),
            running: None,
            runtime: Runtime::new().expect("a runtime"),
            client: Client::builder().no_proxy().build().expect("a client"),
            directory,
        };
        shop.does(&["ledger", "import", "ledger.json", "--brand", "acme"]);
        let made = shop.does(&["keys", "create", "--brand", "acme", "--json"]);
        let made: Value = serde_json::from_str(&made).expect("JSON");
        shop.key = made["secret"].as_str().expect("a key").to_owned();
        shop.start();
        shop
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    pub fn database(&self) -> PathBuf {
        self.path("farewell.db")
    }

    pub fn start(&mut self) {
        let (child, mut log) = serve(self.directory.path());
        // A pipe that nobody reads from is full one day, and then the server waits.
        std::thread::spawn(move || std::io::copy(&mut log, &mut std::io::sink()));
        self.running = Some(child);
    }

    pub fn stop(&mut self) {
        if let Some(mut child) = self.running.take() {
            Command::new("kill").arg(child.id().to_string()).status().expect("a signal");
            child.wait().expect("an end");
        }
    }

    pub fn run(&self, arguments: &[&str]) -> Output {
        run(self.directory.path(), arguments)
    }

    /// Runs a command that has to succeed. Gives what it printed.
    #[track_caller]
    pub fn does(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("text")
    }

    /// What a command prints as JSON.
    #[track_caller]
    pub fn json(&self, arguments: &[&str]) -> Value {
        serde_json::from_str(&self.does(arguments)).expect("JSON")
    }

    fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    /// A session id of a customer, with whatever else the backend says of it.
    pub fn session(&self, customer: &str, mut more: Value) -> String {
        more["customer_id"] = customer.into();
        let body = json!({ "retention": more });
        let post = self.client.post(self.url("/v1/retention/session")).header("x-brand-key", &self.key);
        let answer: Value = self.runtime.block_on(async {
            post.json(&body).send().await.expect("an answer").json().await.expect("JSON")
        });
        answer["id"].as_str().unwrap_or_else(|| panic!("{answer}")).to_owned()
    }

    /// Asks something of the server as the backend of acme, with a JSON body. It has to be done.
    pub fn ask(&self, method: Method, path: &str, body: &Value) -> Value {
        let request = self.client.request(method, self.url(path)).bearer_auth(&self.key).json(body);
        let (status, answer): (u16, Value) = self.runtime.block_on(async {
            let answer = request.send().await.expect("an answer");
            (answer.status().as_u16(), answer.json().await.expect("JSON"))
        });
        assert!(matches!(status, 200 | 201), "{status}: {answer}");
        answer
    }

    /// A customer pauses for a month in the hub.
    pub fn pauses(&self, customer: &str, subscription: &str, environment: &str) {
        let body = json!({ "subscription": { "customer_id": customer, "environment": environment } });
        let session = self.ask(Method::POST, "/v1/subscription/session", &body);
        let session = session["id"].as_str().expect("a session").to_owned();
        let press = |fields: &[(&str, &str)]| -> Value {
            let fields = [&[("session", session.as_str())], fields].concat();
            let post = self.client.post(self.url("/v1/hub/actions")).form(&fields);
            self.runtime.block_on(async { post.send().await.expect("an answer").json().await.expect("JSON") })
        };
        let choice = [("subscription", subscription), ("want", "pause"), ("choice", "1_month")];
        let shown = press(&[&[("do", "preview")], &choice[..]].concat());
        let drawn: Vec<&str> =
            shown["hub"].as_array().expect("a hub").iter().filter_map(Value::as_str).collect();
        let quote = drawn.windows(2).find(|pair| pair[0] == "@name=quote").expect("something to agree to")[1];
        let done = press(&[("do", "confirm"), ("quote", quote.trim_start_matches("@value="))]);
        assert_eq!(done["changed"]["effect"], "applied", "{done}");
    }

    /// A link to the hosted flow for a customer whom the merchant calls so.
    pub fn link(&self, user: &str, metadata: &Value) -> String {
        let body =
            json!({ "userId": user, "returnUrl": "https://shop.acme.example/back", "metadata": metadata });
        let link = self.ask(Method::POST, "/api/v1/cancel-link", &body);
        link["url"].as_str().expect("a link").to_owned()
    }

    /// Follows a link, which opens its session. Gives the status.
    pub fn follow(&self, url: &str) -> u16 {
        let get = self.client.get(url).send();
        self.runtime.block_on(get).expect("an answer").status().as_u16()
    }

    /// Tells the ledger of cancellations of a customer whom the merchant calls so, and then how it ended.
    pub fn tell(&self, user: &str, event: &str, text: &str) {
        let event = json!({
            "eventId": event, "userId": user, "reasonKey": "too_expensive", "reasonText": text,
            "offer": { "type": "discount", "accepted": false, "label": "Half price" },
            "context": { "plan": "Pro", "mrr": 129.5, "tenureDays": 42 }, "metadata": { "note": text },
        });
        self.ask(Method::POST, "/api/v1/cancellations", &event);
        let path = format!("/api/v1/cancellations/{}", event["eventId"].as_str().expect("an id"));
        self.ask(Method::PATCH, &path, &json!({ "outcome": "recovered", "metadata": { "note": text } }));
    }

    /// What is known of a session, by its id. The first call stores it.
    pub fn flow(&self, id: &str) -> Value {
        let get = self.client.get(self.url("/v1/flow")).bearer_auth(id);
        self.runtime.block_on(async { get.send().await.expect("an answer").json().await.expect("JSON") })
    }

    /// Does what a customer does in a session. A `claim_id` that is an offer's id stands for the claim on it.
    pub fn act(&self, id: &str, mut actions: Value) -> Value {
        let flow = self.flow(id);
        let offers = flow["flow"]["offers"].as_array().cloned().unwrap_or_default();
        for action in actions.as_array_mut().into_iter().flatten() {
            let of = offers.iter().find(|offer| Some(&offer["id"]) == action.get("claim_id"));
            if let Some(offer) = of {
                action["claim_id"] = offer["claim_id"].clone();
            }
        }
        let body = json!({ "actions": actions });
        let post = self.client.post(self.url("/v1/flow/actions")).bearer_auth(id).json(&body);
        let (status, answer): (u16, Value) = self.runtime.block_on(async {
            let answer = post.send().await.expect("an answer");
            (answer.status().as_u16(), answer.json().await.expect("JSON"))
        });
        assert_eq!(status, 200, "{answer}");
        answer
    }

    /// A customer who says why, turns the offer down and leaves. Gives the receipt's reference.
    pub fn leaves(&self, customer: &str) -> String {
        let id = self.session(customer, json!({}));
        let done = self.act(
            &id,
            json!([
                { "run": 1, "seq": 1, "do": "shown" },
                { "run": 1, "seq": 2, "do": "answer", "reason": "too_expensive",
                  "follow_up.too_expensive": "=TEN dollars", "feedback": "Said by a customer" },
                { "run": 1, "seq": 3, "do": "decline", "claim_id": "half" },
                { "run": 1, "seq": 4, "do": "cancel" },
            ]),
        );
        let receipt = &done["state"]["runs"][0]["receipt"]["reference"];
        receipt.as_str().unwrap_or_else(|| panic!("{done}")).to_owned()
    }

    /// A customer who takes the offer.
    pub fn stays(&self, customer: &str) {
        let id = self.session(customer, json!({}));
        self.act(
            &id,
            json!([
                { "run": 1, "seq": 1, "do": "shown" },
                { "run": 1, "seq": 2, "do": "answer", "reason": "too_expensive" },
                { "run": 1, "seq": 3, "do": "accept", "claim_id": "half" },
            ]),
        );
    }

    /// The texts that a query finds in the database.
    pub fn texts(&self, sql: &'static str) -> Vec<String> {
        use sqlx::{ConnectOptions, Connection};
        self.runtime.block_on(async {
            let options = sqlx::sqlite::SqliteConnectOptions::new().filename(self.database());
            let mut connection = options.connect().await.expect("the database");
            let found = sqlx::query_scalar(sql).fetch_all(&mut connection).await.expect("texts");
            connection.close().await.expect("an end");
            found
        })
    }

    /// How many rows a query counts in the database.
    pub fn count(&self, sql: &'static str) -> i64 {
        count(&self.database(), sql)
    }
}

impl Drop for Shop {
    fn drop(&mut self) {
        self.stop();
    }
}

/// How many rows a query counts in a file.
pub fn count(file: &Path, sql: &'static str) -> i64 {
    use sqlx::{ConnectOptions, Connection};
    let runtime = Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let options = sqlx::sqlite::SqliteConnectOptions::new().filename(file);
        let mut connection = options.connect().await.expect("the database");
        let counted = sqlx::query_scalar(sql).fetch_one(&mut connection).await.expect("a count");
        connection.close().await.expect("an end");
        counted
    })
}

/// Changes a file with one statement.
pub fn execute(file: &Path, sql: &'static str) {
    use sqlx::{ConnectOptions, Connection};
    let runtime = Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let options = sqlx::sqlite::SqliteConnectOptions::new().filename(file);
        let mut connection = options.connect().await.expect("the database");
        sqlx::query(sql).execute(&mut connection).await.expect("a change");
        connection.close().await.expect("an end");
    });
}
