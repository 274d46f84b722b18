//! Who ought to be there, and is not: staffing templates against the posts that are held, and grids of the wrong size.

use std::ops::RangeInclusive;

use kernel::Time;

use super::{
    directory::Directory,
    model::{GRID, GridType, Slot, Unit},
};

/// A slot of a template with fewer people than it needs.
#[derive(Clone, Debug)]
pub struct Vacancy<'a> {
    /// The grid or unit.
    pub unit: &'a Unit,
    /// The slot that its template asks for.
    pub slot: &'a Slot,
    /// How many people hold it.
    pub have: u32,
}

/// What is wrong with the number of households of a grid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Size {
    /// Fewer than a residential grid should have.
    TooSmall,
    /// More than that.
    TooLarge,
}

impl Size {
    /// The word that is sent.
    pub const fn word(self) -> &'static str {
        match self {
            Self::TooSmall => "too-small",
            Self::TooLarge => "too-large",
        }
    }
}

impl Directory {
    /// The slots that a unit's template asks for, with how many people hold each at this instant.
    pub fn staffing<'a>(&'a self, unit: &'a Unit, at: Time) -> Vec<Vacancy<'a>> {
        let slots = self.slots_for(unit, at);
        slots.into_iter().map(|slot| Vacancy { unit, slot, have: self.holders(unit, &slot.slot, at) }).collect()
    }

    /// The slots of a unit with too few people at this instant.
    pub fn vacancies<'a>(&'a self, unit: &'a Unit, at: Time) -> Vec<Vacancy<'a>> {
        self.staffing(unit, at).into_iter().filter(|v| v.have < v.slot.least).collect()
    }

    /// Whether a residential grid has too few or too many households.
    pub fn size(&self, unit: &Unit, at: Time, households: &RangeInclusive<u32>) -> Option<Size> {
        let grid = self.grid(unit.id, at).filter(|g| g.kind == GridType::Residential)?;
        match grid.households? {
            n if n < *households.start() => Some(Size::TooSmall),
            n if n > *households.end() => Some(Size::TooLarge),
            _ => None,
        }
    }

    /// Slots that name the unit's sub-type go before those for every unit of its type.
    fn slots_for(&self, unit: &Unit, at: Time) -> Vec<&Slot> {
        let Some(state) = unit.at(at) else { return Vec::new() };
        let (kind, narrower): (&str, Vec<&str>) = match self.grid(unit.id, at) {
            Some(grid) => {
                (grid.kind.word(), [&grid.subtype, &grid.area_kind].into_iter().flatten().map(String::as_str).collect())
            }
            // A village is a rural community.
            None => match state.kind.as_str() {
                "community" => ("community", vec!["urban"]),
                "village" => ("community", vec!["rural"]),
                kind => (kind, vec![]),
            },
        };
        let of_kind = |s: &&Slot| s.grid_type == kind;
        let exact = |s: &&Slot| s.subtype.as_deref().is_some_and(|t| narrower.contains(&t));
        let narrow: Vec<&Slot> = self.slots.iter().filter(of_kind).filter(exact).collect();
        if narrow.is_empty() { self.slots.iter().filter(of_kind).filter(|s| s.subtype.is_none()).collect() } else { narrow }
    }

    /// People in a slot; a community's are those of its grids as well.
    fn holders(&self, unit: &Unit, slot: &str, at: Time) -> u32 {
        let own = |u: &Unit| self.posts(u.id, at).filter(|p| p.slot == slot && p.holder(at).is_some()).count() as u32;
        let below = self.children(unit.id, at).filter(|c| c.at(at).is_some_and(|s| s.kind == GRID));
        own(unit) + below.map(own).sum::<u32>()
    }
}
