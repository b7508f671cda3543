//! The log of the real program, with everything it would say to a developer, after customers and strangers have been through it:
//! nothing in it is anybody's.

use std::io::{BufRead, BufReader, Read};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread::{self, JoinHandle};

use reqwest::{Client, Method, Response, redirect};
use serde_json::{Value, json};

const CONFIG: &str = r#"
[server]
listen = "127.0.0.1:PORT"
public_url = "http://127.0.0.1:PORT"
docs = true

[[brand]]
slug = "acme"
site_id = 1
name = "Acme"
billing = "ledger"
return_urls = ["https://acme.example/back"]
reason = [{ key = "too_expensive", label = "It costs too much", follow_up = "What would be fair?", offers = ["half"] }]
offer = [{ id = "half", kind = "discount", headline = "Half price", percent_off = 50, duration = "once" }]

[brand.public]
cancel = true
withdraw = true
"#;

/// What customers and merchants send, none of which is the log's. Parts of other words are left out.
const PRIVATE: [&str; 14] = [
    "c1@example.com",
    "example.com",
    "cus_",
    "sub_",
    "user_1",
    "Lovelace",
    "Kundennummer",
    "ganz persönlich",
    "viel zu teuer",
    "Notiz",
    "acme.example",
    "sk_acme",
    "ret_",
    "geheim",
];

struct Program {
    child: Child,
    /// Reads the log as it comes: a program whose log nobody reads stands still.
    log: JoinHandle<String>,
}

fn command(directory: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_farewell"));
    command.args(arguments).current_dir(directory).env_remove("FAREWELL_CONFIG").env_remove("FAREWELL_LOG");
    command
}

impl Program {
    /// Starts the program and waits until it listens.
    fn start(directory: &Path) -> Self {
        let arguments = ["serve", "--log", "json", "--log-level", "debug"];
        let mut child = command(directory, &arguments).stderr(Stdio::piped()).spawn().expect("the program");
        let mut log = BufReader::new(child.stderr.take().expect("its log"));
        let mut said = String::new();
        while !said.contains("farewell is listening") {
            assert_ne!(log.read_line(&mut said).expect("its log"), 0, "the server has ended: {said}");
        }
        let log = thread::spawn(move || {
            log.read_to_string(&mut said).expect("its log");
            said
        });
        Self { child, log }
    }

    /// Stops the program. Gives its log.
    fn stop(mut self) -> String {
        Command::new("kill").arg(self.child.id().to_string()).status().expect("a signal");
        self.child.wait().expect("an end");
        self.log.join().expect("its log")
    }
}

/// Somebody who sends requests, and remembers what they were given that is nobody else's.
struct Visitor {
    client: Client,
    url: String,
    key: String,
    given: Vec<String>,
}

impl Visitor {
    async fn send(&self, method: Method, path: &str, key: &str, body: Option<Value>) -> Response {
        let mut request = self.client.request(method, format!("{}{path}", self.url)).bearer_auth(key);
        if let Some(body) = body {
            request = request.json(&body);
        }
        request.send().await.expect("an answer")
    }

    async fn ask(&self, path: &str, key: &str, body: Value) -> Value {
        self.send(Method::POST, path, key, Some(body)).await.json().await.expect("JSON")
    }

    async fn form(&self, path: &str, fields: &[(&str, &str)]) -> Response {
        self.client.post(format!("{}{path}", self.url)).form(fields).send().await.expect("an answer")
    }

    fn keep(&mut self, text: &Value) -> String {
        let text = text.as_str().unwrap_or_else(|| panic!("{text}")).to_owned();
        self.given.push(text.clone());
        text
    }

    async fn session(&mut self, customer: &str) -> String {
        let retention = json!({
            "customer_id": customer, "metadata": { "note": "eine Notiz" }, "return_url": "https://acme.example/back",
        });
        let created = self.ask("/v1/retention/session", &self.key, json!({ "retention": retention })).await;
        self.keep(&created["id"])
    }

