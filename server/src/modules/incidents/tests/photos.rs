//! 必传照片: a result that must show a photograph, while the switch is open.

use serde_json::{Value, json};
use testkit::Engine;

use super::{
    archive::photo,
    road::{report, send},
    sign::taken_on,
};
use crate::testing::{
    Client, TestApp,
    town::{COMMUNITY, DISTRICT, GRID, HOME, STREET},
};

const NAME: &str = "/api/v1/settings/incidents.result_photos";
/// The end of the second day from the one on which these tests stand.
const UNTIL: &str = "2025-03-11T16:00:00.000Z";

/// Photographs of results are asked for until then.
async fn open(app: &TestApp) -> Client {
    let admin = app.login_as("system-admin", DISTRICT).await;
    admin.put(NAME, &json!({ "value": true, "reason": "消防专项整治", "expires_at": UNTIL })).await.expect(200);
    app.refresh().await.unwrap();
    admin
}

fn solved(photos: &[Value]) -> Value {
    json!({ "result": "solved", "public_reply": "已更换灯泡。", "photo_ids": photos })
}

/// What is wrong with a command, by field.
async fn wrong(client: &Client, path: &str, body: &Value) -> Vec<(String, String)> {
    let problem = client.post(path, body).await.expect(400).json();
    let said = |f: &Value| (f["field"].as_str().unwrap().to_owned(), f["code"].as_str().unwrap().to_owned());
    problem["fields"].as_array().unwrap().iter().map(said).collect()
}

fn needed(field: &str) -> Vec<(String, String)> {
    vec![(field.to_owned(), "photo-required".to_owned())]
}

testkit::both! {
    async fn a_result_without_a_photograph_is_refused_while_the_switch_is_open(engine: Engine) {
        let app = TestApp::new(engine).await.with_town().await;
        let desk = app.login_as("community-desk", COMMUNITY).await;
        let (path, task, _) = taken_on(&app, &desk).await;
        let (late, later, _) = taken_on(&app, &desk).await;
        assert_eq!(desk.get(&path).await.expect(200).json()["photo_until"], Value::Null);
        open(&app).await;
        assert_eq!(desk.get(&path).await.expect(200).json()["photo_until"], json!(UNTIL));
        assert_eq!(wrong(&desk, &format!("{task}/done"), &solved(&[])).await, needed("photo_ids"));
        let shown = photo(&desk).await;
        let done = desk.post(&format!("{task}/done"), &solved(&[shown])).await.expect(200).json();
        assert_eq!(done["state"], "resolved");
        // It is over by itself at its instant, without anybody's doing.
        app.clock.set(UNTIL.parse::<kernel::Time>().unwrap().plus_millis(-1));
        assert_eq!(wrong(&desk, &format!("{later}/done"), &solved(&[])).await, needed("photo_ids"));
        app.clock.advance(1);
        assert_eq!(desk.get(&late).await.expect(200).json()["photo_until"], Value::Null);
        desk.post(&format!("{later}/done"), &solved(&[])).await.expect(200);
    }

    async fn it_is_closed_before_its_day_and_never_asked_of_other_matters_or_in_an_emergency(engine: Engine) {
        let app = TestApp::new(engine).await.with_town().await;
        let desk = app.login_as("community-desk", COMMUNITY).await;
        let (path, task, _) = taken_on(&app, &desk).await;
        let (_, other, _) = taken_on(&app, &desk).await;
        let admin = open(&app).await;
        // A matter whose catalogue asks for no evidence.
        let lane = send(&app, &report("消防通道被车堵了，消防车道停满车", HOME)).await;
        let seen = app.login_as("district-dispatch", DISTRICT).await;
        let lane = seen.get(&format!("/api/v1/incidents/{}", lane["id"].as_str().unwrap())).await.expect(200).json();
        assert_eq!((&lane["matter"]["name"], &lane["photo_until"]), (&json!("占用消防通道"), &Value::Null));
        // One whose catalogue asks for it and that is an emergency, by itself or because somebody raised it.
        let hole = send(&app, &report("路面突然塌陷出现大坑，路塌了一个洞", HOME)).await;
        let hole = seen.get(&format!("/api/v1/incidents/{}", hole["id"].as_str().unwrap())).await.expect(200).json();
        assert_eq!((&hole["matter"]["name"], &hole["photo_until"]), (&json!("道路塌陷"), &Value::Null));
        desk.post(&format!("{path}/urgency"), &json!({ "urgency": "emergency", "reason": "有人被困" })).await.expect(200);
        assert_eq!(desk.get(&path).await.expect(200).json()["photo_until"], Value::Null);
        desk.post(&format!("{task}/done"), &solved(&[])).await.expect(200);
        // Taken back before its day, nothing more is asked.
        assert_eq!(wrong(&desk, &format!("{other}/done"), &solved(&[])).await, needed("photo_ids"));
        admin.delete(NAME).await.expect(200);
        app.refresh().await.unwrap();
        desk.post(&format!("{other}/done"), &solved(&[])).await.expect(200);
    }

    async fn a_result_for_signing_shows_one_too_and_keeps_it_when_it_is_handed_back(engine: Engine) {
        let app = TestApp::new(engine).await.with_town().await;
        let sign = json!({ "value": { "units": ["990101001001"] }, "reason": "答复须经负责人签发" });
        let admin = open(&app).await;
        admin.put("/api/v1/settings/incidents.sign_off", &sign).await.expect(200);
        app.refresh().await.unwrap();
        let desk = app.login_as("community-desk", COMMUNITY).await;
        let (_, task, _) = taken_on(&app, &desk).await;
        assert_eq!(wrong(&desk, &format!("{task}/done"), &solved(&[])).await, needed("photo_ids"));
        let shown = photo(&desk).await;
        let waits = desk.post(&format!("{task}/done"), &solved(&[shown])).await.expect(200).json();
        assert_eq!(waits["tasks"][0]["state"], "signing");
        let chief = app.login_as("street-desk", STREET).await;
        chief.post(&format!("{task}/hand-back"), &json!({ "words": "请写明更换时间" })).await.expect(200);
        let again = desk.post(&format!("{task}/done"), &solved(&[])).await.expect(200).json();
        assert_eq!(again["tasks"][0]["state"], "signing");
    }

    async fn what_is_solved_on_the_spot_shows_one_and_a_device_is_told_beforehand(engine: Engine) {
        let app = TestApp::new(engine).await.with_town().await;
        let worker = app.login_as("grid-worker", GRID).await;
        let pack = async || worker.get("/api/v1/pack").await.expect(200).json()["photo_until"].clone();
        assert_eq!(pack().await, Value::Null);
        open(&app).await;
        assert_eq!(pack().await, json!(UNTIL));
        let found = |photos: &[Value]| json!({ "text": "楼道灯不亮，已更换", "lon": HOME.0, "lat": HOME.1, "matter": app.matter("楼道灯不亮"),
            "channel": "patrol", "solved": solved(photos) });
        assert_eq!(wrong(&worker, "/api/v1/incidents", &found(&[])).await, needed("solved.photo_ids"));
        let mut urgent = found(&[]);
        urgent["urgency"] = json!("emergency");
        worker.post("/api/v1/incidents", &urgent).await.expect(201);
        let shown = photo(&worker).await;
        worker.post("/api/v1/incidents", &found(&[shown])).await.expect(201);
        app.clock.set(UNTIL.parse().unwrap());
        assert_eq!(pack().await, Value::Null);
        worker.post("/api/v1/incidents", &found(&[])).await.expect(201);
    }
}
