//! The routes. A handler reads its arguments, calls one use case, answers; nothing is decided here.

use axum::{
    Json,
    extract::{Path, Query, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use kernel::{Actor, Cursor, Error, Id, Page, Scope, Time};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    actions::{self, Change, Ground},
    export::{Format, export},
    model::{Action, Channel, Incident, Light, State as CaseState, Task, transition},
    store::{self, Filter, Order},
    track, view,
};
use crate::{
    app::{App, Shared},
    http::{Allow, Answer, Command, Halt, Outcome, Visitor, Work},
    modules::{
        access::{limits, private::Revealed},
        catalogue::Matter,
        files::{self, File, Look},
    },
    permit,
};

permit! {
    /// See cases.
    Read = "incident.read";
    /// Take reports in.
    ReportFor = "incident.report";
    /// Accept, refuse, correct.
    TakeIn = "incident.intake";
    /// Dispatch.
    SendOut = "incident.dispatch";
    /// Take tasks on and finish them.
    Handle = "task.handle";
    /// Note.
    MakeNote = "incident.note";
    /// Verify results.
    LookAfter = "incident.verify";
    /// Close.
    CloseCase = "incident.close";
    /// Call reporters back.
    CallBack = "incident.callback";
    /// Read one personal field in clear.
    SeeInClear = "incident.reveal";
    /// Take the unusual actions.
    Act = "incident.act";
    /// Export lists.
    Export = "export.run";
}

/// A photograph of a tracked report.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
struct TrackPhoto {
    track: String,
    #[param(value_type = String)]
    photo: Id<File>,
}

/// A photograph of a case.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
struct CasePhoto {
    #[param(value_type = String)]
    id: Id<Incident>,
    #[param(value_type = String)]
    photo: Id<File>,
}

/// A task of a case.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
struct CaseTask {
    #[param(value_type = String)]
    id: Id<Incident>,
    #[param(value_type = String)]
    task: Id<Task>,
}

/// An action on a case.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
struct CaseAction {
    #[param(value_type = String)]
    id: Id<Incident>,
    action: String,
}

/// Routes without a log-in.
pub fn public() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(report))
        .routes(routes!(suggest))
        .routes(routes!(look_up))
        .routes(routes!(tracked))
        .routes(routes!(remark))
        .routes(routes!(rate))
        .routes(routes!(tracked_photo))
}

/// Routes for staff.
pub fn staff() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(list, take_in))
        .routes(routes!(counts))
        .routes(routes!(export_file))
        .routes(routes!(one))
        .routes(routes!(similar))
        .routes(routes!(photo))
        .routes(routes!(accept))
        .routes(routes!(refuse))
        .routes(routes!(correct))
        .routes(routes!(place))
        .routes(routes!(dispatch))
        .routes(routes!(take_on))
        .routes(routes!(done))
        .routes(routes!(note))
        .routes(routes!(verify))
        .routes(routes!(close))
        .routes(routes!(callback))
        .routes(routes!(reveal))
        .routes(routes!(act))
        .routes(routes!(inbox))
}

/// A district's scope over its own root is the whole district: no condition is needed then.
fn reach(app: &App, scope: Scope) -> Scope {
    let org = app.org.directory();
    let root = &org.value.root().path;
    match scope {
        Scope::Under(paths) if paths.iter().any(|p| root.starts_with(p.as_str())) => Scope::All,
        other => other,
    }
}

/// Report a matter; no log-in is needed.
#[utoipa::path(post, path = "/api/v1/reports", tag = "reports", request_body = actions::Report, responses((status = 201, body = actions::Receipt)),
    params(("Idempotency-Key" = String, Header, description = "A UUID; the same key and body give the same case")), extensions(("x-public" = json!(true))))]
async fn report(State(app): State<Shared>, visitor: Visitor, command: Command<actions::Report>) -> Outcome {
    limits::take(&app, "public_reports", &limits::network(visitor.address))?;
    let intake = actions::Intake { report: command.body.clone(), ..actions::Intake::default() };
    take(&app, &Actor::anonymous(), &command, intake).await
}

