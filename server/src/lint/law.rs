//! The laws behind policies, as a merchant can look them up.

use crate::policy;

/// The law of a policy, or of several joined by `+`. A policy without a row here is named by its id.
#[must_use]
pub fn of(policy_id: &str) -> String {
    let law = |id| policy::all().find(|law| law.id == id).map_or(id, |law| law.law);
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
