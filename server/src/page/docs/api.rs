//! The OpenAPI document as Markdown: what there is to ask for, group by group, and the types at the end.

use std::collections::HashSet;

use serde_json::{Map, Value};

use super::kind::{kind, name_of, resolved};

/// Errors that any operation may answer are told of once.
const EVERYWHERE: [&str; 3] = ["429", "500", "503"];

/// Of an object with more members than these an example shows the first.
const MOST_MEMBERS: usize = 30;

/// Draws the document.
#[must_use]
pub fn markdown(document: &Value) -> String {
    let mut page = String::from("# The API\n\n");
    paragraph(&mut page, &document["info"]["description"]);
    page.push_str(&format!(
        "This page is drawn from [the OpenAPI 3.1 document]({}/openapi.json) that programs read.\n\n",
        text(&document["servers"][0]["url"])
    ));
    access(&mut page, document);
    for tag in list(&document["tags"]) {
        let name = text(&tag["name"]);
        page.push_str(&format!("## {name}\n\n"));
        paragraph(&mut page, &tag["description"]);
        for (path, method, operation) in operations(document).filter(|(_, _, one)| one["tags"][0] == name) {
            page.push_str(&format!("### {} {path}\n\n", method.to_ascii_uppercase()));
            draw(&mut page, document, operation);
        }
    }
    let requests = bodies(document);
    page.push_str("## Types\n\n");
    for (name, schema) in members(&document["components"]["schemas"]) {
        // What a body holds stands where it is sent.
        if !requests.contains(&name.as_str()) {
            page.push_str(&format!("#### {name}\n\n"));
            paragraph(&mut page, &schema["description"]);
            shape(&mut page, schema, Side::Answer);
        }
    }
    page
}

/// Who writes what has a shape: most of a request may be left out, and hardly anything of an answer.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Request,
    Answer,
}

/// The types of bodies.
fn bodies(document: &Value) -> HashSet<&str> {
    let contents = operations(document).flat_map(|(_, _, one)| members(&one["requestBody"]["content"]));
    contents.filter_map(|(_, content)| name_of(&content["schema"])).collect()
}

/// Keys and sessions, and what may happen to any request.
fn access(page: &mut String, document: &Value) {
    page.push_str("## Keys and sessions\n\n| Header | What it holds |\n|---|---|\n");
    for name in ["brandKey", "apiKey", "bearerKey", "sessionId"] {
        let scheme = &document["components"]["securitySchemes"][name];
        let header = if scheme["type"] == "apiKey" { text(&scheme["name"]) } else { "Authorization" };
        page.push_str(&format!("| `{header}` | {} |\n", cell(&scheme["description"])));
    }
    page.push_str("\nAny request may be answered with one of these:\n\n| Status | Why |\n|---|---|\n");
    let answers = &document["components"]["responses"];
    for (status, name) in [("429", "TooOften"), ("500", "Failed"), ("503", "Unavailable")] {
        page.push_str(&format!("| {status} | {} |\n", cell(&answers[name]["description"])));
    }
    page.push('\n');
}

fn operations(document: &Value) -> impl Iterator<Item = (&String, &String, &Value)> {
    members(&document["paths"])
        .flat_map(|(path, item)| members(item).map(move |(method, operation)| (path, method, operation)))
}

fn draw(page: &mut String, document: &Value, operation: &Value) {
    page.push_str(&format!("**{}.** ", text(&operation["summary"])));
    paragraph(page, &operation["description"]);
    page.push_str("\n\n");
    if let Some(needs) = operation["security"][0].as_object().and_then(|one| one.keys().next()) {
        page.push_str(if needs == "sessionId" { "Needs a session id.\n\n" } else { "Needs an API key.\n\n" });
    }
    let parameters = list(&operation["parameters"]);
    if !parameters.is_empty() {
        page.push_str("| Parameter | Where | Kind | What it is |\n|---|---|---|---|\n");
        for parameter in parameters {
            let must = if parameter["required"] == true { ", required" } else { "" };
            let place = text(&parameter["in"]);
            let kind = kind(&parameter["schema"]);
            let says = cell(&parameter["description"]);
            page.push_str(&format!("| `{}` | {place}{must} | {kind} | {says} |\n", text(&parameter["name"])));
        }
        page.push('\n');
    }
    for (media_type, content) in members(&operation["requestBody"]["content"]) {
        page.push_str(&format!("The body is `{media_type}`:\n\n"));
        example(page, media_type, &content["example"]);
        shape(page, resolved(document, &content["schema"]), Side::Request);
    }
    answers(page, document, operation);
}

