use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::body::JsonObject;
use super::caller::Backend;
use super::error::ErrorAnswer;
use super::fields::{Fields, LONGEST_LINE};
use super::openapi::{NoKey, NotJson, Shape, TooLarge, tag};
use super::query::Query;
use super::{ApiError, App};
use crate::declaration::{self, CannotDecide, Decided, Decision, Declaration, ShownDeclaration};

/// How many declarations one answer holds.
const MOST: u32 = 200;

/// What is said where there is no such declaration.
const UNKNOWN: &str = "No declaration of this brand has this reference.";

/// Declarations that wait for a brand.
#[derive(Debug, Serialize, ToSchema)]
pub struct DeclarationList {
    /// The oldest 200.
    declarations: Vec<ShownDeclaration>,
}

/// `GET /v1/declarations`: what waits for the brand, oldest first.
#[utoipa::path(
    get,
    path = "/v1/declarations",
    operation_id = "listDeclarations",
    tag = tag::DECLARATIONS,
    description = "What was declared on the public pages and is neither done nor dismissed.",
    security(("brandKey" = []), ("apiKey" = []), ("bearerKey" = [])),
    responses(
        (status = 200, description = "The declarations.", body = DeclarationList, links(
            ("read" = (
                operation_id = "getDeclaration",
                parameters(("reference" = "$response.body#/declarations/0/reference")),
            )),
            ("decide" = (
                operation_id = "decideDeclaration",
                parameters(("reference" = "$response.body#/declarations/0/reference")),
            ))
        )),
        (status = 400, body = ErrorAnswer,
            description = "A parameter: there are none here. Each is named.",
            example = json!({ "error": "`environment` is not a field." })),
        (status = 401, response = NoKey),
    ),
)]
pub async fn list(
    State(app): State<App>,
    Backend(brand): Backend,
    query: Query,
) -> Result<Json<DeclarationList>, ApiError> {
    query.refuse_all()?;
    let listed = app.desk.register.list(Some(&brand.slug), false, MOST).await?;
    let now = app.sessions.clock.now_text();
    let declarations = listed.iter().map(|declaration| declaration.shown(&now)).collect();
    Ok(Json(DeclarationList { declarations }))
}

/// `GET /v1/declarations/{reference}`: one of the brand's.
#[utoipa::path(
    get,
    path = "/v1/declarations/{reference}",
    operation_id = "getDeclaration",
    tag = tag::DECLARATIONS,
    security(("brandKey" = []), ("apiKey" = []), ("bearerKey" = [])),
    params(("reference" = String, Path, description = "What its sender quotes.")),
    responses(
        (status = 200, description = "The declaration.", body = ShownDeclaration),
        (status = 400, body = ErrorAnswer,
            description = "A parameter: there are none here. Each is named.",
            example = json!({ "error": "`environment` is not a field." })),
        (status = 401, response = NoKey),
        (status = 404, body = ErrorAnswer,
            description = "The brand has no such declaration.",
            example = json!({ "error": UNKNOWN })),
    ),
)]
pub async fn get(
    State(app): State<App>,
    Backend(brand): Backend,
    reference: Result<Path<String>, PathRejection>,
    query: Query,
) -> Result<Json<ShownDeclaration>, ApiError> {
    query.refuse_all()?;
    let declaration = find(&app, &brand.slug, reference).await?;
    Ok(Json(declaration.shown(&app.sessions.clock.now_text())))
}

