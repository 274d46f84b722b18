//! Warnings, escalation and supervision orders; timers come exactly once whatever the clock does.

use db::{bind, record, sql};
use kernel::{Actor, ActorKind, Clock, Scope, Time};
use serde_json::{Value, json};
use testkit::Engine;
use uuid::Uuid;

use super::road::{report, send};
use crate::{
    app::App,
    modules::incidents::{
        actions::{self, Change, ladder::sweep},
        model::Action,
        verify,
    },
    testing::{
        Client, TestApp,
        town::{COMMUNITY, DEPARTMENT, DISTRICT, HOME, OTHER_STREET, SIBLING, STREET},
    },
};

const LAMP: &str = "楼道灯坏了，单元楼道里的灯不亮";
const STREET_LAMP: &str = "马路路灯不亮，街上路灯坏了一排";
const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;

record! {
    struct Kept { stage: String, due_at: Time, fired_at: Time }
}

record! {
    struct Told { account: Uuid, kind: String }
}

async fn kept(app: &TestApp) -> Vec<Kept> {
    let statement = sql!("select stage, due_at, fired_at from incident_alarm order by due_at, stage");
    app.db.read().await.unwrap().all(statement, bind![]).await.unwrap()
}

async fn stages(app: &TestApp) -> Vec<String> {
    kept(app).await.into_iter().map(|k| k.stage).collect()
}

async fn told(app: &TestApp, account: Uuid) -> Vec<String> {
    let statement = sql!("select account, kind from notice order by made_at, kind");
    let all: Vec<Told> = app.db.read().await.unwrap().all(statement, bind![]).await.unwrap();
    all.into_iter().filter(|t| t.account == account).map(|t| t.kind).collect()
}

fn path(receipt: &Value) -> String {
    format!("/api/v1/incidents/{}", receipt["id"].as_str().unwrap())
}

async fn holds(app: &TestApp) {
    super::guards::explained(app).await;
    assert_eq!(verify::clocks(app).await.unwrap().differing, Vec::<String>::new());
}

