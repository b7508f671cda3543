//! What a visitor's browser loads, of Farewell and of others, built alike in the same run.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde_json::Value;

use super::weight::{Weight, kilobytes};
use crate::command;
use crate::node;
use crate::step::Step;
use crate::workspace;

/// The name of this table's marks in the README.
pub const README: &str = "what a visitor loads";

/// When something is loaded, and the key of bench/size.mjs for it.
const MOMENTS: [&str; 3] = ["page", "opens", "finishes"];

/// One of those who are weighed.
struct Contestant {
    title: String,
    /// By the moments, in their order.
    loads: [Load; 3],
    /// What else is loaded, that nobody can weigh.
    unknown: Option<String>,
    note: Option<String>,
}

/// What is loaded at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Load {
    files: Vec<PathBuf>,
    /// Set once the files were weighed.
    brotli: u64,
    /// Whether more is loaded than the files.
    more: bool,
}

/// Installs the peers, builds everybody's page, weighs, and gives the table.
pub fn table() -> Result<String> {
    let target = workspace::target()?;
    let peers = target.join("peers");
    node::packages_apart(&peers, &workspace::root().join("bench/peers"), "the peers to compare with")?;
    let step = Step::begin("building a page with each of them");
    let mut contestants = built(&peers, &target.join("weighed"))?;
    let files: Vec<PathBuf> =
        contestants.iter().flat_map(|one| &one.loads).flat_map(|load| load.files.clone()).collect();
    let mut weights = Weight::of(&files)?.into_iter();
    for load in contestants.iter_mut().flat_map(|one| &mut one.loads) {
        load.brotli = weights.by_ref().take(load.files.len()).map(|weight| weight.brotli).sum();
    }
    step.done();
    Ok(written(&contestants))
}

fn built(peers: &Path, out: &Path) -> Result<Vec<Contestant>> {
    let mut script = node::script(&workspace::root().join("bench/size.mjs"));
    script.arg("--pkg").arg(workspace::pkg()).arg("--peers").arg(peers).arg("--out").arg(out);
    let answer = command::read(&mut script).context("not every contestant could be built")?;
    read(&answer).context("bench/size.mjs did not say who loads what")
}

fn read(answer: &str) -> Option<Vec<Contestant>> {
    let all: Value = serde_json::from_str(answer).ok()?;
    all.as_array()?.iter().map(Contestant::read).collect()
}

impl Contestant {
    fn read(one: &Value) -> Option<Contestant> {
        let [page, opens, finishes] = MOMENTS.map(|moment| {
            let files = one[moment].as_array()?.iter().map(|file| Some(PathBuf::from(file.as_str()?)));
            let more = one["unknown"]["at"].as_array().is_some_and(|at| at.iter().any(|at| at == moment));
            Some(Load { files: files.collect::<Option<_>>()?, brotli: 0, more })
        });
        Some(Contestant {
            title: one["title"].as_str()?.to_owned(),
            loads: [page?, opens?, finishes?],
            unknown: one["unknown"]["what"].as_str().map(str::to_owned),
            note: one["note"].as_str().map(str::to_owned),
        })
    }

    /// What a reader has to know of this one, if anything.
    fn note(&self) -> Option<String> {
        let unknown = self.unknown.as_ref().map(|what| format!("*?* is {what}"));
        let parts: Vec<String> = unknown.into_iter().chain(self.note.clone()).collect();
        if parts.is_empty() { None } else { Some(parts.join("; ")) }
    }

    fn together(&self) -> Load {
        let brotli = self.loads.iter().map(|load| load.brotli).sum();
        Load { brotli, more: self.loads.iter().any(|load| load.more), files: Vec::new() }
    }
}

impl Load {
    fn cell(&self) -> String {
        match (self.more, self.brotli) {
            (true, 0) => "?".to_owned(),
            (true, brotli) => format!("{} + ?", kilobytes(brotli)),
            (false, 0) => "–".to_owned(),
            (false, brotli) => kilobytes(brotli),
        }
    }
}

/// The table as the README has it, its notes below.
fn written(contestants: &[Contestant]) -> String {
    let mut table = "| brotli | never clicks | opens, on top | finishes, on top | together |\n| --- | --: | --: | --: | --: |\n"
        .to_owned();
    let mut notes = String::new();
    let mut number = 0;
    for one in contestants {
        let mark = one.note().map(|note| {
            number += 1;
            let mark = superscript(number);
            notes.push_str(&format!("- {mark} {note}.\n"));
            format!(" {mark}")
        });
        let cells = one.loads.iter().chain([&one.together()]).map(Load::cell).collect::<Vec<_>>().join(" | ");
        table.push_str(&format!("| {}{} | {cells} |\n", one.title, mark.unwrap_or_default()));
    }
    format!("{table}\n{notes}")
}

/// 12 as `¹²`: readable on a terminal as well.
fn superscript(number: usize) -> String {
    const DIGITS: [char; 10] = ['⁰', '¹', '²', '³', '⁴', '⁵', '⁶', '⁷', '⁸', '⁹'];
    number.to_string().chars().filter_map(|digit| DIGITS.get(digit.to_digit(10)? as usize)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANSWER: &str = r#"[
        {"title": "Ours", "page": ["/a.js", "/b.js"], "opens": ["/c.js"], "finishes": []},
        {"title": "Theirs 1.2.3", "page": ["/d.js"], "opens": [], "finishes": [],
         "unknown": {"at": ["opens"], "what": "an iframe"}, "note": "without pictures"}
    ]"#;

    #[test]
    fn who_loads_what_is_read() {
        let all = read(ANSWER).unwrap();
        assert_eq!(all[0].title, "Ours");
        assert_eq!(all[0].loads[0].files, [PathBuf::from("/a.js"), PathBuf::from("/b.js")]);
        assert_eq!(all[0].note(), None);
        assert_eq!(all[1].loads.each_ref().map(|load| load.more), [false, true, false]);
        assert_eq!(all[1].note().as_deref(), Some("*?* is an iframe; without pictures"));
        assert!(read(r#"[{"title": "Ours", "page": []}]"#).is_none());
        assert!(read("nothing").is_none());
    }

    #[test]
    fn what_nobody_can_weigh_is_a_question_mark_and_never_nothing() {
        let mut all = read(ANSWER).unwrap();
        all[0].loads[0].brotli = 1_519;
        all[0].loads[1].brotli = 31_961;
        all[1].loads[0].brotli = 7_213;
        let table = written(&all);
        assert!(table.contains("| Ours | 1.5 kB | 32.0 kB | – | 33.5 kB |\n"), "{table}");
        assert!(table.contains("| Theirs 1.2.3 ¹ | 7.2 kB | ? | – | 7.2 kB + ? |\n"), "{table}");
        assert!(table.contains("- ¹ *?* is an iframe; without pictures.\n"), "{table}");
    }

    #[test]
    fn notes_are_counted_beyond_nine() {
        assert_eq!(superscript(1), "¹");
        assert_eq!(superscript(12), "¹²");
    }
}
