use flow::{Reason, ReasonCode};
use serde_spanned::Spanned;

use super::table::{Table, nearest};
use super::value;

/// The codes the billing world shares.
const CODES: &[(&str, ReasonCode)] = &[
    ("customer_service", ReasonCode::CustomerService),
    ("low_quality", ReasonCode::LowQuality),
    ("missing_features", ReasonCode::MissingFeatures),
    ("other", ReasonCode::Other),
    ("switched_service", ReasonCode::SwitchedService),
    ("too_complex", ReasonCode::TooComplex),
    ("too_expensive", ReasonCode::TooExpensive),
    ("unused", ReasonCode::Unused),
];

/// Reads one `[[brand.reason]]`, checking its offers against the ids the brand has. None when something in it is wrong.
pub(super) fn read(table: Table<'_>, offers: &[String]) -> Option<(Spanned<String>, Option<Reason>)> {
    let key = table.required("key", "\"too_expensive\"").and_then(|key| {
        let span = key.span();
        match value::name(key.get_ref(), &['_', '-']) {
            Ok(key) => Some(Spanned::new(span, key)),
            Err(message) => {
                table.wrong(span, message);
                None
            }
        }
    });
    let label = table.required("label", "\"It costs too much\"");
    let code = table.choice("code", CODES);
    let follow_up = table.text("follow_up");
    let answers = table.texts("offers");
    let known: Vec<&str> = offers.iter().map(String::as_str).collect();
    for id in &answers {
        if known.contains(id.get_ref()) {
            continue;
        }
        let near = match nearest(id.get_ref(), &known) {
            Some(guess) => format!("did you mean \"{guess}\"?"),
            None => "add a [[brand.offer]] with this id, or leave it out.".into(),
        };
        table.wrong(id.span(), format!("\"{}\" is not an offer of this brand; {near}", id.get_ref()));
    }
    table.finish();
    let key = key?;
    let reason = label.map(|label| Reason {
        key: key.get_ref().clone(),
        label: label.into_inner().into(),
        code,
        follow_up: follow_up.map(|text| text.into_inner().into()),
        offers: answers.into_iter().map(|id| id.into_inner().into()).collect(),
    });
    Some((key, reason))
}
