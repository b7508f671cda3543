//! What Pelcro answers when it does not do what it was asked for.
//!
//! There are three bodies, `{"errors": {field: [sentence]}}`, `{"error": {"message", "status", "report_id"}}` and
//! `{"error": {"message"}}`; its own client also reads a `message`, and a text in the place of the object. A rule is a 400 in some calls
//! and a 404 in others, and an expired token a 401 on one page of the documentation and a 403 on another.

use serde_json::Value;

use super::api::Failure;
use crate::secret::SecretText;

/// How much of a sentence is kept, in characters.
const LONGEST: usize = 300;

/// What an answer means that is no success.
pub(super) fn read(status: u16, id: &str, body: &[u8], token: &SecretText) -> Failure {
    let said: Value = serde_json::from_slice(body).unwrap_or_default();
    let report = said["error"]["report_id"]
        .as_str()
        .filter(|id| id.len() <= 64 && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-'));
    let id = report.unwrap_or(id);
    match (status, sentence(&said)) {
        (401 | 403, Some(_)) => Failure::Token,
        (400 | 402 | 404 | 422, Some(sentence)) => {
            Failure::Refused(format!("{} ({status}, request {id})", plain(&sentence, token)))
        }
        // Also what only looks like one of Pelcro's: whoever stands between may say it.
        _ => Failure::Unknown(format!("Pelcro answered {status} (request {id})")),
    }
}

/// The sentences in one of the bodies. None where it is none of them.
fn sentence(said: &Value) -> Option<String> {
    let error = &said["error"];
    if let Some(text) = [&error["message"], error, &said["message"]].into_iter().find_map(Value::as_str) {
        return Some(text.to_owned());
    }
    let fields = said["errors"].as_object().filter(|fields| !fields.is_empty())?;
    let of_field = |(field, sentences): (&String, &Value)| {
        let first = sentences.as_str().or_else(|| sentences[0].as_str())?;
        Some(format!("{field}: {first}"))
    };
    Some(fields.iter().map(of_field).collect::<Option<Vec<_>>>()?.join(" "))
}

/// On one line, and without the token, whoever repeats it.
fn plain(text: &str, token: &SecretText) -> String {
    let text = text.replace(token.expose(), "[secret]");
    text.chars().filter(|letter| !letter.is_control()).take(LONGEST).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn told(status: u16, body: &Value) -> Failure {
        read(status, "req-1", body.to_string().as_bytes(), &SecretText::new("eyJ.token"))
    }

    #[test]
    fn every_documented_body_is_understood() {
        let fields = json!({ "errors": {
            "plan_id": ["Plan ID is required"], "email": ["The email must be a valid email address."],
        } });
        let rule =
            json!({ "error": { "report_id": null, "status": 404, "message": "Invalid plan provided" } });
        let plain = json!({ "error": { "message": "Invalid coupon eyJ.token" } });
        for (status, body, says) in [
            (
                400,
                &fields,
                "email: The email must be a valid email address. plan_id: Plan ID is required (400",
            ),
            (404, &fields, "Plan ID is required"),
            (404, &rule, "Invalid plan provided (404, request req-1)"),
            (400, &rule, "Invalid plan provided"),
            (422, &plain, "Invalid coupon [secret]"),
            (400, &json!({ "message": "No" }), "No"),
        ] {
            let Failure::Refused(why) = told(status, body) else { panic!("{body}") };
            assert!(why.contains(says), "{why}");
        }
        let reported = json!({ "error": { "report_id": "r-77", "message": "No" } });
        assert_eq!(told(400, &reported), Failure::Refused("No (400, request r-77)".into()));
    }

    #[test]
    fn a_token_that_is_not_taken_is_no_rule() {
        let none = json!({ "error": { "message": "Token not provided" } });
        let invalid = json!({ "error": { "status": 403, "message": "Authentication token is invalid, please try again" } });
        let expired = json!({ "error": { "status": 401, "message": "Invalid or expired token" } });
        for (status, body) in [(401, none), (403, invalid), (401, expired)] {
            assert_eq!(told(status, &body), Failure::Token);
        }
    }

    #[test]
    fn what_is_not_pelcros_or_no_refusal_is_unknown() {
        let rule = json!({ "error": { "status": 500, "message": "Server Error" } });
        for status in [302, 408, 409, 425, 429, 500, 502, 503, 504] {
            assert!(
                matches!(told(status, &rule), Failure::Unknown(why) if !why.contains("Server")),
                "{status}"
            );
        }
        for body in [json!("<html>"), json!({}), json!({ "errors": {} }), json!({ "errors": { "a": 1 } })] {
            for status in [400, 401, 403, 404] {
                assert!(matches!(told(status, &body), Failure::Unknown(_)), "{status} {body}");
            }
        }
    }
}
