//! "Who is responsible at this point, for this matter, at this time, and why?": a pure question to a picture of the organisation.

use kernel::{Id, Time};

use super::{
    directory::Directory,
    model::{DEPUTY, GRID, GridType, HEAD, LeadRef, Person, Question, Reason, RelativeUnit, Responsible, Rule, Unit, WORKER},
};

/// A grid is known, or the case needs somebody to find it.
pub const NO_GRID: &str = "no-grid";
/// The unit that ought to have the case is not there.
pub const NO_UNIT: &str = "no-unit";
/// The person who ought to have the case is not there.
pub const NO_PERSON: &str = "no-person";
/// A grid that is meant to have a worker has none; a reason's code.
pub const VACANT: &str = "vacant";

/// What was found so far.
#[derive(Default)]
struct Trail {
    reasons: Vec<Reason>,
    attention: Vec<&'static str>,
}

impl Trail {
    fn because<const N: usize>(&mut self, code: &'static str, params: [(&'static str, &str); N]) {
        self.reasons.push(Reason::new(code, params));
    }

    fn look(&mut self, attention: &'static str) {
        if !self.attention.contains(&attention) {
            self.attention.push(attention);
        }
    }

    fn end(self, unit: &Unit, person: Option<Id<Person>>) -> Responsible {
        Responsible { unit: unit.id, person, reasons: self.reasons, attention: self.attention }
    }
}

impl Directory {
    /// Answers the question. There is always a unit, in the end the district's own desk, and always a reason.
    pub fn responsible(&self, question: &Question<'_>) -> Responsible {
        let mut trail = Trail::default();
        let at = question.at;
        let place = question.place.and_then(|id| self.unit(id));
        match question.lead {
            LeadRef::Named(name) => {
                let Some(unit) = self.unit_by_name(name, at) else {
                    trail.because("unknown-unit", [("name", name)]);
                    trail.look(NO_UNIT);
                    return self.at_desk(trail, place.unwrap_or_else(|| self.root()), question);
                };
                trail.because("lead-named", [("unit", &unit.name)]);
                self.at_unit(trail, unit, question)
            }
            LeadRef::Relative(relative) => match place {
                None => {
                    trail.because("no-place", [("word", &question.lead.text())]);
                    trail.look(NO_GRID);
                    self.at_desk(trail, self.root(), question)
                }
                Some(place) => {
                    trail.because("lead-relative", [("word", &question.lead.text()), ("place", &place.last_known(at).name)]);
                    self.by_place(trail, place, relative, question)
                }
            },
        }
    }

    fn by_place(&self, mut trail: Trail, place: &Unit, relative: &RelativeUnit, question: &Question<'_>) -> Responsible {
        let at = question.at;
        let (word, kinds) = (&relative.word.word, &relative.word.kinds);
        match relative.word.rule {
            // A micro-grid is served by the grid above it; a place known no closer than its community goes to the community.
            Rule::Grid => self.at_unit(trail, self.above(place.id, &[GRID], at).unwrap_or(place), question),
            Rule::Ancestor => match self.above(place.id, kinds, at) {
                Some(unit) => {
                    trail.because("area", [("unit", &unit.name)]);
                    self.at_unit(trail, unit, question)
                }
                None => self.nothing_above(trail, place, word, question),
            },
            Rule::Office => match self.above(place.id, kinds, at) {
                Some(street) => self.at_office(trail, street, &relative.office, question),
                None => self.nothing_above(trail, place, word, question),
            },
            Rule::Serving => {
                let code = &place.last_known(at).code;
                let name = &place.last_known(at).name;
                if let Some(unit) = self.serving(code, kinds, at).next() {
                    trail.because("serves", [("unit", &unit.name), ("place", name)]);
                    return self.at_unit(trail, unit, question);
                }
                // The community answers for a compound that no firm looks after.
                let desk = self.desk_of(place.id, at);
                trail.because("no-partner", [("word", word), ("place", name), ("unit", &desk.name)]);
                self.at_desk(trail, desk, question)
            }
        }
    }

    fn nothing_above(&self, mut trail: Trail, place: &Unit, word: &str, question: &Question<'_>) -> Responsible {
        trail.because("no-ancestor", [("place", &place.last_known(question.at).name), ("word", word)]);
        trail.look(NO_UNIT);
        self.at_desk(trail, place, question)
    }

    fn at_office(&self, mut trail: Trail, street: &Unit, office: &str, question: &Question<'_>) -> Responsible {
        if office.is_empty() {
            trail.because("area", [("unit", &street.name)]);
            return self.at_unit(trail, street, question);
        }
        let Some(unit) = self.office(street, office, question.at) else {
            trail.because("no-office", [("street", &street.name), ("office", office)]);
            trail.look(NO_UNIT);
            return self.at_desk(trail, street, question);
        };
        trail.because("office", [("street", &street.name), ("unit", &unit.name)]);
        self.at_unit(trail, unit, question)
    }

