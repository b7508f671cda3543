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
/// address of the merchant's billing page, where a switch says who bills: the built-in ledger, or Stripe, in whose place a program
/// of the demo stands. Ctrl-C stops all of them. Data lies in target/demo and is kept for the next time.
#[derive(Args)]
pub struct Options {
    /// The server's port; the merchant has the next one, and what stands in for Stripe the one after that
    #[arg(long, default_value_t = PORT, value_parser = clap::value_parser!(u16).range(1..65534))]
    port: u16,
    /// Forget the data of earlier runs
    #[arg(long)]
    reset: bool,
    /// Build the server optimised: slower to build
    #[arg(long)]
    release: bool,
}

/// The server's port in www/demo/farewell.toml, whose next is the merchant's, and the one after that of what stands in for Stripe.
const PORT: u16 = 8787;
const BRAND: &str = "acme";
/// The same brand, billed by Stripe.
const AT_STRIPE: &str = "acme-stripe";
/// What the stand-in signs its webhooks with. It listens to this machine only, and bills nobody.
const STRIPE_SECRET: &str = "whsec_demo";

/// Runs the command; returns when it was interrupted, or with an error when a service ended by itself.
pub fn main(options: &Options) -> Result<()> {
    let started = Instant::now();
    let (server_port, merchant_port, stripe_port) = (options.port, options.port + 1, options.port + 2);
    let free = || {
        service::port_is_free(server_port, "the server")
            .and_then(|()| service::port_is_free(merchant_port, "the merchant"))
            .and_then(|()| service::port_is_free(stripe_port, "what stands in for Stripe"))
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
    let keys = server.seed()?;
    step.done();

    // From here on an interruption is a message: whatever was started is stopped when `services` goes.
    let (interrupt, interrupted) = channel();
    ctrlc::set_handler(move || interrupt.send(()).unwrap_or_default()).context("cannot listen for Ctrl-C")?;
    let mut services =
        vec![Service::start("what stands in for Stripe", stripe_port, &stand_in(server_port))?];
    services.push(Service::start("the server", server_port, &server.command(["serve"]))?);
    services.push(Service::start("the merchant", merchant_port, &merchant(&keys, server_port))?);
    for service in &mut services {
        service.answers()?;
    }

    println!("==> the demo runs (after {})", Seconds(started.elapsed()));
    println!("    billing page   http://127.0.0.1:{merchant_port}/");
    println!("    Stripe's place http://127.0.0.1:{stripe_port}/");
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
        for (name, secret) in [("stripe.key", "sk_test_demo"), ("stripe.secret", STRIPE_SECRET)] {
            fs::write(self.folder.join(name), secret).with_context(|| format!("cannot write {name}"))?;
        }
        let config = format!("{config}\n{}", at_stripe(&config)?);
        fs::write(&self.config, with_ports(&config, self.port))
            .with_context(|| format!("cannot write {}", self.config.display()))
    }

    /// The keys of an earlier run. Those made for another port are none: the public key holds the server's address.
    fn keys(&self) -> Option<[Key; 2]> {
        let lines = fs::read_to_string(&self.merchant).ok()?;
        let value = |name: &str| {
            lines.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('=')).map(str::to_owned)
        };
        let port = value("FAREWELL_PORT")?;
        if port != self.port.to_string() {
            return None;
        }
        Some([
            Key { secret: value("FAREWELL_KEY")?, public: value("FAREWELL_PUBLIC_KEY")? },
            Key { secret: value("FAREWELL_STRIPE_KEY")?, public: value("FAREWELL_STRIPE_PUBLIC_KEY")? },
        ])
    }

    /// Keeps the keys where only this user reads them.
    fn keep(&self, [ledger, stripe]: &[Key; 2]) -> Result<()> {
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
            "FAREWELL_KEY={}\nFAREWELL_PUBLIC_KEY={}\nFAREWELL_STRIPE_KEY={}\nFAREWELL_STRIPE_PUBLIC_KEY={}\n\
             FAREWELL_PORT={}\n",
            ledger.secret, ledger.public, stripe.secret, stripe.public, self.port
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

    /// Configuration, customers and keys: made if they are not there, left alone if they are.
    fn seed(&self) -> Result<[Key; 2]> {
        self.data.configure()?;
        let stale = "if the data is of an older version, start again with `cargo xtask demo --reset`";
        let mut import = self.command(["ledger", "import"]);
        import.args(["--brand", BRAND]).arg(demo_file("ledger.json"));
        command::run(&mut import)
            .with_context(|| format!("the demo's customers could not be written: {stale}"))?;
        if let Some(keys) = self.data.keys() {
            return Ok(keys);
        }
        let make = |brand: &str| {
            let mut create = self.command(["keys", "create"]);
            create.args(["--brand", brand, "--json"]);
            let answer = command::read(&mut create)
                .with_context(|| format!("the merchant's key could not be made: {stale}"))?;
            Key::read(&answer).context("`farewell keys create --json` gave no secret and public key")
        };
        let keys = [make(BRAND)?, make(AT_STRIPE)?];
        self.data.keep(&keys)?;
        Ok(keys)
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

/// What stands in for Stripe: an account in memory, with the demo's customers.
fn stand_in(server_port: u16) -> Command {
    let mut node = crate::node::script(&demo_file("stripe.mjs"));
    node.env("PORT", (server_port + 2).to_string())
        .env("FAREWELL", format!("http://127.0.0.1:{server_port}"))
        .env("SECRET", STRIPE_SECRET);
    node
}

/// The demo's brand once more, billed by what stands in for Stripe.
fn at_stripe(config: &str) -> Result<String> {
    let (_, brand) = config.split_once("[[brand]]").context("the demo's configuration has no brand")?;
    let mut brand = format!("[[brand]]{brand}");
    for (there, instead) in [
        ("slug = \"acme\"", format!("slug = \"{AT_STRIPE}\"")),
        ("site_id = 1", "site_id = 2".into()),
        ("billing = \"ledger\"", "billing = \"stripe\"".into()),
        (
            "[brand.hub]",
            format!(
                "[brand.stripe]\nkey_file = \"stripe.key\"\nwebhook_secret_file = \"stripe.secret\"\n\
                 api_url = \"http://127.0.0.1:{}/\"\n\n[brand.hub]",
                PORT + 2
            ),
        ),
        ("payment_page = ", "# payment_page = ".into()),
    ] {
        if brand.matches(there).count() != 1 {
            bail!("the demo's configuration does not have `{there}` once");
        }
        brand = brand.replace(there, &instead);
    }
    Ok(brand)
}

fn merchant([ledger, stripe]: &[Key; 2], server_port: u16) -> Command {
    let mut node = crate::node::script(&demo_file("server.mjs"));
    node.env("PORT", (server_port + 1).to_string())
        .env("FAREWELL_API", format!("http://127.0.0.1:{server_port}"))
        .env("FAREWELL_KEY", &ledger.secret)
        .env("FAREWELL_PUBLIC_KEY", &ledger.public)
        .env("FAREWELL_STRIPE_KEY", &stripe.secret)
        .env("FAREWELL_STRIPE_PUBLIC_KEY", &stripe.public)
        .env("STRIPE", format!("http://127.0.0.1:{}", server_port + 2))
        .env("FAREWELL_PKG", workspace::pkg());
    node
}

fn demo_file(name: &str) -> PathBuf {
    workspace::root().join(Path::new("www/demo")).join(name)
}

/// The configuration with [`PORT`] and the two behind it replaced by `port` and those behind it, in one pass: what is put in may be
/// one of them itself.
fn with_ports(config: &str, port: u16) -> String {
    let mut written = String::new();
    let mut rest = config;
    while let Some((at, offset)) =
        (0..3).filter_map(|offset| Some((rest.find(&(PORT + offset).to_string())?, offset))).min()
    {
        written.push_str(&rest[..at]);
        written.push_str(&(port + offset).to_string());
        rest = &rest[at + PORT.to_string().len()..];
    }
    written + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_are_replaced_even_by_each_other() {
        let config = "listen = \"127.0.0.1:8787\"\nhome = \"http://127.0.0.1:8788/\"\nstripe = 8789, 8787\n";
        let expected = |port: u16| {
            format!(
                "listen = \"127.0.0.1:{port}\"\nhome = \"http://127.0.0.1:{}/\"\nstripe = {}, {port}\n",
                port + 1,
                port + 2
            )
        };
        assert_eq!(with_ports(config, 8787), config);
        for port in [8788, 8786, 9000] {
            assert_eq!(with_ports(config, port), expected(port));
        }
    }

    #[test]
    fn the_brand_at_stripe_is_the_same_but_for_who_bills() {
        let config = fs::read_to_string(demo_file("farewell.toml")).unwrap();
        let brand = at_stripe(&config).unwrap();
        assert!(brand.contains("billing = \"stripe\"") && brand.contains("[brand.stripe]"));
        assert!(!brand.contains("[server]"));
        assert!(at_stripe("[[brand]]\nslug = \"acme\"\n").is_err());
    }

    #[test]
    fn keys_are_kept_for_this_user_and_for_their_port() {
        use std::os::unix::fs::PermissionsExt;
        let folder = std::env::temp_dir().join(format!("xtask-demo-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let data = |port| Data {
            folder: folder.clone(),
            config: folder.join("farewell.toml"),
            merchant: folder.join("merchant.env"),
            port,
        };
        assert!(data(9000).keys().is_none());
        let key = |name: &str| Key { secret: format!("sk_{name}"), public: format!("pk_{name}") };
        data(9000).keep(&[key("a"), key("b")]).unwrap();
        let mode = fs::metadata(folder.join("merchant.env")).unwrap().permissions().mode() & 0o777;
        let same = data(9000).keys().map(|keys| keys.map(|key| (key.secret, key.public)));
        let other = data(9001).keys().is_none();
        fs::remove_dir_all(&folder).unwrap();
        assert_eq!(mode, 0o600);
        let kept = |name: &str| (format!("sk_{name}"), format!("pk_{name}"));
        assert_eq!(same, Some([kept("a"), kept("b")]));
        assert!(other);
    }
}
