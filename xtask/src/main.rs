//! `cargo xtask …`: every task of this repository, from an empty machine to the finished npm package.
//!
//! One file for each command, one for each thing the commands share. A failure is a sentence that says what failed and
//! what to do about it; the exit code is then 1.

use std::process::ExitCode;

use clap::{Parser, Subcommand};

mod api;
mod bench;
mod browser;
mod command;
mod demo;
mod language;
mod lto;
mod node;
mod package;
mod pictures;
mod program;
mod python;
mod server;
mod service;
mod setup;
mod stamp;
mod step;
mod test;
mod tool;
mod toolchain;
mod wasm;
mod workspace;

#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", about = "The tasks of this repository", version)]
struct Cli {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    Setup(setup::Options),
    Demo(demo::Options),
    Test(test::Options),
    Package(package::Options),
    Pictures(pictures::Options),
    #[command(subcommand, about = "Measure what is shipped")]
    Bench(bench::Measure),
    #[command(hide = true)]
    Tether(service::Tether),
}

fn main() -> ExitCode {
    let done = match Cli::parse().task {
        Task::Setup(options) => setup::main(&options),
        Task::Demo(options) => demo::main(&options),
        Task::Test(options) => test::main(&options),
        Task::Package(options) => package::main(&options),
        Task::Pictures(options) => pictures::main(&options),
        Task::Bench(measure) => bench::main(&measure),
        Task::Tether(tether) => service::hold(&tether),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("\nerror: {error:#}");
            ExitCode::FAILURE
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_well_formed() {
        super::Cli::command().debug_assert();
    }
}