fn answers(page: &mut String, document: &Value, operation: &Value) {
    page.push_str("| Status | Answer | Such as |\n|---|---|---|\n");
    let all = || members(&operation["responses"]);
    for (status, answer) in all().filter(|(status, _)| !EVERYWHERE.contains(&status.as_str())) {
        let answer = resolved(document, answer);
        let contents = || members(&answer["content"]);
        let kinds: Vec<String> = contents()
            .map(|(media_type, content)| match media_type.as_str() {
                "application/json" => kind(&content["schema"]),
                other => format!("`{other}`"),
            })
            .filter(|kind| !kind.contains("ErrorAnswer"))
            .collect();
        let said = contents().find_map(|(_, content)| content["example"]["error"].as_str());
        let says = format!("{} {}", cell(&answer["description"]), kinds.join(", "));
        page.push_str(&format!("| {status} | {} | {} |\n", says.trim(), escaped(said.unwrap_or_default())));
    }
    page.push('\n');
    for (_, answer) in all().filter(|(status, _)| status.starts_with('2')) {
        for (media_type, content) in members(&answer["content"]) {
            example(page, media_type, &content["example"]);
        }
    }
}

/// The members of a type.
fn shape(page: &mut String, schema: &Value, side: Side) {
    for one in list(&schema["allOf"]) {
        match name_of(one) {
            Some(name) => page.push_str(&format!("With what is in [{name}](#{}):\n\n", name.to_lowercase())),
            None => shape(page, one, side),
        }
    }
    let has_members = schema["properties"].is_object();
    let choices = ["oneOf", "anyOf"].map(|part| list(&schema[part])).concat();
    if has_members {
        page.push_str("| Member | Kind | What it is |\n|---|---|---|\n");
        rows(page, "", schema, side);
        page.push('\n');
    } else if !choices.is_empty() {
        page.push_str("One of these:\n\n| Member | Kind | What it is |\n|---|---|---|\n");
        choices.iter().for_each(|choice| choose(page, "", choice, side));
        page.push('\n');
    } else if schema["allOf"].is_null() {
        page.push_str(&format!("{}.\n\n", kind(schema)));
    }
}

/// A row for each member, and for those of objects within it.
fn rows(page: &mut String, path: &str, schema: &Value, side: Side) {
    let required = list(&schema["required"]);
    for (name, member) in members(&schema["properties"]) {
        let must = required.iter().any(|one| one == name);
        let note = match side {
            Side::Request if must => ", required",
            Side::Answer if !must => ", may be missing",
            _ => "",
        };
        let kind = kind(member);
        let kind = if side == Side::Request { kind.trim_end_matches(" or null") } else { &kind };
        page.push_str(&format!("| `{path}{name}` | {kind}{note} | {} |\n", cell(&member["description"])));
        if member["properties"].is_object() {
            rows(page, &format!("{path}{name}."), member, side);
        }
        for item in list(&member["items"]["oneOf"]) {
            choose(page, &format!("{path}{name}[]."), item, side);
        }
    }
    for (pattern, member) in members(&schema["patternProperties"]) {
        let name = pattern.trim_start_matches('^').replace('\\', "");
        page.push_str(&format!(
            "| `{path}{name}…` | {} | {} |\n",
            kind(member),
            cell(&member["description"])
        ));
    }
}

/// The rows of one of several forms, under what it is for.
fn choose(page: &mut String, path: &str, form: &Value, side: Side) {
    page.push_str(&format!("| **{}:** | | |\n", cell(&form["title"])));
    rows(page, path, form, side);
}

fn example(page: &mut String, media_type: &str, example: &Value) {
    match (media_type, example) {
        (_, Value::Null) => {}
        ("application/x-www-form-urlencoded", Value::Object(fields)) => {
            let fields: Vec<String> =
                fields.iter().map(|(name, value)| format!("{name}={}", text(value))).collect();
            page.push_str(&format!("```\n{}\n```\n\n", fields.join("&")));
        }
        (_, Value::String(shown)) => page.push_str(&format!("```\n{}\n```\n\n", shown.trim_end())),
        (_, example) => {
            page.push_str(&format!(
                "```json\n{}\n```\n\n",
                serde_json::to_string_pretty(&brief(example)).unwrap_or_default()
            ));
        }
    }
}

/// An example without most of what there is much of.
fn brief(example: &Value) -> Value {
    match example {
        Value::Array(items) => items.iter().map(brief).collect(),
        Value::Object(all) => {
            let shown = if all.len() > MOST_MEMBERS { 3 } else { all.len() };
            let mut kept: Map<String, Value> =
                all.iter().take(shown).map(|(name, value)| (name.clone(), brief(value))).collect();
            if shown < all.len() {
                kept.insert("…".into(), "…".into());
            }
            Value::Object(kept)
        }
        other => other.clone(),
    }
}

fn paragraph(page: &mut String, said: &Value) {
    if let Some(said) = said.as_str() {
        page.push_str(said);
        page.push_str("\n\n");
    }
}

/// What is said, on one line of a table.
fn cell(said: &Value) -> String {
    escaped(text(said))
}

fn escaped(said: &str) -> String {
    said.replace('\n', " ").replace('|', "\\|")
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

fn members(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flat_map(Map::iter)
}
