use std::path::Path;

use clap::Subcommand;
use serde_json::{Value, json};

use super::{Failed, checked_brand};
use crate::billing::Lookup;
use crate::clock::Clock;
use crate::config::Config;
use crate::declaration::{Decided, Declaration, Register, Status, Why};
use crate::serve::{billings, open_store};
use crate::store::Store;

#[derive(Debug, Subcommand)]
pub(super) enum Declarations {
    /// List what waits for somebody, oldest first. Nothing personal is shown.
    List {
        /// Only of the brand with this slug.
        #[arg(long, value_name = "SLUG")]
        brand: Option<String>,
        /// Also what is done or dismissed.
        #[arg(long)]
        all: bool,
        /// Write one JSON array, with everything that was declared.
        #[arg(long)]
        json: bool,
    },
    /// Show one declaration: what was declared, and where it is.
    Show {
        /// Its reference, such as FW-7K3Q-9XPD.
        reference: String,
        /// Write one JSON object.
        #[arg(long)]
        json: bool,
    },
    /// Say that a declaration is genuine. The running server then carries it out.
    Confirm {
        /// Its reference.
        reference: String,
        /// The id of the subscription it is about. Needed where it was not matched.
        #[arg(long, value_name = "ID", conflicts_with = "done")]
        subscription: Option<String>,
        /// You have carried it out elsewhere: nothing is left to do.
        #[arg(long)]
        done: bool,
        /// Write one JSON object.
        #[arg(long)]
        json: bool,
    },
    /// Close a declaration without carrying it out, for example because nobody of that name is a customer.
    Dismiss {
        /// Its reference.
        reference: String,
        /// Write one JSON object.
        #[arg(long)]
        json: bool,
    },
}

impl Declarations {
    pub(super) async fn run(self, path: &Path) -> Result<(), Failed> {
        let config = Config::load(path)?;
        let store = open_store(&config.server.database).await?;
        let done = self.with(&config, &store).await;
        store.close().await;
        done
    }

    async fn with(self, config: &Config, store: &Store) -> Result<(), Failed> {
        let clock = Clock::system();
        let register = Register::new(store.clone(), clock.clone());
        let now = clock.now_text();
        match self {
            Self::List { brand, all, json } => {
                if let Some(brand) = &brand {
                    checked_brand(config, brand)?;
                }
                let listed = register.list(brand.as_deref(), all).await?;
                if json {
                    let listed: Vec<Value> =
                        listed.iter().map(|declaration| whole(declaration, &now)).collect();
                    println!("{}", serde_json::to_string(&listed)?);
                } else {
                    listed.iter().for_each(|declaration| println!("{}", line(declaration, &now)));
                }
            }
            Self::Show { reference, json } => {
                print(&find(&register, &reference).await?, &now, json)?;
            }
            Self::Confirm { reference, subscription, done, json } => {
                let declaration = find(&register, &reference).await?;
                let decided = if done {
                    register.carried_out(&reference).await?
                } else {
                    let (customer, subscription) =
                        about(config, store, &clock, &declaration, subscription).await?;
                    register.confirm(&reference, &customer, &subscription).await?
                };
                tell(&register, &reference, decided, &now, json).await?;
            }
            Self::Dismiss { reference, json } => {
                let decided = register.dismiss(&reference).await?;
                tell(&register, &reference, decided, &now, json).await?;
            }
        }
        Ok(())
    }
}

