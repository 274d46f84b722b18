//! Where a case counts: the places on the path under which it was filed, and the units whose cases count wherever they lie. Pure.

use kernel::{Id, Scope, Time};

use crate::modules::org::{self, Directory, GRID, Unit};

db::words! {
    /// What a case can be without; figures that are split by it have a line for such cases.
    pub enum Lack {
        /// 不属于任何街道
        Street = "street",
        /// 不属于任何社区
        Community = "community",
        /// 没有主办单位
        Lead = "lead",
        /// 没有事项
        Matter = "matter",
    }
}

impl Lack {
    /// The kinds of units that a path can be without.
    pub const fn kinds(self) -> Option<&'static [&'static str]> {
        match self {
            Self::Street => Some(org::STREETS),
            Self::Community => Some(org::COMMUNITIES),
            Self::Lead | Self::Matter => None,
        }
    }
}

/// The last unit of these kinds on a path. The path holds the codes of then; a unit that has ended since is found all the same.
pub fn place<'a>(directory: &'a Directory, path: &str, kinds: &[&str], at: Time) -> Option<&'a Unit> {
    let known = |code| directory.units_ever(code).max_by_key(|u| u.at(at).is_some());
    path.split('/').filter(|code| !code.is_empty()).filter_map(known).rfind(|u| kinds.contains(&u.kind.as_str()))
}

/// Every path that a unit has had: a case stays filed where its unit lay at the time.
pub fn paths(unit: &Unit) -> Vec<String> {
    let mut paths: Vec<String> = unit.states().iter().map(|s| s.path.clone()).collect();
    paths.sort_unstable();
    paths.dedup();
    paths
}

/// Every path on which no unit of these kinds stands.
pub fn outside(directory: &Directory, kinds: &[&str], at: Time) -> Vec<String> {
    directory.units().flat_map(paths).filter(|path| place(directory, path, kinds, at).is_none()).collect()
}

/// Whether cases are filed under units of this kind; of any other unit those count that it leads.
pub fn is_area(kind: &str) -> bool {
    org::STREETS.contains(&kind) || org::COMMUNITIES.contains(&kind) || kind == GRID
}

/// Units of a scope whose cases count wherever they lie; a grid's own lie in it.
pub fn leads(directory: &Directory, scope: &Scope) -> Vec<Id<Unit>> {
    match scope {
        Scope::All => vec![],
        Scope::Under(_) => directory.units().filter(|u| !is_area(&u.kind) && scope.holds(&u.path)).map(|u| u.id).collect(),
    }
}
