//! What was measured, and what it comes to over the rounds.

use std::time::Duration;

use anyhow::Result;
use hdrhistogram::Histogram;
use serde::Serialize;

/// How long each of many things took, in microseconds, at a thousandth's precision.
#[derive(Clone)]
pub struct Times(Histogram<u64>);

impl Times {
    pub fn new() -> Result<Times> {
        Ok(Times(Histogram::new_with_bounds(1, 60_000_000, 3)?))
    }

    pub fn add(&mut self, took: Duration) {
        self.0.saturating_record(u64::try_from(took.as_micros()).unwrap_or(u64::MAX));
    }

    pub fn join(&mut self, others: &Times) -> Result<()> {
        self.0.add(&others.0)?;
        Ok(())
    }

    pub fn count(&self) -> u64 {
        self.0.len()
    }

    /// What a share of them did not exceed, in milliseconds.
    fn quantile(&self, share: f64) -> f64 {
        self.0.value_at_quantile(share) as f64 / 1000.0
    }
}

/// One measurement.
#[derive(Clone, Debug, Serialize)]
pub struct Sample {
    pub count: u64,
    pub seconds: f64,
    pub per_second: f64,
    pub p50_ms: f64,
    pub p99_ms: f64,
    pub longest_ms: f64,
    /// Processor time of the program that was measured, in microseconds for each of them.
    pub processor_us: Option<f64>,
}

impl Sample {
    pub fn of(times: &Times, took: Duration, processor: Option<Duration>) -> Sample {
        let (count, seconds) = (times.count(), took.as_secs_f64());
        Sample {
            count,
            seconds,
            per_second: count as f64 / seconds,
            p50_ms: times.quantile(0.5),
            p99_ms: times.quantile(0.99),
            longest_ms: times.quantile(1.0),
            processor_us: processor.map(|used| used.as_secs_f64() * 1e6 / count.max(1) as f64),
        }
    }
}

/// The middle of some numbers; NaN where there are none.
pub fn median(numbers: impl IntoIterator<Item = f64>) -> f64 {
    let mut sorted: Vec<f64> = numbers.into_iter().collect();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    match sorted.len() {
        0 => f64::NAN,
        odd if odd % 2 == 1 => sorted[middle],
        _ => (sorted[middle - 1] + sorted[middle]) / 2.0,
    }
}

/// How much the second number of each pair grows while the first grows by one, by least squares. None where all firsts are the
/// same.
pub fn slope(points: &[(f64, f64)]) -> Option<f64> {
    let count = points.len() as f64;
    let mean = |of: fn(&(f64, f64)) -> f64| points.iter().map(of).sum::<f64>() / count;
    let (x, y) = (mean(|point| point.0), mean(|point| point.1));
    let spread: f64 = points.iter().map(|point| (point.0 - x).powi(2)).sum();
    let shared: f64 = points.iter().map(|point| (point.0 - x) * (point.1 - y)).sum();
    (spread > 0.0).then(|| shared / spread)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_the_middle_or_between_the_two_middles() {
        assert_eq!(median([3.0, 1.0, 2.0]), 2.0);
        assert_eq!(median([4.0, 1.0, 2.0, 3.0]), 2.5);
        assert!(median([]).is_nan());
    }

    #[test]
    fn the_slope_is_that_of_the_line_through_the_points() {
        assert_eq!(slope(&[(0.0, 1.0), (1.0, 3.0), (2.0, 5.0)]), Some(2.0));
        assert_eq!(slope(&[(0.0, 4.0), (1.0, 5.0), (2.0, 4.0)]), Some(0.0));
        assert_eq!(slope(&[(1.0, 1.0)]), None);
    }

    #[test]
    fn a_sample_counts_by_the_second_and_knows_its_tail() {
        let mut times = Times::new().unwrap();
        for milliseconds in 1..=100 {
            times.add(Duration::from_millis(milliseconds));
        }
        let sample = Sample::of(&times, Duration::from_secs(2), Some(Duration::from_millis(1)));
        assert_eq!((sample.count, sample.per_second, sample.processor_us), (100, 50.0, Some(10.0)));
        assert!((sample.p50_ms - 50.0).abs() < 0.1 && (sample.p99_ms - 99.0).abs() < 0.1, "{sample:?}");
    }
}
