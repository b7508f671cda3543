//! The server over real HTTP, on a port of its own, with a real database file.

mod declaration;
mod errors;
mod flow;
mod order;
mod origins;
mod page;
mod restart;
mod result;
mod server;
mod session;
mod terms;
