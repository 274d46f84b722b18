//! What a node keeps in memory: the items that are or will be in force, by matter.

use std::{collections::HashMap, sync::Arc};

use db::Db;
use kernel::{Id, Result, Time};

use super::{model::Item, store};
use crate::{
    modules::catalogue::{AccessClass, Matter},
    snapshot::{AsOf, Snapshot, revision},
};

/// The revision that moves with every change of what is in force; a write that relied on it checks it.
pub const REVISION: &str = "admission";

/// The access list as one node knows it.
#[derive(Debug, Default)]
pub struct InForce {
    by_matter: HashMap<Id<Matter>, Vec<Arc<Item>>>,
}

impl InForce {
    /// The item in force for a matter at an instant; of several the one that came into force last.
    pub fn item(&self, matter: Id<Matter>, at: Time) -> Option<&Item> {
        let held = self.by_matter.get(&matter)?.iter().filter(|i| i.holds(at));
        held.max_by_key(|i| (i.valid_from, i.id.uuid())).map(AsRef::as_ref)
    }

    /// Whose matter it is at an instant: the class of the item in force, else of the catalogue's row.
    pub fn class(&self, matter: &Matter, at: Time) -> AccessClass {
        self.item(matter.id, at).map_or(matter.class, |i| i.class)
    }

    fn of(items: Vec<Item>) -> Self {
        let mut by_matter: HashMap<Id<Matter>, Vec<Arc<Item>>> = HashMap::new();
        for item in items.into_iter().map(Arc::new) {
            for matter in &item.matters.0 {
                by_matter.entry(*matter).or_default().push(Arc::clone(&item));
            }
        }
        Self { by_matter }
    }
}

/// The slice's place in [`crate::app::App`].
#[derive(Debug)]
pub struct Memory(Snapshot<InForce>);

impl Memory {
    /// Reads it from the database.
    pub async fn load(db: &Db) -> Result<Self> {
        let (revision, list) = read(db).await?;
        Ok(Self(Snapshot::new(revision, list)))
    }

    /// Reads again when the revision has moved.
    pub async fn refresh(&self, db: &Db) -> Result<()> {
        if revision(&mut *db.read().await?, REVISION).await? != self.0.get().revision {
            let (revision, list) = read(db).await?;
            self.0.put(revision, list);
        }
        Ok(())
    }

    /// The list and the revision that a write holds it to.
    pub fn get(&self) -> Arc<AsOf<InForce>> {
        self.0.get()
    }
}

async fn read(db: &Db) -> Result<(i64, InForce)> {
    let mut conn = db.read().await?;
    // The revision first: rows that change in between are then read as too new for it, and read once more.
    let revision = revision(&mut conn, REVISION).await?;
    Ok((revision, InForce::of(store::approved_items(&mut conn).await?)))
}
