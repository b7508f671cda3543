use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::body::JsonObject;
use super::caller::{BAD_PUBLIC_KEY, Browser, BrowserForm};
use super::error::ErrorAnswer;
use super::openapi::{NoSession, NoSessionInForm, NotAForm, NotJson, PublicKeyHeader, TooLarge, tag};
use super::{ApiError, App, actions};
use crate::billing::LookupError;
use crate::brand::Brand;
use crate::session::{RunResult, SessionError, Stored};

/// A session's document: everything a browser needs to run the flow.
#[derive(Debug, Serialize, ToSchema)]
pub struct FlowAnswer {
    /// Until when something can be done in it.
    #[schema(format = DateTime)]
    expires_at: String,
    /// The step that opening shows, drawn: texts whose first character says what they are. For a browser that has no engine yet.
    first: Vec<String>,
    /// What the merchant wrote, resolved for this customer.
    #[schema(value_type = flow::Flow)]
    flow: Value,
    /// What the law of the customer's place allows.
    #[schema(value_type = flow::Policy)]
    policy: Value,
    /// How the latest run that has ended did.
    result: Option<RunResult>,
    /// Where the customer is sent afterwards.
    return_url: Option<String>,
    /// Where the customer is.
    #[schema(value_type = flow::State)]
    state: Value,
    /// Custom properties: name, value where the device is light, value where it is dark.
    theme: Vec<[String; 3]>,
}

/// How a session stands.
#[derive(Debug, Serialize, ToSchema)]
pub struct Standing {
    /// Until when something can be done in it.
    #[schema(format = DateTime)]
    expires_at: String,
    /// How the latest run that has ended did.
    result: Option<RunResult>,
    /// Where the customer is sent afterwards.
    return_url: Option<String>,
    /// Where the customer is.
    #[schema(value_type = flow::State)]
    state: Value,
}

/// How a session stands, where something was not applied.
#[derive(Debug, Serialize, ToSchema)]
pub struct NotApplied {
    /// What was not applied, and why.
    error: String,
    /// Until when something can be done in it.
    #[schema(format = DateTime)]
    expires_at: String,
    /// The flow as it is now, where an offer's terms have changed meanwhile.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<flow::Flow>)]
    flow: Option<Value>,
    /// How the latest run that has ended did.
    result: Option<RunResult>,
    /// Where the customer is sent afterwards.
    return_url: Option<String>,
    /// Where the customer is.
    #[schema(value_type = flow::State)]
    state: Value,
}

/// `GET /v1/flow`: the session's document. The first call stores and freezes it.
#[utoipa::path(
    get,
    path = "/v1/flow",
    operation_id = "getFlow",
    tag = tag::BROWSER,
    description = "What the merchant or the law changes later touches later sessions. Fetching is not opening.",
    security(("sessionId" = [])),
    params(PublicKeyHeader),
    responses(
        (status = 200, description = "The document.", body = FlowAnswer),
        (status = 400, body = ErrorAnswer,
            description = "The public key is malformed.",
            example = json!({ "error": BAD_PUBLIC_KEY })),
        (status = 401, response = NoSession),
        (status = 403, body = ErrorAnswer,
            description = "The session is of another brand than the page or the public key.",
            example = json!({ "error": SessionError::OtherBrand.to_string() })),
        (status = 404, body = ErrorAnswer,
            description = "Billing does not know the customer or the subscription any more.",
            example = json!({ "error": LookupError::UnknownCustomer.to_string() })),
        (status = 409, body = ErrorAnswer,
            description = "Billing does not lead to one subscription that could be canceled.",
            example = json!({ "error": LookupError::NothingToCancel.to_string() })),
    ),
)]
pub async fn get(State(app): State<App>, browser: Browser) -> Result<Json<FlowAnswer>, ApiError> {
    document(&app, &browser).await
}