/// Take a report in for somebody, by any channel.
#[utoipa::path(post, path = "/api/v1/incidents", tag = "incidents", request_body = actions::Intake,
    responses((status = 201, body = actions::Receipt)), extensions(("x-permission" = json!("incident.report"))))]
async fn take_in(State(app): State<Shared>, who: Allow<ReportFor>, command: Command<actions::Intake>) -> Outcome {
    let intake = command.body.clone();
    take(&app, &who, &command, intake).await
}

/// Prepares outside the transaction, writes inside it, and tries once more when a snapshot moved in between.
async fn take<T>(app: &Shared, actor: &Actor, command: &Command<T>, intake: actions::Intake) -> Outcome {
    for last in [false, true] {
        let ground = Ground::of(app);
        let draft = actions::prepare(app, &ground, actor, &intake).await?;
        let mut work = command.begin(app, actor).await?;
        let taken = match actions::join(&mut work.tx, app, &ground, actor, &draft).await? {
            Some(receipt) => Ok(receipt),
            None => actions::take_in(&mut work.tx, app, &ground, actor, &draft).await,
        };
        match taken {
            Ok(receipt) => return work.finish(StatusCode::CREATED, &receipt).await,
            Err(Error::Stale) if !last => {
                work.tx.rollback().await?;
                app.refresh().await?;
            }
            Err(error) => return Err(error.into()),
        }
    }
    Err(Error::Stale.into())
}

/// A text, perhaps with a place, before it is sent.
#[derive(Debug, Deserialize, ToSchema)]
struct Suggest {
    text: String,
    lon: Option<f64>,
    lat: Option<f64>,
    datum: Option<String>,
}

/// What the words suggest, and what neighbours reported.
#[derive(Debug, Serialize, ToSchema)]
struct Suggested {
    matters: Vec<SuggestedMatter>,
    near: Vec<super::duplicates::Candidate>,
}

/// A matter that the words suggest.
#[derive(Debug, Serialize, ToSchema)]
struct SuggestedMatter {
    #[schema(value_type = String)]
    id: Id<Matter>,
    name: String,
    public_name: String,
    confidence: f64,
}

/// Suggest matters from the words, and open cases near by.
#[utoipa::path(post, path = "/api/v1/reports/suggest", tag = "reports", request_body = Suggest, responses((status = 200, body = Suggested)),
    extensions(("x-public" = json!(true))))]
async fn suggest(State(app): State<Shared>, visitor: Visitor, command: Command<Suggest>) -> Answer<Json<Suggested>> {
    limits::take(&app, "suggest", &limits::network(visitor.address))?;
    let body = &command.body;
    let ground = Ground::of(&app);
    let words = actions::optional("text", &body.text, actions::LONGEST)?;
    let recognised = app.incidents.recognise(&ground.catalogue.value, words, None)?;
    let named = |c: super::learn::Choice| {
        let matter = ground.catalogue.value.matter(c.matter)?;
        let (name, public_name) = (matter.level3.clone(), matter.spoken().to_owned());
        Some(SuggestedMatter { id: c.matter, name, public_name, confidence: c.confidence })
    };
    let near = actions::near(&app, &ground, body.lon.zip(body.lat), body.datum.as_deref(), words, recognised.matter).await?;
    Ok(Json(Suggested { matters: recognised.top.into_iter().filter_map(named).collect(), near }))
}

/// A case number with the last four digits of the phone that was given.
#[derive(Debug, Deserialize, ToSchema)]
struct LookUp {
    code: String,
    phone_last4: String,
}

/// The secret of the reporter's link.
#[derive(Debug, Serialize, ToSchema)]
struct Track {
    track: String,
}

/// Find a report by its number and the last four digits of the phone; five tries an hour.
#[utoipa::path(post, path = "/api/v1/reports/lookup", tag = "reports", request_body = LookUp, responses((status = 200, body = Track)),
    extensions(("x-public" = json!(true))))]
async fn look_up(State(app): State<Shared>, visitor: Visitor, command: Command<LookUp>) -> Answer<Json<Track>> {
    limits::take(&app, "lookup", &limits::network(visitor.address))?;
    let body = &command.body;
    // The number has tries of its own, so that many addresses do not guess together.
    limits::take(&app, "lookup_code", body.code.trim())?;
    let track = actions::look_up(&app, body.code.trim(), body.phone_last4.trim()).await?;
    Ok(Json(Track { track }))
}

