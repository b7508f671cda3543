//! The server over real HTTP, on a port of its own, with a real database file.

mod cancel_link;
mod cancellations;
mod declaration;
mod docs;
mod errors;
mod flow;
mod handover;
mod hub;
mod mail;
mod mail_server;
mod offers;
mod openapi;
mod order;
mod origins;
mod page;
mod policies;
mod receipt;
mod restart;
mod result;
mod server;
mod session;
mod terms;
mod webhooks;
