//! The real program, and what it needs to start.

use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::CUSTOMERS;
use crate::mail_server::MailServer;

/// A start has to be quick: nobody can cancel meanwhile.
const START_WITHIN: Duration = Duration::from_secs(5);

pub struct Program {
    child: Child,
}

impl Program {
    /// Starts the server and waits until it says that it listens.
    pub fn start(directory: &Path) -> Self {
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
    pub fn kill(&mut self) {
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

/// Configuration, customers and a key. Gives the server's address and the key.
pub fn prepare(directory: &Path, mails: &MailServer, webhooks: &str) -> (String, String) {
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
        hub = {{ pauses = ["1 month"] }}
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
