//! `cargo xtask bench size`: what the files of the npm package weigh, and what they may weigh.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use clap::Args;

use crate::command;
use crate::node;
use crate::package::{self, Parts};
use crate::setup;
use crate::stamp;
use crate::workspace;

/// Print raw, gzip and brotli bytes of every file of the npm package
///
/// Packages first if pkg/ is missing or out of date. Fails above a budget.
#[derive(Args)]
pub struct Options {}

/// What files may weigh together.
struct Budget {
    files: &'static [&'static str],
    what: &'static str,
    /// The most brotli bytes it may have.
    most: u64,
    /// The brotli bytes it should have one day.
    aim: Option<u64>,
}

const BUDGETS: [Budget; 4] = [
    // Loaded with every page that has a button.
    Budget { files: &["index.js"], what: "the facade", most: 1_500, aim: None },
    // On top of it, for React.
    Budget { files: &["react.js"], what: "the React bindings", most: 1_000, aim: None },
    // Loaded on intent, and all that is waited for before the first step.
    Budget { files: &["opening.js"], what: "what draws the first step", most: 6_000, aim: None },
    // Loaded behind it. The aim is where the smallest good modal in the field stands.
    Budget { files: &["opening.js", "engine.js"], what: "the whole flow", most: 32_000, aim: Some(12_800) },
];

/// What one file weighs, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Weight {
    raw: u64,
    gzip: u64,
    brotli: u64,
}

/// Runs the command.
pub fn main(_: &Options) -> Result<()> {
    setup::build()?;
    size()
}

/// Prints the table and compares it with the budgets.
pub fn size() -> Result<()> {
    package::build()?;
    let parts = Parts::new()?;
    let shipped = stamp::files(&workspace::pkg())?;
    let inside = [parts.module, parts.glue];
    let all: Vec<PathBuf> = shipped.iter().chain(&inside).cloned().collect();
    let weights = weigh(&all)?;

    println!("{:<28} {:>9} {:>9} {:>9}", "", "raw", "gzip -9", "brotli 11");
    let names: Vec<_> =
        shipped.iter().map(|file| file.file_name().unwrap_or_default().to_string_lossy()).collect();
    for (name, weight) in names.iter().zip(&weights) {
        println!("{}", row(name, *weight));
    }
    println!("inside engine.js:");
    for (name, weight) in ["wasm", "glue, minified"].iter().zip(&weights[shipped.len()..]) {
        println!("{}", row(&format!("  {name}"), *weight));
    }
    println!("budgets:");
    let mut over = Vec::new();
    for budget in &BUDGETS {
        let weight = |file: &&str| names.iter().position(|name| name == file).map(|index| weights[index]);
        let Some(weights) = budget.files.iter().map(weight).collect::<Option<Vec<_>>>() else {
            over.push(format!("{} of pkg/ are not all there: {}", budget.files.join(" and "), budget.what));
            continue;
        };
        let weight = weights.into_iter().fold(Weight::default(), Weight::plus);
        println!("{}{}", row(&format!("  {}", budget.what), weight), budget.note(weight));
        over.extend(budget.exceeded(weight));
    }
    if over.is_empty() { Ok(()) } else { bail!("{}", over.join("; ")) }
}

fn weigh(files: &[PathBuf]) -> Result<Vec<Weight>> {
    let script: &Path = &workspace::root().join("xtask/sizes.mjs");
    let answer = command::read(node::script(script).args(files))?;
    let weights = answer.lines().map(Weight::read).collect::<Option<Vec<_>>>();
    weights.filter(|weights| weights.len() == files.len()).context("xtask/sizes.mjs did not weigh every file")
}

fn row(name: &str, weight: Weight) -> String {
    format!("{name:<28} {:>9} {:>9} {:>9}", weight.raw, weight.gzip, weight.brotli)
}

impl Weight {
    fn plus(self, other: Weight) -> Weight {
        Weight { raw: self.raw + other.raw, gzip: self.gzip + other.gzip, brotli: self.brotli + other.brotli }
    }

    fn read(line: &str) -> Option<Weight> {
        let mut numbers = line.split(' ').map(|number| number.parse().ok());
        Some(Weight { raw: numbers.next()??, gzip: numbers.next()??, brotli: numbers.next()?? })
    }
}

impl Budget {
    fn note(&self, weight: Weight) -> String {
        let aim = self.aim.map(|aim| format!(", aim {aim}")).unwrap_or_default();
        format!("   {} % of {}{aim}", weight.brotli * 100 / self.most, self.most)
    }

    fn exceeded(&self, weight: Weight) -> Option<String> {
        let Budget { files, what, most, .. } = self;
        let (files, brotli) = (files.join(" and "), weight.brotli);
        (brotli > *most).then(|| {
            format!(
                "{files} ({what}) weigh {brotli} bytes as brotli, {} above the budget of {most}",
                brotli - most
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_at_its_budget_passes_and_one_byte_more_does_not() {
        let budget = &BUDGETS[0];
        let weight = |brotli| Weight { raw: 4000, gzip: 1600, brotli };
        assert_eq!(budget.exceeded(weight(1_500)), None);
        let sentence = budget.exceeded(weight(1_501)).unwrap();
        assert!(
            sentence.contains("index.js") && sentence.contains("1 above the budget of 1500"),
            "{sentence}"
        );
    }

    #[test]
    fn weights_are_read_from_the_scripts_lines() {
        assert_eq!(Weight::read("10 20 30"), Some(Weight { raw: 10, gzip: 20, brotli: 30 }));
        assert_eq!(Weight::read("10 20"), None);
    }
}
