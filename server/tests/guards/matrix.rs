//! The access matrix: every operation of the contract, called by nobody, by every role in two places, and by a program.
//! An operation without a row in [`CALLS`] fails; so does a row without an operation.

use std::{collections::BTreeSet, time::Duration};

use axum::http::{Method, StatusCode};
use jingwei::testing::{Client, TestApp, town};
use serde_json::{Value, json};
use testkit::Engine;

use crate::contract::{LOGGED_IN, Operation, operations, policy};

/// How an operation is called. Ids are unknown ones: what counts is whether the caller is let in.
struct Call {
    operation: &'static str,
    /// The body; null sends none.
    body: fn() -> Value,
    /// Beyond the ordinary.
    nature: Nature,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Nature {
    Plain,
    /// Ends or changes the caller's own log-in, so each caller logs in anew for it.
    Personal,
    /// Never ends: a stream that is open after a moment has let the caller in.
    Stream,
    /// Takes the bytes of a picture.
    Picture,
}

const fn read(operation: &'static str) -> Call {
    Call { operation, body: || Value::Null, nature: Nature::Plain }
}

const fn command(operation: &'static str, body: fn() -> Value) -> Call {
    Call { operation, body, nature: Nature::Plain }
}

const fn personal(operation: &'static str, body: fn() -> Value) -> Call {
    Call { operation, body, nature: Nature::Personal }
}

/// What stands for each `{name}` of a path.
const PLACES: &[(&str, &str)] = &[
    ("year", "2025"),
    ("period", "2025-02"),
    ("name", "quiet_hours"),
    ("what", "orgs"),
    ("code", "990101001001999"),
    ("level", "near"),
    ("x", "13330"),
    ("y", "6594"),
    ("track", "an-unknown-link-of-a-reporter"),
    ("secret", "an-unknown-link-of-a-partner"),
    ("share", "an-unknown-link-without-words"),
];

/// What some operations are asked.
const QUERIES: &[(&str, &str)] = &[
    ("/api/v1/duty", "?unit=990101"),
    ("/api/v1/reports/rates", "?from=2025-03-01T00:00:00Z&to=2025-04-01T00:00:00Z"),
    ("/api/v1/reports/rates/export", "?from=2025-03-01T00:00:00Z&to=2025-04-01T00:00:00Z"),
    ("/api/v1/reports/days", "?from=2025-03-01T00:00:00Z&to=2025-04-01T00:00:00Z"),
    ("/api/v1/reports/days/export", "?from=2025-03-01T00:00:00Z&to=2025-04-01T00:00:00Z"),
    ("/api/v1/reports/repeats", "?from=2025-03-01T00:00:00Z&to=2025-04-01T00:00:00Z"),
    ("/api/v1/reports/repeats/export", "?from=2025-03-01T00:00:00Z&to=2025-04-01T00:00:00Z"),
    ("/api/v1/grids/{code}/board", "?origin=http%3A%2F%2F127.0.0.1"),
    ("/api/v1/place", "?lon=112.905&lat=33.105"),
    ("/api/v1/responsible", "?lead=S001-LAW&lon=112.905&lat=33.105"),
];

/// What stands for every other `{…}`: an id that nothing has.
const NOBODY: &str = "01957f00-0000-7000-8000-00000000dead";

const CALLS: &[Call] = &[
    command("POST /api/v1/session", || json!({"username": "nobody-at-all", "password": "wrong horse battery"})),
    command("POST /api/v1/session/link", || json!({"token": "spent"})),
    read("GET /api/v1/session"),
    read("GET /api/v1/session/lease"),
    personal("DELETE /api/v1/session", || json!({})),
    personal("POST /api/v1/account/password", || json!({"password": "correct horse battery"})),
    personal("POST /api/v1/account/totp", || json!({})),
    personal("POST /api/v1/account/totp/confirm", || json!({"code": "000000"})),
    read("GET /api/v1/account/tokens"),
    personal("POST /api/v1/account/tokens", || json!({"name": "matrix", "days": 1})),
    command("DELETE /api/v1/account/tokens/{token}", || json!({})),
    read("GET /api/v1/accounts"),
    read("GET /api/v1/accounts/{account}"),
    command("POST /api/v1/accounts", || json!({"username": "", "name": ""})),
    command("POST /api/v1/accounts/{account}/disable", || json!({})),
    command("POST /api/v1/accounts/{account}/enable", || json!({})),
    command("POST /api/v1/accounts/{account}/link", || json!({})),
    command("POST /api/v1/accounts/{account}/grants", || json!({"role": "grid-worker", "path": "/990101/"})),
    command("DELETE /api/v1/accounts/{account}/grants/{grant}", || json!({})),
    read("GET /api/v1/roles"),
    read("GET /api/v1/settings"),
    command("DELETE /api/v1/settings/{name}", || json!({})),
    command("PUT /api/v1/settings/{name}", || json!({"value": {"nonsense": true}, "reason": ""})),
    read("GET /api/v1/audit"),
    Call { operation: "POST /api/v1/photos", body: || Value::Null, nature: Nature::Picture },
    read("GET /api/v1/notices"),
    read("GET /api/v1/notices/count"),
    command("POST /api/v1/notices/{id}/read", || json!({})),
    command("POST /api/v1/notices/read-all", || json!({})),
    read("GET /api/v1/notices/wishes"),
    command("PUT /api/v1/notices/wishes", || json!({"mail": null})),
    Call { operation: "GET /api/v1/events", body: || Value::Null, nature: Nature::Stream },
    read("GET /api/v1/matters"),
    read("GET /api/v1/catalogue"),
    read("GET /api/v1/catalogue/{id}"),
    command("PUT /api/v1/catalogue/{id}", || json!({})),
    command("POST /api/v1/catalogue/{id}/retire", || json!({})),
    command("POST /api/v1/catalogue/import", || json!({})),
    command("POST /api/v1/calendars/import", || json!({})),
    read("GET /api/v1/catalogue/export"),
    read("GET /api/v1/calendars/{year}"),
    command("POST /api/v1/reports", || json!({"text": "井盖坏了", "lon": 112.9, "lat": 33.1})),
    command("POST /api/v1/reports/suggest", || json!({"text": "井盖坏了"})),
    command("POST /api/v1/reports/lookup", || json!({"code": "C20250310-0001", "phone_last4": "0000"})),
    read("GET /api/v1/reports/{track}"),
    command("POST /api/v1/reports/{track}/remarks", || json!({"text": "还在"})),
    command("POST /api/v1/reports/{track}/rating", || json!({"contacted": true, "solved": "yes", "satisfied": "yes"})),
    command("POST /api/v1/reports/{track}/answers", || json!({"text": "在三楼"})),
    read("GET /api/v1/reports/{track}/photos/{photo}"),
    command("POST /api/v1/reports/{track}/share", || json!({})),
    command("DELETE /api/v1/reports/{track}/share", || json!({})),
    read("GET /api/v1/shared/{share}"),
    read("GET /api/v1/public/cases"),
    read("GET /api/v1/public/grids"),
    read("GET /api/v1/addresses"),
    read("GET /api/v1/publications"),
    read("GET /api/v1/publications/managed"),
    command("POST /api/v1/publications", || json!({"kind": "notice", "title": "", "text": "", "unit": "990101"})),
    command("PUT /api/v1/publications/{id}", || json!({"version": 1, "kind": "notice", "title": "停水", "text": "周六停水"})),
    command("POST /api/v1/publications/{id}/withdraw", || json!({"version": 1, "reason": "取消"})),
    read("GET /api/v1/incidents"),
    command("POST /api/v1/incidents", || json!({"text": "井盖坏了", "lon": 112.9, "lat": 33.1, "channel": "phone"})),
    read("GET /api/v1/incidents/counts"),
    read("GET /api/v1/incidents/export"),
    read("GET /api/v1/incidents/{id}"),
    read("GET /api/v1/incidents/{id}/similar"),
    read("GET /api/v1/admission/lists"),
    command("POST /api/v1/admission/lists", || json!({"name": ""})),
    read("GET /api/v1/admission/lists/{id}"),
    command("DELETE /api/v1/admission/lists/{id}", || json!({})),
    command("POST /api/v1/admission/lists/{id}/items", || json!({"content": ""})),
    command("POST /api/v1/admission/lists/{id}/approve", || json!({})),
    read("GET /api/v1/admission/lists/{id}/file"),
    read("GET /api/v1/admission/items"),
    read("GET /api/v1/admission/items/export"),
    read("GET /api/v1/admission/requests"),
    command(
        "POST /api/v1/admission/requests",
        || json!({"kind": "exit", "item": NOBODY, "because": "no_longer_fit", "reason": ""}),
    ),
    command("POST /api/v1/admission/requests/{id}/decide", || json!({"approve": false, "words": ""})),
    command("POST /api/v1/admission/requests/{id}/withdraw", || json!({})),
    read("GET /api/v1/admission/proposals"),
    command("POST /api/v1/admission/proposals/{id}/dismiss", || json!({})),
    read("GET /api/v1/burdens"),
    read("GET /api/v1/burdens/{id}"),
    command("POST /api/v1/burdens", || json!({"about": NOBODY, "kind": "forms", "words": "重复填表"})),
    command("POST /api/v1/burdens/{id}/notify", || json!({"version": 1, "words": ""})),
    command("POST /api/v1/burdens/{id}/dismiss", || json!({"version": 1, "words": ""})),
    command("POST /api/v1/burdens/{id}/plan", || json!({"version": 1, "words": ""})),
    command("POST /api/v1/burdens/{id}/corrected", || json!({"version": 1, "words": ""})),
    command("POST /api/v1/burdens/{id}/review", || json!({"version": 1, "words": ""})),
    read("GET /api/v1/incidents/{id}/photos/{photo}"),
    command("POST /api/v1/incidents/{id}/erasure", || json!({"reason": ""})),
    read("GET /api/v1/erasures"),
    command("POST /api/v1/erasures/{id}/decide", || json!({"approved": false, "words": "测试"})),
    command("POST /api/v1/incidents/{id}/accept", || json!({})),
    command("POST /api/v1/incidents/{id}/refuse", || json!({"reason": "abuse", "words": "测试"})),
    command("POST /api/v1/incidents/{id}/correct", || json!({"matter": NOBODY})),
    command("POST /api/v1/incidents/{id}/place", || json!({"lon": 112.9, "lat": 33.1})),
    command("POST /api/v1/incidents/{id}/dispatch", || json!({})),
    command("POST /api/v1/incidents/{id}/tasks/{task}/accept", || json!({})),
    command("POST /api/v1/incidents/{id}/tasks/{task}/done", || json!({"result": "solved", "public_reply": "好了"})),
    command("POST /api/v1/incidents/{id}/tasks/{task}/send-back", || json!({"reason": "not-grassroots"})),
    command("POST /api/v1/incidents/{id}/object", || json!({"reason": "不归我们管", "basis": "职责清单"})),
    command("POST /api/v1/incidents/{id}/confer", || json!({"chair": "街道办事处"})),
    command("POST /api/v1/incidents/{id}/annul", || json!({"reason": "测试", "words": "测试"})),
    read("GET /api/v1/objections"),
    read("GET /api/v1/objections/export"),
    command("POST /api/v1/objections/{id}/rule", || json!({"upheld": false, "words": "维持"})),
    read("GET /api/v1/dispatch/attempts"),
    read("GET /api/v1/dispatch/reasons"),
    command("PUT /api/v1/dispatch/reasons/{code}", || json!({"words": "", "counts": "neutral", "active": true})),
    read("GET /api/v1/dispatch/figures"),
    command("POST /api/v1/incidents/{id}/whistle", || json!({"units": [{"unit": NOBODY, "role": "helper"}], "words": "请到场"})),
    command("POST /api/v1/incidents/{id}/tasks/{task}/help", || json!({"units": [NOBODY], "words": "请带梯子来"})),
    command("POST /api/v1/incidents/{id}/tasks/{task}/report-in", || json!({"note": "到场"})),
    command("POST /api/v1/whistles/{id}/ratings", || json!({"ratings": []})),
    command("POST /api/v1/whistles/{id}/call-off", || json!({"reason": "误报"})),
    read("GET /api/v1/whistles"),
    read("GET /api/v1/whistles/export"),
    read("GET /api/v1/whistles/figures"),
    read("GET /api/v1/whistles/{id}"),
    command("POST /api/v1/incidents/{id}/urgency", || json!({"urgency": "emergency", "reason": "有人被困"})),
    command("POST /api/v1/incidents/{id}/acknowledge", || json!({})),
    command("POST /api/v1/incidents/{id}/bulletins", || json!({"kind": "first", "words": "正在处置"})),
    command("POST /api/v1/incidents/{id}/after-action", || json!({"happened": "塌陷", "measures": "围挡", "lessons": "巡查"})),
    read("GET /api/v1/duty"),
    read("GET /api/v1/duty/handovers"),
    command("POST /api/v1/duty/handovers", || json!({"unit": NOBODY, "shift": "夜班", "to": NOBODY})),
    command("POST /api/v1/duty/handovers/{id}/confirm", || json!({})),
    command(
        "POST /api/v1/incidents/{id}/tasks/{task}/extend",
        || json!({"by": {"n": 1, "unit": "working_day"}, "reason": "配件缺货"}),
    ),
    command("POST /api/v1/incidents/{id}/tasks/{task}/stage", || json!({"stage": "停工"})),
    command("POST /api/v1/incidents/{id}/ask", || json!({"question": "请问是几楼？"})),
    command(
        "POST /api/v1/incidents/{id}/shelve",
        || json!({"class": "seasonal", "reason": "等待汛期结束", "review_on": "2025-06-01"}),
    ),
    command("POST /api/v1/incidents/{id}/resume", || json!({})),
    command("POST /api/v1/incidents/{id}/look", || json!({})),
    command("POST /api/v1/incidents/{id}/what-if", || json!({"action": "resolve"})),
    read("GET /api/v1/extensions"),
    read("GET /api/v1/extensions/export"),
    command("POST /api/v1/extensions/{id}/decide", || json!({"grant": false, "words": "先想办法"})),
    command("POST /api/v1/incidents/{id}/tasks/{task}/sign", || json!({})),
    command("POST /api/v1/incidents/{id}/tasks/{task}/hand-back", || json!({"words": "请写清楚"})),
    command("POST /api/v1/incidents/{id}/tasks/{task}/link", || json!({})),
    command("POST /api/v1/incidents/{id}/tasks/{task}/link/revoke", || json!({})),
    read("GET /api/v1/partner/{secret}"),
    command("POST /api/v1/partner/{secret}/accept", || json!({})),
    command("POST /api/v1/partner/{secret}/done", || json!({"result": "solved", "public_reply": "好了"})),
    command("POST /api/v1/partner/{secret}/note", || json!({"text": "看过了"})),
    read("GET /api/v1/partner/{secret}/photos/{photo}"),
    read("GET /api/v1/handovers"),
    command("POST /api/v1/handovers", || json!({"leave": NOBODY})),
    command("POST /api/v1/handovers/{id}/confirm", || json!({})),
    command("POST /api/v1/incidents/{id}/archive", || json!({})),
    read("GET /api/v1/incidents/{id}/dossier"),
    command("POST /api/v1/incidents/{id}/escalate", || json!({"reason": "解决不了"})),
    command("POST /api/v1/incidents/{id}/tasks/{task}/escalate", || json!({"reason": "解决不了"})),
    command(
        "POST /api/v1/incidents/{id}/supervise",
        || json!({"card": "urge", "reply_by": "2025-03-12T10:00:00+08:00", "words": "请抓紧"}),
    ),
    read("GET /api/v1/supervisions"),
    read("GET /api/v1/supervisions/counts"),
    read("GET /api/v1/supervisions/export"),
    read("GET /api/v1/supervisions/{id}"),
    command("POST /api/v1/supervisions/{id}/reply", || json!({"text": "已办"})),
    command("POST /api/v1/supervisions/{id}/end", || json!({"words": "已办"})),
    command("POST /api/v1/incidents/{id}/note", || json!({"text": "看过了"})),
    command("POST /api/v1/incidents/{id}/verify", || json!({"passed": true, "words": "看过了"})),
    command("POST /api/v1/incidents/{id}/close", || json!({})),
    command("POST /api/v1/incidents/{id}/callback", || json!({"outcome": "no_answer"})),
    command("POST /api/v1/incidents/{id}/merge", || json!({"into": NOBODY})),
    command("POST /api/v1/incidents/{id}/unmerge", || json!({"reason": "不是一回事"})),
    read("GET /api/v1/incidents/{id}/orders"),
    read("GET /api/v1/incidents/{id}/tasks/{task}/links"),
    command("POST /api/v1/incidents/bulk", || json!({"action": "accept", "ids": [NOBODY]})),
    read("GET /api/v1/filters"),
    command("POST /api/v1/filters", || json!({"name": "", "query": {}})),
    command("DELETE /api/v1/filters/{id}", || json!({})),
    read("GET /api/v1/webhooks"),
    command("POST /api/v1/webhooks", || json!({"name": "", "url": ""})),
    command("PUT /api/v1/webhooks/{id}", || json!({})),
    command("DELETE /api/v1/webhooks/{id}", || json!({})),
    command("POST /api/v1/webhooks/{id}/rotate", || json!({})),
    command("POST /api/v1/webhooks/{id}/ping", || json!({})),
    read("GET /api/v1/webhooks/{id}/deliveries"),
    command("POST /api/v1/webhooks/{id}/deliveries/{delivery}/resend", || json!({})),
    command("POST /api/v1/incidents/{id}/reopen", || json!({"cause": "unsolved", "reason": "还是不亮"})),
    command("POST /api/v1/reports/{track}/reopen", || json!({"cause": "unsolved", "reason": "还是不亮"})),
    read("GET /api/v1/callbacks"),
    read("GET /api/v1/callbacks/script"),
    command("POST /api/v1/callbacks/{id}/claim", || json!({})),
    command("POST /api/v1/callbacks/{id}/release", || json!({})),
    command("POST /api/v1/callbacks/{id}/dial", || json!({"purpose": "回访"})),
    command("POST /api/v1/incidents/{id}/reveal", || json!({"field": "phone", "purpose": "回访"})),
    read("GET /api/v1/inbox"),
    read("GET /api/v1/pack"),
    read("GET /api/v1/day"),
    command("POST /api/v1/day/entries", || json!({"day": "2025-03-10", "words": "看过了"})),
    command("DELETE /api/v1/day/entries/{id}", || json!({})),
    read("GET /api/v1/burden-meter"),
    read("GET /api/v1/burden-meter/steps"),
    command("POST /api/v1/must-reports/told", || json!({"kind": "pregnancy"})),
    read("GET /api/v1/reports/rates"),
    read("GET /api/v1/reports/rates/export"),
    read("GET /api/v1/reports/periods"),
    read("GET /api/v1/reports/periods/{period}"),
    read("GET /api/v1/reports/periods/{period}/export"),
    command("POST /api/v1/reports/periods/{period}/freeze", || json!({})),
    command("POST /api/v1/reports/exclusions", || json!({"incident": NOBODY, "rate": "solved", "reason": "恶意差评"})),
    read("GET /api/v1/reports/exclusions"),
    command("POST /api/v1/reports/exclusions/{id}/decide", || json!({"approved": true, "words": "同意"})),
    read("GET /api/v1/district"),
    read("GET /api/v1/grids.geojson"),
    read("GET /api/v1/basemap/{level}/{x}/{y}"),
    read("GET /api/v1/place"),
    read("GET /api/v1/responsible"),
    read("GET /api/v1/rosters/vacancies"),
    read("GET /api/v1/unit-kinds"),
    read("GET /api/v1/units"),
    read("GET /api/v1/units/{id}"),
    command("POST /api/v1/units", || json!({})),
    command("PUT /api/v1/units/{id}", || json!({"name": "新名"})),
    command("POST /api/v1/units/{id}/end", || json!({})),
    command("POST /api/v1/units/{id}/move", || json!({"parent": NOBODY})),
    command("POST /api/v1/units/{id}/posts", || json!({})),
    command("POST /api/v1/posts/{id}/assign", || json!({"person": NOBODY})),
    command("POST /api/v1/posts/{id}/end", || json!({})),
    command("POST /api/v1/posts/{id}/vacate", || json!({})),
    command("POST /api/v1/people", || json!({})),
    command("PUT /api/v1/people/{id}", || json!({"name": "周以宁", "phone_public": true})),
    command("POST /api/v1/imports/preview", || json!({"content": ""})),
    command("POST /api/v1/imports/{what}", || json!({"content": "", "dry_run": true})),
    read("GET /api/v1/people"),
    command("PUT /api/v1/people/{id}/portrait", || json!({"photo_id": NOBODY})),
    command("DELETE /api/v1/people/{id}/portrait", || json!({})),
    read("GET /api/v1/people/{id}/portrait/{photo}"),
    read("GET /api/v1/account/portrait"),
    personal("PUT /api/v1/account/portrait", || json!({"photo_id": NOBODY})),
    personal("DELETE /api/v1/account/portrait", || json!({})),
    read("GET /api/v1/grids/{code}/portraits/{photo}"),
    read("GET /api/v1/rosters/templates"),
    read("GET /api/v1/grids/{code}/board"),
    read("GET /api/v1/reports/standing"),
    read("GET /api/v1/reports/standing/export"),
    read("GET /api/v1/reports/days"),
    read("GET /api/v1/reports/days/export"),
    read("GET /api/v1/reports/repeats"),
    read("GET /api/v1/reports/repeats/export"),
    read("GET /api/v1/leave"),
    command("POST /api/v1/leave", || json!({})),
    command("POST /api/v1/leave/{id}/confirm", || json!({})),
    command("POST /api/v1/leave/{id}/end", || json!({})),
];

/// Where roles hold: the district, and one grid.
const WHERE: [&str; 2] = [town::DISTRICT, town::GRID];

/// Who administers does so for the district, never for a part of it.
const OFFICES: [&str; 3] = ["system-admin", "security-admin", "audit-admin"];

/// What the matrix expects of a caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Expected {
    LogInFirst,
    Forbidden,
    LetIn,
}

