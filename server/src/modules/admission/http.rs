//! The operations of lists, items, requests and proposals.

use axum::{
    Json,
    extract::{Path, Query, State},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use kernel::{Error, Id, Page, Part, Scope, Time};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

use super::{
    actions::{self, Decision, ListForm, RequestForm},
    import::{self, COLUMNS},
    model::{
        Answer, DISTRICT_ONLY, Item, ItemForm, List, ListRow, ListState, Request, RequestKind, RequestRow, RequestState, Verdict,
    },
    store,
};
use crate::{
    app::{App, Shared},
    http::{Allow, Along, Answer as Reply, Command, FileCommand, Outcome, Taker, Written, attached_table},
    lang::Lang,
    modules::catalogue::{AccessClass, Matter},
    permit,
    table::{Fault, Table, column::Column, write},
};

mod burdens;

permit! {
    /// Read the access list.
    ReadList = "admission.read";
    /// Ask for admissions and exits.
    AskList = "admission.ask";
    /// Draft, approve, decide.
    ManageList = "admission.manage";
    /// Take lists along.
    Export = "export.run";
}

/// Every operation of this slice.
pub fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(lists, draft))
        .routes(routes!(one, discard))
        .routes(routes!(fill))
        .routes(routes!(approve))
        .routes(routes!(exported))
        .routes(routes!(items))
        .routes(routes!(items_file))
        .routes(routes!(requests, ask))
        .routes(routes!(decide))
        .routes(routes!(withdraw))
        .routes(routes!(proposals))
        .routes(routes!(dismiss))
        .merge(burdens::routes())
}

/// A list without its items.
#[derive(Serialize, ToSchema)]
#[schema(as = AdmissionList)]
struct ListView {
    #[schema(value_type = uuid::Uuid)]
    id: Id<List>,
    name: String,
    version: i64,
    state: ListState,
    reference: String,
    review_at: Option<Time>,
    /// Whether the district has to look at it again.
    review_due: bool,
    made_at: Time,
    approved_at: Option<Time>,
    effective_at: Option<Time>,
    ended_at: Option<Time>,
}

/// An item with the names of its matters.
#[derive(Serialize, ToSchema)]
#[schema(as = AdmissionItem)]
struct ItemView {
    #[schema(value_type = uuid::Uuid)]
    id: Id<Item>,
    number: i64,
    name: String,
    department: String,
    class: AccessClass,
    help: String,
    authority: String,
    funds: String,
    training: String,
    matters: Vec<Named>,
    valid_from: Option<Time>,
    valid_to: Option<Time>,
}

/// An id with its name.
#[derive(Serialize, ToSchema)]
#[schema(as = MatterName)]
struct Named {
    id: Uuid,
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    name_en: Option<String>,
}

impl Named {
    /// By the name that a reader of this language knows it by.
    fn said_in(self, lang: Option<Lang>) -> Self {
        let name = lang.unwrap_or_default().named(&self.name, self.name_en.as_deref()).to_owned();
        Self { name, ..self }
    }
}

/// A list with its items.
#[derive(Serialize, ToSchema)]
#[schema(as = AdmissionListWhole)]
struct Whole {
    #[serde(flatten)]
    list: ListView,
    items: Vec<ItemView>,
}

/// A request with what was found.
#[derive(Serialize, ToSchema)]
#[schema(as = AdmissionRequest)]
struct RequestView {
    #[schema(value_type = uuid::Uuid)]
    id: Id<Request>,
    kind: RequestKind,
    state: RequestState,
    item: Option<ItemForm>,
    /// The item that shall leave.
    #[schema(value_type = Option<uuid::Uuid>)]
    item_id: Option<Id<Item>>,
    reason: String,
    checks: Vec<Answer>,
    asked_at: Time,
    decided_at: Option<Time>,
    verdict: Option<Verdict>,
    effective_at: Option<Time>,
    mine: bool,
}

/// A matter that stood on no list.
#[derive(Serialize, ToSchema)]
#[schema(as = AdmissionProposal)]
struct ProposalView {
    matter: Named,
    first_at: Time,
    last_at: Time,
    times: i64,
    last_case: String,
}

