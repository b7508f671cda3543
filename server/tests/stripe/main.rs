//! Billing at Stripe, against what stands in for it.

mod changes;
mod codes;
mod command;
mod faults;
mod gate;
mod killed;
mod localstripe;
mod lookup;
mod managed;
mod seed;
mod stand_in;
mod withdrawn;
mod world;
