//! What a customer is told of by number: subscriptions, plans and coupons that are open to them.

use jiff::Timestamp;
use sqlx::Connection as _;

use super::coupon::{Coupon, Freed};
use super::plan::Plan;
use super::{Ledger, coupon, plan, segment, subscription};
use crate::billing::{DiscountTerms, LookupError, PlanTerms, QuoteError};
use crate::session::Environment;

/// A plan that is open to a customer.
#[derive(Clone, Debug)]
pub struct OpenPlan {
    /// The ledger's number.
    pub id: i64,
    /// The plan.
    pub terms: PlanTerms,
    /// Whether it goes on by itself.
    pub auto_renew: bool,
    /// The segments it is for. None: it is for everybody.
    pub segments: Vec<OpenTo>,
}

/// A coupon that is open to a customer.
#[derive(Clone, Debug)]
pub struct OpenCoupon {
    /// The ledger's number.
    pub id: i64,
    /// What the customer types.
    pub code: String,
    /// What it takes off.
    pub terms: DiscountTerms,
    /// Numbers of the plans it is for. None: every plan.
    pub plans: Vec<i64>,
    /// Until when it can be used.
    pub redeem_by: Option<Timestamp>,
    /// The segments it is for. None: it is for everybody.
    pub segments: Vec<OpenTo>,
}

/// A segment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenTo {
    /// The ledger's number.
    pub id: i64,
    /// What it is called.
    pub name: String,
}

/// What a plan would cost.
#[derive(Clone, Debug)]
pub struct Order {
    /// The plan.
    pub plan: OpenPlan,
    /// The price, in minor units.
    pub subtotal: i64,
    /// What a coupon takes off that.
    pub discount: i64,
}

impl From<segment::Segment> for OpenTo {
    fn from(segment: segment::Segment) -> Self {
        Self { id: segment.id, name: segment.name }
    }
}

impl OpenPlan {
    fn of(plan: &Plan, segments: Vec<segment::Segment>) -> Self {
        let segments = segments.into_iter().map(Into::into).collect();
        Self { id: plan.id, terms: plan.terms(), auto_renew: plan.auto_renew, segments }
    }
}

impl Ledger {
    /// The id of a customer's subscription with this number. One of prod names its copy in the sandbox too.
    ///
    /// # Errors
    /// The database fails.
    pub async fn subscription_numbered(&self, customer: &str, number: i64) -> sqlx::Result<Option<String>> {
        sqlx::query_scalar(
            "SELECT s.external_id FROM ledger_subscriptions AS s JOIN ledger_customers AS c ON c.id = s.customer_id \
             WHERE s.id = $1 AND c.brand = $2 AND c.external_id = $3 AND s.environment IN ('prod', $4)",
        )
        .bind(number)
        .bind(&self.realm.brand)
        .bind(customer)
        .bind(self.realm.environment.name())
        .fetch_optional(self.store.read())
        .await
    }

    /// The id of the plan with this number.
    ///
    /// # Errors
    /// The database fails.
    pub async fn plan_numbered(&self, number: i64) -> sqlx::Result<Option<String>> {
        sqlx::query_scalar("SELECT external_id FROM ledger_plans WHERE brand = $1 AND id = $2")
            .bind(&self.realm.brand)
            .bind(number)
            .fetch_optional(self.store.read())
            .await
    }

    /// The number of the plan with this id.
    ///
    /// # Errors
    /// The database fails.
    pub async fn plan_number(&self, id: &str) -> sqlx::Result<Option<i64>> {
        Ok(plan::named(self.store.read(), &self.realm.brand, id).await?.map(|plan| plan.id))
    }