fn list_view(l: ListRow, now: Time) -> ListView {
    let review_due = l.state == ListState::Approved && l.review_at.is_some_and(|at| at <= now);
    let ListRow { id, name, version, state, reference, review_at, made_at, approved_at, effective_at, ended_at } = l;
    ListView { id, name, version, state, reference, review_at, review_due, made_at, approved_at, effective_at, ended_at }
}

fn matter_name(app: &App, id: Id<Matter>) -> Named {
    let known = app.catalogue.get();
    let matter = known.value.matter(id);
    Named { id: id.uuid(), name: matter.map(|m| m.level3.clone()).unwrap_or_default(), name_en: matter.and_then(|m| m.english()) }
}

fn item_view(app: &App, i: Item) -> ItemView {
    let matters = i.matters.0.iter().map(|m| matter_name(app, *m)).collect();
    let Item { id, number, name, department, class, help, authority, funds, training, valid_from, valid_to, .. } = i;
    ItemView { id, number, name, department, class, help, authority, funds, training, matters, valid_from, valid_to }
}

fn request_view(r: RequestRow, me: Uuid) -> RequestView {
    RequestView {
        mine: r.asked_by == me,
        id: r.id,
        kind: r.kind,
        state: r.state,
        item: r.item.map(|j| j.0),
        item_id: r.item_id,
        reason: r.reason,
        checks: r.checks.0,
        asked_at: r.asked_at,
        decided_at: r.decided_at,
        verdict: r.verdict.map(|j| j.0),
        effective_at: r.effective_at,
    }
}

/// Every list: drafts, those in force, those that ended.
#[utoipa::path(get, path = "/api/v1/admission/lists", tag = "admission", responses((status = 200, body = Vec<ListView>)),
    extensions(("x-permission" = json!("admission.read"))))]
async fn lists(State(app): State<Shared>, _: Allow<ReadList>) -> Reply<Json<Vec<ListView>>> {
    let now = app.clock.now();
    let all = store::lists(&mut *app.db.read().await?).await?;
    Ok(Json(all.into_iter().map(|l| list_view(l, now)).collect()))
}

/// Begin a draft: the next version of a batch.
#[utoipa::path(post, path = "/api/v1/admission/lists", tag = "admission", request_body = ListForm,
    responses((status = 201, body = ListView)), extensions(("x-permission" = json!("admission.manage"))))]
async fn draft(State(app): State<Shared>, who: Allow<ManageList>, command: Command<ListForm>) -> Outcome {
    for_the_district(&app, &who)?;
    let mut work = command.begin(&app, &who).await?;
    let now = work.now;
    let made = actions::draft(&mut work.tx, now, &who, &command.body).await?;
    work.finish(StatusCode::CREATED, &list_view(made, now)).await
}

/// One list with its items.
#[utoipa::path(get, path = "/api/v1/admission/lists/{id}", tag = "admission", params(("id" = String, Path, format = "uuid")),
    responses((status = 200, body = Whole)), extensions(("x-permission" = json!("admission.read"))))]
async fn one(State(app): State<Shared>, _: Allow<ReadList>, Path(id): Path<Id<List>>) -> Reply<Json<Whole>> {
    let mut conn = app.db.read().await?;
    let list = list_view(store::list(&mut conn, id).await?, app.clock.now());
    let items = store::items(&mut conn, id).await?.into_iter().map(|i| item_view(&app, i)).collect();
    Ok(Json(Whole { list, items }))
}

/// Nothing is asked beyond the path.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = AdmissionNothing)]
struct Nothing {}

/// What a command did, where there is no more to say.
#[derive(Serialize, ToSchema)]
#[schema(as = AdmissionDone)]
struct Done {
    done: bool,
}

const DONE: Done = Done { done: true };

/// Forget a draft.
#[utoipa::path(delete, path = "/api/v1/admission/lists/{id}", tag = "admission", params(("id" = String, Path, format = "uuid")),
    responses((status = 200, body = Done)), extensions(("x-permission" = json!("admission.manage"))))]
