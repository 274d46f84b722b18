//! Logging in and out, one's own password, second factor and tokens.

use axum::{
    Json,
    extract::{Path, State},
    http::{HeaderMap, StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use kernel::{ActorKind, Error, Time};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

use super::{
    actions::{self, LogIn},
    office,
    sessions::{self, Current, Opened},
    store,
};
use crate::{
    app::{App, Shared},
    http::{Allow, Answer, Command, Outcome, Problem, Visitor},
    permit,
};

permit! {
    /// Have API tokens of one's own.
    TokenOwn = "token.own";
}

/// The operations of this slice.
pub fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(log_in, session, log_out))
        .routes(routes!(follow_link))
        .routes(routes!(lease))
        .routes(routes!(set_password))
        .routes(routes!(new_totp))
        .routes(routes!(confirm_totp))
        .routes(routes!(tokens, make_token))
        .routes(routes!(end_token))
        .merge(office::routes())
}

/// The caller with the session: for the pages of one's own account, which are open while something has still to be set.
pub struct Me(pub Current);

impl axum::extract::FromRequestParts<Shared> for Me {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, app: &Shared) -> Result<Self, Problem> {
        Ok(Self(sessions::current(app, parts).await?))
    }
}

/// Nothing is asked beyond the path.
#[derive(Deserialize, ToSchema)]
pub struct Nothing {}

/// The answer to a command that has nothing to say.
#[derive(Serialize, ToSchema)]
#[schema(as = access::Done)]
pub struct Done {
    ok: bool,
}

/// The answer to a command that has nothing to say.
pub const DONE: Done = Done { ok: true };

#[derive(Deserialize, ToSchema)]
struct LogInForm {
    username: String,
    password: String,
    /// Six digits of the authenticator app, when the account has one.
    code: Option<String>,
}

#[derive(Deserialize, ToSchema)]
struct LinkForm {
    token: String,
}

#[derive(Serialize, ToSchema)]
struct SessionRole {
    key: String,
    name: String,
    name_en: String,
    /// The code of the unit in which it holds; absent for the whole district.
    unit: Option<String>,
    path: String,
}

#[derive(Serialize, ToSchema)]
struct SessionView {
    account: Uuid,
    name: String,
    person: Option<Uuid>,
    staff_no: Option<String>,
    /// The face that this person lands on.
    home: String,
    roles: Vec<SessionRole>,
    permissions: Vec<&'static str>,
    /// Send it as `X-CSRF-Token` with every command of this session's pages.
    csrf: String,
    expires_at: Time,
    /// Whether a password or a second factor has to be set before anything else is allowed.
    must_enrol: bool,
}

kernel::codes! {
    /// Only a log-in whose every role is one of the field may keep data on its device.
    NO_DEVICE_LEASE = "no-device-lease";
}

/// What a device may keep, and for how long.
#[derive(Serialize, ToSchema)]
struct LeaseView {
    /// The session that the lease hangs on.
    session: Uuid,
    /// 256 bits in base64: what the device seals its copy of the data with. Another session gets another key.
    key: String,
    /// When the copy has to be gone.
    until: Time,
}

/// The key under which this session's device may keep a copy of what its holder works with. It is derived and stored nowhere.
#[utoipa::path(get, path = "/api/v1/session/lease", tag = "access", responses((status = 200, body = LeaseView)),
    extensions(("x-permission" = json!("logged-in"))))]
async fn lease(State(app): State<Shared>, Me(me): Me) -> Answer<Json<LeaseView>> {
    let known = app.access.roles.get();
    let leased = |held: &kernel::Held| known.value.get(&held.role).is_some_and(|r| r.device_lease);
    if me.actor.kind != ActorKind::Person || me.must_enrol || me.actor.held.is_empty() || !me.actor.held.iter().all(leased) {
        return Err(Error::refused(NO_DEVICE_LEASE).into());
    }
    let key = STANDARD.encode(app.keys.blind("device-lease", &me.id.to_string()));
    Ok(Json(LeaseView { session: me.id, key, until: me.expires_at }))
}

fn view(app: &App, me: &Current) -> SessionView {
    let known = app.access.roles.get();
    let roles: Vec<SessionRole> = me
        .actor
        .held
        .iter()
        .filter_map(|h| {
            let role = known.value.get(&h.role)?;
            let unit = h.path.trim_matches('/').rsplit('/').next().filter(|u| !u.is_empty()).map(str::to_owned);
            Some(SessionRole {
                key: role.key.clone(),
                name: role.zh.clone(),
                name_en: role.en.clone(),
                unit,
                path: h.path.clone(),
            })
        })
        .collect();
    // The console holds everything that the worker's face holds, so one role of the console decides.
    let homes: Vec<&str> = me.actor.held.iter().filter_map(|h| known.value.get(&h.role)).map(|r| r.home.as_str()).collect();
    let home = ["/c/", "/w/"].into_iter().find(|h| homes.contains(h)).unwrap_or("/");
    SessionView {
        account: me.actor.id,
        name: me.actor.name.clone(),
        person: me.actor.person,
        staff_no: me.actor.staff_no.clone(),
        home: if me.must_enrol { "/c/".to_owned() } else { home.to_owned() },
        roles,
        permissions: me.actor.permissions(),
        csrf: me.csrf.clone(),
        expires_at: me.expires_at,
        must_enrol: me.must_enrol,
    }
}

