//! A partner unit does its task by a link.

use serde_json::{Value, json};
use testkit::Engine;

use super::road::{report, send};
use crate::{
    modules::incidents::actions::{self, Ground},
    testing::{
        Client, TestApp,
        town::{COMMUNITY, DISTRICT, GRID, HOME, OTHER_STREET, STREET},
    },
};

const DAY: i64 = 24 * 60 * 60 * 1_000;
const KEY: &str = "6f2b1a7e-1f7e-4a3e-9c1d-0d6a5f3b2c17";

/// A case whose lead has taken on and whose helper is a partner unit: the desk, the reporter's link, the lead's and the helper's task.
async fn helped(app: &TestApp) -> (Client, Value, String, String) {
    let receipt = send(app, &report("楼道灯坏了，单元楼道里的灯不亮", HOME)).await;
    let path = format!("/api/v1/incidents/{}", receipt["id"].as_str().unwrap());
    let desk = app.login_as("community-desk", COMMUNITY).await;
    let case = desk.get(&path).await.expect(200).json();
    let task = |unit: &str| {
        let all = case["tasks"].as_array().unwrap();
        let one = all.iter().find(|t| t["unit"]["name"] == unit).unwrap_or_else(|| panic!("{unit}: {all:?}"));
        format!("{path}/tasks/{}", one["id"].as_str().unwrap())
    };
    let (lead, helper) = (task("一社区"), task("一号物业"));
    desk.post(&format!("{lead}/accept"), &json!({})).await.expect(200);
    (desk, receipt, lead, helper)
}

async fn link(desk: &Client, task: &str, body: &Value) -> String {
    let made = desk.post(&format!("{task}/link"), body).await.expect(201).json();
    let secret = made["secret"].as_str().unwrap();
    assert_eq!(made["path"].as_str(), Some(format!("/m/t/{secret}").as_str()));
    format!("/api/v1/partner/{secret}")
}

