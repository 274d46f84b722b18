//! A change of the tree before it is made: edited in memory, judged as a whole, then written as new states.

use std::collections::{BTreeMap, HashMap, HashSet};

use kernel::{Code, Id, Time};

use super::{
    actions::is_code,
    directory::Directory,
    model::{Unit, UnitState},
};
use crate::moves::Move;

kernel::codes! {
    /// A unit's code is no code: letters, digits, `-`, `_` and `.`, at most 40.
    BAD_CODE = "bad-unit-code";
    /// The code belongs, or belonged, to another unit.
    CODE_USED = "unit-code-used";
    /// The unit above is not there.
    NO_PARENT = "no-parent-unit";
    /// A unit cannot stand below itself.
    UNIT_LOOP = "unit-loop";
    /// There is one unit at the top.
    ONE_ROOT = "one-root-unit";
    /// The kind of unit is not known.
    UNKNOWN_KIND = "unknown-unit-kind";
    /// Units that still exist stand below.
    HAS_CHILDREN = "unit-has-children";
}

/// How deep the tree may be: far more than a district has levels.
const DEEPEST: usize = 32;

/// What is wrong with a change, and at which unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Wrong {
    pub unit: Id<Unit>,
    pub code: Code,
    pub value: String,
}

/// The tree as it would be.
pub(super) struct Draft<'a> {
    directory: &'a Directory,
    states: BTreeMap<Id<Unit>, UnitState>,
    by_code: HashMap<String, Id<Unit>>,
    ended: HashSet<Id<Unit>>,
}

/// What has to be written.
#[derive(Debug, Default)]
pub(super) struct Change {
    /// Units that begin.
    pub added: Vec<(Id<Unit>, UnitState)>,
    /// Units whose state is replaced by this one.
    pub changed: Vec<(Id<Unit>, UnitState)>,
    /// Units that end.
    pub ended: Vec<Id<Unit>>,
}

impl Change {
    /// The subtrees that get another path, the deepest first. One that only goes along with the unit above it is not named.
    pub fn moves(&self, directory: &Directory) -> Vec<Move> {
        let mut all: Vec<Move> = self
            .changed
            .iter()
            .filter_map(|(id, state)| Some(Move { from: directory.unit(*id)?.path.clone(), to: state.path.clone() }))
            .filter(|m| m.from != m.to)
            .collect();
        all.sort_by(|a, b| b.from.len().cmp(&a.from.len()).then_with(|| a.from.cmp(&b.from)));
        let goes_along = |one: &Move| {
            let above = all.iter().filter(|m| m.from.len() < one.from.len() && one.from.starts_with(&m.from));
            above.max_by_key(|m| m.from.len()).is_some_and(|m| one.to == format!("{}{}", m.to, &one.from[m.from.len()..]))
        };
        let kept: Vec<Move> = all.iter().filter(|one| !goes_along(one)).cloned().collect();
        kept
    }

    pub fn is_empty(&self) -> bool {
        self.added.is_empty() && self.changed.is_empty() && self.ended.is_empty()
    }
}

impl<'a> Draft<'a> {
    /// Starts from the units that have no end.
    pub fn new(directory: &'a Directory) -> Self {
        let lasting = directory.units().filter(|u| u.to.is_none() && !u.id.uuid().is_nil());
        let states: BTreeMap<_, _> = lasting.map(|u| (u.id, UnitState::clone(u))).collect();
        let by_code = states.iter().map(|(id, s)| (s.code.clone(), *id)).collect();
        Self { directory, states, by_code, ended: HashSet::new() }
    }

    /// The unit that has this code.
    pub fn find(&self, code: &str) -> Option<Id<Unit>> {
        self.by_code.get(code).copied()
    }

    /// How a unit would be.
    pub fn state(&self, id: Id<Unit>) -> Option<&UnitState> {
        self.states.get(&id)
    }

    /// The unit at the top.
    pub fn root(&self) -> Option<Id<Unit>> {
        self.states.iter().find(|(_, s)| s.parent.is_none()).map(|(id, _)| *id)
    }