/// The case as its reporter may see it.
#[utoipa::path(get, path = "/api/v1/reports/{track}", tag = "reports", responses((status = 200, body = view::TrackView)),
    extensions(("x-public" = json!(true))))]
async fn tracked(State(app): State<Shared>, Path(secret): Path<String>) -> Answer<Json<view::TrackView>> {
    let mut conn = app.db.read().await?;
    let case = store::by_track(&mut conn, &track::hash(&secret)).await?;
    Ok(Json(view::tracked(&mut conn, &Ground::of(&app), case).await?))
}

/// Opens a command of a reporter on the case that the link belongs to.
async fn follow<'a, T>(
    app: &'a App,
    actor: &'a Actor,
    secret: &str,
    command: &Command<T>,
) -> Result<(Work<'a>, Change<'a>), Halt> {
    let mut work = command.begin(app, actor).await?;
    let case = store::by_track(&mut work.tx, &track::hash(secret)).await?;
    let change = Change::of(&mut work.tx, app, actor, case, None).await?;
    Ok((work, change))
}

/// Add to one's own report while it is open.
#[utoipa::path(post, path = "/api/v1/reports/{track}/remarks", tag = "reports", request_body = actions::Remark,
    responses((status = 200, body = view::TrackView)), extensions(("x-public" = json!(true))))]
async fn remark(
    State(app): State<Shared>,
    visitor: Visitor,
    Path(secret): Path<String>,
    command: Command<actions::Remark>,
) -> Outcome {
    limits::take(&app, "remarks", &limits::network(visitor.address))?;
    let (actor, ground) = (Actor::anonymous(), Ground::of(&app));
    let (mut work, change) = follow(&app, &actor, &secret, &command).await?;
    let case = actions::remark(&mut work.tx, change, &command.body).await?;
    let seen = view::tracked(&mut work.tx, &ground, case).await?;
    work.finish(StatusCode::OK, &seen).await
}

/// Rate how one's report was handled, once a round.
#[utoipa::path(post, path = "/api/v1/reports/{track}/rating", tag = "reports", request_body = actions::Rating,
    responses((status = 200, body = view::TrackView)), extensions(("x-public" = json!(true))))]
async fn rate(
    State(app): State<Shared>,
    visitor: Visitor,
    Path(secret): Path<String>,
    command: Command<actions::Rating>,
) -> Outcome {
    limits::take(&app, "remarks", &limits::network(visitor.address))?;
    let (actor, ground) = (Actor::anonymous(), Ground::of(&app));
    let (mut work, change) = follow(&app, &actor, &secret, &command).await?;
    let case = actions::rate(&mut work.tx, &ground, change, &command.body).await?;
    let seen = view::tracked(&mut work.tx, &ground, case).await?;
    work.finish(StatusCode::OK, &seen).await
}

/// A photograph of one's own report.
#[utoipa::path(get, path = "/api/v1/reports/{track}/photos/{photo}", params(TrackPhoto), tag = "reports", responses((status = 200, content_type = "image/jpeg")),
    extensions(("x-public" = json!(true))))]
async fn tracked_photo(
    State(app): State<Shared>,
    Path(TrackPhoto { track: secret, photo: id }): Path<TrackPhoto>,
    look: Look,
) -> Answer<Response> {
    let mut conn = app.db.read().await?;
    let case = store::by_track(&mut conn, &track::hash(&secret)).await?;
    Ok(files::serve(&app, conn, id, "incident", case.id.uuid(), &look).await?)
}

