//! What files weigh.

use std::path::PathBuf;

use anyhow::{Context, Result};

use crate::command;
use crate::node;
use crate::workspace;

/// What one file weighs, or several together, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Weight {
    pub raw: u64,
    pub gzip: u64,
    pub brotli: u64,
}

impl Weight {
    /// The weights of files, in their order. Each is compressed by itself, as it is sent.
    pub fn of(files: &[PathBuf]) -> Result<Vec<Weight>> {
        let script = workspace::root().join("xtask/sizes.mjs");
        let answer = command::read(node::script(&script).args(files))?;
        let weights = answer.lines().map(Weight::read).collect::<Option<Vec<_>>>();
        weights
            .filter(|weights| weights.len() == files.len())
            .context("xtask/sizes.mjs did not weigh every file")
    }

    /// Both together.
    pub fn plus(self, other: Weight) -> Weight {
        Weight { raw: self.raw + other.raw, gzip: self.gzip + other.gzip, brotli: self.brotli + other.brotli }
    }

    fn read(line: &str) -> Option<Weight> {
        let mut numbers = line.split(' ').map(|number| number.parse().ok());
        Some(Weight { raw: numbers.next()??, gzip: numbers.next()??, brotli: numbers.next()?? })
    }
}

/// Bytes as a table has them: `12.8 kB`.
pub fn kilobytes(bytes: u64) -> String {
    let tenths = (bytes + 50) / 100;
    format!("{}.{} kB", tenths / 10, tenths % 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_are_read_from_the_scripts_lines() {
        assert_eq!(Weight::read("10 20 30"), Some(Weight { raw: 10, gzip: 20, brotli: 30 }));
        assert_eq!(Weight::read("10 20"), None);
    }

    #[test]
    fn kilobytes_are_rounded_to_a_tenth() {
        assert_eq!(kilobytes(1_499), "1.5 kB");
        assert_eq!(kilobytes(31_960), "32.0 kB");
        assert_eq!(kilobytes(31_949), "31.9 kB");
    }
}
