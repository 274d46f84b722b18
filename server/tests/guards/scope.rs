//! Who sees which case: every role that may read cases, at every place of the town, against every case, by every operation on one case.
//! What is right is worked out here from the rows alone, without the program's own condition.

use std::collections::BTreeSet;

use axum::http::StatusCode;
use db::{Query, record};
use jingwei::testing::{
    Client, TestApp,
    town::{COMMUNITY, DEPARTMENT, DISTRICT, FAR, GRID, HOME, NOWHERE, OTHER_STREET, SIBLING, STREET},
};
use serde_json::{Value, json};
use testkit::Engine;

use crate::contract::{operations, policy};

/// Places at which a role may hold: own grid, the next grid, communities, streets, the district, departments.
const PLACES: &[&str] = &[
    GRID,
    "/990101/990101001/990101001001/990101001001002/",
    COMMUNITY,
    SIBLING,
    STREET,
    OTHER_STREET,
    DISTRICT,
    DEPARTMENT,
    "/990101/D-FIRE/",
    // No unit of the town, and its name begins like another's.
    "/990101/99010100/",
];

/// Reports that go to a community, a department, two units at once, another street, and to nobody yet.
const REPORTS: &[(&str, (f64, f64))] = &[
    ("楼道灯坏了，单元楼道里的灯不亮", HOME),
    ("马路路灯不亮，街上路灯坏了一排", HOME),
    ("消防通道被车堵了，消防车道停满车", HOME),
    ("楼道灯坏了，楼梯间照明坏了", FAR),
    ("路面突然塌陷出现大坑", NOWHERE),
];

/// Operations on one case, with the permission that each wants.
const READS: &[(&str, &str)] =
    &[("incident.read", ""), ("incident.read", "/similar"), ("incident.read", "/orders"), ("incident.dossier", "/dossier")];
const COMMANDS: &[(&str, &str)] = &[
    ("incident.intake", "/accept"),
    ("incident.intake", "/refuse"),
    ("incident.intake", "/correct"),
    ("incident.intake", "/place"),
    ("incident.dispatch", "/dispatch"),
    ("task.handle", "/tasks/{task}/accept"),
    ("task.handle", "/tasks/{task}/done"),
    ("task.return", "/tasks/{task}/send-back"),
    ("incident.object", "/object"),
    ("incident.confer", "/confer"),
    ("incident.annul", "/annul"),
    ("task.sign", "/tasks/{task}/sign"),
    ("task.link", "/tasks/{task}/link"),
    ("task.link", "/tasks/{task}/link/revoke"),
    ("task.sign", "/tasks/{task}/hand-back"),
    ("incident.archive", "/archive"),
    ("erasure.ask", "/erasure"),
    ("incident.escalate", "/escalate"),
    ("task.escalate", "/tasks/{task}/escalate"),
    ("incident.supervise", "/supervise"),
    ("incident.note", "/note"),
    ("incident.whistle", "/whistle"),
    ("task.report_in", "/tasks/{task}/report-in"),
    ("task.help", "/tasks/{task}/help"),
    ("incident.raise_urgency", "/urgency"),
    ("incident.acknowledge", "/acknowledge"),
    ("incident.bulletin", "/bulletins"),
    ("incident.after_action", "/after-action"),
    ("incident.ask", "/ask"),
    ("incident.shelve", "/shelve"),
    ("incident.resume", "/resume"),
    ("incident.read", "/look"),
    ("incident.read", "/what-if"),
    ("task.extend", "/tasks/{task}/extend"),
    ("task.handle", "/tasks/{task}/stage"),
    ("incident.verify", "/verify"),
    ("incident.close", "/close"),
    ("incident.callback", "/callback"),
    ("incident.reopen", "/reopen"),
    ("incident.reveal", "/reveal"),
    ("incident.merge", "/merge"),
    ("incident.merge", "/unmerge"),
];

