//! Errors that many operations share.

use serde_json::json;
use utoipa::ToResponse;
use utoipa::openapi::response::{Response, ResponseBuilder};
use utoipa::openapi::schema::{Object, Type};
use utoipa::openapi::{ContentBuilder, HeaderBuilder, Ref, RefOr};

use crate::http::cancel_link::READ_ONLY;
use crate::http::error::{FAILED, TOO_OFTEN};
use crate::http::{body, caller, guard};

/// Declares answers of this kind: a name in the document, why they come, and what they say, which is what handlers say.
macro_rules! shared {
    ($($name:ident: $why:literal, $says:expr;)*) => {
        $(
            #[doc = $why]
            #[derive(Clone, Copy, Debug)]
            pub struct $name;

            impl<'r> ToResponse<'r> for $name {
                fn response() -> (&'r str, RefOr<Response>) {
                    (stringify!($name), answer($why, $says).build().into())
                }
            }
        )*

        /// All of them, by their names.
        pub fn all() -> Vec<(String, RefOr<Response>)> {
            vec![$({ let (name, response) = $name::response(); (name.to_owned(), response) },)* too_often(), failed_page()]
                .into_iter()
                .chain(of_sdk())
                .collect()
        }
    };
}

shared! {
    NoKey: "The API key is missing or wrong.", caller::NO_KEY;
    NoSession: "The session id is missing, malformed, altered, expired, or of the wrong kind.", caller::NO_SESSION;
    NoSessionInForm:
        "The session id is missing, malformed, altered, expired, or of the wrong kind.", caller::NO_SESSION_IN_FORM;
    ReadOnly: "The brand is read-only.", READ_ONLY;
    TooLarge: "The body is larger than 64 KiB.", body::TOO_LARGE;
    NotJson: "The body is not said to be JSON.", body::NOT_JSON;
    NotAForm: "The body is not said to be a form.", caller::NOT_A_FORM;
    Failed: "The server itself has failed.", FAILED;
    Unavailable: "The server took longer than 20 seconds, or billing cannot be asked.", guard::TOO_LONG;
}

/// What every operation may answer, whatever it does: the status and the name of the answer.
pub const EVERYWHERE: [(&str, &str); 3] = [("429", "TooOften"), ("500", "Failed"), ("503", "Unavailable")];
/// The same of pages.
pub const OF_PAGES: [(&str, &str); 3] = [("429", "TooOften"), ("500", "FailedPage"), ("503", "Unavailable")];

/// The same of the calls that answer in Pelcro's form.
pub const OF_SDK: [(&str, &str); 3] =
    [("429", "SdkTooOften"), ("500", "SdkFailed"), ("503", "SdkUnavailable")];

fn answer(why: &str, says: &str) -> ResponseBuilder {
    let content = ContentBuilder::new()
        .schema(Some(Ref::from_schema_name("ErrorAnswer")))
        .example(Some(json!({ "error": says })));
    ResponseBuilder::new().description(why).content("application/json", content.build())
}

fn of_sdk() -> impl Iterator<Item = (String, RefOr<Response>)> {
    let said = [
        ("SdkTooLarge", 413, "The body is larger than 64 KiB.", body::TOO_LARGE),
        ("SdkTooOften", 429, "Too many requests. `Retry-After` says how long to wait.", TOO_OFTEN),
        ("SdkFailed", 500, "The server itself has failed.", FAILED),
        ("SdkUnavailable", 503, "The server took longer than 20 seconds.", guard::TOO_LONG),
    ];
    said.into_iter().map(|(name, status, why, message)| {
        let example = json!({ "error": { "message": message, "report_id": null, "status": status } });
        let schema = Ref::from_schema_name("SdkErrorAnswer");
        let content = ContentBuilder::new().schema(Some(schema)).example(Some(example));
        let response = ResponseBuilder::new().description(why).content("application/json", content.build());
        (name.into(), response.build().into())
    })
}

/// A body of a call that answers in Pelcro's form is too large.
#[derive(Clone, Copy, Debug)]
pub struct SdkTooLarge;

impl<'r> ToResponse<'r> for SdkTooLarge {
    fn response() -> (&'r str, RefOr<Response>) {
        ("SdkTooLarge", RefOr::Ref(Ref::from_response_name("SdkTooLarge")))
    }
}

fn too_often() -> (String, RefOr<Response>) {
    let seconds = HeaderBuilder::new().description(Some("Seconds to wait.")).build();
    ("TooOften".into(), answer("Too many requests.", TOO_OFTEN).header("Retry-After", seconds).build().into())
}

fn failed_page() -> (String, RefOr<Response>) {
    let page = ContentBuilder::new().schema(Some(Object::with_type(Type::String))).build();
    let response =
        ResponseBuilder::new().description("The server itself has failed.").content("text/html", page);
    ("FailedPage".into(), response.build().into())
}
