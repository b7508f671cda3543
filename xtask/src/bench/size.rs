//! `cargo xtask bench size`: what the files of the npm package weigh, what they may weigh, and what a visitor loads of them, beside
//! others.

use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use clap::Args;

use super::readme;
use super::visitor;
use super::weight::{Weight, kilobytes};
use crate::package::{self, Parts};
use crate::setup;
use crate::stamp;
use crate::workspace;

/// Print what every file of the npm package weighs, and what visitors load of it, beside others
///
/// Packages first if pkg/ is missing or out of date. Fails above a budget. Then builds a page with Farewell and with each of its
/// peers, alike, and says what a visitor loads who never clicks, who opens the flow, and who finishes it. The peers are npm
/// packages, installed into target/peers by bench/peers/package-lock.json.
#[derive(Args)]
pub struct Options {
    /// Only our own files; needs no network
    #[arg(long)]
    no_peers: bool,
    /// Put both tables into README.md
    #[arg(long, conflicts_with = "no_peers")]
    write: bool,
}

/// Files that are loaded together.
struct Artifact {
    files: &'static [&'static str],
    what: &'static str,
    when: &'static str,
    /// The most brotli bytes it may have.
    most: Option<u64>,
    /// The brotli bytes it should have one day.
    aim: Option<u64>,
}

const ARTIFACTS: [Artifact; 8] = [
    Artifact {
        files: &["index.js"],
        what: "the facade",
        when: "with every page that has a button",
        most: Some(1_500),
        aim: None,
    },
    Artifact {
        files: &["react.js"],
        what: "the React bindings, on top of it",
        when: "with the page",
        most: Some(1_000),
        aim: None,
    },
    Artifact {
        files: &["opening.js"],
        what: "what draws the first step, and says so when something does not come",
        when: "on hover, focus or press",
        most: Some(6_000),
        aim: None,
    },
    // The aim is where the smallest good modal in the field stands.
    Artifact {
        files: &["opening.js", "engine.js"],
        what: "the whole flow: every step, offer, policy and failure, WebAssembly inside",
        when: "the engine on hover or focus; on a press, once the first step is there",
        most: Some(32_000),
        aim: Some(12_800),
    },
    Artifact {
        files: &["hub.js"],
        what: "the subscription hub, on top of `opening.js`",
        when: "with a page that has one",
        most: Some(3_500),
        aim: None,
    },
    Artifact {
        files: &["element.js"],
        what: "the custom elements, on top of the facade",
        when: "with the page",
        most: None,
        aim: None,
    },
    Artifact {
        files: &["embed.js"],
        what: "instead of the facade, for script tags",
        when: "with the page",
        most: None,
        aim: None,
    },
    Artifact {
        files: &["headless.js"],
        what: "instead of facade and first step, for who draws the flow",
        when: "when it is opened",
        most: None,
        aim: None,
    },
];

/// The name of the table of our own files in the README.
pub const README: &str = "what is shipped";

/// Runs the command.
pub fn main(options: &Options) -> Result<()> {
    setup::build()?;
    let shipped = Shipped::weighed()?;
    shipped.print();
    // Who is over a budget wants to see the rest, too.
    let compared = if options.no_peers { Ok(()) } else { compare(&shipped, options.write) };
    match (shipped.within(), compared) {
        (Err(over), Err(alone)) => bail!("{over:#}; and {alone:#}"),
        (within, compared) => within.and(compared),
    }
}

/// Prints what visitors load, of this and of its peers.
fn compare(shipped: &Shipped, write: bool) -> Result<()> {
    println!();
    let visitors = visitor::table().context(
        "our own files are weighed, but there is nothing to compare them with (`--no-peers` leaves that out)",
    )?;
    println!("\n{visitors}");
    if write {
        readme::write(&[(README, shipped.table()?), (visitor::README, visitors)])?;
    }
    Ok(())
}

/// Prints what our own files weigh, and compares it with the budgets.
pub fn size() -> Result<()> {
    let shipped = Shipped::weighed()?;
    shipped.print();
    shipped.within()
}

/// The files of the package.
struct Shipped {
    files: Vec<(String, Weight)>,
    /// Parts of the engine.
    inside: Vec<(&'static str, Weight)>,
}

impl Shipped {
    fn weighed() -> Result<Shipped> {
        package::build()?;
        let parts = Parts::new()?;
        let files = stamp::files(&workspace::pkg())?;
        let all: Vec<PathBuf> = files.iter().cloned().chain([parts.module, parts.glue]).collect();
        let weights = Weight::of(&all)?;
        let names =
            files.iter().map(|file| file.file_name().unwrap_or_default().to_string_lossy().into_owned());
        Ok(Shipped {
            files: names.zip(weights.iter().copied()).collect(),
            inside: ["wasm", "glue, minified"].into_iter().zip(weights[files.len()..].to_vec()).collect(),
        })
    }

