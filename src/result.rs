use flow::{Effect, Flow, Outcome, ReasonCode, Run};
use serde::{Serialize, Serializer};
use wasm_bindgen::JsValue;

/// A value for JavaScript. (Deriving `Serialize` for structs costs the widget 2 kB more: every field name is cached.)
enum Value<'a> {
    Null,
    Flag(bool),
    Number(u32),
    Text(&'a str),
    Object(&'a [(&'static str, Value<'a>)]),
}

impl Serialize for Value<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_none(),
            Self::Flag(flag) => serializer.serialize_bool(*flag),
            Self::Number(number) => serializer.serialize_u32(*number),
            Self::Text(text) => serializer.serialize_str(text),
            Self::Object(entries) => {
                serializer.collect_map(entries.iter().map(|(name, value)| (name, value)))
            }
        }
    }
}

impl<'a> From<Option<&'a str>> for Value<'a> {
    fn from(text: Option<&'a str>) -> Self {
        text.map_or(Self::Null, Self::Text)
    }
}

/// The result of a run as callbacks and events carry it, what is missing as null. Without a token it is not confirmed by
/// the server yet.
pub(crate) fn of_run(flow: &Flow, number: u32, run: &Run, token: Option<&str>) -> JsValue {
    use Value::{Flag, Null, Number, Object, Text};
    let reason = run
        .answers
        .reason
        .as_deref()
        .and_then(|key| flow.reason(key))
        .map(|reason| [("key", Text(&reason.key)), ("code", reason.code.map(ReasonCode::name).into())]);
    let taken = run.accepted().and_then(|record| Some((record, flow.offer(&record.id)?)));
    let offer = taken.map(|(record, offer)| {
        [
            ("id", Text(&offer.id)),
            ("kind", Text(offer.kind.name())),
            ("choice", record.choice.as_deref().into()),
        ]
    });
    let receipt = run.receipt.as_ref().map(|receipt| {
        [
            ("reference", Text(&receipt.reference)),
            ("issued_at", Text(&receipt.issued_at.0)),
            ("effective_at", receipt.effective_at.as_ref().map(|at| at.0.as_str()).into()),
            ("undo", Flag(receipt.undo)),
        ]
    });
    let result = Object(&[
        ("outcome", Text(run.outcome.unwrap_or(Outcome::Aborted).name())),
        ("effect", run.effect.map(Effect::name).into()),
        ("run", Number(number)),
        ("reason", reason.as_ref().map_or(Null, |entries| Object(entries))),
        ("offer", offer.as_ref().map_or(Null, |entries| Object(entries))),
        ("receipt", receipt.as_ref().map_or(Null, |entries| Object(entries))),
        ("token", token.into()),
    ]);
    let to_objects =
        serde_wasm_bindgen::Serializer::new().serialize_maps_as_objects(true).serialize_missing_as_null(true);
    result.serialize(&to_objects).unwrap_or(JsValue::NULL)
}