async fn discard(
    State(app): State<Shared>,
    who: Allow<ManageList>,
    Path(id): Path<Id<List>>,
    command: Command<Nothing>,
) -> Outcome {
    for_the_district(&app, &who)?;
    let mut work = command.begin(&app, &who).await?;
    let now = work.now;
    actions::discard(&mut work.tx, now, &who, id).await?;
    work.finish(StatusCode::OK, &DONE).await
}

/// The items of a draft as a file.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = AdmissionUpload)]
struct Upload {
    /// The text of a CSV file, or an XLSX or CSV file in base64 when `base64` is true.
    content: String,
    #[serde(default)]
    base64: bool,
    /// Only say what it would do.
    #[serde(default)]
    dry_run: bool,
}

/// What an upload did, or what is wrong with it: with faults nothing was taken.
#[derive(Serialize, ToSchema)]
#[schema(as = AdmissionTaken)]
struct Taken {
    items: usize,
    applied: bool,
    #[schema(value_type = Vec<Object>)]
    faults: Vec<Fault>,
}

/// Put the items of a CSV or XLSX file into a draft, in place of those that it has.
#[utoipa::path(post, path = "/api/v1/admission/lists/{id}/items", tag = "admission", params(("id" = String, Path, format = "uuid")),
    request_body = Upload, responses((status = 200, body = Taken)), extensions(("x-permission" = json!("admission.manage"))))]
async fn fill(
    State(app): State<Shared>,
    who: Allow<ManageList>,
    Path(id): Path<Id<List>>,
    command: FileCommand<Upload>,
) -> Outcome {
    for_the_district(&app, &who)?;
    let Upload { content, base64, dry_run } = &command.body;
    let reading =
        import::read(Table::uploaded(content, *base64)?, &app.catalogue.get().value).map_err(|e| e.refused("content"))?;
    let mut taken = Taken { items: reading.items.len(), applied: false, faults: reading.faults };
    if !taken.faults.is_empty() || *dry_run {
        return Ok(Json(taken).into_response());
    }
    let mut work = command.begin(&app, &who).await?;
    let now = work.now;
    actions::fill(&mut work.tx, now, &who, id, &reading.items).await?;
    taken.applied = true;
    work.finish(StatusCode::OK, &taken).await
}

/// When a list comes into force.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = AdmissionApproval)]
struct Approval {
    /// Now when it is left out.
    #[serde(default)]
    effective_at: Option<Time>,
}

/// Approve a draft: it comes into force, the version before it ends.
#[utoipa::path(post, path = "/api/v1/admission/lists/{id}/approve", tag = "admission", params(("id" = String, Path, format = "uuid")),
    request_body = Approval, responses((status = 200, body = Done)), extensions(("x-permission" = json!("admission.manage"))))]
async fn approve(
    State(app): State<Shared>,
    who: Allow<ManageList>,
    Path(id): Path<Id<List>>,
    command: Command<Approval>,
) -> Outcome {
    for_the_district(&app, &who)?;
    let mut work = command.begin(&app, &who).await?;
    let now = work.now;
    actions::approve(&mut work.tx, now, &who, id, command.body.effective_at).await?;
    let answer = work.finish(StatusCode::OK, &DONE).await?;
    app.admission.refresh(&app.db).await?;
    Ok(answer)
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Format {
    /// `csv` (default) or `xlsx`.
    format: Option<String>,
}

/// A list as a table that people edit and upload again.
#[utoipa::path(get, path = "/api/v1/admission/lists/{id}/file", tag = "admission", params(("id" = String, Path, format = "uuid"), Format),
    responses((status = 200, content_type = "text/csv", body = String)), extensions(("x-permission" = json!("admission.read"))))]
async fn exported(
    State(app): State<Shared>,
    _: Allow<ReadList>,
    Path(id): Path<Id<List>>,
    Query(wish): Query<Format>,
) -> Reply<Response> {
    let mut conn = app.db.read().await?;
    store::list(&mut conn, id).await?;
    let rows = store::items(&mut conn, id).await?.into_iter().map(|i| write::texts(cells(item_view(&app, i))));
    let format = write::Format::wished(wish.format.as_deref())?;
    Ok(attached_table(format, "access-list", write::file(format, column_names(), 2, rows)?))
}

/// What the column of the class is called in a file.
const CLASS: &str = "履职类别";