/// Whose subscription a declaration is about: the one that is named, else the one it was matched to.
async fn about(
    config: &Config,
    store: &Store,
    clock: &Clock,
    declaration: &Declaration,
    named: Option<String>,
) -> Result<(String, String), Failed> {
    let reference = &declaration.reference;
    if let Some(why @ Why::LaterEnd) = declaration.why {
        return Err(
            format!("{} Then: farewell declarations confirm {reference} --done", why.sentence()).into()
        );
    }
    let known = (declaration.customer.clone(), declaration.subscription.clone());
    let (customer, subscription) = match (named, known) {
        (Some(subscription), _) => (None, subscription),
        (None, (Some(customer), Some(subscription))) => (Some(customer), subscription),
        (None, _) => {
            return Err(format!(
                "{reference} was not matched to a subscription; name it with --subscription, or carry it out elsewhere \
                 and write --done."
            )
            .into());
        }
    };
    let billing = billings(config, store, clock).get(&declaration.brand);
    let billing = billing.ok_or_else(|| format!("the brand \"{}\" is not configured.", declaration.brand))?;
    let lookup = Lookup { customer, email: None, subscription: Some(subscription.clone()) };
    let snapshot = billing.snapshot(&lookup).await;
    if matches!(&snapshot, Ok(found) if found.terms.is_none())
        || declaration.why == Some(Why::MerchantBilling)
    {
        return Err(format!(
            "{} Then: farewell declarations confirm {reference} --done",
            Why::MerchantBilling.sentence()
        )
        .into());
    }
    let snapshot = snapshot.map_err(|error| format!("{subscription}: {error}"))?;
    Ok((snapshot.customer.id, subscription))
}

async fn find(register: &Register, reference: &str) -> Result<Declaration, Failed> {
    let found = register.by_reference(reference).await?;
    found.ok_or_else(|| unknown(reference))
}

fn unknown(reference: &str) -> Failed {
    format!("no declaration has the reference {reference}; `farewell declarations list --all` shows them.")
        .into()
}

async fn tell(
    register: &Register,
    reference: &str,
    decided: Decided,
    now: &str,
    json: bool,
) -> Result<(), Failed> {
    match decided {
        Decided::Unknown => Err(unknown(reference)),
        Decided::Not(status) => Err(format!("{reference} is {} already.", status.name()).into()),
        Decided::Yes => {
            let declaration = find(register, reference).await?;
            if json {
                return print(&declaration, now, true);
            }
            match declaration.status {
                Status::Confirmed => println!("Confirmed. The running server carries it out."),
                status => println!("{reference} is {}.", status.name()),
            }
            Ok(())
        }
    }
}

fn is_overdue(declaration: &Declaration, now: &str) -> bool {
    declaration.status.is_waiting() && declaration.alarm_at.as_str() <= now
}

fn line(declaration: &Declaration, now: &str) -> String {
    let overdue = if is_overdue(declaration, now) { "  overdue" } else { "" };
    let why = declaration.why.map(|why| format!(" ({})", why.name())).unwrap_or_default();
    format!(
        "{}  {}  {}  received {}  {}{why}{overdue}",
        declaration.reference,
        declaration.brand,
        declaration.kind.name(),
        declaration.received_at,
        declaration.status.name()
    )
}

fn print(declaration: &Declaration, now: &str, json: bool) -> Result<(), Failed> {
    let whole = whole(declaration, now);
    if json {
        println!("{}", serde_json::to_string(&whole)?);
        return Ok(());
    }
    if let Value::Object(members) = &whole {
        for (name, value) in members.iter().filter(|(_, value)| !value.is_null()) {
            let value = value.as_str().map_or_else(|| value.to_string(), Into::into);
            println!("{name}: {}", value.replace('\n', "\n    "));
        }
    }
    if let Some(why) = declaration.why {
        println!("{}", why.sentence());
    }
    Ok(())
}

/// Everything about a declaration. What was typed holds no control characters but line ends.
fn whole(declaration: &Declaration, now: &str) -> Value {
    let content = &declaration.content;
    json!({
        "reference": declaration.reference,
        "brand": declaration.brand,
        "kind": declaration.kind.name(),
        "name": content.name,
        "contract": content.contract,
        "extraordinary": content.extraordinary,
        "cause": content.cause,
        "wished_end": content.wished_end.map(|day| day.to_string()),
        "email": content.email,
        "locale": declaration.locale,
        "received_at": declaration.received_at,
        "status": declaration.status.name(),
        "why": declaration.why.map(Why::name),
        "overdue": is_overdue(declaration, now),
        "customer": declaration.customer,
        "subscription": declaration.subscription,
        "confirmed_at": declaration.confirmed_at,
        "confirmed_by": declaration.confirmed_by,
        "session": declaration.session,
        "effect": declaration.effect,
        "effective_at": declaration.effective_at,
        "settled_at": declaration.settled_at,
    })
}
