//! Examples of requests and answers. A test sends the ones and looks for the others.

use serde_json::{Map, Value};

/// The examples of these operations, by their ids.
macro_rules! examples {
    ($($operation:literal)*) => {
        /// Each operation's id, and its examples as JSON.
        const EXAMPLES: &[(&str, &str)] = &[$(($operation, include_str!(concat!("examples/", $operation, ".json"))),)*];
    };
}

examples! {
    "act"
    "actInHub"
    "createCancelLink"
    "createCancellation"
    "createCustomerToken"
    "createRetentionSession"
    "createSubscriptionSession"
    "decideDeclaration"
    "getCancelSession"
    "getCancellation"
    "getDeclaration"
    "getFlow"
    "getHealth"
    "getKeySet"
    "getLedgerCustomer"
    "hearStripe"
    "listCancellations"
    "listDeclarations"
    "listReasons"
    "listSessions"
    "listWebhooks"
    "postFlow"
    "replayWebhook"
    "sdkCancelSubscription"
    "sdkGetCustomer"
    "sdkListEligibleCoupons"
    "sdkListEligiblePlans"
    "sdkPreviewOrder"
    "sdkReactivateSubscription"
    "sdkRenewSubscription"
    "settleCancellation"
    "showHub"
    "verifyResult"
}

/// The examples of an operation. None where it has none.
fn of(operation: &str) -> Option<Value> {
    let (_, text) = EXAMPLES.iter().find(|(id, _)| *id == operation)?;
    serde_json::from_str(text).ok()
}

/// Puts an operation's examples where they belong: of `request`, of `answers` by status, and of `parameters` by name. An answer
/// that is the id of another operation is answered like that.
pub fn attach(operation: &mut Map<String, Value>) {
    let id = operation.get("operationId").and_then(Value::as_str).unwrap_or_default();
    let Some(examples) = of(id) else { return };
    if let Some(request) = examples.get("request") {
        exemplify(operation.get_mut("requestBody"), request);
    }
    for (status, answer) in examples.get("answers").and_then(Value::as_object).into_iter().flatten() {
        let other = answer.as_str().and_then(of).map(|other| other["answers"][status].clone());
        let holder = operation.get_mut("responses").and_then(|answers| answers.get_mut(status));
        exemplify(holder, other.as_ref().unwrap_or(answer));
    }
    for parameter in operation.get_mut("parameters").and_then(Value::as_array_mut).into_iter().flatten() {
        let name = parameter["name"].as_str().unwrap_or_default();
        if let Some(example) = examples["parameters"].get(name) {
            parameter["example"] = example.clone();
        }
    }
}

fn exemplify(holder: Option<&mut Value>, example: &Value) {
    let content = holder.and_then(|holder| holder.get_mut("content")).and_then(Value::as_object_mut);
    for (_, content) in content.into_iter().flatten() {
        content["example"] = example.clone();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn examples_are_json() {
        for (operation, text) in EXAMPLES {
            let read: Result<Map<String, Value>, _> = serde_json::from_str(text);
            assert!(read.is_ok_and(|members| members.contains_key("answers")), "{operation}");
        }
    }
}