fn body(command: &str) -> Value {
    match command {
        "/refuse" => json!({"reason": "abuse", "words": "测试"}),
        "/correct" => json!({"matter": "01957f00-0000-7000-8000-00000000dead"}),
        "/place" => json!({"lon": HOME.0, "lat": HOME.1}),
        "/merge" => json!({"into": "01957f00-0000-7000-8000-00000000dead"}),
        "/unmerge" => json!({"reason": "不是一回事"}),
        "/erasure" => json!({"reason": "本人申请"}),
        "/escalate" | "/tasks/{task}/escalate" => json!({"reason": "解决不了"}),
        "/supervise" => json!({"card": "urge", "reply_by": "2025-03-12T10:00:00+08:00", "words": "请抓紧"}),
        "/note" => json!({"text": "看过了"}),
        "/tasks/{task}/hand-back" => json!({"words": "请写清楚"}),
        "/tasks/{task}/send-back" => json!({"reason": "not-grassroots"}),
        "/object" => json!({"reason": "不归我们管", "basis": "职责清单"}),
        "/confer" => json!({"chair": "街道办事处"}),
        "/annul" => json!({"reason": "测试", "words": "测试"}),
        "/whistle" => json!({"units": [{"unit": "01957f00-0000-7000-8000-00000000dead", "role": "helper"}], "words": "请到场"}),
        "/tasks/{task}/help" => json!({"units": ["01957f00-0000-7000-8000-00000000dead"], "words": "请来帮忙"}),
        "/urgency" => json!({"urgency": "emergency", "reason": "有人被困"}),
        "/bulletins" => json!({"kind": "first", "words": "正在处置"}),
        "/after-action" => json!({"happened": "塌陷", "measures": "围挡", "lessons": "巡查"}),
        "/ask" => json!({"question": "请问是几楼？"}),
        "/shelve" => json!({"class": "seasonal", "reason": "等待汛期结束", "review_on": "2025-06-01"}),
        "/what-if" => json!({"action": "resolve"}),
        "/tasks/{task}/extend" => json!({"by": {"n": 1, "unit": "working_day"}, "reason": "配件缺货"}),
        "/tasks/{task}/stage" => json!({"stage": "停工"}),
        "/verify" => json!({"passed": true}),
        "/callback" => json!({"outcome": "no_answer"}),
        "/reopen" => json!({"cause": "unsolved", "reason": "还是不亮"}),
        "/reveal" => json!({"field": "phone", "purpose": "回访"}),
        "/tasks/{task}/done" => json!({"result": "solved", "public_reply": "好了"}),
        _ => json!({}),
    }
}

record! {
    /// Where a case belongs: its owner, or a unit with a task of it.
    struct Belonging { code: String, path: String }
}

/// Boards of what hangs on cases, with the permission that each wants: none shows more than its caller may see of the cases.
const BOARDS: &[(&str, &str)] = &[
    ("whistle.read", "/api/v1/whistles"),
    ("incident.read", "/api/v1/objections"),
    ("supervision.read", "/api/v1/supervisions"),
    ("extension.decide", "/api/v1/extensions"),
    ("incident.callback", "/api/v1/callbacks"),
];

#[test]
fn every_operation_on_one_case_is_tried() {
    // A photograph, and the task that links were made for, has an id of its own; the slice's tests take them.
    let known = |method: &str, rest: &str| match method {
        "GET" => ["/photos/{photo}", "/tasks/{task}/links"].contains(&rest) || READS.iter().any(|r| r.1 == rest),
        _ => COMMANDS.iter().any(|c| c.1 == rest),
    };
    let forgotten: Vec<String> = operations()
        .into_iter()
        .filter_map(|o| Some((o.name.split_once(" /api/v1/incidents/{id}").map(|(m, r)| (m.to_owned(), r.to_owned()))?, o.name)))
        .filter(|((method, rest), _)| !known(method, rest))
        .map(|(_, name)| name)
        .collect();
    assert!(forgotten.is_empty(), "server/tests/guards/scope.rs does not try {}", forgotten.join("; "));
}

