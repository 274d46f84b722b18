//! Receivers over HTTP and over real connections, on both engines.

mod receiver;
mod rules;
mod trust;
