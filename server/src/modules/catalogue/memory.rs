//! What a node keeps in memory: the catalogue and the calendars as of a revision.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{
        Arc, LazyLock,
        atomic::{AtomicI64, Ordering},
    },
};

use db::{Conn, Db};
use kernel::{Clock, Id, Result, Time};

use super::{Calendar, Matter, store};
use crate::{
    modules::forms::{self, Form, FormRef},
    snapshot::{AsOf, Snapshot, revision},
};

/// The revision that moves with every change of the catalogue or the calendar; a write that relied on them checks it.
pub const REVISION: &str = "catalogue";

/// The catalogue as one node knows it. Immutable; a change makes another.
#[derive(Debug, Default)]
pub struct Catalogue {
    matters: HashMap<Id<Matter>, Arc<Matter>>,
    current: Vec<Arc<Matter>>,
    by_path: HashMap<String, Arc<Matter>>,
    by_level3: HashMap<String, Option<Arc<Matter>>>,
    forms: HashMap<FormRef, Form>,
    calendars: BTreeMap<i64, Calendar>,
    turned_at: Option<Time>,
    turns_at: Option<Time>,
}

impl Catalogue {
    /// The newest version of a matter that has begun, a retired one too: cases go on naming it.
    pub fn matter(&self, id: Id<Matter>) -> Option<&Matter> {
        self.matters.get(&id).map(AsRef::as_ref)
    }

    /// The English name of a matter that something is about, where there is one.
    pub fn english(&self, id: Option<Id<Matter>>) -> Option<String> {
        self.matter(id?)?.english()
    }

    /// The matter when it holds now: what a new case may be opened as.
    pub fn current(&self, id: Id<Matter>) -> Option<&Matter> {
        self.matter(id).filter(|m| self.by_path.get(&m.path()).is_some_and(|held| held.id == id && held.version == m.version))
    }

    /// The matter that holds now and has this path (`大类/小类/事项`), or this level-3 name when only one has it.
    pub fn by_name(&self, name: &str) -> Option<&Matter> {
        let name = name.trim();
        self.by_path.get(name).or_else(|| self.by_level3.get(name)?.as_ref()).map(AsRef::as_ref)
    }

    /// The matter that holds now and has this path.
    pub fn by_path(&self, path: &str) -> Option<&Matter> {
        self.by_path.get(path).map(AsRef::as_ref)
    }

    /// Every matter that holds now, by path.
    pub fn all(&self) -> &[Arc<Matter>] {
        &self.current
    }

    /// The matters that hold now and whose cases may be shown to the public, by path.
    pub fn published(&self) -> impl Iterator<Item = &Matter> {
        self.current.iter().filter(|m| m.publishable).map(AsRef::as_ref)
    }

    /// A version of a form that some version of a matter asks for.
    pub fn form(&self, form: FormRef) -> Option<&Form> {
        self.forms.get(&form)
    }

    /// The newest calendar. Before one was read in it is empty, and refuses working units with `no-calendar`.
    pub fn calendar(&self) -> &Calendar {
        static NONE: LazyLock<Calendar> = LazyLock::new(Calendar::default);
        self.calendars.last_key_value().map_or(&NONE, |(_, c)| c)
    }

    /// The number of the newest calendar, which a deadline names; 0 before one was read in.
    pub fn calendar_version(&self) -> i64 {
        self.calendars.last_key_value().map_or(0, |(n, _)| *n)
    }

    /// The calendar of that number, for working out an old deadline again.
    pub fn calendar_at(&self, version: i64) -> Option<&Calendar> {
        self.calendars.get(&version)
    }

    /// One version of a matter, however old: a case keeps the rules that it was opened under.
    pub async fn version(conn: &mut Conn, id: Id<Matter>, n: i64) -> Result<Matter> {
        store::version(conn, id, n).await
    }

    /// When a version last began or ended. With the revision it tells two catalogues apart.
    pub fn turned_at(&self) -> Option<Time> {
        self.turned_at
    }

    /// The catalogue as the database has it, seen at `now`.
    pub async fn load(conn: &mut Conn, now: Time) -> Result<Self> {
        let versions = store::versions(conn).await?;
        let forms = forms::all(conn).await?.into_iter().collect();
        let calendars = store::calendars(conn).await?;
        Ok(Self { forms, calendars, ..Self::of(versions, now) })
    }

    fn of(versions: Vec<Matter>, now: Time) -> Self {
        let mut catalogue = Self::default();
        let turns = || versions.iter().flat_map(|m| [Some(m.valid_from), m.valid_to]).flatten();
        catalogue.turns_at = turns().filter(|at| *at > now).min();
        catalogue.turned_at = turns().filter(|at| *at <= now).max();
        // Versions come oldest first, so the last one that has begun stays.
        for matter in versions.into_iter().filter(|m| m.valid_from <= now) {
            catalogue.matters.insert(matter.id, Arc::new(matter));
        }
        catalogue.current = catalogue.matters.values().filter(|m| m.holds(now)).cloned().collect();
        catalogue.current.sort_by(|a, b| {
            let names = |m: &Matter| (m.level1.clone(), m.level2.clone(), m.level3.clone());
            names(a).cmp(&names(b))
        });
        for matter in &catalogue.current {
            catalogue.by_path.insert(matter.path(), Arc::clone(matter));
            let name = matter.level3.clone();
            catalogue.by_level3.entry(name).and_modify(|one| *one = None).or_insert_with(|| Some(Arc::clone(matter)));
        }
        catalogue
    }
}

/// The slice's place in [`crate::app::App`].
#[derive(Debug)]
pub struct Memory {
    newest: Snapshot<Catalogue>,
    turns_at: AtomicI64,
}

impl Memory {
    /// Reads it from the database.
    pub async fn load(db: &Db, clock: &Clock) -> Result<Self> {
        let (revision, catalogue) = read(db, clock.now()).await?;
        let turns_at = AtomicI64::new(turn(&catalogue));
        Ok(Self { newest: Snapshot::new(revision, catalogue), turns_at })
    }

    /// Reads again when the revision has moved, or when a version that waited for its day begins.
    pub async fn refresh(&self, db: &Db, clock: &Clock) -> Result<()> {
        let now = clock.now();
        let moved = revision(&mut *db.read().await?, REVISION).await? != self.newest.get().revision;
        if moved || now.millis() >= self.turns_at.load(Ordering::Acquire) {
            let (revision, catalogue) = read(db, now).await?;
            let turns_at = turn(&catalogue);
            self.newest.put(revision, catalogue);
            self.turns_at.store(turns_at, Ordering::Release);
        }
        Ok(())
    }

    /// The catalogue and the revision that a write holds it to.
    pub fn get(&self) -> Arc<AsOf<Catalogue>> {
        self.newest.get()
    }
}

fn turn(catalogue: &Catalogue) -> i64 {
    catalogue.turns_at.map_or(i64::MAX, Time::millis)
}

async fn read(db: &Db, now: Time) -> Result<(i64, Catalogue)> {
    let mut conn = db.read().await?;
    // The revision first: rows that change in between are then read as too new for it, and read once more.
    let revision = revision(&mut conn, REVISION).await?;
    Ok((revision, Catalogue::load(&mut conn, now).await?))
}
