//! What happened, for spreadsheets and programs: a row for each run of each session, in the order the sessions were opened.
//!
//! Rows are read a page at a time and written a page at a time, so that an export of any size needs little memory and keeps
//! nobody waiting.

mod encode;
mod row;
mod rows;

pub use encode::{Encoder, Format};
pub(crate) use row::step_name;
pub use row::{COLUMNS, Row, TEXT_COLUMNS, Text};
pub use rows::{Filter, Rows};
