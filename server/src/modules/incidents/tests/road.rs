//! The straight road: reported, dispatched, taken on, solved, verified, closed, rated.

use serde_json::{Value, json};
use testkit::Engine;

use crate::{
    modules::incidents::{learn, model::Sure, rules::sent::Sent, search, verify},
    testing::{
        TestApp,
        town::{COMMUNITY, DEPARTMENT, DISTRICT, GRID, HOME, OTHER_STREET, SIBLING, STREET},
    },
};

pub fn report(words: &str, (lon, lat): (f64, f64)) -> Value {
    json!({ "text": words, "lon": lon, "lat": lat, "phone": "140-0000-1234", "name": "叶知秋" })
}

/// Sends a report without a log-in and returns the receipt.
pub async fn send(app: &TestApp, body: &Value) -> Value {
    app.visitor().post("/api/v1/reports", body).await.expect(201).json()
}

testkit::both! {
    async fn a_reporter_reads_who_is_at_work_on_the_case(engine: Engine) {
        let app = TestApp::new(engine).await.with_town().await;
        let receipt = send(&app, &report("楼道灯坏了，单元楼道里的灯不亮", HOME)).await;
        let (id, track) = (receipt["id"].as_str().unwrap(), receipt["track"].as_str().unwrap());
        let desk = app.browse_as("community-desk", COMMUNITY).await;
        let case = desk.get(&format!("/api/v1/incidents/{id}")).await.expect(200).json();
        let task = case["tasks"][0]["id"].as_str().unwrap();
        desk.post(&format!("/api/v1/incidents/{id}/tasks/{task}/accept"), &json!({})).await.expect(200);
        let page = app.visitor().get(&format!("/api/v1/reports/{track}")).await.expect(200).json();
        let by = |what: &str| page["steps"].as_array().unwrap().iter().find(|s| s["what"] == what).unwrap()["by"].clone();
        assert!(by("take_on").as_str().unwrap().starts_with("community-desk"), "{page}");
        assert_eq!((by("report"), by("dispatch")), (Value::Null, Value::Null), "neither the reporter's name nor the program's");
    }

    async fn a_report_becomes_a_closed_and_rated_case(engine: Engine) {
        let app = TestApp::new(engine).await.with_town().await;
        let receipt = send(&app, &report("三单元楼道灯坏了，晚上看不见，我叫王小明，电话13800138000", HOME)).await;
        let (id, track) = (receipt["id"].as_str().unwrap(), receipt["track"].as_str().unwrap());

        // The system located, recognised, gated and dispatched it, and says why.
        let desk = app.login_as("community-desk", COMMUNITY).await;
        let case = desk.get(&format!("/api/v1/incidents/{id}")).await.expect(200).json();
        assert_eq!((case["state"].as_str(), case["matter"]["name"].as_str()), (Some("assigned"), Some("楼道灯不亮")));
        assert_eq!((case["grid"]["code"].as_str(), case["lead"]["unit"].as_str()), (Some("990101001001001"), Some("一社区")));
        assert_eq!((case["light"].as_str(), case["gate"]["class"].as_str()), (Some("green"), Some("own")));
        let because: Vec<&Value> = case["reasons"].as_array().unwrap().iter().map(|r| &r["spoken"]).collect();
        assert_eq!(*because[0], json!({ "kind": "classed", "matter": "楼道灯不亮", "matter_en": "Stairwell lamp out", "class": "own", "item": null }));
        let place = json!({ "word": "属地社区", "place": "1号格" });
        assert_eq!(*because[1], json!({ "kind": "responsible", "why": "lead-relative", "names": place }));
        // What was personal is gone from the words and masked beside them.
        assert!(!case["text"].as_str().unwrap().contains("138"));
        assert_eq!((case["reporter"]["name"].as_str(), case["reporter"]["phone"].as_str()), (Some("叶*秋"), Some("140****1234")));

        // Its clocks: one working hour to take it on, eight to solve it, from Monday ten o'clock.
        assert_eq!(case["red_at"].as_str(), Some("2025-03-10T03:00:00.000Z"));
        assert_eq!(case["due_at"].as_str(), Some("2025-03-11T03:00:00.000Z"));

        let task = case["tasks"][0]["id"].as_str().unwrap();
        let taken = desk.post(&format!("/api/v1/incidents/{id}/tasks/{task}/accept"), &json!({})).await.expect(200).json();
        assert_eq!(taken["state"].as_str(), Some("in_progress"));
        let done = json!({ "result": "solved", "public_reply": "已更换灯泡，请放心出入。", "note": "备件一只" });
        let solved = desk.post(&format!("/api/v1/incidents/{id}/tasks/{task}/done"), &done).await.expect(200).json();
        assert_eq!((solved["state"].as_str(), solved["light"].as_str()), (Some("resolved"), Some("none")));

        // Nobody verifies what he handled; a colleague does.
        desk.post(&format!("/api/v1/incidents/{id}/verify"), &json!({ "passed": true })).await.refused(422, "handler-may-not-verify");
        let colleague = app.login_as("community-desk", COMMUNITY).await;
        colleague.post(&format!("/api/v1/incidents/{id}/verify"), &json!({ "passed": true })).await.expect(200);
        let closed = colleague.post(&format!("/api/v1/incidents/{id}/close"), &json!({})).await.expect(200).json();
        assert_eq!(closed["state"].as_str(), Some("closed"));

        // The reporter reads the answer by the link, and rates once.
        let page = app.visitor().get(&format!("/api/v1/reports/{track}")).await.expect(200).json();
        // What the program says can be said in another language; what people wrote stays as they wrote it.
        let step = |page: &Value, what: &str| page["steps"].as_array().unwrap().iter().find(|s| s["what"] == what).unwrap().clone();
        assert_eq!(step(&page, "dispatch")["words"], "主办：一社区；协办：一号物业");
        assert_eq!(step(&page, "dispatch")["spoken"], json!({ "kind": "led", "lead": "一社区", "helpers": ["一号物业"] }));
        let resolved = step(&page, "resolve");
        assert_eq!((resolved["words"].as_str(), &resolved["spoken"]), (Some("已更换灯泡，请放心出入。"), &Value::Null));
        assert_eq!((page["state"].as_str(), page["may_rate"].as_bool()), (Some("closed"), Some(true)));
        assert!(!page.to_string().contains("备件"), "an internal note is not public");
        let rating = json!({ "contacted": true, "solved": "yes", "satisfied": "yes" });
        app.visitor().post(&format!("/api/v1/reports/{track}/rating"), &rating).await.expect(200);
        app.visitor().post(&format!("/api/v1/reports/{track}/rating"), &rating).await.refused(422, "already-rated");
        let page = app.visitor().get(&format!("/api/v1/reports/{track}")).await.expect(200).json();
        let rated = json!({ "kind": "rated", "contacted": true, "solved": "yes", "satisfied": "yes" });
        assert_eq!((&step(&page, "rate")["words"], &step(&page, "rate")["spoken"]), (&json!("已联系，解决了，满意"), &rated));
        assert_eq!(verify::clocks(&app).await.unwrap().differences, 0);
    }

    async fn each_sees_only_what_is_his(engine: Engine) {
        let app = TestApp::new(engine).await.with_town().await;
        let own = send(&app, &report("楼道灯坏了，单元楼道里的灯不亮", HOME)).await;
        let sent_to_roads = send(&app, &report("马路路灯不亮，街上路灯坏了一排", HOME)).await;
        let id = |r: &Value| r["id"].as_str().unwrap().to_owned();
        let cells = [
            ("grid-worker", GRID, true),
            ("community-desk", COMMUNITY, true),
            ("community-desk", SIBLING, false),
            ("street-desk", STREET, true),
            ("street-desk", OTHER_STREET, false),
            ("district-dispatch", DISTRICT, true),
            ("department-desk", DEPARTMENT, false),
        ];
        for (role, path, sees) in cells {
            let client = app.login_as(role, path).await;
            let status = if sees { 200 } else { 404 };
            client.get(&format!("/api/v1/incidents/{}", id(&own))).await.expect(status);
            let list = client.get("/api/v1/incidents").await.expect(200).json();
            let listed = list["items"].as_array().unwrap().iter().any(|i| i["id"] == own["id"]);
            assert_eq!(listed, sees, "{role} {path}");
        }
        // A department sees the cases that it has a task of, wherever they lie.
        let roads = app.login_as("department-desk", DEPARTMENT).await;
        roads.get(&format!("/api/v1/incidents/{}", id(&sent_to_roads))).await.expect(200);
        let list = roads.get("/api/v1/incidents").await.expect(200).json();
        assert_eq!(list["items"].as_array().unwrap().len(), 1);
        let inbox = roads.get("/api/v1/inbox").await.expect(200).json();
        assert_eq!(inbox["items"][0]["task"]["unit"]["name"].as_str(), Some("区市政中心"));
    }

    async fn a_command_is_taken_once(engine: Engine) {
        let app = TestApp::new(engine).await.with_town().await;
        let (visitor, body) = (app.visitor(), report("楼道灯坏了，楼梯间照明坏了", HOME));
        let key = "6f2b1a7e-1f7e-4a3e-9c1d-0d6a5f3b2c11";
        let first = visitor.post_keyed("/api/v1/reports", &body, key).await.expect(201).json();
        assert_eq!(visitor.post_keyed("/api/v1/reports", &body, key).await.expect(201).json(), first);
        visitor.post_keyed("/api/v1/reports", &report("别的事", HOME), key).await.refused(409, "key-reused");
        visitor.post_keyed("/api/v1/reports", &body, "aaaaaaaaaaaaaaaaaaaaaaaaaaaa").await.refused(422, "idempotency-key-required");
        let desk = app.login_as("community-desk", COMMUNITY).await;
        let list = desk.get("/api/v1/incidents").await.expect(200).json();
        assert_eq!(list["items"].as_array().unwrap().len(), 1);
    }

    async fn statements_stay_within_their_budget(engine: Engine) {
        let app = TestApp::new(engine).await.with_town().await;
        let reply = app.visitor().post("/api/v1/reports", &report("楼道灯坏了，楼道感应灯不亮", HOME)).await;
        assert!(reply.statements() <= 12, "a report costs {}", reply.statements());
        // The emergency itself, the desks that are rung and the jobs that ring them: three more, which travel with the rest.
        let reply = app.visitor().post("/api/v1/reports", &report("路面突然塌陷出现大坑，路塌了一个洞", HOME)).await.expect(201);
        assert!(!reply.json()["emergency_numbers"].as_array().unwrap().is_empty(), "it is an emergency");
        assert!(reply.statements() <= 15, "an emergency costs {}", reply.statements());
        let desk = app.login_as("district-dispatch", DISTRICT).await;
        let reply = desk.get("/api/v1/incidents?state=open&light=green&limit=100").await;
        assert!(reply.statements() <= 6, "a page costs {}", reply.statements());
    }

    async fn words_are_found_and_pages_go_on(engine: Engine) {
        let app = TestApp::new(engine).await.with_town().await;
        for n in 0..5 {
            app.clock.advance(1_000);
            send(&app, &report(&format!("{n}单元楼道灯坏了，单元楼道里的灯不亮"), HOME)).await;
        }
        send(&app, &report("消防通道被车堵了，消防车道停满车", HOME)).await;
        while search::index(&app).await.unwrap() > 0 {}
        let desk = app.login_as("district-dispatch", DISTRICT).await;
        let count = async |q: &str| {
            let list = desk.get(&format!("/api/v1/incidents?q={q}")).await.expect(200).json();
            list["items"].as_array().unwrap().len()
        };
        // 楼道, 消防, 车 (one character, by prefix), and a word that is not there.
        assert_eq!(count("%E6%A5%BC%E9%81%93").await, 5);
        assert_eq!(count("%E6%B6%88%E9%98%B2").await, 1);
        assert_eq!(count("%E8%BD%A6").await, 1);
        assert_eq!(count("%E7%94%B5%E6%A2%AF").await, 0);
        let mut seen = vec![];
        let mut path = "/api/v1/incidents?limit=2".to_owned();
        loop {
            let page = desk.get(&path).await.expect(200).json();
            seen.extend(page["items"].as_array().unwrap().iter().map(|i| i["code"].as_str().unwrap().to_owned()));
            let Some(next) = page["next"].as_str() else { break };
            path = format!("/api/v1/incidents?limit=2&cursor={next}");
        }
        assert_eq!(seen.len(), 6);
        seen.dedup();
        assert_eq!(seen.len(), 6, "no case stands on two pages");
        // The other way round, page by page, and of several states at once.
        for (asked, n) in [("", 6), ("&state=open", 6), ("&state=received,assigned,assigned", 6), ("&state=closed", 0)] {
            let mut back = vec![];
            let mut path = format!("/api/v1/incidents?sort=oldest&limit=2{asked}");
            loop {
                let page = desk.get(&path).await.expect(200).json();
                back.extend(page["items"].as_array().unwrap().iter().map(|i| i["code"].as_str().unwrap().to_owned()));
                let Some(next) = page["next"].as_str() else { break };
                path = format!("/api/v1/incidents?sort=oldest&limit=2{asked}&cursor={next}");
            }
            back.reverse();
            assert_eq!(back, seen[..n], "{asked}");
        }
    }

    /// What nobody has a clock for is found by how long it waits, which the time left does not show.
    async fn what_waits_without_a_clock_comes_first_by_age(engine: Engine) {
        let app = TestApp::new(engine).await.with_town().await;
        let vague = send(&app, &report("那边有点事情，麻烦来人看看", HOME)).await;
        app.clock.advance(60_000);
        send(&app, &report("楼道灯坏了，单元楼道里的灯不亮", HOME)).await;
        let desk = app.login_as("district-dispatch", DISTRICT).await;
        let first = async |sort: &str| {
            let list = desk.get(&format!("/api/v1/incidents?state=open&sort={sort}")).await.expect(200).json();
            (list["items"][0]["code"].clone(), list["items"][0]["red_at"].clone(), list["items"].as_array().unwrap().len())
        };
        assert_eq!(first("oldest").await, (vague["code"].clone(), Value::Null, 2));
        assert_ne!(first("time_left").await.0, vague["code"]);
    }

    async fn every_filter_and_order_runs(engine: Engine) {
        let app = TestApp::new(engine).await.with_town().await;
        send(&app, &report("楼道灯坏了，单元楼道里的灯不亮", HOME)).await;
        let desk = app.login_as("community-desk", COMMUNITY).await;
        let filters = [
            "state=open", "state=assigned,closed", "light=green", "light=yellow", "light=red", "light=paused", "light=none",
            "grid=990101001001001", "matter=%E8%B7%AF%E7%81%AF%E4%B8%8D%E4%BA%AE", "unit=990101001001", "channel=web", "attention=any",
            "attention=no-grid", "q=C20250310-0001", "q=%E6%A5%BC%E9%81%93", "from=2025-01-01T00:00:00Z", "to=2026-01-01T00:00:00Z",
            "frozen=2025-02", "frozen=2025-02&figure=filed",
        ];
        let span = "sent_from=2025-01-01T00:00:00Z&sent_until=2026-01-01T00:00:00Z";
        let who = "00000000-0000-0000-0000-000000000000";
        let sent = Sent::ALL.iter().flat_map(|what| {
            ["", &format!("&sent_by={who}"), &format!("&sent_to={who}"), "&sent_for=other"].map(|more| format!("sent={what}&{span}{more}"))
        });
        let filters: Vec<String> = filters.map(str::to_owned).into_iter().chain(sent).collect();
        for filter in filters {
            for sort in ["newest", "time_left", "oldest"] {
                let path = format!("/api/v1/incidents?{filter}&sort={sort}&limit=1");
                let page = desk.get(&path).await.expect(200).json();
                if let Some(next) = page["next"].as_str() {
                    desk.get(&format!("{path}&cursor={next}")).await.expect(200);
                }
            }
            desk.get(&format!("/api/v1/incidents/counts?{filter}")).await.expect(200);
        }
        let counts = desk.get("/api/v1/incidents/counts").await.expect(200).json();
        assert_eq!((counts["states"]["assigned"].as_i64(), counts["lights"]["green"].as_i64()), (Some(1), Some(1)));
        for bad in ["state=sleeping", "grid=990101009999999", "matter=none", "sort=colour", "cursor=xyz", "limit=x", "sent=back", "sent=back&sent_from=2025-01-01T00:00:00Z", "sent=back&sent_until=2025-01-01T00:00:00Z", "sent_for=other", span] {
            desk.get(&format!("/api/v1/incidents?{bad}")).await.expect(400);
        }
    }

    async fn a_correction_is_learnt(engine: Engine) {
        let app = TestApp::new(engine).await.with_town().await;
        let words = "门口感应装置失灵黑漆漆一片摸不到钥匙孔";
        let desk = app.login_as("district-intake", DISTRICT).await;
        let before = app.incidents.recognise(Sure::default(), &app.catalogue.get().value, words, None).unwrap();
        let truth = ["楼道灯不亮", "路灯不亮"].map(|name| app.matter(name)).into_iter().find(|m| Some(*m) != before.matter).unwrap();
        for _ in 0..4 {
            let receipt = send(&app, &report(words, HOME)).await;
            let body = json!({ "matter": truth.to_string() });
            desk.post(&format!("/api/v1/incidents/{}/accept", receipt["id"].as_str().unwrap()), &body).await.expect(200);
        }
        assert!(learn::learn(&app).await.unwrap() > 0);
        app.refresh().await.unwrap();
        let after = app.incidents.recognise(Sure::default(), &app.catalogue.get().value, words, None).unwrap();
        assert_eq!(after.matter, Some(truth));
        assert_eq!(learn::learn(&app).await.unwrap(), 0, "a correction is learnt once");
    }
}