/// What the columns of the list are called in a file.
fn column_names() -> impl Iterator<Item = &'static str> {
    COLUMNS.iter().map(|(name, headers)| headers.first().copied().unwrap_or(name))
}

fn cells(i: ItemView) -> Vec<String> {
    let matters: Vec<String> = i.matters.into_iter().map(|m| m.name).collect();
    vec![i.name, i.department, i.class.chinese().to_owned(), i.help, i.authority, i.funds, i.training, matters.join("、")]
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct AskedItems {
    /// `own`, `assist` or `upper`.
    #[param(inline)]
    class: Option<AccessClass>,
    department: Option<String>,
    /// What was in force at this instant; now when it is left out.
    at: Option<Time>,
}

impl AskedItems {
    async fn found(&self, app: &App) -> kernel::Result<Vec<ItemView>> {
        let at = self.at.unwrap_or_else(|| app.clock.now());
        let department = self.department.as_deref().filter(|d| !d.is_empty());
        let found = store::in_force(&mut *app.db.read().await?, at, self.class.map(AccessClass::word), department).await?;
        Ok(found.into_iter().map(|i| item_view(app, i)).collect())
    }
}

/// The items in force.
#[utoipa::path(get, path = "/api/v1/admission/items", tag = "admission", params(AskedItems), responses((status = 200, body = Vec<ItemView>)),
    extensions(("x-permission" = json!("admission.read"))))]
async fn items(State(app): State<Shared>, _: Allow<ReadList>, Query(ask): Query<AskedItems>) -> Reply<Json<Vec<ItemView>>> {
    Ok(Json(ask.found(&app).await?))
}

/// Export the items in force, filtered as the list, as CSV or XLSX with their dates; audited.
#[utoipa::path(get, path = "/api/v1/admission/items/export", tag = "admission", params(AskedItems, Written), responses((status = 200)),
    extensions(("x-permission" = json!("export.run"))))]
async fn items_file(State(app): State<Shared>, taker: Taker<Export>, Query(ask): Query<AskedItems>) -> Reply<Response> {
    let lines = ask.found(&app).await?.into_iter().map(|i| {
        let dates = [i.valid_from, i.valid_to].map(|t| t.map(|t| t.to_string()).unwrap_or_default());
        let i = ItemView { matters: i.matters.into_iter().map(|m| m.said_in(taker.lang())).collect(), ..i };
        write::texts(cells(i).into_iter().chain(dates))
    });
    let own = |name| if name == CLASS { Column::terms(name, "access") } else { Column::plain(name) };
    let columns = column_names().map(own).chain([Column::at("生效时间"), Column::at("失效时间")]).collect();
    let along =
        Along { action: "admission.export", name: "access-list-in-force", asked: vec![], columns, lines: lines.collect() };
    Ok(along.file(&app, &taker, app.clock.now()).await?)
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct AskedRequests {
    #[param(inline)]
    state: Option<RequestState>,
    limit: Option<i64>,
    cursor: Option<String>,
}

/// Requests of the caller's units; the district sees all. The refused ones are the record of refusals.
#[utoipa::path(get, path = "/api/v1/admission/requests", tag = "admission", params(AskedRequests),
    responses((status = 200, body = Page<RequestView>)), extensions(("x-permission" = json!("admission.read"))))]
async fn requests(
    State(app): State<Shared>,
    who: Allow<ReadList>,
    Query(ask): Query<AskedRequests>,
) -> Reply<Json<Page<RequestView>>> {
    let part = Part::of(ask.limit, ask.cursor.as_deref(), app.clock.now())?;
    let rows = store::requests(&mut *app.db.read().await?, &who.scope(), ask.state, part.cursor, part.limit).await?;
    Ok(Json(part.cut(rows, |r| (r.asked_at.millis(), r.id.uuid())).map(|r| request_view(r, who.id))))
}

/// Ask for an admission, with an answer to each mandatory check, or for an exit.
#[utoipa::path(post, path = "/api/v1/admission/requests", tag = "admission", request_body = RequestForm,
    responses((status = 201, body = RequestView)), extensions(("x-permission" = json!("admission.ask"))))]
