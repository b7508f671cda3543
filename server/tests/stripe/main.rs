//! Billing at Stripe, against what stands in for it.

mod changes;
mod faults;
mod lookup;
mod stand_in;
mod world;
