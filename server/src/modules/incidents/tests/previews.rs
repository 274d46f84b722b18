//! “What if” refuses exactly what the action would, and tells what it then does.

use serde_json::{Value, json};
use testkit::Engine;

use super::{
    road::{report, send},
    second::solve,
    whistle::unit,
};
use crate::{
    modules::incidents::verify,
    testing::{
        Client, Reply, TestApp,
        town::{COMMUNITY, DEPARTMENT, DISTRICT, GRID, HOME, OTHER_STREET, SIBLING, STREET},
    },
};

const LAMP: &str = "楼道灯坏了，单元楼道里的灯不亮";
const ROAD: &str = "马路路灯不亮，街上路灯坏了一排";
const OLD: &str = "多年的老问题没人管，历史遗留的产权问题";
const FIRE: &str = "/990101/D-FIRE/";
const FIRST: &str = "990101001001";
const SECOND: &str = "990101001002";
const DAY: i64 = 24 * 3_600_000;

async fn case(app: &TestApp, words: &str) -> String {
    format!("/api/v1/incidents/{}", send(app, &report(words, HOME)).await["id"].as_str().unwrap())
}

async fn preview(who: &Client, case: &str, action: &str, mut body: Value) -> Reply {
    let words = body.as_object_mut().unwrap();
    words.retain(|field, _| !["reason", "words"].contains(&field.as_str()));
    words.insert("action".into(), json!(action));
    who.post(&format!("{case}/what-if"), &body).await
}

/// Holds a refused preview to what the action then says, word for word.
fn same(would: &Reply, done: &Reply, code: &str) {
    let said = |reply: &Reply| {
        (reply.status.as_u16(), reply.json()["code"].clone(), reply.json()["params"].clone(), reply.json()["fields"].clone())
    };
    assert_eq!(said(would), said(done), "{code}");
    let fields = done.json()["fields"].as_array().and_then(|f| f.first().map(|f| f["code"].clone()));
    assert!(done.json()["code"] == code || fields == Some(json!(code)), "{code}: {}", done.json());
}

async fn dispatch(who: &Client, case: &str, body: Value, code: &str) {
    let would = preview(who, case, "dispatch", body.clone()).await;
    same(&would, &who.post(&format!("{case}/dispatch"), &body).await, code);
}

/// Previews a dispatch, takes it, and holds both to the same deadlines.
async fn dispatched(who: &Client, case: &str, body: Value) -> Value {
    let would = preview(who, case, "dispatch", body.clone()).await.expect(200).json();
    let done = who.post(&format!("{case}/dispatch"), &body).await.expect(200).json();
    assert_eq!(
        (&would["due_at"], &would["red_at"], &would["light"]),
        (&done["due_at"], &done["red_at"], &done["light"]),
        "as it was told"
    );
    done
}

fn task(case: &Value, unit: &str) -> String {
    let open = |t: &&Value| t["unit"]["name"] == unit && matches!(t["state"].as_str(), Some("offered" | "accepted"));
    case["tasks"].as_array().unwrap().iter().find(open).unwrap()["id"].as_str().unwrap().to_owned()
}

async fn back(who: &Client, case: &str, unit: &str) {
    let id = task(&who.get(case).await.expect(200).json(), unit);
    who.post(&format!("{case}/tasks/{id}/send-back"), &json!({ "reason": "not-our-duty", "basis": "职责清单" }))
        .await
        .expect(200);
}

