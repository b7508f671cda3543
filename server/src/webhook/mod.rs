//! Webhooks: what happens is told to merchants' backends, signed, by the Standard Webhooks specification
//! (<https://www.standardwebhooks.com>).
//!
//! An event is written with [`tell`], in the transaction of what it tells, together with a delivery for each endpoint that takes
//! it. From then on it is the outbox's: one [`Courier`] for each endpoint brings it there at least once, and what is told of one
//! subject in its order.

mod courier;
mod delivery;
mod endpoint;
mod event;
mod kind;
mod register;
mod replay;
mod run;
mod shown;

pub use courier::Courier;
pub use delivery::{Delivery, Status};
pub use endpoint::{Endpoint, subscribe};
pub use event::{Event, ping, tell};
pub use kind::Kind;
pub use register::{Page, Register};
pub use replay::{Replay, Replayed, Which};
pub use shown::ShownDelivery;

pub(crate) use event::wanted;
pub(crate) use run::{completed, issued, settled};
