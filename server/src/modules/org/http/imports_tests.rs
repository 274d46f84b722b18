use serde_json::{Value, json};
use testkit::Engine;

use crate::{modules::org::ensure_root, testing::TestApp};

const ORGS: &str = "编码,名称,类别,上级\nS1,东街道,street,990101\nC1,东一社区,community,S1\n";

async fn empty(engine: Engine) -> TestApp {
    let app = TestApp::new(engine).await;
    let mut tx = app.db.begin();
    ensure_root(&mut tx, app.now(), "990101", "澄川区").await.unwrap();
    tx.commit().await.unwrap();
    app.refresh().await.unwrap();
    app
}

fn file(content: &str, dry_run: bool) -> Value {
    json!({"content": content, "dry_run": dry_run, "map": {"code": "编码", "name": "名称", "kind": "类别", "parent_code": "上级"}})
}

fn there(app: &TestApp, code: &str) -> bool {
    app.org.directory().value.unit_by_code(code).is_some()
}

testkit::both! {
    async fn a_file_is_judged_then_taken_whole_once_and_recorded(engine: Engine) {
        let app = empty(engine).await;
        let admin = app.login_as("system-admin", "/").await;
        let judged = admin.post("/api/v1/imports/orgs", &file(ORGS, true)).await.expect(200).json();
        assert_eq!((judged["added"].as_i64(), judged["applied"].as_bool()), (Some(2), Some(false)));
        assert!(!there(&app, "S1"));

        // One wrong row: its place and column are told, and nothing is written.
        let wrong = ORGS.replace("C1,东一社区,community,S1", "C1,东一社区,nonsense,S1\nC2,东二社区,community,S9");
        let refused = admin.post("/api/v1/imports/orgs", &file(&wrong, false)).await.expect(200).json();
        assert_eq!(refused["applied"], false);
        let fault = refused["faults"].as_array().unwrap().iter().find(|f| f["column"] == "parent_code").unwrap();
        assert_eq!((fault["row"].as_i64(), fault["value"].as_str()), (Some(4), Some("S9")));
        assert!(!there(&app, "S1"));

        let taken = admin.post_keyed("/api/v1/imports/orgs", &file(ORGS, false), "import-of-units-1").await.expect(200).json();
        assert_eq!((taken["added"].as_i64(), taken["applied"].as_bool()), (Some(2), Some(true)));
        assert!(there(&app, "C1"), "this node sees it at once");
        // The same key again gives the first answer; a new one finds nothing to do.
        let again = admin.post_keyed("/api/v1/imports/orgs", &file(ORGS, false), "import-of-units-1").await.expect(200);
        assert_eq!(again.json()["added"], 2);
        let other = file(&ORGS.replace("东一", "西一"), false);
        admin.post_keyed("/api/v1/imports/orgs", &other, "import-of-units-1").await.refused(409, "key-reused");
        let same = admin.post("/api/v1/imports/orgs", &file(ORGS, false)).await.expect(200).json();
        assert_eq!((same["added"].as_i64(), same["same"].as_i64()), (Some(0), Some(2)));

        let auditor = app.login_as("audit-admin", "/").await;
        let record = auditor.get("/api/v1/audit?action=org.import").await.expect(200).json();
        assert_eq!(record["items"].as_array().unwrap().len(), 1);
        assert_ne!(record["items"][0]["actor_kind"], "system");
    }

    async fn people_come_with_their_accounts_in_one_transaction(engine: Engine) {
        let app = empty(engine).await;
        let admin = app.login_as("system-admin", "/").await;
        admin.post("/api/v1/imports/orgs", &file(ORGS, false)).await.expect(200);
        let staff = "staff_no,name,unit_code,post,slot,role,username\n1001,周以宁,C1,社区工作台,desk,community-desk,zhouyining\n";
        let taken = admin.post("/api/v1/imports/staff", &json!({"content": staff})).await.expect(200).json();
        assert_eq!((taken["added"].as_i64(), taken["applied"].as_bool()), (Some(1), Some(true)));
        let found = admin.get("/api/v1/people?q=周").await.expect(200).json();
        assert_eq!((found["items"][0]["staff_no"].as_str(), found["items"][0]["posts"][0]["unit_name"].as_str()), (Some("1001"), Some("东一社区")));
        let accounts = admin.get("/api/v1/accounts?q=zhouyining").await.expect(200).json();
        assert_eq!(accounts["items"].as_array().unwrap().len(), 1);
        // Somebody of another street does not find him.
        let desk = app.login_as("street-desk", "/990101/S2/").await;
        assert_eq!(desk.get("/api/v1/people").await.expect(200).json()["items"], json!([]));
    }

    async fn a_grant_for_a_part_does_not_import(engine: Engine) {
        let app = empty(engine).await;
        let desk = app.login_as("street-desk", "/").await;
        desk.post("/api/v1/imports/orgs", &file(ORGS, true)).await.refused(403, "forbidden");
        let admin = app.login_as("system-admin", "/").await;
        admin.post("/api/v1/imports/nonsense", &file(ORGS, true)).await.refused(404, "not-found");
        let refused = admin.post("/api/v1/imports/grids", &json!({"content": "{}", "datum": "mars"})).await;
        refused.refused(400, "invalid");
    }

    async fn a_preview_shows_columns_and_keeps_nothing(engine: Engine) {
        let app = empty(engine).await;
        let admin = app.login_as("system-admin", "/").await;
        let seen = admin.post("/api/v1/imports/preview", &json!({"content": ORGS})).await.expect(200).json();
        assert_eq!(seen["headers"], json!(["编码", "名称", "类别", "上级"]));
        assert_eq!((seen["total"].as_i64(), seen["rows"][1][1].as_str()), (Some(2), Some("东一社区")));
        let map = r#"{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"id":7,"name":"一格"},"geometry":null}]}"#;
        let seen = admin.post("/api/v1/imports/preview", &json!({"content": map})).await.expect(200).json();
        assert_eq!((seen["kind"].as_str(), &seen["headers"], &seen["rows"]), (Some("geojson"), &json!(["id", "name"]), &json!([["7", "一格"]])));
        admin.post("/api/v1/imports/preview", &json!({"content": "{ no"})).await.refused(400, "invalid");
    }
}
