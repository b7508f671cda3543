//! `farewell lint`, and a server that does not start on what it finds.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::{add, configured, fails_with, farewell, free_port, run, serve};

#[test]
fn lint_lists_mistakes_and_serve_does_not_start_on_them() {
    let directory = configured(1);
    assert!(run(directory.path(), &["lint"]).status.success());
    let file = directory.path().join("farewell.toml");
    std::fs::write(&file, "[server]\nlisten = 5\n").expect("a bad configuration");
    for command in ["lint", "serve"] {
        let output = run(directory.path(), &[command]);
        fails_with(&output, &["farewell.toml:2:10: error: `listen`", "public_url", "[[brand]]", "mistakes"]);
    }
    fails_with(&run(directory.path(), &["lint", "--config", "none.toml"]), &["none.toml", "--config"]);
}

#[test]
fn lint_fails_on_a_dark_pattern_and_serve_starts_and_warns() {
    let directory = configured(free_port());
    add(
        directory.path(),
        "[[brand.reason]]\nkey = \"a\"\nlabel = \"A\"\nfollow_up = \"Sure? It's your \\u001b[31m last\\nchance\"\n",
    );
    let warning = [
        "farewell.toml:11:13: warning: \"last chance\" hurries people to a decision; ",
        "[fake-urgency: Directive 2005/29/EC, Annex I no. 7; FTC Act § 5",
    ];
    let linted = run(directory.path(), &["lint"]);
    fails_with(&linted, &[warning[0], warning[1], "1 warning about the configuration."]);
    let (mut child, log) = serve(directory.path());
    Command::new("kill").arg(child.id().to_string()).status().expect("a signal");
    drop(log);
    child.wait().expect("an end");
    let mut child = farewell(directory.path(), &["serve", "--log", "json"])
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program");
    let mut log = BufReader::new(child.stderr.take().expect("its log"));
    let mut line = String::new();
    log.read_line(&mut line).expect("its log");
    Command::new("kill").arg(child.id().to_string()).status().expect("a signal");
    child.wait().expect("an end");
    let said: Value = serde_json::from_str(&line).expect("JSON");
    assert_eq!(said["level"], "WARN");
    for part in warning {
        assert!(said["message"].as_str().expect("a message").contains(part), "{line}");
    }
}

#[test]
fn a_mistake_against_a_law_keeps_the_server_from_starting() {
    let directory = configured(free_port());
    add(
        directory.path(),
        "markets = [\"US-CA\", \"US-MN\"]\nmax_offers = 3\n[brand.theme]\nink = \"#999999\"\n",
    );
    for command in ["lint", "serve"] {
        let output = run(directory.path(), &[command]);
        fails_with(
            &output,
            &[
                "farewell.toml:8:11: error: `markets` are declared",
                "Minn. Stat. § 325G.60",
                "farewell.toml:9:14: error: `max_offers` is 3",
                "farewell.toml:11:7: error: `ink` #999999 on `paper` #ffffff has a contrast of 2.84:1, and text needs 4.5:1",
                "the way out must not be less prominent",
                "mistakes in the configuration.",
            ],
        );
    }
}

#[test]
fn a_brand_in_the_union_is_refused_by_lint_and_serve_until_receipts_have_a_way() {
    let directory = configured(free_port());
    let file = directory.path().join("farewell.toml");
    let config = std::fs::read_to_string(&file).expect("a configuration");
    std::fs::write(&file, format!("{config}markets = [\"DE\"]\nplace = \"session\"\n"))
        .expect("a configuration");
    for command in ["lint", "serve"] {
        fails_with(
            &run(directory.path(), &[command]),
            &["farewell.toml:4:1", "312k", "`receipts = \"mail\"`"],
        );
    }
    let closed = free_port();
    let post = format!("receipts = \"merchant\"\nreceipt_url = \"http://127.0.0.1:{closed}/\"\n");
    std::fs::write(&file, format!("{config}markets = [\"DE\"]\nplace = \"session\"\n{post}"))
        .expect("a configuration");
    assert!(run(directory.path(), &["lint"]).status.success(), "lint asks nobody");
    fails_with(&run(directory.path(), &["serve"]), &["brand \"acme\"", "312k", "cannot be reached"]);
}
