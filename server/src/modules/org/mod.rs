//! The organisation: who there is, what belongs where, and who is responsible.
//!
//! - A **unit** is a node of one tree, of any depth and of any kind (kinds are rows of `unit_kind`). A **grid** is a unit with a border.
//! - Everything has a beginning and an end; nothing is deleted. Every question takes the instant that it is about.
//! - What a node needs for answering lies in a [`Directory`], an immutable picture by revision `org`. Whatever writes here bumps the revision,
//!   but for portraits, which it does not hold.
//! - Invariants: there is one root, the district, and it has a desk; a code in force belongs to one unit and is never given to another; a path is the codes
//!   from the root down and ends with `/`; a post has at most one holder at a time, a person at most one portrait.

use std::sync::Arc;

use db::Db;
use kernel::Result;
use tokio::sync::Mutex;

use crate::{
    modules::Module,
    snapshot::{self, AsOf, Snapshot},
};

mod actions;
mod address;
mod borders;
mod directory;
mod draft;
mod http;
pub mod import;
mod jobs;
mod model;
mod names;
mod neighbours;
mod portraits;
mod responsible;
mod roll;
mod roster;
mod settings;
mod store;

pub use actions::ensure_root;
pub use address::AddressKind;
pub use borders::{grids_under, own_borders};
pub use directory::Directory;
pub use jobs::work;
pub use model::{
    COMMUNITIES, DEPUTY, DISTRICT, Duty, GRID, GridState, GridType, HEAD, Holder, LeadRef, Leave, LeaveState, Located,
    MAIN_LAYER, Person, Post, Question, REASONS, Reason, RelativeUnit, RelativeWord, Responsible, Rule, STREETS, Slot, Unit,
    UnitKind, UnitState, WORKER, said,
};
pub use neighbours::{Neighbour, neighbours};
pub use portraits::{Given, give};
pub use responsible::{NO_GRID, NO_PERSON, NO_UNIT, VACANT};
pub use roll::{HolderRef, PersonRef, PostRef};
pub use roster::{Size, Vacancy};
pub use store::REVISION;

/// See [`crate::modules`].
pub const MODULE: Module = Module {
    name: "org",
    rank: 1,
    beside: &["files", "basemap"],
    tables: &[
        "unit_kind",
        "relative_unit",
        "unit",
        "unit_state",
        "grid",
        "template_slot",
        "person",
        "post",
        "post_holder",
        "leave",
        "duty",
        "address",
    ],
    routes: http::routes,
};

/// What this slice keeps in memory.
#[derive(Debug)]
pub struct Memory {
    directory: Snapshot<Directory>,
    reading: Mutex<()>,
    map: http::Map,
}

impl Memory {
    /// Reads the organisation from the database.
    pub async fn load(db: &Db) -> Result<Self> {
        let directory = store::load(&mut *db.read().await?).await?;
        Ok(Self { directory: Snapshot::new(directory.revision, directory), reading: Mutex::default(), map: http::Map::default() })
    }

    /// The newest picture that this node knows; `value.revision` is for [`snapshot::check`].
    pub fn directory(&self) -> Arc<AsOf<Directory>> {
        self.directory.get()
    }

    /// Reads the organisation again when another revision is in the database. One reads, whoever comes meanwhile waits for what it read.
    pub async fn refresh(&self, db: &Db) -> Result<()> {
        if self.is_current(db).await? {
            return Ok(());
        }
        let _turn = self.reading.lock().await;
        if !self.is_current(db).await? {
            let directory = store::load(&mut *db.read().await?).await?;
            self.directory.put(directory.revision, directory);
        }
        Ok(())
    }

    async fn is_current(&self, db: &Db) -> Result<bool> {
        Ok(snapshot::revision(&mut *db.read().await?, REVISION).await? == self.directory.get().revision)
    }
}

#[cfg(test)]
mod tests;