/// What an operation does with a caller who holds these permissions; `None` is nobody.
fn expected(operation: &Operation, held: Option<&BTreeSet<String>>) -> Expected {
    match (&operation.permission, held) {
        (None, _) => Expected::LetIn,
        (Some(_), None) => Expected::LogInFirst,
        (Some(wanted), Some(held)) if wanted == LOGGED_IN || held.contains(wanted) => Expected::LetIn,
        (Some(_), Some(_)) => Expected::Forbidden,
    }
}

/// Whether an answer is what was expected. Who is let in may hear that the id is unknown or the body wrong, never a fault of ours.
fn agrees(expected: Expected, status: StatusCode) -> bool {
    match expected {
        Expected::LogInFirst => status == StatusCode::UNAUTHORIZED,
        Expected::Forbidden => status == StatusCode::FORBIDDEN,
        Expected::LetIn => status != StatusCode::UNAUTHORIZED && status != StatusCode::FORBIDDEN && !status.is_server_error(),
    }
}

/// Operations without a row, and rows without an operation.
fn unmatched(operations: &[Operation], rows: &[&str]) -> Vec<String> {
    let known: BTreeSet<&str> = operations.iter().map(|o| o.name.as_str()).collect();
    let called: BTreeSet<&str> = rows.iter().copied().collect();
    let without_row = known.difference(&called).map(|o| format!("no row for {o}"));
    without_row.chain(called.difference(&known).map(|r| format!("no operation for {r}"))).collect()
}

