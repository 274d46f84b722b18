//! Files that set the organisation up, handed in on a page: looked at, judged, and written in the one transaction of their command.

use std::collections::BTreeMap;

use axum::{
    Json,
    extract::{Path, State},
    http::StatusCode,
    response::IntoResponse,
};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use geo::Datum;
use kernel::{Actor, Error, Result};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::ManageOrg;
use crate::{
    app::{App, Shared},
    http::{Allow, Answer, FileCommand, Outcome, SomeoneLoggedIn},
    modules::org::import::{self, GridOptions, Options, Report, Staged},
    table::Table,
};

pub(super) fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(preview)).routes(routes!(take))
}

/// Rows that a preview shows.
const SHOWN: usize = 8;

db::words! {
    /// What a file sets up.
    enum What {
        /// Units.
        Orgs = "orgs",
        /// Grids with their borders, GeoJSON.
        Grids = "grids",
        /// People, posts and accounts.
        Staff = "staff",
        /// Staffing templates.
        Templates = "templates",
        /// Leave.
        Leave = "leave",
        /// Duty.
        Duty = "duty",
    }
}

/// A file to be looked at.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct TableFile {
    /// The text of a CSV or GeoJSON file, or any of the kinds in base64 when `base64` is true.
    content: String,
    #[serde(default)]
    base64: bool,
}

/// What a file holds, before anything is made of it.
#[derive(Serialize, ToSchema)]
struct TablePreview {
    /// `table` or `geojson`.
    kind: &'static str,
    /// The names of its columns, or of the properties of its features.
    headers: Vec<String>,
    /// The first rows, in the order of the headers.
    rows: Vec<Vec<String>>,
    /// How many rows or features there are.
    total: usize,
}

/// Look into a CSV, XLSX or GeoJSON file: its columns and first rows. Nothing is kept.
#[utoipa::path(post, path = "/api/v1/imports/preview", tag = "org", request_body = TableFile, responses((status = 200, body = TablePreview)),
    extensions(("x-permission" = json!("logged-in"))))]
async fn preview(_who: SomeoneLoggedIn, command: FileCommand<TableFile>) -> Answer<Json<TablePreview>> {
    let TableFile { content, base64 } = &command.body;
    let looks_like_json = !base64 && content.trim_start_matches('\u{feff}').trim_start().starts_with('{');
    Ok(Json(if looks_like_json { features(content)? } else { table(Table::uploaded(content, *base64)?) }))
}

fn table(table: Table) -> TablePreview {
    let headers: Vec<String> = table.headers().to_vec();
    let (mut rows, mut total) = (Vec::new(), 0);
    for row in table.flatten() {
        total += 1;
        if rows.len() < SHOWN {
            let mut cells: Vec<String> = row.cells().iter().map(|c| c.trim().chars().take(80).collect()).collect();
            cells.resize(headers.len(), String::new());
            rows.push(cells);
        }
    }
    TablePreview { kind: "table", headers, rows, total }
}

/// The part of GeoJSON that a preview shows.
#[derive(Deserialize)]
struct Collection {
    features: Vec<Feature>,
}

#[derive(Deserialize)]
struct Feature {
    #[serde(default)]
    properties: Option<serde_json::Map<String, serde_json::Value>>,
}

fn features(content: &str) -> Result<TablePreview> {
    let text = content.trim_start_matches('\u{feff}');
    let collection: Collection = serde_json::from_str(text)
        .map_err(|e| crate::table::Unreadable::new(format!("不是 GeoJSON 文件：{e}"), e.to_string()).refused("content"))?;
    let mut headers: Vec<String> = Vec::new();
    for key in collection.features.iter().take(200).filter_map(|f| f.properties.as_ref()).flat_map(serde_json::Map::keys) {
        if !headers.contains(key) {
            headers.push(key.clone());
        }
    }
    let cell = |value: Option<&serde_json::Value>| match value {
        None | Some(serde_json::Value::Null) => String::new(),
        Some(serde_json::Value::String(text)) => text.chars().take(80).collect(),
        Some(other) => other.to_string().chars().take(80).collect(),
    };
    let row = |f: &Feature| headers.iter().map(|h| cell(f.properties.as_ref().and_then(|p| p.get(h)))).collect();
    let rows = collection.features.iter().take(SHOWN).map(row).collect();
    Ok(TablePreview { kind: "geojson", rows, total: collection.features.len(), headers })
}

