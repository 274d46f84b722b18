//! Files that set a district up: read and judged whole, then switched on in one short transaction.
//!
//! Whatever is wrong with a row is said with its place and its value in Chinese and English, and then nothing is written. What can be taken as it
//! is, but somebody should look at, is a finding. Importing the same file again changes nothing; a changed row begins a new state.

use std::collections::BTreeMap;

use db::{Db, Tx};
use kernel::{Actor, Error, Result, Time};
use serde::Serialize;

use super::{
    Directory,
    draft::{self, Change, Wrong},
    model::Unit,
    store,
};
use crate::{
    modules::access::audit::Audit,
    moves, snapshot,
    table::{self, Fault, Unreadable},
};

mod addresses;
mod grids;
mod numbers;
mod orgs;
mod rosters;
mod staff;
#[cfg(test)]
mod tests;

pub use addresses::{AddressOptions, addresses};
pub use grids::{GridOptions, grids, stage_grids};
pub use orgs::{orgs, stage_orgs};
pub use rosters::{duty, leave, stage_duty, stage_leave, stage_templates, templates};
pub(super) use staff::{PHONE, phone_index};
pub use staff::{staff, stage_staff};

/// Faults beyond this number are only counted.
const MOST_FAULTS: usize = 200;

/// How a file is taken.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Judge only.
    pub dry_run: bool,
    /// Pairs of (our field, the file's column or property).
    pub map: Vec<(String, String)>,
    /// Whose hand gives the file: the command line's when nobody is named.
    pub by: Option<Actor>,
}

impl Options {
    fn actor(&self) -> Actor {
        self.by.clone().unwrap_or_else(Actor::system)
    }
}

/// A file that was judged whole and, unless something is wrong or it is a dry run, written into a transaction that is still open: whoever
/// holds it decides when all of it holds.
#[must_use]
pub struct Staged {
    /// What became of it.
    pub report: Report,
    /// The transaction; none when there is nothing to write.
    pub tx: Option<Tx>,
}

impl Staged {
    /// Makes it hold.
    pub async fn commit(self) -> Result<Report> {
        if let Some(tx) = self.tx {
            tx.commit().await?;
        }
        Ok(self.report)
    }
}

impl From<Report> for Staged {
    fn from(report: Report) -> Self {
        Self { report, tx: None }
    }
}

impl From<Unreadable> for Staged {
    fn from(e: Unreadable) -> Self {
        Report::from(e).into()
    }
}

/// What became of a file.
#[derive(Clone, Debug, Default, PartialEq, Serialize, utoipa::ToSchema)]
#[schema(as = ImportReport)]
pub struct Report {
    /// Rows or features in the file.
    pub read: usize,
    /// What is new.
    pub added: usize,
    /// What was there and is different now.
    pub changed: usize,
    /// What was there and is as it was.
    pub same: usize,
    /// Units that were made because the file presumes them: code and name.
    #[schema(value_type = Vec<Vec<String>>)]
    pub made: Vec<(String, String)>,
    /// How often which thing was found that somebody should look at.
    pub findings: BTreeMap<String, usize>,
    /// The first of them in words.
    #[schema(value_type = Vec<Object>)]
    pub notes: Vec<Fault>,
    /// Pairs of grids that claim the same ground: codes and square metres.
    #[schema(value_type = Vec<Object>)]
    pub overlaps: Vec<(String, String, f64)>,
    /// What is wrong; with any of it nothing is written.
    #[schema(value_type = Vec<Object>)]
    pub faults: Vec<Fault>,
    /// How many more faults there are.
    pub more_faults: usize,
    /// Whether it was written.
    pub applied: bool,
}

impl Report {
    fn fault(&mut self, fault: Fault) {
        if self.faults.len() < MOST_FAULTS {
            self.faults.push(fault);
        } else {
            self.more_faults += 1;
        }
    }

    fn note(&mut self, kind: &str, fault: Fault) {
        *self.findings.entry(kind.to_owned()).or_default() += 1;
        if self.notes.len() < MOST_FAULTS {
            self.notes.push(fault);
        }
    }

