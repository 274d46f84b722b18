//! 疑似重复: open cases that are near in place, time and words. Proposed, never merged by itself.

use geo::Point;
use kernel::Id;
use serde::{Deserialize, Serialize};
use text::Fingerprint;
use utoipa::ToSchema;

use super::{actions::Ground, model::Incident, store::Near};
use crate::modules::{catalogue::Matter, org::Unit};

/// How far back the search goes, in days.
pub const DAYS: i64 = 14;
/// Within so many metres the same matter is proposed when some words agree.
const SAME_PLACE: f64 = 60.0;
/// The cells in which whoever has no account sees the places of other people's reports, in degrees: some hundred metres, about a grid of homes.
const CELL: f64 = 0.001;
/// What `SAME_PLACE` is where places are cells: the corner of a cell is up to 72 m from its middle.
const SAME_CELL: f64 = SAME_PLACE + 72.0;
/// Above what unrelated complaints share (a sixth of their pairs of characters).
const SOME_WORDS: f32 = 0.2;
/// How many of a grid's newest open cases a report is compared with as it comes in.
pub const NEWEST: i64 = 24;
/// The same where somebody looks for a neighbour's report, or joins it: a grid in which much is open hides none of what he means.
pub const LOOKED_FOR: i64 = 200;
/// How far one goes to see what else lies there, in metres.
pub const STEPS: f64 = 200.0;
/// How far back that looks, in days.
pub const RECENT_DAYS: i64 = 30;
/// How many are proposed at most.
const MOST: usize = 5;

/// An open case that may be about the same thing.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Candidate {
    /// The case; for staff only.
    #[serde(skip, default = "Id::nil")]
    pub id: Id<Incident>,
    /// Its number.
    pub code: String,
    /// Its matter, if it is known.
    pub matter: Option<String>,
    /// Its English name, where it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub matter_en: Option<String>,
    /// How far away, in metres; for whoever has no account from the middle of a cell of some hundred metres, to the next fifty.
    pub metres: i64,
    /// How much alike, 0 to 1.
    pub score: f32,
    /// How many people reported it.
    pub reporters: i64,
    /// When the first did.
    pub reported_at: kernel::Time,
    /// Whether this report was joined to it.
    pub joined: bool,
}

/// How exactly the places of open cases enter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Places {
    /// As they are: for staff.
    Exact,
    /// As cells: what anybody is told of a case, its distance and whether it is proposed at all, leads to its cell and not to its door, however
    /// often and from wherever one asks.
    Cells,
}

impl Places {
    fn of(self, n: &Near) -> Point {
        let middle = |degrees: f64| ((degrees / CELL).floor() + 0.5) * CELL;
        match self {
            Self::Exact => Point::new(n.lon, n.lat),
            Self::Cells => Point::new(middle(n.lon), middle(n.lat)),
        }
    }

    fn same(self, metres: f64) -> bool {
        metres <= if self == Self::Exact { SAME_PLACE } else { SAME_CELL }
    }

    /// What is told of a distance: to the metre, or to the next fifty.
    fn told(self, metres: f64) -> i64 {
        if self == Self::Exact { metres.round() as i64 } else { (metres / 50.0).ceil() as i64 * 50 }
    }
}

/// What is kept of a text to compare it with.
pub fn fingerprint(redacted: &str) -> Vec<u8> {
    Fingerprint::new(redacted).to_bytes().to_vec()
}

/// Leaves what anybody may hear of and join: matters that the catalogue publishes, reported by nobody who wants it kept confidential.
pub fn leave_public(ground: &Ground, near: &mut Vec<Near>) {
    let published = |matter: Id<Matter>| ground.catalogue.value.current(matter).is_some_and(|m| m.publishable);
    near.retain(|n| !n.confidential && n.matter_id.is_some_and(published));
}

/// The cases that look like the same matter, the most alike first.
pub fn candidates(
    ground: &Ground,
    near: &[Near],
    places: Places,
    point: Point,
    fingerprint: &[u8],
    matter: Option<Id<Matter>>,
) -> Vec<Candidate> {
    let Some(this) = Fingerprint::from_bytes(fingerprint) else { return vec![] };
    let mut found: Vec<Candidate> = near
        .iter()
        .filter_map(|n| {
            let other = Fingerprint::from_bytes(&n.fingerprint)?;
            let metres = geo::distance_m(point, places.of(n));
            let hours = (ground.now - n.reported_at) as f32 / 3_600_000.0;
            let alike = text::score(&this, &other, Some(metres as f32), hours);
            // The same matter at the same place needs few words in common.
            let same = matter.is_some() && matter == n.matter_id && places.same(metres) && this.likeness(&other) >= SOME_WORDS;
            let score = if same { alike.max(text::POSSIBLE) } else { alike };
            (score >= text::POSSIBLE).then(|| candidate(ground, n, places.told(metres), score))
        })
        .collect();
    found.sort_by(|a, b| b.score.total_cmp(&a.score).then(a.metres.cmp(&b.metres)));
    found.truncate(MOST);
    found
}

fn candidate(ground: &Ground, near: &Near, metres: i64, score: f32) -> Candidate {
    Candidate {
        id: near.id,
        code: near.code.clone(),
        matter: near.matter_id.and_then(|m| ground.catalogue.value.matter(m)).map(|m| m.level3.clone()),
        matter_en: ground.catalogue.value.english(near.matter_id),
        metres,
        score,
        reporters: near.reporters,
        reported_at: near.reported_at,
        joined: false,
    }
}

/// The cases within a few steps, the nearest first. They need not be alike: their score is nothing.
pub fn nearest(ground: &Ground, near: &[Near], point: Point) -> Vec<Candidate> {
    let mut found: Vec<Candidate> = near
        .iter()
        .map(|n| (n, geo::distance_m(point, Point::new(n.lon, n.lat))))
        .filter(|(_, metres)| *metres <= STEPS)
        .map(|(n, metres)| candidate(ground, n, Places::Exact.told(metres), 0.0))
        .collect();
    found.sort_by(|a, b| a.metres.cmp(&b.metres).then(b.reported_at.cmp(&a.reported_at)));
    found.truncate(MOST);
    found
}

/// The grids that a few steps lead into, with the one that a case lies in.
pub fn grids_around(ground: &Ground, point: Point, own: Option<Id<Unit>>) -> Vec<Id<Unit>> {
    let geo::Bounds { min, max } = geo::Bounds::around(point, STEPS);
    let mut grids: Vec<Id<Unit>> = own.into_iter().collect();
    for lon in [min.lon, point.lon, max.lon] {
        for lat in [min.lat, point.lat, max.lat] {
            let found = ground.org.value.locate(lon, lat, ground.now);
            grids.extend(found.grid.into_iter().chain(found.others));
        }
    }
    grids.sort_unstable_by_key(Id::uuid);
    grids.dedup();
    grids
}
