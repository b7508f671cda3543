//! `cargo xtask setup`: everything that builds and tests need, and nothing that is there already.

use anyhow::Result;
use clap::Args;

use crate::browser;
use crate::language;
use crate::node;
use crate::step::Step;
use crate::toolchain;
use crate::wasm;

/// Install whatever builds and tests need and is missing
///
/// The wasm target of rustc, the wasm-bindgen CLI and wasm-pack (pinned, below target/tools), the npm packages, and, for
/// tests, Chromium, Firefox and WebKit with their drivers, Python, PHP and Ruby. What is there already is left alone, so that
/// this may be run at any time.
#[derive(Args)]
pub struct Options {
    /// Leave out the browsers, their drivers and the languages: building and the demo do without
    #[arg(long)]
    no_browser: bool,
}

/// Runs the command.
pub fn main(options: &Options) -> Result<()> {
    let step = Step::begin("set-up: what builds and tests need");
    build()?;
    if !options.no_browser {
        for (variable, program) in browser::all()?.0.into_iter().chain(language::ready()?.0) {
            println!("    {variable}={}", program.display());
        }
        language::python()?;
    }
    step.done();
    Ok(())
}

/// Makes sure of everything that builds need.
pub fn build() -> Result<()> {
    node::present()?;
    toolchain::for_the_widget()?;
    wasm::tools()?;
    node::packages()
}