    /// Units of this kind.
    pub fn of_kinds<'s>(&'s self, kinds: &'s [&str]) -> impl Iterator<Item = (Id<Unit>, &'s UnitState)> {
        self.states.iter().filter(|(_, s)| kinds.contains(&s.kind.as_str())).map(|(id, s)| (*id, s))
    }

    /// Adds a unit or replaces what is said of one; path and times are filled in at the end.
    pub fn put(&mut self, id: Id<Unit>, state: UnitState) {
        if let Some(before) = self.states.get(&id) {
            self.by_code.remove(&before.code);
        }
        self.by_code.insert(state.code.clone(), id);
        self.states.insert(id, state);
    }

    /// Ends a unit.
    pub fn end(&mut self, id: Id<Unit>) {
        if let Some(state) = self.states.remove(&id) {
            self.by_code.remove(&state.code);
            self.ended.insert(id);
        }
    }

    /// Judges the tree and says what has to be written. `begin` says when a new unit begins that does not say so itself.
    pub fn finish(self, now: Time, begin: impl Fn(&UnitState) -> Time) -> Result<Change, Vec<Wrong>> {
        let mut wrong = Vec::new();
        let mut change = Change::default();
        let root = self.directory.root().id;
        for id in &self.ended {
            if self.states.values().any(|s| s.parent == Some(*id)) {
                let value = self.directory.unit(*id).map_or(String::new(), |u| u.code.clone());
                wrong.push(Wrong { unit: *id, code: HAS_CHILDREN, value });
            }
            change.ended.push(*id);
        }
        for (id, state) in &self.states {
            let say = |code, value: &str| Wrong { unit: *id, code, value: value.to_owned() };
            let known = self.directory.unit(*id);
            let same_code = known.is_some_and(|u| u.code == state.code);
            if !same_code && !is_code(&state.code) {
                wrong.push(say(BAD_CODE, &state.code));
            }
            if self.by_code.get(&state.code) != Some(id) || !same_code && self.was_used(*id, &state.code) {
                wrong.push(say(CODE_USED, &state.code));
            }
            if !self.directory.kinds.is_empty() && !self.directory.kinds.contains_key(&state.kind) {
                wrong.push(say(UNKNOWN_KIND, &state.kind));
            }
            if state.parent.is_none() && !root.uuid().is_nil() && *id != root {
                wrong.push(say(ONE_ROOT, &state.code));
            }
            let path = match self.path(*id) {
                Ok(path) => path,
                Err(code) => {
                    wrong.push(say(code, &state.code));
                    continue;
                }
            };
            match known {
                None => {
                    let from = if state.from.millis() == i64::MIN { begin(state) } else { state.from };
                    change.added.push((*id, UnitState { path, from, to: None, ..state.clone() }));
                }
                Some(unit) => {
                    let state = UnitState { path, from: unit.from, to: None, ..state.clone() };
                    if state != **unit {
                        change.changed.push((*id, UnitState { from: now, ..state }));
                    }
                }
            }
        }
        // Parents come before children, for the foreign keys and for whoever reads the rows.
        change.added.sort_by(|a, b| a.1.path.cmp(&b.1.path));
        if wrong.is_empty() { Ok(change) } else { Err(wrong) }
    }

    /// Codes are never given to another unit, not even after their end.
    fn was_used(&self, id: Id<Unit>, code: &str) -> bool {
        self.directory.units_ever(code).any(|u| u.id != id)
    }

    fn path(&self, id: Id<Unit>) -> Result<String, Code> {
        let mut codes = Vec::new();
        let mut next = Some(id);
        while let Some(id) = next {
            let state = self.states.get(&id).ok_or(NO_PARENT)?;
            codes.push(state.code.as_str());
            if codes.len() > DEEPEST {
                return Err(UNIT_LOOP);
            }
            next = state.parent;
        }
        codes.push("");
        codes.reverse();
        Ok(codes.join("/") + "/")
    }
}

/// The instant of a unit that does not say since when it exists.
pub(super) const UNSAID: Time = Time::from_millis(i64::MIN);