async fn ask(State(app): State<Shared>, who: Allow<AskList>, command: Command<RequestForm>) -> Outcome {
    let mut work = command.begin(&app, &who).await?;
    let now = work.now;
    let made = actions::ask(&mut work.tx, now, &who, own_path(&app, &who.scope()), &command.body).await?;
    work.finish(StatusCode::CREATED, &request_view(made, who.id)).await
}

/// Decide a request.
#[utoipa::path(post, path = "/api/v1/admission/requests/{id}/decide", tag = "admission", params(("id" = String, Path, format = "uuid")),
    request_body = Decision, responses((status = 200, body = RequestView)), extensions(("x-permission" = json!("admission.manage"))))]
async fn decide(
    State(app): State<Shared>,
    who: Allow<ManageList>,
    Path(id): Path<Id<Request>>,
    command: Command<Decision>,
) -> Outcome {
    for_the_district(&app, &who)?;
    let mut work = command.begin(&app, &who).await?;
    let now = work.now;
    let made = actions::decide(&mut work.tx, now, &who, id, &command.body).await?;
    let answer = work.finish(StatusCode::OK, &request_view(made, who.id)).await?;
    app.admission.refresh(&app.db).await?;
    Ok(answer)
}

/// Take one's own request back.
#[utoipa::path(post, path = "/api/v1/admission/requests/{id}/withdraw", tag = "admission", params(("id" = String, Path, format = "uuid")),
    responses((status = 200, body = RequestView)), extensions(("x-permission" = json!("admission.ask"))))]
async fn withdraw(
    State(app): State<Shared>,
    who: Allow<AskList>,
    Path(id): Path<Id<Request>>,
    command: Command<Nothing>,
) -> Outcome {
    let mut work = command.begin(&app, &who).await?;
    let now = work.now;
    let made = actions::withdraw(&mut work.tx, now, &who, &who.scope(), id).await?;
    work.finish(StatusCode::OK, &request_view(made, who.id)).await
}

/// Matters that stood on no list when they were dispatched: what the next version should speak about.
#[utoipa::path(get, path = "/api/v1/admission/proposals", tag = "admission", responses((status = 200, body = Vec<ProposalView>)),
    extensions(("x-permission" = json!("admission.manage"))))]
async fn proposals(State(app): State<Shared>, who: Allow<ManageList>) -> Reply<Json<Vec<ProposalView>>> {
    for_the_district(&app, &who)?;
    let view = |p: store::Proposal| ProposalView {
        matter: matter_name(&app, p.matter_id),
        first_at: p.first_at,
        last_at: p.last_at,
        times: p.times,
        last_case: p.last_case,
    };
    Ok(Json(store::proposals(&mut *app.db.read().await?).await?.into_iter().map(view).collect()))
}

/// Put a proposal aside until the matter comes again.
#[utoipa::path(post, path = "/api/v1/admission/proposals/{id}/dismiss", tag = "admission", params(("id" = String, Path, format = "uuid")),
    responses((status = 200, body = Done)), extensions(("x-permission" = json!("admission.manage"))))]
async fn dismiss(
    State(app): State<Shared>,
    who: Allow<ManageList>,
    Path(id): Path<Id<Matter>>,
    command: Command<Nothing>,
) -> Outcome {
    for_the_district(&app, &who)?;
    let mut work = command.begin(&app, &who).await?;
    let now = work.now;
    actions::dismiss(&mut work.tx, now, &who, id).await?;
    work.finish(StatusCode::OK, &DONE).await
}

/// The list is the district's: a grant for a part of it changes nothing there.
fn for_the_district(app: &App, who: &Allow<ManageList>) -> Result<(), Error> {
    if who.scope().holds(&app.org.directory().value.root().path) { Ok(()) } else { Err(Error::refused(DISTRICT_ONLY)) }
}

/// The unit in whose name somebody asks: the first of the grants, the district's root for a grant of everything.
fn own_path(app: &App, scope: &Scope) -> String {
    let root = || app.org.directory().value.root().path.clone();
    match scope {
        Scope::Under(paths) => paths.iter().find(|p| p.len() > 1).cloned().unwrap_or_else(root),
        Scope::All => root(),
    }
}
