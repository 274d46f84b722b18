//! What a node knows of the organisation: an immutable picture of the units, grids, posts and people of all times.

use std::collections::{BTreeMap, HashMap};

use geo::CellIndex;
use kernel::{Id, Scope, Time};

use super::{
    model::{
        DISTRICT, Duty, GridState, GridType, LeadRef, Leave, Located, MAIN_LAYER, Person, Post, RelativeWord, Slot, Unit,
        UnitKind, UnitState, holds,
    },
    names::Names,
    roll::{Gathering, PersonRef, PostRef, Roll},
};

/// The organisation of all times. It always has a root: before `init` made one, a nameless unit with the nil id.
#[derive(Debug)]
pub struct Directory {
    /// The revision of the rows that it was made from.
    pub revision: i64,
    pub(super) units: Vec<Unit>,
    by_id: HashMap<Id<Unit>, u32>,
    names: Names,
    /// Places of a unit and of one that is or was directly below it, in this order.
    children: Vec<(u32, u32)>,
    root: u32,
    pub(super) kinds: BTreeMap<String, UnitKind>,
    pub(super) grids: HashMap<Id<Unit>, Vec<GridState>>,
    layers: BTreeMap<String, CellIndex<Cell>>,
    roll: Roll,
    leave: HashMap<Id<Person>, Vec<Leave>>,
    duty: HashMap<Id<Unit>, Vec<Duty>>,
    pub(super) slots: Vec<Slot>,
    words: Vec<RelativeWord>,
}

/// A border in the index. Cells of equal rank are preferred by this order: the lower code first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Cell {
    order: u32,
    unit: u32,
    rank: u8,
    from: Time,
    to: Option<Time>,
}

/// The rows that a directory is made from.
#[derive(Default)]
pub(super) struct Parts {
    pub revision: i64,
    pub units: Vec<Unit>,
    pub kinds: Vec<UnitKind>,
    pub grids: HashMap<Id<Unit>, Vec<(GridState, geo::MultiPolygon)>>,
    pub roll: Gathering,
    pub leave: Vec<Leave>,
    pub duty: Vec<(Id<Unit>, Duty)>,
    pub slots: Vec<Slot>,
    pub words: Vec<RelativeWord>,
}

impl Default for Directory {
    fn default() -> Self {
        Self::new(Parts::default())
    }
}

impl Directory {
    pub(super) fn new(parts: Parts) -> Self {
        let mut units = parts.units;
        units.sort_by(|a, b| a.code.cmp(&b.code));
        let root = units
            .iter()
            .position(|u| u.parent.is_none() && u.to.is_none())
            .or_else(|| units.iter().position(|u| u.parent.is_none()));
        let root = root.unwrap_or_else(|| {
            units.push(nameless());
            units.len() - 1
        }) as u32;
        let by_id: HashMap<_, _> = units.iter().zip(0_u32..).map(|(u, at)| (u.id, at)).collect();
        let names = Names::of(&units);
        let mut children: Vec<(u32, u32)> = Vec::new();
        for (unit, at) in units.iter().zip(0_u32..) {
            let parents = unit.states.iter().filter_map(|s| s.parent).filter_map(|parent| by_id.get(&parent));
            children.extend(parents.map(|&parent| (parent, at)));
        }
        children.sort_unstable();
        children.dedup();
        children.shrink_to_fit();
        let (mut leave, mut duty): (HashMap<_, Vec<_>>, HashMap<_, Vec<_>>) = (HashMap::new(), HashMap::new());
        for one in parts.leave {
            leave.entry(one.person).or_default().push(one);
        }
        for (unit, turn) in parts.duty {
            duty.entry(unit).or_default().push(turn);
        }
        let (grids, layers) = index(parts.grids, &by_id);
        Self {
            revision: parts.revision,
            by_id,
            names,
            children,
            root,
            kinds: parts.kinds.into_iter().map(|k| (k.key.clone(), k)).collect(),
            grids,
            layers,
            roll: parts.roll.finish(),
            leave,
            duty,
            slots: parts.slots,
            words: parts.words,
            units,
        }
    }

