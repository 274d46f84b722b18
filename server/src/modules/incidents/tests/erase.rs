//! 删除: after it no byte of what people said is left in the database, its log, its search index or the files.

use std::path::Path;

use db::{Engine, Query};
use serde_json::{Value, json};

use super::archive::photo;
use crate::{
    modules::incidents::{
        actions::{expire, scrub},
        search, verify,
    },
    testing::{
        Client, TestApp,
        town::{COMMUNITY, DISTRICT, HOME, OTHER_STREET},
    },
};

const DAY: i64 = 24 * 60 * 60 * 1_000;
/// Words that redaction has no reason to touch, one for each place in which a case keeps words.
const MARKS: &[&str] = &["翡翠鹦鹉", "琥珀松鼠", "玛瑙刺猬", "珊瑚画眉", "水晶蜻蜓", "青铜斑鸠", "磁石蜥蜴", "紫檀孔雀"];

/// Everything that the database keeps, as bytes: the file and its log, or every row of every table.
async fn kept(app: &TestApp) -> Vec<u8> {
    let mut all = vec![];
    match app.db.engine() {
        Engine::Sqlite => {
            let path = app.database.url.trim_start_matches("sqlite:");
            for name in [path.to_owned(), format!("{path}-wal")] {
                all.extend(std::fs::read(name).unwrap_or_default());
            }
        }
        Engine::Postgres => {
            let mut conn = app.db.read().await.unwrap();
            let tables = "select cast(table_name as text) as value from information_schema.tables where table_schema = current_schema() \
                          and table_type = 'BASE TABLE'";
            let tables: Vec<String> = conn.query_values(Query::new(tables)).await.unwrap();
            assert!(tables.len() > 40, "only {} tables", tables.len());
            for table in tables {
                let text = format!("select coalesce(string_agg(cast(t as text), ' '), '') as value from {table} t");
                let rows: Option<String> = conn.query_value(Query::new(Box::leak(text.into_boxed_str()))).await.unwrap();
                all.extend(rows.unwrap_or_default().into_bytes());
            }
        }
    }
    all
}

fn holds(bytes: &[u8], mark: &str) -> bool {
    bytes.windows(mark.len()).any(|w| w == mark.as_bytes())
}

/// Which marks the database keeps, whole or as a pair of characters that the search index has.
async fn marks(app: &TestApp) -> Vec<&'static str> {
    let bytes = kept(app).await;
    MARKS.iter().copied().filter(|m| holds(&bytes, m) || holds(&bytes, &m[..6]) || holds(&bytes, &m[3..9])).collect()
}

fn files(folder: &Path) -> usize {
    std::fs::read_dir(folder)
        .map_or(0, |all| all.filter_map(Result::ok).map(|e| if e.path().is_dir() { files(&e.path()) } else { 1 }).sum())
}

/// A closed case in every part of which somebody left a mark: its id, its path and the reporter's link.
async fn told(app: &TestApp) -> (Client, String, String, String) {
    let desk = app.login_as("community-desk", COMMUNITY).await;
    let report = json!({
        "text": format!("楼道灯坏了，单元楼道里的灯不亮，窗边有{}", MARKS[0]), "lon": HOME.0, "lat": HOME.1,
        "name": "欧阳栖梧", "phone": "140-0000-7391", "address": "梧桐里77栋1403室", "photo_ids": [photo(&app.visitor()).await],
    });
    let receipt = app.visitor().post("/api/v1/reports", &report).await.expect(201).json();
    let (id, track) = (receipt["id"].as_str().unwrap().to_owned(), receipt["track"].as_str().unwrap().to_owned());
    let path = format!("/api/v1/incidents/{id}");
    let joined = json!({ "text": format!("楼道灯坏了，单元楼道里的灯不亮，还有{}", MARKS[1]), "lon": HOME.0, "lat": HOME.1, "join": receipt["code"] });
    app.visitor().post("/api/v1/reports", &joined).await.expect(201);
    let remark = json!({ "text": format!("又看到{}", MARKS[2]) });
    app.visitor().post(&format!("/api/v1/reports/{track}/remarks"), &remark).await.expect(200);
    desk.post(&format!("{path}/note"), &json!({ "text": format!("现场有{}", MARKS[3]) })).await.expect(200);
    let case = desk.get(&path).await.expect(200).json();
    let task = format!("{path}/tasks/{}", case["tasks"][0]["id"].as_str().unwrap());
    desk.post(&format!("{task}/accept"), &json!({})).await.expect(200);
    let done = json!({ "result": "solved", "public_reply": format!("换好了，{}没事", MARKS[4]), "note": MARKS[5], "photo_ids": [photo(&desk).await] });
    desk.post(&format!("{task}/done"), &done).await.expect(200);
    let colleague = app.login_as("community-desk", COMMUNITY).await;
    colleague.post(&format!("{path}/verify"), &json!({ "passed": true, "words": MARKS[6] })).await.expect(200);
    colleague.post(&format!("{path}/close"), &json!({})).await.expect(200);
    // What an officer gives as a reason stands beside the words of a step.
    let reason = json!([{ "code": "by-hand", "words": format!("因为{}", MARKS[7]) }]).to_string();
    let mut tx = app.db.begin();
    let given = db::sql!(
        "update incident_step set reasons = $2 where incident_id = $1 and n = (select min(n) from incident_step where incident_id = $1)"
    );
    tx.execute(given, db::bind![id.parse::<uuid::Uuid>().unwrap(), db::Json(serde_json::from_str::<Value>(&reason).unwrap())])
        .await
        .unwrap();
    tx.commit().await.unwrap();
    while search::index(app).await.unwrap() > 0 {}
    (colleague, id, path, track)
}

