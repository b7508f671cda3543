//! Declarations: that a contract is to end, or that somebody withdraws from it, posted on a public page without a login.
//!
//! German law (§ 312k BGB) and the EU's (Directive 2011/83/EU, Article 11a) demand such pages. A declaration counts from the moment
//! it arrives: it is stored, and the mail of its receipt with it, in one transaction, with the same answer for everybody. Only afterwards it
//! is matched to a subscription, and nothing is carried out before the mailbox it names, or the merchant, has confirmed it. What
//! cannot be matched is a work item for the merchant.

mod alarm;
mod carry_out;
mod content;
mod desk;
mod form;
mod kind;
mod language;
mod limits;
mod mail;
mod market;
mod matching;
mod merchant;
#[cfg(test)]
mod outage;
mod page;
mod register;
mod shown;
mod stored;
mod summary;

pub use content::Content;
pub use desk::{CONFIRM_WITHIN, Desk};
pub use form::{LONGEST_EMAIL, LONGEST_LINE};
pub use kind::Kind;
pub use limits::Limits;
pub use market::demanded;
pub use merchant::{CannotDecide, Decision, decide};
pub use page::router;
pub use register::{Decided, Register};
pub use shown::ShownDeclaration;
pub use stored::{Declaration, Status, Why};
