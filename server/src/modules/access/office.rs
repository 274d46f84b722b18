//! The administrators' operations: accounts, grants, invitations, roles, settings, the audit record.

use std::collections::{BTreeMap, BTreeSet};

use axum::{
    Json,
    extract::{Path, Query, State},
    http::StatusCode,
};
use kernel::{Cursor, Page, Time};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

use super::{
    actions::{self, NewGrant, SettingForm},
    audit::{self, AuditRow},
    http::{DONE, Done, Nothing},
    limits::{self, LIMITS},
    model::{self, LinkKind},
    store::{self, Account, Grant, NewAccount},
};
use crate::{
    app::Shared,
    http::{Allow, Answer, Command, Outcome, Permit},
    permit, settings,
};

permit! {
    /// See accounts and roles.
    AccountRead = "account.read";
    /// Add, invite, disable and enable accounts.
    AccountManage = "account.manage";
    /// Grant and take back roles.
    GrantManage = "grant.manage";
    /// See switches and limits.
    SettingRead = "setting.read";
    /// Change switches and limits.
    SettingManage = "setting.manage";
    /// Read the audit record.
    AuditRead = "audit.read";
}

/// The administrators' operations.
pub fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(accounts, create_account))
        .routes(routes!(account))
        .routes(routes!(disable))
        .routes(routes!(enable))
        .routes(routes!(invite))
        .routes(routes!(grant))
        .routes(routes!(revoke))
        .routes(routes!(roles))
        .routes(routes!(list_settings))
        .routes(routes!(set_setting, unset_setting))
        .routes(routes!(list_audit))
}

fn page_size(limit: Option<usize>) -> usize {
    limit.unwrap_or(50).clamp(1, 200)
}

fn cursor(text: Option<&str>) -> kernel::Result<Option<Cursor>> {
    text.map(Cursor::decode).transpose()
}

#[derive(Deserialize, IntoParams)]
struct AccountsQuery {
    /// Part of the name or username.
    q: Option<String>,
    /// Who holds this role somewhere.
    role: Option<String>,
    limit: Option<usize>,
    cursor: Option<String>,
}

/// Accounts, newest first.
#[utoipa::path(get, path = "/api/v1/accounts", tag = "accounts", params(AccountsQuery), extensions(("x-permission" = json!("account.read"))),
    responses((status = 200, body = Page<Account>)))]
async fn accounts(
    State(app): State<Shared>,
    _: Allow<AccountRead>,
    Query(ask): Query<AccountsQuery>,
) -> Answer<Json<Page<Account>>> {
    let after = cursor(ask.cursor.as_deref())?;
    let mut conn = app.db.read().await?;
    let (q, role) = (ask.q.as_deref(), ask.role.as_deref());
    Ok(Json(store::accounts(&mut conn, q, role, app.clock.now(), after, page_size(ask.limit)).await?))
}

#[derive(Serialize, ToSchema)]
struct AccountView {
    #[serde(flatten)]
    account: Account,
    grants: Vec<Grant>,
}

/// One account with its grants.
#[utoipa::path(get, path = "/api/v1/accounts/{account}", tag = "accounts", params(("account" = Uuid, Path)),
    extensions(("x-permission" = json!("account.read"))), responses((status = 200, body = AccountView), (status = 404)))]
async fn account(State(app): State<Shared>, _: Allow<AccountRead>, Path(id): Path<Uuid>) -> Answer<Json<AccountView>> {
    let mut conn = app.db.read().await?;
    let account = store::account(&mut conn, id).await?.ok_or(kernel::Error::NotFound)?;
    Ok(Json(AccountView { account, grants: store::grants(&mut conn, id).await? }))
}

#[derive(Deserialize, ToSchema)]
struct AccountForm {
    username: String,
    name: String,
    staff_no: Option<String>,
    /// The person of the organisation whose account it is.
    person: Option<Uuid>,
    /// A program's account never logs in; it has tokens.
    #[serde(default)]
    program: bool,
}