testkit::both! {
    async fn a_case_climbs_the_standard_ladder(engine: Engine) {
        let app = TestApp::new(engine).await.with_town().await;
        let community = app.login_as("community-desk", COMMUNITY).await;
        let leader = app.login_as("street-leader", STREET).await;
        let elsewhere = app.login_as("street-leader", OTHER_STREET).await;
        let receipt = send(&app, &report(LAMP, HOME)).await;
        // An hour of working time to take it on: yellow after 48 minutes, red after 60.
        app.clock.advance(47 * MINUTE);
        assert_eq!(sweep(&app).await.unwrap(), 0);
        app.clock.advance(MINUTE);
        assert_eq!((sweep(&app).await.unwrap(), sweep(&app).await.unwrap()), (1, 0));
        app.clock.advance(12 * MINUTE);
        assert_eq!(sweep(&app).await.unwrap(), 1);
        app.clock.advance(24 * HOUR);
        assert_eq!(sweep(&app).await.unwrap(), 1);
        holds(&app).await;
        app.clock.advance(24 * HOUR);
        assert_eq!(sweep(&app).await.unwrap(), 1);
        assert_eq!(stages(&app).await, ["warn", "overdue", "leader", "order"]);
        assert_eq!(told(&app, community.account).await, ["case-yellow", "case-red", "case-overdue", "case-supervised"]);
        assert_eq!(told(&app, leader.account).await, ["case-overdue"]);
        assert_eq!(told(&app, elsewhere.account).await, Vec::<String>::new());
        // The order stands in the case, in the list and in the history, in the program's name.
        let supervisor = app.login_as("supervisor", DISTRICT).await;
        let case = supervisor.get(&path(&receipt)).await.expect(200).json();
        assert_eq!((case["card"].as_str(), case["next_at"].as_str()), (Some("urge"), None));
        let step = case["steps"].as_array().unwrap().last().unwrap().clone();
        assert_eq!((step["action"].as_str(), step["details"]["kind"].as_str()), (Some("supervise"), Some("supervise")));
        let orders = supervisor.get("/api/v1/supervisions?state=open").await.expect(200).json();
        let order = &orders["items"][0];
        assert_eq!((order["code"].as_str(), order["stage"].as_str()), (Some("DB20250312-001"), Some("order")));
        assert_eq!((order["unit"]["name"].as_str(), order["signer"].as_str()), (Some("一社区"), Some("区级指挥中心")));
        // What a rule wants is said by kind and gaps, in the case as on the order.
        let hours = order["spoken"]["hours"].as_i64().unwrap();
        assert_eq!((order["spoken"]["kind"].as_str(), hours > 0), (Some("late"), true));
        let said = json!({ "kind": "supervised_by_rule", "card": "urge", "code": "DB20250312-001", "hours": hours });
        assert_eq!([&step["spoken"], &step["reasons"][0]["spoken"]], [&said, &json!({ "kind": "by_stage", "stage": "order" })]);
        holds(&app).await;
    }

    async fn what_passed_while_nobody_swept_comes_at_once_and_in_order(engine: Engine) {
        let app = TestApp::new(engine).await.with_town().await;
        let desk = app.login_as("community-desk", COMMUNITY).await;
        let receipt = send(&app, &report(LAMP, HOME)).await;
        app.clock.advance(20 * 24 * HOUR);
        assert_eq!(sweep(&app).await.unwrap(), 4);
        assert_eq!(stages(&app).await, ["warn", "overdue", "leader", "order"]);
        // One is told of a case once for each kind of notice.
        let case = desk.get(&path(&receipt)).await.expect(200).json();
        let task = case["tasks"][0]["id"].as_str().unwrap();
        desk.post(&format!("{}/tasks/{task}/accept", path(&receipt)), &json!({})).await.expect(200);
        // The other clock turns the light anew: it is over as well.
        assert_eq!(sweep(&app).await.unwrap(), 4);
        assert_eq!(sweep(&app).await.unwrap(), 0);
        let done = json!({ "result": "solved", "public_reply": "已更换灯泡。" });
        desk.post(&format!("{}/tasks/{task}/done", path(&receipt)), &done).await.expect(200);
        app.clock.advance(20 * 24 * HOUR);
        assert_eq!(sweep(&app).await.unwrap(), 0, "a solved case warns nobody");
        holds(&app).await;
    }

    async fn what_an_older_version_stored_is_repaired(engine: Engine) {
        let app = TestApp::new(engine).await.with_town().await;
        let desk = app.login_as("community-desk", COMMUNITY).await;
        let mut receipts = vec![];
        for _ in 0..3 {
            app.clock.advance(1_000);
            receipts.push(send(&app, &report(LAMP, HOME)).await);
        }
        let seen = async |receipt: &Value| desk.get(&path(receipt)).await.expect(200).json();
        let before = [seen(&receipts[0]).await, seen(&receipts[1]).await, seen(&receipts[2]).await];
        // A version that knew no ladder stored the turn of the light; another one got an instant and the lateness wrong.
        let id = |receipt: &Value| receipt["id"].as_str().unwrap().parse::<Uuid>().unwrap();
        let mut tx = app.db.begin();
        tx.execute(sql!("update incident set next_at = red_at where id = $1"), bind![id(&receipts[0])]).await.unwrap();
        let statement = sql!("update incident set yellow_at = null, due_at = 0, late = true, next_at = null where id = $1");
        tx.execute(statement, bind![id(&receipts[1])]).await.unwrap();
        tx.commit().await.unwrap();
        let found = verify::clocks(&app).await.unwrap();
        assert_eq!((found.cases, found.differences, found.repaired), (3, 2, 0));
        let done = verify::repair(&app).await.unwrap();
        assert_eq!((done.cases, done.differences, done.repaired), (3, 0, 2));
        holds(&app).await;
        for (receipt, before) in receipts.iter().zip(&before) {
            assert_eq!(&seen(receipt).await, before, "the case is as it was, with its version and its history");
        }
        let audit = app.login_as("audit-admin", DISTRICT).await.get("/api/v1/audit?action=clocks.repair").await.expect(200).json();
        assert_eq!(audit["items"].as_array().unwrap().len(), 2);
        assert_eq!(verify::repair(&app).await.unwrap().repaired, 0, "once");
        // What the log does not say is left, and goes on being named.
        let mut tx = app.db.begin();
        let statement = sql!(
            "insert into incident_extension (id, incident_id, task_id, round, n, rung, state, unit_id, unit_path, reason, length, asked_at, asked_by,
             asked_name) select $2, i.id, t.id, 1, 1, 'chief', 'granted', t.unit_id, t.unit_path, '', $3, 0, $2, ''
             from incident i join incident_task t on t.incident_id = i.id and t.role = 'lead' where i.id = $1"
        );
        tx.execute(statement, bind![id(&receipts[2]), Uuid::from_u128(7), json!({})]).await.unwrap();
        tx.commit().await.unwrap();
        let left = verify::repair(&app).await.unwrap();
        assert_eq!((left.differences, left.differing.len(), left.repaired), (1, 1, 0));
    }

    async fn a_district_says_when_lights_turn_yellow(engine: Engine) {
        let app = TestApp::new(engine).await.with_town().await;
        let admin = app.login_as("system-admin", DISTRICT).await;
        let set = async |value: Value| {
            let reply = admin.put("/api/v1/settings/incidents.warning", &json!({ "value": value, "reason": "试行" })).await;
            app.refresh().await.unwrap();
            reply
        };
        for (bad, field) in [(json!({ "left": 0 }), "value.left"), (json!({ "left": 20, "emergency": 91 }), "value.emergency")] {
            let problem = set(bad).await.expect(400).json();
            assert_eq!(problem["fields"][0]["field"].as_str(), Some(field), "{problem}");
        }
        let before = send(&app, &report(LAMP, HOME)).await;
        set(json!({ "left": 50 })).await.expect(200);
        app.clock.advance(1_000);
        let after = send(&app, &report(LAMP, HOME)).await;
        let desk = app.login_as("community-desk", COMMUNITY).await;
        let yellow = async |receipt: &Value| desk.get(&path(receipt)).await.expect(200).json()["yellow_at"].as_str().unwrap().to_owned();
        // An hour to take it on: a fifth of it is left after 48 minutes, a half after 30.
        assert_eq!(yellow(&before).await, "2025-03-10T02:48:00.000Z");
        assert_eq!(yellow(&after).await, "2025-03-10T02:30:01.000Z");
        app.clock.advance(30 * MINUTE);
        assert_eq!(sweep(&app).await.unwrap(), 1, "the warning comes with the light");
        holds(&app).await;
        // A case keeps its rule, whatever is set afterwards.
        set(json!({ "left": 10 })).await.expect(200);
        let task = desk.get(&path(&after)).await.expect(200).json()["tasks"][0]["id"].as_str().unwrap().to_owned();
        desk.post(&format!("{}/tasks/{task}/accept", path(&after)), &json!({})).await.expect(200);
        // Of eight working hours four are left at four in the afternoon, with two hours of noon between.
        assert_eq!(yellow(&after).await, "2025-03-10T08:00:01.000Z");
        holds(&app).await;
        // Who makes a case an emergency counts it by the rule of the day.
        set(json!({ "left": 10, "emergency": 50 })).await.expect(200);
        let leader = app.login_as("street-leader", STREET).await;
        let raise = json!({ "urgency": "emergency", "reason": "有人被困" });
        let raised = leader.post(&format!("{}/urgency", path(&before)), &raise).await.expect(200).json();
        let at = |field: &str| raised[field].as_str().unwrap().parse::<Time>().unwrap();
        assert!(at("yellow_at") < at("red_at"));
        holds(&app).await;
    }

    async fn an_order_to_a_helper_is_told_to_its_own_head(engine: Engine) {
        let app = TestApp::new(engine).await.with_town().await;
        let (community, fire) =
            (app.login_as("community-desk", COMMUNITY).await, app.login_as("department-desk", "/990101/D-FIRE/").await);
        let receipt = send(&app, &report("消防通道被车堵了，消防车道停满车", HOME)).await;
        let helper = app.org.directory().value.unit_by_code("990101001001").unwrap().id;
        let order = json!({ "card": "urge", "reply_by": "2025-03-10T12:00:00+08:00", "words": "请说明原因", "unit": helper });
        app.login_as("supervisor", DISTRICT).await.post(&format!("{}/supervise", path(&receipt)), &order).await.expect(200);
        let orders = async |account| told(&app, account).await.iter().filter(|k| *k == "case-supervised").count();
        assert_eq!([orders(community.account).await, orders(fire.account).await], [1, 0], "not to the head of the unit that leads");
    }

    async fn a_reply_that_is_overdue_is_told_once(engine: Engine) {
        let app = TestApp::new(engine).await.with_town().await;
        let desk = app.login_as("community-desk", COMMUNITY).await;
        let (leader, supervisor) = (app.login_as("street-leader", STREET).await, app.login_as("supervisor", DISTRICT).await);
        let elsewhere = app.login_as("community-desk", SIBLING).await;
        let (first, second) = (send(&app, &report(LAMP, HOME)).await, send(&app, &report(LAMP, HOME)).await);
        for receipt in [&first, &second] {
            let order = json!({ "card": "urge", "reply_by": "2025-03-10T12:00:00+08:00", "words": "请说明原因" });
            leader.post(&format!("{}/supervise", path(receipt)), &order).await.expect(200);
        }
        let list = async |state: &str| {
            let list = supervisor.get(&format!("/api/v1/supervisions?state={state}")).await.expect(200).json();
            list["items"].as_array().unwrap().clone()
        };
        // One of them is answered in time.
        let answered = list("open").await.iter().find(|o| o["case"]["id"] == second["id"]).unwrap()["id"].as_str().unwrap().to_owned();
        desk.post(&format!("/api/v1/supervisions/{answered}/reply"), &json!({ "text": "已联系电工" })).await.expect(200);
        app.clock.set("2025-03-10T11:59:59+08:00".parse().unwrap());
        assert_eq!(actions::unanswered(&app).await.unwrap(), 0);
        let before = desk.get(&path(&first)).await.expect(200).json();
        app.clock.advance(1_000);
        // Two workers look at one instant.
        let (one, two) = tokio::join!(actions::unanswered(&app), actions::unanswered(&app));
        assert_eq!(one.unwrap() + two.unwrap(), 1);
        let after = desk.get(&path(&first)).await.expect(200).json();
        assert_eq!(after["version"], before["version"], "a warning leaves the case alone");
        app.clock.advance(30 * MINUTE);
        crate::work::worker(&app.app).run_due().await.unwrap();
        let count = async |account| told(&app, account).await.iter().filter(|k| *k == "supervision-overdue").count();
        assert_eq!([count(leader.account).await, count(supervisor.account).await, count(desk.account).await], [1, 1, 1]);
        assert_eq!(count(elsewhere.account).await, 0);
        let late = list("overdue").await;
        assert_eq!(late.len(), 1);
        assert_eq!((late[0]["overdue"].as_bool(), late[0]["overdue_at"].as_str()), (Some(true), Some("2025-03-10T04:00:00.000Z")));
        let audit = app.login_as("audit-admin", DISTRICT).await.get("/api/v1/audit?action=supervision.overdue").await.expect(200).json();
        assert_eq!(audit["items"].as_array().unwrap().len(), 1);
        // The list as a file, for whoever may take lists along.
        let file = supervisor.get("/api/v1/supervisions/export?state=overdue").await.expect(200).text();
        let lines: Vec<&str> = file.trim_start_matches('\u{feff}').lines().collect();
        assert!(lines.len() == 3 && lines[1].starts_with("DB20250310-") && lines[1].contains(",overdue,"), "{file}");
        assert!(lines[2].starts_with("导出：supervisor"), "{file}");
        let book = supervisor.get("/api/v1/supervisions/export?format=xlsx").await.expect(200).body;
        assert_eq!(crate::table::Table::read(book).unwrap().count(), 3);
        supervisor.get("/api/v1/supervisions/export?format=pdf").await.expect(400);
        leader.get("/api/v1/supervisions/export").await.expect(403);
        // It may be answered late, and then is not overdue any more.
        let order = late[0]["id"].as_str().unwrap();
        desk.post(&format!("/api/v1/supervisions/{order}/reply"), &json!({ "text": "迟复" })).await.expect(200);
        assert_eq!(list("overdue").await.len(), 0);
        holds(&app).await;
    }

    async fn a_district_sets_its_own_ladder(engine: Engine) {
        let app = TestApp::new(engine).await.with_town().await;
        let admin = app.browse_as("system-admin", "/").await;
        let set = async |value: Value| {
            let reply = admin.put("/api/v1/settings/incidents.escalation", &json!({ "value": value, "reason": "试行" })).await;
            app.refresh().await.unwrap();
            reply
        };
        for (bad, field) in [
            (json!({ "normal": { "stages": [{ "stage": "A", "mark": "red", "tell": ["lead"] }] } }), "value.normal.stages[0].stage"),
            (json!({ "normal": { "stages": [{ "stage": "a", "mark": "red" }] } }), "value.normal.stages[0].tell"),
            (json!({ "signer": "" }), "value.signer"),
        ] {
            let problem = set(bad).await.expect(400).json();
            assert!(problem["fields"].as_array().unwrap().iter().any(|f| f["field"] == field), "{problem}");
        }
        set(json!({ "preset": "unheard" })).await.expect(400);
        let before = send(&app, &report(LAMP, HOME)).await;
        set(json!({ "preset": "strict" })).await.expect(200);
        app.clock.advance(1_000);
        let receipt = send(&app, &report(LAMP, HOME)).await;
        let street = app.login_as("street-desk", STREET).await;
        app.login_as("community-desk", COMMUNITY).await;
        app.clock.advance(91 * MINUTE);
        // Yellow and red of both; half an hour later the one of the strict ladder goes up.
        assert_eq!(sweep(&app).await.unwrap(), 5);
        let case = street.get(&path(&receipt)).await.expect(200).json();
        assert_eq!((case["owner"]["name"].as_str(), case["state"].as_str()), (Some("东街道"), Some("assigned")));
        assert!(case["attention"].as_array().unwrap().contains(&json!("escalated")));
        assert_eq!(told(&app, street.account).await, ["case-escalated"]);
        // Nobody takes it on there either: another half hour later it is the district's, and above that is nobody.
        for _ in 0..2 {
            app.clock.advance(30 * MINUTE);
            assert_eq!(sweep(&app).await.unwrap(), 1);
            assert_eq!(street.get(&path(&receipt)).await.expect(200).json()["owner"]["name"].as_str(), Some("某区"));
        }
        let old = street.get(&path(&before)).await.expect(200).json();
        assert_eq!(old["owner"]["name"].as_str(), Some("一社区"), "a case keeps the ladder that it was opened with");
        holds(&app).await;
    }

    async fn a_case_is_handed_up_tier_by_tier(engine: Engine) {
        let app = TestApp::new(engine).await.with_town().await;
        let receipt = send(&app, &report(LAMP, HOME)).await;
        let (case, path) = (receipt["id"].as_str().unwrap(), path(&receipt));
        let community = app.login_as("community-desk", COMMUNITY).await;
        let street = app.login_as("street-desk", STREET).await;
        let district = app.login_as("district-dispatch", DISTRICT).await;
        let before = community.get(&path).await.expect(200).json();
        let up = |to: Option<&str>| json!({ "reason": "产权不清，社区无力解决", "to": to });
        community.post(&format!("{path}/escalate"), &json!({ "reason": " " })).await.expect(400);
        community.post(&format!("{path}/escalate"), &up(Some("grid"))).await.expect(400);
        app.login_as("community-desk", SIBLING).await.post(&format!("{path}/escalate"), &up(None)).await.expect(404);
        let after = community.post(&format!("{path}/escalate"), &up(None)).await.expect(200).json();
        assert_eq!((after["owner"]["name"].as_str(), after["due_at"].as_str()), (Some("东街道"), before["due_at"].as_str()));
        assert_eq!(told(&app, street.account).await, ["case-escalated"]);
        // The first receiver goes on until the street accepts, but no longer decides.
        community.post(&format!("{path}/escalate"), &up(None)).await.refused(422, "not-your-case");
        community.post(&format!("{path}/dispatch"), &json!({})).await.refused(422, "not-your-case");
        let task = after["tasks"][0]["id"].as_str().unwrap();
        let taken = community.post(&format!("{path}/tasks/{task}/accept"), &json!({})).await.expect(200).json();
        assert_eq!(taken["state"].as_str(), Some("in_progress"));
        // From the task, past the street, to the district; nobody stands above.
        let own = community.post(&format!("{path}/tasks/{task}/escalate"), &up(Some("district"))).await.expect(200).json();
        assert_eq!(own["owner"]["name"].as_str(), Some("某区"));
        street.post(&format!("{path}/dispatch"), &json!({})).await.refused(422, "not-your-case");
        // The district accepts by dispatching: the first receiver's task ends, the clock goes on.
        let unit = app.org.directory().value.unit_by_code("S001-LAW").unwrap().id.to_string();
        let sent = district.post(&format!("{path}/dispatch"), &json!({ "unit": unit, "reason": "综合执法" })).await.expect(200).json();
        assert_eq!((sent["state"].as_str(), sent["due_at"].as_str()), (Some("assigned"), before["due_at"].as_str()));
        assert_eq!(sent["attention"], json!([]));
        let mut states: Vec<&str> = sent["tasks"].as_array().unwrap().iter().map(|t| t["state"].as_str().unwrap()).collect();
        states.sort_unstable();
        assert_eq!(states, ["offered", "withdrawn", "withdrawn"], "the helper's task ends too");
        // The community still sees what became of it.
        assert_eq!(community.get(&format!("/api/v1/incidents/{case}")).await.expect(200).json()["owner"]["name"], "某区");
        holds(&app).await;
    }

    async fn an_order_is_answered_and_lifted(engine: Engine) {
        let app = TestApp::new(engine).await.with_town().await;
        let receipt = send(&app, &report(STREET_LAMP, HOME)).await;
        let path = path(&receipt);
        let supervisor = app.login_as("supervisor", DISTRICT).await;
        let leader = app.login_as("street-leader", STREET).await;
        let roads = app.login_as("department-desk", DEPARTMENT).await;
        let other = app.login_as("community-desk", SIBLING).await;
        let order = |card: &str, hours: i64| {
            let by = app.now().plus_millis(hours * HOUR);
            json!({ "card": card, "reply_by": by, "words": "请说明进展，联系电话13800138000", "signer": "督查室" })
        };
        supervisor.post(&format!("{path}/supervise"), &order("red", -1)).await.expect(400);
        roads.post(&format!("{path}/supervise"), &order("red", 2)).await.expect(403);
        let yellow = supervisor.post(&format!("{path}/supervise"), &order("yellow", 2)).await.expect(200).json();
        assert_eq!(yellow["card"].as_str(), Some("yellow"));
        app.clock.advance(1_000);
        let urged = leader.post(&format!("{path}/supervise"), &order("urge", 4)).await.expect(200).json();
        assert_eq!(urged["card"].as_str(), Some("yellow"), "the gravest counts");
        assert_eq!(told(&app, roads.account).await, ["case-supervised", "case-supervised"]);

        // Who sees them, page by page; the number of the phone is gone.
        let list = supervisor.get("/api/v1/supervisions?limit=1").await.expect(200).json();
        assert_eq!(list["items"][0]["code"].as_str(), Some("DB20250310-002"));
        assert!(!list.to_string().contains("13800138000"));
        let next = list["next"].as_str().unwrap();
        let first = supervisor.get(&format!("/api/v1/supervisions?limit=1&cursor={next}")).await.expect(200).json();
        assert_eq!((first["items"][0]["code"].as_str(), first["next"].as_str()), (Some("DB20250310-001"), None));
        assert_eq!(roads.get("/api/v1/supervisions?unit=D-ROADS&kind=urge").await.expect(200).json()["items"].as_array().unwrap().len(), 1);
        assert_eq!(other.get("/api/v1/supervisions").await.expect(200).json()["items"], json!([]));
        let id = first["items"][0]["id"].as_str().unwrap();
        let order_path = format!("/api/v1/supervisions/{id}");
        other.get(&order_path).await.expect(404);
        other.post(&format!("{order_path}/reply"), &json!({ "text": "不是我" })).await.expect(404);
        let listed = async |filter: &str| { supervisor.get(&format!("/api/v1/incidents?{filter}")).await.expect(200).json()["items"].as_array().unwrap().len() };
        assert_eq!((listed("card=any").await, listed("card=yellow").await, listed("card=red").await), (1, 1, 0));
        supervisor.get("/api/v1/incidents?card=blue").await.expect(400);
        supervisor.get("/api/v1/supervisions?state=asleep").await.expect(400);

        // A reply that is overdue turns visible; the answer ends that.
        app.clock.advance(2 * HOUR);
        let overdue = supervisor.get("/api/v1/supervisions?state=overdue").await.expect(200).json();
        assert_eq!((overdue["items"].as_array().unwrap().len(), overdue["items"][0]["overdue"].as_bool()), (1, Some(true)));
        let answered = roads.post(&format!("{order_path}/reply"), &json!({ "text": "线缆被挖断，今晚修复" })).await.expect(200).json();
        assert_eq!((answered["state"].as_str(), answered["overdue"].as_bool()), (Some("replied"), Some(false)));
        roads.post(&format!("{order_path}/reply"), &json!({ "text": "再说一次" })).await.refused(422, "supervision-ended");
        assert_eq!(told(&app, supervisor.account).await, ["supervision-replied"]);

        // A street leader does not lift what the district issued.
        let lift = json!({ "lifted": true, "words": "已修复" });
        leader.post(&format!("{order_path}/end"), &lift).await.expect(404);
        supervisor.post(&format!("{order_path}/end"), &lift).await.expect(200);
        supervisor.post(&format!("{order_path}/end"), &lift).await.refused(422, "supervision-ended");
        let case = supervisor.get(&path).await.expect(200).json();
        assert_eq!(case["card"].as_str(), Some("urge"), "the other order still counts");
        let counts = supervisor.get("/api/v1/supervisions/counts").await.expect(200).json();
        assert_eq!(counts, json!({ "states": { "lifted": 1, "open": 1 }, "cards": { "urge": 1, "yellow": 1 } }));
        let open = supervisor.get("/api/v1/supervisions/counts?state=open").await.expect(200).json();
        assert_eq!(open, json!({ "states": { "open": 1 }, "cards": { "urge": 1 } }), "each choice beside what is chosen");
        let page = supervisor.get(&order_path).await.expect(200).json();
        assert_eq!((page["signer"].as_str(), page["case"]["code"].as_str()), (Some("督查室"), receipt["code"].as_str()));
        let track = app.visitor().get(&format!("/api/v1/reports/{}", receipt["track"].as_str().unwrap())).await.expect(200);
        assert!(!track.text().contains("DB2025"), "orders are between offices");
    }

    async fn every_timer_comes_exactly_once(engine: Engine) {
        let app = TestApp::new(engine).await.with_town().await;
        Box::pin(timers(&app)).await;
    }

    async fn a_sweep_passes_over_a_case_that_is_being_changed_and_comes_back(engine: Engine) {
        // SQLite has one writer: nothing comes in between there.
        if engine == Engine::Sqlite {
            return;
        }
        let app = TestApp::new(engine).await.with_town().await;
        let receipt = send(&app, &report(LAMP, HOME)).await;
        app.clock.advance(48 * MINUTE);
        let who = Actor::new(Uuid::from_u128(7), ActorKind::Person, "甲", []);
        let id = receipt["id"].as_str().unwrap().parse().unwrap();
        let mut tx = app.db.begin();
        let mut change = Change::load(&mut tx, &app, &who, &Scope::All, id, None).await.unwrap();
        assert_eq!(sweep(&app).await.unwrap(), 0, "it waits for nobody");
        change.act(Action::Note).unwrap().words = "看过了".to_owned();
        change.save(&mut tx).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(sweep(&app).await.unwrap(), 1);
        holds(&app).await;
    }

    async fn a_sweep_with_nothing_due_is_one_look(engine: Engine) {
        let app = TestApp::new(engine).await.with_town().await;
        for _ in 0..3 {
            send(&app, &report(LAMP, HOME)).await;
        }
        let (swept, statements) = db::count::scope(Box::pin(sweep(&app))).await;
        assert_eq!((swept.unwrap(), statements), (0, 1));
    }

    /// After a standstill hundreds of thousands of stages may be due; a stop waits for one transaction of a hundred cases, whatever is left.
    async fn a_stop_leaves_the_rest_of_a_long_sweep_to_the_next_start(engine: Engine) {
        let app = TestApp::new(engine).await.with_town().await;
        let desk = app.login_as("community-desk", COMMUNITY).await;
        for _ in 0..103 {
            take_in(&desk).await;
        }
        app.clock.advance(48 * MINUTE);
        app.stop();
        assert_eq!(sweep(&app).await.unwrap(), 100, "one transaction, and then it looks");
        let next = second(&app).await;
        assert_eq!((sweep(&next).await.unwrap(), sweep(&next).await.unwrap()), (3, 0));
        assert_eq!(faults(&app).await, Vec::<&str>::new());
    }
}

