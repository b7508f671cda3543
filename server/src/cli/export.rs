use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand, ValueEnum};
use jiff::Timestamp;

use super::day::day;
use super::{Failed, checked_brand};
use crate::config::Config;
use crate::export::{CancellationRows, Encoder, Filter, Format, Rows, SessionRows};
use crate::serve::open_store;
use crate::session::Environment;

#[derive(Debug, Subcommand)]
pub(super) enum Export {
    /// Write a row for each run of each session, oldest first.
    Sessions(Wanted),
    /// Write a row for each entry of the ledger of cancellations, oldest first.
    Cancellations(Wanted),
}

#[derive(Args, Debug)]
pub(super) struct Wanted {
    /// Only of the brand with this slug.
    #[arg(long, value_name = "SLUG")]
    brand: Option<String>,
    /// Only what counts, or only what somebody tried out.
    #[arg(long, value_enum)]
    environment: Option<Which>,
    /// Only what began on this day (UTC) or later: sessions that were opened, customers who wanted to leave.
    #[arg(long, value_name = "DAY", value_parser = day)]
    since: Option<Timestamp>,
    /// Only what began before this day (UTC).
    #[arg(long, value_name = "DAY", value_parser = day)]
    until: Option<Timestamp>,
    /// How rows are written.
    #[arg(long, value_enum, default_value_t = As::Csv)]
    format: As,
    /// Also what customers have written.
    #[arg(long)]
    with_text: bool,
    /// Where to: a new file for your eyes only. Without it, standard output.
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum Which {
    Prod,
    Sandbox,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum As {
    /// Comma-separated values under a header, safe to open in a spreadsheet.
    Csv,
    /// A JSON object in each line.
    Ndjson,
}

impl Export {
    pub(super) async fn run(self, path: &Path) -> Result<(), Failed> {
        let config = Config::load(path)?;
        let (Self::Sessions(wanted) | Self::Cancellations(wanted)) = &self;
        if let Some(brand) = &wanted.brand {
            checked_brand(&config, brand)?;
        }
        let filter = wanted.filter();
        let store = open_store(&config.server.database).await?;
        let done = match &self {
            Self::Sessions(wanted) => wanted.write(SessionRows::new(store.clone(), filter)).await,
            Self::Cancellations(wanted) => wanted.write(CancellationRows::new(store.clone(), filter)).await,
        };
        store.close().await;
        done
    }
}

impl Wanted {
    fn filter(&self) -> Filter {
        Filter {
            brand: self.brand.clone(),
            environment: self.environment.map(|which| match which {
                Which::Prod => Environment::Prod,
                Which::Sandbox => Environment::Sandbox,
            }),
            since: self.since,
            until: self.until,
            with_text: self.with_text,
        }
    }

    async fn write<R: Rows>(&self, rows: R) -> Result<(), Failed> {
        let format = match self.format {
            As::Csv => Format::Csv,
            As::Ndjson => Format::Ndjson,
        };
        let encoder = Encoder::new(format, self.with_text);
        match &self.output {
            None => match write(rows, encoder, &mut io::stdout()).await {
                // Whoever reads it has seen enough.
                Err(error) if is_broken_pipe(&*error) => Ok(()),
                written => written.map(drop),
            },
            Some(file) => to_file(rows, encoder, file).await,
        }
    }
}

async fn to_file<R: Rows>(rows: R, encoder: Encoder<R::Row>, path: &Path) -> Result<(), Failed> {
    let name = path.display();
    let made = create(path).map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => {
            format!("{name} is there already, and is not overwritten; choose another name.")
        }
        _ => format!("cannot write {name}: {error}."),
    })?;
    let mut file = BufWriter::new(made);
    let written = write(rows, encoder, &mut file).await;
    let written = written.and_then(|rows| file.flush().map(|()| rows).map_err(Into::into));
    if written.is_err() {
        // Half an export looks like a whole one.
        drop(std::fs::remove_file(path));
    }
    println!("{} rows are in {name}.", written?);
    Ok(())
}

/// Writes everything. Gives how many rows.
async fn write<R: Rows>(
    mut rows: R,
    mut encoder: Encoder<R::Row>,
    to: &mut impl Write,
) -> Result<usize, Failed> {
    to.write_all(&encoder.page(&[])?)?;
    let mut written = 0;
    while let Some(page) = rows.next_page().await? {
        to.write_all(&encoder.page(&page)?)?;
        written += page.len();
    }
    to.flush()?;
    Ok(written)
}

/// A new file that only its owner can read: customers are in it.
fn create(path: &Path) -> io::Result<File> {
    let mut options = File::options();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

fn is_broken_pipe(error: &(dyn std::error::Error + 'static)) -> bool {
    error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}
