//! The example, the repository's own configurations and the documentation.

use crate::{problems, read};

#[test]
fn the_example_has_no_mistakes_and_every_field() {
    let text = include_str!("../../farewell.example.toml");
    let config = read(text).unwrap_or_else(|wrong| panic!("{wrong:#?}"));
    let all = problems(
        "x = 1\n[server]\nx = 1\n[server.smtp]\nxyz = 1\n[server.retention]\nxyz = 1\n[[brand]]\nx = 1\n[brand.public]\nxyz = 1\n[brand.stripe]\nxyz = 1\n[brand.pelcro]\nxyz = 1\n[[brand.webhook]]\nxyz = 1\n[[brand.reason]]\nxyz = 1\n[[brand.offer]]\nkind = \"discount\"\nxyz = 1\n[brand.offer.when]\nxyz = 1\n",
    );
    let fields: Vec<&str> = all
        .iter()
        .filter_map(|line| line.split("it has: ").nth(1))
        .flat_map(|list| list.trim_end_matches('.').split(", "))
        .collect();
    assert!(fields.len() > 30, "{all:#?}");
    for field in fields {
        assert!(
            [" = ", "]", "."].iter().any(|after| text.contains(&format!("{field}{after}"))),
            "{field} is not explained"
        );
    }
    assert_eq!(config.brands[0].offers.len(), 8);
}

#[test]
fn the_configurations_of_this_repository_have_nothing_to_find() {
    let texts = [
        include_str!("../../farewell.example.toml"),
        include_str!("../http/farewell.toml"),
        include_str!("../../../www/demo/farewell.toml"),
    ];
    for text in texts {
        let config = read(text).unwrap_or_else(|wrong| panic!("{wrong:#?}"));
        assert_eq!(config.warnings, []);
    }
}

#[test]
fn the_documentation_has_every_law_and_every_locked_label() {
    use farewell_server::lint::{locked::LOCKED, rules};
    let text = include_str!("../../../docs/configuration.md");
    for locked in LOCKED {
        let row = format!(
            "| `{}` | {} | {} |",
            locked.policy,
            language(locked.language),
            format_args!("`{}` | {}", locked.key, locked.label)
        );
        assert!(text.contains(&row), "{row}");
    }
    for (rule, law) in rules() {
        assert!(text.contains(&format!("| `{rule}` |")), "{rule}");
        for part in law.split("; ") {
            assert!(text.contains(part), "{rule}: {part}");
        }
    }
}

/// A language as the documentation names it.
fn language(tag: &str) -> &'static str {
    [("de", "German"), ("en", "English"), ("fr", "French")]
        .iter()
        .find(|(known, _)| *known == tag)
        .expect("a language that the documentation knows")
        .1
}
