use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use clap::{Subcommand, ValueEnum};
use jiff::Timestamp;

use super::day::day;
use super::{Failed, checked_brand};
use crate::config::Config;
use crate::export::{Encoder, Filter, Format, Rows};
use crate::serve::open_store;
use crate::store::Store;

#[derive(Debug, Subcommand)]
pub(super) enum Export {
    /// Write a row for each run of each session, oldest first.
    Sessions {
        /// Only of the brand with this slug.
        #[arg(long, value_name = "SLUG")]
        brand: Option<String>,
        /// Only sessions opened on this day (UTC) or later.
        #[arg(long, value_name = "DAY", value_parser = day)]
        since: Option<Timestamp>,
        /// Only sessions opened before this day (UTC).
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
    },
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
        let Self::Sessions { brand, since, until, format, with_text, output } = self;
        if let Some(brand) = &brand {
            checked_brand(&config, brand)?;
        }
        let format = match format {
            As::Csv => Format::Csv,
            As::Ndjson => Format::Ndjson,
        };
        let filter = Filter { brand, environment: None, since, until, with_text };
        let store = open_store(&config.server.database).await?;
        let done = match &output {
            None => match write(&store, filter, format, &mut io::stdout()).await {
                // Whoever reads it has seen enough.
                Err(error) if is_broken_pipe(&*error) => Ok(()),
                written => written.map(drop),
            },
            Some(file) => to_file(&store, filter, format, file).await,
        };
        store.close().await;
        done
    }
}

async fn to_file(store: &Store, filter: Filter, format: Format, path: &Path) -> Result<(), Failed> {
    let name = path.display();
    let made = create(path).map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => {
            format!("{name} is there already, and is not overwritten; choose another name.")
        }
        _ => format!("cannot write {name}: {error}."),
    })?;
    let mut file = BufWriter::new(made);
    let written = write(store, filter, format, &mut file).await;
    let written = written.and_then(|rows| file.flush().map(|()| rows).map_err(Into::into));
    if written.is_err() {
        // Half an export looks like a whole one.
        drop(std::fs::remove_file(path));
    }
    println!("{} rows are in {name}.", written?);
    Ok(())
}

/// Writes everything. Gives how many rows.
async fn write(store: &Store, filter: Filter, format: Format, to: &mut impl Write) -> Result<usize, Failed> {
    let mut encoder = Encoder::new(format, filter.with_text);
    let mut rows = Rows::new(store.clone(), filter);
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