/// Removes what the job removes.
async fn tidy_up(app: &TestApp) {
    let statement = db::sql!("select payload as value from job where kind = 'incident.scrub'");
    let left: Vec<Value> = app.db.read().await.unwrap().values(statement, vec![]).await.unwrap();
    assert!(!left.is_empty(), "no job was left");
    for one in left {
        scrub(app, &serde_json::from_value(one).unwrap()).await.unwrap();
    }
}

async fn found(desk: &Client) -> usize {
    let query = "?q=%E7%BF%A1%E7%BF%A0%E9%B9%A6%E9%B9%89";
    desk.get(&format!("/api/v1/incidents{query}")).await.expect(200).json()["items"].as_array().unwrap().len()
}

testkit::both! {
    async fn nothing_that_was_said_is_left_after_an_erasure(engine: Engine) {
        let app = TestApp::new(engine).await.with_town().await;
        let (desk, id, path, track) = told(&app).await;
        // The control: what is looked for afterwards is there before.
        assert_eq!(marks(&app).await.len(), MARKS.len(), "every mark is kept in clear");
        assert_eq!((found(&desk).await, files(&app.config.data.join("files"))), (1, 1), "the same picture twice");
        let figures = async || {
            let path = "/api/v1/reports/rates?from=2025-03-01T00:00:00Z&to=2025-04-01T00:00:00Z&by=matter";
            let mut rates = app.login_as("district-dispatch", DISTRICT).await.get(path).await.expect(200).json();
            rates["as_of"] = Value::Null;
            rates
        };
        let before = figures().await;

        let wish = desk.post(&format!("{path}/erasure"), &json!({ "reason": "本人申请" })).await.expect(201).json();
        desk.post(&format!("{path}/erasure"), &json!({ "reason": "再申请" })).await.refused(422, "erasure-asked");
        let decide = format!("/api/v1/erasures/{}/decide", wish["id"].as_str().unwrap());
        let yes = json!({ "approved": true, "words": "核实过身份" });
        desk.post(&decide, &yes).await.expect(403);
        // Whoever asked does not decide, whatever roles he has besides.
        let both = app.login_with(&[("community-desk", COMMUNITY), ("supervisor", DISTRICT)], None).await;
        let elsewhere = app.login_as("supervisor", OTHER_STREET).await;
        elsewhere.post(&decide, &yes).await.refused(404, "not-found");
        assert_eq!(marks(&app).await.len(), MARKS.len(), "asking erases nothing");
        let decider = app.login_as("security-admin", "/").await;
        let list = decider.get("/api/v1/erasures?open=true").await.expect(200).json();
        assert_eq!((list["items"][0]["code"].clone(), list["items"][0]["mine"].clone()), (wish["code"].clone(), json!(false)));
        decider.post(&decide, &yes).await.expect(200);
        decider.post(&decide, &yes).await.refused(422, "erasure-decided");
        tidy_up(&app).await;

        assert_eq!(marks(&app).await, Vec::<&str>::new());
        assert_eq!((found(&desk).await, files(&app.config.data.join("files"))), (0, 0));
        let key = db::sql!("select count(*) as value from data_key where id = $1");
        let key: Option<i64> = app.db.read().await.unwrap().value(key, db::bind![id.parse::<uuid::Uuid>().unwrap()]).await.unwrap();
        assert_eq!(key, Some(0), "the key is gone");

        // What figures count stays; the case can be seen, and nothing can be done with it.
        assert_eq!(figures().await, before);
        let case = desk.get(&path).await.expect(200).json();
        assert_eq!((case["title"].as_str(), case["text"].as_str(), case["may"].clone()), (Some("（内容已删除）"), Some(""), json!([])));
        assert!(case["erased_at"].is_string() && case["photos"] == json!([]), "{case}");
        assert_eq!(case["steps"].as_array().unwrap().last().unwrap()["action"], "close");
        for (what, body) in [("archive", json!({})), ("reopen", json!({ "cause": "unsolved", "reason": "还坏" }))] {
            desk.post(&format!("{path}/{what}"), &body).await.refused(422, "case-erased");
        }
        desk.post(&format!("{path}/erasure"), &json!({ "reason": "再申请" })).await.refused(422, "case-erased");
        app.login_as("district-dispatch", DISTRICT).await
            .post(&format!("{path}/reveal"), &json!({ "field": "text", "purpose": "看看" })).await.expect(404);
        app.visitor().get(&format!("/api/v1/reports/{track}")).await.expect(404);
        assert_eq!(verify::clocks(&app).await.unwrap().differences, 0);
        let record = app.login_as("audit-admin", "/").await.get(&format!("/api/v1/audit?object={id}")).await.expect(200).text();
        for action in ["incident.erasure.ask", "incident.erase"] {
            assert!(record.contains(action), "{record}");
        }
        let own = both.post(&format!("{path}/erasure"), &json!({ "reason": "本人申请" })).await;
        own.refused(422, "case-erased");
    }

    async fn nobody_decides_what_he_asked_for_and_an_open_case_stays(engine: Engine) {
        let app = TestApp::new(engine).await.with_town().await;
        let report = json!({ "text": "楼道灯坏了，单元楼道里的灯不亮", "lon": HOME.0, "lat": HOME.1 });
        let receipt = app.visitor().post("/api/v1/reports", &report).await.expect(201).json();
        let path = format!("/api/v1/incidents/{}", receipt["id"].as_str().unwrap());
        let both = app.login_with(&[("district-dispatch", DISTRICT), ("supervisor", DISTRICT)], None).await;
        both.post(&format!("{path}/erasure"), &json!({ "reason": "本人申请" })).await.refused(422, "case-not-over");
        both.post(&format!("{path}/annul"), &json!({ "reason": "test", "words": "测试" })).await.expect(200);
        both.post(&format!("{path}/erasure"), &json!({ "reason": "" })).await.expect(400);
        let wish = both.post(&format!("{path}/erasure"), &json!({ "reason": "本人申请" })).await.expect(201).json();
        let decide = format!("/api/v1/erasures/{}/decide", wish["id"].as_str().unwrap());
        both.post(&decide, &json!({ "approved": true, "words": "好" })).await.refused(422, "erasure-own");
        let other = app.login_as("supervisor", DISTRICT).await;
        other.post(&decide, &json!({ "approved": false, "words": "须留作诉讼证据" })).await.expect(200);
        let case = both.get(&path).await.expect(200).json();
        assert!(case["erased_at"].is_null() && case["text"].as_str().unwrap().contains("楼道灯"), "{case}");
        // A refusal is no end: it can be asked for again.
        both.post(&format!("{path}/erasure"), &json!({ "reason": "判决已生效" })).await.expect(201);
    }

    async fn what_was_kept_long_enough_goes_by_itself(engine: Engine) {
        let app = TestApp::new(engine).await.with_town().await;
        let (desk, _, path, _) = told(&app).await;
        let admin = app.login_as("system-admin", DISTRICT).await;
        let days = |n: u32| json!({ "value": { "days": n }, "reason": "档案管理规定" });
        admin.put("/api/v1/settings/incidents.retention", &days(3)).await.expect(400);
        admin.put("/api/v1/settings/incidents.retention", &days(60)).await.expect(200);
        app.refresh().await.unwrap();
        app.clock.advance(60 * DAY - 1_000);
        assert_eq!(expire(&app).await.unwrap(), 0, "a moment too early");
        app.clock.advance(2_000);
        assert_eq!(expire(&app).await.unwrap(), 1);
        assert_eq!(expire(&app).await.unwrap(), 0, "once");
        tidy_up(&app).await;
        assert_eq!(marks(&app).await, Vec::<&str>::new());
        assert!(desk.get(&path).await.expect(200).json()["erased_at"].is_string());
    }
}