/// What a list is filtered by.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
struct Asked {
    /// States, separated by commas; `open` stands for all that are not solved yet.
    state: Option<String>,
    /// The light now.
    #[param(value_type = Option<String>)]
    light: Option<Light>,
    /// A grid's code.
    grid: Option<String>,
    /// A matter's id or name.
    matter: Option<String>,
    /// The code of a unit that holds a task of the case.
    unit: Option<String>,
    /// The channel.
    channel: Option<Channel>,
    /// Why a human is needed, or `any`.
    attention: Option<String>,
    /// Only cases that I lead.
    mine: Option<bool>,
    /// Words or a case number.
    q: Option<String>,
    /// Reported at or after.
    #[param(value_type = Option<String>)]
    from: Option<Time>,
    /// Reported before.
    #[param(value_type = Option<String>)]
    to: Option<Time>,
    /// `newest` (default) or `time_left`.
    sort: Option<String>,
    /// 1 to 200, 50 when absent.
    limit: Option<i64>,
    /// Where to read on.
    cursor: Option<String>,
}

impl Asked {
    fn filter(&self, ground: &Ground, who: &Actor) -> kernel::Result<Filter> {
        let directory = &ground.org.value;
        let unit = |field: &'static str, code: &Option<String>| match code.as_deref().filter(|c| !c.is_empty()) {
            None => Ok(None),
            Some(code) => directory.unit_by_code(code).map(|u| Some(u.id)).ok_or_else(|| Error::invalid(field, "unknown-unit")),
        };
        let matter = match self.matter.as_deref().filter(|m| !m.is_empty()) {
            None => None,
            Some(text) => {
                let by_id = text.parse().ok().and_then(|id| ground.catalogue.value.matter(id));
                let found = by_id.or_else(|| ground.catalogue.value.by_name(text));
                Some(found.ok_or_else(|| Error::invalid("matter", "unknown-matter"))?.id)
            }
        };
        let q = self.q.as_deref().map(str::trim).filter(|q| !q.is_empty());
        let code =
            q.filter(|q| q.starts_with(['C', 'c']) && q[1..].starts_with(|c: char| c.is_ascii_digit())).map(str::to_uppercase);
        Ok(Filter {
            states: states(self.state.as_deref())?,
            light: self.light,
            grid: unit("grid", &self.grid)?,
            matter,
            owner_under: None,
            unit: unit("unit", &self.unit)?,
            channel: self.channel,
            attention: self.attention.clone().filter(|a| !a.is_empty()),
            person: if self.mine == Some(true) {
                Some(who.person.ok_or_else(|| Error::invalid("mine", "no-person"))?)
            } else {
                None
            },
            words: q.filter(|_| code.is_none()).map(text::query_bigrams).unwrap_or_default(),
            code,
            from: self.from,
            to: self.to,
        })
    }
}

fn states(text: Option<&str>) -> kernel::Result<Vec<CaseState>> {
    let mut list = vec![];
    for word in text.unwrap_or_default().split(',').map(str::trim).filter(|w| !w.is_empty()) {
        match word {
            "open" => list.extend(CaseState::ALL.iter().copied().filter(|s| s.is_open())),
            word => list.push(CaseState::of(word).ok_or_else(|| Error::invalid("state", "unknown-word"))?),
        }
    }
    Ok(list)
}

/// List cases.
#[utoipa::path(get, path = "/api/v1/incidents", tag = "incidents", params(Asked), responses((status = 200, body = Page<view::RowView>)),
    extensions(("x-permission" = json!("incident.read"))))]
async fn list(State(app): State<Shared>, who: Allow<Read>, Query(asked): Query<Asked>) -> Answer<Json<Page<view::RowView>>> {
    let ground = Ground::of(&app);
    let filter = asked.filter(&ground, &who)?;
    let order = match asked.sort.as_deref() {
        None | Some("" | "newest") => Order::Newest,
        Some("time_left") => Order::TimeLeft,
        Some(_) => return Err(Error::invalid("sort", "unknown-word").into()),
    };
    let limit = asked.limit.unwrap_or(50).clamp(1, 200);
    let cursor = asked.cursor.as_deref().map(Cursor::decode).transpose()?;
    let as_of = cursor.map_or(ground.now, |c| c.as_of);
    let lines = store::list(&mut *app.db.read().await?, &reach(&app, who.scope()), &filter, order, cursor, as_of, limit).await?;
    let key = |l: &store::Line| match order {
        Order::Newest => (l.reported_at.millis(), l.id.uuid()),
        Order::TimeLeft => (l.red_at.map_or(0, Time::millis), l.id.uuid()),
    };
    Ok(Json(Page::cut(lines, limit as usize, as_of, key).map(|line| view::row(&ground, line))))
}

