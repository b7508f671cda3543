use std::io::{BufRead, ErrorKind, IsTerminal, Write};
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use url::Url;

use super::Failed;
use crate::config::Config;
use crate::place::Place;
use crate::policy;

pub(super) const EXAMPLES: &str = "\
Examples:
  farewell init
  farewell init --brand \"Acme News\" --country US --billing ledger --yes
  farewell init --brand Acme --country DE,AT --url https://cancel.acme.example --site https://app.acme.example shop

Writes farewell.toml into the directory, which is made if need be. A file that is there already is never touched.
Exit codes: 0 when the file was written, 1 when it was not.";

#[derive(Args, Debug)]
pub(super) struct Init {
    /// Where the file goes.
    #[arg(default_value = ".")]
    directory: PathBuf,
    /// What customers know the brand as.
    #[arg(long, value_name = "NAME")]
    brand: Option<String>,
    /// Where it sells: countries or parts of them, such as US,GB or US-CA.
    #[arg(long, value_name = "PLACES", value_delimiter = ',', value_parser = place)]
    country: Option<Vec<String>>,
    /// Who changes subscriptions.
    #[arg(long, value_enum)]
    billing: Option<Billing>,
    /// The server's address, as browsers will see it.
    #[arg(long, value_name = "URL", value_parser = origin)]
    url: Option<String>,
    /// The address of the pages the button is on.
    #[arg(long, value_name = "URL", value_parser = origin)]
    site: Option<String>,
    /// Where a person answers.
    #[arg(long, value_name = "ADDRESS")]
    email: Option<String>,
    /// Ask nothing: take defaults for what is not given.
    #[arg(long)]
    yes: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Billing {
    /// You, who act on verified results. Nothing is touched here.
    Merchant,
    /// The built-in ledger.
    Ledger,
}

fn place(text: &str) -> Result<String, String> {
    Place::read(text).map(|_| text.to_owned())
}

fn origin(text: &str) -> Result<String, String> {
    let url = Url::parse(text).map_err(|error| format!("{error}; write it with https://"))?;
    let origin = url.origin();
    let right = origin.is_tuple() && matches!(url.scheme(), "http" | "https");
    if right { Ok(origin.ascii_serialization()) } else { Err("write it with https://".into()) }
}

impl Init {
    pub(super) fn run(self) -> Result<(), Failed> {
        let answers = self.answers()?;
        let text = answers.write();
        // What is written has to be right, whatever was answered.
        if let Err(problems) = Config::read("farewell.toml", &text, &self.directory) {
            let first = problems.first().map(ToString::to_string).unwrap_or_default();
            return Err(format!("these answers make no configuration: {first}").into());
        }
        std::fs::create_dir_all(&self.directory)?;
        let path = self.directory.join("farewell.toml");
        let file = std::fs::OpenOptions::new().write(true).create_new(true).open(&path);
        let mut file = file.map_err(|error| match error.kind() {
            ErrorKind::AlreadyExists => format!(
                "{} is there already and was not touched; name another directory, or move it away.",
                path.display()
            ),
            _ => format!("cannot write {}: {error}.", path.display()),
        })?;
        file.write_all(text.as_bytes())?;
        println!("{} is written. Next:", path.display());
        answers.next_steps(&path);
        Ok(())
    }

    fn answers(&self) -> Result<Answers, Failed> {
        let mut asking = Asking { quiet: self.yes || !std::io::stdin().is_terminal() };
        let name = match &self.brand {
            Some(name) => name.trim().to_owned(),
            None => asking.ask("What do customers know the brand as?", "Example", |text| Ok(text.into()))?,
        };
        if name.is_empty() || name.contains(char::is_control) {
            return Err("--brand has to be a line of text.".into());
        }
        let markets = match &self.country {
            Some(places) => places.clone(),
            None => asking.ask("Where does it sell? Countries, such as US,GB or US-CA:", "US", |text| {
                text.split(',').map(|one| place(one.trim())).collect()
            })?,
        };
        let billing = match self.billing {
            Some(billing) => billing,
            None => asking.ask(
                "Who changes subscriptions: merchant (you do, told by signed results) or ledger (built in)?",
                "merchant",
                |text| Billing::from_str(text, true).map_err(|_| "write merchant or ledger".into()),
            )?,
        };
        let site = match &self.site {
            Some(site) => site.clone(),
            None => asking.ask("Where are the pages with the button?", "https://app.example.com", origin)?,
        };
        Ok(Answers {
            slug: slug(&name),
            name,
            markets,
            billing,
            url: self.url.clone().unwrap_or_else(|| "http://127.0.0.1:8787".into()),
            email: self.email.clone().unwrap_or_else(|| "help@example.com".into()),
            site,
        })
    }
}

/// Asks on a terminal, and takes the default anywhere else.
struct Asking {
    quiet: bool,
}

impl Asking {
    fn ask<T>(
        &mut self,
        question: &str,
        default: &str,
        read: impl Fn(&str) -> Result<T, String>,
    ) -> Result<T, Failed> {
        if self.quiet {
            return read(default).map_err(Into::into);
        }
        loop {
            print!("{question} [{default}] ");
            std::io::stdout().flush()?;
            let mut line = String::new();
            if std::io::stdin().lock().read_line(&mut line)? == 0 {
                return Err("nothing was written.".into());
            }
            let answer = if line.trim().is_empty() { default } else { line.trim() };
            match read(answer) {
                Ok(value) => return Ok(value),
                Err(wrong) => println!("  {wrong}."),
            }
        }
    }
}

/// A brand's name as its slug.
fn slug(name: &str) -> String {
    let letters = name
        .to_lowercase()
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { ' ' })
        .collect::<String>();
    let slug = letters.split_whitespace().collect::<Vec<_>>().join("-");
    if slug.is_empty() { "example".into() } else { slug }
}

