//! Invoices: what is paid, what waits for the customer, and what is called off.

use serde_json::{Value, json};

use super::{Account, Said, StandIn, merge, missing, refused};

impl StandIn {
    pub fn invoice(&self, id: &str, more: Value) {
        let mut invoice = json!({
            "id": id, "number": format!("N-{id}"), "created": 1_769_600_000, "total": 1250, "currency": "usd", "status": "paid",
            "hosted_invoice_url": format!("https://invoice.stripe.com/{id}"), "invoice_pdf": null,
            "parent": { "subscription_details": { "subscription": "sub_1" } },
        });
        merge(&mut invoice, more);
        self.account().invoices.push(invoice);
    }

    /// From now on, the bank wants to hear from whoever pays for this subscription.
    pub fn ask_customer(&self, subscription: &str) {
        self.account().asked_by_bank.insert(subscription.into());
    }

    /// The customer goes to the page of the latest invoice and pays it there. Whether that was possible.
    pub fn authenticate(&self, subscription: &str) -> bool {
        self.account().pay(subscription)
    }

    /// How the invoices of a subscription stand that it was charged for at once, the oldest first.
    pub fn charges(&self, subscription: &str) -> Vec<String> {
        let account = self.account();
        let own = account.invoices.iter().filter(|one| one["for"] == subscription);
        own.map(|one| one["status"].as_str().expect("a status").to_owned()).collect()
    }
}

impl Account {
    /// Half of the difference: what the tests reckon with.
    pub(super) fn preview(&self, form: &[(String, String)]) -> Said {
        let said = |name: &str| form.iter().find(|(one, _)| one == name).map(|(_, value)| value.as_str());
        let id = said("subscription").expect("a subscription");
        let price = said("subscription_details[items][0][price]").expect("a price");
        (200, json!({ "amount_due": self.due(id, price), "currency": "usd" }))
    }

    fn due(&self, subscription: &str, price: &str) -> i64 {
        let amount = |price: &Value| price["unit_amount"].as_i64().expect("an amount");
        amount(&self.prices[price])
            - amount(&self.subscriptions[subscription]["items"]["data"][0]["price"]) / 2
    }

    /// Charges for another price from a moment on. It begins with the payment, or not at all.
    pub(super) fn charge(&mut self, subscription: &mut Value, price: &str, at: i64) {
        let id = subscription["id"].as_str().expect("an id").to_owned();
        // What waits is replaced.
        if let Some(old) =
            subscription["latest_invoice"].as_str().filter(|_| !subscription["pending_update"].is_null())
        {
            self.invoice_of(old).expect("an invoice")["status"] = json!("void");
        }
        let number = self.invoices.len() + 1;
        let invoice = json!({
            "id": format!("in_{number}_{id}"), "number": format!("N-{number}"), "created": at, "total": self.due(&id, price), "currency": "usd",
            "status": "open", "customer": subscription["customer"], "invoice_pdf": null, "for": id,
            "hosted_invoice_url": format!("https://invoice.stripe.com/i/{number}"),
            "parent": { "subscription_details": { "subscription": id } },
            "confirmation_secret": { "client_secret": format!("pi_{number}_secret_x") },
        });
        subscription["latest_invoice"] = invoice["id"].clone();
        subscription["pending_update"] = json!({
            "expires_at": at + 23 * 3600, "billing_cycle_anchor": at,
            "subscription_items": [{ "id": subscription["items"]["data"][0]["id"], "price": self.prices[price], "quantity": 1 }],
        });
        self.invoices.push(invoice);
        self.subscriptions.insert(id.clone(), subscription.clone());
        if !self.asked_by_bank.contains(&id) {
            assert!(self.pay(&id), "it was just charged");
        }
        *subscription = self.subscriptions[&id].clone();
    }

    /// Pays what waits.
    fn pay(&mut self, subscription: &str) -> bool {
        let subscription = self.subscriptions.get_mut(subscription).expect("a subscription");
        let update = subscription["pending_update"].take();
        let (Some(latest), false) = (subscription["latest_invoice"].as_str(), update.is_null()) else {
            return false;
        };
        let latest = latest.to_owned();
        let price = &update["subscription_items"][0]["price"];
        let at = update["billing_cycle_anchor"].as_i64().expect("a moment");
        let days = if price["recurring"]["interval"] == "year" { 365 } else { 30 };
        subscription["billing_cycle_anchor"] = json!(at);
        subscription["items"]["data"][0]["price"] = price.clone();
        subscription["items"]["data"][0]["current_period_end"] = json!(at + days * 86_400);
        self.invoice_of(&latest).expect("an invoice")["status"] = json!("paid");
        true
    }

    fn invoice_of(&mut self, id: &str) -> Option<&mut Value> {
        self.invoices.iter_mut().find(|one| one["id"] == id)
    }

    /// Nobody can pay it any more, and what was to begin with it does not.
    pub(super) fn void(&mut self, id: &str) -> Said {
        let Some(invoice) = self.invoice_of(id) else { return missing() };
        if invoice["status"] != "open" {
            return refused(400, "invalid_request_error", "invoice_not_open");
        }
        invoice["status"] = json!("void");
        let invoice = invoice.clone();
        let of = invoice["for"].as_str().and_then(|of| self.subscriptions.get_mut(of));
        if let Some(subscription) = of.filter(|one| one["latest_invoice"] == id) {
            subscription["pending_update"] = Value::Null;
        }
        (200, invoice)
    }

    /// A subscription as Stripe shows it: with its invoice whole where that is asked for.
    pub(super) fn shown(
        &self,
        subscription: &Value,
        mut asked: impl Iterator<Item = (String, String)>,
    ) -> Value {
        let mut shown = subscription.clone();
        if asked.any(|(name, value)| name == "expand[]" && value.starts_with("latest_invoice."))
            && let Some(whole) = self.invoices.iter().find(|one| one["id"] == subscription["latest_invoice"])
        {
            shown["latest_invoice"] = whole.clone();
        }
        shown
    }
}
