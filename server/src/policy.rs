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
}
