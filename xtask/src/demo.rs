//! `cargo xtask demo`: a server and a merchant on this machine, with customers to cancel.

use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use clap::Args;
use serde_json::Value;

use crate::command;
use crate::package;
use crate::server;
use crate::service::{self, Service};
use crate::setup;
use crate::step::{Seconds, Step};
use crate::workspace;

/// Run the server and a demo merchant on this machine
///
/// Installs what is missing, builds, seeds a brand with customers and subscriptions, starts both on 127.0.0.1 and prints the
/// address of the merchant's billing page. Ctrl-C stops both. Data lies in target/demo and is kept for the next time.
#[derive(Args)]
pub struct Options {
    /// The server's port; the merchant has the next one
    #[arg(long, default_value_t = PORT, value_parser = clap::value_parser!(u16).range(1..65535))]
    port: u16,
    /// Forget the data of earlier runs
    #[arg(long)]
    reset: bool,
    /// Build the server optimised: slower to build
    #[arg(long)]
    release: bool,
}

/// The server's port in www/demo/farewell.toml, whose next is the merchant's.
const PORT: u16 = 8787;
const BRAND: &str = "acme";

/// Runs the command; returns when it was interrupted, or with an error when a service ended by itself.
pub fn main(options: &Options) -> Result<()> {
    let started = Instant::now();
    let (server_port, merchant_port) = (options.port, options.port + 1);
    let free = || {
        service::port_is_free(server_port, "the server")
            .and_then(|()| service::port_is_free(merchant_port, "the merchant"))
    };
    // Now, so that nobody waits for a build first; and once more below, since a first build takes minutes.
    free()?;
    setup::build()?;
    let data = Data::new(server_port)?;
    // The server's own pages hold the engine of the package.
    package::build()?;
    let server = Server { program: server::build(options.release)?, data };
    free()?;
    if options.reset {
        server.data.forget()?;
    }
    let step = Step::begin("seeding the demo's data");
    let key = server.seed()?;
    step.done();

    // From here on an interruption is a message: whatever was started is stopped when `services` goes.
    let (interrupt, interrupted) = channel();
    ctrlc::set_handler(move || interrupt.send(()).unwrap_or_default()).context("cannot listen for Ctrl-C")?;
    let mut services = vec![Service::start("the server", server_port, &server.command(["serve"]))?];
    services[0].answers()?;
    services.push(Service::start("the merchant", merchant_port, &merchant(&key, server_port))?);
    services[1].answers()?;

    println!("==> the demo runs (after {})", Seconds(started.elapsed()));
    println!("    billing page   http://127.0.0.1:{merchant_port}/");
    println!("    documentation  http://127.0.0.1:{server_port}/docs");
    println!("    server         http://127.0.0.1:{server_port}/");
    println!("    data           {}", workspace::short(&server.data.folder));
    println!("    Ctrl-C stops it");
    loop {
        match interrupted.recv_timeout(Duration::from_millis(200)) {
            Err(RecvTimeoutError::Timeout) => {}
            _ => {
                println!("\n==> stopping the demo");
                return Ok(());
            }
        }
        for service in &mut services {
            if let Some(status) = service.ended()? {
                bail!("{} ended ({status}): what it said is above. The demo is stopped", service.name());
            }
        }
    }
}

/// The files of the demo, below the target directory.
struct Data {
    folder: PathBuf,
    config: PathBuf,
    merchant: PathBuf,
    port: u16,
}

/// The key pair with which the merchant asks the server.
struct Key {
    secret: String,
    public: String,
}

impl Data {
    fn new(port: u16) -> Result<Data> {
        let folder = workspace::target()?.join("demo");
        Ok(Data { config: folder.join("farewell.toml"), merchant: folder.join("merchant.env"), folder, port })
    }

    fn forget(&self) -> Result<()> {
        match fs::remove_dir_all(&self.folder) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                Err(error).with_context(|| format!("cannot remove {}", self.folder.display()))
            }
            _ => Ok(()),
        }
    }

    /// The demo's configuration, with the ports of this run.
    fn configure(&self) -> Result<()> {
        let source = demo_file("farewell.toml");
        let config =
            fs::read_to_string(&source).with_context(|| format!("cannot read {}", source.display()))?;
        fs::create_dir_all(&self.folder)
            .with_context(|| format!("cannot create {}", self.folder.display()))?;
        fs::write(&self.config, with_ports(&config, self.port))
            .with_context(|| format!("cannot write {}", self.config.display()))
    }

    /// The key of an earlier run. One made for another port is none: the public key holds the server's address.
    fn key(&self) -> Option<Key> {
        let lines = fs::read_to_string(&self.merchant).ok()?;
        let value = |name: &str| {
            lines.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('=')).map(str::to_owned)
        };
        let port = value("FAREWELL_PORT")?;
        if port != self.port.to_string() {
            return None;
        }
        Some(Key { secret: value("FAREWELL_KEY")?, public: value("FAREWELL_PUBLIC_KEY")? })
    }

    /// Keeps the key where only this user reads it.
    fn keep(&self, key: &Key) -> Result<()> {
        let cannot = || format!("cannot write {}", self.merchant.display());
        fs::remove_file(&self.merchant).ok();
        let mut file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&self.merchant)
            .with_context(cannot)?;
        write!(
            file,
            "FAREWELL_KEY={}\nFAREWELL_PUBLIC_KEY={}\nFAREWELL_PORT={}\n",
            key.secret, key.public, self.port
        )
        .with_context(cannot)
    }
}

