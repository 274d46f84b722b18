//! Who may do what: accounts, sessions, tokens, roles, limits, the audit record, keys.
//!
//! - An **account** is a person's or a program's; it may belong to a person of the organisation. What it may do is a list of **grants**:
//!   a role and the root of a subtree (`/` is the district), with dates when it is for a time.
//! - A **role** is a bundle of permissions and data of the district (`role`). Handlers ask for permissions, never for roles.
//! - The three administrators exclude one another in the database itself: `uq_account_role_office`.
//! - A **session** or an **API token** is a secret of 256 bits of which the database knows the hash. Authenticating is one statement.
//! - Whatever changes who may do what, or shows a personal field in clear, writes a row of **audit** in the same transaction.

use axum::http::request::Parts;
use db::Db;
use kernel::{Actor, Clock, Result, Time};
use serde::{Deserialize, Deserializer, de::DeserializeOwned};

use crate::{
    app::App,
    modules::Module,
    settings::{self, Held, Setting},
    snapshot::{self, Snapshot},
};

pub mod actions;
pub mod audit;
pub mod chain;
mod http;
pub mod keys;
pub mod limits;
pub mod model;
pub mod moves;
mod office;
pub mod password;
pub mod private;
pub mod roles;
pub mod sessions;
pub mod store;
#[cfg(test)]
mod tests;
pub mod totp;

pub use actions::{first_link, sweep};
pub use http::{DONE, Done, Nothing};
pub use keys::{DataKey, Keys};
pub use password::Cost as PasswordCost;
pub use private::Private;
pub use roles::Roles;

/// See [`crate::modules`].
pub const MODULE: Module = Module {
    name: "access",
    rank: 0,
    beside: &[],
    tables: &["role", "account", "account_role", "session", "api_token", "one_time_link", "login_delay", "data_key", "audit"],
    routes: http::routes,
};

/// What this slice keeps in memory.
pub struct Memory {
    /// The district's roles.
    pub roles: Snapshot<Roles>,
    settings: Snapshot<Vec<Setting>>,
    hasher: password::Hasher,
    buckets: limits::Buckets,
}

impl Memory {
    /// Brings the roles up to date and reads everything from the database.
    pub async fn load(db: &Db, clock: &Clock, cost: password::Cost) -> Result<Self> {
        let memory = Self {
            roles: Snapshot::new(0, roles::load(db).await?),
            settings: Snapshot::new(0, vec![]),
            hasher: password::Hasher::new(cost)?,
            buckets: limits::Buckets::default(),
        };
        memory.refresh(db, clock).await?;
        Ok(memory)
    }

    /// Reads again what has changed.
    pub async fn refresh(&self, db: &Db, clock: &Clock) -> Result<()> {
        let mut conn = db.read().await?;
        let revisions = snapshot::revisions(&mut conn).await?;
        let moved = |name: &str, have: i64| revisions.iter().find(|r| r.name == name).map(|r| r.n).filter(|n| *n > have);
        if let Some(n) = moved("roles", self.roles.get().revision) {
            self.roles.put(n, roles::read(&mut conn).await?);
        }
        if let Some(n) = moved("settings", self.settings.get().revision) {
            self.settings.put(n, settings::all(&mut conn, clock.now()).await?);
        }
        Ok(())
    }

    /// What a setting holds as of the last refresh, without a statement: its default when it was never set or has expired.
    pub fn setting<T: Held>(&self, key: &settings::Key<T>, now: Time) -> T {
        self.set_to(key.name, now).unwrap_or_default()
    }

    /// Until when a switch that the law limits stands away from its default; nothing while the default holds, and what has no end does not hold.
    pub fn open_until<T: Held + PartialEq>(&self, key: &settings::Key<T>, now: Time) -> Option<Time> {
        let all = self.settings.get();
        let until = all.value.iter().find(|s| s.name == key.name)?.expires_at?;
        self.set_to::<T>(key.name, now).filter(|held| *held != T::default()).map(|_| until)
    }

    /// The value as of the last refresh; nothing when it was never set, has expired or has another shape.
    fn set_to<T: DeserializeOwned>(&self, name: &str, now: Time) -> Option<T> {
        let all = self.settings.get();
        let found = all.value.iter().find(|s| s.name == name && s.expires_at.is_none_or(|at| at > now))?;
        serde_json::from_value(found.body.clone()).ok()
    }
}

/// Who makes this request: the session's account, the token, or an error when there is neither.
pub async fn authenticate(app: &App, parts: &Parts) -> Result<Actor> {
    let uploads = sessions::uploads(&parts.headers);
    Ok(sessions::current(app, parts).await?.actor.with_uploads(uploads))
}

/// The words of our own tables that people edit in a spreadsheet.
fn yes_or_no<'de, D: Deserializer<'de>>(d: D) -> Result<bool, D::Error> {
    match String::deserialize(d)?.as_str() {
        "yes" => Ok(true),
        "no" => Ok(false),
        other => Err(serde::de::Error::unknown_variant(other, &["yes", "no"])),
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}
