//! The real program, with a configuration in which Stripe bills.

use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use serde_json::Value;
use tokio::sync::mpsc;

use crate::gate::Kill;
use crate::stand_in::KEY;

pub struct Program {
    directory: PathBuf,
    child: Child,
}

impl Program {
    /// Starts the server and waits until it says that it listens.
    pub fn start(directory: &Path) -> Self {
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
        [brand.hub]
        plans = ["price_max"]
        "#
    );
    std::fs::write(directory.join("farewell.toml"), config).expect("a configuration");
    std::fs::write(directory.join("stripe.key"), KEY).expect("a key");
    let made = farewell(directory, &["keys", "create", "--brand", "acme", "--json"]).output().expect("a key");
    let made: Value = serde_json::from_slice(&made.stdout).expect("a key");
    (url, made["secret"].as_str().expect("a secret").into())
}

/// Kills and starts the server as it is asked to. Gives how often it was.
pub fn supervise(mut program: Program, mut kills: mpsc::Receiver<Kill>) -> Arc<AtomicU32> {
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
