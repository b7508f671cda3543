//! `cargo xtask test`: everything that must hold, in one command.

use std::fs;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use clap::{Args, ValueEnum};

use crate::api;
use crate::bench;
use crate::browser::{self, Chromium};
use crate::command::{self, Stream};
use crate::language;
use crate::node;
use crate::package;
use crate::program::Variables;
use crate::python;
use crate::setup;
use crate::stamp;
use crate::step::{Seconds, Step};
use crate::toolchain::TARGET;
use crate::wasm;
use crate::workspace;

/// Run everything that must hold before a change is accepted
///
/// Installs what is missing, then runs every step, also after one has failed, and sums up. The exit code is 1 if any failed.
#[derive(Args)]
pub struct Options {
    /// Only what needs neither the package nor a browser nor another language
    #[arg(long, conflicts_with = "only")]
    fast: bool,
    /// Also what takes long: dev servers and frameworks with the packed package, and ten times as many requests to the API
    #[arg(long, conflicts_with = "fast")]
    full: bool,
    /// Only this step; may be given several times
    #[arg(long, value_name = "STEP")]
    only: Vec<Check>,
}

/// One thing that must hold. The order is that of the run: what fails soonest comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Check {
    /// Rust is formatted
    Fmt,
    /// TypeScript agrees with the package's types
    Types,
    /// clippy has nothing to say of flow, server and xtask
    Clippy,
    /// clippy has nothing to say of the widget
    ClippyWidget,
    /// rustdoc has nothing to say of flow and server
    Doc,
    /// The npm package can be built
    Package,
    /// The package is within its budgets
    Size,
    /// publint, Are the types wrong?, and programs right and wrong have nothing to say of the package's manifest and types
    PackageLint,
    /// The unit and integration tests of flow, server and xtask; the server with the package's engine, if there is one
    Unit,
    /// The widget's tests, in a headless browser
    Widget,
    /// The backends of `examples/backend`, in Node, Python, PHP and Ruby, against the real server
    Backend,
    /// The OpenAPI document against what the server does: Schemathesis, with every check on
    Api,
    /// The connector to Stripe against localstripe
    Stripe,
    /// What the package's README and docs/backend.md show: every program in them runs
    Samples,
    /// The server, the package and a real browser together
    E2e,
    /// The packed package, built by Vite, webpack, Rspack, Rollup and esbuild without a line of configuration, opens the flow
    Bundlers,
    /// The main paths in Chromium, Firefox and WebKit
    Browsers,
    /// The packed package in Vite's dev servers, Next.js, Astro and SvelteKit; only with --full, or by name
    Frameworks,
}

/// Runs the command.
pub fn main(options: &Options) -> Result<()> {
    let checks: Vec<Check> =
        Check::value_variants().iter().copied().filter(|check| options.wants(*check)).collect();
    let started = Instant::now();
    setup::build()?;
    let browser =
        if checks.iter().any(|check| check.needs_browser()) { Some(browser::chromium()?) } else { None };

    let mut results: Vec<(Check, Result<()>, Duration)> = Vec::new();
    for check in checks {
        println!();
        let step = Step::begin(format_args!("{}: {}", check.name(), check.what()));
        // What is built on a package that could not be built would only fail again, more slowly.
        let packaged = !results.iter().any(|(done, result, _)| *done == Check::Package && result.is_err());
        let result = if check.needs_package() && !packaged {
            Err(anyhow::anyhow!("not tried, because there is no package"))
        } else {
            check.run(browser.as_ref(), options.full)
        };
        if let Err(error) = &result {
            eprintln!("    failed: {error:#}");
        }
        results.push((check, result, step.elapsed()));
    }

    println!("\n==> summary, after {}", Seconds(started.elapsed()));
    for (check, result, took) in &results {
        let verdict = if result.is_ok() { "ok" } else { "FAILED" };
        println!("    {verdict:<7} {:<14} {:>12}", check.name(), Seconds(*took).to_string());
    }
    let failed: Vec<&str> =
        results.iter().filter(|(_, result, _)| result.is_err()).map(|(check, ..)| check.name()).collect();
    if !failed.is_empty() {
        bail!(
            "failed: {}. One alone: `cargo xtask test --only {}`",
            failed.join(", "),
            failed.first().copied().unwrap_or_default()
        );
    }
    Ok(())
}

impl Options {
    fn wants(&self, check: Check) -> bool {
        if self.fast {
            let needs_nothing = !check.needs_browser() && !check.needs_package();
            return needs_nothing && !matches!(check, Check::Package | Check::Api | Check::Stripe);
        }
        if self.only.is_empty() {
            return self.full || check != Check::Frameworks;
        }
        self.only.contains(&check)
    }
}