/// How many cases stand where.
#[derive(Debug, Serialize, ToSchema)]
struct Counts {
    states: std::collections::BTreeMap<String, i64>,
    lights: std::collections::BTreeMap<String, i64>,
    attention: std::collections::BTreeMap<String, i64>,
}

/// Count the cases of a list by state, light and attention.
#[utoipa::path(get, path = "/api/v1/incidents/counts", tag = "incidents", params(Asked), responses((status = 200, body = Counts)),
    extensions(("x-permission" = json!("incident.read"))))]
async fn counts(State(app): State<Shared>, who: Allow<Read>, Query(asked): Query<Asked>) -> Answer<Json<Counts>> {
    let ground = Ground::of(&app);
    let filter = asked.filter(&ground, &who)?;
    let [states, lights, why] = store::counts(&mut *app.db.read().await?, &reach(&app, who.scope()), &filter, ground.now).await?;
    let mut attention = std::collections::BTreeMap::new();
    for (words, n) in why {
        for word in words.split(',') {
            *attention.entry(word.to_owned()).or_default() += n;
        }
    }
    Ok(Json(Counts { states: states.into_iter().collect(), lights: lights.into_iter().collect(), attention }))
}

/// Export a list.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
struct Exported {
    /// Reported at or after.
    #[param(value_type = Option<String>)]
    from: Option<Time>,
    /// Reported before.
    #[param(value_type = Option<String>)]
    to: Option<Time>,
    /// `csv`, `xlsx` or `geojson`.
    #[param(value_type = Option<String>)]
    format: Option<Format>,
}

/// Export cases as CSV, XLSX or GeoJSON; audited.
#[utoipa::path(get, path = "/api/v1/incidents/export", tag = "incidents", params(Exported), responses((status = 200)),
    extensions(("x-permission" = json!("export.run"))))]
async fn export_file(State(app): State<Shared>, who: Allow<Export>, Query(asked): Query<Exported>) -> Answer<Response> {
    let format = asked.format.unwrap_or(Format::Csv);
    let mut bytes = Vec::new();
    let scope = reach(&app, who.scope());
    let count = export(&app, &scope, asked.from, asked.to, format, &mut bytes).await?;
    actions::exported(&app, &who, format, count).await?;
    let kind = match format {
        Format::Csv => "text/csv; charset=utf-8",
        Format::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        Format::Geojson => "application/geo+json",
    };
    let name = format!("attachment; filename=\"incidents.{format}\"");
    Ok(([(header::CONTENT_TYPE, kind.to_owned()), (header::CONTENT_DISPOSITION, name)], bytes).into_response())
}

/// One case, whole.
#[utoipa::path(get, path = "/api/v1/incidents/{id}", tag = "incidents", responses((status = 200, body = view::CaseView)),
    extensions(("x-permission" = json!("incident.read"))))]
async fn one(State(app): State<Shared>, who: Allow<Read>, Path(id): Path<Id<Incident>>) -> Answer<Json<view::CaseView>> {
    let ground = Ground::of(&app);
    let mut conn = app.db.read().await?;
    let case = store::find(&mut conn, &reach(&app, who.scope()), id).await?;
    let alike = actions::similar(&mut conn, &ground, &case).await?;
    Ok(Json(view::whole(&mut conn, &app, &ground, &who, case).await?.with_duplicates(alike)))
}

/// Open cases that are near in place, time and words.
#[utoipa::path(get, path = "/api/v1/incidents/{id}/similar", tag = "incidents",
    responses((status = 200, body = Page<super::duplicates::Candidate>)), extensions(("x-permission" = json!("incident.read"))))]
async fn similar(
    State(app): State<Shared>,
    who: Allow<Read>,
    Path(id): Path<Id<Incident>>,
) -> Answer<Json<Page<super::duplicates::Candidate>>> {
    let mut conn = app.db.read().await?;
    let case = store::find(&mut conn, &reach(&app, who.scope()), id).await?;
    let items = actions::similar(&mut conn, &Ground::of(&app), &case).await?;
    Ok(Json(Page { items, next: None }))
}

