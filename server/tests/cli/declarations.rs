//! `farewell declarations`.

use std::io::BufRead;
use std::process::{Command, Output};

use serde_json::Value;

use crate::{configured, fails_with, free_port, run, serve};

/// Sends a form to a server on this port. Gives the status.
fn declare(port: u16, fields: &[(&str, &str)]) -> u16 {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let client = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build();
    let client = client.expect("a client");
    let sent = client.post(format!("http://127.0.0.1:{port}/b/acme/cancel")).form(fields).send();
    runtime.block_on(sent).expect("an answer").status().as_u16()
}

#[test]
fn declarations_are_listed_shown_and_decided() {
    let port = free_port();
    let directory = configured(port);
    let file = directory.path().join("farewell.toml");
    let config = std::fs::read_to_string(&file).expect("a configuration") + "[brand.public]\ncancel = true\n";
    std::fs::write(&file, config).expect("a configuration");
    let (mut child, log) = serve(directory.path());
    for name in ["Ada Lovelace", "Grace Hopper"] {
        let cause = "Line 1\nstatus: done";
        let fields = [
            ("kind", "extraordinary"),
            ("cause", cause),
            ("name", name),
            ("contract", "K-17"),
            ("email", "a@b.de"),
        ];
        assert_eq!(declare(port, &fields), 303);
    }
    let run = |arguments: &[&str]| run(directory.path(), &[&["declarations"], arguments].concat());
    let text = |output: Output| {
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("text")
    };
    // They are a day old at once: this is what a clock does by itself.
    let database = directory.path().join("farewell.db");
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let store = farewell_server::store::Store::open(database).await.expect("the database");
        let aged = store.write(async |tx| {
            sqlx::query("UPDATE declarations SET alarm_at = '2026-01-01T00:00:00.000Z'").execute(tx).await?;
            Ok::<_, farewell_server::store::Error>(())
        });
        aged.await.expect("a change");
        store.close().await;
    });
    std::thread::sleep(std::time::Duration::from_millis(2500));
    let listed = text(run(&["list", "--brand", "acme"]));
    assert_eq!(listed.lines().count(), 2);
    assert!(listed.contains("open (merchant_billing)  overdue") && !listed.contains("Ada"), "{listed}");
    let references: Vec<&str> =
        listed.lines().map(|line| line.split(' ').next().expect("a reference")).collect();
    let json: Value = serde_json::from_str(&text(run(&["list", "--json"]))).expect("JSON");
    assert_eq!((json.as_array().map(Vec::len), &json[0]["name"]), (Some(2), &Value::from("Ada Lovelace")));
    let shown = text(run(&["show", references[0]]));
    assert!(
        shown.contains("name: Ada Lovelace\n") && shown.contains("carry it out there")
            || shown.contains("Carry it out there")
    );
    assert!(
        !shown.lines().any(|line| line == "status: done"),
        "what was typed cannot pass for a line of ours: {shown}"
    );
    let shown: Value = serde_json::from_str(&text(run(&["show", references[0], "--json"]))).expect("JSON");
    assert_eq!((&shown["status"], &shown["overdue"]), (&Value::from("open"), &Value::from(true)));
    fails_with(&run(&["confirm", references[0]]), &["Billing is your own", "--done"]);
    fails_with(&run(&["confirm", "FW-XXXX-XXXX", "--done"]), &["FW-XXXX-XXXX", "list --all"]);
    assert!(text(run(&["confirm", references[0], "--done"])).contains("is done"));
    fails_with(&run(&["dismiss", references[0]]), &["is done already"]);
    let dismissed: Value =
        serde_json::from_str(&text(run(&["dismiss", references[1], "--json"]))).expect("JSON");
    assert_eq!(dismissed["status"], "dismissed");
    assert_eq!(text(run(&["list"])), "");
    assert_eq!(text(run(&["list", "--all"])).lines().count(), 2);
    fails_with(&run(&["list", "--brand", "amce"]), &["amce", "acme"]);

    Command::new("kill").arg(child.id().to_string()).status().expect("a signal");
    let said: Vec<String> = log.lines().map_while(Result::ok).collect();
    child.wait().expect("an end");
    for reference in references {
        let alarms = said.iter().filter(|line| line.contains("ERROR") && line.contains(reference)).count();
        assert_eq!(alarms, 1, "{said:#?}");
    }
    let said = said.join("\n");
    assert!(said.contains("/b/{slug}/cancel"), "{said}");
    for personal in ["Ada", "Hopper", "K-17", "a@b.de", "Line 1"] {
        assert!(!said.contains(personal), "{personal}: {said}");
    }
}
