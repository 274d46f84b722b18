//! Lists, requests and complaints over HTTP, on both engines.

use serde_json::{Value, json};
use testkit::Engine;

use super::model::Check;
use crate::testing::{
    Client, TestApp,
    town::{COMMUNITY, DEPARTMENT, DISTRICT, GRID, HOME, OTHER_STREET, STREET},
};

/// 43 items of 11 departments, as a first batch is handed in.
const ITEMS: &str = include_str!("tests/items.csv");

async fn draft(centre: &Client, name: &str, content: &str) -> String {
    let made = centre.post("/api/v1/admission/lists", &json!({ "name": name })).await.expect(201).json();
    let id = made["id"].as_str().unwrap().to_owned();
    let taken =
        centre.post(&format!("/api/v1/admission/lists/{id}/items"), &json!({ "content": content })).await.expect(200).json();
    assert_eq!(taken["applied"], true, "{taken}");
    id
}

async fn in_force(who: &Client) -> Vec<Value> {
    who.get("/api/v1/admission/items").await.expect(200).json().as_array().unwrap().clone()
}

fn checks(unmet: Option<Check>) -> Value {
    let answer = |c: &Check| json!({ "check": c, "met": unmet != Some(*c), "words": "说明" });
    Check::ALL.iter().map(answer).collect()
}

/// Words as an address bears them.
fn percent(words: &str) -> String {
    words.bytes().map(|b| format!("%{b:02X}")).collect()
}