/// The server's program, with the demo's data.
struct Server {
    program: PathBuf,
    data: Data,
}

impl Server {
    fn command<const N: usize>(&self, arguments: [&str; N]) -> Command {
        let mut command = Command::new(&self.program);
        command.args(arguments).arg("--config").arg(&self.data.config).current_dir(&self.data.folder);
        command
    }

    /// Configuration, customers and a key: made if they are not there, left alone if they are.
    fn seed(&self) -> Result<Key> {
        self.data.configure()?;
        let stale = "if the data is of an older version, start again with `cargo xtask demo --reset`";
        let mut import = self.command(["ledger", "import"]);
        import.args(["--brand", BRAND]).arg(demo_file("ledger.json"));
        command::run(&mut import)
            .with_context(|| format!("the demo's customers could not be written: {stale}"))?;
        if let Some(key) = self.data.key() {
            return Ok(key);
        }
        let mut create = self.command(["keys", "create"]);
        create.args(["--brand", BRAND, "--json"]);
        let answer = command::read(&mut create)
            .with_context(|| format!("the merchant's key could not be made: {stale}"))?;
        let key =
            Key::read(&answer).context("`farewell keys create --json` gave no secret and public key")?;
        self.data.keep(&key)?;
        Ok(key)
    }
}

impl Key {
    fn read(json: &str) -> Option<Key> {
        let answer: Value = serde_json::from_str(json).ok()?;
        Some(Key {
            secret: answer["secret"].as_str()?.to_owned(),
            public: answer["public"].as_str()?.to_owned(),
        })
    }
}

fn merchant(key: &Key, server_port: u16) -> Command {
    let mut node = crate::node::script(&demo_file("server.mjs"));
    node.env("PORT", (server_port + 1).to_string())
        .env("FAREWELL_API", format!("http://127.0.0.1:{server_port}"))
        .env("FAREWELL_KEY", &key.secret)
        .env("FAREWELL_PUBLIC_KEY", &key.public)
        .env("FAREWELL_PKG", workspace::pkg());
    node
}

fn demo_file(name: &str) -> PathBuf {
    workspace::root().join(Path::new("www/demo")).join(name)
}

/// The configuration with [`PORT`] and the next one replaced by `port` and its next, in one pass: what is put in may be one of
/// the two itself.
fn with_ports(config: &str, port: u16) -> String {
    let (server, merchant) = (PORT.to_string(), (PORT + 1).to_string());
    let server_side: Vec<String> =
        config.split(&server).map(|part| part.replace(&merchant, &(port + 1).to_string())).collect();
    server_side.join(&port.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ports_are_replaced_even_by_each_other() {
        let config = "listen = \"127.0.0.1:8787\"\nhome_url = \"http://127.0.0.1:8788/\"\n";
        let expected = |server, merchant| {
            format!("listen = \"127.0.0.1:{server}\"\nhome_url = \"http://127.0.0.1:{merchant}/\"\n")
        };
        assert_eq!(with_ports(config, 8787), config);
        assert_eq!(with_ports(config, 8788), expected(8788, 8789));
        assert_eq!(with_ports(config, 8786), expected(8786, 8787));
        assert_eq!(with_ports(config, 9000), expected(9000, 9001));
    }

    #[test]
    fn a_key_is_kept_for_this_user_and_for_its_port() {
        use std::os::unix::fs::PermissionsExt;
        let folder = std::env::temp_dir().join(format!("xtask-demo-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let data = |port| Data {
            folder: folder.clone(),
            config: folder.join("farewell.toml"),
            merchant: folder.join("merchant.env"),
            port,
        };
        assert!(data(9000).key().is_none());
        data(9000).keep(&Key { secret: "sk_a".into(), public: "pk_a".into() }).unwrap();
        let mode = fs::metadata(folder.join("merchant.env")).unwrap().permissions().mode() & 0o777;
        let same = data(9000).key().map(|key| (key.secret, key.public));
        let other = data(9001).key().is_none();
        fs::remove_dir_all(&folder).unwrap();
        assert_eq!(mode, 0o600);
        assert_eq!(same, Some(("sk_a".to_owned(), "pk_a".to_owned())));
        assert!(other);
    }
}