#[derive(Serialize, ToSchema)]
struct Made {
    id: Uuid,
}

/// Add an account.
#[utoipa::path(post, path = "/api/v1/accounts", tag = "accounts", request_body = AccountForm,
    extensions(("x-permission" = json!("account.manage"))), responses((status = 201, body = Made), (status = 422, description = "account-exists")))]
async fn create_account(State(app): State<Shared>, me: Allow<AccountManage>, command: Command<AccountForm>) -> Outcome {
    let AccountForm { username, name, staff_no, person, program } = &command.body;
    let username = model::username(username)?;
    let new =
        NewAccount { username: &username, name, staff_no: staff_no.as_deref(), person: *person, program: *program, demo: false };
    let mut work = command.begin(&app, &me).await?;
    let id = actions::create_account(&mut work.tx, work.now, &me, &new).await?;
    work.finish(StatusCode::CREATED, &Made { id }).await
}

/// Disable an account: its sessions end at once.
#[utoipa::path(post, path = "/api/v1/accounts/{account}/disable", tag = "accounts", params(("account" = Uuid, Path)),
    extensions(("x-permission" = json!("account.manage"))), responses((status = 200, body = Done), (status = 422, description = "last-of-office")))]
async fn disable(
    State(app): State<Shared>,
    me: Allow<AccountManage>,
    Path(id): Path<Uuid>,
    command: Command<Nothing>,
) -> Outcome {
    let mut work = command.begin(&app, &me).await?;
    store::account(&mut work.tx, id).await?.ok_or(kernel::Error::NotFound)?;
    actions::disable(&mut work.tx, work.now, &me, id).await?;
    work.finish(StatusCode::OK, &DONE).await
}

/// Enable an account again.
#[utoipa::path(post, path = "/api/v1/accounts/{account}/enable", tag = "accounts", params(("account" = Uuid, Path)),
    extensions(("x-permission" = json!("account.manage"))), responses((status = 200, body = Done)))]
async fn enable(State(app): State<Shared>, me: Allow<AccountManage>, Path(id): Path<Uuid>, command: Command<Nothing>) -> Outcome {
    let mut work = command.begin(&app, &me).await?;
    store::account(&mut work.tx, id).await?.ok_or(kernel::Error::NotFound)?;
    actions::enable(&mut work.tx, work.now, &me, id).await?;
    work.finish(StatusCode::OK, &DONE).await
}

#[derive(Serialize, ToSchema)]
struct LinkView {
    /// The path on this host; shown this once.
    path: String,
    expires_at: Time,
}

/// Make a one-time link with which somebody sets a password and a second factor.
#[utoipa::path(post, path = "/api/v1/accounts/{account}/link", tag = "accounts", params(("account" = Uuid, Path)),
    extensions(("x-permission" = json!("account.manage"))), responses((status = 201, body = LinkView)))]
async fn invite(State(app): State<Shared>, me: Allow<AccountManage>, Path(id): Path<Uuid>, command: Command<Nothing>) -> Outcome {
    let mut work = command.begin(&app, &me).await?;
    let account = store::account(&mut work.tx, id).await?.ok_or(kernel::Error::NotFound)?;
    let partner = store::grants(&mut work.tx, account.id).await?.iter().any(|g| g.role == "partner");
    let kind = if partner { LinkKind::Partner } else { LinkKind::Invite };
    let link = actions::make_link(&mut work.tx, work.now, &me, id, kind).await?;
    work.finish(StatusCode::CREATED, &LinkView { path: link.path, expires_at: link.expires_at }).await
}

#[derive(Deserialize, ToSchema)]
struct GrantForm {
    role: String,
    /// The root of the subtree, such as `/990101/990101001/`; `/` is the district.
    path: String,
    from: Option<Time>,
    until: Option<Time>,
}