/// The new session as its own first request would see it, with its cookies.
async fn welcome(app: &App, headers: &HeaderMap, opened: &Opened) -> Answer<Response> {
    let (mut parts, ()) = axum::http::Request::new(()).into_parts();
    let cookies = sessions::cookies(app, headers, opened);
    for name in [header::HOST, header::COOKIE] {
        if let Some(value) = headers.get(&name).filter(|_| name == header::HOST) {
            parts.headers.insert(name, value.clone());
        }
    }
    if let Some(pair) = cookies.first().and_then(|c| c.split(';').next()?.parse().ok()) {
        parts.headers.insert(header::COOKIE, pair);
    }
    let me = sessions::current(app, &parts).await?;
    let mut response = Json(view(app, &me)).into_response();
    for cookie in cookies {
        response.headers_mut().append(header::SET_COOKIE, cookie.parse().map_err(Error::internal)?);
    }
    Ok(response)
}

/// A form of another site cannot send JSON without asking first, so that nobody is logged in by a stranger's page.
fn only_json(headers: &HeaderMap) -> Answer<()> {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    if kind.starts_with("application/json") { Ok(()) } else { Err(Error::invalid("Content-Type", "not-json").into()) }
}

/// Log in with name, password and, where there is a second factor, its code.
#[utoipa::path(post, path = "/api/v1/session", tag = "session", request_body = LogInForm, extensions(("x-public" = json!(true))),
    responses((status = 200, body = SessionView), (status = 422, description = "wrong-credentials or second-factor-required"),
              (status = 429, description = "login-delayed, too-many or login-crowded")))]
async fn log_in(State(app): State<Shared>, visitor: Visitor, headers: HeaderMap, form: Command<LogInForm>) -> Answer<Response> {
    only_json(&headers)?;
    let LogInForm { username, password, code } = &form.body;
    let form = LogIn { username, password, code: code.as_deref() };
    let opened = actions::log_in(&app, &headers, visitor.address, &form).await?;
    welcome(&app, &headers, &opened).await
}

/// Log in with a one-time link.
#[utoipa::path(post, path = "/api/v1/session/link", tag = "session", request_body = LinkForm, extensions(("x-public" = json!(true))),
    responses((status = 200, body = SessionView), (status = 422, description = "link-spent")))]
async fn follow_link(
    State(app): State<Shared>,
    visitor: Visitor,
    headers: HeaderMap,
    form: Command<LinkForm>,
) -> Answer<Response> {
    only_json(&headers)?;
    let opened = actions::follow_link(&app, visitor.address, &form.body.token).await?;
    welcome(&app, &headers, &opened).await
}

/// Who I am, what I may do, and what commands of my pages carry.
#[utoipa::path(get, path = "/api/v1/session", tag = "session", extensions(("x-permission" = json!("logged-in"))),
    responses((status = 200, body = SessionView), (status = 401)))]
async fn session(State(app): State<Shared>, Me(me): Me) -> Json<SessionView> {
    Json(view(&app, &me))
}

/// Log out.
#[utoipa::path(delete, path = "/api/v1/session", tag = "session", extensions(("x-permission" = json!("logged-in"))),
    responses((status = 200, body = Done)))]
async fn log_out(State(app): State<Shared>, Me(me): Me, headers: HeaderMap, command: Command<Nothing>) -> Outcome {
    if me.actor.kind == ActorKind::Token {
        return Err(Error::Forbidden.into());
    }
    let mut work = command.begin(&app, &me.actor).await?;
    actions::log_out(&mut work.tx, work.now, &me).await?;
    let mut response = work.finish(StatusCode::OK, &DONE).await?;
    response.headers_mut().append(header::SET_COOKIE, sessions::gone(&app, &headers).parse().map_err(Error::internal)?);
    Ok(response)
}

/// Passwords and second factors are a person's affair, never a program's.
fn in_person(me: &Current) -> Result<(), Error> {
    if me.actor.kind == ActorKind::Person { Ok(()) } else { Err(Error::Forbidden) }
}

#[derive(Deserialize, ToSchema)]
struct PasswordForm {
    /// The present password, when there is one.
    current: Option<String>,
    password: String,
}

