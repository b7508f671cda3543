//! The server over real HTTP, on a port of its own, with a real database file.

mod action;
mod cancel_link;
mod cancellations;
mod declaration;
mod docs;
mod erase;
mod errors;
mod export;
mod flood;
mod flow;
mod handover;
mod health;
mod hosts;
mod hub;
mod hub_changes;
mod hub_limits;
mod hub_page;
mod mail;
mod mail_server;
mod metrics;
mod offers;
mod openapi;
mod order;
mod origins;
mod page;
mod pelcro;
mod policies;
mod purge;
mod receipt;
mod request_id;
mod restart;
mod result;
mod sandbox;
mod sdk;
mod server;
mod session;
#[path = "../stripe/stand_in.rs"]
#[expect(dead_code, reason = "the tests of Stripe alone have use for the rest")]
mod stand_in;
mod stop;
mod stripe;
mod terms;
mod webhooks;
