#![doc = include_str!("../README.md")]

mod cases;
mod content;
mod faces;
pub mod hours;
mod model;
mod orgs;
mod people;
mod plan;
mod rng;
mod scenes;
mod shape;
mod svg;
mod town;
mod wording;
mod write;

pub use cases::{Figures, Rate, due, figures};
pub use model::*;
pub use shape::{area2, contains};

use cases::Scene;
use content::{Draft, Holiday, Tendency, file};
use hours::{Calendar, Instant, local_day, parse_date, rfc3339};
use std::collections::BTreeMap;
use wording::{Place, Wording};

/// What to generate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// The same seed gives the same bytes on every machine.
    pub seed: u64,
    /// Number of grids; 60 is the invented district of the brief, at least 1.
    pub grids: usize,
    /// The present moment of the demonstration, in milliseconds since 1970.
    pub today: i64,
    /// Number of cases; `None` scales the brief's year with the grids.
    pub cases: Option<usize>,
}

impl Options {
    /// The invented district of 60 grids at this moment (milliseconds since 1970), seed 1.
    pub fn at(today: i64) -> Self {
        Self { seed: 1, grids: 60, today, cases: None }
    }

    /// The district of 60 grids at a moment written as `2026-11-20` (nine o'clock) or `2026-11-20T09:00:00+08:00`; `None` when it is
    /// neither.
    pub fn at_text(today: &str) -> Option<Self> {
        Some(Self::at(hours::parse(today)? * 1000))
    }
}

/// The calendar behind the times of the cases: the published holidays of 2024 to 2026, Monday to Friday in other years.
pub fn calendar() -> Calendar {
    let rows: Vec<Holiday> = file!("holidays");
    let days = |h: &Holiday| Some((parse_date(&h.from)?, parse_date(&h.to)?, h.kind == "work"));
    Calendar::new(&rows.iter().filter_map(days).collect::<Vec<_>>())
}

/// Generates a district. The time depends on `grids` and `cases` only, as does the memory: about 1.2 kB for a case.
pub fn generate(options: &Options) -> District {
    let (seed, now) = (options.seed, options.today.div_euclid(1000));
    let day = local_day(now);
    let streets = plan::plan(seed, options.grids.max(1));
    let layout = shape::layout(seed, &streets);
    let town = town::build(seed, &streets, &layout);
    let town::Town { grids, mut compounds, buildings, roads, water, places } = town;
    let orgs = orgs::orgs(&streets, &grids, &mut compounds);
    let staff = people::staff(seed, &streets, &grids, &orgs);
    let leave = people::leave(&staff, &grids, day);
    let duty = people::duty(&staff, &orgs, day);
    let catalogue: Vec<Matter> = file!("catalogue");
    let tendencies = tendencies(&catalogue);
    let (wording, calendar) = (Wording::load(), calendar());
    let history = history(seed, &wording, &catalogue, &tendencies, &compounds, &grids);
    let mut incidents = {
        let scene = Scene::new(&cases::Parts {
            grids: &grids,
            buildings: &buildings,
            places: &places,
            layout: &layout,
            catalogue: &catalogue,
            tendencies: &tendencies,
            orgs: &orgs,
            staff: &staff,
            wording: &wording,
            calendar: &calendar,
            now,
        });
        cases::cases(&scene, seed, options.cases)
    };
    distinguish(&mut incidents, &history);
    let scenes = if incidents.len() >= cases::ROOM {
        let (streets, grids, buildings, orgs) = (&streets, &grids, &buildings, &orgs);
        scenes::scenes(&scenes::Ground {
            streets,
            grids,
            buildings,
            orgs,
            staff: &staff,
            catalogue: &catalogue,
            calendar: &calendar,
            now,
        })
    } else {
        vec![]
    };
    let notices = notices(&streets, &grids, &incidents, &catalogue, &calendar, now);
    let hotlines = hotlines(&orgs);
    let mut district = District {
        meta: meta(options, now),
        boundaries: boundaries(&streets, &layout),
        orgs,
        grids,
        compounds,
        buildings,
        roads,
        water,
        staff,
        templates: file!("templates"),
        leave,
        duty,
        catalogue,
        shifts: file!("shifts"),
        incidents,
        history,
        notices,
        hotlines,
        reasons: file!("reasons"),
        scenes,
    };
    district.meta.counts = counts(&district);
    district
}

/// The tendencies in the order of the catalogue.
fn tendencies(catalogue: &[Matter]) -> Vec<Tendency> {
    let mut rows: Vec<Tendency> = file!("tendencies");
    let place = |t: &Tendency| catalogue.iter().position(|m| m.level3 == t.matter).expect("every tendency is of a matter");
    rows.sort_by_key(place);
    assert_eq!(rows.len(), catalogue.len(), "every matter has its tendency");
    rows
}

fn meta(options: &Options, now: Instant) -> Meta {
    Meta {
        name: content::district("name"),
        name_en: content::district("name_en"),
        code: plan::DISTRICT.into(),
        label: content::district("label"),
        seed: options.seed,
        today: rfc3339(now),
        counts: BTreeMap::new(),
    }
}

