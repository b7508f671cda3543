//! The server over real HTTP, on a port of its own, with a real database file.

mod declaration;
mod docs;
mod errors;
mod flood;
mod flow;
mod handover;
mod health;
mod hosts;
mod hub;
mod mail;
mod mail_server;
mod metrics;
mod offers;
mod order;
mod origins;
mod page;
mod policies;
mod purge;
mod receipt;
mod request_id;
mod restart;
mod result;
mod server;
mod session;
mod stop;
mod terms;
