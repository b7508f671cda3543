//! A change as Pelcro is asked for it.

use serde_json::{Map, Value, json};

use super::Pelcro;
use super::execute::Stop;
use super::object::Subscription;
use super::value::Id;
use crate::billing::{Change, Deal, Instruction, Renewal, Terms};
use crate::secret::SecretText;

/// A change as Pelcro is asked for it.
pub(super) struct Call {
    pub path: &'static str,
    pub body: Value,
}

impl Call {
    /// Whether a cancellation that was to be over by now is asked to end at once.
    pub(super) fn ends_late(&self, instruction: &Instruction) -> bool {
        matches!(instruction.change, Change::CancelAtPeriodEnd { .. }) && self.body["mode"] == "now"
    }
}

impl Pelcro {
    /// What Pelcro is asked for.
    pub(super) async fn call(
        &self,
        token: &SecretText,
        subscription: &Subscription,
        instruction: &Instruction,
    ) -> Result<Call, Stop> {
        match &instruction.change {
            Change::Accept { offer, deal, agreed } => {
                let Some(agreed) = agreed else {
                    return Err("what the subscription costs cannot be told in advance".into());
                };
                self.accept(token, subscription, offer, deal, agreed).await
            }
            // Asked for long ago: the customer was told that it ended then, and pays for nothing after it.
            Change::CancelAtPeriodEnd { effective_at: Some(told) } if *told <= self.tokens.clock.now() => {
                Ok(end(subscription, "now", instruction))
            }
            Change::CancelAtPeriodEnd { .. } => Ok(end(subscription, "current_period_end", instruction)),
            Change::CancelImmediately => Ok(end(subscription, "now", instruction)),
            Change::Undo if subscription.ended() => Err("the subscription has already ended".into()),
            Change::Undo => Ok(Call {
                path: "subscription/reactivate",
                body: json!({ "subscription_id": Id::value(&subscription.id.0) }),
            }),
            Change::Renew { renewal, .. } if subscription.ended() || renewal.quantity == 0 => {
                Err("the subscription cannot be renewed".into())
            }
            Change::Renew { agreed: None, .. } => Err("nobody has said when the term begins".into()),
            Change::Renew { renewal, .. } => Ok(renew(subscription, renewal)),
            Change::Resume { .. } | Change::Switch { .. } => Err("that is not done at Pelcro".into()),
        }
    }

    async fn accept(
        &self,
        token: &SecretText,
        subscription: &Subscription,
        offer: &str,
        deal: &Deal,
        agreed: &Terms,
    ) -> Result<Call, Stop> {
        let now = self.tokens.clock.now();
        if !subscription.can_be_canceled(now) {
            return Err("the subscription is already canceled".into());
        }
        if subscription.terms().as_ref() != Some(agreed) {
            return Err("the subscription's terms have changed since the offer was made".into());
        }
        let can = subscription.can(now);
        let term = match deal {
            Deal::Discount(discount) if can.discount => {
                let promise = self.promised(offer, discount);
                let promise = promise.ok_or("the offer names no coupon that takes off the same any more")?;
                self.keeps(token, subscription, agreed, &promise).await?;
                Renewal { coupon: Some(promise.code), ..Renewal::of(&agreed.plan) }
            }
            Deal::ChangePlan(plan) if can.change_plan => {
                let open = self.open_plans(token).await?;
                let Some(open) = open.iter().find(|open| open.id.0 == plan.id) else {
                    return Err("the plan is not open to this customer any more".into());
                };
                if open.price() != plan.price || plan.price.is_none() {
                    return Err("the plan's price has changed since the offer was made".into());
                }
                Renewal::of(&plan.id)
            }
            _ => return Err("that cannot be done with the subscription now".into()),
        };
        let quantity = subscription.quantity.and_then(|quantity| u32::try_from(quantity).ok()).unwrap_or(1);
        Ok(renew(subscription, &Renewal { quantity, replace_upcoming_phases: true, ..term }))
    }
}

/// Asks for the end of a subscription, in one of Pelcro's modes.
pub(super) fn end(subscription: &Subscription, mode: &str, instruction: &Instruction) -> Call {
    let mut body = Map::new();
    body.insert("subscription_id".into(), Id::value(&subscription.id.0));
    body.insert("mode".into(), mode.into());
    body.extend(instruction.reason.iter().map(|reason| ("reason".into(), reason.clone().into())));
    Call { path: "subscription/cancel", body: body.into() }
}

fn renew(subscription: &Subscription, renewal: &Renewal) -> Call {
    let mut body = json!({
        "subscription_id": Id::value(&subscription.id.0),
        "plan_id": Id::value(&renewal.plan),
        "quantity": renewal.quantity,
        "replace_upcoming_phases": renewal.replace_upcoming_phases,
    });
    let mut put = |name: &str, value: Option<Value>| {
        if let Some(value) = value {
            body[name] = value;
        }
    };
    put("coupon_code", renewal.coupon.clone().map(Into::into));
    put("address_id", renewal.address.map(Into::into));
    put("source_id", renewal.payment_method.map(Into::into));
    put("campaign_key", renewal.campaign.clone().map(Into::into));
    put("source", renewal.origin.clone().map(Into::into));
    put("language", renewal.language.clone().map(Into::into));
    if let Some(new) = &renewal.new_payment_method {
        put("payment_gateway", Some(new.gateway.name().into()));
        put("gateway_token", Some(new.token.clone().into()));
    }
    Call { path: "subscription/renew", body }
}