    /// The unit below a street that is called so: the whole name or alias, else the one that ends so.
    fn office(&self, street: &Unit, office: &str, at: Time) -> Option<&Unit> {
        let names = |u: &Unit| u.at(at).map(|s| (s.name.clone(), s.alias.clone().unwrap_or_default()));
        let exact = |u: &&Unit| names(u).is_some_and(|(name, alias)| name == office || alias == office);
        let ends = |u: &&Unit| names(u).is_some_and(|(name, alias)| name.ends_with(office) || alias.ends_with(office));
        self.children(street.id, at).find(exact).or_else(|| self.children(street.id, at).find(ends))
    }

    fn at_unit(&self, trail: Trail, unit: &Unit, question: &Question<'_>) -> Responsible {
        if unit.at(question.at).is_some_and(|s| s.kind == GRID) {
            return self.in_grid(trail, unit, question);
        }
        self.at_desk(trail, unit, question)
    }

    /// The desk of the unit or the nearest one above, with whoever is on duty there.
    fn at_desk(&self, mut trail: Trail, unit: &Unit, question: &Question<'_>) -> Responsible {
        let at = question.at;
        let desk = self.desk_of(unit.id, at);
        if desk.id != unit.id && unit.at(at).is_none_or(|s| s.kind != GRID) {
            trail.because("no-desk", [("unit", &unit.last_known(at).name)]);
            trail.look(NO_UNIT);
        }
        trail.because("desk", [("unit", &desk.name)]);
        let person = self.on_duty(desk.id, at).and_then(|d| d.person).filter(|p| !question.not.contains(p));
        if let Some(person) = person {
            trail.because("on-duty", [("person", self.name_of(person)), ("unit", &desk.name)]);
        }
        trail.end(desk, person)
    }

    /// Somebody of the grid: the worker, who stands in for them, the head; else the desk above.
    fn in_grid(&self, mut trail: Trail, grid: &Unit, question: &Question<'_>) -> Responsible {
        let at = question.at;
        let name = &grid.last_known(at).name;
        let mut posts: Vec<_> = self.posts(grid.id, at).filter(|p| p.slot == WORKER).collect();
        posts.sort_by_key(|p| p.id);
        let expects_worker = !posts.is_empty() || self.grid(grid.id, at).is_none_or(|g| g.kind == GridType::Residential);
        let workers: Vec<Id<Person>> = posts.iter().filter_map(|p| p.holder(at)).map(|h| h.person).collect();
        for &person in &workers {
            if let Some(person) = self.present(&mut trail, person, question) {
                trail.because("worker", [("person", self.name_of(person)), ("grid", name)]);
                return trail.end(grid, Some(person));
            }
            let deputy = self.leave(person, at).and_then(|l| l.deputy);
            if let Some(deputy) = deputy.and_then(|d| self.present(&mut trail, d, question)) {
                trail.because("deputy", [("person", self.name_of(deputy))]);
                return trail.end(grid, Some(deputy));
            }
        }
        if workers.is_empty() && expects_worker {
            trail.because(VACANT, [("grid", name)]);
        }
        // Somebody who is passed over by rule is not missing.
        let missing = workers.iter().all(|w| !question.not.contains(w));
        if expects_worker && missing {
            trail.look(NO_PERSON);
        }
        for (slot, code) in [(DEPUTY, "deputy"), (HEAD, "head")] {
            let holders = self.posts(grid.id, at).filter(|p| p.slot == slot).filter_map(|p| p.holder(at));
            for holder in holders {
                if let Some(person) = self.present(&mut trail, holder.person, question) {
                    trail.because(code, [("person", self.name_of(person)), ("grid", name)]);
                    return trail.end(grid, Some(person));
                }
            }
        }
        trail.because("no-person", [("grid", name)]);
        trail.look(NO_PERSON);
        self.at_desk(trail, grid, question)
    }

    /// The person, unless away or passed over; the trail says which.
    fn present(&self, trail: &mut Trail, person: Id<Person>, question: &Question<'_>) -> Option<Id<Person>> {
        let name = self.name_of(person);
        if question.not.contains(&person) {
            trail.because("passed-over", [("person", name)]);
            return None;
        }
        if self.leave(person, question.at).is_some() {
            trail.because("on-leave", [("person", name)]);
            return None;
        }
        Some(person)
    }
}

#[cfg(test)]
mod tests;
