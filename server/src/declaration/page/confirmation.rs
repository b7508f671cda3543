use axum::http::StatusCode;
use flow::{Element, Instant};

use super::paper::{Paper, list};
use crate::brand::Brand;
use crate::clock;
use crate::declaration::summary::{fill, format, lines};
use crate::declaration::{Declaration, Kind, Status};
use crate::locale::Pack;
use crate::page::Document;

/// What the mailed link shows: one button while the declaration is not confirmed, what became of it afterwards.
pub(super) fn page(declaration: &Declaration, brand: &Brand, path: &str, now: jiff::Timestamp) -> Document {
    let words = Pack::of(&declaration.locale);
    let (title, says) = standing(declaration, now);
    let date =
        declaration.effective_at.as_ref().map(|at| format(declaration, brand).date(&Instant(at.clone())));
    let values = [("brand", brand.name.as_str()), ("date", date.as_deref().unwrap_or_default())];
    let say = |key| fill(words.page(key), &values);
    let title = say(title);
    let asks = asks(declaration);
    let mut paper = Element::new(if asks { "form" } else { "div" }, "step declaration");
    if asks {
        paper.set("method", "post").set("action", path);
    }
    paper.add("h1", "").text(&title);
    paper.add("p", "lead").text(&say(says));
    list(&mut paper, &lines(declaration, brand));
    let end = paper.add("div", "actions");
    if asks {
        end.add("button", "leave").text(&say("declaration_confirm_button"));
    } else if let Some(email) = &brand.support_email {
        end.add("a", "plain").set("href", &format!("mailto:{email}")).text(email);
    }
    Paper { brand, words, status: StatusCode::OK, title }.with(&paper)
}

/// Whether the mailbox may still confirm it.
pub(super) fn asks(declaration: &Declaration) -> bool {
    declaration.confirmed_at.is_none() && declaration.status.is_waiting()
}

/// Title and text. Before it is confirmed they are the same whatever is known.
fn standing(declaration: &Declaration, now: jiff::Timestamp) -> (&'static str, &'static str) {
    if asks(declaration) {
        let title = match declaration.kind {
            Kind::Cancel => "declaration_confirm_cancel",
            Kind::Withdraw => "declaration_confirm_withdraw",
        };
        return (title, "declaration_confirm_lead");
    }
    let later = declaration.effective_at.as_ref().is_some_and(|at| *at > clock::text(now));
    match (declaration.status, declaration.effect.as_deref()) {
        (Status::Dismissed, _) => ("declaration_dismissed_title", "declaration_dismissed_text"),
        (Status::Done | Status::Open, Some("applied")) if later => {
            ("declaration_ends_title", "declaration_ends_text")
        }
        (Status::Done | Status::Open, Some("applied")) => ("declaration_done_title", "declaration_done_text"),
        (Status::Done, Some("by_hand")) => ("declaration_by_hand_title", "declaration_done_text"),
        (Status::Done, _) => ("declaration_confirmed", "declaration_requested_text"),
        _ => ("declaration_confirmed", "declaration_confirmed_text"),
    }
}
