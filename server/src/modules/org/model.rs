//! The words of this slice: units, grids, posts, people, and what a question about responsibility is made of.

use std::collections::BTreeMap;

use db::{record, words};
use kernel::{Id, Time};
use serde::Serialize;
use utoipa::ToSchema;

/// The layer whose grids answer "whose place is this?". Others, such as a department's own, lie beside it.
pub const MAIN_LAYER: &str = "main";
/// The slot of a grid's full-time worker, who is asked first.
pub const WORKER: &str = "full_time";
/// The slot of somebody who stands in for a grid's worker.
pub const DEPUTY: &str = "deputy";
/// The slot of a grid's head.
pub const HEAD: &str = "head";
/// The kind of the unit at the top.
pub const DISTRICT: &str = "district";
/// The kinds whose subtrees are the grassroots: a matter of a department may not be assigned there.
pub const STREETS: &[&str] = &["street"];
/// The kinds of communities; a village is a rural one.
pub const COMMUNITIES: &[&str] = &["community", "village"];
/// The kind of grids.
pub const GRID: &str = "grid";

words! {
    /// What kind of area a grid is.
    pub enum GridType {
        /// Where people live.
        Residential = "residential",
        /// Offices, parks, rivers and the like; it wins over a residential one on the same ground.
        Dedicated = "dedicated",
    }
}

words! {
    /// Where a leave stands.
    pub enum LeaveState {
        /// Asked for; it does not count yet.
        Requested = "requested",
        /// Handed over and confirmed.
        Confirmed = "confirmed",
        /// Over, possibly earlier than planned.
        Ended = "ended",
    }
}

words! {
    /// How a word of the catalogue finds its unit.
    pub enum Rule {
        /// The grid of the place itself.
        Grid = "grid",
        /// The nearest unit above the place of certain kinds.
        Ancestor = "ancestor",
        /// An office, named by the rest of the text, below that ancestor.
        Office = "office",
        /// A unit of certain kinds that serves the grid.
        Serving = "serving",
    }
}

record! {
    /// A kind of unit; data of the district.
    #[derive(Clone, Debug, Serialize, ToSchema)]
    pub struct UnitKind {
        /// Its key, such as `street`.
        pub key: String,
        /// Chinese name.
        pub zh: String,
        /// English name.
        pub en: String,
        /// Place in lists.
        pub sort: i64,
        /// Whether units of this kind have a desk that can own a case.
        pub staffed: bool,
    }
}

/// A unit of the tree, from its founding to its end. It reads like its newest state; `at` tells how it stood before.
#[derive(Clone, Debug)]
pub struct Unit {
    /// Which unit, whatever it is called at a time.
    pub id: Id<Unit>,
    /// Its states in order of time, never empty.
    pub(super) states: Vec<UnitState>,
}

/// How a unit stood from an instant to another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnitState {
    /// The unit above; none at the top.
    pub parent: Option<Id<Unit>>,
    /// The kind's key.
    pub kind: String,
    /// Administrative, grid or readable code.
    pub code: String,
    /// Codes from the top down to this one, such as `/990101/990101001/`.
    pub path: String,
    /// Full name.
    pub name: String,
    /// English name.
    pub name_en: Option<String>,
    /// Short or local name.
    pub alias: Option<String>,
    /// Office telephone.
    pub phone: Option<String>,
    /// Codes of grids that it serves, for partners and the like.
    pub serves: Vec<String>,
    /// The first instant.
    pub from: Time,
    /// The first instant after; none while it lasts.
    pub to: Option<Time>,
}

impl Unit {
    /// How it stood at this instant; nothing before its founding and after its end.
    pub fn at(&self, at: Time) -> Option<&UnitState> {
        self.states.iter().rev().find(|s| holds(s.from, s.to, at))
    }

    /// Every state in order of time.
    pub fn states(&self) -> &[UnitState] {
        &self.states
    }

    /// The last state before or at this instant, also after the unit's end.
    pub(super) fn last_known(&self, at: Time) -> &UnitState {
        self.states.iter().rev().find(|s| s.from <= at).unwrap_or(&self.states[0])
    }
}

