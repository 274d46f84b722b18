//! Receivers over HTTP and over real connections, on both engines.

mod kills;
mod receiver;
mod rules;
