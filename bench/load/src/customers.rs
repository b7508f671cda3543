//! The merchant: configuration, a ledger full of customers, and a key.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use serde::Deserialize;
use serde_json::{Value, json};

const CONFIG: &str = include_str!("../farewell.toml");
const ADDRESS: &str = "127.0.0.1:8787";
/// The brand everything belongs to.
pub const BRAND: &str = "acme";

/// A merchant whose customers are in the server's ledger.
pub struct Merchant {
    pub config: PathBuf,
    pub database: PathBuf,
    pub key: String,
    customers: u32,
}

#[derive(Deserialize)]
struct Key {
    secret: String,
}

impl Merchant {
    /// Makes configuration, ledger and key in a folder, with the server's own commands.
    pub fn settle(server: &Path, folder: &Path, port: u16, customers: u32) -> Result<Merchant> {
        let config = folder.join("farewell.toml");
        fs::write(&config, CONFIG.replace(ADDRESS, &format!("127.0.0.1:{port}")))
            .with_context(|| format!("cannot write {}", config.display()))?;
        let ledger = folder.join("ledger.json");
        fs::write(&ledger, ledger_of(customers).to_string())
            .with_context(|| format!("cannot write {}", ledger.display()))?;
        let command = |arguments: &[&str]| {
            let mut command = Command::new(server);
            command.args(arguments).arg("--brand").arg(BRAND).arg("--config").arg(&config);
            command
        };
        read(command(&["ledger", "import"]).arg(&ledger))?;
        let key: Key = serde_json::from_str(&read(&mut command(&["keys", "create", "--json"]))?)
            .context("`farewell keys create --json` gave no secret")?;
        Ok(Merchant { config, database: folder.join("farewell.sqlite"), key: key.secret, customers })
    }

    /// What the merchant's backend sends to make a session: of one customer after the other, and never the same twice.
    pub fn request(&self, number: u64) -> String {
        let customer = number % u64::from(self.customers);
        format!(
            "{{\"retention\":{{\"customer_id\":\"cus_{customer:06}\",\"customer_email\":\"customer{customer}@example.com\",\
             \"country\":\"US\",\"region\":\"TX\",\"locale\":\"en\",\"return_url\":\"https://app.acme.example/account\",\
             \"metadata\":{{\"request\":{number},\"campaign\":\"autumn\"}}}}}}"
        )
    }
}

fn ledger_of(customers: u32) -> Value {
    let plan = |id: &str, name: &str, amount: u32, interval: &str| json!({ "external_id": id, "name": name, "amount": amount, "currency": "USD", "interval": interval });
    let plans = [
        plan("digital_monthly", "Digital", 1200, "month"),
        plan("digital_yearly", "Digital, paid yearly", 12_000, "year"),
        plan("headlines_monthly", "Headlines", 500, "month"),
    ];
    let customers: Vec<Value> = (0..customers)
        .map(|number| {
            let plan = ["digital_monthly", "digital_yearly"][usize::from(number % 5 == 0)];
            json!({
                "external_id": format!("cus_{number:06}"),
                "user_id": format!("user_{number}"),
                "email": format!("customer{number}@example.com"),
                "name": format!("Customer {number}"),
                "country": "US",
                "region": "TX",
                "subscriptions": [{ "external_id": format!("sub_{number:06}"), "plan": plan }],
            })
        })
        .collect();
    json!({ "plans": plans, "customers": customers })
}

fn read(command: &mut Command) -> Result<String> {
    let output = command.output().context("the server's program cannot be started")?;
    if !output.status.success() {
        bail!("{command:?} failed: {}", String::from_utf8_lossy(&output.stderr));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}