/// A case of the town.
struct Case {
    id: String,
    code: String,
    /// A task of it, or an id that no task has.
    task: String,
    /// Every path it belongs to.
    paths: Vec<String>,
}

async fn cases(app: &TestApp) -> Vec<Case> {
    let desk = app.login_as("district-dispatch", DISTRICT).await;
    let mut cases = vec![];
    for (words, (lon, lat)) in REPORTS {
        let receipt = app
            .visitor()
            .post("/api/v1/reports", &json!({"text": words, "lon": lon, "lat": lat, "phone": "140-0000-1234"}))
            .await
            .expect(201)
            .json();
        let (id, code) = (receipt["id"].as_str().unwrap().to_owned(), receipt["code"].as_str().unwrap().to_owned());
        let whole = desk.get(&format!("/api/v1/incidents/{id}")).await.expect(200).json();
        let task = whole["tasks"][0]["id"].as_str().unwrap_or("01957f00-0000-7000-8000-00000000dead").to_owned();
        hang(app, &id, &task, &whole).await;
        cases.push(Case { id, code, task, paths: vec![] });
    }
    // A task that was taken away or sent back shows its case to nobody any more, but whoever sent it back answers until the next takes it on.
    let query = "select code, owner_path as path from incident
         union all select i.code as code, t.unit_path as path from incident i join incident_task t on t.incident_id = i.id
         where t.state not in ('returned', 'withdrawn')
         union all select i.code as code, r.unit_path as path from incident i join incident_return r on r.incident_id = i.id
         where r.released_at is null";
    let rows: Vec<Belonging> = app.db.read().await.unwrap().list(Query::new(query)).await.unwrap();
    for case in &mut cases {
        case.paths = rows.iter().filter(|r| r.code == case.code).map(|r| r.path.clone()).collect();
        assert!(!case.paths.is_empty(), "{} belongs to nobody", case.code);
    }
    cases
}

/// What hangs on a case: an order, a whistle, a wish for more time, an objection; and one that is solved and waits for a call.
async fn hang(app: &TestApp, id: &str, task: &str, whole: &Value) {
    let path = format!("/api/v1/incidents/{id}");
    // Somebody of every unit at once.
    let units = app.login_as("grid-head", DISTRICT).await;
    if whole["matter"]["name"] == "楼道灯不亮" {
        units.post(&format!("{path}/tasks/{task}/accept"), &json!({})).await.expect(200);
        units.post(&format!("{path}/tasks/{task}/done"), &body("/tasks/{task}/done")).await.expect(200);
        return;
    }
    if whole["state"] != "assigned" {
        return;
    }
    app.login_as("supervisor", DISTRICT).await.post(&format!("{path}/supervise"), &body("/supervise")).await.expect(200);
    let roads = app.org.directory().value.unit_by_code("D-ROADS").unwrap().id;
    let whistle = json!({"units": [{"unit": roads, "role": "helper"}], "words": "请到场"});
    app.login_as("district-dispatch", DISTRICT).await.post(&format!("{path}/whistle"), &whistle).await.expect(200);
    units.post(&format!("{path}/tasks/{task}/extend"), &body("/tasks/{task}/extend")).await.expect(200);
    units.post(&format!("{path}/object"), &body("/object")).await.expect(200);
}

impl Case {
    fn is_seen_from(&self, place: &str) -> bool {
        self.paths.iter().any(|p| p.starts_with(place))
    }
}

