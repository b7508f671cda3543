//! The actions of a request: what a customer did, in order.

use flow::{Action, NotAForm, Position};
use serde_json::{Map, Value, json};

use super::ApiError;
use super::fields::whole_number;
use super::openapi::Shape;
use crate::session::Placed;

/// How many actions one request may bring.
const MOST_ACTIONS: usize = 100;

/// What is said where there are no actions.
pub const MISSING: &str = "`actions` is missing: the body has to be `{\"actions\": [{\"run\": 1, \"seq\": 1, \"do\": \"shown\"}]}`.";

/// Reads the actions of a body.
///
/// # Errors
/// 400 names the member that is wrong.
pub fn read(body: &Map<String, Value>) -> Result<Vec<Placed>, ApiError> {
    let Some(Value::Array(actions)) = body.get("actions") else {
        return Err(ApiError::bad_request(MISSING));
    };
    if actions.len() > MOST_ACTIONS {
        return Err(ApiError::bad_request(format!(
            "`actions` has more than {MOST_ACTIONS} members; send them in turn."
        )));
    }
    actions.iter().enumerate().map(|(index, action)| placed(index, action)).collect()
}

fn placed(index: usize, action: &Value) -> Result<Placed, ApiError> {
    let wrong =
        |member: &str, what: &str| ApiError::bad_request(format!("`actions[{index}].{member}` {what}"));
    let number = |member: &str| {
        let number = action.get(member).and_then(whole_number).and_then(|number| u32::try_from(number).ok());
        number.filter(|number| *number > 0).ok_or_else(|| wrong(member, "has to be a whole number from 1."))
    };
    let at = Position { run: number("run")?, seq: number("seq")? };
    let mut fields = Vec::new();
    for (name, value) in action.as_object().into_iter().flatten() {
        match value {
            Value::String(text) => fields.push((name.clone(), text.clone())),
            _ if name == "run" || name == "seq" => {}
            _ => return Err(wrong(name, "has to be a text.")),
        }
    }
    let action = Action::from_form(&fields)
        .map_err(|NotAForm(member)| wrong(member, "is missing, or not one this version knows."))?;
    Ok(Placed { at, action })
}

/// The schema of what [`read`] reads.
pub fn request() -> Value {
    let actions: Vec<Value> = each().into_iter().map(Shape::schema).collect();
    let list = Shape::list(Shape::anything().with("oneOf", actions), MOST_ACTIONS);
    Shape::object().must("actions", list.says("In the order they were done.")).schema()
}

/// The schema of each kind of action.
pub fn each() -> [Shape; 5] {
    let text = |says: &str| Shape::any_text().says(says);
    let claim = || text("The offer's `claim_id`.");
    [
        action(
            &["shown", "back", "keep", "close", "undo"],
            "Opens, goes back, keeps, closes, or takes a cancellation back",
        ),
        action(&["answer", "leave"], "Answers the survey; `leave` goes straight to the confirmation")
            .could("reason", text("Key of the chosen reason."))
            .could("feedback", text("What was written in the free text field."))
            .with(
                "patternProperties",
                json!({ r"^follow_up\.": text("What was written under the reason of this key.").schema() }),
            ),
        action(&["accept"], "Takes the offer")
            .must("claim_id", claim())
            .could("choice", text("Which of its choices, where there are several.")),
        action(&["decline", "another"], "Turns the offer down; `another` asks for what else there is")
            .must("claim_id", claim()),
        action(&["declare", "cancel"], "Declares what the law lets a customer say; `cancel` cancels")
            .could("kind", text("`ordinary`, or `extraordinary`: for cause, and so at once."))
            .could("cause", text("The cause, where it is extraordinary."))
            .could("when", text("`earliest`, or `date`: on a day."))
            .could("until", text("That day, such as `2026-12-31`."))
            .could("email", text("Where the confirmation is to go.")),
    ]
}

fn action(verbs: &[&str], what: &str) -> Shape {
    let number = |says| Shape::integer(1, u32::MAX.into()).says(says);
    Shape::object()
        .must("do", Shape::one_of(verbs.iter().copied()))
        .must("run", number("The run, counted from 1."))
        .must("seq", number("The action's number in the run, counted from 1."))
        // Fields that this version does not know are passed over.
        .with("additionalProperties", json!({ "type": "string" }))
        .with("title", what)
}
