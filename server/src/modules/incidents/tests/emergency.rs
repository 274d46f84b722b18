//! 特急 over HTTP: rung at night until somebody answers, whistle, bulletins, close; raised later; first measures; hand-over, on both engines.

use serde_json::{Value, json};
use testkit::Engine;

use super::{
    road::{report, send},
    whistle::{hole, task_of, unit},
};
use crate::{
    modules::{
        incidents::{store, verify},
        org::import::{self, Options},
    },
    table::Table,
    testing::{
        Client, TestApp,
        town::{COMMUNITY, DEPARTMENT, DISTRICT, FAR, HOME, NOWHERE, OTHER_STREET, STREET},
    },
    work,
};

const FIRE: &str = "/990101/D-FIRE/";
const LAW: &str = "/990101/990101001/S001-LAW/";
const MINUTE: i64 = 60_000;

const ROOM: &str =
    "code,name,kind,parent_code,alias,phone,valid_from,serves\nS001-DUTY,东街道值班室,duty_room,990101001,,,2024-01-01,\n";
const STAFF: &str = "staff_no,name,phone,unit_code,post,slot,employment,role,scope_code,username,from,to,note
2001,夜甲,140-0000-0001,S001-DUTY,值班员,duty,full_time,,,,2024-01-01,,
2002,晨乙,140-0000-0002,S001-DUTY,值班员二,duty,full_time,,,,2024-01-01,,
2003,区丙,140-0000-0003,990101,值班员,duty,full_time,,,,2024-01-01,,
";
const TURNS: &str = "unit_code,date_from,date_to,time_from,time_to,staff_no,phone
S001-DUTY,2025-03-10,2025-03-10,20:30,08:30,2001,000-5550100
S001-DUTY,2025-03-11,2025-03-11,08:30,20:30,2002,000-5550100
990101,2025-03-10,2025-03-10,20:30,08:30,2003,
";

/// The town with a duty room, three people and their turns, at ten past two in the night.
async fn night(engine: Engine) -> TestApp {
    let app = TestApp::new(engine).await.with_town().await;
    let table = |text: &str| Table::read(text.as_bytes().to_vec()).unwrap();
    import::orgs(&app.db, app.now(), app.zone, table(ROOM), &Options::default()).await.unwrap();
    app.refresh().await.unwrap();
    assert!(import::staff(&app, table(STAFF), &Options::default()).await.unwrap().faults.is_empty());
    assert!(import::duty(&app, table(TURNS), &Options::default()).await.unwrap().faults.is_empty());
    app.refresh().await.unwrap();
    app.clock.set("2025-03-11T02:10:00+08:00".parse().unwrap());
    app
}

fn person(app: &TestApp, staff_no: &str) -> uuid::Uuid {
    app.org.directory().value.person_by_staff_no(staff_no).unwrap().id.uuid()
}

async fn rings(client: &Client) -> usize {
    let told = client.get("/api/v1/notices").await.expect(200).json();
    told["items"].as_array().unwrap().iter().filter(|n| n["kind"] == "case-emergency" && n["urgent"] == true).count()
}

fn count(case: &Value, action: &str) -> usize {
    case["steps"].as_array().unwrap().iter().filter(|s| s["action"] == action).count()
}