    /// Which grid of the main layer holds the point at this instant. A dedicated grid wins over a residential one; where borders of one type
    /// overlap by fault, the lower code wins and the rest are told.
    pub fn locate(&self, lon: f64, lat: f64, at: Time) -> Located {
        self.locate_in(MAIN_LAYER, lon, lat, at)
    }

    /// The same in another layer.
    pub fn locate_in(&self, layer: &str, lon: f64, lat: f64, at: Time) -> Located {
        let Some(index) = self.layers.get(layer) else { return Located::default() };
        let mut found = Vec::new();
        index.locate_all(lon, lat, &mut found);
        let mut found = found.into_iter().filter(|cell| holds(cell.from, cell.to, at));
        let Some(first) = found.next() else { return Located::default() };
        let id = |cell: &Cell| self.units[cell.unit as usize].id;
        Located { grid: Some(id(first)), others: found.filter(|c| c.rank == first.rank).map(id).collect() }
    }

    /// The box around all borders of the main layer: west, south, east, north.
    pub fn bounds(&self) -> Option<geo::Bounds> {
        self.layers.get(MAIN_LAYER).and_then(CellIndex::bounds)
    }

    /// Bytes that the index of borders takes.
    pub fn index_bytes(&self) -> usize {
        self.layers.values().map(CellIndex::memory_bytes).sum()
    }

    /// The unit at the top: the district.
    pub fn root(&self) -> &Unit {
        &self.units[self.root as usize]
    }

    /// Every unit that ever was, by the code that it has now.
    pub fn units(&self) -> impl ExactSizeIterator<Item = &Unit> {
        self.units.iter()
    }

    /// What a scope reaches: one over the district's own root is the whole district, so that no condition is needed.
    pub fn reach(&self, scope: Scope) -> Scope {
        match scope {
            Scope::Under(paths) if paths.iter().any(|p| self.root().path.starts_with(p.as_str())) => Scope::All,
            other => other,
        }
    }

    /// A unit by its id, whether it still exists or not.
    pub fn unit(&self, id: Id<Unit>) -> Option<&Unit> {
        self.by_id.get(&id).map(|&at| &self.units[at as usize])
    }

    /// A unit by its code: the one that has it now, else the one that had it last.
    pub fn unit_by_code(&self, code: &str) -> Option<&Unit> {
        self.units_ever(code).max_by_key(|u| (u.code == code && u.to.is_none(), u.from))
    }

    /// Every unit that has, or ever had, this code.
    pub fn units_ever(&self, code: &str) -> impl Iterator<Item = &Unit> {
        self.names.of_code(&self.units, code)
    }

    /// A unit in force at this instant by its name, alias or code, as the catalogue writes it; the lower code when several are called so.
    pub fn unit_by_name(&self, name: &str, at: Time) -> Option<&Unit> {
        let called = |u: &&Unit| u.at(at).is_some_and(|s| s.name == name || s.alias.as_deref() == Some(name) || s.code == name);
        let candidates = self.names.of_name(&self.units, name).chain(self.names.of_code(&self.units, name));
        // A full name beats an alias, which in a district may repeat from street to street.
        candidates
            .filter(called)
            .min_by_key(|u| (u.at(at).is_none_or(|s| s.name != name), u.at(at).map(|s| s.path.matches('/').count()), &u.code))
    }

    /// The unit and those above it at this instant, from the nearest to the root.
    pub fn ancestors(&self, id: Id<Unit>, at: Time) -> Vec<&Unit> {
        let mut chain: Vec<&Unit> = Vec::new();
        let mut next = Some(id);
        while let Some(unit) = next.and_then(|id| self.unit(id)) {
            // A loop cannot be stored, yet a picture must never hang on one.
            if chain.iter().any(|u| u.id == unit.id) {
                break;
            }
            chain.push(unit);
            next = unit.last_known(at).parent;
        }
        chain
    }

