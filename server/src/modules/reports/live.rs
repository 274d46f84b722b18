//! What stands open now, how the days went, and what comes again. Reads only; counts cases, places and matters, never people.

use std::collections::BTreeMap;

use db::Conn;
use jiff::civil::Date;
use kernel::{Error, Result, Scope, Time};
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    actions::{Names, named, within},
    export::english,
    lists::{self, Lists},
    model::By,
    store::{self, Instant, Window},
};
use crate::{
    app::App,
    modules::{incidents::rules::places::leads, org},
};

/// How long a case has been open, in whole days.
#[derive(Clone, Copy, Debug)]
pub struct Age {
    /// The word in the contract.
    pub word: &'static str,
    /// The column that it is counted in.
    pub column: &'static str,
    /// At least so many days.
    pub least_days: i64,
    /// Fewer than so many; none for the last.
    pub most_days: Option<i64>,
}

/// The ages that open cases are counted by.
pub const AGES: [Age; 5] = [
    Age { word: "day", column: "age_day", least_days: 0, most_days: Some(1) },
    Age { word: "three_days", column: "age_three", least_days: 1, most_days: Some(3) },
    Age { word: "week", column: "age_week", least_days: 3, most_days: Some(7) },
    Age { word: "month", column: "age_month", least_days: 7, most_days: Some(30) },
    Age { word: "older", column: "age_older", least_days: 30, most_days: None },
];

const DAY: i64 = 86_400_000;
/// The longest span of days that is drawn at once.
const MOST_DAYS: i64 = 400;

/// Open cases by light and by age.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// In time.
    pub green: i64,
    /// Little time is left.
    pub yellow: i64,
    /// Past the limit.
    pub red: i64,
    /// The clock stands still.
    pub paused: i64,
    /// No clock runs.
    pub none: i64,
    /// In the order of [`AGES`].
    pub ages: Vec<i64>,
}

impl Standing {
    fn add(&mut self, other: &Self) {
        self.green += other.green;
        self.yellow += other.yellow;
        self.red += other.red;
        self.paused += other.paused;
        self.none += other.none;
        self.ages.resize(AGES.len(), 0);
        for (mine, more) in self.ages.iter_mut().zip(&other.ages) {
            *mine += more;
        }
    }
}

/// A number with the list of its cases.
#[derive(Debug, Serialize, ToSchema)]
pub struct Number {
    /// `green`, `yellow`, `red`, `paused`, `none`, `open`; or `day`, `three_days`, `week`, `month`, `older`.
    pub(super) word: &'static str,
    pub(super) n: i64,
    /// The list of these cases.
    pub(super) cases: String,
}

/// The open cases of one street, department or other part.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = StandingLine)]
pub struct Line {
    pub(super) key: String,
    pub(super) name: String,
    /// The English name of a matter that has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) name_en: Option<String>,
    /// All of them, then by light.
    pub(super) lights: Vec<Number>,
    /// By how long ago they were reported.
    pub(super) ages: Vec<Number>,
}

impl Line {
    /// How many have this light, or are `open`.
    pub(super) fn light(&self, word: &str) -> i64 {
        self.lights.iter().find(|number| number.word == word).map_or(0, |number| number.n)
    }
}

/// The open cases of a scope, as they stand now.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = StandingView)]
pub struct View {
    /// The instant at which it was counted.
    pub(super) as_of: Time,
    pub(super) by: By,
    /// Whether a part of the district was counted: what was handed up or moved elsewhere counts, but lists hold only what the caller may see.
    pub(super) part: bool,
    /// The whole.
    pub(super) total: Line,
    /// The parts.
    pub(super) rows: Vec<Line>,
}

/// What is counted, and the lists behind it.
fn window(app: &App, scope: Scope, by: By, unit: Option<&str>, from: Time, to: Time) -> Result<(Window, Lists)> {
    let (org, now) = (app.org.directory(), app.clock.now());
    let unit = unit.filter(|u| !u.is_empty()).map(|code| within(&org.value, code, now)).transpose()?;
    let leads = leads(&org.value, &scope);
    let lists = Lists::new(by, &scope, unit.as_ref().map(|(unit, within)| (*unit, within)));
    Ok((Window { from, to, now, scope, leads, unit: unit.map(|(_, within)| within) }, lists))
}

/// Counts what stands open.
pub async fn standing(conn: &mut Conn, app: &App, scope: Scope, by: By, unit: Option<&str>) -> Result<View> {
    let (window, lists) = window(app, scope, by, unit, Time::from_millis(0), app.clock.now())?;
    let (org, catalogue, now) = (app.org.directory(), app.catalogue.get(), window.now);
    let names = Names { directory: &org.value, catalogue: &catalogue.value, at: now };
    let (mut whole, mut parts) = (Standing::default(), BTreeMap::<(String, String), Standing>::new());
    for (key, standing) in store::standing(conn, by, &window).await? {
        whole.add(&standing);
        parts.entry(named(&names, by, &key)).or_default().add(&standing);
    }
    let root = org.value.root();
    Ok(View {
        as_of: now,
        by,
        part: lists.is_part(),
        total: line((root.code.clone(), root.name.clone()), &whole, &lists.whole(), now),
        rows: parts
            .into_iter()
            .map(|(key, standing)| {
                let which = lists.part(&key.0);
                let name_en = english(&catalogue.value, by, &key.0);
                Line { name_en, ..line(key, &standing, &which, now) }
            })
            .collect(),
    })
}