#[test]
fn every_operation_has_a_row() {
    let rows: Vec<&str> = CALLS.iter().map(|c| c.operation).collect();
    let unmatched = unmatched(&operations(), &rows);
    assert!(unmatched.is_empty(), "the matrix in server/tests/guards/matrix.rs: {}", unmatched.join("; "));
}

#[test]
fn a_forgotten_operation_is_found() {
    let operation = Operation { name: "GET /api/v1/new".to_owned(), permission: None };
    assert_eq!(
        unmatched(&[operation], &["GET /api/v1/gone"]),
        ["no row for GET /api/v1/new", "no operation for GET /api/v1/gone"]
    );
}

#[test]
fn a_wrong_answer_is_found() {
    assert!(!agrees(Expected::LogInFirst, StatusCode::OK) && !agrees(Expected::Forbidden, StatusCode::NOT_FOUND));
    assert!(!agrees(Expected::LetIn, StatusCode::FORBIDDEN) && !agrees(Expected::LetIn, StatusCode::INTERNAL_SERVER_ERROR));
    assert!(agrees(Expected::LetIn, StatusCode::UNPROCESSABLE_ENTITY));
}

/// Makes the call; `None` when it is a stream that stayed open.
async fn call(client: &Client, call: &Call) -> Option<StatusCode> {
    let (method, path) = call.operation.split_once(' ').unwrap();
    let method: Method = method.parse().unwrap();
    let path = filled(path);
    let moment = if call.nature == Nature::Stream { Duration::from_millis(300) } else { Duration::from_secs(30) };
    let answer = async {
        match (&method, call.nature) {
            (_, Nature::Picture) => {
                let key = format!("{:032x}", rand::random::<u128>());
                client
                    .send(method, &path, Some("no picture".into()), &[("content-type", "image/jpeg"), ("idempotency-key", &key)])
                    .await
            }
            (&Method::GET, _) => client.get(&path).await,
            (&Method::PUT, _) => client.put(&path, &(call.body)()).await,
            (&Method::DELETE, _) => client.delete(&path).await,
            _ => client.post(&path, &(call.body)()).await,
        }
    };
    let answer = tokio::time::timeout(moment, answer).await;
    assert!(answer.is_ok() || call.nature == Nature::Stream, "{} did not answer", call.operation);
    answer.ok().map(|reply| reply.status)
}

