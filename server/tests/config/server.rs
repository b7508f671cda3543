//! The server's own table, and what it holds of mail and retention.

use std::path::Path;

use farewell_server::config::{Password, Security};

use crate::{GOOD, problems, read};

/// Checks the one problem that a line in the server's table brings.
#[track_caller]
fn in_server(line: &str, says: &str) {
    let found = problems(&GOOD.replace("[server]\n", &format!("[server]\n{line}\n")));
    assert_eq!(found.len(), 1, "{found:#?}");
    assert!(found[0].starts_with("farewell.toml:3:") && found[0].contains(says), "{}", found[0]);
}

#[test]
fn values_of_the_server_are_checked() {
    in_server("metrics = \"9464\"", "\"127.0.0.1:9464\"");
    in_server("metrics = \"127.0.0.1:8787\"", "another port");
    in_server("cancel_url = \"https://bye.example.com/\"", "more than an origin");
    in_server("cancel_url = \"http://bye.example.com\"", "write \"https://bye.example.com\"");
    in_server("cancel_url = \"https://cancel.example.com\"", "`public_url` too");
    in_server("requests_per_second = 0", "from 1 to 100000");
    in_server("proxies = \"127.0.0.1\"", "square brackets");
    in_server("proxies = [\"proxy.example.com\"]", "neither an address nor a network");
    in_server("proxies = [\"10.0.0.0/33\"]", "neither an address nor a network");
    in_server("proxies = [\"0.0.0.0/0\"]", "everybody");
    in_server("proxies = [\"::/0\"]", "everybody");
}

#[test]
fn retention_periods_are_checked_against_the_law() {
    let wrong = |line: &str, says: &str| {
        let found = problems(&format!("{GOOD}[server.retention]\n{line}\n"));
        assert_eq!(found.len(), 1, "{found:#?}");
        assert!(found[0].starts_with("farewell.toml:10:") && found[0].contains(says), "{}", found[0]);
    };
    wrong("receipts = \"1094 days\"", "§ 17602");
    wrong("receipts = \"35 months\"", "3 years");
    wrong("declarations = \"400 days\"", "§§ 195, 199 BGB");
    wrong("sessions = \"29 days\"", "30 days");
    wrong("mails = \"-3 years\"", "30 days");
    wrong("mails = \"a while\"", "such as \"400 days\"");
    wrong("mails = 400", "a text in quotes");
    wrong("invoices = \"10 years\"", "not a field of [server.retention]");
    let text = format!(
        "{GOOD}[server.retention]\nreceipts = \"1095 days\"\nmails = \"6 weeks\"\nsessions = \"forever\"\n"
    );
    let retention = read(&text).expect("a good text").server.retention;
    let now = "2026-11-21T12:00:00Z".parse().expect("a time");
    let before = |period: farewell_server::config::Period| period.ended_before(now).map(|at| at.to_string());
    assert_eq!(before(retention.receipts).as_deref(), Some("2023-11-22T12:00:00Z"));
    assert_eq!(before(retention.mails).as_deref(), Some("2026-10-10T12:00:00Z"));
    assert_eq!(before(retention.declarations).as_deref(), Some("2019-11-21T12:00:00Z"));
    assert_eq!(before(retention.sessions), None);
}

#[test]
fn proxies_are_addresses_and_networks() {
    let line = "[server]\nproxies = [\"10.1.2.3/8\", \"127.0.0.1\", \"2001:db8::/32\", \"::1\"]\n";
    let config = read(&GOOD.replace("[server]\n", line)).expect("a good text");
    let written: Vec<String> = config.server.proxies.iter().map(ToString::to_string).collect();
    assert_eq!(written, ["10.0.0.0/8", "127.0.0.1/32", "2001:db8::/32", "::1/128"]);
    let usual = read(GOOD).expect("a good text").server;
    assert_eq!((usual.proxies.len(), usual.requests_per_second.get()), (0, 100));
}

/// Checks the one problem of a `[server.smtp]`, or that there is none.
#[track_caller]
fn in_smtp(lines: &str, says: Option<&str>) {
    let text = GOOD.replace("[[brand]]", &format!("[server.smtp]\n{lines}\n[[brand]]"));
    let found: Vec<String> =
        read(&text).err().into_iter().flatten().map(|problem| problem.to_string()).collect();
    assert_eq!(found.len(), usize::from(says.is_some()), "{found:#?}");
    assert!(says.is_none_or(|says| found[0].contains(says)), "{found:#?}");
}

#[test]
fn values_of_the_mail_server_are_checked() {
    let good = "host = \"smtp.example.com\"\nfrom = \"no-reply@example.com\"\n";
    let with = |line: &str| format!("{good}{line}");
    in_smtp(good, None);
    in_smtp(&with("port = 465\nsecurity = \"tls\"\nusername = \"a\"\npassword_file = \"smtp\""), None);
    in_smtp(&with("security = \"ssl\""), Some("\"starttls\" or \"tls\" or \"none\""));
    in_smtp(&with("security = \"none\""), Some("other people's networks"));
    in_smtp("host = \"localhost\"\nsecurity = \"none\"\nfrom = \"a@b.example\"", None);
    in_smtp("host = \"[::1]\"\nsecurity = \"none\"\nfrom = \"a@b.example\"", None);
    in_smtp("host = \"a b\"\nfrom = \"a@b.example\"", Some("not a host"));
    in_smtp("from = \"a@b.example\"", Some("no `host`"));
    in_smtp("host = \"localhost\"", Some("no `from`"));
    in_smtp(&with("port = 0"), Some("from 1 to 65535"));
    in_smtp(&with("reply_to = \"Help <help@b.example>\""), Some("not an e-mail address"));
    in_smtp(&with("password = \"x\""), Some("no `username`"));
    in_smtp(&with("username = \"a\"\npassword = \"x\"\npassword_file = \"y\""), Some("keep one"));
    in_smtp(&with("tls = true"), Some("not a field of [server.smtp]"));
}

#[test]
fn the_mail_server_has_careful_defaults_and_its_password_is_not_printed() {
    let smtp = |lines: &str| {
        let lines =
            format!("[server.smtp]\nhost = \"smtp.example.com\"\nfrom = \"a@b.example\"\n{lines}\n[[brand]]");
        read(&GOOD.replace("[[brand]]", &lines)).expect("a good text").server.smtp.expect("a mail server")
    };
    assert_eq!((smtp("").security, smtp("").port, smtp("").login), (Security::StartTls, 587, None));
    assert_eq!(smtp("security = \"tls\"").port, 465);
    assert_eq!(smtp("username = \"a\"").login, Some(("a".into(), Password::Environment)));
    let file = Password::File(Path::new("/etc/farewell/smtp.password").into());
    assert_eq!(smtp("username = \"a\"\npassword_file = \"smtp.password\"").login, Some(("a".into(), file)));
    let shown = format!("{:?}", smtp("username = \"a\"\npassword = \"swordfish\""));
    assert!(shown.contains("[secret]") && !shown.contains("swordfish"), "{shown}");
}
