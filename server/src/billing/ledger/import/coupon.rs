use serde::Deserialize;

use super::segment::{self, Of};
use super::{ImportError, is_currency, moment};
use crate::billing::ledger::coupon::stored;
use crate::clock;
use crate::store::Tx;

/// A code that lowers what is paid.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Coupon {
    /// What customers type: letters and digits, in any case. Unique within the brand.
    pub code: String,
    /// Whole percent off, 1 to 100; or `amount_off`.
    pub percent_off: Option<u32>,
    /// Minor units off; needs `currency`.
    pub amount_off: Option<i64>,
    /// ISO 4217.
    pub currency: Option<String>,
    /// For how long; the first payment when left out.
    #[serde(default)]
    pub duration: Duration,
    /// For how many months, where it repeats.
    pub months: Option<u32>,
    /// External ids of the plans it is for; every plan when left out.
    #[serde(default)]
    pub plans: Vec<String>,
    /// Keys of the segments it is for; everybody when left out.
    #[serde(default)]
    pub segments: Vec<String>,
    /// Until when it can be used, RFC 3339.
    pub redeem_by: Option<String>,
    /// How often it can be used.
    pub max_redemptions: Option<i64>,
}

/// For how long a coupon lowers payments.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)]
pub enum Duration {
    #[default]
    Once,
    Repeating,
    Forever,
}

impl Duration {
    fn name(self) -> &'static str {
        match self {
            Self::Once => "once",
            Self::Repeating => "repeating",
            Self::Forever => "forever",
        }
    }
}

impl Coupon {
    /// Looks whether it is one.
    pub(super) fn check(&self, at: &str) -> Result<(), ImportError> {
        let wrong = |field: &str, message: &str| Err(ImportError::wrong(format!("{at}.{field}"), message));
        if self.code.is_empty() || !self.code.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            return wrong("code", "write letters and digits, such as \"SPRING20\"");
        }
        match (self.percent_off, self.amount_off, &self.currency) {
            (Some(1..=100), None, None) => {}
            (Some(_), None, None) => return wrong("percent_off", "write whole percent, 1 to 100"),
            (None, Some(1..), Some(currency)) if is_currency(currency) => {}
            (None, Some(1..), _) => return wrong("currency", "write the amount's currency, such as \"USD\""),
            (None, Some(_), _) => return wrong("amount_off", "write 1 or more minor units"),
            _ => return wrong("percent_off", "write either `percent_off`, or `amount_off` with `currency`"),
        }
        if (self.duration == Duration::Repeating) != self.months.is_some_and(|months| months > 0) {
            return wrong("months", "write for how many months a coupon repeats, and only for one that does");
        }
        if self.max_redemptions.is_some_and(|most| most < 1) {
            return wrong("max_redemptions", "write 1 or more, or leave it out");
        }
        moment(at, "redeem_by", &self.redeem_by).map(drop)
    }

    pub(super) async fn write(&self, tx: &mut Tx, brand: &str, at: &str) -> Result<(), ImportError> {
        let redeem_by = moment(at, "redeem_by", &self.redeem_by)?;
        let id: i64 = sqlx::query_scalar(
            "INSERT INTO ledger_coupons (brand, code, percent_off, amount_off, currency, duration, months, redeem_by, \
             max_redemptions) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (brand, code) DO UPDATE SET \
             percent_off = excluded.percent_off, amount_off = excluded.amount_off, currency = excluded.currency, \
             duration = excluded.duration, months = excluded.months, redeem_by = excluded.redeem_by, \
             max_redemptions = excluded.max_redemptions RETURNING id",
        )
        .bind(brand)
        .bind(stored(&self.code))
        .bind(self.percent_off)
        .bind(self.amount_off)
        .bind(&self.currency)
        .bind(self.duration.name())
        .bind(self.months)
        .bind(redeem_by.map(clock::text))
        .bind(self.max_redemptions)
        .fetch_one(&mut *tx)
        .await?;
        segment::set(tx, brand, Of::Coupon(id), &self.segments, at).await?;
        sqlx::query("DELETE FROM ledger_coupon_plans WHERE coupon_id = $1")
            .bind(id)
            .execute(&mut *tx)
            .await?;
        for (n, plan) in self.plans.iter().enumerate() {
            let done = sqlx::query(
                "INSERT INTO ledger_coupon_plans (coupon_id, plan_id) \
                 SELECT $1, id FROM ledger_plans WHERE brand = $2 AND external_id = $3",
            )
            .bind(id)
            .bind(brand)
            .bind(plan)
            .execute(&mut *tx)
            .await?;
            if done.rows_affected() == 0 {
                return Err(ImportError::wrong(format!("{at}.plans[{n}]"), format!("no plan \"{plan}\"")));
            }
        }
        Ok(())
    }
}
