//! The operations of the catalogue.

use axum::{
    Json,
    extract::{Path, Query, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use kernel::{Error, Id, Time};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    Catalogue, Counts, Draft, Matter, NO_CALENDAR, Origin, REVISION, Rules, Shift, Urgency, actions, calendar_file,
    content::Day,
    export,
    import::{self, Reading},
    store,
};
use crate::{
    app::Shared,
    http::{Allow, Answer, Command, FileCommand, Outcome, Problem, attached_table},
    modules::forms::{Field, Form, FormRef},
    permit,
    snapshot::{self, AsOf},
    table::{Fault, Table, write},
};

permit! {
    /// Read the whole catalogue and the calendars.
    ReadCatalogue = "catalogue.read";
    /// Change them.
    ManageCatalogue = "catalogue.manage";
}

/// Every operation of this slice.
pub fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(matters))
        .routes(routes!(catalogue))
        .routes(routes!(versions, revise))
        .routes(routes!(retire))
        .routes(routes!(take))
        .routes(routes!(exported))
        .routes(routes!(calendar))
        .routes(routes!(take_calendar))
}

/// The catalogue as residents see it.
#[derive(Serialize, ToSchema)]
struct Matters {
    /// Moves with every change.
    revision: i64,
    items: Vec<PublicMatter>,
}

/// A matter as residents see it.
#[derive(Serialize, ToSchema)]
struct PublicMatter {
    #[schema(value_type = uuid::Uuid)]
    id: Id<Matter>,
    level1: String,
    /// The name of its group in English; empty when nobody translated it.
    level1_en: String,
    level2: String,
    name: String,
    /// How residents say it; the name where nobody wrote that down.
    public_name: String,
    name_en: String,
    urgency: Urgency,
    /// Whether its cases may be shown to the public.
    publishable: bool,
    /// What a report of it is asked for beyond the place and the words.
    fields: Vec<Field>,
    /// The form and version that answers are given to.
    form: Option<FormRef>,
}

/// A matter with one version of its rules.
#[derive(Serialize, ToSchema)]
struct MatterVersion {
    #[schema(value_type = uuid::Uuid)]
    id: Id<Matter>,
    version: i64,
    valid_from: Time,
    /// When a newer version began, or the matter was retired.
    valid_to: Option<Time>,
    #[serde(flatten)]
    rules: Rules,
    /// The fields of `form`, written out.
    fields: Vec<Field>,
}

/// The whole catalogue.
#[derive(Serialize, ToSchema)]
struct Whole {
    revision: i64,
    /// The number of the newest calendar; 0 before one was read in.
    calendar_version: i64,
    items: Vec<MatterVersion>,
}

/// Every version of one matter, oldest first.
#[derive(Serialize, ToSchema)]
struct Versions {
    items: Vec<MatterVersion>,
}

/// A change of one matter.
#[derive(Deserialize, ToSchema)]
struct Revision {
    /// The version that was edited; 0 with a fresh id makes a new matter.
    version: i64,
    /// When it begins to hold; now when it is left out or past.
    valid_from: Option<Time>,
    rules: Rules,
    /// The extra fields written out; without them `rules.form` stays as it is sent.
    fields: Option<Form>,
}

/// The end of one matter.
#[derive(Deserialize, ToSchema)]
struct Retirement {
    /// The version that was seen.
    version: i64,
}

/// A catalogue as a file.
#[derive(Deserialize, ToSchema)]
struct Upload {
    /// The file's name, for the record.
    name: String,
    /// The text of a CSV file, or an XLSX or CSV file in base64 when `base64` is true.
    content: String,
    #[serde(default)]
    base64: bool,
    /// Which column of the file is which field, where the headers are not known ones: field → header.
    #[serde(default)]
    map: std::collections::BTreeMap<String, String>,
    /// End the matters that the file does not name.
    #[serde(default)]
    retire_missing: bool,
    /// Only say what it would do.
    #[serde(default)]
    dry_run: bool,
}

/// What an upload did, or what is wrong with it: with faults nothing was taken.
#[derive(Serialize, ToSchema)]
struct Taken {
    #[serde(flatten)]
    counts: Counts,
    applied: bool,
    #[schema(value_type = Vec<Object>)]
    faults: Vec<Fault>,
    /// Columns that mean nothing here.
    ignored: Vec<String>,
}

