//! Codes of 6 + 3 + 3 + 3 digits, and the units that a code presumes.

use std::collections::HashMap;

use kernel::{Id, Time};

use crate::modules::org::{
    draft::{Draft, UNSAID},
    model::{Unit, UnitState},
};

/// The last sequence number of a level of three digits.
pub(super) const LAST: u32 = 999;
/// Streets that are made to hold communities without a street are numbered down from here, in the range that is for neither streets nor towns (400–599).
const OWN_STREETS: std::ops::RangeInclusive<u32> = 400..=599;

/// Whether a text is a code of so many digits.
pub(super) fn digits(text: &str, n: usize) -> bool {
    text.len() == n && text.bytes().all(|b| b.is_ascii_digit())
}

/// Makes the units above grids, and remembers what was made.
pub(super) struct Maker<'d, 'p> {
    pub draft: &'d mut Draft<'p>,
    pub made: Vec<(String, String)>,
    now: Time,
    /// The last number given below a prefix.
    last: HashMap<String, u32>,
    labels: HashMap<(String, Option<Id<Unit>>), Id<Unit>>,
}

impl<'d, 'p> Maker<'d, 'p> {
    pub fn new(draft: &'d mut Draft<'p>, now: Time, codes: impl Iterator<Item = String>) -> Self {
        let mut last: HashMap<String, u32> = HashMap::new();
        for code in codes.filter(|c| [9, 12, 15].iter().any(|n| digits(c, *n))) {
            let (prefix, number) = code.split_at(code.len() - 3);
            let number = number.parse().unwrap_or(0);
            let highest = last.entry(prefix.to_owned()).or_default();
            *highest = number.max(*highest);
        }
        let mut labels = HashMap::new();
        for (id, state) in draft.of_kinds(&["community", "village", "street"]) {
            for label in std::iter::once(&state.name).chain(&state.alias) {
                labels.entry((label.clone(), None)).or_insert(id);
                labels.entry((label.clone(), state.parent)).or_insert(id);
            }
        }
        Self { draft, made: Vec::new(), now, last, labels }
    }

    fn make(&mut self, kind: &str, code: &str, name: String, parent: Id<Unit>) -> Id<Unit> {
        let id = Id::new(self.now);
        let state = UnitState {
            parent: Some(parent),
            kind: kind.to_owned(),
            code: code.to_owned(),
            path: String::new(),
            name: name.clone(),
            name_en: None,
            alias: None,
            phone: None,
            serves: Vec::new(),
            from: UNSAID,
            to: None,
        };
        self.draft.put(id, state);
        self.made.push((code.to_owned(), name));
        id
    }

    /// The community of a 12-digit code; it, its street and its district are made when they are missing.
    pub fn community(&mut self, code: &str, root: Id<Unit>) -> Id<Unit> {
        if let Some(id) = self.draft.find(code) {
            return id;
        }
        let street = self.street(&code[..9], root);
        let number = &code[9..];
        // 001–199 are residents' committees, 200 and above villagers' (GB/T 10114 as practised).
        let (kind, word) = if number < "200" { ("community", "社区") } else { ("village", "村") };
        self.make(kind, code, format!("{word}{number}"), street)
    }

    fn street(&mut self, code: &str, root: Id<Unit>) -> Id<Unit> {
        if let Some(id) = self.draft.find(code) {
            return id;
        }
        let district = match self.draft.find(&code[..6]) {
            Some(id) => id,
            None => self.make("district", &code[..6], format!("区划{}", &code[..6]), root),
        };
        let number = &code[6..];
        let word = match number.parse() {
            Ok(100..=199) => "镇",
            Ok(200..=399) => "乡",
            _ => "街道",
        };
        self.make("street", code, format!("{word}{number}"), district)
    }

    /// The unit that a label means, such as a town's old number: one that is called so, or a new one with a code inside the district.
    pub fn labelled(&mut self, label: &str, street_label: Option<&str>, district: &str, root: Id<Unit>) -> Option<Id<Unit>> {
        let street = match street_label {
            Some(street) => Some(self.labelled_street(street, district, root)?),
            None => None,
        };
        if let Some(id) = self.labels.get(&(label.to_owned(), street)) {
            return Some(*id);
        }
        let street = match street {
            Some(street) if self.room(street, 1) => street,
            _ => self.street_with_room(district, root)?,
        };
        let prefix = self.draft.state(street)?.code.clone();
        let code = self.next(&prefix)?;
        let id = self.make("community", &code, label.to_owned(), street);
        self.labels.insert((label.to_owned(), street_label.map(|_| street)), id);
        self.labels.entry((label.to_owned(), None)).or_insert(id);
        Some(id)
    }

    fn labelled_street(&mut self, label: &str, district: &str, root: Id<Unit>) -> Option<Id<Unit>> {
        if let Some(id) = self.labels.get(&(label.to_owned(), None)) {
            return Some(*id);
        }
        let id = self.new_street(label.to_owned(), district, root)?;
        self.labels.insert((label.to_owned(), None), id);
        Some(id)
    }

    fn new_street(&mut self, name: String, district: &str, root: Id<Unit>) -> Option<Id<Unit>> {
        let number = OWN_STREETS.rev().find(|n| {
            self.draft.find(&format!("{district}{n}")).is_none() && !self.last.contains_key(&format!("{district}{n}"))
        })?;
        let code = format!("{district}{number}");
        self.last.insert(code.clone(), 0);
        Some(self.make("street", &code, name, root))
    }

    /// A street of ours that still has numbers for communities.
    fn street_with_room(&mut self, district: &str, root: Id<Unit>) -> Option<Id<Unit>> {
        let own = OWN_STREETS.rev().filter_map(|n| self.draft.find(&format!("{district}{n}")));
        let unnamed = |id: &Id<Unit>| self.draft.state(*id).is_some_and(|s| s.name.starts_with(UNNAMED)) && self.room(*id, 1);
        if let Some(id) = own.clone().find(unnamed) {
            return Some(id);
        }
        let n = own.count() + 1;
        self.new_street(format!("{UNNAMED}{n}"), district, root)
    }

    /// Whether so many more numbers are left below a unit.
    pub fn room(&self, unit: Id<Unit>, more: u32) -> bool {
        let Some(state) = self.draft.state(unit) else { return false };
        self.last.get(&state.code).copied().unwrap_or(0) + more <= LAST
    }

    /// The next code below a prefix; nothing after the last.
    pub fn next(&mut self, prefix: &str) -> Option<String> {
        let last = self.last.entry(prefix.to_owned()).or_default();
        if *last >= LAST {
            return None;
        }
        *last += 1;
        Some(format!("{prefix}{last:03}"))
    }
}

/// What streets are called that nobody named.
const UNNAMED: &str = "未分街道";