impl std::ops::Deref for Unit {
    type Target = UnitState;
    fn deref(&self) -> &UnitState {
        &self.states[self.states.len() - 1]
    }
}

/// Whether an instant lies in a half-open time.
pub(super) fn holds(from: Time, to: Option<Time>, at: Time) -> bool {
    from <= at && to.is_none_or(|to| at < to)
}

/// What is known of a grid beside its unit, from an instant to another. The border itself lies in the index.
#[derive(Clone, Debug, PartialEq)]
pub struct GridState {
    /// Residential or dedicated.
    pub kind: GridType,
    /// What a dedicated grid is dedicated to.
    pub subtype: Option<String>,
    /// `urban` or `rural`.
    pub area_kind: Option<String>,
    /// The layer that it belongs to.
    pub layer: String,
    /// How many households live there, when it was counted.
    pub households: Option<u32>,
    /// Area in square metres.
    pub area_m2: f64,
    /// What bounds it in the east, south, west and north.
    pub sides: [Option<String>; 4],
    /// Names of its compounds.
    pub compounds: Vec<String>,
    /// The first instant.
    pub from: Time,
    /// The first instant after; none while it lasts.
    pub to: Option<Time>,
}

/// Somebody who works for the district, as stored; a [`super::Directory`] tells a [`super::PersonRef`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// Who.
    pub id: Id<Person>,
    /// Staff number.
    pub staff_no: String,
    /// Name; staff act under it in public.
    pub name: String,
}

/// A post of a unit, as it is stored; what a [`super::Directory`] tells of one is a [`super::PostRef`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Post {
    /// Which post.
    pub id: Id<Post>,
    /// The unit that has it.
    pub unit: Id<Unit>,
    /// The slot of the staffing template, such as `full_time`.
    pub slot: String,
    /// What it is called.
    pub title: String,
    /// The first instant.
    pub from: Time,
    /// The first instant after; none while it lasts.
    pub to: Option<Time>,
}

/// Somebody in a post from an instant to another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holder {
    /// The row, for ending it.
    pub id: Id<Holder>,
    /// Who.
    pub person: Id<Person>,
    /// How employed: `full_time`, `part_time`, `seconded` …
    pub employment: Option<String>,
    /// The first instant.
    pub from: Time,
    /// The first instant after; none while it lasts.
    pub to: Option<Time>,
}

/// A leave that counts: confirmed, or ended after it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leave {
    /// Which.
    pub id: Id<Leave>,
    /// Who is away.
    pub person: Id<Person>,
    /// Who stands in.
    pub deputy: Option<Id<Person>>,
    /// The first instant away.
    pub from: Time,
    /// The first instant back.
    pub to: Time,
}

/// Somebody, or at least a telephone, on duty for a unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Duty {
    /// Who; a duty room may only have a telephone.
    pub person: Option<Id<Person>>,
    /// What to call.
    pub phone: Option<String>,
    /// The first instant.
    pub from: Time,
    /// The first instant after.
    pub to: Time,
}

/// A slot of a staffing template.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Slot {
    /// The template's name, such as `1+1+N+X`.
    pub template: String,
    /// `residential`, `dedicated`, or a unit's kind.
    pub grid_type: String,
    /// Limits it to a sub-type, or to `urban` or `rural`.
    pub subtype: Option<String>,
    /// The slot's key.
    pub slot: String,
    /// What it is called.
    pub name: String,
    /// How many there must be at least.
    pub least: u32,
    /// How many there may be at most.
    pub most: u32,
    /// Who may hold it.
    pub eligibility: Option<String>,
}

/// A word of the catalogue that means a unit by the place of the matter; data of the district.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RelativeWord {
    /// The word.
    pub word: String,
    /// How it finds its unit.
    pub rule: Rule,
    /// Kinds of units that the rule looks for.
    pub kinds: Vec<String>,
}

/// A unit that depends on the place: a word with what it says beyond the word (the office of a street).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RelativeUnit {
    /// The word.
    pub word: RelativeWord,
    /// What follows the word; empty unless the rule is [`Rule::Office`].
    pub office: String,
}