    /// The nearest unit, itself included, that has a desk at this instant; the root in the end.
    pub fn desk_of(&self, id: Id<Unit>, at: Time) -> &Unit {
        self.ancestors(id, at).into_iter().find(|u| self.has_desk(u, at)).unwrap_or_else(|| self.root())
    }

    /// The same for a path, such as a case's `owner_path`: the unit that it ends in, or the nearest above that is known.
    pub fn desk_of_path(&self, path: &str, at: Time) -> &Unit {
        let code = path.split('/').rev().find_map(|code| self.unit_by_code(code));
        code.map_or_else(|| self.root(), |unit| self.desk_of(unit.id, at))
    }

    /// Whether the unit exists at this instant and its kind has a desk.
    pub fn has_desk(&self, unit: &Unit, at: Time) -> bool {
        unit.at(at).is_some_and(|s| s.kind == DISTRICT || self.kinds.get(&s.kind).is_some_and(|k| k.staffed))
    }

    /// The nearest unit above, itself included, of one of these kinds at this instant.
    pub fn above(&self, id: Id<Unit>, kinds: &[impl AsRef<str>], at: Time) -> Option<&Unit> {
        let wanted = |kind: &str| kinds.iter().any(|k| k.as_ref() == kind);
        self.ancestors(id, at).into_iter().find(|u| u.at(at).is_some_and(|s| wanted(&s.kind)))
    }

    /// The units directly below at this instant, by code.
    pub fn children(&self, id: Id<Unit>, at: Time) -> impl Iterator<Item = &Unit> {
        let place = self.by_id.get(&id).copied();
        let first = place.map_or(self.children.len(), |place| self.children.partition_point(|c| c.0 < place));
        let all = self.children[first..].iter().take_while(move |c| Some(c.0) == place).map(|c| &self.units[c.1 as usize]);
        all.filter(move |u| u.at(at).is_some_and(|s| s.parent == Some(id)))
    }

    /// Units of one of these kinds that serve the grid of this code at this instant, by code.
    pub fn serving(&self, code: &str, kinds: &[String], at: Time) -> impl Iterator<Item = &Unit> {
        let all = self.names.serving(&self.units, code);
        all.filter(move |u| u.at(at).is_some_and(|s| kinds.contains(&s.kind) && s.serves.iter().any(|c| c == code)))
    }

    /// What is known of a grid at this instant.
    pub fn grid(&self, id: Id<Unit>, at: Time) -> Option<&GridState> {
        self.grids.get(&id)?.iter().find(|g| holds(g.from, g.to, at))
    }