/// A photograph of a case.
#[utoipa::path(get, path = "/api/v1/incidents/{id}/photos/{photo}", params(CasePhoto), tag = "incidents", responses((status = 200, content_type = "image/jpeg")),
    extensions(("x-permission" = json!("incident.read"))))]
async fn photo(
    State(app): State<Shared>,
    who: Allow<Read>,
    Path(CasePhoto { id, photo }): Path<CasePhoto>,
    look: Look,
) -> Answer<Response> {
    let mut conn = app.db.read().await?;
    let case = store::find(&mut conn, &reach(&app, who.scope()), id).await?;
    Ok(files::serve(&app, conn, photo, "incident", case.id.uuid(), &look).await?)
}

/// Opens a command on one case: the transaction, held to the snapshots that it is decided on, and the case that the scope may see.
async fn open<'a, T>(
    app: &'a App,
    who: &'a Actor,
    scope: Scope,
    id: Id<Incident>,
    command: &Command<T>,
    version: Option<i64>,
) -> Result<(Ground, Work<'a>, Change<'a>), Halt> {
    let ground = Ground::of(app);
    let mut work = command.begin(app, who).await?;
    ground.check(&mut work.tx).await?;
    let change = Change::load(&mut work.tx, app, who, &reach(app, scope), id, version).await?;
    Ok((ground, work, change))
}

/// Commits a command on one case and answers with the case as the caller now sees it.
async fn answer(mut work: Work<'_>, app: &App, ground: &Ground, who: &Actor, case: store::Case) -> Outcome {
    let seen = view::whole(&mut work.tx, app, ground, who, case).await?;
    work.finish(StatusCode::OK, &seen).await
}

/// Accept a report: the case is opened and its clocks start.
#[utoipa::path(post, path = "/api/v1/incidents/{id}/accept", tag = "incidents", request_body = actions::Accept,
    responses((status = 200, body = view::CaseView)), extensions(("x-permission" = json!("incident.intake"))))]
async fn accept(
    State(app): State<Shared>,
    who: Allow<TakeIn>,
    Path(id): Path<Id<Incident>>,
    command: Command<actions::Accept>,
) -> Outcome {
    let (ground, mut work, change) = open(&app, &who, who.scope(), id, &command, command.body.version).await?;
    let case = actions::accept(&mut work.tx, &ground, change, &command.body).await?;
    answer(work, &app, &ground, &who, case).await
}

/// Do not take a report in.
#[utoipa::path(post, path = "/api/v1/incidents/{id}/refuse", tag = "incidents", request_body = actions::Refuse,
    responses((status = 200, body = view::CaseView)), extensions(("x-permission" = json!("incident.intake"))))]
async fn refuse(
    State(app): State<Shared>,
    who: Allow<TakeIn>,
    Path(id): Path<Id<Incident>>,
    command: Command<actions::Refuse>,
) -> Outcome {
    let (ground, mut work, change) = open(&app, &who, who.scope(), id, &command, command.body.version).await?;
    let case = actions::refuse(&mut work.tx, &ground, change, &command.body).await?;
    answer(work, &app, &ground, &who, case).await
}

/// Correct the matter; the classifier learns.
#[utoipa::path(post, path = "/api/v1/incidents/{id}/correct", tag = "incidents", request_body = actions::Correct,
    responses((status = 200, body = view::CaseView)), extensions(("x-permission" = json!("incident.intake"))))]
async fn correct(
    State(app): State<Shared>,
    who: Allow<TakeIn>,
    Path(id): Path<Id<Incident>>,
    command: Command<actions::Correct>,
) -> Outcome {
    let (ground, mut work, change) = open(&app, &who, who.scope(), id, &command, command.body.version).await?;
    let case = actions::correct(&mut work.tx, &ground, change, &command.body).await?;
    answer(work, &app, &ground, &who, case).await
}

/// Correct the place.
#[utoipa::path(post, path = "/api/v1/incidents/{id}/place", tag = "incidents", request_body = actions::Place,
    responses((status = 200, body = view::CaseView)), extensions(("x-permission" = json!("incident.intake"))))]
