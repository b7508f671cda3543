//! `farewell.toml`: read and checked as a whole, so that every mistake is told at once, each with its place.

mod brand;
mod discount;
mod docs;
mod hub;
mod market;
mod offer;
mod pelcro;
mod problem;
mod reason;
mod receipts;
mod retention;
mod server;
mod smtp;
mod stripe;
mod table;
mod theme;
mod value;
mod webhook;
mod when;
mod wording;
mod words;

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use toml::de::DeTable;

use crate::brand::Brand;
pub use problem::{Level, Problem};
pub use retention::{LEGAL, Period, Retention};
pub use server::Server;
pub use smtp::{Password, Security, SmtpServer};

use problem::{NOT_TOML, Problems};
use table::Table;

/// Everything `farewell.toml` says, checked.
#[derive(Clone, Debug)]
pub struct Config {
    /// The server itself.
    pub server: Server,
    /// The brands, in the order of the file. Never empty.
    pub brands: Vec<Arc<Brand>>,
    /// The built-in brand of the button in the documentation, where the server has pages of it.
    pub docs: Option<Arc<Brand>>,
    /// What is doubtful in the file and not a mistake, in its order: `farewell lint` fails on it, the server starts.
    pub warnings: Vec<Problem>,
}

/// Why there is no configuration.
#[derive(Debug)]
pub enum ConfigError {
    /// The file cannot be read. A sentence that says why.
    Unreadable(String),
    /// The file has mistakes: all of them and every warning, in its order.
    Wrong(Vec<Problem>),
}

impl Config {
    /// Reads and checks a file.
    ///
    /// # Errors
    /// [`ConfigError`] has every mistake, not only the first.
    pub fn load(path: &Path) -> Result<Self, ConfigError> {
        let name = path.display().to_string();
        let text = std::fs::read_to_string(path).map_err(|error| {
            let hint = match error.kind() {
                std::io::ErrorKind::NotFound => "name the file with --config.",
                std::io::ErrorKind::InvalidData => "save it as UTF-8.",
                _ => "make it readable for the user the server runs as.",
            };
            ConfigError::Unreadable(format!("cannot read {name}: {error}; {hint}"))
        })?;
        let directory = path.parent().unwrap_or(Path::new(""));
        Self::read(&name, &text, directory).map_err(ConfigError::Wrong)
    }

    /// Checks a text. Relative paths in it are taken from `directory`; `name` is how problems call the file.
    ///
    /// # Errors
    /// Every mistake and every warning in the text, in its order; never warnings alone.
    pub fn read(name: &str, text: &str, directory: &Path) -> Result<Self, Vec<Problem>> {
        let problems = Problems::new(name, text);
        let (document, errors) = DeTable::parse_recoverable(text);
        for error in &errors {
            let message = error.message().replace('\n', ", ");
            problems.add(error.span().unwrap_or(0..0), format!("{NOT_TOML}: {message}."));
        }
        let config = {
            let root = Table::new("the file", document.get_ref(), 0..0, &problems);
            if !root.has("server") {
                root.wrong_here("there is no [server]; add one with `public_url`.");
            }
            let server = root.table("server", "[server]");
            let mail = server.as_ref().is_some_and(|table| table.has("smtp"));
            let private = server.as_ref().is_some_and(webhook::private);
            let mut brands = brand::Brands::new(mail, private, directory);
            let server = server.and_then(|table| server::read(table, directory));
            if !root.has("brand") {
                root.wrong_here("there is no [[brand]]; add one with `slug`, `site_id` and `name`.");
            }
            for table in root.tables("brand", "[[brand]]") {
                brands.read(table);
            }
            root.finish();
            server.map(|server| {
                let docs = server.docs.then(|| Arc::new(docs::brand(&server.public_url)));
                Self { server, brands: brands.list, docs, warnings: Vec::new() }
            })
        };
        let found = problems.into_list();
        match config {
            Some(config) if found.iter().all(|problem| problem.level == Level::Warning) => {
                Ok(Self { warnings: found, ..config })
            }
            _ => Err(found),
        }
    }

    /// The brand of this slug, whether it is configured or built in.
    #[must_use]
    pub fn brand(&self, slug: &str) -> Option<&Arc<Brand>> {
        self.all_brands().find(|brand| brand.slug == slug)
    }

    /// Every brand that has sessions: those that are configured, and the one that is built in.
    pub fn all_brands(&self) -> impl Iterator<Item = &Arc<Brand>> {
        self.brands.iter().chain(&self.docs)
    }

    /// The address where a person answers, if it is the same for every brand.
    #[must_use]
    pub fn common_support_email(&self) -> Option<&String> {
        let first = self.brands.first()?.support_email.as_ref();
        first.filter(|first| self.brands.iter().all(|brand| brand.support_email.as_ref() == Some(*first)))
    }

    /// Whether any brand has pages on this origin.
    #[must_use]
    pub fn knows_origin(&self, origin: &str) -> bool {
        self.brands.iter().any(|brand| brand.origins.iter().any(|known| known == origin))
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable(sentence) => f.write_str(sentence),
            Self::Wrong(problems) => {
                for problem in problems {
                    writeln!(f, "{problem}")?;
                }
                let mistakes = problems.iter().filter(|problem| problem.level == Level::Error).count();
                let counted = |n: usize, one: &str| match n {
                    1 => format!("1 {one}"),
                    n => format!("{n} {one}s"),
                };
                let warnings = counted(problems.len() - mistakes, "warning");
                match (mistakes, problems.len() - mistakes) {
                    (0, _) => write!(f, "{warnings} about the configuration."),
                    (n, 0) => write!(f, "{} in the configuration.", counted(n, "mistake")),
                    (n, _) => write!(f, "{} in the configuration, and {warnings}.", counted(n, "mistake")),
                }
            }
        }
    }
}

impl std::error::Error for ConfigError {}
