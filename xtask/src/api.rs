//! The served OpenAPI document against what the server does, asked by Schemathesis.

use std::fs;
use std::net::{Ipv4Addr, TcpListener};
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};
use serde_json::{Value, json};

use crate::command;
use crate::python;
use crate::server;
use crate::service::Service;
use crate::step::Step;
use crate::workspace;

/// The brand that is asked about: everything is configured for it.
const BRAND: &str = "acme";
/// How many customers there are, each with a subscription. Whoever has canceled has no more sessions.
const CROWD: u32 = 20_000;
/// The same seed gives the same requests.
const SEED: &str = "1";

/// Asks the server of the integration tests whatever its document allows, and whatever it forbids: for a minute or two, or,
/// where `thoroughly`, for ten times as many requests.
pub fn test(thoroughly: bool) -> Result<()> {
    let folder = workspace::target()?.join("api");
    fs::create_dir_all(&folder).with_context(|| format!("cannot create {}", folder.display()))?;
    let schemathesis =
        python::environment(&folder, "Schemathesis", "tests/api/requirements.txt")?.join("schemathesis");
    let server = Server { program: server::build(false)?, data: folder.join("data"), port: free_port()? };
    let key = server.seed()?;
    let mut service = Service::start("the server", server.port, &server.command(&["serve"]))?;
    service.answers()?;

    let address = server.address();
    let tests = workspace::root().join("tests/api");
    let mut run = Command::new(schemathesis);
    run.arg("--config-file").arg(tests.join("schemathesis.toml")).arg("run");
    run.arg(format!("{address}/openapi.json")).args(["--checks", "all", "--continue-on-failure"]);
    run.args(["--seed", SEED, "--max-examples", if thoroughly { "200" } else { "20" }]);
    // Where it leaves what it has found, to be sent again with `schemathesis replay`.
    run.current_dir(&folder);
    run.env("SCHEMATHESIS_HOOKS", tests.join("hooks.py")).env("PYTHONDONTWRITEBYTECODE", "1");
    run.env("FAREWELL_API", &address).env("FAREWELL_KEY", key);
    println!("    {}", command::line(&run));
    command::run(&mut run)
}

/// A port that nobody has. Somebody may take it before the server does, who then says so.
fn free_port() -> Result<u16> {
    let listener =
        TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("there is no free port on 127.0.0.1")?;
    Ok(listener.local_addr().context("the port has no address")?.port())
}

/// The server's program with the configuration of its integration tests, and with data of its own.
struct Server {
    program: PathBuf,
    data: PathBuf,
    port: u16,
}

impl Server {
    fn address(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        command.args(arguments).arg("--config").arg(self.data.join("farewell.toml")).current_dir(&self.data);
        // A line for each of thousands of requests, and for each mail that nobody delivers, tells nobody anything.
        command.env("FAREWELL_LOG", "warn,farewell_server::outbox=error");
        command
    }

    /// Begins anew: configuration, customers and an API key, which is given.
    fn seed(&self) -> Result<String> {
        let step = Step::begin("seeding the server that is asked");
        if self.data.exists() {
            fs::remove_dir_all(&self.data)
                .with_context(|| format!("cannot remove {}", self.data.display()))?;
        }
        fs::create_dir_all(&self.data).with_context(|| format!("cannot create {}", self.data.display()))?;
        let config = configured(&of_the_tests("farewell.toml")?, self.port);
        self.write("farewell.toml", &config)?;
        self.write("ledger.json", &crowded(&of_the_tests("ledger.json")?)?.to_string())?;
        command::read(self.command(&["ledger", "import", "--brand", BRAND]).arg("ledger.json"))
            .context("the customers could not be written")?;
        let key = command::read(&mut self.command(&["keys", "create", "--brand", BRAND, "--json"]))
            .context("the key could not be made")?;
        let key: Value = serde_json::from_str(&key).context("`farewell keys create --json` gave no JSON")?;
        step.done();
        key["secret"].as_str().map(Into::into).context("`farewell keys create --json` gave no secret")
    }

    fn write(&self, name: &str, text: &str) -> Result<()> {
        let file = self.data.join(name);
        fs::write(&file, text).with_context(|| format!("cannot write {}", file.display()))
    }
}

fn of_the_tests(name: &str) -> Result<String> {
    let file = workspace::root().join("server/tests/http").join(name);
    fs::read_to_string(&file).with_context(|| format!("cannot read {}", workspace::short(&file)))
}

/// The configuration of the integration tests at this port, with the documentation, which is in the document too, and with an
/// endpoint.
fn configured(config: &str, port: u16) -> String {
    config
        .replacen("\"127.0.0.1:0\"", &format!("\"127.0.0.1:{port}\""), 1)
        .replacen("\"http://127.0.0.1:1\"", &format!("\"http://127.0.0.1:{port}\""), 1)
        .replacen("[server]\n", "[server]\ndocs = true\nprivate_webhooks = true\n", 1)
        // The first brand is told what happens, where nobody listens: its webhooks are in line.
        .replacen(
            "[brand.public]\n",
            "[[brand.webhook]]\nurl = \"http://127.0.0.1:9/\"\n\n[brand.public]\n",
            1,
        )
}

/// The ledger of the integration tests with a crowd of customers like its first.
fn crowded(ledger: &str) -> Result<Value> {
    let mut ledger: Value = serde_json::from_str(ledger).context("the ledger of the tests is not JSON")?;
    let first = ledger["customers"][0]["subscriptions"][0].clone();
    let crowd = (1..=CROWD).map(|number| {
        let mut subscription = first.clone();
        subscription["external_id"] = format!("sub_crowd_{number}").into();
        json!({ "external_id": format!("crowd_{number}"), "country": "US", "subscriptions": [subscription] })
    });
    let customers = ledger["customers"].as_array_mut().context("the ledger of the tests has no customers")?;
    customers.extend(crowd);
    Ok(ledger)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_configuration_of_the_tests_is_moved_to_the_port() {
        let config = configured(&of_the_tests("farewell.toml").unwrap(), 9000);
        assert!(config.contains("listen = \"127.0.0.1:9000\""));
        assert!(config.contains("public_url = \"http://127.0.0.1:9000\""));
        assert!(config.contains("docs = true"));
    }

    #[test]
    fn the_crowd_is_of_customers_with_a_subscription_each() {
        let ledger = crowded(&of_the_tests("ledger.json").unwrap()).unwrap();
        let last = ledger["customers"].as_array().unwrap().last().unwrap();
        assert_eq!(last["external_id"], format!("crowd_{CROWD}"));
        assert_eq!(last["subscriptions"][0]["plan"], "plan_pro");
    }
}
