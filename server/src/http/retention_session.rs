use axum::Json;
use axum::extract::State;
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::body::JsonObject;
use super::caller::Backend;
use super::error::ErrorAnswer;
use super::fields::{Fields, LONGEST_LINE};
use super::openapi::{NoKey, NotJson, Shape, TooLarge, tag};
use super::wish::{self, Wish, customer_token};
use super::{ApiError, App};
use crate::billing::{Lookup, LookupError};
use crate::brand::Brand;
use crate::locale::Pack;
use crate::session::{Environment, NewSession};

/// A session of the flow that a browser can open.
#[derive(Debug, Serialize, ToSchema)]
pub struct RetentionSession {
    /// Until when it can be opened: 24 hours. From then on it lives for 20 hours from the last action.
    #[schema(format = DateTime)]
    expires_at: String,
    /// The session id, for the browser. It is sealed: it holds everything, and nothing is stored until it is opened.
    id: String,
    /// What the button should say.
    label: ButtonLabel,
    /// The law that holds for the customer as of now, such as `default` or `us-mn`.
    policy: String,
    /// The same id once more.
    session: SessionName,
}

/// A session by its id.
#[derive(Debug, Serialize, ToSchema)]
pub struct SessionName {
    /// The session id.
    pub id: String,
}

/// What a button should say, in the words of the brand or of the law.
#[derive(Debug, Serialize, ToSchema)]
pub struct ButtonLabel {
    /// BCP 47 tag of its language.
    lang: &'static str,
    /// The words.
    text: String,
}

/// `POST /v1/retention/session`: a session id for a customer. Nothing is stored until a browser opens it.
#[utoipa::path(
    post,
    path = "/v1/retention/session",
    operation_id = "createRetentionSession",
    tag = tag::SESSIONS,
    security(("brandKey" = []), ("apiKey" = []), ("bearerKey" = [])),
    request_body(content = ref("#/components/schemas/RetentionSessionRequest")),
    responses(
        (status = 200, description = "The session id, and what the button should say.", body = RetentionSession, links(
            ("open" = (operation_id = "postFlow", request_body = json!({ "session": "$response.body#/id" })))
        )),
        (status = 400, body = ErrorAnswer,
            description = "A field of the wrong form, each named; nobody named; an id and an e-mail address of different customers; a return \
             URL that is not on the brand's list; billing that needs the customer's own token and has none; or so much `metadata` that the id would be longer than 6000 characters.",
            example = json!({ "error": NOBODY })),
        (status = 401, response = NoKey),
        (status = 404, body = ErrorAnswer,
            description = "Billing knows no such customer, or no such subscription.",
            example = json!({ "error": LookupError::UnknownCustomer.to_string() })),
        (status = 409, body = ErrorAnswer,
            description = "The e-mail address names several customers, or the id may name two, the customer has several subscriptions and none is named or none \
             that could be canceled, the customer's own token has expired, or the customer cannot withdraw.",
            example = json!({ "error": LookupError::SeveralCustomers.to_string() })),
        (status = 413, response = TooLarge),
        (status = 415, response = NotJson),
    ),
)]
pub async fn create(
    State(app): State<App>,
    Backend(brand): Backend,
    JsonObject(body): JsonObject,
) -> Result<Json<RetentionSession>, ApiError> {
    let new = read(&body, &brand)?;
    app.sessions.unmistakable(&brand, new.environment, &new.lookup).await?;
    let created = app.sessions.create(&brand, new).await?;
    let pack = Pack::of(&created.locale);
    let text = pack.button(&created.policy, brand.own_words(&created.locale)).to_owned();
    Ok(Json(RetentionSession {
        expires_at: created.expires_at,
        id: created.id.clone(),
        label: ButtonLabel { lang: pack.language(), text },
        policy: created.policy,
        session: SessionName { id: created.id },
    }))
}

/// What is said where no customer is named.
const NOBODY: &str =
    "`retention` names no customer: send `retention.customer_id`, or `retention.customer_email`.";
/// What a session can be for.
const PURPOSES: [&str; 2] = ["cancel", "withdraw"];

/// How much of the merchant's own notes fits into a session id, in bytes of JSON: it travels in a header.
const SEALED_METADATA: usize = 2048;

fn read(body: &Map<String, Value>, brand: &Brand) -> Result<NewSession, ApiError> {
    let mut fields = Fields::of(body, "retention")?;
    let customer = fields.text("customer_id").map(Into::into);
    let email = fields.text("customer_email").map(Into::into);
    let subscription = fields.text("subscription_id").map(Into::into);
    let wish = Wish::read(&mut fields, "contract_started_at");
    let environment = fields.environment();
    let withdrawal = fields.checked("purpose", |text| match text {
        "cancel" => Ok(false),
        "withdraw" => Ok(true),
        _ => Err(format!("\"{text}\" is neither \"cancel\" nor \"withdraw\".")),
    });
    let new = NewSession {
        lookup: Lookup { customer, email, subscription, token: customer_token::read(&mut fields) },
        environment: environment.unwrap_or_default(),
        place: wish.place,
        locale: wish.locale,
        consumer: wish.consumer,
        withdrawal: withdrawal.unwrap_or_default(),
        contract_started_at: wish.contract_started_at,
        return_url: fields.checked("return_url", |text| wish::return_url(text, brand)).map(Into::into),
        metadata: fields.flat("metadata", SEALED_METADATA),
    };
    fields.finish()?;
    if new.lookup.customer.is_none() && new.lookup.email.is_none() {
        return Err(ApiError::bad_request(NOBODY));
    }
    Ok(new)
}

/// The schema of what [`create`] reads.
pub fn request() -> Value {
    let retention = Shape::object()
        .may(
            "customer_id",
            Shape::line(LONGEST_LINE).says("The customer's id in billing, or yours, where that is imported."),
        )
        .may("customer_email", Shape::line(LONGEST_LINE).says("The customer's e-mail address."))
        .may(
            "subscription_id",
            Shape::line(LONGEST_LINE).says("Which subscription. Needed where the customer has several."),
        )
        .may(customer_token::FIELD, customer_token::shape());
    let retention = wish::shape(retention, "contract_started_at")
        .may("environment", Environment::shape())
        .may(
            "purpose",
            Shape::one_of(PURPOSES)
                .says("What the session is for: to cancel (the default), or to withdraw from the contract."),
        )
        .may("return_url", wish::return_url_shape())
        .may("metadata", Shape::flat().says("Your own notes, kept with the session: at most 2 KiB of JSON."))
        .any_of(&["customer_id", "customer_email"])
        .says("Who it is for, and what you know of them. Members that are not known are ignored.");
    Shape::object().must("retention", retention).schema()
}
