//! The retention flow: what a step is, what may follow it, and how it looks.
//!
//! A customer pressed a cancel button. From then on everything that can happen is decided here, by two pure functions:
//!
//! - [`apply`] takes the customer's [`Action`] and gives the next [`State`], or says by name why it is [`Refused`].
//! - [`view()`] draws the state as a small tree of [`Element`]s made of real HTML forms. A browser gets that tree as one text,
//!   a [`drawing`](Element::drawing).
//!
//! The browser runs this crate as WebAssembly, so a step costs no round trip. The server runs the same code to accept or
//! refuse what a browser says happened, and to draw the same steps as plain HTML. There is no I/O, no clock, no
//! randomness and no browser in here: what needs those is handed in by the host.
//!
//! With the feature `json` (the server's), documents can be written with serde and read from `serde_json` values.

#![warn(clippy::unwrap_used)]

mod action;
mod apply;
mod declaration;
mod document;
mod drawing;
mod element;
mod instant;
mod money;
mod names;
mod number;
mod offer;
mod policy;
mod read;
mod result_token;
mod settlement;
mod source;
mod state;
mod style;
mod view;
mod words;

#[cfg(feature = "json")]
mod json;
#[cfg(feature = "schema")]
mod schema;

pub use action::{Action, Answers, MAX_TEXT, NotAForm, Position, Posted};
pub use apply::{Refused, apply};
pub use declaration::{Declaration, Declared};
pub use document::{Cancellation, Document, Flow, Interval, Page, Reason, ReasonCode, Subscription};
pub use element::{Element, Node};
pub use instant::Instant;
pub use money::Money;
pub use offer::{Choice, Line, Link, Offer, OfferKind};
pub use policy::Policy;
pub use read::Malformed;
pub use result_token::with_result_token;
pub use settlement::{Settlement, settle};
pub use source::Source;
pub use state::{Effect, OfferRecord, Outcome, Receipt, Response, Run, State, Step};
pub use style::{HUB_STYLE, STYLE};
pub use view::{Notice, OPEN_AS_PAGE, View, notice, opening, view};
pub use words::{Word, Words};
