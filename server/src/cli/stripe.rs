use std::path::Path;
use std::sync::Arc;

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::{Failed, checked_brand, plain};
use crate::billing::stripe::{Report, SPECIAL, Standing, Stripe};
use crate::brand::{Brand, StripeAccount};
use crate::clock::Clock;
use crate::config::Config;
use crate::serve::{open_store, stripe};
use crate::session::Environment;

#[derive(Debug, Subcommand)]
pub(super) enum StripeCommand {
    /// Look whether the keys may do what is needed, whether Stripe tells what happens, and what is special about its subscriptions.
    ///
    /// Whether something may be written is tried on what is not there, so that nothing is changed.
    Check(Check),
    /// Bring in every customer at Stripe, so that each is found by the address in whatever letters. Interrupted, it goes on where it was.
    Import(Import),
}

#[derive(Args, Debug)]
pub(super) struct Check {
    /// Only this brand, by its slug.
    #[arg(long, value_name = "SLUG")]
    brand: Option<String>,
    /// Write one JSON object.
    #[arg(long)]
    json: bool,
}

#[derive(Args, Debug)]
pub(super) struct Import {
    /// The brand's slug.
    #[arg(long, value_name = "SLUG")]
    brand: String,
    /// Those of the sandbox.
    #[arg(long)]
    sandbox: bool,
    /// Write one JSON object.
    #[arg(long)]
    json: bool,
}

impl StripeCommand {
    pub(super) async fn run(self, path: &Path) -> Result<(), Failed> {
        let config = Config::load(path)?;
        match self {
            Self::Check(check) => check.run(&config).await,
            Self::Import(import) => import.run(&config).await,
        }
    }
}

impl Check {
    async fn run(self, config: &Config) -> Result<(), Failed> {
        if let Some(slug) = &self.brand {
            account_of(config, slug)?;
        }
        let wanted = |brand: &&Arc<Brand>| self.brand.as_ref().is_none_or(|slug| brand.slug == *slug);
        let url = format!("{}/api/stripe/webhook", config.server.public_url.trim_end_matches('/'));
        let (mut all, mut enough) = (Vec::new(), true);
        for brand in config.brands.iter().filter(wanted) {
            let Some(account) = &brand.stripe else { continue };
            for (environment, key, secret) in [
                (Environment::Prod, Some(&account.key), &account.webhook_secret),
                (Environment::Sandbox, account.sandbox_key.as_ref(), &account.sandbox_webhook_secret),
            ] {
                let Some(key) = key else { continue };
                let key = stripe::key(key, environment)?;
                let stripe = Stripe::new(account.api.clone(), key, Clock::system())?;
                let report = stripe.check(&url, |count| progress("subscriptions", count)).await;
                enough &= report.is_enough();
                if self.json {
                    all.push(as_json(brand, environment, &report, secret.is_some()));
                } else {
                    print(brand, environment, &report, secret.is_some());
                }
            }
        }
        if self.json {
            println!("{}", json!({ "ok": enough, "accounts": all }));
        } else if all.is_empty() && !config.brands.iter().filter(wanted).any(|brand| brand.stripe.is_some()) {
            return Err("no brand is billed by Stripe; write `billing = \"stripe\"` first.".into());
        }
        match enough {
            true => Ok(()),
            false => {
                Err("a key may not do all that is needed; edit it at https://dashboard.stripe.com/apikeys."
                    .into())
            }
        }
    }
}

impl Import {
    async fn run(self, config: &Config) -> Result<(), Failed> {
        account_of(config, &self.brand)?;
        let environment = if self.sandbox { Environment::Sandbox } else { Environment::Prod };
        let brand = config.brand(&self.brand).ok_or("there is no such brand.")?;
        let store = open_store(&config.server.database).await?;
        let account = stripe::account(brand, environment, &store, &Clock::system())?;
        let done = match &account {
            Some(account) => Some(account.import(|count| progress("customers", count)).await),
            None => None,
        };
        store.close().await;
        let done = done.ok_or("the brand has no `sandbox_key_file`: there, the built-in ledger bills.")??;
        if self.json {
            println!("{}", json!(done));
            return Ok(());
        }
        println!(
            "{} customers{}.",
            done.customers,
            if done.resumed { ", some of them in a run before" } else { "" }
        );
        if done.erased > 0 {
            println!("{} were erased here, and are left out.", done.erased);
        }
        if done.gone > 0 {
            println!("{} are forgotten, since Stripe has them no more.", done.gone);
        }
        Ok(())
    }
}

fn account_of<'a>(config: &'a Config, slug: &str) -> Result<&'a StripeAccount, Failed> {
    checked_brand(config, slug)?;
    let account = config.brand(slug).and_then(|brand| brand.stripe.as_ref());
    account.ok_or_else(|| {
        format!("the brand \"{slug}\" is not billed by Stripe; write `billing = \"stripe\"` first.").into()
    })
}

/// Says how far it is, every thousand.
fn progress(what: &str, count: u64) {
    if count > 0 && count.is_multiple_of(1000) {
        eprintln!("{count} {what} …");
    }
}

fn as_json(brand: &Brand, environment: Environment, report: &Report, secret: bool) -> Value {
    json!({
        "brand": brand.slug,
        "environment": environment.name(),
        "ok": report.is_enough(),
        "fits": fits(environment, report),
        "webhook_secret": secret,
        "report": report,
    })
}

/// Whether the key is of the side that it is configured for.
fn fits(environment: Environment, report: &Report) -> bool {
    report.live == (environment == Environment::Prod)
}

fn print(brand: &Brand, environment: Environment, report: &Report, secret: bool) {
    let side = if report.live { "live" } else { "test" };
    let kind = if report.restricted { "restricted" } else { "unrestricted: a restricted one is safer" };
    println!("{} ({}): a {side} key, {kind}.", brand.slug, environment.name());
    if !fits(environment, report) {
        println!(
            "  warning   It is for trying things out, and this is what counts: customers who are charged are not there."
        );
    }
    for one in &report.permissions {
        let why = one.why.as_ref().map(|why| format!(" ({})", plain(why))).unwrap_or_default();
        println!("  {:<9} {}: {}{why}", standing(one.standing), one.resource, one.level);
    }
    let webhook = &report.webhook;
    let missing = webhook.missing_events.join(", ");
    match webhook.standing {
        Standing::Ok if missing.is_empty() => println!("  ok        Webhook to {}", webhook.url),
        Standing::Ok => println!("  optional  Webhook to {}: add the events {missing}", webhook.url),
        Standing::Missing => {
            println!("  optional  There is no webhook to {}, with the events {missing}", webhook.url)
        }
        Standing::Unknown => println!(
            "  optional  Whether there is a webhook to {} cannot be seen: that needs Webhook Endpoints: read",
            webhook.url
        ),
    }
    if webhook.standing == Standing::Ok && !secret {
        println!(
            "  optional  Its secret is not configured: write it into a file, and that into `webhook_secret_file`"
        );
    }
    match report.subscriptions {
        Some(count) => println!("  {count} subscriptions have not ended."),
        None => println!("  Subscriptions cannot be read."),
    }
    for (name, follows) in SPECIAL {
        if let Some(count) = report.special.get(name) {
            println!("  {count:>9} {}: each {follows}", name.replace('_', " "));
        }
    }
}

fn standing(standing: Standing) -> &'static str {
    match standing {
        Standing::Ok => "ok",
        Standing::Missing => "missing",
        Standing::Unknown => "unknown",
    }
}
