use serde::Deserialize;

use super::ImportError;
use crate::place::Place;
use crate::store::Tx;

/// Where something is delivered.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Address {
    /// The address's id, unique for the customer.
    pub external_id: String,
    /// Whose name is on it.
    pub name: Option<String>,
    /// Street and number.
    pub line1: Option<String>,
    /// What else is written.
    pub line2: Option<String>,
    /// Town.
    pub city: Option<String>,
    /// ISO 3166-2, with or without the country.
    pub region: Option<String>,
    /// Postal code.
    pub postal_code: Option<String>,
    /// ISO 3166-1 alpha-2.
    pub country: String,
}

impl Address {
    /// Looks whether it is one.
    pub(super) fn check(&self, at: &str) -> Result<Place, ImportError> {
        Place::new(&self.country, self.region.as_deref())
            .map_err(|message| ImportError::wrong(format!("{at}.country"), message))
    }

    pub(super) async fn write(
        &self,
        tx: &mut Tx,
        brand: &str,
        customer: &str,
        at: &str,
    ) -> Result<(), ImportError> {
        let place = self.check(at)?;
        sqlx::query(
            "INSERT INTO ledger_addresses (brand, customer, external_id, name, line1, line2, city, region, postal_code, \
             country) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (brand, customer, external_id) \
             DO UPDATE SET name = excluded.name, line1 = excluded.line1, line2 = excluded.line2, city = excluded.city, \
             region = excluded.region, postal_code = excluded.postal_code, country = excluded.country",
        )
        .bind(brand)
        .bind(customer)
        .bind(&self.external_id)
        .bind(&self.name)
        .bind(&self.line1)
        .bind(&self.line2)
        .bind(&self.city)
        .bind(place.region)
        .bind(&self.postal_code)
        .bind(place.country)
        .execute(tx)
        .await?;
        Ok(())
    }
}
