#![doc = include_str!("../README.md")]
#![warn(missing_docs)]

mod files;
mod key;
pub mod photo;
mod store;

pub use files::Files;
pub use key::Key;
pub use store::{Blobs, Entry, Found, Future, Reading};
