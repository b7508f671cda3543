//! Subscriptions: what changes them, and how they end.

use serde_json::{Value, json};

use super::{Account, Said, StandIn, merge, missing, refused};

impl StandIn {
    /// A subscription of a price, whose period ends then.
    pub fn subscription(&self, id: &str, customer: &str, price: &str, end: i64, more: Value) {
        let mut account = self.account();
        let price = account.prices[price].clone();
        let mut subscription = json!({
            "id": id, "object": "subscription", "customer": customer, "status": "active", "cancel_at_period_end": false,
            "cancel_at": null, "ended_at": null, "start_date": end - 86_400 * 60, "billing_cycle_anchor": end,
            "trial_end": null, "pause_collection": null, "schedule": null, "discounts": [], "metadata": {}, "pending_update": null, "latest_invoice": null,
            "items": { "object": "list", "has_more": false, "data": [
                { "id": format!("si_{id}"), "price": price, "quantity": 1, "current_period_end": end },
            ] },
        });
        merge(&mut subscription, more);
        account.subscriptions.insert(id.into(), subscription);
    }
}

impl Account {
    pub(super) fn update(&mut self, id: &str, form: &[(String, String)]) -> Said {
        let Some(mut subscription) = self.subscriptions.get(id).cloned() else { return missing() };
        if subscription["status"] == "canceled" {
            return refused(400, "invalid_request_error", "resource_missing");
        }
        let new = form.iter().filter(|(_, value)| !value.is_empty());
        let new = new.filter_map(|(name, _)| name.strip_prefix("metadata[")?.strip_suffix(']'));
        let there = subscription["metadata"].as_object().expect("metadata");
        if there.len() + new.filter(|name| !there.contains_key(*name)).count() > 50 {
            return refused(400, "invalid_request_error", "metadata_max_keys");
        }
        let charges =
            form.iter().any(|(name, value)| name == "payment_behavior" && value == "pending_if_incomplete");
        if charges && form.iter().any(|(name, _)| name.starts_with("metadata")) {
            return refused(400, "invalid_request_error", "parameter_invalid");
        }
        let mut begins = None;
        let mut discounts: Vec<Value> = Vec::new();
        let before = subscription["discounts"].as_array().cloned().unwrap_or_default();
        for (name, value) in form {
            let number = || json!(value.parse::<i64>().expect("a number"));
            match name.as_str() {
                "cancel_at_period_end" if subscription["schedule"].is_string() => {
                    return refused(400, "invalid_request_error", "subscription_scheduled");
                }
                "cancel_at_period_end" => subscription["cancel_at_period_end"] = json!(value == "true"),
                "cancel_at" if value.is_empty() => subscription["cancel_at"] = Value::Null,
                "cancel_at" => subscription["cancel_at"] = number(),
                "trial_end" => {
                    subscription["trial_end"] = number();
                    subscription["status"] = json!("trialing");
                    subscription["items"]["data"][0]["current_period_end"] = number();
                }
                "proration_behavior" => assert_eq!(value, if charges { "always_invoice" } else { "none" }),
                "expand[]" => {}
                "payment_behavior" | "proration_date" | "billing_cycle_anchor" => assert!(charges),
                "pause_collection" if value.is_empty() => subscription["pause_collection"] = Value::Null,
                "pause_collection[behavior]" => subscription["pause_collection"]["behavior"] = json!(value),
                "pause_collection[resumes_at]" => subscription["pause_collection"]["resumes_at"] = number(),
                "items[0][id]" => assert_eq!(subscription["items"]["data"][0]["id"], *value),
                "items[0][price]" => {
                    let Some(price) = self.prices.get(value) else { return missing() };
                    if charges {
                        let date = form.iter().find(|(name, _)| name == "proration_date").expect("a date");
                        begins = Some((value.clone(), date.1.parse().expect("a moment")));
                        continue;
                    }
                    subscription["items"]["data"][0]["price"] = price.clone();
                }
                "cancellation_details[feedback]" => {
                    subscription["cancellation_details"]["feedback"] = json!(value)
                }
                name if name.starts_with("metadata[") && value.is_empty() => {
                    if let Some(metadata) = subscription["metadata"].as_object_mut() {
                        metadata.remove(&name[9..name.len() - 1]);
                    }
                }
                name if name.starts_with("metadata[") => {
                    subscription["metadata"][&name[9..name.len() - 1]] = json!(value);
                }
                name if name.starts_with("discounts[") && name.ends_with("[discount]") => {
                    discounts.extend(before.iter().find(|one| one["id"] == *value).cloned());
                }
                name if name.starts_with("discounts[") && name.ends_with("[coupon]") => {
                    let Some(coupon) = self.coupons.get(value) else { return missing() };
                    self.discounts += 1;
                    let id = format!("di_{}", self.discounts);
                    discounts
                        .push(json!({ "id": id, "coupon": coupon, "start": 1_700_000_000, "end": null }));
                }
                name if name.starts_with("discounts[") && name.ends_with("[promotion_code]") => {
                    let Some(code) = self.codes.get(value) else { return missing() };
                    self.discounts += 1;
                    discounts.push(json!({
                        "id": format!("di_{}", self.discounts), "coupon": code["coupon"], "promotion_code": value,
                        "start": 1_700_000_000, "end": null,
                    }));
                }
                _ => return refused(400, "invalid_request_error", "parameter_unknown"),
            }
        }
        if form.iter().any(|(name, _)| name.starts_with("discounts[")) {
            subscription["discounts"] = json!(discounts);
        }
        if let Some((price, at)) = begins {
            self.charge(&mut subscription, &price, at);
        }
        self.subscriptions.insert(id.into(), subscription.clone());
        (200, self.shown(&subscription, form.iter().cloned()))
    }

    pub(super) fn cancel(&mut self, id: &str, form: &[(String, String)]) -> Said {
        let Some(subscription) = self.subscriptions.get_mut(id).filter(|one| one["status"] != "canceled")
        else {
            return missing();
        };
        for (name, value) in form {
            match name.as_str() {
                "cancellation_details[feedback]" => {
                    subscription["cancellation_details"]["feedback"] = json!(value)
                }
                _ => return refused(400, "invalid_request_error", "parameter_unknown"),
            }
        }
        subscription["status"] = json!("canceled");
        subscription["ended_at"] = json!(1_700_000_000);
        (200, subscription.clone())
    }
}