async fn place(
    State(app): State<Shared>,
    who: Allow<TakeIn>,
    Path(id): Path<Id<Incident>>,
    command: Command<actions::Place>,
) -> Outcome {
    let (ground, mut work, change) = open(&app, &who, who.scope(), id, &command, command.body.version).await?;
    let case = actions::place(&mut work.tx, &ground, change, &command.body).await?;
    answer(work, &app, &ground, &who, case).await
}

/// Dispatch, by the rules or by hand.
#[utoipa::path(post, path = "/api/v1/incidents/{id}/dispatch", tag = "incidents", request_body = actions::Dispatch,
    responses((status = 200, body = view::CaseView)), extensions(("x-permission" = json!("incident.dispatch"))))]
async fn dispatch(
    State(app): State<Shared>,
    who: Allow<SendOut>,
    Path(id): Path<Id<Incident>>,
    command: Command<actions::Dispatch>,
) -> Outcome {
    let (ground, mut work, change) = open(&app, &who, who.scope(), id, &command, command.body.version).await?;
    let case = actions::dispatch(&mut work.tx, &ground, change, &command.body).await?;
    answer(work, &app, &ground, &who, case).await
}

/// A command that only says which version of the case the caller saw.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
struct Versioned {
    version: Option<i64>,
}

/// Take a task on.
#[utoipa::path(post, path = "/api/v1/incidents/{id}/tasks/{task}/accept", params(CaseTask), tag = "tasks", request_body = Versioned,
    responses((status = 200, body = view::CaseView)), extensions(("x-permission" = json!("task.handle"))))]
async fn take_on(
    State(app): State<Shared>,
    who: Allow<Handle>,
    Path(CaseTask { id, task }): Path<CaseTask>,
    command: Command<Versioned>,
) -> Outcome {
    let (ground, mut work, change) = open(&app, &who, who.scope(), id, &command, command.body.version).await?;
    let case = actions::take_on(&mut work.tx, &ground, change, task).await?;
    answer(work, &app, &ground, &who, case).await
}

/// Finish a task; done of the lead resolves the case.
#[utoipa::path(post, path = "/api/v1/incidents/{id}/tasks/{task}/done", params(CaseTask), tag = "tasks", request_body = actions::Done,
    responses((status = 200, body = view::CaseView)), extensions(("x-permission" = json!("task.handle"))))]
async fn done(
    State(app): State<Shared>,
    who: Allow<Handle>,
    Path(CaseTask { id, task }): Path<CaseTask>,
    command: Command<actions::Done>,
) -> Outcome {
    let (ground, mut work, change) = open(&app, &who, who.scope(), id, &command, command.body.version).await?;
    let case = actions::done(&mut work.tx, &ground, change, task, &command.body).await?;
    answer(work, &app, &ground, &who, case).await
}

/// Note something, for colleagues or for the reporter.
#[utoipa::path(post, path = "/api/v1/incidents/{id}/note", tag = "incidents", request_body = actions::Note,
    responses((status = 200, body = view::CaseView)), extensions(("x-permission" = json!("incident.note"))))]
async fn note(
    State(app): State<Shared>,
    who: Allow<MakeNote>,
    Path(id): Path<Id<Incident>>,
    command: Command<actions::Note>,
) -> Outcome {
    let (ground, mut work, change) = open(&app, &who, who.scope(), id, &command, None).await?;
    let case = actions::note(&mut work.tx, change, &command.body).await?;
    answer(work, &app, &ground, &who, case).await
}

/// Verify a result; never by the one who handled it.
#[utoipa::path(post, path = "/api/v1/incidents/{id}/verify", tag = "incidents", request_body = actions::Verify,
    responses((status = 200, body = view::CaseView)), extensions(("x-permission" = json!("incident.verify"))))]
async fn verify(
    State(app): State<Shared>,
    who: Allow<LookAfter>,
    Path(id): Path<Id<Incident>>,
    command: Command<actions::Verify>,
) -> Outcome {
    let (ground, mut work, change) = open(&app, &who, who.scope(), id, &command, command.body.version).await?;
    let case = actions::verify(&mut work.tx, &ground, change, &command.body).await?;
    answer(work, &app, &ground, &who, case).await
}