testkit::both! {
    async fn a_batch_is_drafted_approved_and_followed_by_the_next(engine: Engine) {
        let app = TestApp::new(engine).await.with_town().await;
        let centre = app.login_as("district-dispatch", DISTRICT).await;
        let first = draft(&centre, "第一批", ITEMS).await;
        assert!(in_force(&centre).await.is_empty(), "a draft is not in force");
        centre.post(&format!("/api/v1/admission/lists/{first}/approve"), &json!({})).await.expect(200);
        let held = in_force(&centre).await;
        let departments: std::collections::BTreeSet<&str> = held.iter().filter_map(|i| i["department"].as_str()).collect();
        assert_eq!((held.len(), departments.len()), (43, 11));
        centre.post(&format!("/api/v1/admission/lists/{first}/items"), &json!({ "content": ITEMS })).await.refused(422, "not-a-draft");

        // The same file comes back as it was handed in, and makes the next version from tomorrow on.
        let file = centre.get(&format!("/api/v1/admission/lists/{first}/file")).await.expect(200).text();
        assert_eq!(file.trim_start_matches('\u{feff}').lines().count(), 44);
        let shorter: String = ITEMS.lines().take(11).collect::<Vec<_>>().join("\n");
        let second = draft(&centre, "第一批", &shorter).await;
        let tomorrow = app.now().plus_days(1);
        centre.post(&format!("/api/v1/admission/lists/{second}/approve"), &json!({ "effective_at": tomorrow })).await.expect(200);
        assert_eq!(in_force(&centre).await.len(), 43);
        app.clock.advance(24 * 3_600_000);
        assert_eq!(in_force(&centre).await.len(), 10);
        let before = centre.get(&format!("/api/v1/admission/items?at={}", app.now().plus_minutes(-60))).await.expect(200).json();
        assert_eq!(before.as_array().unwrap().len(), 43, "what was in force is remembered");

        let desk = app.login_as("community-desk", COMMUNITY).await;
        desk.post("/api/v1/admission/lists", &json!({ "name": "第二批" })).await.expect(403);

        // What is in force is taken along, by whoever may take lists along, and that is on record.
        let street = app.login_as("street-desk", STREET).await;
        let taken = street.get("/api/v1/admission/items/export").await.expect(200).text();
        let lines: Vec<&str> = taken.trim_start_matches('\u{feff}').lines().collect();
        assert!(lines.len() == 12 && lines[0].starts_with("事项名称,部门,履职类别") && lines[0].ends_with("生效时间,失效时间"), "{taken}");
        assert!(lines[11].starts_with("导出：street-desk"), "{taken}");
        let of_one = held[0]["department"].as_str().unwrap();
        let narrowed = street.get(&format!("/api/v1/admission/items/export?format=xlsx&department={}", percent(of_one))).await.expect(200).body;
        let own = in_force(&centre).await.iter().filter(|i| i["department"] == of_one).count();
        assert_eq!(crate::table::Table::read(narrowed).unwrap().count(), own + 1);
        desk.get("/api/v1/admission/items/export").await.expect(403);
        let audit = app.login_as("audit-admin", DISTRICT).await.get("/api/v1/audit?action=admission.export").await.expect(200).json();
        assert_eq!(audit["items"].as_array().unwrap().len(), 2);
    }

    async fn a_file_with_faults_takes_nothing_and_names_rows(engine: Engine) {
        let app = TestApp::new(engine).await.with_town().await;
        let centre = app.login_as("district-dispatch", DISTRICT).await;
        let made = centre.post("/api/v1/admission/lists", &json!({ "name": "第一批" })).await.expect(201).json();
        let path = format!("/api/v1/admission/lists/{}", made["id"].as_str().unwrap());
        let content = "事项名称,部门,类别,基层配合内容,对应事项\n走访,民政,基本,,\n走访,民政,基本,,\n巡查,消防,配合,,没有的事项\n查处,城管,别的,,\n";
        let taken = centre.post(&format!("{path}/items"), &json!({ "content": content })).await.expect(200).json();
        let faults: Vec<(u64, &str)> = taken["faults"]
            .as_array()
            .unwrap()
            .iter()
            .map(|f| (f["row"].as_u64().unwrap(), f["column"].as_str().unwrap()))
            .collect();
        assert_eq!(faults, [(3, "事项名称"), (4, "对应事项"), (4, "基层配合内容"), (5, "类别")]);
        assert_eq!(taken["applied"], false);
        centre.post(&format!("{path}/approve"), &json!({})).await.refused(422, "empty-list");
        centre.delete(&path).await.expect(200);
        centre.get(&path).await.expect(404);
    }

    async fn the_list_in_force_decides_whose_matter_it_is(engine: Engine) {
        let app = TestApp::new(engine).await.with_town().await;
        let centre = app.login_as("district-dispatch", DISTRICT).await;
        // The catalogue calls stairwell lamps the grassroots' own; the list gives them to the department.
        let content = "事项名称,部门,类别,对应事项\n楼道照明维修,区市政中心,上级,楼道灯不亮\n";
        let list = draft(&centre, "第一批", content).await;
        centre.post(&format!("/api/v1/admission/lists/{list}/approve"), &json!({})).await.expect(200);
        let body = json!({ "text": "三单元楼道灯坏了，晚上看不见", "lon": HOME.0, "lat": HOME.1 });
        let receipt = app.visitor().post("/api/v1/reports", &body).await.expect(201).json();
        let case = centre.get(&format!("/api/v1/incidents/{}", receipt["id"].as_str().unwrap())).await.expect(200).json();
        assert_eq!(case["gate"]["class"], "upper");
        assert_eq!(case["attention"], json!(["unlisted"]), "its lead is the community, which the list forbids");
    }

    async fn a_matter_on_no_list_becomes_a_proposal(engine: Engine) {
        let app = TestApp::new(engine).await.with_town().await;
        let centre = app.login_as("district-dispatch", DISTRICT).await;
        let body = json!({ "text": "多年的老问题没人管", "lon": HOME.0, "lat": HOME.1 });
        let receipt = app.visitor().post("/api/v1/reports", &body).await.expect(201).json();
        let path = format!("/api/v1/incidents/{}", receipt["id"].as_str().unwrap());
        centre.post(&format!("{path}/accept"), &json!({ "matter": app.matter("历史遗留问题") })).await.expect(200);
        let known = app.org.directory();
        let unit = known.value.unit_by_code("D-ROADS").unwrap().id;
        let wish = json!({ "unit": unit, "reason": "由市政中心先行处理" });
        centre.post(&format!("{path}/dispatch"), &wish).await.expect(200);
        let proposals = centre.get("/api/v1/admission/proposals").await.expect(200).json();
        assert_eq!((proposals[0]["times"].as_i64(), proposals[0]["matter"]["name"].as_str()), (Some(1), Some("历史遗留问题")));
        let matter = proposals[0]["matter"]["id"].as_str().unwrap();
        centre.post(&format!("/api/v1/admission/proposals/{matter}/dismiss"), &json!({})).await.expect(200);
        assert_eq!(centre.get("/api/v1/admission/proposals").await.expect(200).json(), json!([]));
    }

    async fn an_admission_passes_every_check_or_stays_out(engine: Engine) {
        let app = TestApp::new(engine).await.with_town().await;
        let centre = app.login_as("district-dispatch", DISTRICT).await;
        let list = draft(&centre, "第一批", ITEMS).await;
        centre.post(&format!("/api/v1/admission/lists/{list}/approve"), &json!({})).await.expect(200);
        let department = app.login_as("department-desk", DEPARTMENT).await;
        let item = json!({ "name": "路灯巡查", "department": "区市政中心", "class": "assist", "help": "发现后上报" });
        let ask = |list: &str, checks: Value| json!({ "kind": "admission", "list": list, "item": item, "reason": "人手不足", "checks": checks });
        department.post("/api/v1/admission/requests", &ask(&list, json!([]))).await.refused(400, "invalid");
        let asked = department.post("/api/v1/admission/requests", &ask(&list, checks(None))).await.expect(201).json();
        let path = format!("/api/v1/admission/requests/{}", asked["id"].as_str().unwrap());
        let verdict = |unmet, approve: bool| json!({ "approve": approve, "checks": checks(unmet), "words": "经审核" });
        centre.post(&format!("{path}/decide"), &verdict(Some(Check::Funds), true)).await.refused(422, "check-unmet");
        centre.post(&format!("{path}/decide"), &verdict(Some(Check::Funds), false)).await.expect(200);
        centre.post(&format!("{path}/decide"), &verdict(None, true)).await.refused(422, "already-decided");
        let refused = department.get("/api/v1/admission/requests?state=refused").await.expect(200).json();
        assert_eq!(refused["items"][0]["verdict"]["checks"][5]["met"], false, "the record of the refusal says which check");

        let asked = department.post("/api/v1/admission/requests", &ask(&list, checks(None))).await.expect(201).json();
        let path = format!("/api/v1/admission/requests/{}", asked["id"].as_str().unwrap());
        centre.post(&format!("{path}/decide"), &verdict(None, true)).await.expect(200);
        let entered = in_force(&centre).await.into_iter().find(|i| i["name"] == "路灯巡查").unwrap();
        // The community asks for its exit, which the district grants from next week on.
        let desk = app.login_as("community-desk", COMMUNITY).await;
        let wish = json!({ "kind": "exit", "item": entered["id"], "because": "beyond_ability", "reason": "夜间无人" });
        let asked = desk.post("/api/v1/admission/requests", &wish).await.expect(201).json();
        let other = app.login_as("street-desk", OTHER_STREET).await;
        let seen = other.get("/api/v1/admission/requests").await.expect(200).json();
        assert!(seen["items"].as_array().unwrap().is_empty(), "requests of other streets are not one's own");
        let path = format!("/api/v1/admission/requests/{}/decide", asked["id"].as_str().unwrap());
        let next_week = app.now().plus_days(7);
        centre.post(&path, &json!({ "approve": true, "words": "同意退出", "effective_at": next_week })).await.expect(200);
        assert_eq!(in_force(&centre).await.len(), 44);
        app.clock.advance(7 * 24 * 3_600_000);
        assert_eq!(in_force(&centre).await.len(), 43);
    }

    async fn nobody_decides_what_he_asked_for(engine: Engine) {
        let app = TestApp::new(engine).await.with_town().await;
        let both = app.login_with(&[("district-dispatch", DISTRICT), ("community-desk", COMMUNITY)], None).await;
        let list = draft(&both, "第一批", ITEMS).await;
        both.post(&format!("/api/v1/admission/lists/{list}/approve"), &json!({})).await.expect(200);
        let item = in_force(&both).await[0]["id"].clone();
        let wish = json!({ "kind": "exit", "item": item, "because": "no_longer_fit", "reason": "已由部门承担" });
        let asked = both.post("/api/v1/admission/requests", &wish).await.expect(201).json();
        let path = format!("/api/v1/admission/requests/{}", asked["id"].as_str().unwrap());
        both.post(&format!("{path}/decide"), &json!({ "approve": true, "words": "同意" })).await.refused(422, "own-request");
        both.post(&format!("{path}/withdraw"), &json!({})).await.expect(200);
    }

    async fn a_burden_goes_beyond_an_item_that_is_or_was_in_force(engine: Engine) {
        let app = TestApp::new(engine).await.with_town().await;
        let (worker, centre) = (app.login_as("grid-worker", GRID).await, app.login_as("district-dispatch", DISTRICT).await);
        let about = app.org.directory().value.unit_by_code("D-ROADS").unwrap().id;
        let about = |item: &Value| json!({ "about": about, "kind": "unlisted", "words": "清单外的活", "item": item });
        let nothing = json!("01957f00-0000-7000-8000-00000000dead");
        assert_eq!(worker.post("/api/v1/burdens", &about(&nothing)).await.expect(400).json()["fields"][0]["code"], "not-in-force");
        let list = draft(&centre, "第一批", ITEMS).await;
        let item = centre.get(&format!("/api/v1/admission/lists/{list}")).await.expect(200).json()["items"][0]["id"].clone();
        assert!(item.is_string(), "a draft shows its items");
        worker.post("/api/v1/burdens", &about(&item)).await.expect(400);
        centre.post(&format!("/api/v1/admission/lists/{list}/approve"), &json!({})).await.expect(200);
        let made = worker.post("/api/v1/burdens", &about(&item)).await.expect(201).json();
        assert_eq!(made["item"], item);
    }

    async fn a_burden_is_made_known_corrected_and_judged_again(engine: Engine) {
        let app = TestApp::new(engine).await.with_town().await;
        let worker = app.login_as("grid-worker", GRID).await;
        let (supervisor, department) = (app.login_as("supervisor", DISTRICT).await, app.login_as("department-desk", DEPARTMENT).await);
        let about = app.org.directory().value.unit_by_code("D-ROADS").unwrap().id;
        let form = json!({ "about": about, "kind": "forms", "words": "每天重复填三张表，电话13800138000", "unnamed": true });
        let made = worker.post("/api/v1/burdens", &form).await.expect(201).json();
        assert!(!made.to_string().contains("13800138000"));
        let path = format!("/api/v1/burdens/{}", made["id"].as_str().unwrap());
        department.get(&path).await.expect(404);
        department.post(&format!("{path}/plan"), &json!({ "version": 1, "words": "整改" })).await.expect(404);
        let told = json!({ "version": 1, "words": "请核减报表", "reply_by": app.now().plus_days(5) });
        supervisor.post(&format!("{path}/notify"), &told).await.expect(200);
        let seen = department.get(&path).await.expect(200).json();
        assert_eq!((seen["from"].as_str(), seen["history"][0]["who"].as_str()), (Some(""), Some("")), "the complainer is not named");
        assert_eq!(worker.get(&path).await.expect(200).json()["from"], "1号格");
        app.clock.advance(6 * 24 * 3_600_000);
        assert_eq!(supervisor.get(&path).await.expect(200).json()["late"], true);
        department.post(&format!("{path}/plan"), &json!({ "version": 2, "words": "合并为一张" })).await.expect(200);
        department.post(&format!("{path}/corrected"), &json!({ "version": 2, "words": "已合并" })).await.refused(409, "stale");
        department.post(&format!("{path}/corrected"), &json!({ "version": 3, "words": "已合并" })).await.expect(200);
        department.post(&format!("{path}/review"), &json!({ "version": 4, "words": "好", "satisfied": true })).await.expect(403);
        let unhappy = json!({ "version": 4, "words": "还要填", "satisfied": false });
        assert_eq!(worker.post(&format!("{path}/review"), &unhappy).await.expect(200).json()["state"], "correcting");
        department.post(&format!("{path}/corrected"), &json!({ "version": 5, "words": "已取消" })).await.expect(200);
        let happy = json!({ "version": 6, "words": "确已取消", "satisfied": true });
        let closed = worker.post(&format!("{path}/review"), &happy).await.expect(200).json();
        assert_eq!((closed["state"].as_str(), closed["rounds"].as_i64()), (Some("closed"), Some(1)));
        supervisor.post(&format!("{path}/dismiss"), &json!({ "version": 7, "words": "不成立" })).await.refused(422, "burden-not-now");
        let street = app.login_as("street-desk", STREET).await;
        assert_eq!(street.get("/api/v1/burdens").await.expect(200).json()["items"].as_array().unwrap().len(), 1);
        let far = app.login_as("street-desk", OTHER_STREET).await;
        assert!(far.get("/api/v1/burdens").await.expect(200).json()["items"].as_array().unwrap().is_empty());
    }

    async fn a_burden_that_is_not_answered_in_time_is_told_once(engine: Engine) {
        let app = TestApp::new(engine).await.with_town().await;
        let worker = app.login_as("grid-worker", GRID).await;
        let (supervisor, department) = (app.login_as("supervisor", DISTRICT).await, app.login_as("department-desk", DEPARTMENT).await);
        let about = app.org.directory().value.unit_by_code("D-ROADS").unwrap().id;
        let mut paths = vec![];
        for words in ["每天重复填三张表", "每周拍照留痕"] {
            let form = json!({ "about": about, "kind": "forms", "words": words });
            let made = worker.post("/api/v1/burdens", &form).await.expect(201).json();
            let path = format!("/api/v1/burdens/{}", made["id"].as_str().unwrap());
            let told = json!({ "version": 1, "words": "请核减", "reply_by": app.now().plus_days(5) });
            supervisor.post(&format!("{path}/notify"), &told).await.expect(200);
            paths.push(path);
        }
        // One of them is answered in time.
        department.post(&format!("{}/corrected", paths[1]), &json!({ "version": 2, "words": "已取消" })).await.expect(200);
        let run = async || crate::work::worker(&app.app).run_due().await.unwrap();
        let told = async || {
            let mut counts = vec![];
            for who in [&worker, &department, &supervisor] {
                let all = who.get("/api/v1/notices").await.expect(200).json();
                counts.push(all["items"].as_array().unwrap().iter().filter(|n| n["kind"] == "burden-overdue").count());
            }
            counts
        };
        app.clock.advance(5 * 24 * 3_600_000 - 1);
        run().await;
        assert_eq!(told().await, [0, 0, 0]);
        app.clock.advance(1);
        run().await;
        app.clock.advance(24 * 3_600_000);
        run().await;
        assert_eq!(told().await, [1, 1, 1]);
    }
}
