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
/// Packages first if pkg/ is missing or out of date. Fails if a file is above its budget.
#[derive(Args)]
pub struct Options {}

/// What a file may weigh.
struct Budget {
    file: &'static str,
    what: &'static str,
    /// The most brotli bytes it may have.
    most: u64,
    /// The brotli bytes it should have one day.
    aim: Option<u64>,
}

const BUDGETS: [Budget; 2] = [
    // Loaded with every page that has a button.
    Budget { file: "index.js", what: "the facade", most: 1_500, aim: None },
    // Loaded on intent. The aim is where the smallest good modal in the field stands.
    Budget { file: "engine.js", what: "the engine, one chunk as shipped", most: 32_000, aim: Some(12_800) },
];

/// What one file weighs, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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
    let mut over = Vec::new();
    for (file, weight) in shipped.iter().zip(&weights) {
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        let budget = BUDGETS.iter().find(|budget| budget.file == name);
        println!("{}{}", row(&name, *weight), budget.map(|budget| budget.note(*weight)).unwrap_or_default());
        over.extend(budget.and_then(|budget| budget.exceeded(*weight)));
    }
    println!("inside engine.js:");
    for (name, weight) in ["wasm", "glue, minified"].iter().zip(&weights[shipped.len()..]) {
        println!("{}", row(&format!("  {name}"), *weight));
    }
    for budget in &BUDGETS {
        if !shipped.iter().any(|file| file.ends_with(budget.file)) {
            over.push(format!("pkg/{} ({}) is missing", budget.file, budget.what));
        }
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
        let Budget { file, what, most, .. } = self;
        let brotli = weight.brotli;
        (brotli > *most).then(|| {
            format!(
                "pkg/{file} ({what}) has {brotli} bytes as brotli, {} above its budget of {most}",
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
            sentence.contains("index.js") && sentence.contains("1 above its budget of 1500"),
            "{sentence}"
        );
    }

    #[test]
    fn weights_are_read_from_the_scripts_lines() {
        assert_eq!(Weight::read("10 20 30"), Some(Weight { raw: 10, gzip: 20, brotli: 30 }));
        assert_eq!(Weight::read("10 20"), None);
    }
}
