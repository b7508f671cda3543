//! Which law holds for a customer, and what it allows and demands.

use flow::Policy;

use crate::place::Place;

/// A law: where it holds and what it makes of the way out.
#[derive(Debug)]
pub struct Law {
    /// The name of its policy.
    pub id: &'static str,
    /// What it is called and where it is found.
    pub law: &'static str,
    /// Countries, and parts of them: `DE`, `US-MN`.
    places: &'static [&'static str],
    /// How many offers may come before a cancellation.
    pub max_offers: u32,
    /// Whether customers may be asked why before they have canceled.
    pub survey: bool,
    direct: bool,
    declares: bool,
    recap: bool,
    /// Whether the customer must get something that can be kept.
    pub durable_copy: bool,
}

/// What no law asks for: what the rows below differ from.
const FREE: Law = Law {
    id: "default",
    law: "FTC Act § 5 and ROSCA, 15 U.S.C. § 8403",
    places: &[],
    max_offers: 1,
    survey: true,
    direct: false,
    declares: false,
    recap: false,
    durable_copy: false,
};

/// The European Union and the countries of its single market.
const UNION: &[&str] = &[
    "AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE", "IS", "IT",
    "LI", "LT", "LU", "LV", "MT", "NL", "NO", "PL", "PT", "RO", "SE", "SI", "SK",
];

/// Every law that is stricter than the default policy.
const LAWS: &[Law] = &[
    // An offer only beside a prominent "click to cancel", and clicking it cancels promptly.
    Law { id: "us-ca", law: "Cal. Bus. & Prof. Code § 17602", places: &["US-CA"], direct: true, ..FREE },
    // No gift, discount or other incentive on the way out.
    Law { id: "us-mn", law: "Minn. Stat. § 325G.60", places: &["US-MN"], max_offers: 0, ..FREE },
    // A button that makes somebody pay says so; the customer gets a confirmation that can be kept.
    Law {
        id: "eu",
        law: "Directive 2011/83/EU, Art. 8 (2) and (7)",
        places: UNION,
        durable_copy: true,
        ..FREE
    },
    // One page with what a notice of termination holds, and nothing else: no pause, discount, benefits list or survey
    // (Federal Court of Justice, I ZR 200/25).
    Law {
        id: "de",
        law: "§ 312k BGB; BGH, 2026-07-16, I ZR 200/25",
        places: &["DE"],
        max_offers: 0,
        survey: false,
        declares: true,
        durable_copy: true,
        ..FREE
    },
    // Three clicks: the button, the details, the recapitulation that is notified.
    Law {
        id: "fr",
        law: "Code de la consommation, L215-1-1 and décret 2023-417",
        places: &["FR"],
        max_offers: 0,
        survey: false,
        declares: true,
        recap: true,
        durable_copy: true,
        ..FREE
    },
];

/// What holds between businesses, where nobody is a consumer.
const BUSINESS: Law = Law {
    id: "business",
    law: "no consumer law; still no obstruction and no deception",
    max_offers: 2,
    ..FREE
};

/// The function to withdraw from a contract within its first days. It is not a cancellation, and has a policy of its own.
pub const WITHDRAWAL: Law = Law {
    id: "eu-withdrawal",
    law: "Directive 2011/83/EU, Art. 11a, by Directive (EU) 2023/2673",
    places: UNION,
    max_offers: 0,
    survey: false,
    declares: true,
    durable_copy: true,
    ..FREE
};

/// Every policy there is, with its law.
pub fn all() -> impl Iterator<Item = &'static Law> {
    [&FREE, &BUSINESS, &WITHDRAWAL].into_iter().chain(LAWS)
}

/// Gives the policy for a customer.
///
/// A known place decides by itself. Where the region of a country with regional laws is not known, and where no place is
/// known at all, the answer is what all candidate places allow in common: the strictest of them. `consumer` is false only
/// where the merchant has said so.
#[must_use]
pub fn choose(place: Option<&Place>, markets: &[Place], consumer: bool) -> Policy {
    if !consumer {
        return BUSINESS.policy();
    }
    match place {
        Some(place) => common(std::slice::from_ref(place)),
        None => common(markets),
    }
}

/// The laws for consumers of a place, strictest or not. Where the region is not known, those of every region.
pub fn laws(place: &Place) -> impl Iterator<Item = &'static Law> {
    LAWS.iter().filter(move |law| law.may_hold_in(place))
}

