//! 吹哨报到 over HTTP: who may summon whom, who comes when, who is judged how, on both engines.

use serde_json::{Value, json};
use testkit::Engine;

use super::road::{report, send};
use crate::{
    modules::incidents::verify,
    testing::{
        Client, TestApp,
        town::{COMMUNITY, DEPARTMENT, DISTRICT, GRID, HOME, OTHER_STREET, STREET},
    },
    work,
};

const FIRE: &str = "/990101/D-FIRE/";
const LAW: &str = "/990101/990101001/S001-LAW/";
const MINUTE: i64 = 60_000;

pub fn unit(app: &TestApp, code: &str) -> String {
    app.org.directory().value.unit_by_code(code).unwrap().id.to_string()
}

fn call(app: &TestApp, units: &[(&str, &str)]) -> Value {
    let units: Vec<Value> = units.iter().map(|(code, role)| json!({ "unit": unit(app, code), "role": role })).collect();
    json!({ "units": units, "words": "路面塌陷，请立即到场" })
}

/// The open task of a unit, by the unit's name.
pub fn task_of(case: &Value, name: &str) -> Value {
    let tasks = case["tasks"].as_array().unwrap();
    tasks.iter().find(|t| t["unit"]["name"] == name && t["state"] != "withdrawn").cloned().unwrap_or_default()
}

/// A hole in the road: an emergency of the department of roads, in the grid of the first street.
pub async fn hole(app: &TestApp) -> String {
    let receipt = send(app, &report("路面突然塌陷出现大坑，路塌了一个洞", HOME)).await;
    format!("/api/v1/incidents/{}", receipt["id"].as_str().unwrap())
}

async fn arrive(client: &Client, path: &str, name: &str) -> Value {
    let case = client.get(path).await.expect(200).json();
    let task = task_of(&case, name)["id"].as_str().unwrap().to_owned();
    client.post(&format!("{path}/tasks/{task}/report-in"), &json!({ "note": "到场两人" })).await.expect(200).json()
}

async fn finish(client: &Client, path: &str, name: &str) -> crate::testing::Reply {
    let case = client.get(path).await.expect(200).json();
    let task = task_of(&case, name)["id"].as_str().unwrap().to_owned();
    let body = json!({ "result": "solved", "public_reply": "已围挡并回填", "note": "" });
    client.post(&format!("{path}/tasks/{task}/done"), &body).await
}

fn steps<'c>(case: &'c Value, action: &str) -> Vec<&'c Value> {
    case["steps"].as_array().unwrap().iter().filter(|s| s["action"] == action).collect()
}

