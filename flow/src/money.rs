/// An amount of money: an integer in the currency's minor units, and its ISO 4217 code.
///
/// `Money { amount: 1250, currency: "USD" }` is 12.50 dollars, `Money { amount: 1250, currency: "JPY" }` 1250 yen. How
/// many minor digits a currency has and how it is written is the host's to know (`Intl` in a browser, CLDR data on a
/// server): this crate only carries the amount.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "json", derive(serde::Serialize))]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Money {
    /// Minor units: cents, yen, fils.
    pub amount: i64,
    /// ISO 4217, three capital letters.
    pub currency: String,
}