fn filled(path: &str) -> String {
    let mut parts = path.split(['{', '}']);
    let mut out = parts.next().unwrap_or_default().to_owned();
    while let Some(name) = parts.next() {
        out.push_str(PLACES.iter().find(|p| p.0 == name).map_or(NOBODY, |p| p.1));
        out.push_str(parts.next().unwrap_or_default());
    }
    out.push_str(QUERIES.iter().find(|q| q.0 == path).map_or("", |q| q.1));
    out
}

/// The outcome of a run: how many cells, and those that were wrong.
#[derive(Default)]
struct Cells {
    tried: usize,
    wrong: Vec<String>,
}

impl Cells {
    fn judge(&mut self, who: &str, operation: &Operation, expected: Expected, status: Option<StatusCode>) {
        self.tried += 1;
        // An open stream has let its caller in.
        let status = status.unwrap_or(StatusCode::OK);
        if !agrees(expected, status) {
            self.wrong.push(format!("{who}: {} answered {status}, expected {expected:?}", operation.name));
        }
    }
}

testkit::both! {
    async fn every_cell_of_the_matrix_holds(engine: Engine) {
        let app = TestApp::new(engine).await.with_town().await;
        let operations = operations();
        let row = |o: &Operation| CALLS.iter().find(|c| c.operation == o.name);
        let mut cells = Cells::default();
        let visitor = app.visitor();
        for operation in &operations {
            let Some(row) = row(operation) else { continue };
            cells.judge("nobody", operation, expected(operation, None), call(&visitor, row).await);
        }
        for (role, held) in policy() {
            for path in WHERE.into_iter().filter(|path| *path == town::DISTRICT || !OFFICES.contains(&role.as_str())) {
                let who = format!("{role} in {path}");
                let client = app.browse_as(&role, path).await;
                for operation in &operations {
                    let Some(row) = row(operation) else { continue };
                    let own = if row.nature == Nature::Personal { Some(app.browse_as(&role, path).await) } else { None };
                    let status = call(own.as_ref().unwrap_or(&client), row).await;
                    cells.judge(&who, operation, expected(operation, Some(&held)), status);
                }
            }
        }
        assert!(cells.tried >= 1_000, "only {} cells", cells.tried);
        assert!(cells.wrong.is_empty(), "{} of {} cells are wrong:\n{}", cells.wrong.len(), cells.tried, cells.wrong.join("\n"));
    }

    /// A program's token does not log out, set passwords or make further tokens.
    async fn what_is_personal_is_not_for_programs(engine: Engine) {
        let app = TestApp::new(engine).await;
        for row in CALLS.iter().filter(|c| c.nature == Nature::Personal) {
            let program = app.login_as("district-dispatch", WHERE[0]).await;
            assert_eq!(call(&program, row).await, Some(StatusCode::FORBIDDEN), "{}", row.operation);
        }
    }
}
