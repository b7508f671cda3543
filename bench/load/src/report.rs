//! What a run came to: tables, verdicts and a file with every number.

use std::fs;
use std::thread::available_parallelism;

use anyhow::{Context, Result};
use serde::Serialize;
use serde_json::{Value, json};

use crate::demand::{Bound, Demand};
use crate::load::Kind;
use crate::plan::Plan;
use crate::program::Memory;
use crate::soak::{NOISE, Soak, megabytes};
use crate::statistic::{Sample, median};

/// Everything that was measured, in the order of the rounds.
#[derive(Debug, Default, Serialize)]
pub struct Report {
    /// From spawning the program to its first answer, in milliseconds.
    pub starts_ms: Vec<f64>,
    pub created: Vec<Sample>,
    pub bare_created: Vec<Sample>,
    pub first_read: Vec<Sample>,
    pub read_again: Vec<Sample>,
    pub acted: Vec<Sample>,
    pub bare_committed: Vec<Sample>,
    /// Of the server and of the bare handler, after all rounds, in bytes.
    pub peak_memory: Option<u64>,
    pub bare_peak_memory: Option<u64>,
    pub soak: Option<Soak>,
}

impl Report {
    /// Notes what the programs held in memory.
    pub fn remember(&mut self, server: Option<Memory>, bare: Option<Memory>) {
        self.peak_memory = server.map(|memory| memory.peak);
        self.bare_peak_memory = bare.map(|memory| memory.peak);
    }

    /// The rate as a part of the bare one's, round by round.
    fn ratio(ours: &[Sample], bare: &[Sample]) -> f64 {
        median(ours.iter().zip(bare).map(|(ours, bare)| ours.per_second / bare.per_second))
    }

    /// What is demanded, with what was measured.
    pub fn demands(&self) -> Vec<Demand> {
        let ratio = |what, number, bound| Demand { what, number, unit: "", bound: Bound::AtLeast(bound) };
        let mut demands = vec![
            ratio(
                "session creations, as a part of the bare handler's rate",
                Self::ratio(&self.created, &self.bare_created),
                0.5,
            ),
            ratio(
                "durable actions, as a part of the bare commit loop's rate",
                Self::ratio(&self.acted, &self.bare_committed),
                1.0,
            ),
            Demand {
                what: "from start to first answer",
                number: median(self.starts_ms.iter().copied()),
                unit: " ms",
                bound: Bound::Below(200.0),
            },
        ];
        demands.extend(self.soak.as_ref().map(|soak| Demand {
            what: "growth of memory behind the first minute of load",
            number: soak.growth * 100.0,
            unit: " %",
            bound: Bound::Below(NOISE * 100.0),
        }));
        demands
    }

    /// The table, in Markdown.
    pub fn table(&self) -> String {
        let series: [(&str, &[Sample]); 6] = [
            (Kind::Creation.title(), &self.created),
            ("the bare handler", &self.bare_created),
            (Kind::FirstRead.title(), &self.first_read),
            (Kind::Read.title(), &self.read_again),
            (Kind::Action.title(), &self.acted),
            ("the bare commit loop", &self.bare_committed),
        ];
        let mut table =
            "| | a second | p50 | p99 | processor, each |\n| --- | --: | --: | --: | --: |\n".to_owned();
        for (title, samples) in series {
            let of = |number: fn(&Sample) -> f64| median(samples.iter().map(number));
            let processor = of(|sample| sample.processor_us.unwrap_or(f64::NAN));
            let processor = if processor.is_nan() { "–".into() } else { format!("{processor:.0} µs") };
            table.push_str(&format!(
                "| {title} | {:.0} | {:.1} ms | {:.1} ms | {processor} |\n",
                of(|sample| sample.per_second),
                of(|sample| sample.p50_ms),
                of(|sample| sample.p99_ms),
            ));
        }
        table
    }

    /// Shows what it came to.
    pub fn print(&self, plan: &Plan) {
        println!("\n{}", self.table());
        println!(
            "Medians of {} rounds of {} s, {} connections. Load and server share {}, so both are slower than alone.",
            plan.rounds,
            plan.seconds,
            plan.connections,
            machine()
        );
        if let (Some(ours), Some(bare)) = (self.peak_memory, self.bare_peak_memory) {
            println!(
                "Peak memory: {:.1} MB, of the bare handler {:.1} MB.",
                megabytes(ours),
                megabytes(bare)
            );
        }
        if let Some(soak) = &self.soak {
            println!("\n{} minutes of everything at once:", soak.minutes);
            for (title, sample) in &soak.served {
                println!(
                    "    {:>8.0} a second  p50 {:>6.1} ms  p99 {:>6.1} ms  {title}",
                    sample.per_second, sample.p50_ms, sample.p99_ms
                );
            }
            println!(
                "    peak memory {:.1} MB, {:+.2} MB a minute",
                megabytes(soak.peak),
                soak.growth_per_minute / 1e6
            );
        }
        println!();
        for demand in self.demands() {
            println!("{}", demand.line());
        }
        if self.soak.is_none() {
            println!("not measured: growth of memory (`--soak 10`)");
        }
    }

    /// Writes every number.
    pub fn write(&self, plan: &Plan) -> Result<()> {
        let Some(file) = &plan.json else { return Ok(()) };
        let demands: Vec<Value> = self
            .demands()
            .iter()
            .map(|demand| json!({ "demand": demand, "met": demand.met(), "line": demand.line() }))
            .collect();
        let all = json!({
            "machine": machine(),
            "connections": plan.connections,
            "customers": plan.customers,
            "seconds": plan.seconds,
            "measured": self,
            "demands": demands,
        });
        fs::write(file, serde_json::to_string_pretty(&all)?)
            .with_context(|| format!("cannot write {}", file.display()))?;
        println!("every number is in {}", file.display());
        Ok(())
    }
}

/// The processors, in words.
fn machine() -> String {
    let count = available_parallelism().map_or(1, |count| count.get());
    let info = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = info.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    let model = model.map_or("unknown processor", |(_, name)| name.trim());
    let busy = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let busy = busy.split(' ').next().unwrap_or("unknown").to_owned();
    format!("{count} x {model} (load average {busy} at the end)")
}
