//! The connector to Pelcro: against a server of ours, whose ledger answers the same calls, and against answers as Pelcro documents them.

mod changes;
mod documented;
mod faults;
mod lookup;
mod proxy;
#[path = "../http/server.rs"]
#[allow(dead_code)]
mod server;
mod world;