fn boundaries(streets: &[plan::Street], layout: &shape::Layout) -> Vec<Boundary> {
    let boundary = |code: &str, name: String, kind: &str, ring| Boundary { code: code.into(), name, kind: kind.into(), ring };
    let mut rows = vec![boundary(plan::DISTRICT, content::district("name"), "district", layout.outline())];
    for (street, block) in streets.iter().zip(&layout.streets) {
        rows.push(boundary(&street.code, format!("{}街道", street.stem), "street", layout.ring(block.rect)));
    }
    for (community, block) in streets.iter().flat_map(|s| &s.communities).zip(&layout.communities) {
        let kind = if community.village { "village" } else { "community" };
        rows.push(boundary(&community.code, community.name(), kind, layout.ring(block.rect)));
    }
    rows
}

fn history(
    seed: u64,
    wording: &Wording,
    catalogue: &[Matter],
    tendencies: &[Tendency],
    compounds: &[Compound],
    grids: &[Grid],
) -> Vec<Sentence> {
    let road = |c: &Compound| grids.iter().find(|g| g.code == c.grid_code).map_or_else(String::new, |g| g.south.clone());
    // The names of sixty grids are variety enough.
    let places: Vec<Place> =
        compounds.iter().take(150).map(|c| Place { compound: c.name.clone(), road: road(c), block: None, floors: 17 }).collect();
    let weights: Vec<f64> = tendencies.iter().map(|t| t.weight).collect();
    wording.history(seed, catalogue, &weights, &places)
}

/// Incident texts are drawn apart from the training sentences; the few that came out the same get a mark of their own.
fn distinguish(incidents: &mut [Incident], history: &[Sentence]) {
    let known: std::collections::BTreeSet<&str> = history.iter().map(|s| s.text.as_str()).collect();
    for row in incidents.iter_mut().filter(|r| known.contains(r.text.as_str())) {
        row.text = format!("{}（位置：{}）", row.text, row.address);
    }
}

fn notices(
    streets: &[plan::Street],
    grids: &[Grid],
    incidents: &[Incident],
    catalogue: &[Matter],
    calendar: &Calendar,
    now: Instant,
) -> Vec<Notice> {
    let mut by_community: BTreeMap<&str, Vec<&Grid>> = BTreeMap::new();
    for grid in grids {
        by_community.entry(&grid.community).or_default().push(grid);
    }
    let drafts: Vec<Draft> = file!("notices");
    let month = last_month(incidents, now);
    let figures = figures(month.iter().copied(), catalogue, calendar, now);
    drafts
        .into_iter()
        .filter_map(|d| {
            let unit_code = people::resolve(&d.scope, streets, &by_community)?;
            let body = [
                ("{reported}", figures.valid.of),
                ("{valid}", figures.valid.part),
                ("{due}", figures.on_time.of),
                ("{on_time}", figures.on_time.part),
                ("{reached}", figures.reached.part),
                ("{solved}", figures.solved.part),
                ("{satisfied}", figures.satisfied.part),
                ("{unreached}", figures.reached.of - figures.reached.part),
            ];
            let body = body.into_iter().fold(d.body, |text, (slot, n)| text.replace(slot, &n.to_string()));
            let published = hours::at(local_day(now) - d.days_before, 10 * 60);
            Some(Notice { key: d.key, kind: d.kind, title: d.title, unit_code, published_at: rfc3339(published), body })
        })
        .collect()
}

/// The cases reported in the calendar month before `now`.
fn last_month(incidents: &[Incident], now: Instant) -> Vec<&Incident> {
    let (year, month, _) = hours::civil(local_day(now));
    let (year, month) = if month == 1 { (year - 1, 12) } else { (year, month - 1) };
    let prefix = format!("{year:04}-{month:02}-");
    incidents.iter().filter(|r| r.reported_at.starts_with(&prefix)).collect()
}

fn hotlines(orgs: &[Org]) -> Vec<Hotline> {
    let lines: Vec<content::Hotline> = file!("hotlines");
    let street = |name: &str| orgs.iter().find(|o| o.kind == "street" && name.starts_with(&o.name)).map(|o| o.code.clone());
    let one = |line: content::Hotline| match line.scope.as_str() {
        // The duty room of a street that there is.
        "street" => street(&line.name).map(|code| Hotline { name: line.name, phone: line.number, unit: Some(code) }),
        _ => Some(Hotline { name: line.name, phone: line.number, unit: None }),
    };
    lines.into_iter().filter_map(one).collect()
}

fn counts(d: &District) -> BTreeMap<String, usize> {
    let households = d.grids.iter().map(|g| g.households as usize).sum();
    let people: std::collections::BTreeSet<&str> =
        d.staff.iter().map(|s| s.staff_no.as_str()).filter(|n| !n.is_empty()).collect();
    [
        ("orgs", d.orgs.len()),
        ("boundaries", d.boundaries.len()),
        ("grids", d.grids.len()),
        ("households", households),
        ("compounds", d.compounds.len()),
        ("buildings", d.buildings.len()),
        ("roads", d.roads.len()),
        ("water", d.water.len()),
        ("green", d.grids.iter().filter(|g| g.is_green()).count()),
        ("staff", d.staff.len()),
        ("people", people.len()),
        ("leave", d.leave.len()),
        ("duty", d.duty.len()),
        ("catalogue", d.catalogue.len()),
        ("incidents", d.incidents.len()),
        ("history", d.history.len()),
        ("notices", d.notices.len()),
        ("hotlines", d.hotlines.len()),
        ("reasons", d.reasons.len()),
        ("scenes", d.scenes.len()),
    ]
    .into_iter()
    .map(|(k, n)| (k.to_owned(), n))
    .collect()
}
