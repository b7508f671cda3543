//! `cargo xtask pictures`: the pictures in the READMEs, of the product as it is.

use anyhow::Result;
use clap::Args;

use crate::browser;
use crate::command;
use crate::node;
use crate::package;
use crate::server;
use crate::setup;
use crate::workspace;

/// Take the pictures in the READMEs anew
///
/// Installs what is missing, builds the package and the server, starts them with the demo merchant for every picture and writes
/// WebP files into docs/pictures, at twice the pixels. Fails when one weighs more than 60 kB, or all more than 300 kB.
///
/// Look at them before they are committed. Dates are today's and a receipt's reference is a new one, so that files differ from
/// run to run; letters are those of the machine. On Debian, `fonts-noto-core` gives the ones seen so far.
#[derive(Args)]
pub struct Options {
    /// Only those whose names hold one of these words, such as `hub`
    #[arg(value_name = "NAME")]
    only: Vec<String>,
}

/// Runs the command.
pub fn main(options: &Options) -> Result<()> {
    setup::build()?;
    let browser = browser::chromium()?;
    // The server's own pages hold the engine of the package.
    package::build()?;
    let server = server::build(false)?;
    let mut pictures = node::script(&workspace::root().join("tests/e2e/pictures.mjs"));
    pictures.args(&options.only).env("FAREWELL_BIN", server).env("FAREWELL_PKG", workspace::pkg());
    browser.variables().tell(&mut pictures);
    println!("==> {}", command::line(&pictures));
    command::run(&mut pictures)
}
