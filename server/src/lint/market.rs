//! What the laws of a brand's markets allow, taken together.

use flow::Policy;

use crate::place::Place;
use crate::policy;

/// The policies that customers of these markets can have, each once. Without markets it is the one of an unknown place.
///
/// A country whose regions have laws of their own stands for each of them: a market `US` is Minnesota and Texas.
#[must_use]
pub fn policies(markets: &[Place]) -> Vec<Policy> {
    if markets.is_empty() {
        return vec![policy::choose(None, &[], true)];
    }
    let mut found: Vec<Policy> = Vec::new();
    for place in markets.iter().flat_map(parts) {
        let policy = policy::choose(Some(&place), &[], true);
        if !found.contains(&policy) {
            found.push(policy);
        }
    }
    found
}

/// The places that a market is made of: its regions, or itself.
fn parts(market: &Place) -> Vec<Place> {
    let country = rust_iso3166::from_alpha2(&market.country).filter(|_| market.region.is_none());
    let regions = country.as_ref().and_then(|country| country.subdivisions()).unwrap_or_default();
    let parts: Vec<Place> = regions.iter().filter_map(|region| Place::read(region.code).ok()).collect();
    if parts.is_empty() { vec![market.clone()] } else { parts }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(markets: &[&str]) -> Vec<String> {
        let markets: Vec<_> = markets.iter().map(|text| Place::read(text).expect("a place")).collect();
        policies(&markets).into_iter().map(|policy| policy.id).collect()
    }

    #[test]
    fn a_country_is_all_of_its_regions() {
        let states = ids(&["US"]);
        assert!(states.contains(&"us-mn".into()) && states.contains(&"default".into()), "{states:?}");
        assert!(states.iter().all(|id| !id.contains('+')), "nobody lives in two states: {states:?}");
    }

    #[test]
    fn a_region_is_itself() {
        assert_eq!(ids(&["US-MN"]), ["us-mn"]);
        assert_eq!(ids(&["US-TX", "US-MN", "US-TX"]), ["default", "us-mn"]);
        assert_eq!(ids(&[]), ["default"]);
    }
}
