//! Use cases: rates, frozen periods, exclusions.

use std::{collections::BTreeMap, sync::Arc};

use db::{Conn, Tx};
use kernel::{Actor, Error, Id, Result, Scope, Time};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    lists::Lists,
    model::{By, Counts, Line, Part, Period, REPORTED, Rate},
    store::{self, ExclusionRow, Frozen, Parts, Window, Within},
};
use crate::{
    app::App,
    modules::{
        access::audit::Audit,
        catalogue::Catalogue,
        incidents::{
            self,
            model::Incident,
            rules::places::{is_area, leads, paths, place},
            store::frozen::{self, Column, Kept},
        },
        org::{self, Directory, Unit},
    },
    snapshot::AsOf,
};

kernel::codes! {
    /// The period does not read as a day, a week or a month.
    PERIOD_UNKNOWN = "period-unknown";
    /// Only a period that is over can be frozen.
    PERIOD_NOT_OVER = "period-not-over";
    /// The figures of this period stand already.
    FROZEN_ALREADY = "frozen-already";
    /// The case is left out of this rate already, or somebody asked for it.
    EXCLUDED_ALREADY = "excluded-already";
    /// Nobody approves what he asked for.
    APPROVE_OWN = "approve-own";
    /// The wish was decided already.
    DECIDED_ALREADY = "decided-already";
}

/// What is asked.
#[derive(Clone, Debug)]
pub struct Asked {
    /// Reported at or after.
    pub from: Time,
    /// Reported before.
    pub to: Time,
    /// How to split.
    pub by: By,
    /// The code of one unit.
    pub unit: Option<String>,
}

/// Rates of a span of time.
#[derive(Debug)]
pub struct Rates {
    /// Cases reported at or after.
    pub from: Time,
    /// Cases reported before.
    pub to: Time,
    /// The instant at which it was counted.
    pub as_of: Time,
    /// How it is split.
    pub by: By,
    /// The whole.
    pub total: Line,
    /// The parts, in order of their keys.
    pub rows: Vec<Line>,
    /// The lists behind the numbers.
    pub lists: Lists,
}

/// Counts the rates that a scope may see: four statements, however many cases.
pub async fn rates(conn: &mut Conn, app: &App, scope: Scope, asked: &Asked) -> Result<Rates> {
    if asked.to <= asked.from {
        return Err(Error::invalid("to", "before-from"));
    }
    let (org, catalogue, now) = (app.org.directory(), app.catalogue.get(), app.clock.now());
    let directory = &org.value;
    let unit = asked.unit.as_deref().map(|code| within(directory, code, now)).transpose()?;
    let leads = leads(directory, &scope);
    let lists = Lists::new(asked.by, &scope, unit.as_ref().map(|(unit, within)| (*unit, within)));
    let window = Window { from: asked.from, to: asked.to, now, scope, leads, unit: unit.map(|(_, within)| within) };
    let parts = store::count(conn, asked.by, &window).await?;
    let names = Names { directory, catalogue: &catalogue.value, at: asked.to.min(now) };
    let (total, rows) = lines(&names, asked.by, &parts);
    Ok(Rates { from: asked.from, to: asked.to, as_of: now, by: asked.by, total, rows, lists })
}

/// A street, community or grid is where cases are filed; any other unit is whatever it leads.
pub(super) fn within<'a>(directory: &'a Directory, code: &str, at: Time) -> Result<(&'a Unit, Within)> {
    let unit = directory.unit_by_code(code).ok_or_else(|| Error::invalid("unit", "unknown-unit"))?;
    let area = unit.id == directory.root().id || directory.grid(unit.id, at).is_some() || is_area(&unit.kind);
    Ok((unit, if area { Within::Filed(paths(unit)) } else { Within::Led(unit.id) }))
}

/// What keys are called.
pub(super) struct Names<'a> {
    pub(super) directory: &'a Directory,
    pub(super) catalogue: &'a Catalogue,
    pub(super) at: Time,
}

/// Adds the parts up to lines with names: grids to their street or community, the rest as it is.
fn lines(names: &Names<'_>, by: By, parts: &Parts) -> (Line, Vec<Line>) {
    let mut whole = Part::default();
    let mut grouped: BTreeMap<(String, String), Part> = BTreeMap::new();
    for (key, part) in parts {
        whole.add(part);
        grouped.entry(named(names, by, key)).or_default().add(part);
    }
    let root = names.directory.root();
    let total = Line::of(root.code.clone(), root.name.clone(), whole.counts, &whole.excluded);
    (total, grouped.into_iter().map(|((key, name), part)| Line::of(key, name, part.counts, &part.excluded)).collect())
}

