use super::brand::checked;
use super::table::Table;
use super::value;
use crate::brand::Receipts;
use crate::place::Place;
use crate::policy;

#[derive(Clone, Copy)]
enum Way {
    Mail,
    Merchant,
    None,
}

/// Reads how a brand's receipts reach customers. `smtp` says whether there is a `[server.smtp]`.
pub(super) fn read(table: &Table<'_>, markets: &[Place], smtp: bool) -> Receipts {
    let choices = [("mail", Way::Mail), ("merchant", Way::Merchant), ("none", Way::None)];
    let chosen = table.choice("receipts", &choices);
    let url = checked(table, "receipt_url", value::page);
    if table.has("receipts") && chosen.is_none() {
        return Receipts::None;
    }
    let receipts = match chosen.unwrap_or(Way::None) {
        Way::Mail => {
            if !smtp {
                table.wrong_here(
                    "`receipts` is \"mail\" and there is no mail server; add [server.smtp] with `host` and `from`.",
                );
            }
            Receipts::Mail
        }
        Way::Merchant => {
            if !table.has("receipt_url") {
                table.wrong_here(
                    "`receipts` is \"merchant\" and has nowhere to go; add `receipt_url = \"https://app.example.com/receipts\"`.",
                );
            }
            url.clone().map_or(Receipts::None, Receipts::Merchant)
        }
        Way::None => {
            if let Some(law) = policy::durable_copy_demanded(markets) {
                table.wrong_here(format!(
                    "[[brand]] sells where customers get a copy they can keep ({law}); write `receipts = \"mail\"`, or \
                     `receipts = \"merchant\"` with `receipt_url`.",
                ));
            }
            Receipts::None
        }
    };
    if table.has("receipt_url") && !matches!(chosen, Some(Way::Merchant)) {
        table.wrong_here(
            "`receipt_url` is for `receipts = \"merchant\"`; write that, or leave the address out.",
        );
    }
    receipts
}
