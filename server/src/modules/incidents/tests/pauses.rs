//! Waiting for the reporter, shelving, more time: what stops the clocks, who may, and what makes them go on.

use serde_json::{Value, json};
use testkit::Engine;

use super::{
    road::{report, send},
    whistle::{hole, task_of, unit},
};
use crate::{
    modules::{
        catalogue::{self, DayKind, Origin},
        incidents::{store, verify},
    },
    testing::{
        Client, TestApp,
        town::{COMMUNITY, DEPARTMENT, DISTRICT, GRID, HOME, OTHER_STREET, SIBLING, STREET},
    },
};

const LAMP: &str = "楼道灯坏了，单元楼道里的灯不亮";
const HOUR: i64 = 3_600_000;
const DAY: i64 = 24 * HOUR;

/// A case that the community works on since Monday 10:00, with eight working hours.
struct Started {
    desk: Client,
    path: String,
    task: String,
    track: String,
}

impl Started {
    async fn new(app: &TestApp) -> Self {
        let receipt = send(app, &report(LAMP, HOME)).await;
        let desk = app.login_as("community-desk", COMMUNITY).await;
        let path = format!("/api/v1/incidents/{}", receipt["id"].as_str().unwrap());
        let case = desk.get(&path).await.expect(200).json();
        let task = format!("{path}/tasks/{}", case["tasks"][0]["id"].as_str().unwrap());
        desk.post(&format!("{task}/accept"), &json!({})).await.expect(200);
        Self { desk, path, task, track: receipt["track"].as_str().unwrap().to_owned() }
    }

    async fn case(&self) -> Value {
        self.desk.get(&self.path).await.expect(200).json()
    }

    async fn take(&self, who: &Client, action: &str, body: Value) -> Value {
        who.post(&format!("{}/{action}", self.path), &body).await.expect(200).json()
    }

    async fn extend(&self, n: i64, unit: &str) -> Value {
        let body = json!({ "by": { "n": n, "unit": unit }, "reason": "配件缺货" });
        self.desk.post(&format!("{}/extend", self.task), &body).await.expect(200).json()
    }
}

async fn run(app: &TestApp) {
    crate::work::worker(&app.app).run_due().await.unwrap();
}

fn actions(case: &Value) -> Vec<&str> {
    case["steps"].as_array().unwrap().iter().map(|s| s["action"].as_str().unwrap()).collect()
}

async fn kinds(client: &Client) -> Vec<String> {
    let list = client.get("/api/v1/notices").await.expect(200).json();
    list["items"].as_array().unwrap().iter().map(|n| n["kind"].as_str().unwrap().to_owned()).collect()
}

async fn proven(app: &TestApp) {
    super::guards::explained(app).await;
    assert_eq!(verify::clocks(app).await.unwrap().differing, Vec::<String>::new());
}

/// A report that comes with an order from above, due at four in the afternoon.
fn ordered() -> Value {
    let mut body = report(LAMP, HOME);
    for (field, value) in
        [("channel", json!("hotline")), ("upstream_no", json!("12345-001")), ("upstream_due", json!("2025-03-10T16:00:00+08:00"))]
    {
        body[field] = value;
    }
    body
}