/// The outcome of a run.
#[derive(Default)]
struct Cells {
    tried: usize,
    seen: usize,
    /// What each board has shown to anybody.
    shown: BTreeSet<(&'static str, String)>,
    wrong: Vec<String>,
}

impl Cells {
    fn judge(&mut self, right: bool, what: impl FnOnce() -> String) {
        self.tried += 1;
        if !right {
            self.wrong.push(what());
        }
    }
}

/// One caller against one case.
async fn one_case(cells: &mut Cells, client: &Client, held: &BTreeSet<String>, (who, place): (&str, &str), case: &Case) {
    let seen = case.is_seen_from(place);
    cells.seen += usize::from(seen);
    for (permission, read) in READS {
        let status = client.get(&format!("/api/v1/incidents/{}{read}", case.id)).await.status;
        let let_in = if seen { StatusCode::OK } else { StatusCode::NOT_FOUND };
        let right = status == if held.contains(*permission) { let_in } else { StatusCode::FORBIDDEN };
        cells.judge(right, || format!("{who} at {place}: {}{read} of {:?} answered {status}", case.code, case.paths));
    }
    // Inside the scope a command would change the case under the other callers' feet; the matrix and the slice's tests take those.
    if seen {
        return;
    }
    for (permission, command) in COMMANDS {
        let path = format!("/api/v1/incidents/{}{}", case.id, command.replace("{task}", &case.task));
        let status = client.post(&path, &body(command)).await.status;
        let right = status == if held.contains(*permission) { StatusCode::NOT_FOUND } else { StatusCode::FORBIDDEN };
        cells.judge(right, || format!("{who} at {place}: {command} on {} of {:?} answered {status}", case.code, case.paths));
    }
}

/// Lists, counts and exports hold exactly what may be seen.
async fn lists(cells: &mut Cells, client: &Client, held: &BTreeSet<String>, (who, place): (&str, &str), cases: &[Case]) {
    let expected: BTreeSet<&str> = cases.iter().filter(|c| c.is_seen_from(place)).map(|c| c.code.as_str()).collect();
    let page = client.get("/api/v1/incidents?limit=100").await.expect(200).json();
    let listed: BTreeSet<&str> = page["items"].as_array().unwrap().iter().filter_map(|i| i["code"].as_str()).collect();
    cells.judge(listed == expected, || format!("{who} at {place}: lists {listed:?}, expected {expected:?}"));
    for case in cases {
        let found = client.get(&format!("/api/v1/incidents?q={}", case.code)).await.expect(200).json();
        let found = found["items"].as_array().unwrap().len();
        let right = found == usize::from(expected.contains(case.code.as_str()));
        cells.judge(right, || format!("{who} at {place}: search for {} finds {found}", case.code));
    }
    let counts = client.get("/api/v1/incidents/counts").await.expect(200).json();
    let counted: i64 = counts["states"].as_object().unwrap().values().filter_map(Value::as_i64).sum();
    cells.judge(counted == expected.len() as i64, || format!("{who} at {place}: counts {counted}, expected {}", expected.len()));
    for (permission, board) in BOARDS {
        let answer = client.get(&format!("{board}?limit=100")).await;
        if !held.contains(*permission) {
            cells.judge(answer.status == StatusCode::FORBIDDEN, || {
                format!("{who} at {place}: {board} answered {}", answer.status)
            });
            continue;
        }
        let text = answer.expect(200).text();
        let shown: BTreeSet<&str> = cases.iter().map(|c| c.code.as_str()).filter(|c| text.contains(c)).collect();
        cells
            .judge(shown.is_subset(&expected), || format!("{who} at {place}: {board} shows {shown:?}, expected of {expected:?}"));
        cells.shown.extend(shown.into_iter().map(|c| (*board, c.to_owned())));
    }
    if held.contains("export.run") {
        let file = client.get("/api/v1/incidents/export").await.expect(200).text();
        let exported: BTreeSet<&str> = cases.iter().map(|c| c.code.as_str()).filter(|c| file.contains(c)).collect();
        cells.judge(exported == expected, || format!("{who} at {place}: exports {exported:?}, expected {expected:?}"));
    }
}

testkit::both! {
    async fn everybody_sees_exactly_what_is_his(engine: Engine) {
        let app = TestApp::new(engine).await.with_town().await;
        let cases = cases(&app).await;
        let mut cells = Cells::default();
        for (role, held) in policy().into_iter().filter(|p| p.1.contains("incident.read")) {
            for place in PLACES {
                let client = app.login_as(&role, place).await;
                for case in &cases {
                    one_case(&mut cells, &client, &held, (&role, place), case).await;
                }
                lists(&mut cells, &client, &held, (&role, place), &cases).await;
            }
        }
        // Both outcomes occur, or the places and the cases would prove nothing.
        assert!(cells.tried >= 5_000 && cells.seen >= 100, "{} cells, {} cases seen", cells.tried, cells.seen);
        for (_, board) in BOARDS {
            assert!(cells.shown.iter().any(|s| s.0 == *board), "nothing was ever shown on {board}");
        }
        assert!(cells.wrong.is_empty(), "{} of {} cells are wrong:\n{}", cells.wrong.len(), cells.tried, cells.wrong.join("\n"));
    }

    async fn nobody_loses_or_gains_a_case_when_units_move(engine: Engine) {
        let app = TestApp::new(engine).await.with_town().await;
        let cases = cases(&app).await;
        let mut callers = vec![];
        for (role, held) in policy().into_iter().filter(|p| p.1.contains("incident.read")) {
            for place in PLACES {
                callers.push((role.clone(), held.clone(), *place, app.login_as(&role, place).await));
            }
        }
        let admin = app.login_as("system-admin", "/").await;
        let id = |code: &str| app.org.directory().value.unit_by_code(code).unwrap().id.to_string();
        // The first community goes below the second street; then the second community is merged into the third, and the fire brigade ends.
        let moved = json!({"parent": id("990101002")});
        admin.post(&format!("/api/v1/units/{}/move", id("990101001001")), &moved).await.expect(200);
        check_all(&cases, &callers, &[(COMMUNITY, "/990101/990101002/990101001001/")]).await;
        let merged = json!({"into": id("990101002001")});
        admin.post(&format!("/api/v1/units/{}/end", id("990101001002")), &merged).await.expect(200);
        check_all(&cases, &callers, &[(COMMUNITY, "/990101/990101002/990101001001/"), (SIBLING, "/990101/990101002/990101002001/")]).await;

        // What was open at a department that is dissolved lies with the desk above, which its people do not become.
        admin.post(&format!("/api/v1/units/{}/end", id("D-ROADS")), &json!({})).await.expect(200);
        let code = &cases[1].code;
        let whole = app.login_as("district-dispatch", DISTRICT).await.get(&format!("/api/v1/incidents/{}", cases[1].id)).await.expect(200).json();
        assert_eq!(whole["tasks"][0]["unit"]["name"].as_str(), Some("某区"), "{code}: {whole}");
        let roads = callers.iter().find(|c| c.0 == "department-desk" && c.2 == DEPARTMENT).unwrap();
        assert_eq!(roads.3.get("/api/v1/incidents?limit=100").await.expect(200).json()["items"], json!([]));
    }
}

/// Where a place lies after the moves.
fn moved_to(place: &str, moves: &[(&str, &str)]) -> String {
    moves.iter().find_map(|(from, to)| Some(format!("{to}{}", place.strip_prefix(from)?))).unwrap_or_else(|| place.to_owned())
}

/// Holds every caller who logged in before the moves to what he ought to see after them.
async fn check_all(cases: &[Case], callers: &[(String, BTreeSet<String>, &str, Client)], moves: &[(&str, &str)]) {
    let mut after: Vec<Case> = vec![];
    for case in cases {
        let paths = case.paths.iter().map(|p| moved_to(p, moves)).collect();
        after.push(Case { id: case.id.clone(), code: case.code.clone(), task: case.task.clone(), paths });
    }
    let mut cells = Cells::default();
    for (role, held, place, client) in callers {
        let now = moved_to(place, moves);
        for case in &after {
            one_case(&mut cells, client, held, (role, &now), case).await;
        }
        lists(&mut cells, client, held, (role, &now), &after).await;
    }
    assert!(cells.tried >= 5_000 && cells.seen >= 100, "{} cells, {} cases seen", cells.tried, cells.seen);
    assert!(cells.wrong.is_empty(), "{} of {} cells are wrong:\n{}", cells.wrong.len(), cells.tried, cells.wrong.join("\n"));
}