/// Set my password; my other sessions end.
#[utoipa::path(post, path = "/api/v1/account/password", tag = "account", request_body = PasswordForm,
    extensions(("x-permission" = json!("logged-in"))), responses((status = 200, body = Done), (status = 422, description = "wrong-credentials")))]
async fn set_password(State(app): State<Shared>, Me(me): Me, command: Command<PasswordForm>) -> Outcome {
    in_person(&me)?;
    let hash = actions::new_password(&app, &me, command.body.current.as_deref(), &command.body.password).await?;
    let mut work = command.begin(&app, &me.actor).await?;
    actions::set_password(&app, &mut work.tx, work.now, &me, &hash).await?;
    work.finish(StatusCode::OK, &DONE).await
}

#[derive(Deserialize, ToSchema)]
struct TotpForm {
    /// A code of the present second factor, when there is one.
    code: Option<String>,
}

#[derive(Serialize, ToSchema)]
struct TotpView {
    /// To be typed into an authenticator app.
    secret: String,
    uri: String,
    /// The same as a picture for the app's camera.
    svg: String,
}

/// Make a second factor; it holds once it is confirmed.
#[utoipa::path(post, path = "/api/v1/account/totp", tag = "account", request_body = TotpForm,
    extensions(("x-permission" = json!("logged-in"))), responses((status = 200, body = TotpView), (status = 422, description = "wrong-code")))]
async fn new_totp(State(app): State<Shared>, Me(me): Me, command: Command<TotpForm>) -> Outcome {
    in_person(&me)?;
    let made = actions::new_totp(&app, &me, command.body.code.as_deref()).await?;
    let mut work = command.begin(&app, &me.actor).await?;
    actions::set_totp(&mut work.tx, work.now, &me, &made).await?;
    work.finish(StatusCode::OK, &TotpView { secret: made.secret, uri: made.uri, svg: made.svg }).await
}

#[derive(Deserialize, ToSchema)]
struct CodeForm {
    code: String,
}

/// Confirm the second factor with the code that the app shows.
#[utoipa::path(post, path = "/api/v1/account/totp/confirm", tag = "account", request_body = CodeForm,
    extensions(("x-permission" = json!("logged-in"))), responses((status = 200, body = Done), (status = 422, description = "wrong-code")))]
async fn confirm_totp(State(app): State<Shared>, Me(me): Me, command: Command<CodeForm>) -> Outcome {
    in_person(&me)?;
    let mut work = command.begin(&app, &me.actor).await?;
    actions::confirm_totp(&app, &mut work.tx, work.now, &me, &command.body.code).await?;
    work.finish(StatusCode::OK, &DONE).await
}

/// My API tokens.
#[utoipa::path(get, path = "/api/v1/account/tokens", tag = "account", extensions(("x-permission" = json!("token.own"))),
    responses((status = 200, body = Vec<store::ApiToken>)))]
async fn tokens(State(app): State<Shared>, me: Allow<TokenOwn>) -> Answer<Json<Vec<store::ApiToken>>> {
    Ok(Json(store::tokens(&mut *app.db.read().await?, me.id).await?))
}

#[derive(Deserialize, ToSchema)]
struct TokenForm {
    name: String,
    /// How long it works; 90 days when nothing is said, at most 366.
    days: Option<i64>,
}

#[derive(Serialize, ToSchema)]
struct TokenView {
    id: Uuid,
    /// Shown this once.
    token: String,
}

/// Make an API token that may do what I may do.
#[utoipa::path(post, path = "/api/v1/account/tokens", tag = "account", request_body = TokenForm,
    extensions(("x-permission" = json!("token.own"))), responses((status = 201, body = TokenView)))]
async fn make_token(State(app): State<Shared>, me: Allow<TokenOwn>, command: Command<TokenForm>) -> Outcome {
    if me.kind != ActorKind::Person {
        return Err(Error::Forbidden.into());
    }
    let mut work = command.begin(&app, &me).await?;
    let TokenForm { name, days } = &command.body;
    let (id, secret) = actions::make_token(&mut work.tx, work.now, &me, me.id, name, days.unwrap_or(90)).await?;
    work.finish(StatusCode::CREATED, &TokenView { id, token: secret.text().to_owned() }).await
}

/// End one of my API tokens.
#[utoipa::path(delete, path = "/api/v1/account/tokens/{token}", tag = "account", params(("token" = Uuid, Path)),
    extensions(("x-permission" = json!("token.own"))), responses((status = 200, body = Done)))]
async fn end_token(
    State(app): State<Shared>,
    me: Allow<TokenOwn>,
    Path(token): Path<Uuid>,
    command: Command<Nothing>,
) -> Outcome {
    let mut work = command.begin(&app, &me).await?;
    actions::end_token(&mut work.tx, work.now, &me, token).await?;
    work.finish(StatusCode::OK, &DONE).await
}
