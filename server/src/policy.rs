//! Which law holds for a customer, and what it allows.

use flow::Policy;

use crate::place::Place;

/// A place with a law of its own, and what that law allows.
struct Row {
    country: &'static str,
    region: Option<&'static str>,
    id: &'static str,
    max_offers: u32,
    survey: bool,
}

/// Every place whose law is stricter than the default policy.
const ROWS: &[Row] = &[
    // Minnesota 325G.60: no gift, discount or other incentive on the way out.
    Row { country: "US", region: Some("MN"), id: "us-mn", max_offers: 0, survey: true },
];

/// Gives the policy for a customer.
///
/// A known place decides by itself. Where the region of a country with regional laws is not known, and where no place is
/// known at all, the answer is what all candidate places allow in common: the strictest of them.
#[must_use]
pub fn choose(place: Option<&Place>, markets: &[Place]) -> Policy {
    match place {
        Some(place) => common(std::slice::from_ref(place)),
        None => common(markets),
    }
}

/// What the laws of all these places allow in common.
fn common(places: &[Place]) -> Policy {
    let mut policy = Policy::default_policy();
    let mut ids: Vec<&str> = Vec::new();
    for row in ROWS.iter().filter(|row| places.iter().any(|place| row.may_hold_in(place))) {
        policy.max_offers = policy.max_offers.min(row.max_offers);
        policy.survey &= row.survey;
        ids.push(row.id);
    }
    if !ids.is_empty() {
        policy.id = ids.join("+");
    }
    policy
}

impl Row {
    /// Whether this law holds in a place, as far as the place is known.
    fn may_hold_in(&self, place: &Place) -> bool {
        let region = match (self.region, &place.region) {
            (Some(mine), Some(theirs)) => mine == theirs,
            _ => true,
        };
        self.country == place.country && region
    }
}

/// The European Union's member states, by ISO 3166-1 alpha-2.
const UNION: [&str; 27] = [
    "AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE", "IT", "LT",
    "LU", "LV", "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK",
];

/// The law that demands, in one of these places, that a customer gets a copy of the receipt to keep: not only a page to look
/// at, but something that arrives and stays (a durable medium, text form). None where no such law is known.
#[must_use]
pub fn durable_copy_demanded(markets: &[Place]) -> Option<&'static str> {
    let sells_in = |country: &str| markets.iter().any(|place| place.country == country);
    if sells_in("DE") {
        return Some("Germany, §312k(4) BGB");
    }
    if sells_in("FR") {
        return Some("France, art. L215-1-1 Code de la consommation");
    }
    let other = UNION.iter().any(|country| sells_in(country));
    other.then_some("European Union, Directive 2011/83/EU, art. 8(7) and 11a")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(text: &str) -> Place {
        Place::read(text).expect("a place")
    }

    #[test]
    fn a_known_place_decides_whatever_the_markets_are() {
        let markets = [place("US-MN"), place("DE")];
        assert_eq!(choose(Some(&place("US-TX")), &markets), Policy::default_policy());
        assert_eq!(choose(Some(&place("US-MN")), &[]).max_offers, 0);
        assert_eq!(choose(Some(&place("US-MN")), &[]).id, "us-mn");
    }

    #[test]
    fn an_unknown_region_gets_the_strictest_of_the_country() {
        assert_eq!(choose(Some(&place("US")), &[]).max_offers, 0);
    }

    #[test]
    fn an_unknown_place_gets_what_all_markets_allow() {
        assert_eq!(choose(None, &[place("US-MN"), place("DE")]).max_offers, 0);
        assert_eq!(choose(None, &[place("US-TX"), place("DE")]), Policy::default_policy());
        assert_eq!(choose(None, &[]), Policy::default_policy());
    }

    #[test]
    fn a_copy_to_keep_is_demanded_in_the_union() {
        let law = |markets: &[&str]| {
            durable_copy_demanded(&markets.iter().map(|text| place(text)).collect::<Vec<_>>())
        };
        assert!(law(&["US", "DE"]).unwrap().contains("312k"));
        assert!(law(&["FR"]).unwrap().contains("L215-1-1"));
        assert!(law(&["ES", "GB"]).unwrap().contains("2011/83/EU"));
        assert_eq!(law(&["GB", "US-CA", "CH"]), None);
        assert_eq!(law(&[]), None);
        assert!(UNION.iter().all(|country| Place::read(country).is_ok()));
    }
}
