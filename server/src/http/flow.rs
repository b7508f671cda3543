use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use flow::{Action, NotAForm, Position};
use serde_json::{Map, Value, json};

use super::body::JsonObject;
use super::caller::{Browser, BrowserForm};
use super::{ApiError, App};
use crate::brand::Brand;
use crate::session::{Placed, Stored};

/// How many actions one request may bring.
const MOST_ACTIONS: usize = 100;

/// `GET /v1/flow`: the session's document. The first call stores and freezes it.
pub async fn get(State(app): State<App>, browser: Browser) -> Result<Json<Value>, ApiError> {
    document(&app, &browser).await
}

/// `POST /v1/flow`: the same, with the session in a form instead of a header.
pub async fn post(
    State(app): State<App>,
    BrowserForm(browser): BrowserForm,
) -> Result<Json<Value>, ApiError> {
    document(&app, &browser).await
}

async fn document(app: &App, browser: &Browser) -> Result<Json<Value>, ApiError> {
    let session = app.sessions.open(&browser.claims, &browser.brand).await?;
    let mut answer = standing(app, &session).await?;
    // So that it can be on the screen before the engine has come.
    let opening = flow::opening(&session.flow, &session.policy, &session.state);
    answer.insert("first".into(), opening.form.drawing().into());
    answer.insert("flow".into(), json!(session.flow));
    answer.insert("policy".into(), json!(session.policy));
    answer.insert("theme".into(), json!(theme(&browser.brand)));
    Ok(Json(Value::Object(answer)))
}

/// `POST /v1/flow/actions`: what the customer did, in order.
pub async fn act(
    State(app): State<App>,
    browser: Browser,
    JsonObject(body): JsonObject,
) -> Result<Response, ApiError> {
    let actions = read(&body)?;
    let acted = app.sessions.open_and_act(&browser.claims, &browser.brand, actions).await?;
    let mut answer = standing(&app, &acted.session).await?;
    let Some(conflict) = acted.conflict else { return Ok(Json(Value::Object(answer)).into_response()) };
    answer.insert("error".into(), conflict.message.into());
    if conflict.flow_changed {
        answer.insert("flow".into(), json!(acted.session.flow));
    }
    Ok((StatusCode::CONFLICT, Json(Value::Object(answer))).into_response())
}

/// The custom properties of a brand: name, value where the device is light, value where it is dark.
pub(super) fn theme(brand: &Brand) -> Vec<[String; 3]> {
    let rows = brand.theme.properties().into_iter();
    rows.map(|property| [property.name.to_owned(), property.light, property.dark]).collect()
}

/// How a session stands: the members every answer has.
async fn standing(app: &App, session: &Stored) -> Result<Map<String, Value>, ApiError> {
    let result = app.sessions.result(session).await?;
    let mut answer = Map::new();
    answer.insert("state".into(), json!(session.state));
    answer.insert("result".into(), result.map_or(Value::Null, |(ended, token)| ended.to_json(&token)));
    answer.insert("return_url".into(), json!(session.return_url));
    answer.insert("expires_at".into(), json!(session.expires_at));
    Ok(answer)
}

fn read(body: &Map<String, Value>) -> Result<Vec<Placed>, ApiError> {
    let Some(Value::Array(actions)) = body.get("actions") else {
        return Err(ApiError::bad_request(
            "`actions` is missing: the body has to be `{\"actions\": [{\"run\": 1, \"seq\": 1, \"do\": \"shown\"}]}`.",
        ));
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
        let number = action.get(member).and_then(Value::as_u64).and_then(|number| u32::try_from(number).ok());
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
