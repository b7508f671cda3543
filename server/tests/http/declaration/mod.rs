//! The public pages, used as a browser without scripts and without a login uses them.

mod confirmation;
mod form;
mod guard;
mod merchant;
mod sender;
