//! The document as a test reads it.

use serde_json::{Map, Value, json};

use crate::server::Running;

pub struct Document(pub Value);

/// What can be asked for: an operation of the document.
pub struct Operation<'d> {
    pub path: &'d str,
    pub method: &'d str,
    pub said: &'d Value,
}

impl Document {
    pub async fn of(server: &Running) -> Self {
        let answer = server.get("/openapi.json").send().await.unwrap();
        assert_eq!(answer.status(), 200);
        Self(answer.json().await.unwrap())
    }

    pub fn operations(&self) -> impl Iterator<Item = Operation<'_>> {
        members(&self.0["paths"]).flat_map(|(path, item)| {
            members(item).map(move |(method, said)| Operation { path, method, said })
        })
    }

    #[track_caller]
    pub fn operation(&self, id: &str) -> Operation<'_> {
        let found = self.operations().find(|operation| operation.id() == id);
        found.unwrap_or_else(|| panic!("no operation {id}"))
    }

    /// What a reference leads to; anything else is what it is.
    pub fn resolved<'d>(&'d self, value: &'d Value) -> &'d Value {
        match value["$ref"].as_str() {
            Some(path) => self.0.pointer(&path[1..]).unwrap_or_else(|| panic!("{path} leads nowhere")),
            None => value,
        }
    }

    /// What is wrong with a value, by a schema of the document.
    pub fn mistakes(&self, schema: &Value, value: &Value) -> Vec<String> {
        let mut schema = schema.clone();
        schema["components"] = self.0["components"].clone();
        let validator = jsonschema::options().should_validate_formats(true).build(&schema);
        let validator = validator.unwrap_or_else(|error| panic!("{error} in {schema}"));
        validator.iter_errors(value).map(|error| format!("{}: {error}", error.instance_path())).collect()
    }

    /// The JSON of an operation's answer with this status: its schema and its example.
    pub fn answer<'d>(&'d self, operation: &Operation<'d>, status: &str) -> Option<&'d Value> {
        let answer = self.resolved(operation.said["responses"].get(status)?);
        answer["content"].get("application/json")
    }
}

impl<'d> Operation<'d> {
    pub fn id(&self) -> &'d str {
        self.said["operationId"].as_str().expect("an id")
    }

    pub fn statuses(&self) -> impl Iterator<Item = &'d str> + use<'d> {
        members(&self.said["responses"]).map(|(status, _)| status)
    }

    /// The body that stands as an example, and its type.
    pub fn body(&self) -> Option<(&'d str, &'d Value)> {
        members(&self.said["requestBody"]["content"]).next()
    }

    /// The path with the examples of its parameters, or what stands for those that have none. What else is given is sent too.
    pub fn address(&self, other: &Map<String, Value>) -> String {
        let parameters = self.said["parameters"].as_array().map(Vec::as_slice).unwrap_or_default();
        let mut path = self.path.to_owned();
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        for parameter in parameters {
            let name = parameter["name"].as_str().expect("a name");
            let value = other.get(name).or(parameter.get("example")).and_then(Value::as_str);
            match (parameter["in"].as_str(), value) {
                (Some("path"), value) => {
                    path = path.replace(&format!("{{{name}}}"), value.unwrap_or("something"));
                }
                (Some("query"), Some(value)) => {
                    query.append_pair(name, value);
                }
                _ => {}
            }
        }
        for (name, value) in
            other.iter().filter(|(name, _)| parameters.iter().all(|one| one["name"] != **name))
        {
            query.append_pair(name, value.as_str().expect("a text"));
        }
        let query = query.finish();
        if query.is_empty() { path } else { format!("{path}?{query}") }
    }
}

pub fn members(value: &Value) -> impl Iterator<Item = (&str, &Value)> {
    value.as_object().into_iter().flatten().map(|(name, value)| (name.as_str(), value))
}

/// Nothing stands for anything.
pub fn as_shown() -> Map<String, Value> {
    Map::new()
}

/// These values stand for parameters of these names.
pub fn with(values: Value) -> Map<String, Value> {
    match values {
        Value::Object(values) => values,
        other => panic!("{other} names nothing"),
    }
}

/// An error as every one is written.
pub fn error(says: &str) -> Value {
    json!({ "error": says })
}
