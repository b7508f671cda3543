//! `farewell init` and `farewell simulate`: from nothing to a flow on the terminal.

use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

fn farewell(directory: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_farewell"))
        .args(arguments)
        .current_dir(directory)
        .env_remove("FAREWELL_CONFIG")
        .output()
        .expect("the program runs")
}

#[track_caller]
fn done(output: Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("text")
}

fn told(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn what_init_writes_is_right_wherever_a_brand_sells() {
    for (country, billing) in [
        ("US", "ledger"),
        ("US", "merchant"),
        ("US-MN", "merchant"),
        ("US-CA,GB", "ledger"),
        ("DE", "ledger"),
        ("FR,DE,US", "merchant"),
        ("JP", "merchant"),
    ] {
        let directory = tempfile::tempdir().unwrap();
        let arguments =
            ["init", "--yes", "--brand", "Søren's \"Shop\"", "--country", country, "--billing", billing];
        let told = done(farewell(directory.path(), &arguments));
        assert!(told.contains("farewell keys create"), "{told}");
        let lint = done(farewell(directory.path(), &["lint"]));
        assert!(lint.contains("no mistakes"), "{country} {billing}: {lint}");
    }
}

#[test]
fn init_never_overwrites_and_names_what_is_wrong() {
    let directory = tempfile::tempdir().unwrap();
    done(farewell(directory.path(), &["init", "--yes", "deep/er"]));
    let before = std::fs::read(directory.path().join("deep/er/farewell.toml")).unwrap();
    let again = farewell(directory.path(), &["init", "--yes", "--brand", "Other", "deep/er"]);
    assert_eq!(again.status.code(), Some(1));
    assert!(told(&again).contains("was not touched"), "{}", told(&again));
    assert_eq!(std::fs::read(directory.path().join("deep/er/farewell.toml")).unwrap(), before);
    let wrong = farewell(directory.path(), &["init", "--yes", "--country", "UK"]);
    assert!(told(&wrong).contains("\"GB\""), "{}", told(&wrong));
}

fn simulated(arguments: &[&str]) -> Value {
    let directory = tempfile::tempdir().unwrap();
    done(farewell(directory.path(), &["init", "--yes", "--country", "US,DE", "--billing", "ledger"]));
    let mut all = vec!["simulate", "--brand", "example", "--json"];
    all.extend(arguments);
    let json = serde_json::from_str(&done(farewell(directory.path(), &all))).expect("JSON");
    let left: Vec<_> =
        std::fs::read_dir(directory.path()).unwrap().map(|file| file.unwrap().file_name()).collect();
    assert_eq!(left, ["farewell.toml"], "nothing is made");
    json
}

#[test]
fn the_flow_is_walked_as_a_customer_walks_it() {
    let walked = simulated(&["--country", "US-TX", "--script", "too_expensive,answer,accept"]);
    assert_eq!(
        (&walked["policy"], &walked["outcome"], &walked["effect"]),
        (&"default".into(), &"saved".into(), &"applied".into())
    );
    let steps: Vec<_> =
        walked["steps"].as_array().unwrap().iter().map(|step| step["step"].as_str().unwrap()).collect();
    assert_eq!(steps, ["survey", "offer", "receipt"]);
    assert!(walked["steps"][1]["lines"].to_string().contains("$9.60"), "{}", walked["steps"][1]);
    assert_eq!(walked["left_out"], serde_json::json!([]));
}

#[test]
fn the_law_that_holds_and_the_offers_it_leaves_out_are_told() {
    let walked = simulated(&["--country", "DE", "--locale", "de", "--script", "cancel"]);
    assert!(walked["law"].as_str().unwrap().contains("312k"), "{walked}");
    assert!(walked["left_out"][0]["why"].as_str().unwrap().contains("no offer may come"), "{walked}");
    assert_eq!((&walked["outcome"], walked["steps"].as_array().unwrap().len()), (&"canceled".into(), 2));
}

#[test]
fn what_is_not_there_is_said_and_is_a_failure() {
    let directory = tempfile::tempdir().unwrap();
    done(farewell(directory.path(), &["init", "--yes"]));
    let wrong = farewell(directory.path(), &["simulate", "--brand", "example", "--script", "nonsense"]);
    assert_eq!(wrong.status.code(), Some(1));
    assert!(told(&wrong).contains("nothing here is called \"nonsense\""), "{}", told(&wrong));
    let brand = farewell(directory.path(), &["simulate", "--brand", "other"]);
    assert!(told(&brand).contains("there is: example"), "{}", told(&brand));
}
