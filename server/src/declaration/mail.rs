//! The mail that says a declaration has arrived. It is the same whoever is a customer.

use flow::Instant;

use super::summary::{self, fill};
use super::{Declaration, Kind};
use crate::brand::Brand;
use crate::locale::Pack;
use crate::mail::NewMail;

/// The receipt of a declaration, with the link that confirms it.
///
/// What was typed stands in set-in lines of the text and never in the subject: anybody may have typed it, and sends it to anybody.
pub(super) fn receipt(declaration: &Declaration, brand: &Brand, link: &str) -> NewMail {
    let words = Pack::of(&declaration.locale);
    let format = summary::format(declaration, brand);
    let moment = |at: &str| format.moment(&Instant(at.into()));
    let subject = match declaration.kind {
        Kind::Cancel => "declaration_mail_cancel",
        Kind::Withdraw => "declaration_mail_withdraw",
    };
    let (received, until) = (moment(&declaration.received_at), moment(&declaration.confirm_until));
    let values = [
        ("brand", brand.name.as_str()),
        ("reference", &declaration.reference),
        ("moment", &received),
        ("until", &until),
        ("email", brand.support_email.as_deref().unwrap_or_default()),
    ];
    let say = |key| fill(words.page(key), &values);
    let mut text = format!(
        "{}\n\n{}\n\n{}\n{}\n\n  {link}\n\n{}\n\n{}\n",
        say("declaration_mail_hello"),
        say("declaration_mail_received"),
        summary::text(&summary::lines(declaration, brand)),
        say("declaration_mail_link"),
        say("declaration_mail_without"),
        say("declaration_mail_stranger"),
    );
    if brand.support_email.is_some() {
        text.push_str(&say("declaration_mail_support"));
        text.push('\n');
    }
    NewMail { brand: brand.slug.clone(), to: declaration.content.email.clone(), subject: say(subject), text }
}