/// Who leads or helps, as the catalogue writes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LeadRef {
    /// A unit by its name, alias or code.
    Named(String),
    /// A unit that depends on the place.
    Relative(RelativeUnit),
}

impl LeadRef {
    /// Reads the catalogue's text; the longest of the words that fits decides, everything else is a unit's name.
    pub fn parse(text: &str, words: &[RelativeWord]) -> Self {
        let text = text.trim();
        let fits = |w: &&RelativeWord| match text.strip_prefix(w.word.as_str()) {
            Some(rest) => rest.is_empty() || w.rule == Rule::Office,
            None => false,
        };
        match words.iter().filter(fits).max_by_key(|w| w.word.len()) {
            Some(word) => {
                let office = text[word.word.len()..].to_owned();
                Self::Relative(RelativeUnit { word: word.clone(), office })
            }
            None => Self::Named(text.to_owned()),
        }
    }

    /// The catalogue's text again.
    pub fn text(&self) -> String {
        match self {
            Self::Named(name) => name.clone(),
            Self::Relative(unit) => format!("{}{}", unit.word.word, unit.office),
        }
    }
}

/// Where a point lies.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Located {
    /// The grid of the main layer that answers for the point.
    pub grid: Option<Id<Unit>>,
    /// Other grids of the same type that claim it too: a fault of the borders that a person must look at.
    pub others: Vec<Id<Unit>>,
}

/// "Who is responsible?"
#[derive(Clone, Debug)]
pub struct Question<'a> {
    /// The grid or unit where the matter is; none when nobody knows.
    pub place: Option<Id<Unit>>,
    /// Who leads, by the catalogue.
    pub lead: &'a LeadRef,
    /// When.
    pub at: Time,
    /// People who must not get it, because they handled it before or reported it themselves.
    pub not: &'a [Id<Person>],
}

/// The answer: a unit always, a person when there is one, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Responsible {
    /// The unit that owns the case.
    pub unit: Id<Unit>,
    /// Who of it gets the case; a desk takes what has no person.
    pub person: Option<Id<Person>>,
    /// Why, step by step; never empty.
    pub reasons: Vec<Reason>,
    /// What a human must look at: `no-grid`, `no-unit`, `no-person`.
    pub attention: Vec<&'static str>,
}

/// One step of an answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Reason {
    /// The stable word of the step.
    pub code: &'static str,
    /// Names that its sentence mentions.
    pub params: BTreeMap<&'static str, String>,
}

/// The sentences of reasons: code, Chinese, English.
pub const REASONS: &[(&str, &str, &str)] = &[
    ("lead-named", "事项目录规定由{unit}牵头", "the catalogue names {unit} as the lead"),
    (
        "lead-relative",
        "事项目录规定由“{word}”负责，按事发地点{place}确定",
        "the catalogue names \"{word}\", which depends on the place, {place}",
    ),
    ("unknown-unit", "事项目录中的“{name}”在现行组织架构中找不到", "\"{name}\" of the catalogue is no unit in force"),
    ("no-place", "没有确定事发网格，“{word}”无从确定", "without a grid \"{word}\" cannot be told"),
    ("no-ancestor", "{place}上级没有“{word}”对应的单位", "nothing above {place} is meant by \"{word}\""),
    ("no-office", "{street}没有“{office}”，由{street}承接", "{street} has no office \"{office}\" and takes the case itself"),
    ("office", "{street}辖区由{unit}负责", "in {street} {unit} is responsible"),
    ("area", "事发地点属于{unit}", "the place belongs to {unit}"),
    ("serves", "{unit}服务{place}", "{unit} serves {place}"),
    ("no-partner", "没有“{word}”服务{place}，由{unit}负责", "no \"{word}\" serves {place}, so {unit} is responsible"),
    ("worker", "{person}是{grid}的专职网格员", "{person} is the full-time worker of {grid}"),
    ("vacant", "{grid}没有在岗的专职网格员", "{grid} has no full-time worker"),
    ("on-leave", "{person}正在请假", "{person} is on leave"),
    (
        "passed-over",
        "{person}办理过或本人上报，按规定换人办理",
        "{person} handled or reported it before, so somebody else gets it",
    ),
    ("deputy", "{person}代班", "{person} stands in"),
    ("head", "{person}是{grid}的网格长", "{person} is the head of {grid}"),
    ("no-person", "{grid}没有可以接手的人员", "nobody of {grid} can take it"),
    ("desk", "由{unit}工作台承接", "the desk of {unit} takes it"),
    ("no-desk", "{unit}没有工作台，由上一级承接", "{unit} has no desk, so the next one above takes it"),
    ("on-duty", "{person}正在{unit}值班", "{person} is on duty at {unit}"),
];