testkit::both! {
    /// The worker's clock is ahead, as the machine's was before it was set back: what is claimed by it comes again at its instant.
    async fn a_wait_ends_although_the_clock_was_set_back_when_it_was_over(engine: Engine) {
        let app = TestApp::new(engine).await.with_town().await;
        let started = Started::new(&app).await;
        started.take(&started.desk, "ask", json!({ "question": "哪个单元？", "days": 1 })).await;
        let road = send(&app, &report("马路路灯不亮，街上路灯坏了一排", HOME)).await;
        let road = format!("/api/v1/incidents/{}", road["id"].as_str().unwrap());
        let roads = app.login_as("department-desk", "/990101/D-ROADS/").await;
        let objection = json!({ "reason": "不归我们", "basis": "职责清单" });
        roads.post(&format!("{road}/object"), &objection).await.expect(200);
        let hole = super::whistle::hole(&app).await;
        let street = app.login_as("street-desk", STREET).await;
        let units = json!([{ "unit": super::whistle::unit(&app, "990101001001"), "role": "helper" }]);
        street.post(&format!("{hole}/whistle"), &json!({ "units": units, "words": "请到场" })).await.expect(200);

        let mut ahead = jobs::Worker::new(app.db.clone(), kernel::Clock::frozen(app.now().plus_days(3)));
        ahead = crate::modules::incidents::work(ahead, &app.app);
        let _ = tokio::time::timeout(std::time::Duration::from_secs(1), ahead.run_due()).await;
        assert_eq!(started.case().await["paused"].as_str(), Some("reporter"));
        app.clock.advance(4 * DAY);
        run(&app).await;
        assert_eq!(started.case().await["paused"], Value::Null);
        let centre = app.login_as("district-dispatch", DISTRICT).await;
        let said = async |path: &str, what: &str| centre.get(path).await.expect(200).json()["steps"].to_string().contains(what);
        assert!(said(&road, "ruling-overdue").await, "the review");
        assert!(said(&hole, "not_reported_in").await, "the whistle");
        assert!(said(&hole, "bulletin_due").await, "the first bulletin");
    }

    async fn an_answer_of_the_reporter_lets_the_clock_go_on(engine: Engine) {
        let app = TestApp::new(engine).await.with_town().await;
        let case = Started::new(&app).await;
        let answer = json!({ "text": "在三楼，电话13800138000" });
        let link = format!("/api/v1/reports/{}", case.track);
        app.visitor().post(&format!("{link}/answers"), &answer).await.refused(422, "nothing-asked");
        app.clock.advance(HOUR);
        let asked = case.take(&case.desk, "ask", json!({ "question": "请问是几楼？" })).await;
        assert_eq!((asked["light"].as_str(), asked["paused"].as_str(), &asked["due_at"]), (Some("paused"), Some("reporter"), &Value::Null));
        assert_eq!(asked["tasks"][0]["light"].as_str(), Some("paused"), "the task's own light stands still too");
        case.desk.post(&format!("{}/ask", case.path), &json!({ "question": "还有呢？" })).await.refused(422, "already-paused");
        let list = case.desk.get("/api/v1/incidents?light=paused").await.expect(200).json();
        assert_eq!(list["items"].as_array().unwrap().len(), 1);
        proven(&app).await;

        let page = app.visitor().get(&link).await.expect(200).json();
        assert_eq!(page["question"]["words"].as_str(), Some("请问是几楼？"));
        app.clock.advance(2 * DAY);
        let page = app.visitor().post(&format!("{link}/answers"), &answer).await.expect(200).json();
        assert_eq!((page["light"].as_str(), &page["question"]), (Some("green"), &Value::Null));
        assert!(!page.to_string().contains("13800138000"), "what is personal is redacted");
        // One of eight hours was used; seven run from Wednesday 11:00.
        let after = case.case().await;
        assert_eq!((after["due_at"].as_str(), after["tasks"][0]["due_at"].as_str()), (Some("2025-03-13T03:00:00.000Z"), after["due_at"].as_str()));
        let steps = after["steps"].as_array().unwrap();
        let effect = &steps.last().unwrap()["effect"][0];
        assert_eq!((effect["clock"].as_str(), effect["turn"].as_str(), effect["after"].as_str()), (Some("handle"), Some("went_on"), after["due_at"].as_str()));
        proven(&app).await;
        // The job of the pause that is over does nothing any more.
        app.clock.advance(10 * DAY);
        run(&app).await;
        // By then the ladder has ordered the unit to make haste; the pause itself did nothing more.
        let later = case.case().await;
        let mut later = actions(&later);
        later.retain(|a| *a != "supervise");
        assert_eq!(later, actions(&after));
    }

    async fn a_wait_ends_by_itself_once(engine: Engine) {
        let app = TestApp::new(engine).await.with_town().await;
        let case = Started::new(&app).await;
        case.desk.post(&format!("{}/ask", case.path), &json!({ "question": "几楼？", "days": 99 })).await.expect(400);
        let admin = app.login_as("system-admin", DISTRICT).await;
        admin.put("/api/v1/settings/incidents.wait", &json!({ "value": { "days": 2 }, "reason": "节后加快" })).await.expect(200);
        case.take(&case.desk, "ask", json!({ "question": "几楼？" })).await;
        app.clock.advance(2 * DAY - 1);
        run(&app).await;
        assert_eq!(case.case().await["light"].as_str(), Some("paused"));
        app.clock.advance(1);
        run(&app).await;
        run(&app).await;
        let after = case.case().await;
        assert_eq!((after["light"].as_str(), &after["paused"]), (Some("green"), &Value::Null));
        assert_eq!(actions(&after).iter().filter(|a| **a == "resume").count(), 1);
        assert_eq!(after["steps"].as_array().unwrap().last().unwrap()["reasons"][0]["code"].as_str(), Some("wait-over"));
        proven(&app).await;
    }

    async fn a_shelved_case_is_looked_at_again_and_resumed(engine: Engine) {
        let app = TestApp::new(engine).await.with_town().await;
        let case = Started::new(&app).await;
        let body = |day: &str| json!({ "class": "engineering", "reason": "等待电路改造", "review_on": day });
        case.desk.post(&format!("{}/shelve", case.path), &body("2025-06-01")).await.expect(403);
        let leader = app.login_as("street-leader", STREET).await;
        leader.post(&format!("{}/shelve", case.path), &body("2025-03-10")).await.expect(400);
        let shelved = case.take(&leader, "shelve", body("2025-06-01")).await;
        assert_eq!((shelved["light"].as_str(), shelved["paused"].as_str(), shelved["state"].as_str()), (Some("paused"), Some("engineering"), Some("in_progress")));
        let step = shelved["steps"].as_array().unwrap().last().unwrap();
        assert_eq!((step["details"]["review_on"].as_str(), step["public"].as_bool()), (Some("2025-06-01"), Some(true)));
        app.clock.set("2025-06-01T00:00:00+08:00".parse().unwrap());
        run(&app).await;
        run(&app).await;
        let due = case.case().await;
        assert_eq!((due["attention"].as_array().unwrap()[0].as_str(), due["light"].as_str()), (Some("review-due"), Some("paused")));
        assert_eq!(actions(&due).iter().filter(|a| **a == "note").count(), 1);
        proven(&app).await;
        app.clock.set("2025-06-03T10:00:00+08:00".parse().unwrap());
        let resumed = case.take(&case.desk, "resume", json!({ "words": "电路已改造" })).await;
        assert_eq!((resumed["attention"].as_array().unwrap().len(), resumed["light"].as_str()), (0, Some("green")));
        case.desk.post(&format!("{}/resume", case.path), &json!({})).await.refused(422, "not-paused");
        proven(&app).await;
    }

    async fn nobody_shelves_the_case_he_leads(engine: Engine) {
        let app = TestApp::new(engine).await.with_town().await;
        let receipt = send(&app, &report(LAMP, HOME)).await;
        let path = format!("/api/v1/incidents/{}", receipt["id"].as_str().unwrap());
        let person = uuid::Uuid::from_u128(0x0195_7f00_0000_7000_8000_0000_0000_0001);
        let both = app.login_with(&[("community-desk", COMMUNITY), ("street-leader", STREET)], Some(person)).await;
        let task = both.get(&path).await.expect(200).json()["tasks"][0]["id"].as_str().unwrap().to_owned();
        both.post(&format!("{path}/tasks/{task}/accept"), &json!({})).await.expect(200);
        let body = json!({ "class": "seasonal", "reason": "等待汛期结束", "review_on": "2025-06-01" });
        both.post(&format!("{path}/shelve"), &body).await.refused(422, "own-case");
    }

    async fn more_time_climbs_the_ladder(engine: Engine) {
        let app = TestApp::new(engine).await.with_town().await;
        let case = Started::new(&app).await;
        let (chief, leader) = (app.login_as("community-desk", COMMUNITY).await, app.login_as("street-leader", STREET).await);
        let centre = app.login_as("district-dispatch", DISTRICT).await;
        let asked = case.extend(1, "working_day").await;
        assert_eq!(asked["due_at"].as_str(), Some("2025-03-11T03:00:00.000Z"), "asking moves nothing");
        let again = json!({ "by": { "n": 1, "unit": "day" }, "reason": "再要" });
        case.desk.post(&format!("{}/extend", case.task), &again).await.refused(422, "extension-open");
        assert_eq!(kinds(&chief).await, ["extension-asked"]);

        let open = async |who: &Client| who.get("/api/v1/extensions?state=open").await.expect(200).json()["items"].clone();
        let list = open(&chief).await;
        assert_eq!((list[0]["rung"].as_str(), list[0]["n"].as_i64(), list[0]["mine"].as_bool()), (Some("chief"), Some(1), Some(true)));
        assert_eq!(open(&case.desk).await[0]["mine"].as_bool(), Some(false));
        let decide = |list: &Value| format!("/api/v1/extensions/{}/decide", list[0]["id"].as_str().unwrap());
        case.desk.post(&decide(&list), &json!({ "grant": true })).await.refused(422, "own-extension");
        app.login_as("street-desk", OTHER_STREET).await.post(&decide(&list), &json!({ "grant": true })).await.expect(404);
        app.login_as("community-desk", SIBLING).await.post(&decide(&list), &json!({ "grant": true })).await.expect(404);
        app.login_as("grid-worker", GRID).await.post(&decide(&list), &json!({ "grant": true })).await.expect(403);
        chief.post(&decide(&list), &json!({ "grant": false })).await.expect(400);
        chief.post(&decide(&list), &json!({ "grant": false, "words": "先想办法" })).await.expect(200);
        chief.post(&decide(&list), &json!({ "grant": true })).await.refused(422, "extension-decided");
        assert_eq!(case.case().await["due_at"].as_str(), Some("2025-03-11T03:00:00.000Z"));

        // A refused one is recorded and does not count: the next is still the first.
        case.extend(1, "working_day").await;
        let granted = chief.post(&decide(&open(&chief).await), &json!({ "grant": true })).await.expect(200).json();
        assert_eq!((granted["state"].as_str(), granted["due_after"].as_str()), (Some("granted"), Some("2025-03-12T03:00:00.000Z")));
        let after = case.case().await;
        assert_eq!((after["due_at"].as_str(), after["tasks"][0]["due_at"].as_str()), (Some("2025-03-12T03:00:00.000Z"), Some("2025-03-12T03:00:00.000Z")));
        assert!(kinds(&case.desk).await.contains(&"extension-granted".to_owned()));
        proven(&app).await;

        // The second is a leader's, the third a conference's, with its conclusion.
        case.extend(2, "working_day").await;
        let second = open(&leader).await;
        chief.post(&decide(&second), &json!({ "grant": true })).await.refused(422, "not-your-rung");
        leader.post(&decide(&second), &json!({ "grant": true, "by": { "n": 1, "unit": "working_day" } })).await.expect(200);
        assert_eq!(case.case().await["due_at"].as_str(), Some("2025-03-13T03:00:00.000Z"), "the leader gave less");
        case.extend(1, "working_day").await;
        let third = open(&centre).await;
        leader.post(&decide(&third), &json!({ "grant": true })).await.refused(422, "not-your-rung");
        centre.post(&decide(&third), &json!({ "grant": true })).await.expect(400);
        // The third stands on a recorded conference of this case, and each conference bears one.
        let grant = json!({ "grant": true, "words": "会商：供货期三天，同意" });
        let needed = centre.post(&decide(&third), &grant).await;
        needed.refused(422, "conference-needed");
        assert_eq!(needed.json()["params"]["allows"], json!("extend"));
        let table: Vec<String> =
            ["990101001001", "990101001002"].map(|c| app.org.directory().value.unit_by_code(c).unwrap().id.to_string()).into();
        let held = |decision: &str, allows: Value| {
            let minutes = if decision.is_empty() { "" } else { "各单位说明了供货情况" };
            json!({ "chair": "区中心", "units": table, "minutes": minutes, "decision": decision, "allows": allows })
        };
        case.take(&centre, "confer", held("", json!([]))).await;
        case.take(&centre, "confer", held("由一社区继续办理", json!([]))).await;
        centre.post(&decide(&third), &grant).await.refused(422, "conference-needed");
        let mut early = held("同意再延期一次", json!(["extend"]));
        early["at"] = json!("2025-03-20T07:00:00Z");
        let fault = centre.post(&format!("{}/confer", case.path), &early).await.expect(400).json();
        assert_eq!(fault["fields"][0]["field"], json!("at"), "what is decided was not decided tomorrow");
        let said = case.take(&centre, "confer", held("同意再延期一次", json!(["extend"]))).await;
        let granted = centre.post(&decide(&third), &grant).await.expect(200).json();
        assert_eq!(granted["conference"], said["version"], "the step of the conference");
        let step = case.case().await["steps"].as_array().unwrap().last().unwrap().clone();
        assert_eq!(step["details"]["conference"], said["version"]);
        case.extend(1, "working_day").await;
        let fourth = open(&centre).await;
        centre.post(&decide(&fourth), &grant).await.refused(422, "conference-needed");
        centre.post(&decide(&fourth), &json!({ "grant": false, "words": "不再延期" })).await.expect(200);
        let all = centre.get("/api/v1/extensions?limit=3").await.expect(200).json();
        assert_eq!((all["items"].as_array().unwrap().len(), all["next"].is_string()), (3, true));
        let rest = centre.get(&format!("/api/v1/extensions?limit=3&cursor={}", all["next"].as_str().unwrap())).await.expect(200).json();
        assert_eq!(rest["items"].as_array().unwrap().len(), 2);
        proven(&app).await;
    }

    async fn an_order_from_above_is_not_extended(engine: Engine) {
        let app = TestApp::new(engine).await.with_town().await;
        let intake = app.login_as("district-intake", DISTRICT).await;
        let receipt = intake.post("/api/v1/incidents", &ordered()).await.expect(201).json();
        let path = format!("/api/v1/incidents/{}", receipt["id"].as_str().unwrap());
        let desk = app.login_as("community-desk", COMMUNITY).await;
        let case = desk.get(&path).await.expect(200).json();
        assert_eq!(case["due_at"].as_str(), Some("2025-03-10T07:00:00.000Z"), "an hour before the order's own deadline");
        let task = format!("{path}/tasks/{}", case["tasks"][0]["id"].as_str().unwrap());
        let more = json!({ "by": { "n": 5, "unit": "working_day" }, "reason": "配件缺货" });
        desk.post(&format!("{task}/extend"), &more).await.refused(422, "nothing-to-extend");
        desk.post(&format!("{task}/accept"), &json!({})).await.expect(200);
        let asked = desk.post(&format!("{path}/ask"), &json!({ "question": "几楼？" })).await.expect(200).json();
        assert_eq!(asked["paused_until"].as_str(), Some("2025-03-10T07:00:00.000Z"), "the wait does not outlast the order");
        let leader = app.login_as("street-leader", STREET).await;
        let shelve = json!({ "class": "seasonal", "reason": "等待汛期结束", "review_on": "2025-06-01" });
        desk.post(&format!("{path}/resume"), &json!({})).await.expect(200);
        leader.post(&format!("{path}/shelve"), &shelve).await.refused(422, "order-binds");
    }

    async fn a_merged_order_binds_a_wait_too(engine: Engine) {
        let app = TestApp::new(engine).await.with_town().await;
        let case = Started::new(&app).await;
        let intake = app.login_as("district-intake", DISTRICT).await;
        let order = intake.post("/api/v1/incidents", &ordered()).await.expect(201).json();
        let centre = app.login_as("district-dispatch", DISTRICT).await;
        let into = case.case().await["id"].clone();
        centre.post(&format!("/api/v1/incidents/{}/merge", order["id"].as_str().unwrap()), &json!({ "into": into })).await.expect(200);
        let asked = case.take(&case.desk, "ask", json!({ "question": "几楼？" })).await;
        assert_eq!(asked["paused_until"].as_str(), Some("2025-03-10T07:00:00.000Z"), "the wait does not outlast the order");
        case.take(&case.desk, "resume", json!({})).await;
        let leader = app.login_as("street-leader", STREET).await;
        let shelve = json!({ "class": "seasonal", "reason": "等待汛期结束", "review_on": "2025-06-01" });
        leader.post(&format!("{}/shelve", case.path), &shelve).await.refused(422, "order-binds");
    }

    async fn an_order_whose_time_is_over_binds_no_later_round(engine: Engine) {
        let app = TestApp::new(engine).await.with_town().await;
        let intake = app.login_as("district-intake", DISTRICT).await;
        let receipt = intake.post("/api/v1/incidents", &ordered()).await.expect(201).json();
        let path = format!("/api/v1/incidents/{}", receipt["id"].as_str().unwrap());
        let (handler, street) = (app.login_as("community-desk", COMMUNITY).await, app.login_as("street-desk", STREET).await);
        super::second::solve(&handler, &street, &path).await;
        app.clock.advance(DAY);
        let would = street.post(&format!("{path}/what-if"), &json!({ "action": "reopen" })).await.expect(200).json();
        let again = json!({ "cause": "recurred", "reason": "又不亮了" });
        let opened = street.post(&format!("{path}/reopen"), &again).await.expect(200).json();
        assert_eq!(opened["due_at"].as_str(), Some("2025-03-12T03:00:00.000Z"));
        assert_eq!((&would["due_at"], &would["light"]), (&opened["due_at"], &opened["light"]), "as it was told");
        let asked = street.post(&format!("{path}/ask"), &json!({ "question": "几楼？", "days": 3 })).await.expect(200).json();
        assert_eq!(asked["paused_until"].as_str(), Some("2025-03-14T02:00:00.000Z"));
        proven(&app).await;
    }

    async fn who_is_expected_keeps_his_time_through_a_pause(engine: Engine) {
        let app = TestApp::new(engine).await.with_town().await;
        let path = hole(&app).await;
        let (roads, street) = (app.login_as("department-desk", DEPARTMENT).await, app.login_as("street-desk", STREET).await);
        let case = roads.get(&path).await.expect(200).json();
        let task = task_of(&case, "区市政中心")["id"].as_str().unwrap().to_owned();
        roads.post(&format!("{path}/tasks/{task}/accept"), &json!({})).await.expect(200);
        let call = json!({ "units": [{ "unit": unit(&app, "S001-LAW"), "role": "helper" }], "words": "速到" });
        street.post(&format!("{path}/whistle"), &call).await.expect(200);
        street.post(&format!("{path}/ask"), &json!({ "question": "几号门？" })).await.expect(200);
        app.clock.advance(60_000);
        let case = street.post(&format!("{path}/resume"), &json!({})).await.expect(200).json();
        let tasks = store::tasks(&mut app.db.read().await.unwrap(), case["id"].as_str().unwrap().parse().unwrap()).await.unwrap();
        let law = tasks.iter().find(|t| t.report_by.is_some()).unwrap();
        assert_eq!((law.red_at, law.yellow_at), (law.report_by, law.warn_at));
        assert_ne!(law.red_at, tasks.iter().find(|t| t.report_by.is_none()).unwrap().red_at);
    }

    async fn a_unit_that_lost_the_case_asks_for_no_more_time(engine: Engine) {
        let app = TestApp::new(engine).await.with_town().await;
        let receipt = send(&app, &report(LAMP, HOME)).await;
        let path = format!("/api/v1/incidents/{}", receipt["id"].as_str().unwrap());
        let (desk, sibling) = (app.login_as("community-desk", COMMUNITY).await, app.login_as("community-desk", SIBLING).await);
        let centre = app.login_as("district-dispatch", DISTRICT).await;
        let more = json!({ "by": { "n": 1, "unit": "working_day" }, "reason": "配件缺货" });
        let task = desk.get(&path).await.expect(200).json()["tasks"][0]["id"].as_str().unwrap().to_owned();
        desk.post(&format!("{path}/tasks/{task}/extend"), &more).await.expect(200);
        let open = async || centre.get("/api/v1/extensions?state=open").await.expect(200).json()["items"].clone();
        let asked = open().await[0]["id"].as_str().unwrap().to_owned();
        let to = json!({ "unit": unit(&app, "990101001002"), "reason": "在二社区地界" });
        let sent = centre.post(&format!("{path}/dispatch"), &to).await.expect(200).json();
        assert_eq!(open().await, json!([]), "nobody waits for it any more");
        centre.post(&format!("/api/v1/extensions/{asked}/decide"), &json!({ "grant": true })).await.refused(422, "extension-decided");
        let task = task_of(&sent, "二社区")["id"].as_str().unwrap().to_owned();
        sibling.post(&format!("{path}/tasks/{task}/extend"), &more).await.expect(200);
        assert_eq!(open().await[0]["unit"]["name"].as_str(), Some("二社区"));
    }

    async fn more_time_runs_into_a_year_that_was_read_in_since(engine: Engine) {
        let app = TestApp::new(engine).await.with_town().await;
        app.clock.set("2026-12-30T10:00:00+08:00".parse().unwrap());
        let case = Started::new(&app).await;
        let more = json!({ "by": { "n": 1, "unit": "working_day" }, "reason": "配件缺货" });
        case.desk.post(&format!("{}/extend", case.task), &more).await.refused(422, "no-calendar");
        let holidays = ["2027-01-01", "2027-05-01", "2027-10-01"];
        let off = |date: &str| catalogue::content::Day { date: date.parse().unwrap(), kind: DayKind::Holiday, name: String::new() };
        let mut tx = app.db.begin();
        let origin = Origin { now: app.now(), source: "test", actor: &kernel::Actor::system() };
        catalogue::set_calendar(&mut tx, origin, Some(&holidays.map(off)), None).await.unwrap();
        tx.commit().await.unwrap();
        app.refresh().await.unwrap();
        let would = json!({ "action": "extend", "by": more["by"] });
        let told = case.desk.post(&format!("{}/what-if", case.path), &would).await.expect(200).json();
        case.desk.post(&format!("{}/extend", case.task), &more).await.expect(200);
        let chief = app.login_as("community-desk", COMMUNITY).await;
        let asked = chief.get("/api/v1/extensions?state=open").await.expect(200).json()["items"][0]["id"].as_str().unwrap().to_owned();
        chief.post(&format!("/api/v1/extensions/{asked}/decide"), &json!({ "grant": true })).await.expect(200);
        // Thursday 11:00, and a working day with New Year's Day and a weekend between.
        let after = case.case().await;
        assert_eq!(after["due_at"].as_str(), Some("2027-01-04T03:00:00.000Z"));
        assert_eq!(told["due_at"], after["due_at"], "as it was told");
        proven(&app).await;
    }

    async fn an_extension_is_no_longer_than_its_rung_may_give(engine: Engine) {
        let app = TestApp::new(engine).await.with_town().await;
        let case = Started::new(&app).await;
        let wish = |n: i64| json!({ "by": { "n": n, "unit": "working_day" }, "reason": "配件缺货" });
        let would = |n: i64| json!({ "action": "extend", "by": wish(n)["by"] });
        let (ask, preview) = (format!("{}/extend", case.task), format!("{}/what-if", case.path));
        for reply in [case.desk.post(&ask, &wish(2)).await, case.desk.post(&preview, &would(2)).await] {
            reply.refused(422, "extension-too-long");
            assert_eq!(reply.json()["params"]["longest"], json!({ "n": 8, "unit": "working_hour" }), "as long as the case's own limit");
        }
        case.desk.post(&preview, &would(1)).await.expect(200);
        case.desk.post(&ask, &wish(1)).await.expect(200);
        // Whoever decides gives no more either.
        let chief = app.login_as("community-desk", COMMUNITY).await;
        let asked = chief.get("/api/v1/extensions?state=open").await.expect(200).json()["items"][0]["id"].as_str().unwrap().to_owned();
        let decide = format!("/api/v1/extensions/{asked}/decide");
        chief.post(&decide, &json!({ "grant": true, "by": { "n": 2, "unit": "working_day" } })).await.refused(422, "extension-too-long");
        chief.post(&decide, &json!({ "grant": true })).await.expect(200);
        // The second, a leader's, may be twice the limit; how much is the district's.
        case.desk.post(&preview, &would(2)).await.expect(200);
        case.desk.post(&preview, &would(3)).await.refused(422, "extension-too-long");
        let lengths = json!({ "chief": 100, "leader": 100, "conference": 100, "least": { "n": 1, "unit": "hour" } });
        let body = json!({ "value": lengths, "reason": "从严" });
        app.login_as("system-admin", DISTRICT).await.put("/api/v1/settings/incidents.extension", &body).await.expect(200);
        app.refresh().await.unwrap();
        case.desk.post(&preview, &would(2)).await.refused(422, "extension-too-long");
        case.desk.post(&ask, &wish(1)).await.expect(200);
        proven(&app).await;
    }

    async fn what_if_tells_and_writes_nothing(engine: Engine) {
        let app = TestApp::new(engine).await.with_town().await;
        let case = Started::new(&app).await;
        let before = case.case().await;
        let ask = async |who: &Client, body: Value| who.post(&format!("{}/what-if", case.path), &body).await;
        let more = json!({ "action": "extend", "by": { "n": 1, "unit": "working_day" } });
        let reply = ask(&case.desk, more.clone()).await;
        assert!(reply.statements() <= 6, "asking costs {}", reply.statements());
        let told = reply.expect(200).json();
        assert_eq!((told["due_at"].as_str(), told["light"].as_str()), (Some("2025-03-12T03:00:00.000Z"), Some("green")));
        assert_eq!(told["effect"][0]["turn"].as_str(), Some("extended"));
        let paused = ask(&case.desk, json!({ "action": "ask" })).await.expect(200).json();
        assert_eq!((paused["light"].as_str(), &paused["red_at"]), (Some("paused"), &Value::Null));
        ask(&case.desk, json!({ "action": "extend" })).await.expect(400);
        // More urgent: natural minutes from now on. Not what it is already, and not without saying how urgent.
        let leader = app.login_as("street-leader", STREET).await;
        let hastened = ask(&leader, json!({ "action": "raise_urgency", "urgency": "emergency" })).await.expect(200).json();
        assert!(hastened["due_at"].as_str() < told["due_at"].as_str() && hastened["effect"][0]["turn"] == json!("recounted"), "{hastened}");
        let urgent = ask(&leader, json!({ "action": "raise_urgency", "urgency": "urgent" })).await.expect(200).json();
        assert_eq!((&urgent["due_at"], &urgent["effect"]), (&before["due_at"], &json!([])));
        ask(&leader, json!({ "action": "raise_urgency" })).await.expect(400);
        ask(&leader, json!({ "action": "raise_urgency", "urgency": "normal" })).await.refused(422, "not-more-urgent");
        ask(&case.desk, json!({ "action": "stage" })).await.expect(400);
        ask(&case.desk, json!({ "action": "stage", "stage": "拆除" })).await.refused(422, "no-such-stage");
        ask(&case.desk, json!({ "action": "accept" })).await.refused(422, "not-in-this-state");
        ask(&app.login_as("community-desk", SIBLING).await, more).await.expect(404);
        assert_eq!(case.case().await, before);
        // Before a correction: what another matter would mean. And a unit that may not lead is refused as the dispatch would be.
        let receipt = send(&app, &report("天气不错", HOME)).await;
        let intake = app.login_as("district-intake", DISTRICT).await;
        let path = format!("/api/v1/incidents/{}/what-if", receipt["id"].as_str().unwrap());
        let accept = json!({ "action": "accept", "matter": app.matter("路灯不亮").to_string() });
        let told = intake.post(&path, &accept).await.expect(200).json();
        assert_eq!(told["due_at"].as_str(), Some("2025-03-11T02:00:00.000Z"), "24 hours");
        let roads = send(&app, &report("马路路灯不亮，街上路灯坏了一排", HOME)).await;
        let path = format!("/api/v1/incidents/{}/what-if", roads["id"].as_str().unwrap());
        let unit = app.org.directory().value.unit_by_code("990101001001").unwrap().id.to_string();
        let centre = app.login_as("district-dispatch", DISTRICT).await;
        centre.post(&path, &json!({ "action": "dispatch", "unit": unit })).await.refused(422, "not-for-grassroots");
    }

    async fn a_received_report_waits_for_its_reporter_too(engine: Engine) {
        let app = TestApp::new(engine).await.with_town().await;
        let receipt = send(&app, &report("天气不错", HOME)).await;
        let desk = app.login_as("district-intake", DISTRICT).await;
        let path = format!("/api/v1/incidents/{}", receipt["id"].as_str().unwrap());
        let asked = desk.post(&format!("{path}/ask"), &json!({ "question": "您要反映什么？" })).await.expect(200).json();
        assert_eq!((asked["state"].as_str(), asked["light"].as_str()), (Some("received"), Some("paused")));
        let accepted = desk.post(&format!("{path}/accept"), &json!({ "matter": app.matter("楼道灯不亮").to_string() })).await.expect(200).json();
        assert_eq!((accepted["light"].as_str(), &accepted["paused"]), (Some("green"), &Value::Null), "taking it in ends the wait");
        proven(&app).await;
    }
}