testkit::both! {
    async fn whoever_holds_the_link_does_that_task_and_sees_no_reporter(engine: Engine) {
        let app = TestApp::new(engine).await.with_town().await;
        let (desk, receipt, lead, helper) = helped(&app).await;
        desk.post(&format!("{lead}/link"), &json!({})).await.refused(422, "not-by-link");
        app.login_as("community-desk", OTHER_STREET).await.post(&format!("{helper}/link"), &json!({})).await.expect(404);
        desk.post(&format!("{helper}/link"), &json!({ "days": 15 })).await.expect(400);

        let page = link(&desk, &helper, &json!({})).await;
        let holder = app.visitor();
        let seen = holder.get(&page).await.expect(200);
        let (text, seen) = (seen.text(), seen.json());
        assert_eq!((seen["unit"].as_str(), &seen["may"]), (Some("一号物业"), &json!(["accept"])));
        assert_eq!(seen["grid"]["code"].as_str(), Some("990101001001001"));
        for never in ["1234", "叶", "address", "reporter", "lon"] {
            assert!(!text.contains(never), "{never}: {text}");
        }
        holder.post(&format!("{page}/done"), &json!({ "note": "好了" })).await.refused(422, "not-in-this-state");
        let taken = holder.post(&format!("{page}/accept"), &json!({})).await.expect(200).json();
        assert_eq!((taken["state"].as_str(), &taken["may"]), (Some("accepted"), &json!(["done", "note"])));
        holder.post(&format!("{page}/note"), &json!({ "text": "已到现场", "public": true })).await.expect(200);
        let done = holder.post_keyed(&format!("{page}/done"), &json!({ "note": "线路已修" }), KEY).await.expect(200).json();
        assert_eq!((done["state"].as_str(), &done["may"]), (Some("done"), &json!([])));

        let links = desk.get(&format!("{helper}/links")).await.expect(200).json();
        assert_eq!((links["items"][0]["state"].as_str(), links["items"][0]["acted_at"].is_string()), (Some("used"), true));
        // The link ends with its task; only the answer that was given is given again.
        holder.get(&page).await.expect(404);
        holder.post(&format!("{page}/note"), &json!({ "text": "还有" })).await.expect(404);
        let again = holder.post_keyed(&format!("{page}/done"), &json!({ "note": "线路已修" }), KEY).await.expect(200).json();
        assert_eq!(again, done);

        let case = desk.get(lead.split("/tasks/").next().unwrap()).await.expect(200).json();
        let by_link = case["steps"].as_array().unwrap().iter().filter(|s| s["actor"] == "一号物业").count();
        assert_eq!(by_link, 3, "{}", case["steps"]);
        let track = app.visitor().get(&format!("/api/v1/reports/{}", receipt["track"].as_str().unwrap())).await.expect(200).text();
        assert!(!track.contains("已到现场"), "what the partner notes is the desk's to tell");
        let audit = app.login_as("audit-admin", DISTRICT).await.get("/api/v1/audit?limit=100").await.expect(200).text();
        assert!(audit.contains("\"link\"") && audit.contains("task.link"), "{audit}");
    }

    async fn a_link_is_used_only_when_it_ended_its_task(engine: Engine) {
        let app = TestApp::new(engine).await.with_town().await;
        let visitor = app.visitor();
        let states = async |desk: &Client, task: &str| {
            let links = desk.get(&format!("{task}/links")).await.expect(200).json()["items"].as_array().unwrap().clone();
            links.iter().map(|l| (l["state"].as_str().unwrap().to_owned(), l["acted_at"].is_string())).collect::<Vec<_>>()
        };
        let stood = |list: &[(&str, bool)]| list.iter().map(|(state, acted)| ((*state).to_owned(), *acted)).collect::<Vec<_>>();
        // Taken on by one link and ended by the next: the first was replaced, the second used, also when its time is over.
        let (desk, _, _, helper) = helped(&app).await;
        let first = link(&desk, &helper, &json!({})).await;
        visitor.post(&format!("{first}/accept"), &json!({})).await.expect(200);
        assert_eq!(states(&desk, &helper).await, stood(&[("valid", true)]));
        app.clock.advance(1);
        let second = link(&desk, &helper, &json!({ "days": 1 })).await;
        assert_eq!(states(&desk, &helper).await, stood(&[("valid", false), ("revoked", true)]));
        visitor.post(&format!("{second}/done"), &json!({ "note": "线路已修" })).await.expect(200);
        app.clock.advance(DAY);
        assert_eq!(states(&desk, &helper).await, stood(&[("used", true), ("revoked", true)]));
        // Something was done by it, but the task was taken back by a desk: over, and not used.
        let (desk, receipt, _, helper) = helped(&app).await;
        let page = link(&desk, &helper, &json!({})).await;
        visitor.post(&format!("{page}/accept"), &json!({})).await.expect(200);
        visitor.post(&format!("{page}/note"), &json!({ "text": "已到现场" })).await.expect(200);
        let case = format!("/api/v1/incidents/{}", receipt["id"].as_str().unwrap());
        desk.post(&format!("{case}/escalate"), &json!({ "reason": "需街道协调" })).await.expect(200);
        let other = app.org.directory().value.unit_by_code("S001-LAW").unwrap().id.to_string();
        let street = app.login_as("street-desk", STREET).await;
        street.post(&format!("{case}/dispatch"), &json!({ "unit": other, "reason": "由执法队办理" })).await.expect(200);
        assert_eq!(states(&street, &helper).await, stood(&[("over", true)]));
        visitor.get(&page).await.expect(404);
        // One that nobody ever opened ends in the same way.
        let (desk, _, lead, helper) = helped(&app).await;
        link(&desk, &helper, &json!({})).await;
        let case = lead.split("/tasks/").next().unwrap();
        desk.post(&format!("{case}/escalate"), &json!({ "reason": "需街道协调" })).await.expect(200);
        street.post(&format!("{case}/dispatch"), &json!({ "unit": other, "reason": "由执法队办理" })).await.expect(200);
        assert_eq!(states(&street, &helper).await, stood(&[("over", false)]));
    }

    /// Two looks that read the link at the same time are one, kept by whichever is first to write it, and recorded where the case lies.
    async fn a_look_is_kept_once_in_five_minutes_however_many_come_at_once(engine: Engine) {
        let app = TestApp::new(engine).await.with_town().await;
        let (desk, _, _, helper) = helped(&app).await;
        let page = link(&desk, &helper, &json!({})).await;
        let ground = || Ground::of(&app);
        let (stale, actor) = actions::by_link(&mut app.db.read().await.unwrap(), &ground(), page.rsplit('/').next().unwrap()).await.unwrap();
        assert_eq!(stale.opened_at, None);
        let rows = async || {
            let statement = db::sql!("select path as value from audit where action = 'task.link.open' order by at, id");
            app.db.read().await.unwrap().values::<String>(statement, db::bind![]).await.unwrap()
        };
        let opened = async || desk.get(&format!("{helper}/links")).await.expect(200).json()["items"][0]["opened_at"].clone();
        let first = app.now();
        let now = ground();
        let (one, other) = tokio::join!(actions::looked(&app, &now, &stale, &actor), actions::looked(&app, &now, &stale, &actor));
        one.and(other).unwrap();
        assert_eq!((rows().await, opened().await), (vec![GRID.to_owned()], json!(first)));
        app.clock.advance(5 * 60_000 - 1);
        actions::looked(&app, &ground(), &stale, &actor).await.unwrap();
        app.visitor().get(&page).await.expect(200);
        assert_eq!((rows().await.len(), opened().await), (1, json!(first)), "not yet another look");
        app.clock.advance(1);
        actions::looked(&app, &ground(), &stale, &actor).await.unwrap();
        actions::looked(&app, &ground(), &stale, &actor).await.unwrap();
        assert_eq!((rows().await.len(), opened().await), (2, json!(app.now())));
        app.clock.advance(5 * 60_000);
        app.visitor().get(&page).await.expect(200);
        assert_eq!((rows().await.len(), opened().await), (3, json!(app.now())), "and so by the page");
    }

    async fn a_task_is_read_although_the_look_cannot_be_kept(engine: Engine) {
        let app = TestApp::new(engine).await.with_town().await;
        let (desk, _, _, helper) = helped(&app).await;
        let page = link(&desk, &helper, &json!({})).await;
        let alter = async |statement: &'static str| {
            let mut tx = app.db.begin();
            tx.execute_query(db::Query::new(statement)).await.unwrap();
            tx.commit().await.unwrap();
        };
        let opened = async || desk.get(&format!("{helper}/links")).await.expect(200).json()["items"][0]["opened_at"].clone();
        // Nothing can be recorded, so the look is not kept either; the task is there to be read.
        alter("alter table audit rename to audit_away").await;
        let seen = app.visitor().get(&page).await.expect(200).json();
        assert_eq!((seen["unit"].as_str(), opened().await), (Some("一号物业"), Value::Null));
        alter("alter table audit_away rename to audit").await;
        app.visitor().get(&page).await.expect(200);
        assert_eq!(opened().await, json!(app.now()));
    }

    async fn a_link_ends_when_it_is_revoked_replaced_or_over(engine: Engine) {
        let app = TestApp::new(engine).await.with_town().await;
        let (desk, _, _, helper) = helped(&app).await;
        let visitor = app.visitor();
        let first = link(&desk, &helper, &json!({})).await;
        app.clock.advance(1);
        let second = link(&desk, &helper, &json!({ "days": 1 })).await;
        visitor.get(&first).await.expect(404);
        visitor.get(&second).await.expect(200);
        app.clock.advance(DAY - 1);
        visitor.get(&second).await.expect(200);
        app.clock.advance(1);
        visitor.get(&second).await.expect(404);
        let third = link(&desk, &helper, &json!({})).await;
        // The desk sees what became of each, and when it was last opened; never a secret.
        let links = async || desk.get(&format!("{helper}/links")).await.expect(200).json()["items"].clone();
        let states = async || links().await.as_array().unwrap().iter().map(|l| l["state"].as_str().unwrap().to_owned()).collect::<Vec<_>>();
        let seen = links().await;
        assert_eq!(states().await, ["valid", "expired", "revoked"]);
        assert_eq!((&seen[0]["opened_at"], &seen[2]["opened_at"], seen[1]["opened_at"].is_string()), (&Value::Null, &Value::Null, true));
        app.login_as("community-desk", OTHER_STREET).await.get(&format!("{helper}/links")).await.expect(404);
        visitor.get(&third).await.expect(200);
        assert_eq!(links().await[0]["opened_at"], json!(app.now()));
        assert!(!links().await.to_string().contains(third.rsplit('/').next().unwrap()));
        let opened = app.now();
        app.clock.advance(60_000);
        visitor.get(&third).await.expect(200);
        assert_eq!(links().await[0]["opened_at"], json!(opened), "a second look within five minutes is the same");
        desk.post(&format!("{helper}/link/revoke"), &json!({})).await.expect(200);
        assert_eq!(states().await, ["revoked", "expired", "revoked"]);
        visitor.get(&third).await.expect(404);
        visitor.post(&format!("{third}/accept"), &json!({})).await.expect(404);
        visitor.get("/api/v1/partner/guessed").await.expect(404);
    }
}
