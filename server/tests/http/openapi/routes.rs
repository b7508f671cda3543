//! The document has every route, and every operation of it is one.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use reqwest::Method;
use reqwest::header::{ACCEPT_ENCODING, ALLOW, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE};
use serde_json::Value;

use super::document::{Document, as_shown, members};
use crate::server::Running;

async fn documented() -> Running {
    Running::start_with(|text| text.replacen("[server]\n", "[server]\ndocs = true\n", 1)).await
}

#[tokio::test]
async fn every_operation_is_routed_and_its_path_has_no_other() {
    let server = documented().await;
    let document = Document::of(&server).await;
    let mut asked = 0;
    for (path, item) in members(&document.0["paths"]) {
        let operation = document.operations().find(|operation| operation.path == path).unwrap();
        // No address has this method, so that routes alone decide about the answer.
        let request = server.request(Method::DELETE, &operation.address(&as_shown()));
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), 405, "{path}");
        let allowed = answer.headers()[ALLOW].to_str().unwrap().to_ascii_lowercase();
        let allowed: BTreeSet<&str> =
            allowed.split(',').map(str::trim).filter(|one| *one != "head").collect();
        assert_eq!(allowed, members(item).map(|(method, _)| method).collect(), "{path}");
        asked += allowed.len();
    }
    assert!(asked > 40, "{asked}");
}

/// axum does not tell its routes, so that what is routed past the document is looked for where it is written.
#[test]
fn what_is_routed_past_the_document_are_files_that_pages_load() {
    fn sources(folder: &Path, found: &mut Vec<(String, String)>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                sources(&path, found);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push((path.display().to_string(), fs::read_to_string(&path).unwrap()));
            }
        }
    }
    let mut found = Vec::new();
    sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut found);
    let mut files = 0;
    for (file, source) in found {
        // Metrics have a listener of their own, and a format of their own.
        if file.contains("/src/metrics/") {
            continue;
        }
        for after in source.split(".route(").skip(1) {
            let path = after.split(',').next().unwrap();
            let of_a_file =
                ["&STYLE.path", "&TRY.path", "&asset.path", "&script.path", "&path", "open::SCRIPT"];
            assert!(of_a_file.contains(&path), "{file}: `.route({path}, …)` is not in the OpenAPI document");
            files += 1;
        }
        for other in [".route_service(", ".nest_service(", ".nest("] {
            assert!(!source.contains(other), "{file}: `{other}…)` is not in the OpenAPI document");
        }
    }
    assert!(files >= 6, "{files}");
}

#[tokio::test]
async fn the_document_is_whole() {
    let server = documented().await;
    let document = Document::of(&server).await;
    assert_eq!(document.0["openapi"], "3.1.0");
    assert_eq!(document.0["servers"][0]["url"], server.url);
    let mut ids = BTreeSet::new();
    let tags: Vec<&Value> = document.0["tags"].as_array().unwrap().iter().map(|tag| &tag["name"]).collect();
    for operation in document.operations() {
        let (id, said) = (operation.id(), operation.said);
        assert!(ids.insert(id), "{id} is there twice");
        assert!(said["summary"].as_str().is_some_and(|summary| !summary.starts_with('`')), "{id}");
        assert!(tags.contains(&&said["tags"][0]), "{id}");
        for parameter in said["parameters"].as_array().into_iter().flatten() {
            let told = ["description", "schema"].iter().all(|part| !parameter[part].is_null());
            assert!(told, "{id} {parameter}");
            let required = parameter["in"] == "path" || parameter["name"] == "site_id";
            assert_eq!(parameter["required"], required, "{id} {parameter}");
        }
    }
    every_reference_leads_somewhere(&document, &document.0);
    for (name, schema) in members(&document.0["components"]["schemas"]) {
        assert!(jsonschema::draft202012::meta::is_valid(schema), "{name}");
    }
}

fn every_reference_leads_somewhere(document: &Document, value: &Value) {
    document.resolved(value);
    match value {
        Value::Array(items) => items.iter().for_each(|item| every_reference_leads_somewhere(document, item)),
        Value::Object(members) => {
            members.values().for_each(|value| every_reference_leads_somewhere(document, value));
        }
        _ => {}
    }
}

#[tokio::test]
async fn it_is_there_without_the_documentation_and_tells_of_none() {
    let server = Running::start().await;
    let document = Document::of(&server).await;
    assert!(document.operations().all(|operation| !operation.path.starts_with("/docs")));
    assert!(document.operations().any(|operation| operation.path == "/openapi.json"));
}

#[tokio::test]
async fn it_may_be_kept_for_a_while_and_comes_compressed() {
    let server = Running::start().await;
    let answer = server.get("/openapi.json").header(ACCEPT_ENCODING, "br").send().await.unwrap();
    let header = |name| answer.headers()[name].to_str().unwrap();
    assert_eq!(header(CONTENT_TYPE), "application/json");
    assert_eq!(header(CACHE_CONTROL), "public, max-age=300");
    assert_eq!(header(CONTENT_ENCODING), "br");
}