    /// The widget's way, the page's way, and what comes after.
    async fn customer(&mut self) {
        let session = self.session("cus_1").await;
        let flow: Value =
            self.send(Method::GET, "/v1/flow", &session, None).await.json().await.expect("JSON");
        let handle = self.keep(&flow["flow"]["page"]["handle"]);
        self.form("/v1/flow", &[("session", &session)]).await;
        let survey = json!({
            "run": 1, "seq": 2, "do": "leave", "reason": "too_expensive",
            "follow_up.too_expensive": "viel zu teuer", "feedback": "ganz persönlich",
        });
        let actions =
            json!([{ "run": 1, "seq": 1, "do": "shown" }, survey, { "run": 1, "seq": 3, "do": "cancel" }]);
        let acted = self.ask("/v1/flow/actions", &session, json!({ "actions": actions })).await;
        let token = self.keep(&acted["result"]["token"]);
        let wrong =
            json!({ "actions": [{ "run": 1, "seq": 1, "do": "cancel", "email": "c1@example.com", "x": 5 }] });
        self.ask("/v1/flow/actions", &session, wrong).await;
        for claimed in [&token, "geheim.geheim.geheim", &token.replace('.', "x")] {
            self.ask("/api/public/cancel/result", "", json!({ "token": claimed })).await;
        }
        for path in ["", "/receipt", "/receipt.txt?run=1", "/receipt?run=geheim"] {
            self.send(Method::GET, &format!("/c/{handle}{path}"), "", None).await;
        }

        let session = self.session("cus_2").await;
        let opened = self.form("/c", &[("session", &session)]).await;
        let path = opened.headers()["location"].to_str().expect("a path").to_owned();
        let handle = self.keep(&path.trim_start_matches("/c/").into());
        let typed = [
            ("handle", handle.as_str()),
            ("run", "1"),
            ("seq", "1"),
            ("do", "leave"),
            ("reason", "too_expensive"),
            ("feedback", "ganz persönlich"),
        ];
        self.form("/c", &typed).await;
        self.form("/c", &[("session", "ret_geheim")]).await;
        self.form("/c", &[("handle", "geheim"), ("feedback", "ganz persönlich")]).await;

        let subscription = json!({ "subscription": { "customer_id": "cus_1" } });
        let hub = self.ask("/v1/subscription/session", &self.key, subscription).await;
        let hub = self.keep(&hub["id"]);
        self.form("/v1/hub", &[("session", &hub)]).await;
        self.form("/c", &[("session", &hub)]).await;
        let code =
            [("do", "preview"), ("want", "code"), ("subscription", "sub_1"), ("choice", "ganz persönlich")];
        self.form("/v1/hub/actions", &[&code[..], &[("session", &hub)]].concat()).await;
        self.form("/c", &[&code[..], &[("hub", "geheim")]].concat()).await;
        self.send(Method::GET, "/v1/flow", &hub, None).await;
    }

    /// Without a login, and what the merchant makes of it.
    async fn declarer(&mut self) {
        let fields = [
            ("kind", "extraordinary"),
            ("cause", "ganz persönlich"),
            ("name", "Ada Lovelace"),
            ("contract", "Kundennummer 17"),
            ("email", "c1@example.com"),
        ];
        let sent = self.form("/b/acme/cancel", &fields).await;
        assert_eq!(sent.status(), 303);
        let receipt = sent.headers()["location"].to_str().expect("a path").to_owned();
        self.keep(&receipt.rsplit('/').next().expect("a token").into());
        self.send(Method::GET, &receipt, "", None).await;
        self.send(Method::GET, &format!("{receipt}/receipt.txt"), "", None).await;
        self.form("/b/acme/withdraw", &[("name", "Ada Lovelace"), ("email", "geheim")]).await;
        self.form("/b/acme/confirm/geheim", &[]).await;
        let listed: Value =
            self.send(Method::GET, "/v1/declarations", &self.key, None).await.json().await.expect("JSON");
        let reference = listed["declarations"][0]["reference"].as_str().expect("a reference");
        let path = format!("/v1/declarations/{reference}");
        let confirm = json!({ "do": "confirm", "subscription_id": "sub_geheim" });
        self.ask(&path, &self.key, confirm).await;
        self.ask(&path, &self.key, json!({ "do": "dismiss" })).await;
    }