/// Reports and clock jumps in any order, forwards and backwards, with two nodes over one database of which one is opened anew now and
/// then. `JINGWEI_LONG` makes a thousand jumps of it (T5 and T11 of the trust plan).
async fn timers(app: &TestApp) {
    let jumps = if std::env::var_os("JINGWEI_LONG").is_some() { 1_000 } else { 40 };
    let start = app.now();
    let mut second = second(app).await;
    let desk = app.login_as("community-desk", COMMUNITY).await;
    let mut latest = start;
    for n in 0..jumps {
        // Knuth's multiplicative hash makes the same unlikely sequence everywhere.
        let draw = (n as u64 + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 33;
        let minutes = i64::try_from(draw % 900).unwrap() - 200;
        app.clock.advance(minutes * MINUTE);
        latest = latest.max(app.now());
        match draw % 5 {
            0 | 1 => take_in(&desk).await,
            2 => take_one(&desk).await,
            3 => second = self::second(app).await,
            _ => {}
        }
        second.clock.set(app.now());
        let worker = crate::work::worker(&app.app);
        let other = crate::work::worker(&second);
        let (a, b) = tokio::join!(worker.run_due(), other.run_due());
        a.unwrap();
        b.unwrap();
    }
    app.clock.set(latest.plus_days(10));
    second.clock.set(app.now());
    let (a, b) = tokio::join!(sweep(app), sweep(&second));
    a.and(b).unwrap();
    let came = kept(app).await.len();
    assert!(came >= 8, "only {came} stages came");
    assert_eq!(faults(app).await, Vec::<&str>::new());
    eprintln!("{jumps} jumps, {came} stages");
    holds(app).await;
    // The check can fail: a stage that was set off and not kept, one that was kept too early.
    let change = async |text: &'static db::Sql| {
        let mut tx = app.db.begin();
        tx.execute(text, bind![]).await.unwrap();
        tx.commit().await.unwrap();
    };
    change(sql!("update incident_alarm set fired_at = due_at - 1 where due_at = (select min(due_at) from incident_alarm)")).await;
    assert_eq!(faults(app).await, ["early"]);
    change(sql!("delete from incident_alarm where fired_at < due_at")).await;
    assert!(faults(app).await.contains(&"twice"));
}

