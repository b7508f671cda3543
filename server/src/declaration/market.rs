use super::Kind;
use crate::place::Place;

/// The member states of the European Union, where Directive (EU) 2023/2673 demands a withdrawal function from 2026-06-19.
const UNION: [&str; 27] = [
    "AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE", "IT", "LT",
    "LU", "LV", "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK",
];

/// A market whose law demands that such a declaration can be made on a public page; None where no market's law does.
#[must_use]
pub fn demanded(kind: Kind, markets: &[Place]) -> Option<&Place> {
    let countries: &[&str] = match kind {
        Kind::Cancel => &["DE"],
        Kind::Withdraw => &UNION,
    };
    markets.iter().find(|place| countries.contains(&place.country.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn germany_demands_both_the_union_withdrawal_and_others_nothing() {
        let asks = |place: &str| {
            let markets = [Place::read(place).unwrap()];
            Kind::ALL.map(|kind| demanded(kind, &markets).is_some())
        };
        assert_eq!(asks("DE"), [true, true]);
        assert_eq!(asks("DE-BY"), [true, true]);
        assert_eq!(asks("FR"), [false, true]);
        assert_eq!(asks("US-CA"), [false, false]);
        assert_eq!(asks("GB"), [false, false]);
        assert!(UNION.iter().all(|country| Place::read(country).is_ok()));
    }
}
