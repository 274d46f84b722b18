//! Who may do what: accounts, sessions, tokens, roles, the audit record, keys.

use axum::http::request::Parts;
use db::Db;
use kernel::{Actor, Clock, Error, Result};
use utoipa_axum::router::OpenApiRouter;

use crate::{app::App, modules::Module};

pub mod keys;

pub use keys::{DataKey, Keys};

/// See [`crate::modules`].
pub const MODULE: Module = Module { name: "access", rank: 1, beside: &[], tables: &[], routes: OpenApiRouter::new };

/// What this slice keeps in memory.
pub struct Memory {}

impl Memory {
    /// Reads it from the database.
    pub async fn load(_db: &Db, _clock: &Clock) -> Result<Self> {
        Ok(Self {})
    }

    /// Reads again what has changed.
    pub async fn refresh(&self, _db: &Db, _clock: &Clock) -> Result<()> {
        Ok(())
    }
}

/// Who makes this request: the session's account, the token, or an error when there is neither.
pub async fn authenticate(_app: &App, _parts: &Parts) -> Result<Actor> {
    Err(Error::Unauthenticated)
}
