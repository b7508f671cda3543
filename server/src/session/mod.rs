//! Sessions: one customer's way through the flow, from the id a backend asked for to the result it can trust.

mod act;
mod claims;
mod create;
mod fresh;
mod handle;
mod link;
mod listed;
mod order;
mod outcome;
mod progress;
mod reference;
#[cfg(test)]
pub(crate) mod sample;
mod sessions;
mod stored;

pub use act::{Conflict, Placed};
pub use claims::{Claims, Environment, TIME_TO_ACT, TIME_TO_OPEN};
pub use create::{Created, NewSession, WITHDRAW_WITHIN};
pub use handle::new_handle;
pub use link::{CancelLink, NewLink, TIME_TO_FOLLOW};
pub use listed::{Filter as SessionFilter, LONGEST_PAGE, Listed, Page as SessionPage, list};
pub use outcome::{Ended, ResultName, RunResult, TOKEN_LIFE, TokenClaims, result_name};
pub use progress::Progress;
pub use reference::new_reference;
pub use sessions::{Acted, SessionError, Sessions};
pub use stored::Stored;
