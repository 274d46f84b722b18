//! What the administrators do.

use db::{bind, sql};
use kernel::Id;
use serde_json::json;
use testkit::Engine;
use uuid::Uuid;

use crate::{
    modules::access::{audit::Audit, limits, store},
    testing::{Client, TestApp},
};

testkit::both! {
    async fn the_three_administrators_exclude_one_another_in_the_database(engine: Engine) {
        let app = TestApp::new(engine).await;
        let security = app.login_as("security-admin", "/").await;
        let other = app.account(&[("system-admin", "/")], None).await;
        let grants = format!("/api/v1/accounts/{other}/grants");
        let grant = |role: &str, path: &str| json!({"role": role, "path": path});
        for office in ["security-admin", "audit-admin"] {
            security.post(&grants, &grant(office, "/")).await.refused(422, "offices-exclude");
            security.post(&grants, &grant(office, "/990101/")).await.refused(422, "offices-exclude");
        }
        security.post(&grants, &grant("street-desk", "/990101/990101001/")).await.expect(201);
        security.post(&grants, &grant("street-desk", "/990101/990101001/")).await.refused(422, "granted-already");
        security.post(&grants, &grant("street-desk", "990101")).await.refused(400, "invalid");
        security.post(&grants, &grant("king", "/")).await.refused(400, "invalid");
        security.post(&grants, &grant("audit-admin", "/990101/990101001/")).await.refused(400, "invalid");
        // Whoever writes the row by hand meets the same wall, whatever is put into the column that guards it.
        for office in [Some(other), None, Some(Uuid::from_u128(7))] {
            let mut tx = app.db.begin();
            let statement = sql!(
                "insert into account_role (id, account, role, path, granted_by, granted_at, office_of) values ($1, $2, 'audit-admin', '/x/', $2, 0, $3)"
            );
            assert!(tx.execute(statement, bind![Uuid::from_u128(9), other, office]).await.is_err(), "{office:?}");
        }
    }

    async fn from_the_first_administrator_to_three(engine: Engine) {
        let app = TestApp::new(engine).await;
        let first = app.login_as("system-admin", "/").await;
        let make = async |name: &str| -> Uuid {
            let reply = first.post("/api/v1/accounts", &json!({"username": name, "name": name})).await.expect(201);
            reply.json()["id"].as_str().unwrap().parse().unwrap()
        };
        let (two, three) = (make("two").await, make("three").await);
        let grant = async |who: &crate::testing::Client, account: Uuid, role: &str| {
            who.post(&format!("/api/v1/accounts/{account}/grants"), &json!({"role": role, "path": "/"})).await
        };
        grant(&first, first.account, "street-desk").await.refused(422, "not-to-yourself");
        grant(&first, two, "security-admin").await.expect(201);
        grant(&first, three, "audit-admin").await.refused(422, "not-your-office");
        let security = app.login_as("security-admin", "/").await;
        grant(&security, three, "audit-admin").await.expect(201);
        first.post("/api/v1/accounts", &json!({"username": "TWO", "name": "x"})).await.refused(422, "account-exists");
        first.post("/api/v1/accounts", &json!({"username": "x y", "name": "x"})).await.refused(400, "invalid");
        let link = first.post(&format!("/api/v1/accounts/{two}/link"), &json!({})).await.expect(201).json();
        assert!(link["path"].as_str().unwrap().starts_with("/c/#/link/"));
        first.post(&format!("/api/v1/accounts/{three}/disable"), &json!({})).await.refused(422, "last-of-office");
    }

    async fn disabling_an_account_ends_its_sessions_and_tokens_at_once(engine: Engine) {
        let app = TestApp::new(engine).await;
        let admin = app.login_as("system-admin", "/").await;
        let browser = app.browse_as("street-desk", "/990101/").await;
        let token = app.login_as("street-desk", "/990101/").await;
        for client in [&browser, &token] {
            client.get("/api/v1/session").await.expect(200);
            admin.post(&format!("/api/v1/accounts/{}/disable", client.account), &json!({})).await.expect(200);
            client.get("/api/v1/session").await.refused(401, "unauthenticated");
            admin.post(&format!("/api/v1/accounts/{}/enable", client.account), &json!({})).await.expect(200);
        }
        browser.get("/api/v1/session").await.refused(401, "unauthenticated");
        token.get("/api/v1/session").await.expect(200);
        admin.post(&format!("/api/v1/accounts/{}/disable", Uuid::from_u128(1)), &json!({})).await.refused(404, "not-found");
    }

    async fn a_role_that_is_taken_back_or_over_is_gone(engine: Engine) {
        let app = TestApp::new(engine).await;
        let security = app.login_as("security-admin", "/").await;
        let desk = app.login_as("street-desk", "/990101/990101001/").await;
        let permissions = async || desk.get("/api/v1/session").await.expect(200).json()["permissions"].as_array().unwrap().len();
        let before = permissions().await;
        let until = app.now().plus_minutes(60).to_string();
        let path = format!("/api/v1/accounts/{}/grants", desk.account);
        security.post(&path, &json!({"role": "audit-admin", "path": "/", "until": until})).await.expect(201);
        assert!(permissions().await > before);
        app.clock.advance(60 * 60_000);
        assert_eq!(permissions().await, before);
        let view = security.get(&format!("/api/v1/accounts/{}", desk.account)).await.expect(200).json();
        let street = view["grants"].as_array().unwrap().iter().find(|g| g["role"] == "street-desk").unwrap()["id"].clone();
        security.delete(&format!("{path}/{}", street.as_str().unwrap())).await.expect(200);
        assert_eq!(permissions().await, 0);
        security.delete(&format!("{path}/{}", street.as_str().unwrap())).await.refused(404, "not-found");
    }

    async fn accounts_are_found_by_every_filter(engine: Engine) {
        let app = TestApp::new(engine).await;
        let admin = app.login_as("system-admin", "/").await;
        for n in 0..7 {
            app.clock.advance(1_000);
            let role = if n % 2 == 0 { "street-desk" } else { "call-back" };
            app.account(&[(role, "/990101/")], None).await;
        }
        let list = async |query: &str| {
            let page = admin.get(&format!("/api/v1/accounts?{query}")).await.expect(200).json();
            let names: Vec<String> = page["items"].as_array().unwrap().iter().map(|a| a["username"].as_str().unwrap().to_owned()).collect();
            (names, page["next"].as_str().map(str::to_owned))
        };
        assert_eq!(list("").await.0.len(), 8);
        assert_eq!(list("q=STREET").await.0.len(), 4);
        assert_eq!(list("role=call-back").await.0.len(), 3);
        assert_eq!(list("q=street&role=call-back").await.0.len(), 0);
        assert_eq!(list("q=%25").await.0.len(), 8, "a wild card is no wild card");
        let (mut seen, mut next) = (Vec::new(), Some(String::new()));
        while let Some(cursor) = next {
            let (names, more) = list(&format!("limit=3{}", if cursor.is_empty() { cursor } else { format!("&cursor={cursor}") })).await;
            seen.extend(names);
            next = more;
        }
        assert_eq!(seen, list("").await.0);
        admin.get("/api/v1/accounts?cursor=x").await.refused(400, "invalid");
        app.login_as("street-desk", "/").await.get("/api/v1/accounts").await.refused(403, "forbidden");
    }

    async fn own_tokens(engine: Engine) {
        let app = TestApp::new(engine).await;
        let desk = app.browse_as("street-desk", "/990101/").await;
        desk.post("/api/v1/account/tokens", &json!({"name": "export", "days": 400})).await.refused(400, "invalid");
        let made = desk.post("/api/v1/account/tokens", &json!({"name": "export", "days": 1})).await.expect(201).json();
        let bearer = format!("Bearer {}", made["token"].as_str().unwrap());
        let program = app.visitor().with(axum::http::header::AUTHORIZATION, &bearer);
        assert_eq!(program.get("/api/v1/session").await.expect(200).json()["account"], json!(desk.account));
        assert_eq!(desk.get("/api/v1/account/tokens").await.expect(200).json()[0]["name"], "export");
        let other = app.login_as("street-desk", "/").await;
        let one = format!("/api/v1/account/tokens/{}", made["id"].as_str().unwrap());
        other.delete(&one).await.refused(404, "not-found");
        desk.delete(&one).await.expect(200);
        program.get("/api/v1/session").await.refused(401, "unauthenticated");
    }

    async fn limits_are_settings(engine: Engine) {
        let app = TestApp::new(engine).await;
        let admin = app.login_as("system-admin", "/").await;
        let seen = async |admin: &Client| {
            let all = admin.get("/api/v1/settings").await.expect(200).json();
            all.as_array().unwrap().iter().find(|s| s["name"] == "limit.lookup").cloned().unwrap()
        };
        let taken = || (0..50).filter(|_| limits::take(&app, "lookup", "here").is_ok()).count();
        assert_eq!(taken(), 5);
        let set = |value: serde_json::Value| json!({"value": value, "reason": "drill"});
        admin.put("/api/v1/settings/limit.lookup", &set(json!("off"))).await.expect(200);
        assert_eq!(taken(), 50);
        admin.put("/api/v1/settings/limit.lookup", &set(json!({"per_hour": 0}))).await.expect(200);
        app.clock.advance(3_600_000);
        assert_eq!(taken(), 1);
        admin.put("/api/v1/settings/limit.lookup", &set(json!("none"))).await.refused(400, "invalid");
        admin.put("/api/v1/settings/limit.none", &set(json!("off"))).await.refused(400, "invalid");
        admin.put("/api/v1/settings/limit.lookup", &json!({"value": "off", "reason": " "})).await.refused(400, "invalid");
        let soon = app.now().plus_minutes(5);
        let body = json!({"value": "off", "reason": "drill", "expires_at": soon});
        admin.put("/api/v1/settings/limit.lookup", &body).await.expect(200);
        assert_eq!(seen(&admin).await["value"], "off");
        assert_eq!(taken(), 50);
        app.clock.advance(5 * 60_000);
        assert!(taken() < 50);
        assert_eq!(seen(&admin).await, json!({"name": "limit.lookup", "value": {"per_hour": 5}, "default": {"per_hour": 5}, "limited": false, "set": null}));
    }

    async fn what_the_law_limits_is_opened_with_a_reason_and_an_end(engine: Engine) {
        const NAME: &str = "/api/v1/settings/incidents.result_photos";
        // Monday, 10 March 2025, ten o'clock.
        let app = TestApp::new(engine).await;
        let admin = app.login_as("system-admin", "/").await;
        let seen = async || {
            let all = admin.get("/api/v1/settings").await.expect(200).json();
            let found = all.as_array().unwrap().iter().find(|s| s["name"] == "incidents.result_photos").unwrap();
            assert_eq!((&found["limited"], &found["default"]), (&json!(true), &json!(false)));
            found.clone()
        };
        let open = |until: Option<&str>, reason: &str| json!({"value": true, "reason": reason, "expires_at": until});
        let wrong = async |body: serde_json::Value| {
            let problem = admin.put(NAME, &body).await.expect(400).json();
            (problem["fields"][0]["field"].as_str().unwrap().to_owned(), problem["fields"][0]["code"].as_str().unwrap().to_owned())
        };
        let at = |field: &str, code: &str| (field.to_owned(), code.to_owned());
        assert_eq!(wrong(open(None, "专项整治")).await, at("expires_at", "required"));
        assert_eq!(wrong(open(Some("2025-03-10T01:00:00Z"), "专项整治")).await, at("expires_at", "in-the-past"));
        // The last day is 10 March of the next year: it is over at its midnight in the district.
        assert_eq!(wrong(open(Some("2026-03-10T16:00:00.001Z"), "专项整治")).await, at("expires_at", "too-late"));
        assert_eq!(wrong(open(Some("2025-03-12T16:00:00Z"), " ")).await, at("reason", "required"));
        assert_eq!(seen().await["set"], json!(null), "nothing of this was kept");
        // To say that it is off wants no end, as its default does not.
        admin.put(NAME, &json!({"value": false, "reason": "写明不开"})).await.expect(200);
        admin.put(NAME, &open(Some("2026-03-10T16:00:00Z"), "一年")).await.expect(200);
        admin.put(NAME, &open(Some("2025-03-12T16:00:00Z"), "专项整治")).await.expect(200);
        let held = seen().await;
        assert_eq!((&held["value"], &held["set"]["expires_at"]), (&json!(true), &json!("2025-03-12T16:00:00.000Z")));
        app.clock.set("2025-03-12T15:59:59.999Z".parse().unwrap());
        assert_eq!(seen().await["value"], json!(true));
        app.clock.advance(1);
        assert_eq!((&seen().await["value"], &seen().await["set"]), (&json!(false), &json!(null)));
    }

    async fn only_the_audit_administrator_reads_the_record(engine: Engine) {
        let app = TestApp::new(engine).await;
        let auditor = app.login_as("audit-admin", "/").await;
        for role in ["system-admin", "security-admin", "district-dispatch", "supervisor"] {
            app.login_as(role, "/").await.get("/api/v1/audit").await.refused(403, "forbidden");
        }
        let (object, actor) = (Uuid::from_u128(5), kernel::Actor::system());
        for n in 0..6_i64 {
            app.clock.advance(1_000);
            let mut tx = app.db.begin();
            let action = if n % 2 == 0 { "thing.do" } else { "thing.undo" };
            Audit::new(action, "thing", object).under("/x/").with("n", n).record(&mut tx, app.now(), &actor).await.unwrap();
            tx.commit().await.unwrap();
        }
        let list = async |query: &str| auditor.get(&format!("/api/v1/audit?{query}")).await.expect(200).json();
        let count = async |query: &str| list(query).await["items"].as_array().unwrap().len();
        let from = app.now().plus_millis(-2_500).to_string();
        assert_eq!(count(&format!("object={object}")).await, 6);
        assert_eq!(count(&format!("object={object}&action=thing.do")).await, 3);
        assert_eq!(count(&format!("object={object}&from={from}")).await, 3);
        assert_eq!(count(&format!("object={object}&to={from}")).await, 3);
        assert_eq!(count(&format!("actor={}", Uuid::from_u128(6))).await, 0);
        let first = list(&format!("object={object}&limit=4")).await;
        assert_eq!(first["items"][0]["details"], r#"{"n":5}"#);
        assert_eq!(count(&format!("object={object}&limit=4&cursor={}", first["next"].as_str().unwrap())).await, 2);
        // Names of accounts come with the page, of the one who did it and of the one it was done to; the program has none.
        let id = auditor.account;
        let mut tx = app.db.begin();
        Audit::new("account.seen", "account", id).by(&mut tx, app.now(), id, kernel::ActorKind::Person).await.unwrap();
        tx.commit().await.unwrap();
        let named = list(&format!("object={id}&action=account.seen")).await["items"][0].clone();
        let account = auditor.get(&format!("/api/v1/accounts/{id}")).await.expect(200).json();
        assert_eq!((&named["actor_name"], &named["object_name"]), (&account["name"], &account["name"]));
        assert!(account["name"].is_string() && first["items"][0]["actor_name"].is_null());
    }

    async fn people_are_found_by_role_and_place(engine: Engine) {
        let app = TestApp::new(engine).await;
        let person = Id::<()>::new(app.now()).uuid();
        let street = app.account(&[("street-desk", "/1/2/")], Some(person)).await;
        let district = app.account(&[("street-desk", "/")], None).await;
        let mut conn = app.db.read().await.unwrap();
        let mut found = store::accounts_with(&mut conn, "street-desk", "/1/2/3/", app.now()).await.unwrap();
        found.sort_unstable();
        let mut expected = vec![street, district];
        expected.sort_unstable();
        assert_eq!(found, expected);
        assert_eq!(store::accounts_with(&mut conn, "street-desk", "/1/22/", app.now()).await.unwrap(), [district]);
        assert_eq!(store::account_of_person(&mut conn, person).await.unwrap(), Some(street));
    }
}
