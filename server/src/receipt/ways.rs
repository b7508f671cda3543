use std::sync::Arc;
use std::time::Duration;

use super::Handover;
use crate::brand::{Brand, Receipts};
use crate::config::Config;
use crate::mail::Smtp;
use crate::policy;

/// How long after the start the ways are looked at that the start does not depend on.
const LOOK_AFTER: Duration = Duration::from_secs(10);

/// A brand must bring receipts to its customers, and cannot. A sentence that says what to look at.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("brand \"{brand}\" sells where customers get a copy of the receipt to keep ({law}), and {why}")]
pub struct NotReady {
    /// The brand's slug.
    pub brand: String,
    /// The law that demands it.
    pub law: &'static str,
    /// What does not work.
    pub why: String,
}

/// The ways in which receipts reach customers.
#[derive(Clone, Debug)]
pub struct Ways {
    /// The mail server, if there is one.
    pub smtp: Option<Arc<Smtp>>,
    /// Who posts to merchants, if any brand's merchant sends receipts.
    pub handover: Option<Arc<Handover>>,
    /// The configuration.
    pub config: Arc<Config>,
}

impl Ways {
    /// Looks whether a brand's way works, without sending anything to a customer. A brand without one has nothing to look at.
    ///
    /// # Errors
    /// What does not work, and what to look at.
    pub async fn check(&self, brand: &Brand) -> Result<(), String> {
        match &brand.receipts {
            Receipts::None => Ok(()),
            Receipts::Mail => match &self.smtp {
                Some(smtp) => smtp.check().await.map_err(|error| error.to_string()),
                None => Err("there is no mail server: add [server.smtp].".into()),
            },
            Receipts::Merchant(url) => match &self.handover {
                Some(handover) => handover.ping(&brand.slug, url).await.map_err(|why| {
                    format!(
                        "`receipt_url` does not take them: {why}. It has to answer 2xx to a POST of {{\"type\":\"ping\"}}; \
                         check the address and that the merchant's backend is running."
                    )
                }),
                None => Err("nobody posts to `receipt_url`.".into()),
            },
        }
    }

    /// Looks whether every brand that must bring receipts to its customers can.
    ///
    /// # Errors
    /// The first brand that cannot.
    pub async fn demand(&self) -> Result<(), NotReady> {
        for brand in &self.config.brands {
            let Some(law) = policy::durable_copy_demanded(&brand.markets) else { continue };
            let refused = |why| NotReady { brand: brand.slug.clone(), law, why };
            if brand.receipts == Receipts::None {
                return Err(refused("`receipts` is \"none\"; write \"mail\" or \"merchant\".".into()));
            }
            self.check(brand).await.map_err(refused)?;
        }
        Ok(())
    }

    /// Looks whether the other brands' ways work, and tells the log where they do not. Receipts wait until they do.
    ///
    /// It does so after a moment: what it looks at may have been started together with this server.
    pub async fn warn(&self) {
        tokio::time::sleep(LOOK_AFTER).await;
        for brand in &self.config.brands {
            if policy::durable_copy_demanded(&brand.markets).is_none()
                && let Err(why) = self.check(brand).await
            {
                tracing::warn!(brand = brand.slug, why, "receipts do not reach customers at the moment");
            }
        }
    }
}