/// A file of units, grids, people, templates, leave or duty.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ImportFile {
    /// The text of a CSV or GeoJSON file, or any of the kinds in base64 when `base64` is true.
    content: String,
    #[serde(default)]
    base64: bool,
    /// Which column or property of the file is which field, where the names are not known ones: field → column.
    #[serde(default)]
    map: BTreeMap<String, String>,
    /// Of grids: what the coordinates are in; `wgs84` when it is left out.
    #[serde(default)]
    datum: Option<String>,
    /// Of grids: the code of the community of those that name none.
    #[serde(default)]
    community: Option<String>,
    /// Only judge it.
    #[serde(default)]
    dry_run: bool,
}

/// Take a file that sets the organisation up (`orgs`, `grids`, `staff`, `templates`, `leave` or `duty`): all of it or, when a row is wrong, nothing.
#[utoipa::path(post, path = "/api/v1/imports/{what}", tag = "org", params(("what" = String, Path)), request_body = ImportFile,
    responses((status = 200, body = Report)), extensions(("x-permission" = json!("org.manage"))))]
async fn take(
    caller: Allow<ManageOrg>,
    State(app): State<Shared>,
    Path(what): Path<String>,
    command: FileCommand<ImportFile>,
) -> Outcome {
    // A file may name any unit of the district, so a grant for a part of it does not reach.
    if !caller.scope().holds("/") && !caller.scope().holds(&app.org.directory().value.root().path) {
        return Err(Error::Forbidden.into());
    }
    let what = What::of(&what).ok_or(Error::NotFound)?;
    // The command's transaction is begun with the first statement, which is after the file was judged.
    let mut work = command.begin(&app, &caller).await?;
    let Staged { report, tx } = stage(&app, what, &command.body, &caller).await?;
    if !report.applied {
        return Ok(Json(report).into_response());
    }
    if let Some(tx) = tx {
        work.tx = tx;
    }
    let response = work.finish(StatusCode::OK, &report).await?;
    // It is taken whatever happens here; the relay reads it again within a second.
    if let Err(error) = app.org.refresh(&app.db).await {
        tracing::warn!("the organisation could not be read again: {error}");
    }
    Ok(response)
}

async fn stage(app: &App, what: What, file: &ImportFile, by: &Actor) -> Result<Staged> {
    let options = Options { dry_run: file.dry_run, map: file.map.clone().into_iter().collect(), by: Some(by.clone()) };
    if what == What::Grids {
        let datum = file.datum.as_deref().filter(|d| !d.is_empty()).unwrap_or("wgs84");
        let datum: Datum = datum.parse().map_err(|_| Error::invalid("datum", "unknown"))?;
        let community = file.community.clone().filter(|c| !c.is_empty());
        let bytes = if file.base64 {
            BASE64_STANDARD.decode(&file.content).map_err(|_| Error::invalid("content", "not-base64"))?
        } else {
            file.content.trim_start_matches('\u{feff}').as_bytes().to_vec()
        };
        return import::stage_grids(&app.db, app.clock.now(), bytes, &GridOptions { datum, community, options }).await;
    }
    let table = Table::uploaded(&file.content, file.base64)?;
    match what {
        What::Orgs => import::stage_orgs(&app.db, app.clock.now(), app.zone, table, &options).await,
        What::Templates => import::stage_templates(app, table, &options).await,
        What::Leave => import::stage_leave(app, table, &options).await,
        What::Duty => import::stage_duty(app, table, &options).await,
        What::Staff | What::Grids => import::stage_staff(app, table, &options).await,
    }
}