testkit::both! {
    async fn a_preview_refuses_what_the_dispatch_would(engine: Engine) {
        let app = TestApp::new(engine).await.with_town().await;
        let (street, centre) = (app.login_as("street-desk", STREET).await, app.login_as("district-dispatch", DISTRICT).await);
        let (first, second) = (app.login_as("community-desk", COMMUNITY).await, app.login_as("community-desk", SIBLING).await);
        let to = |code: &str| json!({ "unit": unit(&app, code), "reason": "核对职责后改派" });
        let with = |code: &str, more: Value| {
            let mut body = to(code);
            body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            body
        };
        // The gate, of whoever leads and of whoever helps; and its one exception.
        let road = case(&app, ROAD).await;
        dispatch(&street, &road, to(FIRST), "not-for-grassroots").await;
        dispatch(&street, &road, with("D-ROADS", json!({ "helpers": [unit(&app, FIRST)] })), "not-for-grassroots").await;
        let hole = case(&app, "路面突然塌陷出现大坑，路塌了一个洞").await;
        dispatch(&street, &hole, to(FIRST), "not-for-grassroots").await;
        dispatched(&street, &hole, with(FIRST, json!({ "first_measures": true }))).await;
        // On no list: the rules choose nobody, and only the centre gives the grassroots a part.
        let old = case(&app, OLD).await;
        dispatch(&street, &old, json!({}), "not-in-this-state").await;
        street.post(&format!("{old}/accept"), &json!({})).await.expect(200);
        dispatch(&street, &old, json!({}), "required-when-unlisted").await;
        dispatch(&street, &old, to(FIRST), "centre-decides").await;
        dispatched(&centre, &old, to(FIRST)).await;
        // Nobody whom the district does not know.
        let nobody = "01957f00-0000-7000-8000-00000000dead";
        dispatch(&street, &road, json!({ "unit": nobody, "reason": "改派" }), "unknown-unit").await;
        dispatch(&street, &road, with("D-ROADS", json!({ "person": nobody })), "unknown-person").await;
        dispatch(&street, &road, with("D-ROADS", json!({ "helpers": [nobody] })), "unknown-unit").await;
        // Nobody previews what is not his to do.
        dispatch(&app.login_as("grid-worker", GRID).await, &road, to("D-ROADS"), "forbidden").await;
        dispatch(&app.login_as("street-desk", OTHER_STREET).await, &road, to("D-ROADS"), "not-found").await;
        // A return asks for another unit; one that has returned it is a circle, which is not stopped by a look.
        let lamp = case(&app, LAMP).await;
        back(&first, &lamp, "一社区").await;
        dispatch(&street, &lamp, json!({}), "required-after-return").await;
        dispatched(&street, &lamp, to(SECOND)).await;
        let looked = preview(&street, &lamp, "dispatch", to(FIRST)).await;
        assert_eq!(street.get(&lamp).await.expect(200).json()["attention"], json!([]), "a look writes nothing");
        same(&looked, &street.post(&format!("{lamp}/dispatch"), &to(FIRST)).await, "cyclic-return");
        dispatch(&street, &lamp, to(SECOND), "centre-decides").await;
        // Who is at work is not passed over, and what a desk above has is not for those below.
        let id = task(&second.get(&lamp).await.expect(200).json(), "二社区");
        second.post(&format!("{lamp}/tasks/{id}/accept"), &json!({})).await.expect(200);
        dispatch(&street, &lamp, to(FIRST), "not-in-this-state").await;
        let up = case(&app, LAMP).await;
        let id = task(&first.get(&up).await.expect(200).json(), "一社区");
        first.post(&format!("{up}/tasks/{id}/accept"), &json!({})).await.expect(200);
        first.post(&format!("{up}/escalate"), &json!({ "reason": "需街道协调" })).await.expect(200);
        dispatch(&first, &up, to(SECOND), "not-your-case").await;
        // An objection waits for its ruling, which binds.
        let roads = app.login_as("department-desk", DEPARTMENT).await;
        roads.post(&format!("{road}/object"), &json!({ "reason": "物业自建", "basis": "移交清单" })).await.expect(200);
        dispatch(&centre, &road, to("D-FIRE"), "objection-open").await;
        let open = centre.get("/api/v1/objections?state=open&kind=objection").await.expect(200).json()["items"][0]["id"].as_str().unwrap().to_owned();
        centre.post(&format!("/api/v1/objections/{open}/rule"), &json!({ "upheld": false, "words": "属路灯所" })).await.expect(200);
        dispatch(&centre, &road, to("D-FIRE"), "binding-task").await;
        assert_eq!(verify::clocks(&app).await.unwrap().differences, 0);
    }

    async fn a_preview_refuses_what_the_ruling_would(engine: Engine) {
        let app = TestApp::new(engine).await.with_town().await;
        let (roads, fire) = (app.login_as("department-desk", DEPARTMENT).await, app.login_as("department-desk", FIRE).await);
        let (centre, colleague) = (app.login_as("district-dispatch", DISTRICT).await, app.login_as("district-dispatch", DISTRICT).await);
        let road = case(&app, ROAD).await;
        preview(&centre, &road, "rule", json!({ "unit": unit(&app, "D-FIRE") })).await.refused(404, "not-found");
        let claim = json!({ "reason": "物业自建", "basis": "移交清单" });
        roads.post(&format!("{road}/object"), &claim).await.expect(200);
        let review = async |case: &str| {
            let open = centre.get("/api/v1/objections?state=open").await.expect(200).json();
            let id = case.rsplit('/').next().unwrap();
            let found = open["items"].as_array().unwrap().iter().find(|r| r["incident"] == id).unwrap()["id"].as_str().unwrap().to_owned();
            format!("/api/v1/objections/{found}/rule")
        };
        let rule = review(&road).await;
        // Looks as the page does: it calls who would lead a unit, as of every other action.
        let looks = |body: &Value| {
            let mut asked = body.clone();
            let lead = asked.as_object_mut().unwrap().remove("lead");
            asked.as_object_mut().unwrap().extend(lead.map(|lead| ("unit".to_owned(), lead)));
            asked
        };
        let both = async |who: &Client, case: &str, rule: &str, body: Value, code: &str| {
            let would = preview(who, case, "rule", looks(&body)).await;
            same(&would, &who.post(rule, &body).await, code);
        };
        let to = |code: &str, helpers: &[&str]| {
            let helpers: Vec<String> = helpers.iter().map(|h| unit(&app, h)).collect();
            json!({ "upheld": true, "lead": unit(&app, code), "helpers": helpers, "words": "按移交清单" })
        };
        both(&roads, &road, &rule, to("D-FIRE", &[]), "forbidden").await;
        both(&centre, &road, &rule, json!({ "upheld": true, "words": "改" }), "required").await;
        both(&centre, &road, &rule, to("D-ROADS", &[]), "same-unit").await;
        both(&centre, &road, &rule, to("D-FIRE", &["D-FIRE"]), "named-twice").await;
        both(&centre, &road, &rule, to(FIRST, &[]), "not-for-grassroots").await;
        both(&centre, &road, &rule, to("D-FIRE", &[FIRST]), "not-for-grassroots").await;
        let would = preview(&centre, &road, "rule", looks(&to("D-FIRE", &[]))).await.expect(200).json();
        let stays = preview(&centre, &road, "rule", json!({ "upheld": false })).await.expect(200).json();
        assert_eq!(stays["effect"], json!([]), "dismissed, the dispatch and its clocks stay");
        app.clock.advance(1);
        let fixed = centre.post(&rule, &to("D-FIRE", &[])).await.expect(200).json();
        assert_eq!((&would["due_at"], would["light"].as_str()), (&fixed["due_at"], fixed["light"].as_str()), "as it was told");
        both(&centre, &road, &rule, to("D-ROADS", &[]), "ruled-already").await;
        // Whoever sent it does not rule on it.
        let sent = case(&app, ROAD).await;
        centre.post(&format!("{sent}/dispatch"), &json!({ "unit": unit(&app, "D-FIRE"), "reason": "改派" })).await.expect(200);
        fire.post(&format!("{sent}/object"), &claim).await.expect(200);
        let rule = review(&sent).await;
        both(&centre, &sent, &rule, json!({ "upheld": false, "words": "消防队有升降车" }), "sender-may-not-rule").await;
        preview(&colleague, &sent, "rule", json!({ "upheld": false })).await.expect(200);
        assert_eq!(verify::clocks(&app).await.unwrap().differences, 0);
    }

    async fn a_preview_refuses_what_the_extension_would(engine: Engine) {
        let app = TestApp::new(engine).await.with_town().await;
        let (desk, street) = (app.login_as("community-desk", COMMUNITY).await, app.login_as("street-desk", STREET).await);
        let lamp = case(&app, LAMP).await;
        let id = task(&desk.get(&lamp).await.expect(200).json(), "一社区");
        let both = async |who: &Client, case: &str, id: &str, n: i64, unit: &str, code: &str| {
            let by = json!({ "n": n, "unit": unit });
            let named = preview(who, case, "extend", json!({ "by": by, "task": id })).await;
            same(&named, &who.post(&format!("{case}/tasks/{id}/extend"), &json!({ "by": by, "reason": "配件缺货" })).await, code);
            let lead = preview(who, case, "extend", json!({ "by": by })).await;
            assert_eq!(lead.json()["code"], named.json()["code"], "the lead's task when none is named");
        };
        both(&desk, &lamp, &id, 0, "working_day", "not-a-limit").await;
        both(&desk, &lamp, &id, 2, "working_day", "extension-too-long").await;
        // Not his task, or not his to ask for at all.
        both(&app.login_as("audit-admin", DISTRICT).await, &lamp, &id, 1, "working_day", "forbidden").await;
        both(&app.login_as("community-desk", SIBLING).await, &lamp, &id, 1, "working_day", "not-found").await;
        let road = case(&app, ROAD).await;
        let theirs = task(&street.get(&road).await.expect(200).json(), "区市政中心");
        both(&street, &road, &theirs, 1, "working_hour", "not-your-task").await;
        // What waits for its decision already.
        let by = json!({ "n": 1, "unit": "working_day" });
        let told = preview(&desk, &lamp, "extend", json!({ "by": by })).await.expect(200).json();
        desk.post(&format!("{lamp}/tasks/{id}/extend"), &json!({ "by": by, "reason": "配件缺货" })).await.expect(200);
        both(&desk, &lamp, &id, 1, "working_day", "extension-open").await;
        let chief = app.login_as("community-desk", COMMUNITY).await;
        let asked = chief.get("/api/v1/extensions?state=open").await.expect(200).json()["items"][0]["id"].as_str().unwrap().to_owned();
        chief.post(&format!("/api/v1/extensions/{asked}/decide"), &json!({ "grant": true })).await.expect(200);
        assert_eq!(told["due_at"], desk.get(&lamp).await.expect(200).json()["due_at"], "as it was told");
        // An order from above is not moved by more of our time.
        let mut ordered = report(LAMP, HOME);
        for (field, value) in [("channel", "hotline"), ("upstream_no", "12345-001"), ("upstream_due", "2025-03-10T16:00:00+08:00")] {
            ordered[field] = json!(value);
        }
        let order = app.login_as("district-intake", DISTRICT).await.post("/api/v1/incidents", &ordered).await.expect(201).json();
        let order = format!("/api/v1/incidents/{}", order["id"].as_str().unwrap());
        let under = task(&desk.get(&order).await.expect(200).json(), "一社区");
        both(&desk, &order, &under, 1, "working_hour", "nothing-to-extend").await;
        // What is solved needs no more time.
        desk.post(&format!("{lamp}/tasks/{id}/accept"), &json!({})).await.expect(200);
        desk.post(&format!("{lamp}/tasks/{id}/done"), &json!({ "result": "solved", "public_reply": "已换新灯" })).await.expect(200);
        both(&desk, &lamp, &id, 1, "working_hour", "not-in-this-state").await;
        assert_eq!(verify::clocks(&app).await.unwrap().differences, 0);
    }

    /// A case keeps the rule that it was opened under where nothing newer holds: so says the preview, as the new round does.
    async fn a_case_is_opened_again_although_its_matter_has_left_the_catalogue(engine: Engine) {
        let app = TestApp::new(engine).await.with_town().await;
        let (desk, street) = (app.login_as("community-desk", COMMUNITY).await, app.login_as("street-desk", STREET).await);
        let lamp = case(&app, LAMP).await;
        solve(&desk, &street, &lamp).await;
        app.clock.advance(DAY);
        let held = preview(&street, &lamp, "reopen", json!({})).await.expect(200).json();
        let matter = app.matter("楼道灯不亮");
        let retire = format!("/api/v1/catalogue/{matter}/retire");
        app.login_as("system-admin", "/").await.post(&retire, &json!({ "version": 1 })).await.expect(200);
        app.refresh().await.unwrap();
        assert!(app.catalogue.get().value.current(matter).is_none());
        let would = preview(&street, &lamp, "reopen", json!({})).await.expect(200).json();
        assert_eq!(would, held, "the rule is the one that it was opened under");
        let again = json!({ "cause": "recurred", "reason": "又不亮了" });
        let opened = street.post(&format!("{lamp}/reopen"), &again).await.expect(200).json();
        assert_eq!((opened["state"].as_str(), opened["due_at"].as_str()), (Some("accepted"), Some("2025-03-12T03:00:00.000Z")));
        assert_eq!((&would["due_at"], &would["light"], &would["red_at"]), (&opened["due_at"], &opened["light"], &opened["red_at"]), "as it was told");
        // And it is sent out and previewed as ever.
        dispatched(&street, &lamp, json!({})).await;
        assert_eq!(verify::clocks(&app).await.unwrap().differences, 0);
        super::guards::explained(&app).await;
    }
}