    /// Somebody by id.
    pub fn person(&self, id: Id<Person>) -> Option<PersonRef<'_>> {
        self.roll.person(id)
    }

    /// Everybody of all times, by staff number.
    pub fn people(&self) -> impl Iterator<Item = PersonRef<'_>> {
        self.roll.people()
    }

    /// Somebody by staff number.
    pub fn person_by_staff_no(&self, staff_no: &str) -> Option<PersonRef<'_>> {
        self.roll.person_by_staff_no(staff_no)
    }

    /// The name of somebody; empty when there is nobody of this id.
    pub fn name_of(&self, id: Id<Person>) -> &str {
        self.roll.person(id).map_or("", |p| p.name)
    }

    /// A post by its id, at whatever time it existed.
    pub fn post(&self, id: Id<Post>) -> Option<PostRef<'_>> {
        self.roll.post(id)
    }

    /// The posts of a unit at this instant.
    pub fn posts(&self, unit: Id<Unit>, at: Time) -> impl Iterator<Item = PostRef<'_>> {
        self.roll.posts(unit).filter(move |p| p.exists(at))
    }

    /// The posts that somebody holds at this instant.
    pub fn posts_of(&self, person: Id<Person>, at: Time) -> Vec<PostRef<'_>> {
        let holds = |p: &PostRef<'_>| p.exists(at) && p.holder(at).is_some_and(|h| h.person == person);
        self.roll.posts_of(person).filter(holds).collect()
    }

    /// Since when somebody who once had a post has none; none for whoever has one, will have one, or never had any.
    pub fn left_at(&self, person: Id<Person>, now: Time) -> Option<Time> {
        let end = |p: PostRef<'_>| p.last_held_by(person).map(|h| h.to.into_iter().chain(p.to).min());
        let ends: Option<Vec<Time>> = self.roll.posts_of(person).filter_map(end).collect();
        ends?.into_iter().max().filter(|left| *left <= now)
    }

    /// The leave that somebody is on at this instant.
    pub fn leave(&self, person: Id<Person>, at: Time) -> Option<&Leave> {
        self.leave.get(&person)?.iter().find(|l| holds(l.from, Some(l.to), at))
    }

    /// Every confirmed leave, past and to come.
    pub fn leaves(&self) -> impl Iterator<Item = &Leave> {
        self.leave.values().flatten()
    }

    /// Those whom somebody stands in for at this instant.
    pub fn stands_in_for(&self, person: Id<Person>, at: Time) -> impl Iterator<Item = Id<Person>> {
        let all = self.leave.values().flatten().filter(move |l| l.deputy == Some(person) && holds(l.from, Some(l.to), at));
        all.map(|l| l.person)
    }

    /// Who is on duty at a unit at this instant.
    pub fn on_duty(&self, unit: Id<Unit>, at: Time) -> Option<&Duty> {
        self.duty.get(&unit)?.iter().find(|d| holds(d.from, Some(d.to), at))
    }

    /// Every turn of duty of a unit, in order of time.
    pub fn turns(&self, unit: Id<Unit>) -> impl Iterator<Item = &Duty> {
        self.duty.get(&unit).into_iter().flatten()
    }

    /// Reads who leads from the catalogue's text with the district's own words.
    pub fn lead(&self, text: &str) -> LeadRef {
        LeadRef::parse(text, &self.words)
    }

    /// The kinds of units.
    pub fn kinds(&self) -> impl Iterator<Item = &UnitKind> {
        self.kinds.values()
    }
}

type Layers = BTreeMap<String, CellIndex<Cell>>;

fn index(
    grids: HashMap<Id<Unit>, Vec<(GridState, geo::MultiPolygon)>>,
    by_id: &HashMap<Id<Unit>, u32>,
) -> (HashMap<Id<Unit>, Vec<GridState>>, Layers) {
    let mut cells: BTreeMap<String, Vec<(Cell, u8, geo::MultiPolygon)>> = BTreeMap::new();
    let mut states = HashMap::with_capacity(grids.len());
    for (id, rows) in grids {
        // Units stand in the order of their codes, so their places order the cells too.
        let Some(&unit) = by_id.get(&id) else { continue };
        let mut own = Vec::with_capacity(rows.len());
        for (state, border) in rows {
            let rank = u8::from(state.kind == GridType::Residential);
            let cell = Cell { order: unit, unit, rank, from: state.from, to: state.to };
            cells.entry(state.layer.clone()).or_default().push((cell, rank, border));
            own.push(state);
        }
        states.insert(id, own);
    }
    (states, cells.into_iter().map(|(layer, cells)| (layer, CellIndex::new(cells))).collect())
}

fn nameless() -> Unit {
    let state = UnitState {
        parent: None,
        kind: DISTRICT.to_owned(),
        code: String::new(),
        path: "/".to_owned(),
        name: String::new(),
        name_en: None,
        alias: None,
        phone: None,
        serves: Vec::new(),
        from: Time::from_millis(i64::MIN),
        to: None,
    };
    Unit { id: Id::nil(), states: vec![state] }
}