/// What is wrong: every stage whose instant is over was kept, none was kept before it was due, and every warning was told once for each
/// kept stage.
async fn faults(app: &TestApp) -> Vec<&'static str> {
    let alarms = kept(app).await;
    let count = async |text: &'static db::Sql| app.db.read().await.unwrap().value::<i64>(text, bind![]).await.unwrap().unwrap();
    let waiting = sql!("select count(*) as value from incident where next_at <= $1");
    let waiting: i64 = app.db.read().await.unwrap().value(waiting, bind![app.now()]).await.unwrap().unwrap();
    let audited = count(sql!("select count(*) as value from audit where action = 'warn'")).await;
    let by_rule = count(sql!("select count(*) as value from supervision where stage = 'order'")).await;
    let checks = [
        (alarms.iter().any(|k| k.fired_at < k.due_at), "early"),
        (waiting > 0, "missing"),
        (audited != alarms.len() as i64, "twice"),
        (by_rule != alarms.iter().filter(|k| k.stage == "order").count() as i64, "orders"),
    ];
    checks.into_iter().filter(|c| c.0).map(|c| c.1).collect()
}

async fn take_in(desk: &Client) {
    let body = json!({ "text": LAMP, "lon": HOME.0, "lat": HOME.1, "channel": "phone" });
    desk.post("/api/v1/incidents", &body).await.expect(201);
}

async fn take_one(desk: &Client) {
    let list = desk.get("/api/v1/incidents?state=assigned&limit=1").await.expect(200).json();
    let Some(id) = list["items"][0]["id"].as_str() else { return };
    let case = desk.get(&format!("/api/v1/incidents/{id}")).await.expect(200).json();
    let offered = |t: &&Value| t["state"] == "offered" && t["mine"] == true;
    if let Some(task) = case["tasks"].as_array().unwrap().iter().find(offered) {
        desk.post(&format!("/api/v1/incidents/{id}/tasks/{}/accept", task["id"].as_str().unwrap()), &json!({})).await.expect(200);
    }
}

/// Another node over the same database, as after a restart.
async fn second(app: &TestApp) -> crate::app::Shared {
    App::open(app.database.db.clone(), Clock::frozen(app.now()), app.config.clone()).await.unwrap()
}