/// Grant a role in a part of the organisation.
#[utoipa::path(post, path = "/api/v1/accounts/{account}/grants", tag = "accounts", params(("account" = Uuid, Path)), request_body = GrantForm,
    extensions(("x-permission" = json!("grant.manage"))),
    responses((status = 201, body = Made), (status = 422, description = "offices-exclude, not-your-office, not-to-yourself, granted-already")))]
async fn grant(State(app): State<Shared>, me: Allow<GrantManage>, Path(id): Path<Uuid>, command: Command<GrantForm>) -> Outcome {
    let GrantForm { role, path, from, until } = &command.body;
    let new = NewGrant { role, path, from_at: *from, until_at: *until };
    let mut work = command.begin(&app, &me).await?;
    let id = actions::grant(&app, &mut work.tx, work.now, &me, id, &new).await?;
    work.finish(StatusCode::CREATED, &Made { id }).await
}

/// Take a role back.
#[utoipa::path(delete, path = "/api/v1/accounts/{account}/grants/{grant}", tag = "accounts", params(("account" = Uuid, Path), ("grant" = Uuid, Path)),
    extensions(("x-permission" = json!("grant.manage"))), responses((status = 200, body = Done), (status = 404)))]
async fn revoke(
    State(app): State<Shared>,
    me: Allow<GrantManage>,
    Path((account, id)): Path<(Uuid, Uuid)>,
    command: Command<Nothing>,
) -> Outcome {
    let mut work = command.begin(&app, &me).await?;
    actions::revoke(&mut work.tx, work.now, &me, account, id).await?;
    work.finish(StatusCode::OK, &DONE).await
}

#[derive(Serialize, ToSchema)]
struct RoleView {
    key: String,
    name: String,
    name_en: String,
    second_factor: bool,
    permissions: Vec<&'static str>,
}

/// The roles of this district.
#[utoipa::path(get, path = "/api/v1/roles", tag = "accounts", extensions(("x-permission" = json!("account.read"))),
    responses((status = 200, body = Vec<RoleView>)))]
async fn roles(State(app): State<Shared>, _: Allow<AccountRead>) -> Json<Vec<RoleView>> {
    let view = |r: &super::roles::Role| RoleView {
        key: r.key.clone(),
        name: r.zh.clone(),
        name_en: r.en.clone(),
        second_factor: r.second_factor,
        permissions: r.permissions.iter().map(|p| p.0).collect(),
    };
    Json(app.access.roles.get().value.values().map(view).collect())
}

/// A setting: what it holds, what it would hold by itself, and who set it why.
#[derive(Serialize, ToSchema)]
struct SettingView {
    name: String,
    #[schema(value_type = Object)]
    value: serde_json::Value,
    /// What holds where nothing was set.
    #[schema(value_type = Object)]
    default: serde_json::Value,
    /// Whether the law limits it: away from its default it wants an end, a year ahead at most.
    limited: bool,
    /// How it was set; null while the default holds.
    set: Option<SetView>,
}

/// How a setting was set.
#[derive(Serialize, ToSchema)]
struct SetView {
    reason: String,
    expires_at: Option<Time>,
    by: String,
    at: Time,
}

/// Every switch and limit, set or not.
#[utoipa::path(get, path = "/api/v1/settings", tag = "settings", extensions(("x-permission" = json!("setting.read"))),
    responses((status = 200, body = Vec<SettingView>)))]
async fn list_settings(State(app): State<Shared>, _: Allow<SettingRead>) -> Answer<Json<Vec<SettingView>>> {
    let set = settings::all(&mut *app.db.read().await?, app.clock.now()).await?;
    let view =
        |name: String, limited: bool, default: serde_json::Value, shown: &dyn Fn(serde_json::Value) -> serde_json::Value| {
            let found = set.iter().find(|s| s.name == name);
            let value = found.map_or_else(|| default.clone(), |s| shown(s.body.clone()));
            let how = |s: &settings::Setting| SetView {
                reason: s.reason.clone(),
                expires_at: s.expires_at,
                by: s.set_by.clone(),
                at: s.set_at,
            };
            SettingView { name, value, default, limited, set: found.map(how) }
        };
    let limits = LIMITS.iter().map(|l| view(format!("limit.{}", l.name), false, limits::default(l), &|v| v));
    let declared = settings::declared();
    let others = declared.iter().map(|d| view(d.name.to_owned(), d.limited, d.default(), &|v| d.shown(v)));
    Ok(Json(others.chain(limits).collect()))
}