/// One year of the calendar.
#[derive(Serialize, ToSchema)]
struct CalendarYear {
    /// The number of the calendar.
    version: i64,
    year: i16,
    /// The days that differ from their day of the week.
    days: Vec<Day>,
    shifts: Vec<Shift>,
}

#[derive(Deserialize, IntoParams)]
struct Format {
    /// `csv` or `xlsx`.
    format: Option<String>,
}

/// What can be reported: the public names of every matter that holds now.
#[utoipa::path(get, path = "/api/v1/matters", tag = "catalogue", extensions(("x-public" = json!(true))),
    responses((status = 200, body = Matters), (status = 304)))]
async fn matters(State(app): State<Shared>, headers: HeaderMap) -> Response {
    let known = app.catalogue.get();
    let tag = etag(&known);
    let cached = [(header::ETAG, tag.clone()), (header::CACHE_CONTROL, "no-cache".to_owned())];
    let same = |given: &str| given.split(',').any(|t| t.trim().trim_start_matches("W/") == tag);
    if headers.get(header::IF_NONE_MATCH).and_then(|v| v.to_str().ok()).is_some_and(same) {
        return (StatusCode::NOT_MODIFIED, cached).into_response();
    }
    let items = known.value.all().iter().map(|m| public(&known.value, m)).collect();
    (cached, Json(Matters { revision: known.revision, items })).into_response()
}

/// Every matter with the rules that hold now.
#[utoipa::path(get, path = "/api/v1/catalogue", tag = "catalogue", responses((status = 200, body = Whole)),
    extensions(("x-permission" = json!("catalogue.read"))))]
async fn catalogue(_caller: Allow<ReadCatalogue>, State(app): State<Shared>) -> Json<Whole> {
    let known = app.catalogue.get();
    let items = known.value.all().iter().map(|m| whole(&known.value, m)).collect();
    Json(Whole { revision: known.revision, calendar_version: known.value.calendar_version(), items })
}

/// Every version of a matter: those that ended, the one that holds, one that waits for its day.
#[utoipa::path(get, path = "/api/v1/catalogue/{id}", tag = "catalogue", params(("id" = String, Path, format = "uuid")),
    responses((status = 200, body = Versions)), extensions(("x-permission" = json!("catalogue.read"))))]
async fn versions(
    _caller: Allow<ReadCatalogue>,
    State(app): State<Shared>,
    Path(id): Path<Id<Matter>>,
) -> Answer<Json<Versions>> {
    let known = app.catalogue.get();
    let all = store::versions_of(&mut *app.db.read().await?, id).await?;
    if all.is_empty() {
        return Err(Error::NotFound.into());
    }
    Ok(Json(Versions { items: all.iter().map(|m| whole(&known.value, m)).collect() }))
}

/// Gives a matter new rules from now or from a later instant on; running cases keep the old ones.
#[utoipa::path(put, path = "/api/v1/catalogue/{id}", tag = "catalogue", params(("id" = String, Path, format = "uuid")),
    request_body = Revision, responses((status = 200, body = MatterVersion)),
    extensions(("x-permission" = json!("catalogue.manage"))))]
async fn revise(
    caller: Allow<ManageCatalogue>,
    State(app): State<Shared>,
    Path(id): Path<Id<Matter>>,
    command: Command<Revision>,
) -> Outcome {
    for_the_district(&caller)?;
    let mut work = command.begin(&app, &caller).await?;
    let Revision { version, valid_from, rules, fields } = command.body;
    let origin = Origin { now: work.now, source: "console", actor: &caller };
    let shown = fields.clone().unwrap_or_default();
    let from = valid_from.unwrap_or(work.now);
    let made = actions::revise(&mut work.tx, origin, id, version, from, Draft { rules, fields }).await?;
    let answer = MatterVersion { fields: shown.fields, ..whole(&app.catalogue.get().value, &made) };
    let response = work.finish(StatusCode::OK, &answer).await?;
    read_again(&app).await;
    Ok(response)
}

/// Ends a matter from now on; nothing new can be reported as it.
#[utoipa::path(post, path = "/api/v1/catalogue/{id}/retire", tag = "catalogue", params(("id" = String, Path, format = "uuid")),
    request_body = Retirement, responses((status = 200, body = MatterVersion)),
    extensions(("x-permission" = json!("catalogue.manage"))))]