pub(super) fn named(names: &Names<'_>, by: By, key: &str) -> (String, String) {
    let directory = names.directory;
    let none = || (String::new(), String::new());
    match by {
        By::Channel => (key.to_owned(), key.to_owned()),
        By::Matter => match key.parse().ok().and_then(|id| names.catalogue.matter(id)) {
            Some(matter) => (key.to_owned(), matter.level3.clone()),
            None => none(),
        },
        By::Department => match key.parse().ok().and_then(|id| directory.unit(id)) {
            Some(unit) => (unit.code.clone(), unit.name.clone()),
            None => none(),
        },
        By::Street | By::Community => {
            let kinds = if by == By::Street { org::STREETS } else { org::COMMUNITIES };
            place(directory, key, kinds, names.at).map_or_else(none, |u| (u.code.clone(), u.name.clone()))
        }
    }
}

/// A period as it was counted, with the pictures that its lines were named by.
pub struct Measured {
    span: Period,
    as_of: Time,
    org: Arc<AsOf<Directory>>,
    catalogue: Arc<AsOf<Catalogue>>,
    parts: Vec<(By, Vec<Line>)>,
}

impl Measured {
    /// The whole, then the parts in order of their keys.
    fn lines(&self, by: By, parts: &Parts) -> Vec<Line> {
        let (directory, catalogue) = (&self.org.value, &self.catalogue.value);
        let (total, rows) = lines(&Names { directory, catalogue, at: self.span.to.min(self.as_of) }, by, parts);
        std::iter::once(total).chain(rows).collect()
    }
}

/// Counts a period in every split as of one instant, to be frozen. Reads only, so that it happens before the transaction.
pub async fn measure(conn: &mut Conn, app: &App, period: &str) -> Result<Measured> {
    let span = Period::read(period, app.zone).ok_or(Error::refused(PERIOD_UNKNOWN))?;
    let now = app.clock.now();
    if span.to > now {
        return Err(Error::refused(PERIOD_NOT_OVER));
    }
    let (org, catalogue) = (app.org.directory(), app.catalogue.get());
    let mut measured = Measured { span, as_of: now, org, catalogue, parts: vec![] };
    let window = Window { from: span.from, to: span.to, now, scope: Scope::All, leads: vec![], unit: None };
    for by in By::ALL {
        let counted = store::count(conn, *by, &window).await?;
        measured.parts.push((*by, measured.lines(*by, &counted)));
    }
    Ok(measured)
}

/// A period whose figures stand.
#[derive(Debug, Serialize, ToSchema)]
pub struct PeriodView {
    /// `2025-03-10`, `2025-W11` or `2025-03`.
    pub period: String,
    /// Its first instant.
    pub from: Time,
    /// The first instant after it.
    pub to: Time,
    /// When it was frozen.
    pub frozen_at: Time,
    /// Whether its cases were kept with it, so that its numbers open their lists.
    pub listed: bool,
}

impl From<Frozen> for PeriodView {
    fn from(f: Frozen) -> Self {
        Self { period: f.period, from: f.from_at, to: f.to_at, frozen_at: f.frozen_at, listed: f.listed }
    }
}

/// Keeps what was measured, and the cases behind it.
///
/// # Errors
/// `Stale` when a case moved since it was counted, be it from one line to another: numbers and lists would not be the same.
pub async fn freeze(tx: &mut Tx, now: Time, who: &Actor, period: &str, measured: &Measured) -> Result<PeriodView> {
    let Measured { span, as_of, parts, .. } = measured;
    let frozen =
        Frozen { period: period.to_owned(), from_at: span.from, to_at: span.to, frozen_at: now, frozen_by: who.id, listed: true };
    if store::frozen(tx, period).await?.is_some() {
        return Err(Error::refused(FROZEN_ALREADY));
    }
    store::freeze(tx, &frozen, parts).await?;
    frozen::keep(tx, period, span.from, span.to, *as_of).await?;
    // Streets and communities are told apart by the same column, which is read once.
    let mut known: Option<(Column, Parts)> = None;
    for (by, lines) in parts {
        let column = column(*by);
        let kept = match known.take().filter(|(of, _)| *of == column) {
            Some((_, kept)) => kept,
            None => listed(&frozen::kept(tx, period, column).await?),
        };
        let as_listed = |line: &Line| (line.key.clone(), line.in_cases());
        if !lines.iter().map(as_listed).eq(measured.lines(*by, &kept).iter().map(as_listed)) {
            return Err(Error::Stale);
        }
        known = Some((column, kept));
    }
    Audit::new("report.freeze", "report_period", uuid::Uuid::nil()).with("period", period).record(tx, now, who).await?;
    Ok(frozen.into())
}

