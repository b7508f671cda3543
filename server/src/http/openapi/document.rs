use axum::Router;
use serde_json::{Map, Value, json};
use utoipa::openapi::OpenApi;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, Http, HttpAuthScheme, SecurityScheme};
use utoipa::openapi::tag::TagBuilder;
use utoipa::openapi::{ComponentsBuilder, InfoBuilder, LicenseBuilder, OpenApiBuilder};
use utoipa::{PartialSchema, ToSchema};
use utoipa_axum::router::OpenApiRouter;

use super::said::{plain, say, shorten};
use super::{errors, examples, form, tag};
use crate::http::error::ErrorAnswer;
use crate::http::{
    actions, cancel_link, cancellation_request, customer_token, declarations, result, retention_session, sdk,
    stripe, subscription_session,
};

/// The name of what a body holds, and its schema.
type Request = (&'static str, fn() -> Value);

/// What bodies hold, by the names that operations give them.
const REQUESTS: [Request; 20] = [
    ("ActionsRequest", actions::request),
    ("CancelLinkRequest", cancel_link::request),
    ("CancelForm", form::cancel),
    ("CancellationOutcomeRequest", cancellation_request::outcome_request),
    ("CancellationRequest", cancellation_request::request),
    ("CustomerTokenRequest", customer_token::request),
    ("DecisionRequest", declarations::request),
    ("FlowForm", form::flow),
    ("HubActionForm", form::hub_action),
    ("HubForm", form::hub),
    ("ResultRequest", result::request),
    ("RetentionSessionRequest", retention_session::request),
    ("SdkCancelRequest", sdk::cancel::request),
    ("SdkOrderRequest", sdk::order::request),
    ("SdkReactivateRequest", sdk::reactivate::request),
    ("SdkRenewRequest", sdk::renew::request),
    ("SessionForm", form::session),
    ("StripeEventRequest", stripe::request),
    ("SubscriptionSessionRequest", subscription_session::request),
    ("WithdrawForm", form::withdraw),
];

/// Members of answers that are not always there.
const SOMETIMES: [(&str, &[&str]); 6] = [
    ("CancelLinkAnswer", &["warnings"]),
    ("CancellationAnswer", &["warnings"]),
    ("CancellationDetail", &["warnings"]),
    ("Health", &["billing", "database", "declarations", "notifications", "webhooks"]),
    ("NotApplied", &["expires_at", "flow", "result", "return_url", "state"]),
    ("PublicJwk", &["exp"]),
];

const ABOUT: &str = "JSON in UTF-8, unless said otherwise. Amounts are integers in minor units with an ISO 4217 code. Times are RFC \
     3339 in UTC with milliseconds. Every error is `{\"error\": \"a sentence that says what was wrong and what would be right\"}`. \
     A body may have 64 KiB.\n\nTexts hold no control characters; white space around them is taken off. A member that is null is \
     as good as one that is left out.";

/// The document before anything is in it.
#[must_use]
pub fn base() -> OpenApi {
    let licence = LicenseBuilder::new().name("MIT OR Apache-2.0").identifier(Some("MIT OR Apache-2.0"));
    let info = InfoBuilder::new()
        .title("Farewell")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(ABOUT))
        .license(Some(licence.build()));
    let header =
        |name, says| SecurityScheme::ApiKey(ApiKey::Header(ApiKeyValue::with_description(name, says)));
    let bearer = |says: &str| {
        let mut http = Http::new(HttpAuthScheme::Bearer);
        http.description = Some(says.into());
        SecurityScheme::Http(http)
    };
    let components = ComponentsBuilder::new()
        .schema(ErrorAnswer::name(), ErrorAnswer::schema())
        .responses_from_iter(errors::all())
        .security_scheme(
            "brandKey",
            header("X-Brand-Key", "The brand's API key, `sk_…`: `farewell keys create`."),
        )
        .security_scheme("apiKey", header("x-api-key", "The same key, in another header."))
        .security_scheme("bearerKey", bearer("The same key, as `Authorization: Bearer`."))
        .security_scheme(
            "customerToken",
            bearer("A customer's own token, as `Authorization: Bearer`: from `createCustomerToken` or `farewell token`."),
        )
        .security_scheme("sessionId", bearer("A session id, `ret_…`, as `Authorization: Bearer`."));
    let tags = tag::ALL.map(|(name, says)| TagBuilder::new().name(name).description(Some(says)).build());
    OpenApiBuilder::new().info(info.build()).components(Some(components.build())).tags(Some(tags)).build()
}