fn line((key, name): (String, String), standing: &Standing, which: &str, now: Time) -> Line {
    let list = format!("/api/v1/incidents?state=open{which}");
    let Standing { green, yellow, red, paused, none, ages } = standing;
    let light = |word, n: &i64| Number { word, n: *n, cases: format!("{list}&light={word}") };
    let all = Number { word: "open", n: green + yellow + red + paused + none, cases: list.clone() };
    let age = |(age, n): (&Age, &i64)| {
        let from = age.most_days.map(|days| format!("&from={}", now.plus_days(-days))).unwrap_or_default();
        Number { word: age.word, n: *n, cases: format!("{list}{from}&to={}", now.plus_days(-age.least_days)) }
    };
    Line {
        key,
        name,
        name_en: None,
        lights: vec![
            all,
            light("green", green),
            light("yellow", yellow),
            light("red", red),
            light("paused", paused),
            light("none", none),
        ],
        ages: AGES.iter().zip(ages).map(age).collect(),
    }
}

/// How a day went.
#[derive(Debug, Serialize, ToSchema)]
pub struct DayLine {
    /// The day in the district's own time.
    pub(super) date: String,
    /// Reported on it.
    pub(super) reported: i64,
    /// Solved on it, as it stands now.
    pub(super) resolved: i64,
    /// The list of what was reported.
    pub(super) cases: String,
    /// The list of what was solved.
    pub(super) resolved_cases: String,
}

/// Every day of a span, those without cases too.
pub async fn days(
    conn: &mut Conn,
    app: &App,
    scope: Scope,
    unit: Option<&str>,
    (from, to): (Time, Time),
) -> Result<Vec<DayLine>> {
    if to <= from {
        return Err(Error::invalid("to", "before-from"));
    }
    let (first, last) = (app.zone.wall(from).date(), app.zone.wall(to.plus_millis(-1)).date());
    let length = first.until(last).map_or(MOST_DAYS, |span| i64::from(span.get_days()));
    if length >= MOST_DAYS {
        return Err(Error::invalid("from", "out-of-range"));
    }
    let (window, lists) = window(app, scope, By::Street, unit, from, to)?;
    // Midnights of the district fall on whole days of instants that are moved by this much.
    let offset = (DAY - app.zone.instant(first.at(0, 0, 0, 0)).millis().rem_euclid(DAY)) % DAY;
    let reported: BTreeMap<i64, i64> = by_day(store::days(conn, &window, Instant::Reported, offset).await?);
    let resolved: BTreeMap<i64, i64> = by_day(store::days(conn, &window, Instant::Resolved, offset).await?);
    let which = lists.whole();
    let line = |date: Date| {
        let begin = app.zone.instant(date.at(0, 0, 0, 0));
        let number = (begin.millis() + offset).div_euclid(DAY);
        let n = |of: &BTreeMap<i64, i64>| of.get(&number).copied().unwrap_or(0);
        let (begin, end) = (begin.max(from), begin.plus_days(1).min(to));
        DayLine {
            date: date.to_string(),
            reported: n(&reported),
            resolved: n(&resolved),
            cases: lists::reported(begin, end, &which),
            resolved_cases: format!("/api/v1/incidents?resolved_from={begin}&resolved_to={end}{which}"),
        }
    };
    Ok(first.series(jiff::Span::new().days(1)).take_while(|d| *d <= last).map(line).collect())
}

fn by_day(rows: Vec<store::OfDay>) -> BTreeMap<i64, i64> {
    rows.into_iter().map(|row| (row.day, row.n)).collect()
}

/// A matter that was reported again and again in one place.
#[derive(Debug, Serialize, ToSchema)]
pub struct RepeatLine {
    /// The grid, or the unit where the cases were filed.
    pub(super) place: String,
    pub(super) place_name: String,
    /// The matter's id.
    pub(super) matter: String,
    pub(super) matter_name: String,
    /// The English name of the matter, where it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) matter_en: Option<String>,
    /// How often.
    pub(super) n: i64,
    /// How many of them are open.
    pub(super) open: i64,
    pub(super) last_at: Time,
    /// The list of its cases.
    pub(super) cases: String,
}

/// What was reported at least `least` times in one grid, the most frequent first.
pub async fn repeats(
    conn: &mut Conn,
    app: &App,
    scope: Scope,
    unit: Option<&str>,
    (from, to): (Time, Time),
    (least, limit): (i64, i64),
) -> Result<Vec<RepeatLine>> {
    if to <= from {
        return Err(Error::invalid("to", "before-from"));
    }
    let (window, lists) = window(app, scope, By::Street, unit, from, to)?;
    let (org, catalogue) = (app.org.directory(), app.catalogue.get());
    let place = |path: &str| {
        let code = path.trim_end_matches('/').rsplit('/').next().unwrap_or_default().to_owned();
        let unit = org.value.units_ever(&code).max_by_key(|u: &&org::Unit| u.at(window.now).is_some());
        (code, unit.map(|u| u.name.clone()).unwrap_or_default())
    };
    let line = |row: store::Again| {
        let ((place, place_name), matter) = (place(&row.filed_path), row.matter_id.to_string());
        let name = matter.parse().ok().and_then(|id| catalogue.value.matter(id)).map(|m| m.level3.clone());
        RepeatLine {
            cases: lists::reported(from, to, &lists.with(&format!("&filed_path={}&matter={matter}", row.filed_path))),
            matter_name: name.unwrap_or_default(),
            matter_en: english(&catalogue.value, By::Matter, &matter),
            place,
            place_name,
            matter,
            n: row.n,
            open: row.open,
            last_at: row.last_at,
        }
    };
    Ok(store::repeats(conn, &window, least, limit).await?.into_iter().map(line).collect())
}
