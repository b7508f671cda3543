//! `farewell webhooks`, their secrets, and `farewell replay-webhooks`.

use std::net::TcpListener;
use std::process::Output;

use serde_json::Value;

use crate::{configured, fails_with, run};

#[test]
fn secrets_of_webhooks_are_listed_by_brand_and_never_shown() {
    let directory = configured(8787);
    let secret = run(directory.path(), &["keys", "webhook", "--brand", "acme"]);
    assert!(run(directory.path(), &["keys", "rotate", "webhook", "--brand", "acme"]).status.success());
    let listed = run(directory.path(), &["keys", "list", "--json"]);
    let keys: Vec<Value> = serde_json::from_slice(&listed.stdout).expect("JSON");
    let told: Vec<_> = keys.iter().map(|key| (&key["kind"], &key["brand"], &key["state"])).collect();
    let (webhook, acme) = (&Value::from("webhook"), &Value::from("acme"));
    assert_eq!(told, [(webhook, acme, &Value::from("current")), (webhook, acme, &Value::from("accepted"))]);
    let listed = run(directory.path(), &["keys", "list"]);
    let listed = String::from_utf8(listed.stdout).expect("text");
    assert!(listed.contains(&format!("{}  webhook  acme  made ", keys[0]["id"].as_str().expect("an id"))));
    let file = std::fs::read_to_string(directory.path().join("keys/webhook.acme.key")).expect("the keys");
    let secrets = file.lines().map(|line| line.split(' ').nth(1).expect("a secret"));
    let shown = String::from_utf8(secret.stdout).expect("text");
    for secret in secrets.chain([shown.trim()]) {
        assert!(!listed.contains(secret) && !keys.iter().any(|key| key.to_string().contains(secret)));
    }
}

/// A merchant's backend in a thread: what was posted to it, each with its head.
fn receiver(answers: &'static [&'static str]) -> (u16, std::sync::mpsc::Receiver<String>) {
    use std::io::{Read, Write};
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let (tell, told) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        for answer in answers {
            let (mut stream, _) = listener.accept().expect("a connection");
            let (mut request, mut byte) = (Vec::new(), [0]);
            while !request.ends_with(b"\r\n\r\n") {
                stream.read_exact(&mut byte).expect("a head");
                request.push(byte[0]);
            }
            let head = String::from_utf8_lossy(&request).to_lowercase();
            let length =
                head.lines().find_map(|line| line.strip_prefix("content-length: ")).expect("a length");
            let mut body = vec![0; length.parse().expect("a number")];
            stream.read_exact(&mut body).expect("a body");
            request.extend(body);
            stream.write_all(answer.as_bytes()).expect("an answer");
            tell.send(String::from_utf8(request).expect("a text")).expect("somebody who listens");
        }
    });
    (port, told)
}

#[test]
fn webhooks_are_tried_from_the_command_line_with_secrets_it_shows_and_rotates() {
    let (port, told) = receiver(&[
        "HTTP/1.1 200 OK\r\nContent-Length: 16\r\nConnection: close\r\n\r\nthanks \u{1b}[31mred\n",
        "HTTP/1.1 500 Oh\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
    ]);
    let directory = configured(1);
    let webhooks = |arguments: &[&str]| run(directory.path(), &[&["webhooks"], arguments].concat());
    fails_with(&webhooks(&["test", "--brand", "acme"]), &["no webhook", "[[brand.webhook]]"]);
    let file = directory.path().join("farewell.toml");
    let text = std::fs::read_to_string(&file).expect("a configuration");
    let text = text.replacen("[server]", "[server]\nprivate_webhooks = true", 1);
    std::fs::write(&file, format!("{text}[[brand.webhook]]\nurl = \"http://127.0.0.1:{port}/hook\"\n"))
        .expect("a file");
    let secret = |arguments: &[&str]| {
        let output = run(directory.path(), &[&["keys"], arguments].concat());
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("a text").trim().to_owned()
    };
    let first = secret(&["webhook", "--brand", "acme"]);
    assert!(first.starts_with("whsec_"), "{first}");
    assert_eq!(secret(&["webhook", "--brand", "acme"]), first, "shown as often as wanted");

    let verified = |request: &str, secret: &str| {
        let (head, body) = request.split_once("\r\n\r\n").expect("a head and a body");
        let mut headers = reqwest::header::HeaderMap::new();
        for (name, value) in head.lines().skip(1).filter_map(|line| line.split_once(": ")) {
            let name = reqwest::header::HeaderName::from_bytes(name.as_bytes()).expect("a name");
            headers.insert(name, value.parse().expect("a value"));
        }
        let webhook = standardwebhooks::Webhook::new(secret).expect("a secret");
        assert!(body.contains("\"type\":\"ping\""), "{body}");
        webhook.verify(body.as_bytes(), &headers).is_ok()
    };
    let tested = webhooks(&["test", "--brand", "acme"]);
    let said = String::from_utf8_lossy(&tested.stdout).into_owned();
    assert!(tested.status.success(), "{said}{}", String::from_utf8_lossy(&tested.stderr));
    assert!(said.contains(&format!("http://127.0.0.1:{port}/hook answered 200.\n    thanks")), "{said}");
    assert!(!said.contains('\u{1b}'), "{said:?}");
    assert!(verified(&told.recv().expect("a request"), &first));

    let second = secret(&["rotate", "webhook", "--brand", "acme"]);
    assert_eq!(secret(&["webhook", "--brand", "acme"]), second);
    assert_ne!(first, second);
    let tested = webhooks(&["test", "--brand", "acme"]);
    fails_with(&tested, &["1 of 1 did not take it"]);
    let request = told.recv().expect("a request");
    assert!(verified(&request, &first) && verified(&request, &second), "{request}");
    fails_with(&webhooks(&["test", "--brand", "acme"]), &["did not take it"]);

    let wrong = run(directory.path(), &["keys", "rotate", "webhook"]);
    assert!(String::from_utf8_lossy(&wrong.stderr).contains("--brand"));
    let wrong = run(directory.path(), &["keys", "rotate", "signing", "--brand", "acme"]);
    fails_with(&wrong, &["--brand is for `webhook`"]);
}

#[test]
fn a_replay_says_what_it_did() {
    let directory = configured(1);
    let replay = |arguments: &[&str]| run(directory.path(), &[&["replay-webhooks"], arguments].concat());
    let said = |output: &Output| String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(said(&replay(&["--failed"])).starts_with("Found 0 failed deliveries; 0 deliveries are in line."));
    assert_eq!(
        serde_json::from_str::<Value>(&said(&replay(&["--since", "2026-11-21", "--json"]))).expect("JSON"),
        serde_json::json!({ "found": 0, "queued": 0, "unwanted": 0 })
    );
    fails_with(&replay(&["--event", "evt_1"]), &["no event has the id evt_1"]);
    fails_with(&replay(&["--failed", "--brand", "nobody"]), &["no brand has the slug"]);
    for wrong in [&[][..], &["--failed", "--event", "evt_1"], &["--since", "yesterday"]] {
        assert_eq!(replay(wrong).status.code(), Some(2), "{wrong:?}");
    }
    assert!(said(&run(directory.path(), &["webhooks", "list"])).is_empty());
}