impl Reason {
    /// A step with the names that its sentence mentions.
    pub fn new<const N: usize>(code: &'static str, params: [(&'static str, &str); N]) -> Self {
        Self { code, params: params.into_iter().map(|(k, v)| (k, v.to_owned())).collect() }
    }

    /// The sentence in Chinese.
    pub fn zh(&self) -> String {
        self.fill(|r| r.1)
    }

    /// The sentence in English.
    pub fn en(&self) -> String {
        self.fill(|r| r.2)
    }

    fn fill<'c>(&'c self, language: impl Fn(&'c (&str, &str, &str)) -> &'c str) -> String {
        filled(REASONS.iter().find(|r| r.0 == self.code).map_or(self.code, language), &self.params)
    }
}

/// The Chinese sentence of a code with these names in its gaps; a code that is known no more stands for itself.
pub fn said(code: &str, names: &BTreeMap<String, String>) -> String {
    filled(REASONS.iter().find(|r| r.0 == code).map_or(code, |r| r.1), names)
}

fn filled<K: std::fmt::Display>(sentence: &str, names: &BTreeMap<K, String>) -> String {
    names.iter().fold(sentence.to_owned(), |text, (name, value)| text.replace(&format!("{{{name}}}"), value))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words() -> Vec<RelativeWord> {
        let word = |word: &str, rule, kinds: &[&str]| RelativeWord {
            word: word.into(),
            rule,
            kinds: kinds.iter().map(|k| (*k).to_owned()).collect(),
        };
        vec![
            word("属地网格", Rule::Grid, &[]),
            word("属地社区", Rule::Ancestor, &["community", "village"]),
            word("属地街道", Rule::Office, &["street"]),
            word("小区物业", Rule::Serving, &["partner"]),
        ]
    }

    #[test]
    fn the_catalogues_words_are_told_from_names() {
        let words = words();
        for (text, expected) in [
            ("属地网格", Some((Rule::Grid, ""))),
            (" 属地社区 ", Some((Rule::Ancestor, ""))),
            ("属地街道", Some((Rule::Office, ""))),
            ("属地街道执法队", Some((Rule::Office, "执法队"))),
            ("小区物业", Some((Rule::Serving, ""))),
            ("属地社区卫生站", None),
            ("区水务局", None),
            ("", None),
        ] {
            let lead = LeadRef::parse(text, &words);
            match (&lead, expected) {
                (LeadRef::Relative(unit), Some((rule, office))) => {
                    assert_eq!((unit.word.rule, unit.office.as_str()), (rule, office), "{text}");
                }
                (LeadRef::Named(name), None) => assert_eq!(name, text),
                _ => panic!("{text}: {lead:?}"),
            }
            assert_eq!(lead.text(), text.trim());
        }
    }

    #[test]
    fn sentences_have_their_names_filled_in() {
        let reason = Reason::new("worker", [("person", "甲"), ("grid", "乙网格")]);
        assert_eq!(reason.zh(), "甲是乙网格的专职网格员");
        assert_eq!(reason.en(), "甲 is the full-time worker of 乙网格");
    }

    #[test]
    fn every_reason_has_both_sentences_with_the_same_names() {
        let names = |text: &str| {
            let mut names: Vec<String> = text.split('{').skip(1).filter_map(|p| Some(p.split_once('}')?.0.to_owned())).collect();
            names.sort();
            names.dedup();
            names
        };
        for (code, zh, en) in REASONS {
            assert_eq!(names(zh), names(en), "{code}");
        }
    }
}