/// `POST /v1/declarations/{reference}`: what the merchant decides about it.
#[utoipa::path(
    post,
    path = "/v1/declarations/{reference}",
    operation_id = "decideDeclaration",
    tag = tag::DECLARATIONS,
    description = "`confirm` says that it is genuine: the server carries it out. `carried_out` says that you have done it \
        elsewhere, `dismiss` that nothing is to be done.",
    security(("brandKey" = []), ("apiKey" = []), ("bearerKey" = [])),
    params(("reference" = String, Path, description = "What its sender quotes.")),
    request_body(content = ref("#/components/schemas/DecisionRequest")),
    responses(
        (status = 200, description = "The declaration, as it is now.", body = ShownDeclaration),
        (status = 400, body = ErrorAnswer,
            description = "A field of the wrong form, or one that is not known: each is named.",
            example = json!({ "error": "`do`: is missing; send it, such as \"confirm\", \"carried_out\" or \"dismiss\"." })),
        (status = 401, response = NoKey),
        (status = 404, body = ErrorAnswer,
            description = "The brand has no such declaration, or billing no such subscription.",
            example = json!({ "error": UNKNOWN })),
        (status = 409, body = ErrorAnswer,
            description = "It is decided already, was not matched and no subscription is named, or only you can carry it out.",
            example = json!({ "error": "This declaration is dismissed already." })),
        (status = 413, response = TooLarge),
        (status = 415, response = NotJson),
    ),
)]
pub async fn decide(
    State(app): State<App>,
    Backend(brand): Backend,
    reference: Result<Path<String>, PathRejection>,
    JsonObject(body): JsonObject,
) -> Result<Json<ShownDeclaration>, ApiError> {
    let decision = read(&body)?;
    let declaration = find(&app, &brand.slug, reference).await?;
    let register = &app.desk.register;
    let decided = declaration::decide(register, &app.sessions.billings, &declaration, decision).await;
    let decided = decided.map_err(|error| match error {
        CannotDecide::Billing(error) => error.into(),
        CannotDecide::Store(error) => error.into(),
        error => ApiError::new(StatusCode::CONFLICT, error.to_string()),
    })?;
    match decided {
        Decided::Unknown => Err(unknown()),
        Decided::Not(status) => {
            let message = format!("This declaration is {} already.", status.name());
            Err(ApiError::new(StatusCode::CONFLICT, message))
        }
        Decided::Yes => {
            let declaration = register.by_reference(&declaration.reference).await?.ok_or_else(unknown)?;
            Ok(Json(declaration.shown(&app.sessions.clock.now_text())))
        }
    }
}

fn read(body: &Map<String, Value>) -> Result<Decision, ApiError> {
    let mut fields = Fields::root(body);
    let subscription = fields.text("subscription_id").map(Into::into);
    let decision = fields.checked("do", |text| match text {
        "confirm" => Ok(Decision::Confirm { subscription }),
        "carried_out" => Ok(Decision::CarriedOut),
        "dismiss" => Ok(Decision::Dismiss),
        _ => Err(
            "has to be \"confirm\" (with `subscription_id` where it was not matched), \"carried_out\" or \
                  \"dismiss\"."
                .into(),
        ),
    });
    if decision.is_none() {
        fields.missing("do", "\"confirm\", \"carried_out\" or \"dismiss\"");
    }
    fields.finish_strictly()?;
    decision.ok_or_else(|| ApiError::bad_request("`do`: is missing."))
}

/// The schema of what [`decide`] reads.
pub fn request() -> Value {
    Shape::object()
        .must("do", Shape::one_of(["confirm", "carried_out", "dismiss"]).says("What is to become of it."))
        .may(
            "subscription_id",
            Shape::line(LONGEST_LINE)
                .says("With `confirm`: which subscription, where it was not matched to one."),
        )
        .closed()
        .schema()
}

async fn find(
    app: &App,
    brand: &str,
    reference: Result<Path<String>, PathRejection>,
) -> Result<Declaration, ApiError> {
    // Not a text, so it is no reference.
    let Path(reference) = reference.map_err(|_| unknown())?;
    let found = app.desk.register.by_reference(&reference).await?;
    found.filter(|declaration| declaration.brand == brand).ok_or_else(unknown)
}

fn unknown() -> ApiError {
    ApiError::new(StatusCode::NOT_FOUND, UNKNOWN)
}
