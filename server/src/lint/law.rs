//! The laws behind policies, as a merchant can look them up.

/// Each policy and the law it stands for.
const LAWS: &[(&str, &str)] = &[
    ("default", "where no law is stricter, after FTC Act § 5 and ROSCA, 15 U.S.C. § 8403"),
    ("us-ca", "Cal. Bus. & Prof. Code § 17602"),
    ("us-mn", "Minn. Stat. § 325G.60"),
    ("de", "§ 312k BGB; BGH, 2026-07-16, I ZR 200/25"),
    ("fr", "Code de la consommation, L215-1-1 and décret 2023-417"),
    ("eu", "Directive 2011/83/EU"),
    ("eu-withdrawal", "Directive 2011/83/EU, Art. 11a, by Directive (EU) 2023/2673"),
];

/// The law of a policy, or of several joined by `+`. A policy without a row here is named by its id.
#[must_use]
pub fn of(policy_id: &str) -> String {
    let law = |id| LAWS.iter().find(|(known, _)| *known == id).map_or(id, |(_, law)| *law);
    policy_id.split('+').map(law).collect::<Vec<_>>().join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_names_its_law_and_joined_ones_name_each() {
        assert_eq!(of("us-mn"), "Minn. Stat. § 325G.60");
        assert_eq!(of("us-ca+us-mn"), "Cal. Bus. & Prof. Code § 17602; Minn. Stat. § 325G.60");
        assert_eq!(of("xx"), "xx");
    }
}