/// Routes with something around them, such as a layer, and still with what is said of them.
pub fn dressed<S, T>(routes: OpenApiRouter<S>, dress: impl FnOnce(Router<S>) -> Router<T>) -> OpenApiRouter<T>
where
    S: Clone + Send + Sync + 'static,
    T: Clone + Send + Sync + 'static,
{
    let (router, document) = routes.split_for_parts();
    let mut dressed = OpenApiRouter::from(dress(router));
    *dressed.get_openapi_mut() = document;
    dressed
}

/// The document as it is served: with what bodies hold, with examples, and with what every operation may answer.
#[must_use]
pub fn whole(document: &OpenApi, public_url: &str) -> Value {
    let mut whole = serde_json::to_value(document).unwrap_or_default();
    whole["servers"] = json!([{ "url": public_url }]);
    if let Some(schemas) = whole["components"]["schemas"].as_object_mut() {
        for (name, schema) in schemas.iter_mut() {
            let sometimes =
                SOMETIMES.iter().find(|(answer, _)| answer == name).map_or(&[][..], |(_, members)| members);
            require_all(schema, sometimes);
            shorten(schema);
        }
        schemas.extend(REQUESTS.map(|(name, schema)| (name.to_owned(), schema())));
    }
    for (path, method, operation) in operations_mut(&mut whole) {
        complete(operation);
        examples::attach(operation);
        say(operation, &format!("`{} {path}`: ", method.to_ascii_uppercase()));
    }
    plain(&mut whole);
    whole
}

/// Every operation, with its path and its method.
fn operations_mut(document: &mut Value) -> impl Iterator<Item = (&String, &String, &mut Map<String, Value>)> {
    let paths = document["paths"].as_object_mut().into_iter().flatten();
    paths.flat_map(|(path, item)| {
        let methods = item.as_object_mut().into_iter().flatten();
        methods.filter_map(move |(method, operation)| Some((path, method, operation.as_object_mut()?)))
    })
}

/// Members that are not known are null: all of them are there.
fn require_all(schema: &mut Value, sometimes: &[&str]) {
    if let Some(members) = schema.get("properties").and_then(Value::as_object) {
        let always: Vec<_> =
            members.keys().filter(|name| !sometimes.contains(&name.as_str())).cloned().collect();
        schema["required"] = json!(always);
    }
    for part in ["allOf", "oneOf"] {
        for part in schema.get_mut(part).and_then(Value::as_array_mut).into_iter().flatten() {
            require_all(part, sometimes);
        }
    }
}

/// What every operation may answer, and links as they are meant.
fn complete(operation: &mut Map<String, Value>) {
    let group = operation.get("tags").and_then(|tags| tags.get(0)?.as_str());
    let of_pages = group.is_some_and(|group| [tag::HOSTED, tag::PUBLIC].contains(&group));
    let common = match group {
        _ if of_pages => errors::OF_PAGES,
        Some(tag::SDK) => errors::OF_SDK,
        _ => errors::EVERYWHERE,
    };
    let answers = operation.entry("responses").or_insert_with(|| json!({}));
    for (status, name) in common {
        if answers.get(status).is_none() {
            answers[status] = json!({ "$ref": format!("#/components/responses/{name}") });
        }
    }
    if let Some(body) = operation.get_mut("requestBody") {
        body["required"] = true.into();
    }
    let answers = operation.get_mut("responses").and_then(Value::as_object_mut);
    let links =
        answers.into_iter().flatten().filter_map(|(_, answer)| answer.get_mut("links")?.as_object_mut());
    links.flatten().for_each(|(_, link)| respell(link));
}

/// The crate that writes the document writes these members of a link as they are spelled in Rust.
fn respell(link: &mut Value) {
    let Some(members) = link.as_object_mut() else { return };
    for (written, meant) in [("operation_id", "operationId"), ("request_body", "requestBody")] {
        if let Some(value) = members.remove(written) {
            members.insert(meant.into(), value);
        }
    }
}
