//! A customer as Pelcro's clients know customers.

use std::collections::HashMap;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::SdkError;
use super::caller::Caller;
use crate::billing::ledger::{self, Customer, Plan, Subscription};
use crate::billing::{Billing as _, Invoice};
use crate::clock;
use crate::http::App;

/// How many invoices are shown.
const MOST_INVOICES: usize = 24;

/// The customer with a fresh token: what most of these calls answer.
pub(super) async fn customer(app: &App, caller: &Caller) -> Result<Value, SdkError> {
    let sessions = &app.sessions;
    let now = sessions.clock.now();
    let Caller { token, brand, ledger } = caller;
    let found = ledger::customer(&sessions.store, &brand.slug, token.environment, &token.sub, now).await?;
    let found = found.ok_or(SdkError::BadToken)?;
    let fresh = token.renewed(now).sign(&sessions.signer).map_err(|error| SdkError::internal(&error))?;
    let open = ledger.open_plans(&token.sub).await?;
    let mut numbers: HashMap<String, i64> = open.into_iter().map(|plan| (plan.terms.id, plan.id)).collect();
    for subscription in &found.subscriptions {
        let plans = subscription.phases.iter().map(|phase| &phase.plan).chain([&subscription.plan]);
        for plan in plans {
            if !numbers.contains_key(&plan.external_id) {
                let number = ledger.plan_number(&plan.external_id).await?;
                numbers.extend(number.map(|number| (plan.external_id.clone(), number)));
            }
        }
    }
    let invoices = ledger.invoices(&token.sub, MOST_INVOICES).await?;
    Ok(json!({ "data": whole(&found, &numbers, &invoices, &fresh) }))
}

fn whole(found: &Customer, numbers: &HashMap<String, i64>, invoices: &[Invoice], token: &str) -> Value {
    let name = found.name.as_deref().unwrap_or_default();
    let (first, last) = name.rsplit_once(' ').unwrap_or((name, ""));
    let shown = |over: bool| -> Vec<Value> {
        let those = found.subscriptions.iter().filter(|one| (one.status == "canceled") == over);
        those.map(|one| subscription(one, numbers)).collect()
    };
    let sources: Vec<Value> = found
        .payment_methods
        .iter()
        .map(|method| {
            let (year, month) = method.expires.as_deref().and_then(|text| text.split_once('-')).unzip();
            let number = |text: Option<&str>| text.and_then(|text| text.parse::<i32>().ok());
            json!({
                "id": method.id, "object": "source", "gateway": method.gateway,
                "properties": {
                    "brand": method.name, "last4": method.ends_in, "exp_month": number(month), "exp_year": number(year),
                },
            })
        })
        .collect();
    json!({
        "id": found.id,
        "object": "customer",
        "external_id": found.external_id,
        "username": found.user_id,
        "name": found.name,
        "full_name": found.name,
        "first_name": first,
        "last_name": last,
        "display_name": found.name,
        "email": found.email,
        "addresses": found.addresses.iter().map(address).collect::<Vec<_>>(),
        "subscriptions": shown(false),
        "expired_subscriptions": shown(true),
        "memberships": [],
        "expired_memberships": [],
        "gift_recipients": [],
        "invoices": invoices.iter().map(invoice).collect::<Vec<_>>(),
        "charges": [],
        "orders": [],
        "source": sources.last(),
        "sources": sources,
        "auth_token": token,
        "token": token,
    })
}

fn address(address: &ledger::Address) -> Value {
    json!({
        "id": address.id, "object": "address", "line1": address.line1, "line2": address.line2, "city": address.city,
        "state": address.region, "postal_code": address.postal_code, "country": address.country, "name": address.name,
    })
}

fn invoice(invoice: &Invoice) -> Value {
    json!({
        "id": invoice.id, "object": "invoice", "number": invoice.number, "total": invoice.total.amount,
        "currency": invoice.total.currency.to_lowercase(), "status": "paid", "created_at": clock::text(invoice.at),
    })
}

fn plan(plan: &Plan, quantity: i64, numbers: &HashMap<String, i64>) -> Value {
    json!({
        "id": numbers.get(&plan.external_id),
        "object": "plan",
        "external_id": plan.external_id,
        "nickname": plan.name,
        // Of one; what the ledger shows is of all.
        "amount": plan.amount / quantity.max(1),
        "currency": plan.currency.to_lowercase(),
        "interval": plan.interval,
        "interval_count": plan.interval_count,
    })
}

/// A moment as Pelcro writes those of a subscription: in seconds since 1970.
fn seconds(moment: &flow::Instant) -> Option<i64> {
    clock::parse(&moment.0).ok().map(Timestamp::as_second)
}

fn subscription(one: &Subscription, numbers: &HashMap<String, i64>) -> Value {
    let end = one.cancel_at.as_ref();
    let over = one.status == "canceled";
    let current = json!({
        "start_date": seconds(&one.current_period_start),
        "end_date": seconds(&one.current_period_end),
        "plans": [{ "plan": plan(&one.plan, one.quantity, numbers), "quantity": one.quantity }],
    });
    let coming = one.phases.iter().map(|phase| {
        json!({
            "start_date": seconds(&phase.from),
            "end_date": phase.until.as_ref().and_then(seconds),
            "plans": [{ "plan": plan(&phase.plan, phase.quantity, numbers), "quantity": phase.quantity }],
        })
    });
    let phases: Vec<Value> = std::iter::once(current.clone()).chain(coming).collect();
    json!({
        "id": one.id,
        "object": "subscription",
        "external_id": one.external_id,
        "status": match (over, one.trial_ends_at.is_some()) {
            (true, _) => "canceled",
            (_, true) => "trialing",
            _ => "active",
        },
        "plan": plan(&one.plan, one.quantity, numbers),
        "quantity": one.quantity,
        "auto_renew": i32::from(one.auto_renew),
        "cancel_at": one.canceled_at.as_ref().and(end).and_then(seconds),
        "cancel_at_period_end": i32::from(one.canceled_at.is_some() && !over),
        "canceled_at": one.canceled_at.as_ref().and_then(seconds),
        "current_period_start": one.current_period_start,
        "current_period_end": one.current_period_end,
        "renews_at": one.next_payment.as_ref().and_then(|payment| seconds(&payment.at)),
        "expires_at": end.and_then(seconds),
        "end_date": end.and_then(seconds),
        "trial_end": one.trial_ends_at.as_ref().and_then(seconds),
        "coupon": one.discounts.first().map(|discount| json!({
            "code": discount.offer.strip_prefix("coupon:").unwrap_or(&discount.offer),
            "percent_off": discount.percent_off, "amount_off": discount.amount_off, "currency": discount.currency,
        })),
        "schedule": (!one.phases.is_empty()).then(|| json!({ "current_phase": current, "phases": phases })),
    })
}