/// Close a verified case.
#[utoipa::path(post, path = "/api/v1/incidents/{id}/close", tag = "incidents", request_body = Versioned,
    responses((status = 200, body = view::CaseView)), extensions(("x-permission" = json!("incident.close"))))]
async fn close(
    State(app): State<Shared>,
    who: Allow<CloseCase>,
    Path(id): Path<Id<Incident>>,
    command: Command<Versioned>,
) -> Outcome {
    let (ground, mut work, change) = open(&app, &who, who.scope(), id, &command, command.body.version).await?;
    let case = actions::close(&mut work.tx, &ground, change).await?;
    answer(work, &app, &ground, &who, case).await
}

/// Enter a call-back attempt.
#[utoipa::path(post, path = "/api/v1/incidents/{id}/callback", tag = "incidents", request_body = actions::Callback,
    responses((status = 200, body = view::CaseView)), extensions(("x-permission" = json!("incident.callback"))))]
async fn callback(
    State(app): State<Shared>,
    who: Allow<CallBack>,
    Path(id): Path<Id<Incident>>,
    command: Command<actions::Callback>,
) -> Outcome {
    let (ground, mut work, change) = open(&app, &who, who.scope(), id, &command, None).await?;
    let case = actions::callback(&mut work.tx, &ground, change, &command.body).await?;
    answer(work, &app, &ground, &who, case).await
}

/// Read one personal field in clear, with a purpose; audited, shown for a minute.
#[utoipa::path(post, path = "/api/v1/incidents/{id}/reveal", tag = "incidents", request_body = actions::Reveal,
    responses((status = 200, body = Revealed)), extensions(("x-permission" = json!("incident.reveal"))))]
async fn reveal(
    State(app): State<Shared>,
    who: Allow<SeeInClear>,
    Path(id): Path<Id<Incident>>,
    command: Command<actions::Reveal>,
) -> Outcome {
    let mut work = command.begin(&app, &who).await?;
    let scope = reach(&app, who.scope());
    let shown = actions::reveal(&mut work.tx, &app, &who, &scope, id, &command.body).await?;
    match shown {
        Ok(value) => work.finish(StatusCode::OK, &value).await,
        // A denied look leaves its audit row.
        Err(denied) => Err(work.refuse(denied).await),
    }
}

/// Take an unusual action of the table; those that are not open yet answer `not-yet`.
#[utoipa::path(post, path = "/api/v1/incidents/{id}/actions/{action}", params(CaseAction), tag = "incidents", request_body = Versioned,
    responses((status = 422, description = "not-yet")), extensions(("x-permission" = json!("incident.act"))))]
async fn act(
    State(app): State<Shared>,
    who: Allow<Act>,
    Path(CaseAction { id, action }): Path<CaseAction>,
    command: Command<Versioned>,
) -> Answer<StatusCode> {
    let case = store::find(&mut *app.db.read().await?, &reach(&app, who.scope()), id).await?;
    if command.body.version.is_some_and(|v| v != case.version) {
        return Err(Error::Stale.into());
    }
    let action = Action::of(&action).ok_or(Error::NotFound)?;
    let row = transition(case.state, action)?;
    // An open transition has a route of its own, with its own permission and body.
    Err(super::model::not_in_state(row.from, row.action).into())
}

/// My open tasks and those of my posts, the least time left first.
#[utoipa::path(get, path = "/api/v1/inbox", tag = "tasks", responses((status = 200, body = Page<view::InboxRow>)),
    extensions(("x-permission" = json!("task.handle"))))]
async fn inbox(State(app): State<Shared>, who: Allow<Handle>) -> Answer<Json<Page<view::InboxRow>>> {
    let ground = Ground::of(&app);
    let scope = who.scope();
    let mut conn = app.db.read().await?;
    let tasks = store::inbox(&mut conn, &scope, who.person, 200).await?;
    let ids: Vec<Id<Incident>> = tasks.iter().map(|t| t.incident_id).collect();
    let lines = store::lines(&mut conn, &scope, &ids).await?;
    let items = view::inbox(&ground, tasks, lines, &scope);
    Ok(Json(Page { items, next: None }))
}