/// `POST /v1/flow`: the same, with the session in a form instead of a header.
#[utoipa::path(
    post,
    path = "/v1/flow",
    operation_id = "postFlow",
    tag = tag::BROWSER,
    description = "A page on another origin may send it without a preflight, which the widget's first press would have to wait for.",
    request_body(
        content_type = "application/x-www-form-urlencoded",
        content = ref("#/components/schemas/SessionForm"),
    ),
    responses(
        (status = 200, description = "The document.", body = FlowAnswer),
        (status = 400, body = ErrorAnswer,
            description = "The public key is malformed.",
            example = json!({ "error": BAD_PUBLIC_KEY })),
        (status = 401, response = NoSessionInForm),
        (status = 403, body = ErrorAnswer,
            description = "The session is of another brand than the page or the public key.",
            example = json!({ "error": SessionError::OtherBrand.to_string() })),
        (status = 404, body = ErrorAnswer,
            description = "Billing does not know the customer or the subscription any more.",
            example = json!({ "error": LookupError::UnknownCustomer.to_string() })),
        (status = 409, body = ErrorAnswer,
            description = "Billing does not lead to one subscription that could be canceled.",
            example = json!({ "error": LookupError::NothingToCancel.to_string() })),
        (status = 413, response = TooLarge),
        (status = 415, response = NotAForm),
    ),
)]
pub async fn post(
    State(app): State<App>,
    BrowserForm(browser): BrowserForm,
) -> Result<Json<FlowAnswer>, ApiError> {
    document(&app, &browser).await
}

async fn document(app: &App, browser: &Browser) -> Result<Json<FlowAnswer>, ApiError> {
    let session = app.sessions.open(&browser.claims, &browser.brand).await?;
    let Standing { expires_at, result, return_url, state } = standing(app, &session).await?;
    let opening = flow::opening(&session.flow, &session.policy, &session.state);
    Ok(Json(FlowAnswer {
        expires_at,
        // So that it can be on the screen before the engine has come.
        first: opening.form.drawing(),
        flow: json!(session.flow),
        policy: json!(session.policy),
        result,
        return_url,
        state,
        theme: theme(&browser.brand),
    }))
}

/// `POST /v1/flow/actions`: what the customer did, in order.
#[utoipa::path(
    post,
    path = "/v1/flow/actions",
    operation_id = "act",
    tag = tag::BROWSER,
    description = "Every action that was not acknowledged yet. The same content at a number that is taken is answered as before. \
        Other content at a taken number, a gap, or an action that the state does not allow is 409, and nothing of it is applied. \
        `cancel` is never refused for its number, and is carried out also behind actions that are refused, with 200; only where \
        the customer has decided to stay meanwhile it is 409.",
    security(("sessionId" = [])),
    params(PublicKeyHeader),
    request_body(content = ref("#/components/schemas/ActionsRequest")),
    responses(
        (status = 200, description = "How the session stands.", body = Standing, links(
            ("verify" = (operation_id = "verifyResult", request_body = json!({ "token": "$response.body#/result/token" })))
        )),
        (status = 400, body = ErrorAnswer,
            description = "An action of the wrong form, or a malformed public key.",
            example = json!({ "error": actions::MISSING })),
        (status = 401, response = NoSession),
        (status = 403, body = ErrorAnswer,
            description = "The session is of another brand than the page or the public key.",
            example = json!({ "error": SessionError::OtherBrand.to_string() })),
        (status = 404, body = ErrorAnswer,
            description = "Billing does not know the customer or the subscription any more.",
            example = json!({ "error": LookupError::UnknownCustomer.to_string() })),
        (status = 409, body = NotApplied, description =
            "Something was not applied: how the session stands, and with new terms of an offer the new flow. Of a session that \
             was never opened, `error` alone: billing does not lead to one subscription that could be canceled."),
        (status = 413, response = TooLarge),
        (status = 415, response = NotJson),
    ),
)]
pub async fn act(
    State(app): State<App>,
    browser: Browser,
    JsonObject(body): JsonObject,
) -> Result<Response, ApiError> {
    let actions = actions::read(&body)?;
    let acted = app.sessions.open_and_act(&browser.claims, &browser.brand, actions).await?;
    let standing = standing(&app, &acted.session).await?;
    let Some(conflict) = acted.conflict else { return Ok(Json(standing).into_response()) };
    let Standing { expires_at, result, return_url, state } = standing;
    let flow = conflict.flow_changed.then(|| json!(acted.session.flow));
    let answer = NotApplied { error: conflict.message, expires_at, flow, result, return_url, state };
    Ok((StatusCode::CONFLICT, Json(answer)).into_response())
}

/// The custom properties of a brand: name, value where the device is light, value where it is dark.
pub(super) fn theme(brand: &Brand) -> Vec<[String; 3]> {
    let rows = brand.theme.properties().into_iter();
    rows.map(|property| [property.name.to_owned(), property.light, property.dark]).collect()
}

/// How a session stands: the members every answer has.
async fn standing(app: &App, session: &Stored) -> Result<Standing, ApiError> {
    let result = app.sessions.result(session).await?;
    Ok(Standing {
        expires_at: session.expires_at.clone(),
        result: result.map(|(ended, token)| ended.told(token)),
        return_url: session.return_url.clone(),
        state: json!(session.state),
    })
}