async fn retire(
    caller: Allow<ManageCatalogue>,
    State(app): State<Shared>,
    Path(id): Path<Id<Matter>>,
    command: Command<Retirement>,
) -> Outcome {
    for_the_district(&caller)?;
    let mut work = command.begin(&app, &caller).await?;
    let origin = Origin { now: work.now, source: "console", actor: &caller };
    let ended = actions::retire(&mut work.tx, origin, id, command.body.version).await?;
    let response = work.finish(StatusCode::OK, &whole(&app.catalogue.get().value, &ended)).await?;
    read_again(&app).await;
    Ok(response)
}

/// Takes a catalogue from a CSV or XLSX file: all of it or, when a row is wrong, nothing.
#[utoipa::path(post, path = "/api/v1/catalogue/import", tag = "catalogue", request_body = Upload,
    responses((status = 200, body = Taken)), extensions(("x-permission" = json!("catalogue.manage"))))]
async fn take(caller: Allow<ManageCatalogue>, State(app): State<Shared>, command: FileCommand<Upload>) -> Outcome {
    for_the_district(&caller)?;
    let known = app.catalogue.get();
    let Reading { drafts, faults, ignored } = read(&command.body, &known.value)?;
    let Upload { name, retire_missing, dry_run, .. } = &command.body;
    let mut taken = Taken { counts: Counts::default(), applied: false, faults, ignored };
    if !taken.faults.is_empty() || *dry_run {
        if taken.faults.is_empty() {
            let mut tx = app.db.begin();
            let origin = Origin { now: app.clock.now(), source: name, actor: &caller };
            taken.counts = actions::take(&mut tx, origin, drafts, *retire_missing).await?;
            tx.rollback().await?;
        }
        return Ok(Json(taken).into_response());
    }
    let mut work = command.begin(&app, &caller).await?;
    // Columns that the file lacks were filled from memory, so memory must still be right.
    snapshot::check(&mut work.tx, &[(REVISION, known.revision)]).await?;
    let origin = Origin { now: work.now, source: name, actor: &caller };
    taken.counts = actions::take(&mut work.tx, origin, drafts, *retire_missing).await?;
    taken.applied = true;
    let response = work.finish(StatusCode::OK, &taken).await?;
    read_again(&app).await;
    Ok(response)
}

/// The catalogue as a table that people edit and import again.
#[utoipa::path(get, path = "/api/v1/catalogue/export", tag = "catalogue", params(Format),
    responses((status = 200, content_type = "text/csv", body = String)), extensions(("x-permission" = json!("catalogue.read"))))]
async fn exported(_caller: Allow<ReadCatalogue>, State(app): State<Shared>, Query(wish): Query<Format>) -> Answer<Response> {
    let known = app.catalogue.get();
    let format = write::Format::wished(wish.format.as_deref())?;
    Ok(attached_table(format, "catalogue", export::table(&known.value, format)?))
}

/// The days of a year that differ from the week, and the shifts.
#[utoipa::path(get, path = "/api/v1/calendars/{year}", tag = "catalogue", params(("year" = i16, Path)),
    responses((status = 200, body = CalendarYear)), extensions(("x-permission" = json!("catalogue.read"))))]
async fn calendar(_caller: Allow<ReadCatalogue>, State(app): State<Shared>, Path(year): Path<i16>) -> Answer<Json<CalendarYear>> {
    let known = app.catalogue.get();
    if !known.value.calendar().covers(year) {
        return Err(Problem(Error::refused_with(NO_CALENDAR, "year", year)));
    }
    let (mut days, shifts) = store::newest(&mut *app.db.read().await?).await?;
    days.retain(|d| d.date.year() == year);
    Ok(Json(CalendarYear { version: known.value.calendar_version(), year, days, shifts }))
}

/// Days or shifts as a file.
#[derive(Deserialize, ToSchema)]
struct CalendarFile {
    /// The file's name, for the record.
    name: String,
    /// The text of a CSV file, or an XLSX or CSV file in base64 when `base64` is true.
    content: String,
    #[serde(default)]
    base64: bool,
    /// The file holds the shifts of a day; otherwise days that differ from their day of the week.
    #[serde(default)]
    shifts: bool,
    /// Only judge it.
    #[serde(default)]
    dry_run: bool,
}

/// What a calendar's file did, or what is wrong with it: with faults nothing was taken.
#[derive(Serialize, ToSchema)]
struct CalendarTaken {
    /// The number of the calendar in force afterwards.
    version: i64,
    /// Days or shifts in the file.
    read: usize,
    applied: bool,
    #[schema(value_type = Vec<Object>)]
    faults: Vec<Fault>,
}

