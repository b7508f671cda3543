//! `farewell keys`.

use std::io::BufRead;
use std::process::Command;

use serde_json::Value;

use crate::{configured, fails_with, free_port, run, serve};

#[test]
fn a_key_is_made_once_listed_without_its_secret_and_revoked() {
    let directory = configured(8787);
    let made = run(directory.path(), &["keys", "create", "--brand", "acme", "--json"]);
    let made: Value = serde_json::from_slice(&made.stdout).expect("JSON");
    let secret = made["secret"].as_str().expect("a secret");
    assert!(secret.starts_with("sk_acme_") && secret.len() > 40);
    assert_eq!(made["public"], "pk_acme_aHR0cDovLzEyNy4wLjAuMTo4Nzg3");
    let plain = run(directory.path(), &["keys", "create", "--brand", "acme"]);
    assert!(String::from_utf8_lossy(&plain.stdout).contains("sk_acme_"));
    let listed = run(directory.path(), &["keys", "list"]);
    let listed = String::from_utf8_lossy(&listed.stdout).into_owned();
    assert_eq!(listed.lines().count(), 2, "there are no keys of the server's own yet");
    assert!(!listed.contains(&secret[8..]));
    let id = made["id"].as_str().expect("an id");
    assert!(run(directory.path(), &["keys", "revoke", id]).status.success());
    fails_with(&run(directory.path(), &["keys", "revoke", id]), &["farewell keys list"]);
    fails_with(&run(directory.path(), &["keys", "create", "--brand", "amce"]), &["amce", "acme"]);
    let files = std::fs::read(directory.path().join("farewell.db")).expect("the database");
    assert!(!files.windows(secret.len()).any(|window| window == secret.as_bytes()), "only a hash is stored");
}

#[test]
fn the_servers_own_keys_are_listed_rotated_and_taken_out_of_sight() {
    let directory = configured(8787);
    let list = |arguments: &[&str]| {
        let listed = run(directory.path(), &[&["keys", "list"], arguments].concat());
        String::from_utf8(listed.stdout).expect("text")
    };
    let rotate = |which| assert!(run(directory.path(), &["keys", "rotate", which]).status.success());
    for which in ["sealing", "signing", "signing", "signing", "signing"] {
        rotate(which);
    }
    let listed: Vec<Value> = serde_json::from_str(&list(&["--json"])).expect("JSON");
    let states: Vec<_> = listed.iter().map(|key| format!("{} {}", key["kind"], key["state"])).collect();
    let [current, accepted, old] =
        ["current", "accepted", "verifying_only"].map(|state| format!("\"{state}\""));
    let of = |kind: &str, state: &String| format!("\"{kind}\" {state}");
    assert_eq!(
        states,
        [
            of("sealing", &current),
            of("sealing", &accepted),
            of("signing", &current),
            of("signing", &accepted),
            of("signing", &old),
            of("signing", &old),
            of("signing", &old)
        ]
    );
    for name in ["sealing.key", "signing.key"] {
        let file = std::fs::read_to_string(directory.path().join("keys").join(name)).expect("the keys");
        for secret in file.lines().map(|line| line.split(' ').nth(1).expect("a secret")) {
            assert!(!list(&[]).contains(secret) && !list(&["--json"]).contains(secret));
        }
        assert_eq!(file.lines().count(), 2);
    }
    let [in_use, retired] = [2, 4].map(|index: usize| listed[index]["id"].as_str().expect("an id"));
    fails_with(&run(directory.path(), &["keys", "revoke", in_use]), &[in_use, "keys rotate signing"]);
    assert!(run(directory.path(), &["keys", "revoke", retired]).status.success());
    assert!(!list(&[]).contains(retired));
}

#[test]
fn a_running_server_uses_a_key_that_was_rotated_and_publishes_every_older_one() {
    let port = free_port();
    let directory = configured(port);
    let (mut child, log) = serve(directory.path());
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let client = reqwest::Client::builder().no_proxy().build().expect("a client");
    let published = || {
        let url = format!("http://127.0.0.1:{port}/.well-known/jwks.json");
        let set: Value = runtime
            .block_on(async { client.get(url).send().await.expect("an answer").json().await.expect("JSON") });
        let keys = set["keys"].as_array().expect("keys").iter();
        keys.map(|key| key["kid"].as_str().expect("a name").to_owned()).collect::<Vec<_>>()
    };
    let first = published();
    for _ in 0..3 {
        assert!(run(directory.path(), &["keys", "rotate", "signing"]).status.success());
    }
    let mut log = log.lines().map_while(Result::ok);
    assert!(log.any(|line| line.contains("the keys were changed")), "the server notices by itself");
    let now = published();
    assert_eq!((now.len(), now.last()), (4, first.first()));
    Command::new("kill").arg(child.id().to_string()).status().expect("a signal");
    child.wait().expect("an end");
}

#[test]
fn keys_that_others_can_read_are_a_sentence() {
    use std::os::unix::fs::PermissionsExt;
    let directory = configured(free_port());
    assert!(run(directory.path(), &["keys", "rotate", "signing"]).status.success());
    let file = directory.path().join("keys/signing.key");
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).expect("a change of mode");
    fails_with(&run(directory.path(), &["serve"]), &["signing.key", "chmod 600"]);
}
