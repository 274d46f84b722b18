//! Which units somebody can name: whoever works with a neighbour has to be able to.

use kernel::{Id, Scope, Time};
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    Directory,
    model::{STREETS, Unit, UnitState},
};

/// Units of the district itself, such as departments, are known to everybody who may look units up; streets and what lies below them by scope.
pub(super) fn visible(known: &Directory, unit: &Unit, state: &UnitState, scope: &Scope, at: Time) -> bool {
    scope.holds(&state.path) || known.above(unit.id, STREETS, at).is_none()
}

/// Units that are visible, and the own streets with what stands directly below them, such as communities and offices; in no order.
pub(super) fn nameable<'k>(known: &'k Directory, scope: &Scope, at: Time) -> impl Iterator<Item = (&'k Unit, &'k UnitState)> {
    let streets = own_streets(known, scope, at);
    let states = known.units().filter_map(move |u| Some((u, u.at(at)?)));
    states.filter(move |(unit, state)| {
        visible(known, unit, state, scope, at) || streets.iter().any(|street| *street == unit.id || state.parent == Some(*street))
    })
}

/// The streets that a caller's own places lie in.
fn own_streets(known: &Directory, scope: &Scope, at: Time) -> Vec<Id<Unit>> {
    let Scope::Under(paths) = scope else { return Vec::new() };
    let place = |path: &String| path.rsplit('/').find(|code| !code.is_empty()).and_then(|code| known.unit_by_code(code));
    paths.iter().filter_map(place).filter_map(|unit| known.above(unit.id, STREETS, at)).map(|street| street.id).collect()
}

/// A unit as a device carries it along, to be asked for help without network.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = org::Neighbour)]
pub struct Neighbour {
    #[schema(value_type = uuid::Uuid)]
    id: Id<Unit>,
    code: String,
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    name_en: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    alias: Option<String>,
    kind: String,
}

/// The units that somebody can name, by code; none where there are more than `most`.
pub fn neighbours(known: &Directory, scope: &Scope, at: Time, most: usize) -> Vec<Neighbour> {
    let mut all: Vec<(&Unit, &UnitState)> = nameable(known, scope, at).take(most + 1).collect();
    if all.len() > most {
        return Vec::new();
    }
    all.sort_by(|a, b| a.1.code.cmp(&b.1.code));
    let line = |(unit, s): (&Unit, &UnitState)| Neighbour {
        id: unit.id,
        code: s.code.clone(),
        name: s.name.clone(),
        name_en: s.name_en.clone(),
        alias: s.alias.clone(),
        kind: s.kind.clone(),
    };
    all.into_iter().map(line).collect()
}