    /// The report in words, one line each, for a terminal.
    pub fn lines(&self) -> Vec<String> {
        let Self { read, added, changed, same, .. } = self;
        let mut lines = vec![format!(
            "读取 {read}，新增 {added}，变更 {changed}，未变 {same} / read {read}, added {added}, changed {changed}, same {same}"
        )];
        if !self.made.is_empty() {
            let made: Vec<String> = self.made.iter().take(20).map(|(code, name)| format!("{code} {name}")).collect();
            let more = if self.made.len() > made.len() { " …" } else { "" };
            lines.push(format!("自动建立上级单位 {} 个 / units made: {}{more}", self.made.len(), made.join(", ")));
        }
        for (kind, n) in &self.findings {
            lines.push(format!("需核对 / to look at: {kind} × {n}"));
        }
        lines.extend(self.notes.iter().take(20).map(ToString::to_string));
        for (a, b, area) in self.overlaps.iter().take(20) {
            lines.push(format!("重叠 / overlap: {a} – {b}: {area:.0} m²"));
        }
        lines.extend(table::verdict(&self.faults, self.more_faults, self.applied));
        lines
    }
}

/// A file that is no table at all is wrong as a whole.
impl From<Unreadable> for Report {
    fn from(e: Unreadable) -> Self {
        Self { faults: vec![e.into()], ..Self::default() }
    }
}

/// Reads the picture to judge against.
async fn picture(db: &Db) -> Result<Directory> {
    store::load(&mut *db.read().await?).await
}

/// Opens the transaction, provided that nobody changed the organisation since the picture was taken.
async fn begin(db: &Db, picture: &Directory) -> Result<Tx> {
    let mut tx = db.begin();
    if snapshot::revision(&mut tx, store::REVISION).await? != picture.revision {
        return Err(Error::Stale);
    }
    Ok(tx)
}

/// Writes a change of the tree; grants and cases follow the units that get another path. Says how many rows followed.
pub(super) async fn write_units(tx: &mut Tx, now: Time, directory: &Directory, change: &Change) -> Result<u64> {
    for id in change.changed.iter().map(|(id, _)| id).chain(&change.ended) {
        store::end_state(tx, *id, now).await?;
    }
    for id in &change.ended {
        store::end_grid(tx, *id, now).await?;
    }
    store::insert_units(tx, change.added.iter().map(|(id, _)| *id), now).await?;
    let states = change.added.iter().chain(&change.changed);
    store::insert_states(tx, states.map(|(id, state)| (*id, state)), now).await?;
    moves::follow(tx, &change.moves(directory)).await
}

/// Says in the record that a file was taken, and by whose hand.
async fn record(tx: &mut Tx, now: Time, root: &Unit, what: &str, report: &Report, by: &Actor) -> Result<()> {
    let entry = Audit::new("org.import", "unit", root.id.uuid()).under(root.path.clone()).with("what", what);
    entry.with("added", report.added).with("changed", report.changed).record(tx, now, by).await
}

/// The words for what is wrong with the tree.
fn words(wrong: &Wrong) -> (String, String) {
    let (zh, en) = match wrong.code {
        draft::BAD_CODE => {
            ("编码只能用字母、数字和 - _ .，最长 40 位", "a code is made of letters, digits, - _ and ., at most 40")
        }
        draft::CODE_USED => {
            ("编码已被其他单位使用过，不能重复使用", "the code is or was another unit's and is never given again")
        }
        draft::NO_PARENT => ("找不到上级单位", "the unit above is not there"),
        draft::UNIT_LOOP => ("上下级关系形成循环", "the unit stands below itself"),
        draft::ONE_ROOT => ("只能有一个顶层单位，请填写上级编码", "there is one unit at the top; name the unit above"),
        draft::UNKNOWN_KIND => ("单位类别不在类别表中", "the kind of unit is not known"),
        _ => ("仍有下级单位", "units still stand below it"),
    };
    (zh.to_owned(), en.to_owned())
}