testkit::both! {
    async fn a_night_from_the_first_ring_to_the_last_bulletin(engine: Engine) {
        let app = night(engine).await;
        let first = app.login_with(&[("street-desk", STREET)], Some(person(&app, "2001"))).await;
        let second = app.login_with(&[("street-desk", STREET)], Some(person(&app, "2002"))).await;
        let third = app.login_with(&[("district-dispatch", DISTRICT)], Some(person(&app, "2003"))).await;
        let worker = work::worker(&app.app);

        // The reporter reads 110, 119, 120 first.
        let receipt = send(&app, &report("路面突然塌陷出现大坑，路塌了一个洞", HOME)).await;
        assert_eq!(receipt["emergency_numbers"][0]["phone"].as_str(), Some("110"));
        let track = app.visitor().get(&format!("/api/v1/reports/{}", receipt["track"].as_str().unwrap())).await.expect(200).json();
        assert_eq!(track["emergency_numbers"].as_array().unwrap().len(), 3);
        let path = format!("/api/v1/incidents/{}", receipt["id"].as_str().unwrap());

        // 02:10: the street's duty room and the district's desk are rung at once, each ring once.
        worker.run_due().await.unwrap();
        worker.run_due().await.unwrap();
        assert_eq!((rings(&first).await, rings(&second).await, rings(&third).await), (1, 0, 1));
        // 02:15: nobody answered; the next on the roster is rung as well.
        app.clock.advance(5 * MINUTE);
        worker.run_due().await.unwrap();
        assert_eq!((rings(&first).await, rings(&second).await, rings(&third).await), (2, 1, 2));
        let case = first.post(&format!("{path}/acknowledge"), &json!({ "words": "已派两人" })).await.expect(200).json();
        let said = |case: &Value, action: &str| {
            let step = case["steps"].as_array().unwrap().iter().find(|s| s["action"] == action).unwrap().clone();
            (step["spoken"].clone(), step["reasons"][0]["spoken"].clone())
        };
        assert_eq!(said(&case, "ring").1, json!({ "kind": "rings_on", "minutes": 5 }));
        let answered = json!({ "kind": "acknowledged", "desks": ["东街道值班室"], "words": "已派两人" });
        assert_eq!(said(&case, "acknowledge"), (answered, Value::Null));
        let desks = case["emergency"]["desks"].as_array().unwrap();
        let answered = |name: &str| !desks.iter().find(|d| d["unit"]["name"] == name).unwrap()["acknowledged_at"].is_null();
        assert_eq!((answered("东街道值班室"), answered("某区")), (true, false));
        first.post(&format!("{path}/acknowledge"), &json!({})).await.refused(422, "nothing-to-acknowledge");
        // 02:20: only the district's desk is still rung; then it answers too.
        app.clock.advance(5 * MINUTE);
        worker.run_due().await.unwrap();
        assert_eq!((rings(&first).await, rings(&second).await, rings(&third).await), (2, 1, 3));
        third.post(&format!("{path}/acknowledge"), &json!({})).await.expect(200);
        app.clock.advance(30 * MINUTE);
        let bulletins = format!("{path}/bulletins");
        let say = |kind: &str| json!({ "kind": kind, "words": "育才路低洼处路面塌陷，无人员伤亡" });
        first.post(&bulletins, &say("further")).await.refused(422, "bulletin-order");
        // 02:50: past the limit of the first bulletin, which is said once; nobody is rung any more.
        worker.run_due().await.unwrap();
        worker.run_due().await.unwrap();
        assert_eq!(rings(&third).await, 3);
        let case = first.get(&path).await.expect(200).json();
        assert_eq!(count(&case, "bulletin_due"), 1);
        let due = json!({ "kind": "bulletin_due", "by": "2025-03-11T02:40" });
        assert_eq!(said(&case, "bulletin_due"), (due, json!({ "kind": "bulletin_limit_over" })));
        let case = first.post(&bulletins, &say("first")).await.expect(200).json();
        let sent = case["steps"].as_array().unwrap().iter().find(|s| s["action"] == "bulletin").unwrap();
        assert_eq!((sent["details"]["n"].as_i64(), sent["details"]["late"].as_bool()), (Some(1), Some(true)));
        first.post(&bulletins, &say("first")).await.refused(422, "bulletin-order");

        // The street whistles to four units with half an hour to come: one is late and turns red.
        let call = |code: &str, role: &str| json!({ "unit": unit(&app, code), "role": role });
        let units = json!([call("D-ROADS", "lead"), call("D-FIRE", "helper"), call("S001-LAW", "helper"), call("990101001001", "helper")]);
        first.post(&format!("{path}/whistle"), &json!({ "units": units, "words": "雨夜塌陷，速到" })).await.expect(200);
        let mut crews = vec![];
        for (role, place, name) in [
            ("department-desk", DEPARTMENT, "区市政中心"),
            ("department-desk", FIRE, "区消防队"),
            ("community-desk", COMMUNITY, "一社区"),
            ("street-desk", LAW, "东街道综合执法队"),
        ] {
            crews.push((app.login_as(role, place).await, name));
        }
        for (n, (crew, name)) in crews.iter().enumerate() {
            app.clock.advance(if n == 3 { 20 * MINUTE } else { 5 * MINUTE });
            worker.run_due().await.unwrap();
            let case = crew.get(&path).await.expect(200).json();
            assert_eq!(task_of(&case, name)["report_light"].as_str(), Some(if n == 3 { "red" } else { "green" }), "{name}");
            let task = task_of(&case, name)["id"].as_str().unwrap().to_owned();
            crew.post(&format!("{path}/tasks/{task}/report-in"), &json!({ "note": "到场", "lon": HOME.0, "lat": HOME.1 })).await.expect(200);
        }
        let board = first.get("/api/v1/whistles").await.expect(200).json();
        assert_eq!(board["items"][0]["state"].as_str(), Some("joint"));
        for (crew, name) in crews.iter().rev() {
            let case = crew.get(&path).await.expect(200).json();
            let task = task_of(&case, name)["id"].as_str().unwrap().to_owned();
            let done = json!({ "result": "solved", "public_reply": "已围挡、抽水、回填", "note": "" });
            crew.post(&format!("{path}/tasks/{task}/done"), &done).await.expect(200);
        }
        let grade = |code: &str, effort: &str| json!({ "unit": unit(&app, code), "effort": effort, "result": "good", "words": "" });
        let ratings = json!({ "ratings": [grade("D-ROADS", "good"), grade("D-FIRE", "good"), grade("990101001001", "good"), grade("S001-LAW", "poor")] });
        let whistle = format!("/api/v1/whistles/{}", board["items"][0]["id"].as_str().unwrap());
        let closed = second.post(&format!("{whistle}/ratings"), &ratings).await.expect(200).json();
        let late = closed["units"].as_array().unwrap().iter().find(|u| u["unit"]["name"] == "东街道综合执法队").unwrap();
        assert_eq!((late["answer"].as_str(), late["rating"]["in_time"].as_bool()), (Some("late"), Some(false)));

        // No end without the final bulletin; then the note, once.
        first.post(&format!("{path}/verify"), &json!({ "passed": true })).await.expect(200);
        first.post(&format!("{path}/close"), &json!({})).await.refused(422, "final-bulletin-missing");
        first.post(&bulletins, &say("further")).await.expect(200);
        first.post(&bulletins, &say("final")).await.expect(200);
        first.post(&bulletins, &say("further")).await.refused(422, "bulletin-order");
        first.post(&format!("{path}/close"), &json!({})).await.expect(200);
        let note = json!({ "happened": "暴雨致路面塌陷", "measures": "围挡抽水回填", "lessons": "汛前排查管网" });
        let case = first.post(&format!("{path}/after-action"), &note).await.expect(200).json();
        assert!(!case["emergency"]["after_action_at"].is_null());
        first.post(&format!("{path}/after-action"), &note).await.refused(422, "after-action-written");
        assert_eq!(verify::clocks(&app).await.unwrap().differences, 0);
        super::guards::explained(&app).await;
    }

    async fn the_ringing_ends_with_the_case(engine: Engine) {
        let app = night(engine).await;
        let desk = app.login_as("district-dispatch", DISTRICT).await;
        let worker = work::worker(&app.app);
        let receipt = send(&app, &report("路面突然塌陷出现大坑", NOWHERE)).await;
        let path = format!("/api/v1/incidents/{}", receipt["id"].as_str().unwrap());
        // Without a place nobody's street is rung, the district's desk is.
        worker.run_due().await.unwrap();
        let case = desk.get(&path).await.expect(200).json();
        assert_eq!((case["state"].as_str(), case["emergency"]["desks"].as_array().unwrap().len()), (Some("received"), 1));
        assert_eq!((rings(&desk).await, count(&case, "ring")), (1, 1));
        desk.post(&format!("{path}/refuse"), &json!({ "reason": "emergency_call", "words": "已转 110" })).await.expect(200);
        app.clock.advance(5 * MINUTE);
        worker.run_due().await.unwrap();
        app.clock.advance(5 * MINUTE);
        worker.run_due().await.unwrap();
        assert_eq!(rings(&desk).await, 1);
    }

    async fn a_desk_that_never_answered_is_rung_on_after_a_failed_check(engine: Engine) {
        let app = night(engine).await;
        let first = app.login_with(&[("street-desk", STREET)], Some(person(&app, "2001"))).await;
        let third = app.login_with(&[("district-dispatch", DISTRICT)], Some(person(&app, "2003"))).await;
        let roads = app.login_as("department-desk", DEPARTMENT).await;
        let worker = work::worker(&app.app);
        let path = hole(&app).await;
        worker.run_due().await.unwrap();
        assert_eq!((rings(&first).await, rings(&third).await), (1, 1));
        first.post(&format!("{path}/acknowledge"), &json!({})).await.expect(200);
        let task = task_of(&roads.get(&path).await.expect(200).json(), "区市政中心")["id"].as_str().unwrap().to_owned();
        roads.post(&format!("{path}/tasks/{task}/accept"), &json!({})).await.expect(200);
        let done = json!({ "result": "solved", "public_reply": "已围挡", "note": "" });
        roads.post(&format!("{path}/tasks/{task}/done"), &done).await.expect(200);
        // Solved, as it seems: nobody is rung.
        for _ in 0..3 {
            app.clock.advance(5 * MINUTE);
            worker.run_due().await.unwrap();
        }
        assert_eq!((rings(&first).await, rings(&third).await), (1, 1));
        let failed = json!({ "passed": false, "words": "现场仍在塌陷" });
        let case = first.post(&format!("{path}/verify"), &failed).await.expect(200).json();
        assert_eq!(case["state"].as_str(), Some("in_progress"));
        // It is not over: whoever has not answered is rung at once and on, whoever has is not.
        for n in 2..5 {
            worker.run_due().await.unwrap();
            worker.run_due().await.unwrap();
            assert_eq!((rings(&first).await, rings(&third).await), (1, n), "ring {n}");
            app.clock.advance(5 * MINUTE);
        }
        third.post(&format!("{path}/acknowledge"), &json!({})).await.expect(200);
        for _ in 0..2 {
            worker.run_due().await.unwrap();
            app.clock.advance(5 * MINUTE);
        }
        assert_eq!((rings(&first).await, rings(&third).await), (1, 4));
        assert_eq!(verify::clocks(&app).await.unwrap().differences, 0);
    }

    async fn a_corrected_case_that_was_raised_keeps_its_usual_limits_until_then(engine: Engine) {
        let app = TestApp::new(engine).await.with_town().await;
        let receipt = send(&app, &report("天气不错", HOME)).await;
        let (intake, street) = (app.login_as("district-intake", DISTRICT).await, app.login_as("street-desk", STREET).await);
        let path = format!("/api/v1/incidents/{}", receipt["id"].as_str().unwrap());
        intake.post(&format!("{path}/accept"), &json!({ "matter": app.matter("楼道灯不亮").to_string() })).await.expect(200);
        // Opened at ten, raised at three: four hours from then on, not from the opening, which are over.
        app.clock.advance(300 * MINUTE);
        let raise = json!({ "urgency": "emergency", "reason": "漏电" });
        let raised = street.post(&format!("{path}/urgency"), &raise).await.expect(200).json();
        assert_eq!(raised["due_at"].as_str(), Some("2025-03-10T11:00:00.000Z"));
        app.clock.advance(30 * MINUTE);
        let matter = app.matter("路灯不亮").to_string();
        let would = json!({ "action": "correct", "matter": matter });
        let told = intake.post(&format!("{path}/what-if"), &would).await.expect(200).json();
        let case = intake.post(&format!("{path}/correct"), &json!({ "matter": matter })).await.expect(200).json();
        assert_eq!((case["due_at"].as_str(), case["light"].as_str()), (Some("2025-03-10T11:00:00.000Z"), Some("green")));
        assert_eq!((&told["due_at"], &told["light"], &told["late"]), (&case["due_at"], &case["light"], &json!(false)), "as it was told");
        // Corrected once more it is no other, and whoever is sent has the emergency's minutes from then on.
        let back = json!({ "matter": app.matter("楼道灯不亮").to_string() });
        let case = intake.post(&format!("{path}/correct"), &back).await.expect(200).json();
        assert_eq!((case["due_at"].as_str(), case["light"].as_str()), (Some("2025-03-10T11:00:00.000Z"), Some("green")));
        assert_eq!(verify::clocks(&app).await.unwrap().differences, 0);
        super::guards::explained(&app).await;
    }

    async fn raised_later_it_counts_natural_minutes_from_then_on(engine: Engine) {
        let app = TestApp::new(engine).await.with_town().await;
        let receipt = send(&app, &report("楼道灯坏了，单元楼道里的灯不亮", HOME)).await;
        let path = format!("/api/v1/incidents/{}", receipt["id"].as_str().unwrap());
        let street = app.login_as("street-desk", STREET).await;
        let raise = |urgency: &str| json!({ "urgency": urgency, "reason": "楼道漏电，有人被困" });
        let before = street.get(&path).await.expect(200).json();
        assert!(before["emergency"].is_null() && receipt["emergency_numbers"].as_array().unwrap().is_empty());
        street.post(&format!("{path}/acknowledge"), &json!({})).await.refused(422, "nothing-to-acknowledge");
        street.post(&format!("{path}/bulletins"), &json!({ "kind": "first", "words": "x" })).await.refused(422, "not-an-emergency");
        let urgent = street.post(&format!("{path}/urgency"), &raise("urgent")).await.expect(200).json();
        assert_eq!(urgent["due_at"], before["due_at"], "urgent has no limits of its own");
        app.clock.advance(30 * MINUTE);
        street.post(&format!("{path}/urgency"), &json!({ "urgency": "emergency", "reason": " " })).await.expect(400);
        let case = street.post(&format!("{path}/urgency"), &raise("emergency")).await.expect(200).json();
        // Half past ten, and four natural hours, the noon's rest or not.
        assert_eq!(case["due_at"].as_str(), Some("2025-03-10T06:30:00.000Z"));
        assert_eq!(case["tasks"][0]["due_at"], case["due_at"]);
        street.post(&format!("{path}/urgency"), &raise("urgent")).await.refused(422, "not-more-urgent");
        work::worker(&app.app).run_due().await.unwrap();
        assert_eq!(rings(&street).await, 1, "the street has no duty room: its desk is rung");
        street.post(&format!("{path}/after-action"), &json!({ "happened": "a", "measures": "b", "lessons": "c" })).await.refused(422, "not-in-this-state");
        assert_eq!(verify::clocks(&app).await.unwrap().differences, 0);
        super::guards::explained(&app).await;
    }

    async fn raised_later_it_makes_nobody_late_and_wakes_no_ladder(engine: Engine) {
        let app = TestApp::new(engine).await.with_town().await;
        let path = |receipt: &Value| format!("/api/v1/incidents/{}", receipt["id"].as_str().unwrap());
        // Four hours to take it on; and one that was taken on within its hour.
        let waiting = path(&send(&app, &report("马路路灯不亮，街上路灯坏了一排", HOME)).await);
        let taken = path(&send(&app, &report("楼道灯坏了，单元楼道里的灯不亮", HOME)).await);
        let (desk, street) = (app.login_as("community-desk", COMMUNITY).await, app.login_as("street-desk", STREET).await);
        let task = desk.get(&taken).await.expect(200).json()["tasks"][0]["id"].as_str().unwrap().to_owned();
        app.clock.advance(40 * MINUTE);
        desk.post(&format!("{taken}/tasks/{task}/accept"), &json!({})).await.expect(200);
        app.clock.advance(50 * MINUTE);
        for path in [&waiting, &taken] {
            let raise = json!({ "urgency": "emergency", "reason": "漏电，有人被困" });
            let case = street.post(&format!("{path}/urgency"), &raise).await.expect(200).json();
            assert_eq!((case["light"].as_str(), case["due_at"].as_str()), (Some("green"), Some("2025-03-10T07:30:00.000Z")), "{path}");
        }
        let case = street.get(&waiting).await.expect(200).json();
        assert_eq!(case["tasks"][0]["accept_by"].as_str(), Some("2025-03-10T03:40:00.000Z"), "ten minutes from now on");
        work::worker(&app.app).run_due().await.unwrap();
        for case in store::cases_after(&mut app.db.read().await.unwrap(), None, 10).await.unwrap() {
            assert_eq!((case.late, case.card), (false, None));
        }
        app.clock.advance(10 * MINUTE);
        let lights = [street.get(&waiting).await.expect(200).json()["light"].clone(), street.get(&taken).await.expect(200).json()["light"].clone()];
        assert_eq!(lights, [json!("red"), json!("green")]);
        assert_eq!(verify::clocks(&app).await.unwrap().differences, 0);
        super::guards::explained(&app).await;
    }

    async fn raised_while_it_waits_it_has_no_more_time_than_was_left(engine: Engine) {
        let app = TestApp::new(engine).await.with_town().await;
        let desk = app.login_as("community-desk", COMMUNITY).await;
        let (path, _, _) = super::sign::taken_on(&app, &desk).await;
        // One of its eight working hours is left.
        app.clock.set("2025-03-11T10:00:00+08:00".parse().unwrap());
        desk.post(&format!("{path}/ask"), &json!({ "question": "几楼？" })).await.expect(200);
        let street = app.login_as("street-desk", STREET).await;
        let raise = json!({ "urgency": "emergency", "reason": "漏电" });
        let case = street.post(&format!("{path}/urgency"), &raise).await.expect(200).json();
        assert_eq!((case["light"].as_str(), &case["due_at"]), (Some("paused"), &Value::Null));
        app.clock.set("2025-03-11T20:00:00+08:00".parse().unwrap());
        let case = desk.post(&format!("{path}/resume"), &json!({})).await.expect(200).json();
        assert_eq!(case["due_at"].as_str(), Some("2025-03-11T13:00:00.000Z"));
        assert_eq!(verify::clocks(&app).await.unwrap().differences, 0);
        super::guards::explained(&app).await;
    }

    async fn opened_again_it_is_rung_and_reported_anew(engine: Engine) {
        let app = night(engine).await;
        let room = app.login_with(&[("street-desk", STREET)], Some(person(&app, "2001"))).await;
        let roads = app.login_as("department-desk", DEPARTMENT).await;
        let desk = app.login_as("district-dispatch", DISTRICT).await;
        let worker = work::worker(&app.app);
        let path = hole(&app).await;
        worker.run_due().await.unwrap();
        room.post(&format!("{path}/acknowledge"), &json!({})).await.expect(200);
        let bulletins = format!("{path}/bulletins");
        let first = json!({ "kind": "first", "words": "路面塌陷" });
        room.post(&bulletins, &first).await.expect(200);
        let case = roads.get(&path).await.expect(200).json();
        let task = format!("{path}/tasks/{}", task_of(&case, "区市政中心")["id"].as_str().unwrap());
        roads.post(&format!("{task}/accept"), &json!({})).await.expect(200);
        roads.post(&format!("{task}/done"), &json!({ "result": "solved", "public_reply": "已回填" })).await.expect(200);
        app.clock.advance(60 * MINUTE);
        worker.run_due().await.unwrap();
        assert_eq!(rings(&room).await, 1);

        let again = json!({ "cause": "recurred", "reason": "又塌了" });
        let case = desk.post(&format!("{path}/reopen"), &again).await.expect(200).json();
        let emergency = &case["emergency"];
        assert_eq!((emergency["first_due"].as_str(), &emergency["first_at"]), (Some("2025-03-10T19:40:00.000Z"), &Value::Null), "half an hour from now on");
        worker.run_due().await.unwrap();
        assert_eq!(rings(&room).await, 2);
        app.clock.advance(20 * MINUTE);
        let case = room.post(&bulletins, &first).await.expect(200).json();
        let sent = case["steps"].as_array().unwrap().iter().rev().find(|s| s["action"] == "bulletin").unwrap();
        assert_eq!(sent["details"]["late"], json!(false));
        room.post(&format!("{path}/acknowledge"), &json!({})).await.expect(200);
        assert_eq!(verify::clocks(&app).await.unwrap().differences, 0);
    }

    async fn out_of_another_case_it_is_rung_again_and_missed(engine: Engine) {
        let app = night(engine).await;
        let desk = app.login_as("district-dispatch", DISTRICT).await;
        let worker = work::worker(&app.app);
        let (first, second) = (hole(&app).await, hole(&app).await);
        worker.run_due().await.unwrap();
        let into = desk.get(&first).await.expect(200).json()["id"].clone();
        desk.post(&format!("{second}/merge"), &json!({ "into": into })).await.expect(200);
        app.clock.advance(60 * MINUTE);
        worker.run_due().await.unwrap();
        let case = desk.post(&format!("{second}/unmerge"), &json!({ "reason": "是另一处" })).await.expect(200).json();
        assert_eq!(case["emergency"]["first_due"].as_str(), Some("2025-03-10T19:40:00.000Z"), "the time in the other case is not its own");
        worker.run_due().await.unwrap();
        let case = desk.get(&second).await.expect(200).json();
        let desks = case["emergency"]["desks"].as_array().unwrap();
        assert!(desks.len() == 2 && desks.iter().all(|d| d["rung_at"] == json!("2025-03-10T19:10:00.000Z")), "{desks:?}");
        app.clock.advance(30 * MINUTE);
        worker.run_due().await.unwrap();
        assert_eq!(count(&desk.get(&second).await.expect(200).json(), "bulletin_due"), 1);
    }

    async fn put_in_its_place_the_desks_of_that_place_are_rung(engine: Engine) {
        let app = night(engine).await;
        let room = app.login_with(&[("street-desk", STREET)], Some(person(&app, "2001"))).await;
        let desk = app.login_as("district-intake", DISTRICT).await;
        let worker = work::worker(&app.app);
        let receipt = send(&app, &report("路面突然塌陷出现大坑", NOWHERE)).await;
        let path = format!("/api/v1/incidents/{}", receipt["id"].as_str().unwrap());
        worker.run_due().await.unwrap();
        assert_eq!(rings(&room).await, 0);
        let case = desk.post(&format!("{path}/place"), &json!({ "lon": HOME.0, "lat": HOME.1 })).await.expect(200).json();
        let rung = |case: &Value| -> Vec<String> {
            let desks = case["emergency"]["desks"].as_array().unwrap().iter();
            desks.map(|d| d["unit"]["name"].as_str().unwrap().to_owned()).collect()
        };
        assert_eq!(rung(&case), ["东街道值班室", "某区"]);
        worker.run_due().await.unwrap();
        assert_eq!(rings(&room).await, 1);
        // It was in another street after all: the first one is left in peace.
        let case = desk.post(&format!("{path}/place"), &json!({ "lon": FAR.0, "lat": FAR.1 })).await.expect(200).json();
        assert_eq!(rung(&case), ["西街道", "某区"]);
        app.clock.advance(5 * MINUTE);
        worker.run_due().await.unwrap();
        assert_eq!(rings(&room).await, 1);
    }

    async fn the_grassroots_are_sent_for_first_measures_in_an_emergency_alone(engine: Engine) {
        let app = TestApp::new(engine).await.with_town().await;
        let path = hole(&app).await;
        let desk = app.login_as("district-dispatch", DISTRICT).await;
        let mut body = json!({ "unit": unit(&app, "990101001001"), "reason": "先行围挡警示" });
        desk.post(&format!("{path}/dispatch"), &body).await.refused(422, "not-for-grassroots");
        body["first_measures"] = json!(true);
        let case = desk.post(&format!("{path}/dispatch"), &body).await.expect(200).json();
        assert!(case["reasons"].as_array().unwrap().iter().any(|r| r["code"] == "first-measures"), "the exception is recorded");
        let lamp = send(&app, &report("马路路灯不亮，街上路灯坏了一排", HOME)).await;
        let path = format!("/api/v1/incidents/{}", lamp["id"].as_str().unwrap());
        desk.post(&format!("{path}/dispatch"), &body).await.refused(422, "not-for-grassroots");
    }

    async fn a_shift_is_handed_over_by_both(engine: Engine) {
        let app = night(engine).await;
        hole(&app).await;
        send(&app, &report("楼道灯坏了，单元楼道里的灯不亮", HOME)).await;
        let giver = app.login_with(&[("street-desk", STREET)], Some(person(&app, "2001"))).await;
        let taker = app.login_with(&[("street-desk", STREET)], Some(person(&app, "2002"))).await;
        let roster = giver.get("/api/v1/duty?unit=S001-DUTY&day=2025-03-11").await.expect(200).json();
        let turns = roster["turns"].as_array().unwrap();
        assert_eq!((turns.len(), turns[0]["name"].as_str(), turns[0]["now"].as_bool()), (2, Some("夜甲"), Some(true)));
        giver.get("/api/v1/duty?unit=S001-DUTY&day=tomorrow").await.expect(400);
        giver.get("/api/v1/duty?unit=990101002").await.expect(400);

        let hand = |unit: String, to: &str| json!({ "unit": unit, "shift": "夜班", "to": person(&app, to).to_string(), "words": "育才路仍在抽水，联系人电话13800138000" });
        let street = unit(&app, "990101001");
        giver.post("/api/v1/duty/handovers", &hand(street.clone(), "2001")).await.refused(422, "not-the-receiver");
        giver.post("/api/v1/duty/handovers", &hand(street.clone(), "2003")).await.expect(400);
        giver.post("/api/v1/duty/handovers", &hand(unit(&app, "990101002"), "2002")).await.expect(400);
        let given = giver.post("/api/v1/duty/handovers", &hand(street, "2002")).await.expect(201).json();
        // What is open is listed by itself, the emergency first, and no telephone number stays in the words.
        assert_eq!((given["open_cases"].as_i64(), given["emergencies"].as_i64()), (Some(2), Some(1)));
        assert_eq!(given["items"][0]["urgency"].as_str(), Some("emergency"));
        assert!(!given.to_string().contains("13800138000"));
        let path = format!("/api/v1/duty/handovers/{}/confirm", given["id"].as_str().unwrap());
        giver.post(&path, &json!({})).await.refused(422, "not-the-receiver");
        let told = taker.get("/api/v1/notices").await.expect(200).json();
        assert!(told["items"].as_array().unwrap().iter().any(|n| n["kind"] == "duty-handed-over"));
        let taken = taker.post(&path, &json!({ "words": "已接" })).await.expect(200).json();
        assert!(!taken["confirmed_at"].is_null());
        taker.post(&path, &json!({})).await.refused(422, "already-confirmed");
        for (place, seen) in [(STREET, 1), (OTHER_STREET, 0), (DISTRICT, 1)] {
            let list = app.login_as("street-desk", place).await.get("/api/v1/duty/handovers?limit=1").await.expect(200).json();
            assert_eq!(list["items"].as_array().unwrap().len(), seen, "{place}");
        }
        let list = taker.get("/api/v1/duty/handovers?unit=990101001&from=2025-03-12T00:00:00Z").await.expect(200).json();
        assert_eq!(list["items"], json!([]));
    }
}