    /// What an artifact weighs; nothing if a file of it is missing.
    fn weight(&self, artifact: &Artifact) -> Option<Weight> {
        let weight = |wanted: &&str| Some(self.files.iter().find(|(name, _)| name == wanted)?.1);
        let weights = artifact.files.iter().map(weight).collect::<Option<Vec<_>>>()?;
        Some(weights.into_iter().fold(Weight::default(), Weight::plus))
    }

    fn print(&self) {
        println!("{:<28} {:>9} {:>9} {:>9}", "", "raw", "gzip -9", "brotli 11");
        for (name, weight) in &self.files {
            println!("{}", row(name, *weight));
        }
        println!("inside engine.js:");
        for (name, weight) in &self.inside {
            println!("{}", row(&format!("  {name}"), *weight));
        }
        println!("budgets:");
        for artifact in &ARTIFACTS {
            if let (Some(weight), Some(most)) = (self.weight(artifact), artifact.most) {
                println!(
                    "{}{}",
                    row(&format!("  {}", artifact.files.join(" + ")), weight),
                    artifact.note(weight, most)
                );
            }
        }
    }

    /// Fails if an artifact is above its budget or not there.
    fn within(&self) -> Result<()> {
        let over: Vec<String> = ARTIFACTS.iter().filter_map(|one| one.complaint(self.weight(one))).collect();
        if over.is_empty() { Ok(()) } else { bail!("{}", over.join("; ")) }
    }

    /// The artifacts, as the README has them.
    fn table(&self) -> Result<String> {
        let mut table =
            "| what is shipped | when it is loaded | brotli | budget |\n| --- | --- | --: | --: |\n"
                .to_owned();
        for artifact in &ARTIFACTS {
            let weight = self.weight(artifact).with_context(|| artifact.missing())?;
            table.push_str(&artifact.line(weight));
        }
        Ok(table)
    }
}

fn row(name: &str, weight: Weight) -> String {
    format!("{name:<28} {:>9} {:>9} {:>9}", weight.raw, weight.gzip, weight.brotli)
}

impl Artifact {
    fn note(&self, weight: Weight, most: u64) -> String {
        let aim = self.aim.map(|aim| format!(", aim {aim}")).unwrap_or_default();
        format!("   {} % of {most}{aim}", weight.brotli * 100 / most)
    }

    fn missing(&self) -> String {
        format!("{} of pkg/ are not all there: {}", self.files.join(" and "), self.what)
    }

    fn complaint(&self, weight: Option<Weight>) -> Option<String> {
        let Some(Weight { brotli, .. }) = weight else { return Some(self.missing()) };
        let most = self.most.filter(|most| brotli > *most)?;
        Some(format!(
            "{} ({}) weigh {brotli} bytes as brotli, {} above the budget of {most}",
            self.files.join(" and "),
            self.what,
            brotli - most
        ))
    }

    /// A line of the README's table.
    fn line(&self, weight: Weight) -> String {
        let files: Vec<String> = self.files.iter().map(|file| format!("`{file}`")).collect();
        let most = self.most.map(kilobytes).unwrap_or_default();
        let (files, weight) = (files.join(" and "), kilobytes(weight.brotli));
        format!("| {files}: {} | {} | {weight} | {most} |\n", self.what, self.when)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn weight(brotli: u64) -> Weight {
        Weight { raw: 4000, gzip: 1600, brotli }
    }

    #[test]
    fn an_artifact_at_its_budget_passes_and_one_byte_more_does_not() {
        let facade = &ARTIFACTS[0];
        assert_eq!(facade.complaint(Some(weight(1_500))), None);
        let sentence = facade.complaint(Some(weight(1_501))).unwrap();
        assert!(
            sentence.contains("index.js") && sentence.contains("1 above the budget of 1500"),
            "{sentence}"
        );
    }

    #[test]
    fn the_files_of_an_artifact_count_together_and_none_may_be_missing() {
        let mut shipped = Shipped {
            files: vec![("opening.js".to_owned(), weight(6_000)), ("engine.js".to_owned(), weight(26_001))],
            inside: Vec::new(),
        };
        let whole = ARTIFACTS.iter().find(|one| one.files.contains(&"engine.js")).unwrap();
        let sentence = whole.complaint(shipped.weight(whole)).unwrap();
        assert!(sentence.contains("weigh 32001 bytes"), "{sentence}");
        shipped.files.pop();
        let sentence = whole.complaint(shipped.weight(whole)).unwrap();
        assert!(sentence.contains("not all there"), "{sentence}");
    }

    #[test]
    fn what_has_no_budget_says_nothing_of_one() {
        let line = ARTIFACTS[6].line(weight(1_124));
        assert!(line.ends_with("| 1.1 kB |  |\n"), "{line}");
        assert_eq!(ARTIFACTS[6].complaint(Some(weight(1_000_000))), None);
    }
}
