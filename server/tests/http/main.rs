//! The server over real HTTP, on a port of its own, with a real database file.

mod errors;
mod flow;
mod offers;
mod order;
mod origins;
mod page;
mod policies;
mod restart;
mod result;
mod server;
mod session;
mod terms;
