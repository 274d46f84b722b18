//! Cases as everybody may see them: the matter as residents say it, the grid, how it goes. Nothing that anybody wrote, no number, no point finer
//! than the grid, and only of matters that the catalogue publishes.

use db::Conn;
use kernel::{Cursor, Id, Page, Result, Time};
use serde::Serialize;
use utoipa::ToSchema;

use super::{GridName, grid_name};
use crate::{
    app::App,
    modules::{
        catalogue::Matter,
        incidents::{
            actions::Ground,
            model::{Action, Light, Outcome, State},
            store::{self, Case, open::PublicRow},
        },
        org::{COMMUNITIES, Unit},
    },
};

/// How far back everybody sees.
const DAYS: i64 = 182;

/// A published case.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct PublicCase {
    matter: String,
    /// Its English name, where it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    matter_en: Option<String>,
    grid: GridName,
    community: Option<String>,
    state: State,
    light: Light,
    /// The day of the report, by the district's clocks.
    day: String,
    /// When it has to be solved, while it is not.
    due: Option<Time>,
    /// The day on which it was solved.
    solved_day: Option<String>,
    result: Option<Outcome>,
    reporters: i64,
}

/// How many published cases a grid has.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct GridCases {
    grid: GridName,
    /// Being worked on.
    open: i64,
    /// Solved in the last half year.
    solved: i64,
}

/// A step as everybody may see it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SharedStep {
    at: Time,
    what: Action,
}

/// How a case goes on, without words.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SharedView {
    matter: Option<String>,
    /// Its English name, where it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    matter_en: Option<String>,
    grid: Option<GridName>,
    state: State,
    light: Light,
    yellow_at: Option<Time>,
    red_at: Option<Time>,
    due: Option<Time>,
    reported_at: Time,
    round: i64,
    reporters: i64,
    result: Option<Outcome>,
    steps: Vec<SharedStep>,
}

/// The matters that are published now.
fn matters(ground: &Ground) -> Vec<Id<Matter>> {
    ground.catalogue.value.published().map(|m| m.id).collect()
}

/// A page of published cases.
pub async fn cases(
    conn: &mut Conn,
    app: &App,
    ground: &Ground,
    grid: Option<Id<Unit>>,
    cursor: Option<Cursor>,
    limit: usize,
) -> Result<Page<PublicCase>> {
    let as_of = cursor.map_or(ground.now, |c| c.as_of);
    let since = ground.now.plus_days(-DAYS);
    let rows = store::open::page(conn, &matters(ground), grid, since, as_of, cursor, limit).await?;
    let page = Page::cut(rows, limit, as_of, |row| (row.reported_at.millis(), row.id.uuid()));
    let next = page.next;
    Ok(Page { items: page.items.into_iter().filter_map(|row| seen(app, ground, &row)).collect(), next })
}

fn seen(app: &App, ground: &Ground, row: &PublicRow) -> Option<PublicCase> {
    let open = row.state.is_open();
    let community = ground.org.value.above(row.grid_id, COMMUNITIES, ground.now).map(|u| u.name.clone());
    Some(PublicCase {
        matter: ground.catalogue.value.matter(row.matter_id)?.spoken().to_owned(),
        matter_en: ground.catalogue.value.matter(row.matter_id)?.english(),
        grid: grid_name(ground, row.grid_id)?,
        community,
        light: if open { Light::at(ground.now, row.yellow_at, row.red_at, row.paused.is_some()) } else { Light::None },
        day: app.zone.date(row.reported_at).to_string(),
        due: row.due_at.filter(|_| open),
        solved_day: row.resolved_at.filter(|_| !open).map(|at| app.zone.date(at).to_string()),
        result: row.result.filter(|_| !open),
        reporters: row.reporters,
        state: row.state,
    })
}

/// How many published cases each grid has.
pub async fn grids(conn: &mut Conn, ground: &Ground) -> Result<Vec<GridCases>> {
    let rows = store::open::by_grid(conn, &matters(ground), ground.now.plus_days(-DAYS), ground.now).await?;
    let counted = |row: store::open::GridCount| {
        Some(GridCases { grid: grid_name(ground, row.grid_id)?, open: row.open, solved: row.solved })
    };
    Ok(rows.into_iter().filter_map(counted).collect())
}

/// How a shared case goes on.
pub async fn shared(conn: &mut Conn, ground: &Ground, case: Case) -> Result<SharedView> {
    let steps = store::steps(conn, case.id).await?;
    // What reporters said, rated or answered is theirs, and so is that they did.
    let personal = [Action::Remark, Action::Rate, Action::Absorb, Action::Release];
    let told = steps.into_iter().filter(|s| s.is_public && !personal.contains(&s.action));
    Ok(SharedView {
        matter: case.matter_id.and_then(|m| ground.catalogue.value.matter(m)).map(|m| m.spoken().to_owned()),
        matter_en: ground.catalogue.value.english(case.matter_id),
        grid: case.grid_id.and_then(|g| grid_name(ground, g)),
        light: Light::at(ground.now, case.yellow_at, case.red_at, case.paused.is_some()),
        yellow_at: case.yellow_at,
        red_at: case.red_at,
        due: case.due_at,
        reported_at: case.reported_at,
        round: case.round,
        reporters: case.reporters,
        result: case.result,
        steps: told.map(|s| SharedStep { at: s.at, what: s.action }).collect(),
        state: case.state,
    })
}
