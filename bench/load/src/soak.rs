//! Minutes of everything at once, and what becomes of the memory.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use serde::Serialize;

use crate::customers::Merchant;
use crate::load::{Kind, load};
use crate::plan::Plan;
use crate::program::Program;
use crate::statistic::{Sample, median, slope};
use crate::way::Living;

/// Between two looks at the memory.
const LOOK_EVERY: Duration = Duration::from_secs(10);
/// Until then caches fill, and what memory does is not counted.
const SETTLING: f64 = 60.0;
/// The part of the memory by which it may seem to grow: the allocator's and the kernel's own ups and downs.
pub const NOISE: f64 = 0.05;

/// What was seen.
#[derive(Debug, Serialize)]
pub struct Soak {
    pub minutes: f64,
    /// Seconds since the load began, and bytes.
    pub memory: Vec<(f64, u64)>,
    pub served: Vec<(&'static str, Sample)>,
    /// Of the fitted line behind the first minute, in bytes for each minute.
    pub growth_per_minute: f64,
    /// What that comes to over the time that was counted, as a part of what there was in the middle.
    pub growth: f64,
    pub peak: u64,
}

/// Puts the server under load and watches it.
pub async fn soak(plan: &Plan, merchant: &Arc<Merchant>, server: &Program, minutes: f64) -> Result<Soak> {
    let living = Arc::new(Living { merchant: merchant.clone(), asked: AtomicU64::new(0) });
    let duration = Duration::from_secs_f64(minutes * 60.0);
    let began = Instant::now();
    let mut under_load = std::pin::pin!(load(&living, server.address, plan.connections, duration));
    let mut memory = Vec::new();
    let mut look = tokio::time::interval(LOOK_EVERY);
    let done = loop {
        tokio::select! {
            done = &mut under_load => break done?,
            _ = look.tick() => {
                let now = server.memory().context("this system does not say what a program has in memory")?;
                memory.push((began.elapsed().as_secs_f64(), now.resident));
                println!("    {:>4.0} s  {:.1} MB", began.elapsed().as_secs_f64(), megabytes(now.resident));
            }
        }
    };
    let counted: Vec<(f64, f64)> = memory
        .iter()
        .filter(|(seconds, _)| *seconds >= SETTLING)
        .map(|(seconds, bytes)| (seconds / 60.0, *bytes as f64))
        .collect();
    let growth_per_minute = slope(&counted).unwrap_or(f64::NAN);
    let span = counted.last().map_or(0.0, |last| last.0) - counted.first().map_or(0.0, |first| first.0);
    let served = Kind::ALL.map(|kind| (kind.title(), Sample::of(done.times(kind), done.took, None)));
    Ok(Soak {
        minutes,
        growth_per_minute,
        growth: growth_per_minute * span / median(counted.iter().map(|point| point.1)),
        served: served.into(),
        peak: server.memory().map_or(0, |memory| memory.peak),
        memory,
    })
}

/// Bytes as people read them.
pub fn megabytes(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}
