//! `cargo xtask bench server`: how much the server bears, beside bare programs.

use std::env;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};
use clap::Args;

use crate::command;
use crate::server;
use crate::step::Step;
use crate::workspace;

/// Put the server under load, beside a bare handler and a bare commit loop
///
/// The real server built with --release, on a database of its own with a ledger full of customers, and a load of requests on the
/// loopback that checks every answer: session creations, flows read for the first time and again, durable actions. In the same
/// rounds, in turn: a bare axum handler that parses the same body, makes the same look-up and answers a random id, and a bare
/// loop that commits what a durable action writes, on the same disk with the same pragmas.
///
/// Prints rates, p50, p99, processor time, peak memory and the time from start to first answer, and a line for each demand, met
/// or not. Nothing is asserted but that answers are right: a machine that does something else meanwhile gives other numbers. The
/// load runs on the same processors as the server. bench/load has the sources.
#[derive(Args)]
pub struct Options {
    /// How often everything is measured; one round more is run first and not counted
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u16).range(1..))]
    rounds: u16,
    /// Connections, each with one request on its way
    #[arg(long, default_value_t = 64, value_parser = clap::value_parser!(u16).range(1..=1000))]
    connections: u16,
    /// Customers in the ledger
    #[arg(long, default_value_t = 10_000, value_parser = clap::value_parser!(u32).range(1..=999_999))]
    customers: u32,
    /// Only look whether it works: one short round
    #[arg(long, conflicts_with = "rounds")]
    quick: bool,
    /// Minutes of everything at once at the end, in which memory is watched; numbers to be shown take 10
    #[arg(long, value_name = "MINUTES")]
    soak: Option<f64>,
    /// Write every sample to this file
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

/// Runs the command.
pub fn main(options: &Options) -> Result<()> {
    let server = server::build(true)?;
    let mut load = Command::new(build()?);
    load.arg("run")
        .arg("--server")
        .arg(server)
        .arg("--folder")
        .arg(workspace::target()?.join("bench-server"));
    load.args(["--connections", &options.connections.to_string()]);
    load.args(["--customers", &options.customers.to_string()]);
    if options.quick {
        load.args(["--rounds=1", "--seconds=1", "--warm-up=0.3", "--starts=3"]);
    } else {
        load.args(["--rounds", &options.rounds.to_string()]);
    }
    if let Some(minutes) = options.soak {
        load.args(["--soak", &minutes.to_string()]);
    }
    if let Some(file) = &options.json {
        load.arg("--json").arg(env::current_dir().context("cannot tell the current folder")?.join(file));
    }
    println!("==> {}", command::line(&load));
    command::run(&mut load)
}

/// Builds what makes the load, and returns its program. Apart from the server, which keeps its own features.
fn build() -> Result<PathBuf> {
    let step = Step::begin("building the load");
    let mut cargo = Command::new("cargo");
    cargo.args(["build", "--release", "--package=farewell-load"]).current_dir(workspace::root());
    command::run(&mut cargo).context("the load could not be built")?;
    step.done();
    Ok(workspace::target()?.join("release/farewell-load"))
}
