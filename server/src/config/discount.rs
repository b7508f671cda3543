use flow::Money;

use super::table::Table;
use super::value;
use crate::brand::{Cut, Duration, OfferTerms};

/// Reads the fields of a discount. None when something in them is wrong.
pub(super) fn read(table: &Table<'_>) -> Option<OfferTerms> {
    let cut = cut(table);
    let duration = duration(table);
    let (duration, months) = duration?;
    Some(OfferTerms::Discount { cut: cut?, duration, months })
}

fn cut(table: &Table<'_>) -> Option<Cut> {
    let percent = table.integer_in("percent_off", 1..101);
    let amount = table.integer("amount_off");
    let currency = table.text("currency").and_then(|text| match value::currency(text.get_ref()) {
        Ok(code) => Some(code),
        Err(message) => {
            table.wrong(text.span(), message);
            None
        }
    });
    match (table.has("percent_off"), table.has("amount_off")) {
        (false, false) => {
            table.wrong_here(
                "[[brand.offer]] has no discount; add `percent_off = 50`, or `amount_off = 500` with `currency = \"USD\"`.",
            );
            None
        }
        (true, true) => {
            table.wrong_here("[[brand.offer]] has `percent_off` and `amount_off`; keep one of them.");
            None
        }
        (true, false) => {
            if table.has("currency") {
                table.wrong_here(
                    "[[brand.offer]] has a `currency` beside `percent_off`; leave the currency out.",
                );
            }
            percent.and_then(|percent| u32::try_from(percent.into_inner()).ok()).map(Cut::Percent)
        }
        (false, true) => {
            if !table.has("currency") {
                table.wrong_here(
                    "[[brand.offer]] has `amount_off` without a currency; add `currency = \"USD\"`.",
                );
            }
            let amount = amount?;
            if *amount.get_ref() < 1 {
                let found = amount.get_ref();
                table.wrong(
                    amount.span(),
                    format!("`amount_off` is {found}; write a positive whole number of minor units, such as 500 for 5.00."),
                );
                return None;
            }
            Some(Cut::Amount(Money { amount: amount.into_inner(), currency: currency? }))
        }
    }
}

fn duration(table: &Table<'_>) -> Option<(Duration, Option<u32>)> {
    if !table.has("duration") {
        table.wrong_here(
            "[[brand.offer]] has no `duration`; add `duration = \"once\"`, \"forever\", or \"repeating\" with `months`.",
        );
    }
    let choices =
        [("once", Duration::Once), ("repeating", Duration::Repeating), ("forever", Duration::Forever)];
    let duration = table.choice("duration", &choices);
    let months = table.integer_in("months", 1..121);
    let duration = duration?;
    match (duration, table.has("months")) {
        (Duration::Repeating, false) => {
            table.wrong_here("[[brand.offer]] is repeating and has no `months`; add `months = 3`.");
            None
        }
        (Duration::Repeating, true) => {
            let months = months.and_then(|months| u32::try_from(months.into_inner()).ok())?;
            Some((duration, Some(months)))
        }
        (_, true) => {
            table.wrong_here(
                "[[brand.offer]] has `months` but is not repeating; write `duration = \"repeating\"`, or leave `months` out.",
            );
            None
        }
        (_, false) => Some((duration, None)),
    }
}
