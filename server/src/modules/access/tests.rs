//! Over HTTP, on both engines.

mod login;
mod office;
mod record;
