//! Billing at Stripe, against what stands in for it.

mod changes;
mod codes;
mod command;
mod customer;
mod faults;
mod gate;
mod hub;
mod killed;
mod localstripe;
mod lookup;
mod managed;
mod program;
mod seed;
mod stand_in;
mod withdrawn;
mod world;
