//! Billing on a real database: the ledger, and the intents that change it.

mod arrears;
mod crash;
mod deals;
mod faults;
mod fixture;
mod import;
mod intents;
mod ledger;
mod life;
mod lookup;
mod managed;
mod preview;
mod renewals;
mod sandbox;
