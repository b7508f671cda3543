//! Webhooks, taken by a real receiver and verified by an implementation of their specification that is not ours.

mod delivery;
mod event;
mod hub;
pub mod receiver;
mod replay;
mod target;