/// Set a switch or a limit, with a reason and, where the law wants it, an end.
#[utoipa::path(put, path = "/api/v1/settings/{name}", tag = "settings", params(("name" = String, Path)), request_body = SettingForm,
    extensions(("x-permission" = json!("setting.manage"))), responses((status = 200, body = Done)))]
async fn set_setting(
    State(app): State<Shared>,
    me: Allow<SettingManage>,
    Path(name): Path<String>,
    command: Command<SettingForm>,
) -> Outcome {
    let mut work = command.begin(&app, &me).await?;
    actions::set_setting(&mut work.tx, &app, &me, &name, &command.body, &me.id.to_string()).await?;
    let answer = work.finish(StatusCode::OK, &DONE).await?;
    app.refresh().await?;
    Ok(answer)
}

/// Take a setting back; the default holds again.
#[utoipa::path(delete, path = "/api/v1/settings/{name}", tag = "settings", params(("name" = String, Path)),
    extensions(("x-permission" = json!("setting.manage"))), responses((status = 200, body = Done)))]
async fn unset_setting(
    State(app): State<Shared>,
    me: Allow<SettingManage>,
    Path(name): Path<String>,
    command: Command<Nothing>,
) -> Outcome {
    let mut work = command.begin(&app, &me).await?;
    let now = work.now;
    actions::unset_setting(&mut work.tx, now, &me, &name).await?;
    let answer = work.finish(StatusCode::OK, &DONE).await?;
    app.refresh().await?;
    Ok(answer)
}

#[derive(Deserialize, IntoParams)]
struct AuditQuery {
    actor: Option<Uuid>,
    object: Option<Uuid>,
    /// Such as `incident.reveal`.
    action: Option<String>,
    from: Option<Time>,
    to: Option<Time>,
    limit: Option<usize>,
    cursor: Option<String>,
}

/// A row with the names of the accounts that it is about, for whoever may see accounts.
#[derive(Serialize, ToSchema)]
struct AuditView {
    #[serde(flatten)]
    row: AuditRow,
    /// What the account is called that did it.
    #[serde(skip_serializing_if = "Option::is_none")]
    actor_name: Option<String>,
    /// What the account is called that it was done to.
    #[serde(skip_serializing_if = "Option::is_none")]
    object_name: Option<String>,
}

/// The audit record, newest first.
#[utoipa::path(get, path = "/api/v1/audit", tag = "audit", params(AuditQuery), extensions(("x-permission" = json!("audit.read"))),
    responses((status = 200, body = Page<AuditView>)))]
async fn list_audit(
    State(app): State<Shared>,
    who: Allow<AuditRead>,
    Query(ask): Query<AuditQuery>,
) -> Answer<Json<Page<AuditView>>> {
    let AuditQuery { actor, object, action, from, to, limit, cursor: after } = ask;
    let filter = audit::Filter { actor, object, action, from, to };
    let mut conn = app.db.read().await?;
    let page = audit::list(&mut conn, &filter, app.clock.now(), cursor(after.as_deref())?, page_size(limit)).await?;
    let names = if who.may(AccountRead::PERMISSION) {
        let ids: BTreeSet<Uuid> = page.items.iter().flat_map(|it| [it.actor, it.object]).collect();
        store::names(&mut conn, ids).await?
    } else {
        BTreeMap::new()
    };
    let name = |id: Uuid| names.get(&id).cloned();
    Ok(Json(page.map(|row| AuditView { actor_name: name(row.actor), object_name: name(row.object), row })))
}
