use super::brand::checked;
use super::offer::days;
use super::table::Table;
use super::value;
use crate::brand::When;

/// Reads one `[brand.offer.when]`.
pub(super) fn read(table: Table<'_>) -> When {
    let texts = |field| table.texts(field).into_iter().map(|text| text.into_inner().into()).collect();
    let price = |field| table.integer_in(field, 0..i64::MAX).map(serde_spanned::Spanned::into_inner);
    let when = When {
        plans: texts("plans"),
        price_from: price("price_from"),
        price_below: price("price_below"),
        currency: checked(&table, "currency", value::currency),
        tenure_days_from: days(&table, "tenure_days_from", 0),
        tenure_days_below: days(&table, "tenure_days_below", 1),
        not_after: texts("not_after"),
    };
    let priced = when.price_from.is_some() || when.price_below.is_some();
    if priced != table.has("currency") {
        table.wrong_here(
            "[brand.offer.when] needs prices and `currency` together, such as `price_from = 1000` with `currency = \"USD\"`.",
        );
    }
    let empty =
        |from: Option<i64>, below: Option<i64>| from.zip(below).is_some_and(|(from, below)| from >= below);
    if empty(when.price_from, when.price_below)
        || empty(when.tenure_days_from.map(Into::into), when.tenure_days_below.map(Into::into))
    {
        table.wrong_here(
            "[brand.offer.when] is never true: what is `_from` has to be lower than what is `_below`.",
        );
    }
    table.finish();
    when
}