/// Whether contracts made in a place can be withdrawn from by the function that has a policy of its own.
#[must_use]
pub fn withdrawal(place: &Place) -> bool {
    WITHDRAWAL.may_hold_in(place)
}

/// The first law that gives customers of these markets a copy that can be kept.
#[must_use]
pub fn durable_copy_demanded(markets: &[Place]) -> Option<&'static str> {
    markets.iter().flat_map(laws).find(|law| law.durable_copy).map(|law| law.law)
}

/// What the laws of all these places allow in common, and everything that one of them demands.
fn common(places: &[Place]) -> Policy {
    let mut policy = Policy::default_policy();
    let mut ids: Vec<&str> = Vec::new();
    // The later ones are the stricter ones, and their words come first.
    for law in LAWS.iter().rev().filter(|law| places.iter().any(|place| law.may_hold_in(place))) {
        policy.max_offers = policy.max_offers.min(law.max_offers);
        policy.survey &= law.survey;
        policy.direct |= law.direct;
        policy.declares |= law.declares;
        policy.recap |= law.recap;
        ids.push(law.id);
    }
    if !ids.is_empty() {
        policy.id = ids.join("+");
    }
    policy
}

impl Law {
    /// What the flow obeys under this law alone.
    #[must_use]
    pub fn policy(&self) -> Policy {
        Policy {
            id: self.id.into(),
            max_offers: self.max_offers,
            survey: self.survey,
            direct: self.direct,
            declares: self.declares,
            recap: self.recap,
        }
    }

    /// Whether this law holds in a place, as far as the place is known.
    fn may_hold_in(&self, place: &Place) -> bool {
        self.places.iter().any(|mine| match (mine.split_once('-'), &place.region) {
            (None, _) => *mine == place.country,
            (Some((country, _)), None) => country == place.country,
            (Some((country, region)), Some(theirs)) => country == place.country && region == theirs,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(text: &str) -> Place {
        Place::read(text).expect("a place")
    }

    fn chosen(text: &str) -> Policy {
        choose(Some(&place(text)), &[], true)
    }

    #[test]
    fn a_known_place_decides_whatever_the_markets_are() {
        let markets = [place("US-MN"), place("DE")];
        assert_eq!(choose(Some(&place("US-TX")), &markets, true), Policy::default_policy());
        assert_eq!(chosen("US-MN").id, "us-mn");
        assert_eq!(chosen("US-MN").max_offers, 0);
        assert!(chosen("US-CA").direct && chosen("US-CA").max_offers == 1);
    }

    #[test]
    fn an_unknown_region_gets_the_strictest_of_the_country() {
        let policy = chosen("US");
        assert_eq!((policy.max_offers, policy.direct, policy.id.as_str()), (0, true, "us-mn+us-ca"));
    }

    #[test]
    fn an_unknown_place_gets_what_all_markets_allow() {
        assert_eq!(choose(None, &[place("US-MN"), place("NL")], true).max_offers, 0);
        let policy = choose(None, &[place("US-TX"), place("DE")], true);
        assert!(policy.declares && !policy.survey && !policy.recap);
        assert_eq!(policy.id, "de+eu");
        assert_eq!(choose(None, &[], true), Policy::default_policy());
    }

    #[test]
    fn in_germany_and_france_leaving_is_a_declaration() {
        assert!(chosen("DE").declares && !chosen("DE").recap);
        assert!(chosen("FR").declares && chosen("FR").recap);
        assert_eq!(chosen("FR").id, "fr+eu");
        assert!(!chosen("NL").declares && chosen("NL").id == "eu");
    }

    #[test]
    fn between_businesses_the_laws_for_consumers_do_not_hold() {
        let policy = choose(Some(&place("DE")), &[], false);
        assert_eq!((policy.id.as_str(), policy.max_offers, policy.declares), ("business", 2, false));
    }

    #[test]
    fn the_union_demands_a_copy_that_can_be_kept() {
        assert!(durable_copy_demanded(&[place("US"), place("IT")]).is_some());
        assert_eq!(durable_copy_demanded(&[place("US"), place("GB")]), None);
        assert!(withdrawal(&place("ES")) && !withdrawal(&place("US-CA")));
    }

    #[test]
    fn every_policy_names_its_law_once() {
        let mut ids: Vec<_> = all().map(|law| law.id).collect();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), all().count());
        assert!(all().all(|law| !law.law.is_empty()));
    }
}
