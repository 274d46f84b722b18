//! The operations over HTTP.

use axum::http::{Method, StatusCode, header};
use base64::Engine as _;
use kernel::Id;
use serde_json::{Value, json};
use testkit::Engine;

use super::draft;
use crate::{
    modules::{
        access::audit,
        catalogue::{Draft, Matter, Origin, Rules, seed, take},
        forms::Form,
    },
    testing::TestApp,
};

async fn open(engine: Engine) -> TestApp {
    let app = TestApp::new(engine).await;
    let mut tx = app.db.begin();
    seed(&mut tx, app.now()).await.unwrap();
    tx.commit().await.unwrap();
    let mut lift = draft("a/b/电梯困人", "30分钟");
    lift.rules.public_name = "电梯里有人被困".to_owned();
    lift.fields = Some(Form::read(r#"[{"key": "building", "label": "楼栋", "type": "text", "required": true}]"#).unwrap());
    put(&app, vec![lift, draft("a/b/井盖", "2小时")]).await;
    app
}

async fn put(app: &TestApp, drafts: Vec<Draft>) {
    let mut tx = app.db.begin();
    let origin = Origin { now: app.now(), source: "test", actor: &kernel::Actor::system() };
    take(&mut tx, origin, drafts, true).await.unwrap();
    tx.commit().await.unwrap();
    app.refresh().await.unwrap();
}

fn id_of(app: &TestApp, name: &str) -> Id<Matter> {
    app.catalogue.get().value.by_name(name).unwrap().id
}

async fn actions(app: &TestApp) -> Vec<String> {
    let mut read = app.db.read().await.unwrap();
    let page = audit::list(&mut read, &audit::Filter::default(), app.now(), None, 50).await.unwrap();
    let mut all: Vec<String> = page.items.into_iter().map(|row| row.action).collect();
    all.retain(|a| a.starts_with("ca"));
    all.sort();
    all
}

testkit::both! {
    async fn residents_see_what_can_be_reported(engine: Engine) {
        let app = open(engine).await;
        let visitor = app.visitor();
        let first = visitor.get("/api/v1/matters").await.expect(200);
        assert_eq!((first.statements(), first.headers[header::CACHE_CONTROL].to_str().unwrap()), (0, "no-cache"));
        let body = first.json();
        let names: Vec<_> = body["items"].as_array().unwrap().iter().map(|m| m["public_name"].as_str().unwrap()).collect();
        assert_eq!(names, ["井盖", "电梯里有人被困"], "a matter without a public name goes by its own");
        assert_eq!((&body["items"][1]["fields"][0]["key"], &body["items"][1]["form"]["version"]), (&json!("building"), &json!(1)));
        assert!(body["items"][0].get("lead").is_none(), "who leads is not for the public list");

        let tag = first.headers[header::ETAG].to_str().unwrap().to_owned();
        let tagged = format!("W/{tag}, \"x\"");
        let known = [("if-none-match", tagged.as_str())];
        let same = visitor.send(Method::GET, "/api/v1/matters", None, &known).await;
        assert_eq!((same.status, same.body.len()), (StatusCode::NOT_MODIFIED, 0));
        put(&app, vec![draft("a/b/井盖", "2小时")]).await;
        let moved = visitor.send(Method::GET, "/api/v1/matters", None, &known).await.expect(200);
        assert_eq!(moved.json()["items"].as_array().unwrap().len(), 1);
    }

    async fn who_may_read_and_change_the_catalogue(engine: Engine) {
        let app = open(engine).await;
        let id = id_of(&app, "井盖");
        let (visitor, worker) = (app.visitor(), app.login_as("grid-worker", "/990101/").await);
        let (part, whole) = (app.login_as("system-admin", "/990101/").await, app.login_as("system-admin", "/").await);
        for path in ["/api/v1/catalogue", "/api/v1/catalogue/export", "/api/v1/calendars/2026", &format!("/api/v1/catalogue/{id}")] {
            visitor.get(path).await.refused(401, "unauthenticated");
            let _ = worker.get(path).await.expect(200);
        }
        let retire = format!("/api/v1/catalogue/{id}/retire");
        visitor.post(&retire, &json!({"version": 1})).await.refused(401, "unauthenticated");
        worker.post(&retire, &json!({"version": 1})).await.refused(403, "forbidden");
        part.post(&retire, &json!({"version": 1})).await.refused(403, "forbidden");
        whole.post(&retire, &json!({"version": 2})).await.refused(409, "stale");
        let _ = whole.post(&retire, &json!({"version": 1})).await.expect(200);
        assert_eq!(visitor.get("/api/v1/matters").await.json()["items"].as_array().unwrap().len(), 1);
        whole.post(&retire, &json!({"version": 1})).await.refused(409, "stale");
        assert_eq!(actions(&app).await, ["calendar.set", "catalogue.import", "catalogue.retire"]);
    }

    async fn a_matter_is_revised_with_its_form(engine: Engine) {
        let app = open(engine).await;
        let admin = app.login_as("system-admin", "/").await;
        let path = format!("/api/v1/catalogue/{}", id_of(&app, "电梯困人"));
        let before = admin.get(&path).await.expect(200).json()["items"][0].clone();
        let mut rules: Rules = serde_json::from_value(before.clone()).unwrap();
        rules.lead = "区市场监督管理局".to_owned();
        let wrong = json!({"version": 1, "rules": Rules { level3: String::new(), ..rules.clone() }});
        assert_eq!(admin.put(&path, &wrong).await.expect(400).json()["fields"][0]["field"], "level3");
        let fields = json!({"fields": [{"key": "building", "label": "楼栋", "type": "text"}, {"key": "people", "label": "人数", "type": "integer"}]});
        let reply = admin.put(&path, &json!({"version": 1, "rules": rules, "fields": fields})).await.expect(200).json();
        assert_eq!((&reply["version"], &reply["form"]["version"], &reply["fields"][1]["key"]), (&json!(2), &json!(2), &json!("people")));
        let all = admin.get(&path).await.expect(200).json()["items"].clone();
        assert_eq!((&all[0]["lead"], &all[0]["fields"]), (&json!("属地社区"), &before["fields"]), "the old version asks what it asked");
        assert_eq!(all[0]["valid_to"], all[1]["valid_from"]);
        admin.put(&path, &json!({"version": 1, "rules": rules})).await.refused(409, "stale");
        let mut unknown = rules.clone();
        unknown.form.as_mut().unwrap().version = 9;
        let unknown = admin.put(&path, &json!({"version": 2, "rules": unknown})).await.expect(400);
        assert_eq!(unknown.json()["fields"][0]["field"], "form");

        // A new matter under a fresh id; its names must be free.
        let fresh = format!("/api/v1/catalogue/{}", Id::<Matter>::new(app.now()));
        admin.put(&fresh, &json!({"version": 1, "rules": draft("a/b/新", "1小时").rules})).await.refused(404, "not-found");
        admin.put(&fresh, &json!({"version": 0, "rules": draft("a/b/井盖", "1小时").rules})).await.refused(422, "matter-exists");
        let made = admin.put(&fresh, &json!({"version": 0, "rules": draft("a/b/新", "1小时").rules})).await.expect(200);
        assert_eq!(made.json()["version"], 1);
        assert_eq!(app.catalogue.get().value.all().len(), 3);
        admin.get(&format!("/api/v1/catalogue/{}", Id::<Matter>::nil())).await.refused(404, "not-found");
    }

    async fn a_file_is_tried_and_then_taken(engine: Engine) {
        let app = open(engine).await;
        let admin = app.login_as("system-admin", "/").await;
        let path = "/api/v1/catalogue/import";
        let count = |app: &TestApp| app.catalogue.get().value.all().len();
        let bad = admin.post(path, &json!({"name": "x.csv", "content": "大类,小类,事项,紧急程度\na,b,c,马上\n"})).await.expect(200).json();
        assert_eq!((&bad["applied"], &bad["faults"][0]["row"], &bad["faults"][0]["column"]), (&json!(false), &json!(2), &json!("紧急程度")));
        admin.post(path, &json!({"name": "x.csv", "content": "大类\na\n"})).await.refused(400, "invalid");
        let good = json!({"name": "x.csv", "content": "甲,小类,事项,附注\na,b,井盖,\na,b,新,\n", "map": {"level1": "甲"}, "retire_missing": true, "dry_run": true});
        let tried = admin.post(path, &good).await.expect(200).json();
        let expected = json!({"added": 1, "changed": 0, "unchanged": 1, "retired": 1, "applied": false, "faults": [], "ignored": ["附注"]});
        assert_eq!((tried, count(&app)), (expected.clone(), 2));
        let mut real = good;
        real["dry_run"] = json!(false);
        let taken = admin.post_keyed(path, &real, "key-00000001").await.expect(200).json();
        let names: Vec<_> = app.catalogue.get().value.all().iter().map(|m| m.level3.clone()).collect();
        assert_eq!((&taken["applied"], names), (&json!(true), vec!["井盖".to_owned(), "新".to_owned()]));
        let again = admin.post_keyed(path, &real, "key-00000001").await.expect(200).json();
        assert_eq!(again, taken, "the same command again gives the first answer again");

        // What is exported as a workbook comes back in base64 and changes nothing.
        let book = admin.get("/api/v1/catalogue/export?format=xlsx").await.expect(200);
        assert!(book.headers[header::CONTENT_DISPOSITION].to_str().unwrap().contains("catalogue.xlsx"));
        let content = base64::engine::general_purpose::STANDARD.encode(&book.body);
        let back = admin.post(path, &json!({"name": "x.xlsx", "content": content, "base64": true})).await.expect(200).json();
        assert_eq!((&back["unchanged"], &back["changed"], &back["added"]), (&json!(2), &json!(0), &json!(0)));
        let csv = admin.get("/api/v1/catalogue/export").await.expect(200);
        assert!(csv.text().starts_with("\u{feff}一级分类,二级分类,三级分类,"), "{}", csv.text());
        admin.get("/api/v1/catalogue/export?format=pdf").await.refused(400, "invalid");
    }

    async fn a_year_of_the_calendar(engine: Engine) {
        let app = open(engine).await;
        let desk = app.login_as("street-desk", "/990101/").await;
        let year = desk.get("/api/v1/calendars/2026").await.expect(200).json();
        let days = year["days"].as_array().unwrap();
        let is = |day: &Value, date: &str, kind: &str| day["date"] == date && day["kind"] == kind;
        assert!(days.iter().any(|d| is(d, "2026-02-14", "working")) && days.iter().any(|d| is(d, "2026-10-01", "holiday")));
        assert_eq!((&year["version"], &year["shifts"][0]["intervals"][0]), (&json!(1), &json!("08:30-12:00")));
        desk.get("/api/v1/calendars/2031").await.refused(422, "no-calendar");
    }
}