impl Check {
    fn name(self) -> &'static str {
        match self {
            Check::Fmt => "fmt",
            Check::Clippy => "clippy",
            Check::ClippyWidget => "clippy-widget",
            Check::Doc => "doc",
            Check::Unit => "unit",
            Check::Widget => "widget",
            Check::Package => "package",
            Check::Size => "size",
            Check::PackageLint => "package-lint",
            Check::Types => "types",
            Check::Backend => "backend",
            Check::Api => "api",
            Check::Stripe => "stripe",
            Check::Samples => "samples",
            Check::E2e => "e2e",
            Check::Bundlers => "bundlers",
            Check::Browsers => "browsers",
            Check::Frameworks => "frameworks",
        }
    }

    fn what(self) -> String {
        self.to_possible_value().and_then(|value| Some(value.get_help()?.to_string())).unwrap_or_default()
    }

    fn needs_browser(self) -> bool {
        matches!(
            self,
            Check::Widget
                | Check::Samples
                | Check::E2e
                | Check::Bundlers
                | Check::Browsers
                | Check::Frameworks
        )
    }

    fn needs_package(self) -> bool {
        let drawn = matches!(
            self,
            Check::Samples | Check::E2e | Check::Bundlers | Check::Browsers | Check::Frameworks
        );
        drawn || matches!(self, Check::Size | Check::PackageLint | Check::Backend)
    }

    fn run(self, browser: Option<&Chromium>, full: bool) -> Result<()> {
        const DENY: [&str; 3] = ["--", "-D", "warnings"];
        /// Everything but the widget, which is compiled for browsers only.
        const NATIVE: [&str; 2] = ["--workspace", "--exclude=farewell"];
        match self {
            Check::Fmt => cargo(&["fmt", "--all", "--check"])
                .context("some files are not formatted: run `cargo fmt --all`"),
            Check::Clippy => shown(
                cargo_command(&["clippy"]).args(NATIVE).args(["--all-targets", "--all-features"]).args(DENY),
            ),
            Check::ClippyWidget => shown(
                cargo_command(&["clippy", "--package=farewell", "--target", TARGET, "--all-targets"])
                    .args(DENY),
            ),
            Check::Doc => shown(
                cargo_command(&[
                    "doc",
                    "--no-deps",
                    "--all-features",
                    "--package=flow",
                    "--package=farewell-server",
                ])
                .env("RUSTDOCFLAGS", "-D warnings"),
            ),
            Check::Unit => {
                shown(cargo_command(&["test"]).args(NATIVE).args(["--all-features", "--no-fail-fast"]))
            }
            Check::Widget => widget(browser.context("no browser")?),
            Check::Package => package::build(),
            Check::Size => bench::size(),
            Check::PackageLint => package_lint(),
            Check::Types => types(),
            // Installed only now, as the browsers below.
            Check::Backend => end_to_end("tests/backend", |_| true, &language::ready()?),
            Check::Api => api::test(full),
            Check::Stripe => localstripe(),
            Check::Samples => {
                end_to_end("tests/samples", |_| true, &browser.context("no browser")?.variables())
            }
            Check::E2e => {
                end_to_end("tests/e2e", |name| name != BROWSERS, &browser.context("no browser")?.variables())
            }
            Check::Bundlers => end_to_end(
                "tests/bundlers",
                |name| name != FRAMEWORKS,
                &browser.context("no browser")?.variables(),
            ),
            Check::Frameworks => end_to_end(
                "tests/bundlers",
                |name| name == FRAMEWORKS,
                &browser.context("no browser")?.variables(),
            ),
            // Installed only now: a machine without one of them still runs everything else.
            Check::Browsers => end_to_end("tests/e2e", |name| name == BROWSERS, &browser::all()?),
        }
    }
}

fn cargo_command(arguments: &[&str]) -> Command {
    let mut command = Command::new("cargo");
    command.args(arguments).current_dir(workspace::root());
    command
}

fn cargo(arguments: &[&str]) -> Result<()> {
    shown(&mut cargo_command(arguments))
}

/// Runs a command after showing it.
fn shown(command: &mut Command) -> Result<()> {
    println!("    {}", command::line(command));
    command::run(command)
}

/// The wasm-bindgen tests. None at all is a failure: a forgotten module would look like success.
fn widget(browser: &Chromium) -> Result<()> {
    // The driver finds a browser by itself, but not necessarily this one.
    let capabilities = workspace::target()?.join("webdriver.json");
    let options = serde_json::json!({ "goog:chromeOptions": { "binary": browser.program } });
    fs::write(&capabilities, options.to_string())
        .with_context(|| format!("cannot write {}", capabilities.display()))?;
    let mut pack = wasm::pack()?;
    pack.args(["test", "--headless", "--chrome", "--chromedriver"]).arg(&browser.driver);
    pack.args(["--mode=no-install", "."]).env("WASM_BINDGEN_TEST_WEBDRIVER_JSON", &capabilities);
    println!("    {}", command::line(&pack));
    let mut passed = 0;
    command::run_watched(&mut pack, Stream::Output, |line| {
        println!("{line}");
        passed += passed_tests(line).unwrap_or(0);
    })?;
    if passed == 0 {
        bail!("not one test of the widget was run");
    }
    Ok(())
}

