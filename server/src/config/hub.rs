use super::brand::checked;
use super::offer::lengths;
use super::table::Table;
use super::value;
use crate::hub::{HubSettings, Upgrades};

/// Reads `[brand.hub]`.
pub(super) fn read(brand: &Table<'_>) -> HubSettings {
    let usual = HubSettings::default();
    let Some(table) = brand.table("hub", "[brand.hub]") else { return usual };
    let upgrades =
        table.choice("upgrades", &[("now", Upgrades::Now), ("next_payment", Upgrades::NextPayment)]);
    let settings = HubSettings {
        plans: table.texts("plans").into_iter().map(|plan| plan.into_inner().into()).collect(),
        pauses: lengths(&table, "pauses"),
        promotion_codes: table.flag("promotion_codes").unwrap_or(usual.promotion_codes),
        upgrades: upgrades.unwrap_or_default(),
        payment_page: checked(&table, "payment_page", value::page),
        invoices: table.flag("invoices").unwrap_or(usual.invoices),
    };
    table.finish();
    settings
}
