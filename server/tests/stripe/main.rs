//! Billing at Stripe, against what stands in for it.

mod changes;
mod command;
mod faults;
mod gate;
mod killed;
mod localstripe;
mod lookup;
mod seed;
mod stand_in;
mod world;
