//! What the account is asked, and nothing is changed by.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{Account, Said, missing};

impl Account {
    /// Customers, newest first: those of the highest ids.
    fn page(&mut self, asked: impl Fn(&str) -> Option<i64>, after: Option<&str>) -> Said {
        if self.pages == Some(0) {
            return (503, json!({}));
        }
        self.pages = self.pages.map(|pages| pages - 1);
        if after.is_some_and(|after| !self.customers.contains_key(after)) {
            return missing();
        }
        let limit = usize::try_from(asked("limit").unwrap_or(10)).expect("a limit");
        let since = asked("created[gte]").unwrap_or_default();
        let all = self.customers.values().rev().filter(|one| {
            one["deleted"] != true
                && one["created"].as_i64().unwrap_or_default() >= since
                && after.is_none_or(|after| one["id"].as_str() < Some(after))
        });
        let mut data: Vec<Value> = all.take(limit + 1).cloned().collect();
        let more = data.len() > limit;
        data.truncate(limit);
        (200, json!({ "object": "list", "has_more": more, "data": data }))
    }

    pub(super) fn get(&mut self, path: &str, query: &[(String, String)]) -> Said {
        let asked = |name: &str| query.iter().find(|(one, _)| one == name).map(|(_, value)| value.as_str());
        let one = |all: &BTreeMap<String, Value>, id: &str| {
            all.get(id).map_or_else(missing, |found| (200, found.clone()))
        };
        let list = |data: Vec<Value>| (200, json!({ "object": "list", "has_more": false, "data": data }));
        match path.split('/').collect::<Vec<_>>()[..] {
            ["v1", "customers"] if asked("email").is_none() => {
                let number = |name: &str| asked(name).and_then(|text| text.parse().ok());
                self.page(number, asked("starting_after"))
            }
            ["v1", "prices" | "products" | "coupons"] => list(Vec::new()),
            ["v1", "promotion_codes"] if asked("code").is_none() => list(Vec::new()),
            ["v1", "webhook_endpoints"] => list(self.endpoints.clone()),
            ["v1", "subscriptions"] if asked("customer").is_none() => {
                let open = self.subscriptions.values().filter(|one| one["status"] != "canceled");
                list(open.cloned().collect())
            }
            ["v1", "customers"] => {
                let email = asked("email").expect("an address");
                list(self.customers.values().filter(|one| one["email"] == email).cloned().collect())
            }
            ["v1", "customers", id] => one(&self.customers, id),
            ["v1", "subscriptions"] => {
                assert_eq!((asked("status"), asked("expand[]")), (Some("all"), Some("data.discounts")));
                let customer = asked("customer").expect("a customer");
                // The newest first.
                list(
                    self.subscriptions
                        .values()
                        .rev()
                        .filter(|one| one["customer"] == customer)
                        .cloned()
                        .collect(),
                )
            }
            ["v1", "subscriptions", id] => match self.subscriptions.get(id) {
                Some(found) => (200, self.shown(found, query.iter().cloned())),
                None => missing(),
            },
            ["v1", "promotion_codes"] => {
                let code = asked("code").expect("a code").to_uppercase();
                list(self.codes.values().filter(|one| one["code"] == code).cloned().collect())
            }
            ["v1", "promotion_codes", id] => one(&self.codes, id),
            ["v1", "invoices"] => {
                let own = |one: &&Value| {
                    one["customer"].is_null() || one["customer"] == asked("customer").unwrap_or_default()
                };
                list(self.invoices.iter().filter(own).cloned().collect())
            }
            ["v1", "prices", id] => one(&self.prices, id),
            ["v1", "products", "prod_1"] => (200, json!({ "id": "prod_1", "name": "Pro" })),
            _ => missing(),
        }
    }
}
