use std::io::{BufRead, IsTerminal, Write};
use std::path::Path;

use clap::Args;
use flow::Page;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use super::{Failed, checked_brand};
use crate::billing::{Billing, Can, Customer, Cycle, Interval, Lookup, PlanTerms, Snapshot, Terms};
use crate::billing::{ledger::Ledger, merchant::Merchant};
use crate::brand::{BillingKind, Brand};
use crate::clock::Clock;
use crate::config::Config;
use crate::locale;
use crate::offer::{For, History};
use crate::place::Place;
use crate::policy;
use crate::resolve::{self, Circumstances, Wish};
use crate::serve::open_store;
use crate::session::Environment;
use crate::simulate::{Pressed, Sheet, Walk, left_out};

/// How long the made-up customer's paid period still runs.
const PERIOD_LEFT: SignedDuration = SignedDuration::from_hours(10 * 24);

#[derive(Args, Debug)]
pub(super) struct Simulate {
    /// The brand's slug.
    #[arg(long, value_name = "SLUG")]
    brand: String,
    /// A customer of the built-in ledger. Without one, a customer is made up.
    #[arg(long, value_name = "ID", conflicts_with_all = ["plan", "price", "currency", "every", "tenure_days"])]
    customer: Option<String>,
    /// Where the customer lives: DE, or US-CA.
    #[arg(long, value_name = "PLACE", value_parser = Place::read)]
    country: Option<Place>,
    /// The language the customer is spoken to in.
    #[arg(long, value_name = "TAG", value_parser = locale::well_formed)]
    locale: Option<String>,
    /// The customer is a business, not a consumer.
    #[arg(long)]
    business: bool,
    /// Plan of the made-up customer.
    #[arg(long, value_name = "ID", default_value = "example")]
    plan: String,
    /// Its price, in minor units.
    #[arg(long, value_name = "MINOR UNITS", default_value_t = 1200, value_parser = clap::value_parser!(i64).range(0..))]
    price: i64,
    /// The price's currency (ISO 4217).
    #[arg(long, value_name = "CODE", default_value = "USD")]
    currency: String,
    /// How often it is paid: day, week, month or year.
    #[arg(long, value_name = "INTERVAL", default_value = "month", value_parser = interval)]
    every: Interval,
    /// For how many days the made-up customer has been one.
    #[arg(long, value_name = "DAYS", default_value_t = 100)]
    tenure_days: u32,
    /// What the customer does, separated by commas: numbers, names of choices and buttons, or field=text.
    #[arg(long, value_name = "WORDS")]
    script: Option<String>,
    /// Write one JSON object: policy, offers that are left out, every step, the outcome. Needs --script.
    #[arg(long, requires = "script")]
    json: bool,
}

fn interval(text: &str) -> Result<Interval, String> {
    Interval::named(text).ok_or_else(|| "write day, week, month or year".into())
}

impl Simulate {
    pub(super) async fn run(self, path: &Path) -> Result<(), Failed> {
        let config = Config::load(path)?;
        checked_brand(&config, &self.brand)?;
        let Some(brand) = config.brand(&self.brand).cloned() else { return Ok(()) };
        let clock = Clock::system();
        let now = clock.now();
        let (snapshot, history, plans) = match &self.customer {
            Some(customer) => known(&config, &brand, &clock, customer).await?,
            None => (self.made_up(&brand, now).await?, History::default(), None),
        };
        let wish = Wish {
            place: self.country.as_ref(),
            locale: self.locale.as_deref(),
            consumer: !self.business,
            withdrawal: false,
            contract_started_at: None,
        };
        let policy = resolve::policy(&brand, &snapshot.customer, wish);
        let page = Page { action: format!("{}/c", config.server.public_url), handle: "simulated".into() };
        let circumstances =
            Circumstances { snapshot: &snapshot, history: &history, plans: plans.as_deref(), now };
        let (flow, _) = resolve::resolve(&brand, &policy, circumstances, wish, page)?;
        let customer = For { snapshot: &snapshot, began_at: snapshot.began_at, history: &history, now };
        let missing: Vec<(String, String)> = left_out(&brand, &policy, &flow, customer)
            .into_iter()
            .map(|(offer, why)| (offer, why.to_string()))
            .collect();
        let laws = laws(&policy.id);
        let mut told = Told::new(self.json);
        told.say(&format!("{}, policy {} ({laws}), language {}.", brand.name, policy.id, flow.locale));
        for (offer, why) in &missing {
            told.say(&format!("Offer \"{offer}\" is left out: {why}."));
        }
        let policy_id = policy.id.clone();
        let mut walk = Walk::begin(flow, policy, brand.billing, now);
        match &self.script {
            Some(script) => scripted(&mut walk, script, &mut told)?,
            None => typed(&mut walk, &mut told)?,
        }
        let run = walk.state.runs.last();
        let outcome = run.and_then(|run| run.outcome).map(flow::Outcome::name);
        let effect = run.and_then(|run| run.effect).map(flow::Effect::name);
        match outcome {
            Some(outcome) => {
                let effect = effect.map(|effect| format!(", effect {effect}")).unwrap_or_default();
                told.say(&format!("Outcome: {outcome}{effect}. Nothing was changed anywhere."));
            }
            None => told.say("No outcome yet. Nothing was changed anywhere."),
        }
        if self.json {
            let missing: Vec<_> =
                missing.iter().map(|(offer, why)| json!({ "offer": offer, "why": why })).collect();
            println!(
                "{}",
                json!({ "brand": brand.slug, "policy": policy_id, "law": laws, "left_out": missing,
                        "steps": told.steps, "outcome": outcome, "effect": effect })
            );
        }
        Ok(())
    }

