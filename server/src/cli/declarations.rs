use std::path::Path;
use std::sync::Arc;

use clap::Subcommand;
use serde_json::Value;

use super::{Failed, checked_brand};
use crate::clock::Clock;
use crate::config::Config;
use crate::declaration::{CannotDecide, Decided, Decision, Declaration, Register, Status, decide};
use crate::keys::KeyFile;
use crate::seal::Sealer;
use crate::serve::{billings, open_store, outbound};
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
                let listed = register.list(brand.as_deref(), all, u32::MAX).await?;
                if json {
                    let listed: Vec<_> = listed.iter().map(|declaration| declaration.shown(&now)).collect();
                    println!("{}", serde_json::to_string(&listed)?);
                } else {
                    listed.iter().for_each(|declaration| println!("{}", line(declaration, &now)));
                }
            }
            Self::Show { reference, json } => {
                print(&find(&register, &reference).await?, &now, json)?;
            }
            Self::Confirm { reference, subscription, done, json } => {
                let decision = if done { Decision::CarriedOut } else { Decision::Confirm { subscription } };
                let declaration = find(&register, &reference).await?;
                let client = outbound(config, &clock)?;
                let sealer = Arc::new(Sealer::new(KeyFile::open(&config.server.keys, "sealing.key")?));
                let billings = billings(config, store, &clock, &sealer, client.as_ref())?;
                let decided =
                    decide(&register, &billings, &declaration, decision).await.map_err(explained)?;
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

async fn find(register: &Register, reference: &str) -> Result<Declaration, Failed> {
    let found = register.by_reference(reference).await?;
    found.ok_or_else(|| unknown(reference))
}

/// The sentence of a decision that cannot be taken, with the option that would be right.
fn explained(error: CannotDecide) -> Failed {
    match error {
        CannotDecide::NotMatched => format!("{error} (--subscription ID, or --done)").into(),
        CannotDecide::Elsewhere(_) => format!("{error} (--done)").into(),
        error => error.into(),
    }
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

fn line(declaration: &Declaration, now: &str) -> String {
    let overdue = if declaration.is_overdue(now) { "  overdue" } else { "" };
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
    let whole = serde_json::to_value(declaration.shown(now))?;
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
    if let Some(why) = declaration.why.filter(|_| declaration.status == Status::Open) {
        println!("{}", why.sentence());
    }
    Ok(())
}
