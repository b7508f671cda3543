//! What a person sees of a task that takes time.

use std::fmt;
use std::time::{Duration, Instant};

/// A step that has been announced with `==>` and is not finished yet.
pub struct Step {
    started: Instant,
}

impl Step {
    /// Announces a step.
    pub fn begin(title: impl fmt::Display) -> Step {
        println!("==> {title}");
        Step { started: Instant::now() }
    }

    /// The time since the step was announced.
    pub fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }

    /// Says that the step succeeded, and how long it took.
    pub fn done(self) {
        println!("    done in {}", Seconds(self.elapsed()));
    }
}

/// A duration as people read it: `0.3 s`, `2 min 05 s`.
pub struct Seconds(pub Duration);

impl fmt::Display for Seconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.0.as_secs();
        if seconds < 60 {
            write!(f, "{:.1} s", self.0.as_secs_f64())
        } else {
            write!(f, "{} min {:02} s", seconds / 60, seconds % 60)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_well() {
        assert_eq!(Seconds(Duration::from_millis(340)).to_string(), "0.3 s");
        assert_eq!(Seconds(Duration::from_secs(125)).to_string(), "2 min 05 s");
    }
}