    /// Whether something was carried out with this key.
    ///
    /// # Errors
    /// The database fails.
    pub async fn has_done(&self, key: &str) -> sqlx::Result<bool> {
        sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM ledger_operations WHERE key = $1)")
            .bind(key)
            .fetch_one(self.store.read())
            .await
    }

    /// When everything that is scheduled of a subscription ends: what is paid for, and every term behind it.
    ///
    /// # Errors
    /// The database fails.
    pub async fn scheduled_until(&self, subscription: &str) -> sqlx::Result<Option<Timestamp>> {
        let row = subscription::named(self.store.read(), &self.realm, subscription).await?;
        Ok(row.map(|row| {
            let last = row.phases.last().map(|phase| phase.until.unwrap_or(phase.terms.current_period_end));
            let end = row.paid_until(&row.period(self.clock.now()).1);
            last.map_or(end, |last| last.max(end))
        }))
    }

    /// The plans that are open to a customer.
    ///
    /// # Errors
    /// The database fails.
    pub async fn open_plans(&self, customer: &str) -> sqlx::Result<Vec<OpenPlan>> {
        let mut connection = self.store.read().acquire().await?;
        let mut tx = connection.begin().await?;
        let mut open = Vec::new();
        for plan in plan::all(&mut *tx, &self.realm.brand).await? {
            let segments = segment::of_plan(&mut tx, plan.id).await?;
            if segment::grants(&mut tx, &self.realm, customer, &segments).await? {
                open.push(OpenPlan::of(&plan, segments));
            }
        }
        Ok(open)
    }

    /// The coupons that are open to a customer and can still be used.
    ///
    /// # Errors
    /// The database fails.
    pub async fn open_coupons(&self, customer: &str) -> sqlx::Result<Vec<OpenCoupon>> {
        let mut connection = self.store.read().acquire().await?;
        let mut tx = connection.begin().await?;
        let now = self.clock.now();
        let mut open = Vec::new();
        for coupon in coupon::all(&mut tx, &self.realm.brand).await? {
            if coupon.is_used_up(&mut tx, &self.realm, Freed::Nothing, now).await? {
                continue;
            }
            let segments = segment::of_coupon(&mut tx, coupon.id).await?;
            if segment::grants(&mut tx, &self.realm, customer, &segments).await? {
                open.push(OpenCoupon {
                    id: coupon.id,
                    plans: coupon.plans(&mut tx).await?,
                    redeem_by: coupon.redeem_by,
                    code: coupon.code,
                    terms: coupon.terms,
                    segments: segments.into_iter().map(Into::into).collect(),
                });
            }
        }
        Ok(open)
    }

    /// What a plan would cost a customer now. Nothing is changed.
    ///
    /// # Errors
    /// The plan, the coupon or the address is not there, or not for this customer.
    pub async fn order(
        &self,
        customer: &str,
        plan: &str,
        code: Option<&str>,
        address: Option<i64>,
    ) -> Result<Order, QuoteError> {
        let unavailable = coupon::unavailable;
        let mut connection = self.store.read().acquire().await.map_err(unavailable)?;
        let mut tx = connection.begin().await.map_err(unavailable)?;
        let plan = Plan::open_to(&mut tx, &self.realm, customer, plan).await?;
        if let Some(address) = address {
            super::address::deliverable(&mut tx, &self.realm, customer, address, &plan).await?;
        }
        let subtotal = plan.price.amount;
        let discount = match code {
            None => 0,
            Some(code) => {
                let now = self.clock.now();
                let coupon =
                    Coupon::usable(&mut tx, &self.realm, customer, code, &plan, Freed::Nothing, now).await?;
                let left = coupon.terms.off.applied_to(subtotal, &plan.price.currency);
                subtotal - left.ok_or(QuoteError::CouponOtherCurrency)?
            }
        };
        let segments = segment::of_plan(&mut tx, plan.id).await.map_err(unavailable)?;
        Ok(Order { plan: OpenPlan::of(&plan, segments), subtotal, discount })
    }

    /// Whose rows these are.
    #[must_use]
    pub fn environment(&self) -> Environment {
        self.realm.environment
    }
}

impl From<sqlx::Error> for LookupError {
    fn from(error: sqlx::Error) -> Self {
        Self::Unavailable(error.to_string())
    }
}
