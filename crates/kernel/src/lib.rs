#![doc = include_str!("../README.md")]
#![warn(missing_docs)]

mod actor;
mod error;
mod id;
mod page;
mod time;

pub use actor::{Actor, ActorKind, Held, Permission, Scope};
pub use error::{Code, Error, FieldError, Params, Result};
pub use id::Id;
pub use inventory;
pub use page::{Cursor, Page, Part};
pub use time::{Clock, Time, Zone};