/// The connector to Stripe against localstripe. None at all is a failure, as above.
fn localstripe() -> Result<()> {
    let folder = workspace::target()?.join("stripe");
    fs::create_dir_all(&folder).with_context(|| format!("cannot create {}", folder.display()))?;
    let programs = python::environment(&folder, "localstripe", "server/tests/stripe/requirements.txt")?;
    let mut tests = cargo_command(&["test", "--package=farewell-server", "--test=stripe"]);
    tests.args(["localstripe::", "--", "--ignored"]).env("FAREWELL_LOCALSTRIPE", programs.join("python"));
    println!("    {}", command::line(&tests));
    let mut passed = 0;
    command::run_watched(&mut tests, Stream::Output, |line| {
        println!("{line}");
        passed += passed_tests(line).unwrap_or(0);
    })?;
    if passed == 0 {
        bail!("not one test with localstripe was run");
    }
    Ok(())
}

/// The number in `test result: ok. 12 passed; …`.
fn passed_tests(line: &str) -> Option<u32> {
    line.trim().strip_prefix("test result: ")?.split_once(". ")?.1.split(' ').next()?.parse().ok()
}

fn types() -> Result<()> {
    let template = workspace::root().join("pkg-template");
    if !template.join("tsconfig.json").is_file() {
        bail!("pkg-template/tsconfig.json is missing: nothing says which files are to be checked");
    }
    shown(node::script(&node::module("typescript/bin/tsc")).args(["--noEmit", "--project"]).arg(template))
}

/// The package as a registry and a TypeScript program see it.
fn package_lint() -> Result<()> {
    package::build()?;
    let pkg = workspace::pkg();
    shown(node::script(&node::module("publint/src/cli.js")).arg("--strict").arg(&pkg))?;
    // A script for script tags and a module for those who stream it: files, and nothing that a program imports.
    let files = ["--exclude-entrypoints", "embed.js", "farewell.wasm"];
    let attw = node::module("@arethetypeswrong/cli/dist/index.js");
    shown(node::script(&attw).arg("--pack").arg(&pkg).args(["--quiet"]).args(files))?;
    let programs = workspace::root().join("tests/types");
    shown(node::script(&node::module("typescript/bin/tsc")).args(["--noEmit", "--project"]).arg(programs))
}

/// What is run in every browser; the other tests run in Chromium.
const BROWSERS: &str = "browsers.test.mjs";

/// What takes long of the packed package.
const FRAMEWORKS: &str = "frameworks.test.mjs";

/// The tests in this folder with such names.
fn end_to_end(folder: &str, wanted: impl Fn(&str) -> bool, programs: &Variables) -> Result<()> {
    let folder = workspace::root().join(folder);
    let mut tests = stamp::files(&folder)?;
    tests.retain(|file| {
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        name.ends_with(".test.mjs") && wanted(&name)
    });
    if tests.is_empty() {
        bail!("there is no such *.test.mjs in {}", workspace::short(&folder));
    }
    // The server's own pages hold the engine of the package.
    package::build()?;
    cargo(&["build", "--package=farewell-server", "--bin=farewell"])?;
    let mut node = Command::new("node");
    node.args(["--test", "--test-reporter=spec"]).args(tests.iter().map(|test| workspace::short(test)));
    node.current_dir(workspace::root())
        .env("FAREWELL_BIN", workspace::target()?.join("debug/farewell"))
        .env("FAREWELL_PKG", workspace::pkg());
    shown(programs.tell(&mut node))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passed_tests_are_counted() {
        assert_eq!(passed_tests("test result: ok. 12 passed; 0 failed; 0 ignored"), Some(12));
        assert_eq!(passed_tests("test result: FAILED. 3 passed; 1 failed"), Some(3));
        assert_eq!(passed_tests("running 12 tests"), None);
    }

    #[test]
    fn the_name_of_a_step_is_what_only_takes() {
        for check in Check::value_variants() {
            assert_eq!(Check::from_str(check.name(), false), Ok(*check));
            assert!(!check.what().is_empty());
        }
    }

    #[test]
    fn the_fast_run_needs_neither_package_nor_browser() {
        let fast = Options { fast: true, full: false, only: Vec::new() };
        let all: Vec<_> = Check::value_variants().iter().filter(|check| fast.wants(**check)).collect();
        assert!(all.contains(&&Check::Unit) && all.contains(&&Check::Types));
        assert!(!all.contains(&&Check::Package) && !all.contains(&&Check::Widget));
        assert!(!all.contains(&&Check::Browsers) && !all.contains(&&Check::Api));
    }

    #[test]
    fn what_takes_long_is_run_when_it_is_asked_for() {
        let wants = |full, only| Options { fast: false, full, only }.wants(Check::Frameworks);
        assert!(!wants(false, Vec::new()));
        assert!(wants(true, Vec::new()));
        assert!(wants(false, vec![Check::Frameworks]));
        let full = Options { fast: false, full: true, only: Vec::new() };
        assert!(Check::value_variants().iter().all(|check| full.wants(*check)));
    }
}
