#![doc = include_str!("../README.md")]
#![warn(missing_docs)]

mod batch;
mod cell;
mod conn;
pub mod count;
mod digest;
mod error;
mod group;
mod migrate;
mod open;
mod pool;
mod row;
mod sql;

pub use batch::Batch;
pub use cell::{Cell, ToCell};
pub use conn::{Conn, Reader, Tx};
pub use digest::TableDigest;
pub use error::{STORAGE_BUSY, STORAGE_FULL, unique_violation};
pub use inventory;
pub use migrate::{Migration, translate};
pub use open::{Db, Durability, Engine, Options};
pub use row::{FromCell, FromRow, Json, Row};
pub use sql::{Query, Registered, Sql};