testkit::both! {
    async fn a_district_says_when_whoever_is_expected_turns_yellow(engine: Engine) {
        let app = TestApp::new(engine).await.with_town().await;
        let by_standard = hole(&app).await;
        let half = json!({ "value": { "left": 20, "emergency": 50 }, "reason": "试行" });
        app.login_as("system-admin", DISTRICT).await.put("/api/v1/settings/incidents.warning", &half).await.expect(200);
        app.refresh().await.unwrap();
        app.clock.advance(MINUTE);
        let by_half = hole(&app).await;
        let street = app.login_as("street-desk", STREET).await;
        let units = [("D-ROADS", "lead"), ("S001-LAW", "helper")];
        let mut cases = vec![];
        for path in [by_standard, by_half] {
            street.post(&format!("{path}/whistle"), &call(&app, &units)).await.expect(200);
            cases.push(path);
        }
        // Half an hour to come: the first case keeps a fifth, as when it was opened, the second has a half of it.
        for (minutes, lights) in [(14, ["green", "green"]), (1, ["green", "yellow"]), (8, ["green", "yellow"]), (1, ["yellow", "yellow"]), (6, ["red", "red"])] {
            app.clock.advance(minutes * MINUTE);
            let board = street.get("/api/v1/whistles").await.expect(200).json();
            for (path, light) in cases.iter().zip(lights) {
                let case = street.get(path).await.expect(200).json();
                let seen = board["items"].as_array().unwrap().iter().find(|w| path.ends_with(w["incident"].as_str().unwrap())).unwrap();
                for (n, unit) in ["区市政中心", "东街道综合执法队"].iter().enumerate() {
                    assert_eq!(task_of(&case, unit)["report_light"].as_str(), Some(light), "{unit} after {minutes} more minutes");
                    assert_eq!(seen["units"][n]["light"].as_str(), Some(light), "the board says the same");
                }
            }
        }
    }

    async fn a_whistle_for_helpers_starts_no_clock_of_a_lead_at_work(engine: Engine) {
        let app = TestApp::new(engine).await.with_town().await;
        let path = hole(&app).await;
        let (roads, street) = (app.login_as("department-desk", DEPARTMENT).await, app.login_as("street-desk", STREET).await);
        let case = roads.get(&path).await.expect(200).json();
        let task = task_of(&case, "区市政中心")["id"].as_str().unwrap().to_owned();
        let what_if = async |lead: Option<&str>| {
            let body = json!({ "action": "whistle", "unit": lead.map(|code| unit(&app, code)) });
            street.post(&format!("{path}/what-if"), &body).await.expect(200).json()["effect"].clone()
        };
        assert_eq!(what_if(Some("D-ROADS")).await, json!([]));
        // Another lead than the one who is offered it is offered it anew.
        street.post(&format!("{path}/what-if"), &json!({ "action": "whistle", "unit": unit(&app, "D-FIRE") })).await.expect(200);
        let before = roads.post(&format!("{path}/tasks/{task}/accept"), &json!({})).await.expect(200).json();
        assert_eq!((what_if(None).await, what_if(Some("D-ROADS")).await), (json!([]), json!([])));
        let case = street.post(&format!("{path}/whistle"), &call(&app, &[("S001-LAW", "helper")])).await.expect(200).json();
        assert_eq!((&case["red_at"], &case["yellow_at"]), (&before["red_at"], &before["yellow_at"]));
        app.clock.advance(11 * MINUTE);
        let case = street.get(&path).await.expect(200).json();
        assert_eq!((case["light"].as_str(), case["state"].as_str()), (Some("green"), Some("in_progress")));
        assert_eq!(verify::clocks(&app).await.unwrap().differences, 0);
        super::guards::explained(&app).await;
    }

    async fn a_street_summons_departments_and_judges_them(engine: Engine) {
        let app = TestApp::new(engine).await.with_town().await;
        let path = hole(&app).await;
        let street = app.login_as("street-desk", STREET).await;
        let units = [("D-ROADS", "lead"), ("D-FIRE", "helper"), ("S001-LAW", "helper"), ("990101001001", "helper")];
        let case = street.post(&format!("{path}/whistle"), &call(&app, &units)).await.expect(200).json();
        // Roads and fire had tasks by the catalogue: they are summoned with those.
        assert_eq!(case["tasks"].as_array().unwrap().len(), 4);
        assert_eq!(task_of(&case, "区消防队")["report_by"].as_str(), Some("2025-03-10T02:30:00.000Z"), "half an hour");
        assert!(steps(&case, "whistle")[0]["words"].as_str().unwrap().contains("3月10日 10:30"));
        let helpers = json!(["区消防队", "东街道综合执法队", "一社区"]);
        let said = json!({
            "kind": "whistled", "from": "东街道", "lead": "区市政中心", "helpers": helpers, "by": "2025-03-10T10:30", "words": "路面塌陷，请立即到场"
        });
        assert_eq!(steps(&case, "whistle")[0]["spoken"], said);

        // Fire is there in ten minutes, roads in twenty; at the limit the two others are marked, once.
        let (fire, roads) = (app.login_as("department-desk", FIRE).await, app.login_as("department-desk", DEPARTMENT).await);
        let seen = fire.get("/api/v1/whistles?state=open").await.expect(200).json();
        assert_eq!((seen["items"][0]["state"].as_str(), seen["items"][0]["step"].as_str()), (Some("called"), Some("呼叫")));
        app.clock.advance(10 * MINUTE);
        arrive(&fire, &path, "区消防队").await;
        app.clock.advance(10 * MINUTE);
        let case = arrive(&roads, &path, "区市政中心").await;
        assert_eq!(case["state"].as_str(), Some("in_progress"));
        let again = task_of(&case, "区市政中心")["id"].as_str().unwrap().to_owned();
        roads.post(&format!("{path}/tasks/{again}/report-in"), &json!({})).await.refused(422, "already-reported-in");
        app.clock.advance(10 * MINUTE);
        let worker = work::worker(&app.app);
        worker.run_due().await.unwrap();
        worker.run_due().await.unwrap();
        let case = street.get(&path).await.expect(200).json();
        assert_eq!(steps(&case, "not_reported_in").len(), 2);
        assert_eq!(task_of(&case, "一社区")["report_light"].as_str(), Some("red"));
        assert_eq!(task_of(&case, "区消防队")["report_light"].as_str(), Some("green"));
        let told = street.get("/api/v1/notices").await.expect(200).json();
        assert_eq!(told["items"].as_array().unwrap().iter().filter(|n| n["kind"] == "whistle-missed").count(), 2, "the whistler knows");

        // The lead does not finish before a helper that is at work; who never came holds nobody up.
        app.clock.advance(MINUTE);
        let law = app.login_as("street-desk", LAW).await;
        let case = arrive(&law, &path, "东街道综合执法队").await;
        assert!(steps(&case, "report_in").last().unwrap()["details"]["late"].as_bool().unwrap());
        finish(&roads, &path, "区市政中心").await.refused(422, "helpers-open");
        let board = street.get("/api/v1/whistles").await.expect(200).json();
        let whistle = format!("/api/v1/whistles/{}", board["items"][0]["id"].as_str().unwrap());
        assert_eq!(board["items"][0]["state"].as_str(), Some("divided"));
        let grade = |code: &str, effort: &str| json!({ "unit": unit(&app, code), "effort": effort, "result": "good", "words": "" });
        let all = json!({ "ratings": [grade("D-ROADS", "good"), grade("D-FIRE", "good"), grade("S001-LAW", "fair"), grade("990101001001", "poor")] });
        street.post(&format!("{whistle}/ratings"), &all).await.refused(422, "parts-open");
        finish(&fire, &path, "区消防队").await.expect(200);
        finish(&law, &path, "东街道综合执法队").await.expect(200);
        finish(&roads, &path, "区市政中心").await.expect(200);

        // Closed and judged once, by the street, every unit.
        fire.post(&format!("{whistle}/ratings"), &all).await.expect(403);
        street.post(&format!("{whistle}/ratings"), &json!({ "ratings": [grade("D-ROADS", "good")] })).await.expect(400);
        let closed = street.post(&format!("{whistle}/ratings"), &all).await.expect(200).json();
        assert_eq!((closed["state"].as_str(), closed["step"].as_str()), (Some("closed"), Some("销号")));
        street.post(&format!("{whistle}/ratings"), &all).await.refused(422, "whistle-over");
        street.post(&format!("{whistle}/call-off"), &json!({ "reason": "误吹" })).await.refused(422, "whistle-over");

        let figures = street.get("/api/v1/whistles/figures").await.expect(200).json();
        let of = |name: &str| figures["units"].as_array().unwrap().iter().find(|u| u["unit"]["name"] == name).unwrap().clone();
        for (name, due, in_time, late, never, mean) in [
            ("区消防队", 1, 1, 0, 0, json!(10.0)),
            ("区市政中心", 1, 1, 0, 0, json!(20.0)),
            ("东街道综合执法队", 1, 0, 1, 0, json!(31.0)),
            ("一社区", 1, 0, 0, 1, Value::Null),
        ] {
            let f = of(name);
            assert_eq!((&f["due"], &f["in_time"], &f["late"], &f["never"], &f["mean_minutes"]), (&json!(due), &json!(in_time), &json!(late), &json!(never), &mean), "{name}");
            assert_eq!(f["rated"], json!(1));
        }
        assert_eq!(of("一社区")["effort"], json!({ "good": 0, "fair": 0, "poor": 1 }));
        let none = street.get("/api/v1/whistles/figures?from=2025-03-11T00:00:00Z").await.expect(200).json();
        assert_eq!(none["units"], json!([]));
        assert_eq!(verify::clocks(&app).await.unwrap().differences, 0);
        super::guards::explained(&app).await;
    }

    async fn a_preview_refuses_what_the_whistle_would(engine: Engine) {
        let app = TestApp::new(engine).await.with_town().await;
        let path = hole(&app).await;
        let (roads, street) = (app.login_as("department-desk", DEPARTMENT).await, app.login_as("street-desk", STREET).await);
        let grid = app.login_as("grid-head", GRID).await;
        let both = async |who: &Client, mut body: Value, code: Option<&str>| {
            let whistle = who.post(&format!("{path}/whistle"), &body).await;
            body.as_object_mut().unwrap().remove("words");
            body["action"] = json!("whistle");
            let would = who.post(&format!("{path}/what-if"), &body).await;
            let said = |reply: &crate::testing::Reply| (reply.status.as_u16(), reply.json()["code"].clone(), reply.json()["fields"].clone());
            assert_eq!(said(&would), said(&whistle), "{body}");
            assert!(whistle.status.as_u16() >= 400, "{body}");
            if let Some(code) = code {
                would.refused(422, code);
            }
        };
        let of = |units: &[(&str, &str)]| call(&app, units);
        both(&street, of(&[("990101001001", "lead")]), Some("not-for-grassroots")).await;
        both(&grid, of(&[("D-FIRE", "helper")]), Some("may-not-whistle")).await;
        both(&street, of(&[("D-FIRE", "helper"), ("D-FIRE", "helper")]), None).await;
        both(&street, of(&[("D-FIRE", "lead"), ("D-ROADS", "lead")]), None).await;
        let mut hasty = of(&[("D-FIRE", "helper")]);
        hasty["minutes"] = json!(1);
        both(&street, hasty, None).await;
        let mut borrowed = of(&[("D-FIRE", "helper")]);
        borrowed["from"] = json!(unit(&app, "990101002"));
        both(&street, borrowed, Some("may-not-whistle")).await;
        let case = roads.get(&path).await.expect(200).json();
        let task = task_of(&case, "区市政中心")["id"].as_str().unwrap().to_owned();
        roads.post(&format!("{path}/tasks/{task}/accept"), &json!({})).await.expect(200);
        both(&street, of(&[("D-FIRE", "lead")]), Some("lead-at-work")).await;
        // Nobody may preview what he may not do at all.
        let reader = app.login_as("audit-admin", DISTRICT).await;
        assert!(reader.post(&format!("{path}/what-if"), &json!({ "action": "whistle" })).await.status.as_u16() >= 403);
    }

    async fn who_may_summon_whom_is_data(engine: Engine) {
        let app = TestApp::new(engine).await.with_town().await;
        let path = hole(&app).await;
        let whistle = format!("{path}/whistle");
        let grid = app.login_as("grid-head", GRID).await;
        grid.post(&whistle, &call(&app, &[("D-FIRE", "helper")])).await.refused(422, "may-not-whistle");
        grid.post(&whistle, &call(&app, &[("990101001001", "helper")])).await.expect(200);
        let street = app.login_as("street-desk", STREET).await;
        // The gate stays: an upper matter is not led by the grassroots, whistle or not.
        street.post(&whistle, &call(&app, &[("990101001001", "lead")])).await.refused(422, "not-for-grassroots");
        street.post(&whistle, &json!({ "units": [], "words": "来" })).await.expect(400);
        street.post(&whistle, &call(&app, &[("D-FIRE", "lead"), ("D-ROADS", "lead")])).await.expect(400);
        street.post(&whistle, &call(&app, &[("D-FIRE", "helper"), ("D-FIRE", "helper")])).await.expect(400);
        app.login_as("department-desk", DEPARTMENT).await.post(&whistle, &call(&app, &[("D-FIRE", "helper")])).await.expect(403);
        app.login_as("street-desk", OTHER_STREET).await.post(&whistle, &call(&app, &[("D-FIRE", "helper")])).await.expect(404);
        // The district closes the way to fire: the same call is refused from then on.
        street.post(&whistle, &call(&app, &[("D-FIRE", "helper")])).await.expect(200);
        let admin = app.login_as("system-admin", DISTRICT).await;
        let value = json!({
            "minutes": { "normal": 120, "urgent": 60, "emergency": 30 }, "steps": { "called": "吹哨" },
            "may": [{ "from": ["street"], "classes": ["own"], "to": ["department"] }],
        });
        let none = json!({ "value": value, "reason": "本区只对基本事项吹哨" });
        admin.put("/api/v1/settings/incidents.whistle", &none).await.expect(200);
        app.refresh().await.unwrap();
        street.post(&whistle, &call(&app, &[("D-FIRE", "helper")])).await.refused(422, "may-not-whistle");
        // Steps are named by the district's method.
        let board = street.get("/api/v1/whistles").await.expect(200).json();
        assert_eq!(board["items"][0]["step"].as_str(), Some("吹哨"));
    }

    async fn a_worker_who_leads_asks_for_helpers_and_for_nothing_else(engine: Engine) {
        let app = TestApp::new(engine).await.with_town().await;
        let receipt = send(&app, &report("楼道灯不亮，晚上看不见", HOME)).await;
        let path = format!("/api/v1/incidents/{}", receipt["id"].as_str().unwrap());
        let community = app.login_as("community-desk", COMMUNITY).await;
        let given = json!({ "unit": unit(&app, "990101001001001"), "reason": "由网格办理" });
        community.post(&format!("{path}/dispatch"), &given).await.expect(200);
        let worker = app.login_as("grid-worker", GRID).await;
        let may = |case: &Value, what: &str| case["may"].as_array().unwrap().iter().any(|m| m == what);
        let case = worker.get(&path).await.expect(200).json();
        let task = case["tasks"].as_array().unwrap().iter().find(|t| t["role"] == "lead" && t["state"] == "offered").unwrap().clone();
        let at = format!("{path}/tasks/{}", task["id"].as_str().unwrap());
        let ask = |codes: &[&str]| json!({ "units": codes.iter().map(|c| unit(&app, c)).collect::<Vec<_>>(), "words": "请带梯子来" });
        // Before he is at work there is nothing to help with.
        assert!(!may(&case, "help") && !may(&case, "whistle"));
        worker.post(&format!("{at}/help"), &ask(&["990101001001"])).await.refused(422, "not-in-this-state");
        worker.post(&format!("{at}/accept"), &json!({})).await.expect(200);
        assert!(may(&worker.get(&path).await.expect(200).json(), "help"));
        // Whom a grid may call is the district's setting; whistles themselves are not his to blow, close or call off.
        worker.post(&format!("{at}/help"), &ask(&["D-FIRE"])).await.refused(422, "may-not-whistle");
        worker.post(&format!("{at}/help"), &ask(&[])).await.expect(400);
        worker.post(&format!("{path}/whistle"), &call(&app, &[("990101001001", "helper")])).await.expect(403);
        let case = worker.post(&format!("{at}/help"), &ask(&["990101001001"])).await.expect(200).json();
        let helper = task_of(&case, "一社区");
        assert_eq!((helper["role"].as_str(), helper["report_by"].is_string()), (Some("helper"), true));
        assert_eq!(case["tasks"].as_array().unwrap().iter().find(|t| t["id"] == task["id"]).unwrap()["state"].as_str(), Some("accepted"), "he leads on");
        let board = community.get("/api/v1/whistles").await.expect(200).json();
        let whistle = format!("/api/v1/whistles/{}", board["items"][0]["id"].as_str().unwrap());
        worker.post(&format!("{whistle}/call-off"), &json!({ "reason": "不用了" })).await.expect(403);
        let seen = community.get(&path).await.expect(200).json();
        assert!(may(&seen, "whistle") && !may(&seen, "help"), "who may blow a whistle has one way to ask");
        // Somebody of another street asks for nothing here.
        app.login_as("grid-worker", OTHER_STREET).await.post(&format!("{at}/help"), &ask(&["990101001001"])).await.expect(404);
        arrive(&community, &path, "一社区").await;
        community.post(&format!("{whistle}/call-off"), &json!({ "reason": "灯已修好" })).await.expect(200);
    }

    async fn a_whistle_is_called_off_and_its_lead_goes_on(engine: Engine) {
        let app = TestApp::new(engine).await.with_town().await;
        let path = hole(&app).await;
        let street = app.login_as("street-desk", STREET).await;
        // An offered lead is replaced by the whistle's.
        let case = street.post(&format!("{path}/whistle"), &call(&app, &[("D-FIRE", "lead"), ("S001-LAW", "helper")])).await.expect(200).json();
        assert_eq!(case["lead"]["unit"].as_str(), Some("区消防队"));
        assert_eq!(task_of(&case, "区市政中心"), Value::Null, "withdrawn");
        let board = street.get("/api/v1/whistles?unit=S001-LAW").await.expect(200).json();
        let whistle = format!("/api/v1/whistles/{}", board["items"][0]["id"].as_str().unwrap());
        street.post(&format!("{whistle}/call-off"), &json!({ "reason": "" })).await.expect(400);
        let off = street.post(&format!("{whistle}/call-off"), &json!({ "reason": "误报，仅井盖松动" })).await.expect(200).json();
        assert_eq!((off["state"].as_str(), off["reason"].as_str()), (Some("called_off"), Some("误报，仅井盖松动")));
        app.clock.advance(60 * MINUTE);
        work::worker(&app.app).run_due().await.unwrap();
        let case = street.get(&path).await.expect(200).json();
        assert!(steps(&case, "not_reported_in").is_empty(), "nobody is expected any more");
        assert_eq!(task_of(&case, "区消防队")["state"].as_str(), Some("offered"), "the case still has its lead");
        assert_eq!(task_of(&case, "东街道综合执法队"), Value::Null);
        let figures = street.get("/api/v1/whistles/figures").await.expect(200).json();
        assert_eq!(figures["units"], json!([]), "what was called off counts nowhere");
        // A lead at work stays.
        let fire = app.login_as("department-desk", FIRE).await;
        let task = task_of(&case, "区消防队")["id"].as_str().unwrap().to_owned();
        fire.post(&format!("{path}/tasks/{task}/accept"), &json!({})).await.expect(200);
        street.post(&format!("{path}/whistle"), &call(&app, &[("D-ROADS", "lead")])).await.refused(422, "lead-at-work");
        let loose = street.post(&format!("{path}/whistle"), &call(&app, &[("D-ROADS", "helper")])).await.expect(200).json();
        let community = app.login_as("community-desk", COMMUNITY).await;
        let task = task_of(&loose, "区市政中心")["id"].as_str().unwrap().to_owned();
        community.post(&format!("{path}/tasks/{task}/report-in"), &json!({})).await.refused(422, "not-your-task");
    }

    async fn a_case_without_a_lead_gets_one_by_a_whistle(engine: Engine) {
        let app = TestApp::new(engine).await.with_town().await;
        let receipt = send(&app, &report("老厂区多年的老问题没人管，历史遗留的产权问题", HOME)).await;
        let path = format!("/api/v1/incidents/{}", receipt["id"].as_str().unwrap());
        let desk = app.login_as("district-dispatch", DISTRICT).await;
        desk.post(&format!("{path}/whistle"), &call(&app, &[("D-ROADS", "lead")])).await.refused(422, "not-in-this-state");
        desk.post(&format!("{path}/accept"), &json!({ "matter": app.matter("历史遗留问题").to_string() })).await.expect(200);
        desk.post(&format!("{path}/whistle"), &call(&app, &[("D-ROADS", "helper")])).await.expect(400);
        let mut body = call(&app, &[("D-ROADS", "lead"), ("990101001", "helper")]);
        body["minutes"] = json!(45);
        let case = desk.post(&format!("{path}/whistle"), &body).await.expect(200).json();
        assert_eq!((case["state"].as_str(), case["lead"]["unit"].as_str()), (Some("assigned"), Some("区市政中心")));
        assert_eq!(task_of(&case, "东街道")["report_by"].as_str(), Some("2025-03-10T02:45:00.000Z"));
        body["minutes"] = json!(2);
        desk.post(&format!("{path}/whistle"), &body).await.expect(400);
        // Each sees the board through what is his.
        for (role, place, sees) in [("street-desk", STREET, 1), ("street-desk", OTHER_STREET, 0), ("department-desk", DEPARTMENT, 1), ("department-desk", FIRE, 0)] {
            let board = app.login_as(role, place).await.get("/api/v1/whistles?limit=1").await.expect(200);
            assert_eq!(board.json()["items"].as_array().unwrap().len(), sees, "{role} {place}");
            assert!(board.statements() <= 4, "a board costs {}", board.statements());
        }
        assert_eq!(verify::clocks(&app).await.unwrap().differences, 0);
        super::guards::explained(&app).await;
    }
}