/// By what a line of this split selects the cases of its list.
const fn column(by: By) -> Column {
    match by {
        By::Street | By::Community => Column::Filed,
        By::Department => Column::Lead,
        By::Matter => Column::Matter,
        By::Channel => Column::Channel,
    }
}

/// How long the lists of each key are: of every figure, and of what each rate leaves out.
fn listed(kept: &[Kept]) -> Parts {
    let mut parts = Parts::new();
    for Kept { key, left_out, counts, n } in kept {
        let words = counts.iter().map(|figure| figure.cases().unwrap_or(figure.word()));
        let counts = Counts(words.chain([REPORTED]).map(|word| (word.to_owned(), *n)).collect());
        let excluded = Rate::ALL.iter().filter(|rate| rate.judged().is_some_and(|judged| left_out.contains(&judged)));
        let excluded = excluded.map(|rate| (*rate, counts.clone())).collect();
        parts.entry(key.clone()).or_default().add(&Part { counts, excluded });
    }
    parts
}

/// A wish to leave a case out of a rate.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Exclude {
    /// The case.
    #[schema(value_type = uuid::Uuid)]
    pub incident: Id<Incident>,
    /// `response`, `solved` or `satisfied`.
    pub rate: Rate,
    /// Why.
    pub reason: String,
}

/// The decision.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = reports::Decide)]
#[serde(deny_unknown_fields)]
pub struct Decide {
    /// Whether the case is left out.
    pub approved: bool,
    /// Why, or why not.
    pub words: String,
}

/// Asks to leave a case out; it counts until somebody else approves.
pub async fn exclude(tx: &mut Tx, now: Time, who: &Actor, scope: &Scope, body: &Exclude) -> Result<ExclusionRow> {
    let reason = text::redact(incidents::actions::required("reason", &body.reason, 500)?).text;
    if body.rate.judged().is_none() {
        return Err(Error::invalid("rate", "not-to-be-excluded"));
    }
    let case = incidents::store::find(tx, scope, body.incident).await?;
    let row = ExclusionRow {
        id: Id::new(now),
        incident_id: case.id,
        code: case.code,
        filed_path: case.filed_path,
        rate: body.rate,
        reason,
        asked_by: who.id,
        asked_at: now,
        approved: None,
        decided_by: None,
        decided_at: None,
        words: None,
    };
    if let Err(error) = store::ask(tx, &row).await {
        let twice = db::unique_violation(&error) == Some("uq_report_exclusion_open");
        return Err(if twice { Error::refused(EXCLUDED_ALREADY) } else { error });
    }
    let audit = Audit::new("report.exclude", "incident", case.id.uuid()).under(&row.filed_path);
    audit.with("rate", body.rate.word()).record(tx, now, who).await?;
    Ok(row)
}

/// Decides a wish; not one's own.
pub async fn decide(
    tx: &mut Tx,
    now: Time,
    who: &Actor,
    scope: &Scope,
    id: Id<store::Exclusion>,
    body: &Decide,
) -> Result<ExclusionRow> {
    let words = text::redact(incidents::actions::required("words", &body.words, 500)?).text;
    let row = store::exclusion(tx, scope, id).await?.ok_or(Error::NotFound)?;
    if row.asked_by == who.id {
        return Err(Error::refused(APPROVE_OWN));
    }
    if !store::decide(tx, id, body.approved, who.id, now, &words).await? {
        return Err(Error::refused(DECIDED_ALREADY));
    }
    if let Some(judged) = row.rate.judged().filter(|_| body.approved) {
        incidents::store::leave_out(tx, row.incident_id, judged).await?;
    }
    let action = if body.approved { "report.exclusion.approve" } else { "report.exclusion.refuse" };
    let audit = Audit::new(action, "incident", row.incident_id.uuid()).under(&row.filed_path);
    audit.with("rate", row.rate.word()).record(tx, now, who).await?;
    Ok(ExclusionRow { approved: Some(body.approved), decided_by: Some(who.id), decided_at: Some(now), words: Some(words), ..row })
}
