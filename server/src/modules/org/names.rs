//! Units by what they are or were called, without a copy of any text: hashes in order, and the units themselves say whether it is true.

use std::hash::{DefaultHasher, Hash, Hasher};

use super::model::{Unit, UnitState};

/// Every code, name, alias and served code of all times.
#[derive(Debug, Default)]
pub(super) struct Names {
    codes: Hashes,
    called: Hashes,
    served: Hashes,
}

/// The hash of a text and the place of a unit that has, or had, it; in this order, each once.
type Hashes = Vec<(u32, u32)>;

impl Names {
    /// Puts the texts of these units in order.
    pub fn of(units: &[Unit]) -> Self {
        let hashes = |texts: fn(&UnitState) -> Vec<&str>| {
            let of_unit =
                |(unit, at): (&Unit, u32)| unit.states.iter().flat_map(texts).map(|text| (hash(text), at)).collect::<Vec<_>>();
            let mut all: Hashes = units.iter().zip(0..).flat_map(of_unit).collect();
            all.sort_unstable();
            all.dedup();
            all.shrink_to_fit();
            all
        };
        Self { codes: hashes(code), called: hashes(names), served: hashes(served) }
    }

    /// The units that have or had this code, in the order of the units.
    pub fn of_code<'u>(&self, units: &'u [Unit], text: &str) -> impl Iterator<Item = &'u Unit> {
        find(&self.codes, units, text, move |s| s.code == text)
    }

    /// The units that are or were called so, by name or alias.
    pub fn of_name<'u>(&self, units: &'u [Unit], text: &str) -> impl Iterator<Item = &'u Unit> {
        find(&self.called, units, text, move |s| s.name == text || s.alias.as_deref() == Some(text))
    }

    /// The units that serve or served the grid of this code.
    pub fn serving<'u>(&self, units: &'u [Unit], text: &str) -> impl Iterator<Item = &'u Unit> {
        find(&self.served, units, text, move |s| s.serves.iter().any(|code| code == text))
    }
}

fn code(state: &UnitState) -> Vec<&str> {
    vec![&state.code]
}

fn names(state: &UnitState) -> Vec<&str> {
    std::iter::once(state.name.as_str()).chain(state.alias.as_deref()).collect()
}

fn served(state: &UnitState) -> Vec<&str> {
    state.serves.iter().map(String::as_str).collect()
}

fn find<'u>(all: &Hashes, units: &'u [Unit], text: &str, is: impl Fn(&UnitState) -> bool) -> impl Iterator<Item = &'u Unit> {
    let hash = hash(text);
    let first = all.partition_point(|one| one.0 < hash);
    let same = all[first..].iter().take_while(move |one| one.0 == hash).map(|one| &units[one.1 as usize]);
    // Another text may have the same hash.
    same.filter(move |u| u.states.iter().any(&is))
}

fn hash(text: &str) -> u32 {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    hasher.finish() as u32
}

#[cfg(test)]
mod tests {
    use kernel::{Id, Time};
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// What the hashes find is what a search through all units finds.
        #[test]
        fn units_are_found_by_what_they_were_ever_called(
            told in prop::collection::vec(prop::collection::vec(("[a-d]", "[a-f]", prop::option::of("[a-f]"), prop::collection::vec("[a-d]", 0..3)), 1..4), 0..12),
            asked in "[a-g]",
        ) {
            let state = |(code, name, alias, serves): (String, String, Option<String>, Vec<String>)| UnitState {
                parent: None, kind: String::new(), code, path: String::new(), name, name_en: None, alias, phone: None, serves,
                from: Time::from_millis(0), to: None,
            };
            let unit = |(states, n): (Vec<_>, u128)| Unit {
                id: Id::from_uuid(uuid::Uuid::from_u128(n)), states: states.into_iter().map(state).collect(),
            };
            let units: Vec<Unit> = told.into_iter().zip(1..).map(unit).collect();
            let found = Names::of(&units);
            let every = |is: &dyn Fn(&UnitState) -> bool| {
                units.iter().filter(|u| u.states.iter().any(is)).map(|u| u.id).collect::<Vec<_>>()
            };
            let ids = |units: Vec<&Unit>| units.iter().map(|u| u.id).collect::<Vec<_>>();
            prop_assert_eq!(ids(found.of_code(&units, &asked).collect()), every(&|s| s.code == asked));
            prop_assert_eq!(ids(found.of_name(&units, &asked).collect()), every(&|s| s.name == asked || s.alias.as_ref() == Some(&asked)));
            prop_assert_eq!(ids(found.serving(&units, &asked).collect()), every(&|s| s.serves.contains(&asked)));
        }
    }
}