struct Answers {
    slug: String,
    name: String,
    markets: Vec<String>,
    billing: Billing,
    url: String,
    site: String,
    email: String,
}

impl Answers {
    /// The law that wants customers to get a copy of the receipt to keep.
    fn durable_copy(&self) -> Option<&'static str> {
        let places: Vec<Place> = self.markets.iter().filter_map(|place| Place::read(place).ok()).collect();
        policy::durable_copy_demanded(&places)
    }

    fn write(&self) -> String {
        let mut text = format!(
            "# Every field is explained in server/farewell.example.toml of the project; `farewell lint` checks this file.\n\n\
             [server]\n\
             # Put a TLS proxy in front of it, and write its address into public_url.\n\
             listen = \"127.0.0.1:8787\"\n\
             public_url = {}\n",
            quoted(&self.url)
        );
        if self.durable_copy().is_some() {
            text.push_str(&format!(
                "\n# Customers get their receipts through this mail server. `farewell receipts test` tries it.\n\
                 [server.smtp]\n\
                 host = \"smtp.example.com\"\n\
                 from = {}\n",
                quoted(&self.email)
            ));
        }
        let markets: Vec<String> = self.markets.iter().map(|place| quoted(place)).collect();
        let (billing, place) = match self.billing {
            Billing::Merchant => {
                ("merchant", "# You send `country` and `region` with each session.\nplace = \"session\"")
            }
            Billing::Ledger => ("ledger", "# The address that the ledger has.\nplace = \"billing\""),
        };
        text.push_str(&format!(
            "\n[[brand]]\n\
             slug = {}\n\
             site_id = 1\n\
             name = {}\n\
             # core, or advanced: with the ledger of cancellations and the state of hosted sessions.\n\
             plan = \"advanced\"\n\
             # The laws of these places decide what may come before a cancellation.\n\
             markets = [{}]\n\
             {place}\n\
             support_email = {}\n\
             # The pages the button is on, and where customers may be sent afterwards.\n\
             origins = [{}]\n\
             return_urls = [{}]\n\
             billing = \"{billing}\"\n\
             cancel = \"at_period_end\"\n",
            quoted(&self.slug),
            quoted(&self.name),
            markets.join(", "),
            quoted(&self.email),
            quoted(&self.site),
            quoted(&format!("{}/", self.site)),
        ));
        if self.durable_copy().is_some() {
            text.push_str("receipts = \"mail\"\n");
        }
        if self.some_market(|policy| policy.survey) {
            self.write_reasons(&mut text);
        }
        if self.some_market(|policy| policy.max_offers > 0) {
            text.push_str(
                "\n# What may be offered instead, where the law of the customer's place leaves room for it.\n\
                 [[brand.offer]]\n\
                 id = \"twenty-off\"\n\
                 kind = \"discount\"\n\
                 headline = \"20% off for three months\"\n\
                 percent_off = 20\n\
                 duration = \"repeating\"\n\
                 months = 3\n",
            );
        }
        text
    }

    fn write_reasons(&self, text: &mut String) {
        text.push_str(
            "\n# Why customers may leave, in the order they see.\n\
             [[brand.reason]]\n\
             key = \"too_expensive\"\n\
             label = \"It costs too much\"\n\
             code = \"too_expensive\"\n",
        );
        if self.some_market(|policy| policy.max_offers > 0) {
            text.push_str("offers = [\"twenty-off\"]\n");
        }
        text.push_str(
            "\n[[brand.reason]]\n\
             key = \"unused\"\n\
             label = \"I don't use it enough\"\n\
             code = \"unused\"\n\
             \n[[brand.reason]]\n\
             key = \"other\"\n\
             label = \"Something else\"\n\
             code = \"other\"\n",
        );
    }

    /// Whether the law of any market allows something.
    fn some_market(&self, allows: impl Fn(&flow::Policy) -> bool) -> bool {
        self.markets.iter().filter_map(|place| Place::read(place).ok()).any(|place| {
            // A country with regional laws has regions that are freer than all of them in common.
            allows(&policy::choose(Some(&place), &[], true))
                || place.country == "US" && place.region.is_none()
        })
    }

    fn next_steps(&self, path: &Path) {
        let config = if path == Path::new("./farewell.toml") {
            String::new()
        } else {
            format!(" --config {}", path.display())
        };
        let slug = &self.slug;
        println!("  farewell lint{config}");
        println!("  farewell keys create{config} --brand {slug}");
        if let Some(law) = self.durable_copy() {
            println!(
                "  edit [server.smtp]: customers get a copy to keep ({law}), and the server starts only when it can be sent;\n  \
                 farewell receipts test{config} --brand {slug}"
            );
        }
        println!("  farewell serve{config}");
        println!("And to see the flow now: farewell simulate{config} --brand {slug}");
    }
}

/// A text as TOML has it: control characters were refused, so it is as in JSON.
fn quoted(text: &str) -> String {
    serde_json::Value::String(text.into()).to_string()
}
