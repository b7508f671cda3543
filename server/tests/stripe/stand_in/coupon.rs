//! Coupons, and the codes that customers type.

use serde_json::{Value, json};

use super::{Account, Said, StandIn, merge, refused};

impl StandIn {
    /// A code that customers type, and what it takes off.
    pub fn code(&self, id: &str, code: &str, more: Value) {
        let mut whole = json!({
            "id": id, "code": code, "active": true, "customer": null, "expires_at": null, "max_redemptions": null,
            "times_redeemed": 0, "restrictions": { "first_time_transaction": false, "minimum_amount": null },
            "coupon": { "id": format!("co_{id}"), "valid": true, "percent_off": 20.0, "amount_off": null, "currency": null,
                "duration": "repeating", "duration_in_months": 2 },
        });
        merge(&mut whole, more);
        self.account().codes.insert(id.into(), whole);
    }

    /// Time passes, and payments are made: no discount of a subscription is left that has an end.
    pub fn end_discounts(&self, subscription: &str) {
        let mut account = self.account();
        let subscription = account.subscriptions.get_mut(subscription).expect("a subscription");
        let discounts = subscription["discounts"].as_array_mut().expect("discounts");
        discounts.retain(|one| one["coupon"]["duration"] == "forever");
    }
}

impl Account {
    pub(super) fn make_coupon(&mut self, form: &[(String, String)]) -> Said {
        let mut coupon =
            json!({ "percent_off": null, "amount_off": null, "currency": null, "duration_in_months": null });
        for (name, value) in form {
            coupon[name] = match name.as_str() {
                "id" | "duration" | "currency" => json!(value),
                "percent_off" => json!(value.parse::<f64>().expect("a number")),
                "amount_off" | "duration_in_months" => json!(value.parse::<i64>().expect("a number")),
                _ => return refused(400, "invalid_request_error", "parameter_unknown"),
            };
        }
        let id = coupon["id"].as_str().expect("an id").to_owned();
        if self.coupons.contains_key(&id) {
            return refused(400, "invalid_request_error", "resource_already_exists");
        }
        self.coupons.insert(id, coupon.clone());
        (200, coupon)
    }
}
