//! What the numbers should be, and whether they are.

use serde::Serialize;

/// A number and its bound.
#[derive(Debug, Serialize)]
pub struct Demand {
    pub what: &'static str,
    /// What was measured.
    pub number: f64,
    pub unit: &'static str,
    pub bound: Bound,
}

/// What a number should be.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Bound {
    AtLeast(f64),
    Below(f64),
}

impl Demand {
    /// Whether the number is within its bound. One that could not be measured is not.
    pub fn met(&self) -> bool {
        match self.bound {
            Bound::AtLeast(bound) => self.number >= bound,
            Bound::Below(bound) => self.number < bound,
        }
    }

    /// The verdict, in a line.
    pub fn line(&self) -> String {
        let verdict = if self.met() { "met" } else { "not met" };
        let bound = match self.bound {
            Bound::AtLeast(bound) => format!("at least {bound}"),
            Bound::Below(bound) => format!("below {bound}"),
        };
        format!("{verdict}: {}: {:.2}{} ({bound}{})", self.what, self.number, self.unit, self.unit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn demand(number: f64, bound: Bound) -> Demand {
        Demand { what: "starting", number, unit: " ms", bound }
    }

    #[test]
    fn a_number_at_a_least_bound_is_enough_and_one_at_a_bound_to_stay_below_is_not() {
        assert!(demand(0.5, Bound::AtLeast(0.5)).met() && !demand(0.49, Bound::AtLeast(0.5)).met());
        assert!(demand(199.9, Bound::Below(200.0)).met() && !demand(200.0, Bound::Below(200.0)).met());
    }

    #[test]
    fn what_could_not_be_measured_is_not_met() {
        assert!(!demand(f64::NAN, Bound::AtLeast(0.0)).met() && !demand(f64::NAN, Bound::Below(9.0)).met());
    }

    #[test]
    fn the_line_says_number_and_bound() {
        let line = demand(17.456, Bound::Below(200.0)).line();
        assert_eq!(line, "met: starting: 17.46 ms (below 200 ms)");
    }
}