    /// A customer that nobody has.
    async fn made_up(&self, brand: &Brand, now: Timestamp) -> Result<Snapshot, Failed> {
        let lookup = Lookup { customer: Some("simulated".into()), ..Lookup::default() };
        let mut snapshot = Merchant.snapshot(&lookup).await?;
        snapshot.customer = Customer { place: self.country.clone(), ..snapshot.customer };
        let since = SignedDuration::from_hours(i64::from(self.tenure_days) * 24);
        snapshot.began_at = now.checked_sub(since).ok();
        if brand.billing != BillingKind::Merchant {
            let currency = iso_currency::Currency::from_code(&self.currency)
                .ok_or("--currency has to be an ISO 4217 code, such as USD.")?;
            let end = now.checked_add(PERIOD_LEFT)?;
            snapshot.subscription = Some("simulated".into());
            snapshot.can = Can {
                cancel: true,
                undo: true,
                discount: true,
                pause: true,
                change_plan: true,
                ..Can::default()
            };
            snapshot.terms = Some(Terms {
                plan: self.plan.clone(),
                plan_name: self.plan.clone(),
                amount: self.price,
                currency: currency.code().into(),
                cycle: Cycle {
                    interval: self.every,
                    interval_count: 1,
                    anchor_day: end.to_zoned(jiff::tz::TimeZone::UTC).day(),
                },
                current_period_end: end,
            });
        }
        Ok(snapshot)
    }
}

type Known = (Snapshot, History, Option<Vec<PlanTerms>>);

/// A customer of the brand's ledger, as a session would find them.
async fn known(config: &Config, brand: &Brand, clock: &Clock, customer: &str) -> Result<Known, Failed> {
    if brand.billing != BillingKind::Ledger {
        return Err(
            "--customer is for brands on the built-in ledger; leave it out to have one made up.".into()
        );
    }
    let store = open_store(&config.server.database).await?;
    let ledger = Ledger::new(store.clone(), clock.clone(), &brand.slug, Environment::Prod);
    let lookup = Lookup { customer: Some(customer.into()), ..Lookup::default() };
    let found = async {
        let snapshot = ledger.snapshot(&lookup).await?;
        let plans = ledger.plans(&resolve::plans_named(brand)).await?;
        let history = History::of(&store, &brand.slug, Environment::Prod, &snapshot.customer.id, "").await?;
        Ok::<_, Failed>((snapshot, history, plans))
    };
    let found = found.await;
    store.close().await;
    found
}

/// The laws behind a policy.
fn laws(policy: &str) -> String {
    let named = |id: &str| policy::all().find(|law| law.id == id).map_or("a stricter law", |law| law.law);
    policy.split('+').map(named).collect::<Vec<_>>().join("; ")
}

/// What was told so far.
struct Told {
    silent: bool,
    steps: Vec<serde_json::Value>,
}

impl Told {
    fn new(silent: bool) -> Self {
        Self { silent, steps: Vec::new() }
    }

    fn say(&self, line: &str) {
        if !self.silent {
            println!("{line}");
        }
    }

    fn step(&mut self, sheet: &Sheet) {
        self.say("");
        self.say(sheet.to_string().trim_end());
        self.steps.push(json!({ "step": sheet.step, "lines": sheet.lines }));
    }
}

fn scripted(walk: &mut Walk, script: &str, told: &mut Told) -> Result<(), Failed> {
    told.step(&walk.sheet());
    for word in script.split(',').map(str::trim).filter(|word| !word.is_empty()) {
        told.say(&format!("> {word}"));
        match walk.press(word).map_err(|error| format!("--script, \"{word}\": {error}"))? {
            Pressed::Filled => {}
            Pressed::Moved => told.step(&walk.sheet()),
            Pressed::Left => break,
        }
    }
    Ok(())
}

fn typed(walk: &mut Walk, told: &mut Told) -> Result<(), Failed> {
    let (input, mut output) = (std::io::stdin(), std::io::stdout());
    if input.is_terminal() {
        println!(
            "Type the number or name of a choice or button, field=text to write something, Ctrl-D to stop."
        );
    }
    told.step(&walk.sheet());
    let mut lines = input.lock().lines();
    loop {
        write!(output, "> ")?;
        output.flush()?;
        let Some(line) = lines.next() else { break };
        let line = line?;
        match walk.press(line.trim()) {
            _ if line.trim().is_empty() => {}
            Ok(Pressed::Filled) => told.say("  chosen; press a button to go on."),
            Ok(Pressed::Moved) => told.step(&walk.sheet()),
            Ok(Pressed::Left) => break,
            Err(error) => told.say(&format!("  {error}")),
        }
    }
    println!();
    Ok(())
}