/// Takes days or shifts from a CSV or XLSX file into a new version of the calendar; running cases keep theirs. All of it or nothing.
#[utoipa::path(post, path = "/api/v1/calendars/import", tag = "catalogue", request_body = CalendarFile,
    responses((status = 200, body = CalendarTaken)), extensions(("x-permission" = json!("catalogue.manage"))))]
async fn take_calendar(caller: Allow<ManageCatalogue>, State(app): State<Shared>, command: FileCommand<CalendarFile>) -> Outcome {
    for_the_district(&caller)?;
    let CalendarFile { name, content, base64, shifts, dry_run } = &command.body;
    let table = Table::uploaded(content, *base64)?;
    let mut taken =
        CalendarTaken { version: app.catalogue.get().value.calendar_version(), read: 0, applied: false, faults: vec![] };
    let (mut days, mut hours) = (None, None);
    let read = if *shifts {
        calendar_file::shifts(table).map_err(|e| e.refused("content"))?.map(|all| (all.len(), hours = Some(all)).0)
    } else {
        calendar_file::days(table).map_err(|e| e.refused("content"))?.map(|all| (all.len(), days = Some(all)).0)
    };
    match read {
        Ok(n) => taken.read = n,
        Err(faults) => taken.faults = faults,
    }
    if !taken.faults.is_empty() {
        return Ok(Json(taken).into_response());
    }
    let set = (days.as_deref(), hours.as_deref());
    if *dry_run {
        let mut tx = app.db.begin();
        let origin = Origin { now: app.clock.now(), source: name, actor: &caller };
        taken.version = actions::set_calendar(&mut tx, origin, set.0, set.1).await?;
        tx.rollback().await?;
        return Ok(Json(taken).into_response());
    }
    let mut work = command.begin(&app, &caller).await?;
    let origin = Origin { now: work.now, source: name, actor: &caller };
    taken.version = actions::set_calendar(&mut work.tx, origin, set.0, set.1).await?;
    taken.applied = true;
    let response = work.finish(StatusCode::OK, &taken).await?;
    read_again(&app).await;
    Ok(response)
}

/// The catalogue is the district's: a grant for a part of it does not change it.
fn for_the_district(caller: &Allow<ManageCatalogue>) -> Result<(), Error> {
    if caller.scope().holds("/") { Ok(()) } else { Err(Error::Forbidden) }
}

/// This node sees its own change at once; the others, and this one should reading fail now, see it with the relay's next look.
async fn read_again(app: &Shared) {
    if let Err(error) = app.catalogue.refresh(&app.db, &app.clock).await {
        tracing::warn!("the catalogue was changed but not read again: {error}");
    }
}

fn etag(known: &AsOf<Catalogue>) -> String {
    format!("\"{}.{}\"", known.revision, known.value.turned_at().map_or(0, Time::millis))
}

fn fields(catalogue: &Catalogue, matter: &Matter) -> Vec<Field> {
    matter.form.and_then(|f| catalogue.form(f)).map(|f| f.fields.clone()).unwrap_or_default()
}

fn public(catalogue: &Catalogue, m: &Matter) -> PublicMatter {
    PublicMatter {
        id: m.id,
        level1: m.level1.clone(),
        level1_en: m.level1_en.clone(),
        level2: m.level2.clone(),
        name: m.level3.clone(),
        public_name: m.spoken().to_owned(),
        name_en: m.level3_en.clone(),
        urgency: m.urgency,
        publishable: m.publishable,
        fields: fields(catalogue, m),
        form: m.form,
    }
}

fn whole(catalogue: &Catalogue, m: &Matter) -> MatterVersion {
    MatterVersion {
        id: m.id,
        version: m.version,
        valid_from: m.valid_from,
        valid_to: m.valid_to,
        rules: m.rules.clone(),
        fields: fields(catalogue, m),
    }
}

fn read(upload: &Upload, catalogue: &Catalogue) -> Result<Reading, Error> {
    let map: Vec<(String, String)> = upload.map.clone().into_iter().collect();
    let table = Table::uploaded(&upload.content, upload.base64)?;
    import::read(table, &map, |path| catalogue.by_path(path).map(|m| &m.rules)).map_err(|e| e.refused("content"))
}
