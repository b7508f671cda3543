//! Receipts: what a customer did, in a document that is issued at the press, signed, kept unchanged, and brought to the customer.
//!
//! A receipt is written in the transaction of the press, also while billing is pending. Of what a customer typed it holds
//! a declaration only, whose content the law wants confirmed.

mod body;
mod handover;
mod issuer;
mod refusal;
mod stored;
mod text;
mod ways;

pub use body::{Agreed, Body, Contract, Kind, Line};
pub use handover::{Handover, SIGNATURE};
pub use issuer::{Issuer, TYPE};
pub use refusal::tell_refused;
pub use stored::{Issued, Standing};
pub use ways::{NotReady, Ways};
