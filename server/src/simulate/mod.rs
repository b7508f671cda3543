//! A brand's flow walked from the terminal: the real configuration, law and flow, and nothing that is changed anywhere.

mod left_out;
mod sheet;
mod walk;

pub use left_out::{LeftOut, left_out};
pub use sheet::{Control, Sheet};
pub use walk::{Pressed, Walk, WalkError};
