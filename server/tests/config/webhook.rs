//! A brand's webhooks.

use farewell_server::session::Environment;
use farewell_server::webhook::Kind;

use crate::{GOOD, problems, read};

const PRIVATE: &str = "[server]\nprivate_webhooks = true\npublic_url";

/// The problems of a webhook with these fields.
#[track_caller]
fn in_webhook(fields: &str, says: &str) {
    let found = problems(&format!("{GOOD}[[brand.webhook]]\n{fields}\n"));
    assert_eq!(found.len(), 1, "{found:#?}");
    assert!(found[0].contains(says), "{}", found[0]);
}

#[test]
fn a_webhook_takes_everything_that_counts_unless_it_says_otherwise() {
    let text = format!(
        "{GOOD}[[brand.webhook]]\nurl = \"https://a.example/hook?x=1\"\n\
         [[brand.webhook]]\nurl = \"https://a.example/hook?x=1\"\nenvironment = \"sandbox\"\nevents = [\"offer.accepted\"]\n"
    );
    let config = read(&text).expect("a good text");
    assert!(!config.server.private_webhooks);
    let [prod, sandbox] = config.brands[0].webhooks.as_slice() else { panic!("{:?}", config.brands) };
    assert_eq!((prod.url.as_str(), prod.environment), ("https://a.example/hook?x=1", Environment::Prod));
    assert_eq!(prod.events, Kind::ALL);
    assert_eq!(
        (sandbox.environment, sandbox.events.as_slice()),
        (Environment::Sandbox, &[Kind::OfferAccepted][..])
    );
}

#[test]
fn a_webhook_that_is_wrong_says_what_would_be_right() {
    in_webhook("", "[[brand.webhook]] has no `url`");
    in_webhook("url = \"http://a.example/\"", "write \"https://a.example/\"");
    in_webhook(
        "url = \"https://a.example/\"\nevents = [\"session.complete\"]",
        "did you mean \"session.completed\"?",
    );
    in_webhook("url = \"https://a.example/\"\nevents = []", "`events` is empty");
    in_webhook("url = \"https://a.example/\"\nenvironment = \"test\"", "\"prod\" or \"sandbox\"");
    in_webhook(
        "url = \"https://a.example/\"\n[[brand.webhook]]\nurl = \"https://a.example/\"",
        "there twice for \"prod\"",
    );
}

#[test]
fn a_webhook_goes_to_private_networks_only_where_the_server_says_so() {
    let near = [
        "http://localhost:8080/",
        "https://10.0.0.1/",
        "https://[::ffff:192.168.0.1]/",
        "https://100.64.0.1/",
    ];
    for url in near {
        let webhook = format!("[[brand.webhook]]\nurl = \"{url}\"\n");
        let found = problems(&format!("{GOOD}{webhook}"));
        assert!(found.len() == 1 && found[0].contains("`private_webhooks = true`"), "{url}: {found:#?}");
        let allowed = GOOD.replacen("[server]\npublic_url", PRIVATE, 1) + &webhook;
        read(&allowed).unwrap_or_else(|wrong| panic!("{url}: {wrong:#?}"));
    }
    for url in ["http://169.254.169.254/latest/", "https://0.0.0.0/", "https://[fd00:ec2::254]/"] {
        let webhook = format!("[[brand.webhook]]\nurl = \"{url}\"\n");
        let found = problems(&(GOOD.replacen("[server]\npublic_url", PRIVATE, 1) + &webhook));
        assert!(found.len() == 1 && found[0].contains("never sent to"), "{url}: {found:#?}");
    }
}
