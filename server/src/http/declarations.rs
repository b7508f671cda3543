use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde_json::{Value, json};

use super::body::JsonObject;
use super::caller::Backend;
use super::{ApiError, App};
use crate::declaration::{self, CannotDecide, Decided, Decision, Declaration};

/// How many declarations one answer holds.
const MOST: u32 = 200;

/// `GET /v1/declarations`: what waits for the brand, oldest first.
pub async fn list(State(app): State<App>, Backend(brand): Backend) -> Result<Json<Value>, ApiError> {
    let listed = app.desk.register.list(Some(&brand.slug), false, MOST).await?;
    let now = app.sessions.clock.now_text();
    let listed: Vec<Value> = listed.iter().map(|declaration| declaration.to_json(&now)).collect();
    Ok(Json(json!({ "declarations": listed })))
}

/// `GET /v1/declarations/{reference}`: one of the brand's.
pub async fn get(
    State(app): State<App>,
    Backend(brand): Backend,
    reference: Result<Path<String>, PathRejection>,
) -> Result<Json<Value>, ApiError> {
    let declaration = find(&app, &brand.slug, reference).await?;
    Ok(Json(declaration.to_json(&app.sessions.clock.now_text())))
}

/// `POST /v1/declarations/{reference}`: what the merchant decides about it.
pub async fn decide(
    State(app): State<App>,
    Backend(brand): Backend,
    reference: Result<Path<String>, PathRejection>,
    JsonObject(body): JsonObject,
) -> Result<Json<Value>, ApiError> {
    let decision = match body.get("do").and_then(Value::as_str) {
        Some("confirm") => Decision::Confirm {
            subscription: body.get("subscription_id").and_then(Value::as_str).map(Into::into),
        },
        Some("carried_out") => Decision::CarriedOut,
        Some("dismiss") => Decision::Dismiss,
        _ => {
            return Err(ApiError::bad_request(
                "`do` has to be \"confirm\" (with `subscription_id` where it was not matched), \"carried_out\" or \
                 \"dismiss\".",
            ));
        }
    };
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
            Ok(Json(declaration.to_json(&app.sessions.clock.now_text())))
        }
    }
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
    ApiError::new(StatusCode::NOT_FOUND, "No declaration of this brand has this reference.")
}