    /// What goes wrong, or is meant to.
    async fn stranger(&self) {
        for retention in [
            json!({ "customer_email": "nobody@example.com" }),
            json!({ "customer_id": "cus_1", "customer_email": "c2@example.com" }),
            json!({ "customer_id": "cus_6" }),
            json!({ "customer_id": "cus_1", "return_url": "https://geheim.example/" }),
            json!({ "customer_id": 5, "geheim": "ganz persönlich" }),
        ] {
            self.ask("/v1/retention/session", &self.key, json!({ "retention": retention })).await;
        }
        for (path, key) in [
            ("/v1/ledger/customers/cus_1", self.key.as_str()),
            ("/v1/ledger/customers/cus_geheim", "sk_acme_geheim"),
            ("/c/geheim?email=c1@example.com", "ret_geheim"),
            ("/geheim/c1@example.com?token=geheim", ""),
            ("/b/geheim/cancel?lang=geheim", ""),
            ("/api/health?deep=1&email=c1@example.com", self.key.as_str()),
            ("/docs?geheim", ""),
        ] {
            self.send(Method::GET, path, key, None).await;
        }
        let made_up = Method::from_bytes(b"GEHEIM").expect("a method");
        self.send(made_up, "/v1/flow", "geheim", None).await;
        let request = self.client.post(format!("{}/v1/retention/session", self.url)).bearer_auth(&self.key);
        let broken =
            request.header("content-type", "application/json").body("{\"retention\": geheim c1@example.com");
        broken.send().await.expect("an answer");
        let named = self.client.get(format!("{}/v1/flow", self.url)).header("x-request-id", "c1@example.com");
        named.header("origin", "https://geheim.example").send().await.expect("an answer");
    }
}

/// A directory with a configuration, a ledger and a key, and who is about to visit the server.
fn prepare(directory: &Path) -> Visitor {
    let port = TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address").port();
    let config = CONFIG.replace("PORT", &port.to_string());
    std::fs::write(directory.join("farewell.toml"), config).expect("a configuration");
    std::fs::write(directory.join("ledger.json"), include_str!("http/ledger.json")).expect("a ledger");
    let run = |arguments: &[&str]| {
        let output = command(directory, arguments).output().expect("the program");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        output.stdout
    };
    run(&["ledger", "import", "ledger.json", "--brand", "acme"]);
    let key: Value =
        serde_json::from_slice(&run(&["keys", "create", "--brand", "acme", "--json"])).expect("JSON");
    let client = Client::builder().no_proxy().redirect(redirect::Policy::none()).build().expect("a client");
    let key = key["secret"].as_str().expect("a secret").to_owned();
    Visitor { client, url: format!("http://127.0.0.1:{port}"), given: vec![key.clone()], key }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_log_has_routes_and_ids_of_requests_and_nothing_of_anybody() {
    let directory = tempfile::tempdir().expect("a directory");
    let mut visitor = prepare(directory.path());
    let program = Program::start(directory.path());
    visitor.customer().await;
    visitor.declarer().await;
    visitor.stranger().await;
    let named =
        visitor.client.get(format!("{}/c/nobody", visitor.url)).header("x-request-id", "from-the-proxy-7");
    named.send().await.expect("an answer");
    let said = program.stop();

    for private in PRIVATE.map(str::to_owned).iter().chain(&visitor.given) {
        let line = said.lines().find(|line| line.contains(private.as_str()));
        assert!(line.is_none(), "{private}: {}", line.unwrap_or_default());
    }
    // A library says that of itself in debug builds.
    let lines = said.lines().filter(|line| !line.starts_with("ICU4X data error"));
    let lines: Vec<Value> =
        lines.map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("{line}"))).collect();
    let requests: Vec<&Value> = lines.iter().filter(|line| line["message"] == "request").collect();
    assert!(requests.len() > 40, "{}", requests.len());
    assert!(requests.iter().all(|line| line["span"]["id"].as_str().is_some_and(|id| !id.is_empty())));
    for route in
        ["/c/{handle}", "/v1/ledger/customers/{customer}", "/v1/flow/actions", "/b/{slug}/cancel", "-"]
    {
        assert!(requests.iter().any(|line| line["route"] == route), "{route}");
    }
    let named =
        requests.iter().find(|line| line["span"]["id"] == "from-the-proxy-7").expect("the proxy's id");
    assert_eq!((&named["status"], &named["method"]), (&404.into(), &"GET".into()));
    assert!(lines.iter().any(|line| line["message"].as_str().is_some_and(|said| said.contains("stopping"))));
}
