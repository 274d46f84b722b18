//! 并案: one case goes on for several reporters, each of whom reads, adds and rates for himself; and back again.

use std::time::Duration;

use kernel::Scope;
use serde_json::{Value, json};
use testkit::Engine;

use super::road::{report, send};
use crate::{
    modules::incidents::{
        actions::Change,
        model::{Action, Incident, Reason},
        rules::spoken::Spoken,
        store, track, verify,
    },
    testing::{
        Client, TestApp,
        town::{COMMUNITY, DEPARTMENT, DISTRICT, FAR, HOME, OTHER_STREET, STREET},
    },
};

const LAMP: &str = "楼道灯坏了，单元楼道里的灯不亮";

fn path(receipt: &Value) -> String {
    format!("/api/v1/incidents/{}", receipt["id"].as_str().unwrap())
}

async fn read(client: &Client, receipt: &Value) -> Value {
    client.get(&path(receipt)).await.expect(200).json()
}

async fn page(app: &TestApp, receipt: &Value) -> Value {
    app.visitor().get(&format!("/api/v1/reports/{}", receipt["track"].as_str().unwrap())).await.expect(200).json()
}

async fn id_of(desk: &Client, code: &str) -> Value {
    desk.get(&format!("/api/v1/incidents?q={code}")).await.expect(200).json()["items"][0]["id"].clone()
}

/// Merges the first into the second.
async fn merge(desk: &Client, this: &Value, into: &Value) -> Value {
    desk.post(&format!("{}/merge", path(this)), &json!({ "into": into["id"] })).await.expect(200).json()
}

/// The lead's unit takes the case on and solves it; a colleague lets it pass.
async fn solve(app: &TestApp, receipt: &Value, reply: &str) {
    let desk = app.login_as("community-desk", COMMUNITY).await;
    let case = read(&desk, receipt).await;
    let task =
        case["tasks"].as_array().unwrap().iter().find(|t| t["state"] == "offered").unwrap()["id"].as_str().unwrap().to_owned();
    desk.post(&format!("{}/tasks/{task}/accept", path(receipt)), &json!({})).await.expect(200);
    let done = json!({ "result": "solved", "public_reply": reply });
    desk.post(&format!("{}/tasks/{task}/done", path(receipt)), &done).await.expect(200);
    let colleague = app.login_as("community-desk", COMMUNITY).await;
    colleague.post(&format!("{}/verify", path(receipt)), &json!({ "passed": true })).await.expect(200);
}

fn whistled(words: &Value, word: &str) -> bool {
    words.to_string().contains(word)
}

/// Two reports of the same, ten minutes apart.
async fn two_reports(app: &TestApp) -> (Value, Value) {
    let into = send(app, &report(LAMP, HOME)).await;
    app.clock.advance(600_000);
    (into, send(app, &report(LAMP, HOME)).await)
}

fn id(receipt: &Value) -> kernel::Id<Incident> {
    receipt["id"].as_str().unwrap().parse().unwrap()
}

/// A case that a desk merges while its reporter's command waits for it: the command lets go of it and begins again with the case that it went into,
/// in the order in which everybody holds cases, so that it cannot be overtaken and waits for nobody who waits for it. SQLite has one writer.
#[test]
fn what_was_merged_while_a_resident_waited_is_held_with_its_survivor() {
    testkit::run(async {
        let app = TestApp::new(Engine::Postgres).await.with_town().await;
        let (into, this) = two_reports(&app).await;
        assert!(id(&into) < id(&this), "what it goes into is held first");
        let mut desk = app.db.begin();
        let statement = db::sql!("update incident set merged_into = $2 where id = $1");
        assert_eq!(desk.execute(statement, db::bind![id(&this), id(&into)]).await.unwrap(), 1);
        let hash = track::hash(this["track"].as_str().unwrap());
        let mut other = app.db.begin();
        // A second desk has the survivor and comes for the case while the resident waits for it.
        let second = async {
            tokio::time::sleep(Duration::from_millis(200)).await;
            store::hold_all(&mut other, &[id(&this), id(&into)]).await
        };
        let meanwhile = async {
            tokio::time::sleep(Duration::from_millis(500)).await;
            desk.commit().await.unwrap();
        };
        let waited = async {
            let mut resident = app.db.begin();
            let seen = store::merge::hold_followed(&mut resident, &hash).await.unwrap();
            assert!(seen.is_none(), "the survivor is not taken out of order");
            resident.rollback().await.unwrap();
        };
        let ((), held, ()) = tokio::join!(waited, second, meanwhile);
        held.unwrap();
        other.commit().await.unwrap();
        let mut again = app.db.begin();
        let followed = store::merge::hold_followed(&mut again, &hash).await.unwrap();
        assert_eq!(followed.and_then(|f| f.survivor).map(|case| case.id), Some(id(&into)));
        let mut third = app.db.begin();
        let taken = tokio::time::timeout(Duration::from_millis(500), store::hold(&mut third, &Scope::All, id(&into))).await;
        assert!(taken.is_err(), "nobody else gets hold of it");
    });
}

/// The same over HTTP: the resident's words reach the case that his own went into, and neither he nor the second desk is ended by the database.
#[test]
fn a_resident_and_two_desks_do_not_wait_for_each_other_crosswise() {
    testkit::run(async {
        let app = TestApp::new(Engine::Postgres).await.with_town().await;
        let (into, this) = two_reports(&app).await;
        let (mut desk, mut other) = (app.db.begin(), app.db.begin());
        let statement = db::sql!("update incident set merged_into = $2 where id = $1");
        desk.execute(statement, db::bind![id(&this), id(&into)]).await.unwrap();
        let to = format!("/api/v1/reports/{}/remarks", this["track"].as_str().unwrap());
        let (visitor, words) = (app.visitor(), json!({ "text": "还有一层也不亮" }));
        let remark = visitor.post(&to, &words);
        let second = async {
            tokio::time::sleep(Duration::from_millis(300)).await;
            store::hold_all(&mut other, &[id(&this), id(&into)]).await.unwrap();
            other.commit().await.unwrap();
        };
        let meanwhile = async {
            tokio::time::sleep(Duration::from_millis(600)).await;
            desk.commit().await.unwrap();
        };
        let (reply, (), ()) = tokio::join!(remark, second, meanwhile);
        reply.expect(200);
        let survivor = read(&app.login_as("district-dispatch", DISTRICT).await, &into).await;
        assert!(whistled(&survivor, "还有一层也不亮"), "{survivor}");
    });
}

testkit::both! {
    async fn what_lies_near_is_shown_whatever_it_is_about(engine: Engine) {
        let app = TestApp::new(engine).await.with_town().await;
        // Near the border between the first grid and the second, which is the sibling community's or the same one's.
        let (lon, lat) = (112.9099, 33.105);
        let this = send(&app, &report(LAMP, (lon, lat))).await;
        let mut steps = vec![];
        for (east, metres) in [(0.0019, 177), (0.0005, 47), (0.0022, 205)] {
            app.clock.advance(60_000);
            let other = send(&app, &report("消防通道被车堵了，消防车道停满车", (lon + east, lat))).await;
            steps.push((other["code"].as_str().unwrap().to_owned(), metres));
        }
        let desk = app.login_as("district-dispatch", DISTRICT).await;
        let reply = desk.get(&format!("{}/similar", path(&this))).await.expect(200);
        assert!(reply.statements() <= 4, "looking around costs {}", reply.statements());
        let found = reply.json();
        let near: Vec<(String, i64)> = found["near"].as_array().unwrap().iter().map(|n| (n["code"].as_str().unwrap().to_owned(), n["metres"].as_i64().unwrap())).collect();
        assert_eq!(near, [steps[1].clone(), steps[0].clone()], "the nearest first, none further than 200 metres");
        assert_eq!(found["items"], json!([]));
        // Whoever does not see those cases does not hear of them.
        let fire = app.login_as("department-desk", "/990101/D-FIRE/").await;
        let of_fire = path(&json!({ "id": id_of(&desk, &steps[1].0).await }));
        let seen = fire.get(&format!("{of_fire}/similar")).await.expect(200).json();
        let codes: Vec<&str> = seen["near"].as_array().unwrap().iter().chain(seen["items"].as_array().unwrap()).map(|n| n["code"].as_str().unwrap()).collect();
        assert!(!codes.contains(&this["code"].as_str().unwrap()), "{codes:?}");
        assert!(codes.contains(&steps[0].0.as_str()), "{codes:?}");
        // What is old, or done, is not around any more.
        app.clock.advance(31 * 24 * 3_600_000);
        let later = desk.get(&format!("{}/similar", path(&this))).await.expect(200).json();
        assert_eq!(later["near"], json!([]));
    }

    async fn two_neighbours_become_one_case_and_each_keeps_his_own_voice(engine: Engine) {
        let app = TestApp::new(engine).await.with_town().await;
        let words = "消防通道被车堵了，消防车道停满车，三号楼门口";
        let first = send(&app, &report(&format!("{words}，银杏树下"), HOME)).await;
        app.clock.advance(600_000);
        let second = send(&app, &report(&format!("{words}，海棠花旁"), HOME)).await;
        // The desk is offered what looks alike, and merges.
        let desk = app.login_as("district-dispatch", DISTRICT).await;
        let alike = desk.get(&format!("{}/similar", path(&second))).await.expect(200).json();
        assert_eq!(alike["items"][0]["code"], first["code"]);
        assert_eq!(alike["near"], json!([]), "what is alike is not said twice");
        let merged = merge(&desk, &second, &first).await;
        assert_eq!((merged["state"].as_str(), merged["result"].as_str()), (Some("merged"), Some("merged")));
        assert_eq!((merged["light"].as_str(), &merged["merged_into"]["code"]), (Some("none"), &first["code"]));
        assert!(merged["tasks"].as_array().unwrap().iter().all(|t| t["state"] == "withdrawn"));
        let survivor = read(&desk, &first).await;
        assert_eq!((survivor["reporters"].as_i64(), &survivor["merged"][0]["code"]), (Some(2), &second["code"]));

        // A third who is about to report reads that 2 位邻居也反映了, and joins.
        app.clock.advance(600_000);
        let near = app.visitor().post("/api/v1/reports/suggest", &report(words, HOME)).await.expect(200).json();
        assert_eq!((&near["near"][0]["code"], near["near"][0]["reporters"].as_i64()), (&first["code"], Some(2)));
        assert_eq!(near["near"].as_array().unwrap().len(), 1, "a merged case is not proposed");
        let mut joining = report(&format!("{words}，玉兰路口"), HOME);
        joining["join"] = first["code"].clone();
        let third = send(&app, &joining).await;

        // Each adds something. Each link shows the own words, and nothing of the others.
        let own = [(&first, "银杏", "甲的补充"), (&second, "海棠", "乙的补充"), (&third, "玉兰", "丙的补充")];
        for (receipt, _, more) in own {
            let to = format!("/api/v1/reports/{}/remarks", receipt["track"].as_str().unwrap());
            app.visitor().post(&to, &json!({ "text": more })).await.expect(200);
        }
        for (receipt, word, more) in own {
            let page = page(&app, receipt).await;
            for (_, other, added) in own {
                assert_eq!(whistled(&page, other), other == word, "{word} reads {other}: {page}");
                assert_eq!(whistled(&page, added), added == more, "{word} reads {added}: {page}");
            }
            assert_eq!((page["reporters"].as_i64(), page["may_remark"].as_bool()), (Some(3), Some(true)));
            assert_eq!((&page["state"], &page["lead"]), (&survivor["state"], &survivor["lead"]), "{word}");
        }
        let seen = page(&app, &second).await;
        assert_eq!((&seen["code"], &seen["merged_into"]), (&second["code"], &first["code"]));
        // The handler reads all three.
        let whole = read(&desk, &first).await;
        for more in ["甲的补充", "乙的补充", "丙的补充"] {
            assert!(whistled(&whole["steps"], more), "{more}");
        }
        assert_eq!(verify::clocks(&app).await.unwrap().differences, 0);
    }

    async fn each_reporter_is_answered_and_rates_for_himself(engine: Engine) {
        let app = TestApp::new(engine).await.with_town().await;
        let first = send(&app, &report(LAMP, HOME)).await;
        let hotline = app.login_as("district-intake", DISTRICT).await;
        let second = hotline.post("/api/v1/incidents", &report(LAMP, HOME)).await.expect(201).json();
        let mut joining = report(LAMP, HOME);
        joining["join"] = first["code"].clone();
        let third = send(&app, &joining).await;
        let desk = app.login_as("district-dispatch", DISTRICT).await;
        merge(&desk, &second, &first).await;
        let rate = async |receipt: &Value, satisfied: &str| {
            let rating = json!({ "contacted": true, "solved": "yes", "satisfied": satisfied });
            app.visitor().post(&format!("/api/v1/reports/{}/rating", receipt["track"].as_str().unwrap()), &rating).await
        };
        rate(&second, "yes").await.refused(422, "not-to-be-rated-yet");
        rate(&third, "yes").await.refused(422, "not-to-be-rated-yet");
        solve(&app, &first, "三单元的灯换好了").await;
        let told = hotline.get("/api/v1/notices").await.expect(200).json();
        let kinds: Vec<(&Value, &Value)> =
            told["items"].as_array().unwrap().iter().map(|n| (&n["kind"], &n["params"]["code"])).collect();
        assert!(kinds.contains(&(&json!("case-merged"), &second["code"])), "{told}");
        assert!(kinds.contains(&(&json!("case-resolved"), &second["code"])), "{told}");
        for (receipt, satisfied) in [(&second, "no"), (&third, "mostly"), (&first, "yes")] {
            let page = page(&app, receipt).await;
            assert_eq!((page["public_reply"].as_str(), page["may_rate"].as_bool()), (Some("三单元的灯换好了"), Some(true)));
            let rated = rate(receipt, satisfied).await.expect(200).json();
            assert_eq!((rated["rated"].as_bool(), rated["may_rate"].as_bool()), (Some(true), Some(false)));
            rate(receipt, satisfied).await.refused(422, "already-rated");
        }
        // Nobody reads what the others think.
        assert!(!whistled(&page(&app, &first).await["steps"], "不满意"));
        assert!(!whistled(&page(&app, &third).await["steps"], "不满意"));
        let of = async |receipt: &Value| read(&desk, receipt).await["ratings"].as_array().unwrap().len();
        assert_eq!((of(&first).await, of(&second).await), (2, 1), "a merged case's own round has its own rating");
    }

    async fn orders_from_above_keep_their_own_number_deadline_and_answer(engine: Engine) {
        let app = TestApp::new(engine).await.with_town().await;
        let hotline = app.login_as("district-intake", DISTRICT).await;
        let order = async |number: &str, due: &str| {
            let mut body = report(LAMP, HOME);
            (body["channel"], body["upstream_no"], body["upstream_due"]) = (json!("hotline"), json!(number), json!(due));
            hotline.post("/api/v1/incidents", &body).await.expect(201).json()
        };
        let plain = send(&app, &report(LAMP, HOME)).await;
        let loose = order("12345-1", "2025-03-12T18:00:00+08:00").await;
        let tight = order("12345-2", "2025-03-10T17:00:00+08:00").await;
        let desk = app.login_as("district-dispatch", DISTRICT).await;
        let due = read(&desk, &plain).await["due_at"].clone();
        merge(&desk, &loose, &plain).await;
        assert_eq!(read(&desk, &plain).await["due_at"], due, "a later deadline changes nothing");
        merge(&desk, &tight, &plain).await;
        let bound = read(&desk, &plain).await;
        assert_eq!(bound["due_at"].as_str(), Some("2025-03-10T08:00:00.000Z"), "an hour before the earliest order's deadline");
        assert_eq!(bound["tasks"][0]["due_at"], bound["due_at"], "the task shows it too");
        assert_eq!(verify::clocks(&app).await.unwrap().differences, 0);

        // Taken out again, the order binds no longer; it has its own deadline still.
        let back = json!({ "reason": "不是同一盏灯" });
        let alone = desk.post(&format!("{}/unmerge", path(&tight)), &back).await.expect(200).json();
        assert_eq!((alone["state"].as_str(), alone["due_at"].as_str()), (Some("accepted"), Some("2025-03-10T08:00:00.000Z")));
        assert_eq!(read(&desk, &plain).await["due_at"], due);
        merge(&desk, &tight, &plain).await;
        assert_eq!(read(&desk, &plain).await["due_at"].as_str(), Some("2025-03-10T08:00:00.000Z"));

        app.clock.set("2025-03-10T17:30:00+08:00".parse().unwrap());
        solve(&app, &plain, "灯换好了").await;
        let orders = desk.get(&format!("{}/orders", path(&plain))).await.expect(200).json();
        let row = |number: &str| orders["items"].as_array().unwrap().iter().find(|o| o["number"] == number).unwrap().clone();
        for (number, receipt, on_time) in [("12345-1", &loose, true), ("12345-2", &tight, false)] {
            let order = row(number);
            assert_eq!((&order["code"], order["merged"].as_bool()), (&receipt["code"], Some(true)));
            assert_eq!(order["replies"].as_array().unwrap().len(), 1, "{order}");
            let reply = &order["replies"][0];
            assert_eq!((reply["words"].as_str(), reply["on_time"].as_bool()), (Some("灯换好了"), Some(on_time)), "{number}");
        }
        let rating = json!({ "contacted": true, "solved": "yes", "satisfied": "mostly" });
        app.visitor().post(&format!("/api/v1/reports/{}/rating", loose["track"].as_str().unwrap()), &rating).await.expect(200);
        let own = desk.get(&format!("{}/orders", path(&loose))).await.expect(200).json();
        assert_eq!(own["items"][0]["ratings"][0]["satisfied"].as_str(), Some("mostly"));
        assert_eq!(row("12345-1")["ratings"], json!([]), "each answer is read anew");
        assert_eq!(verify::clocks(&app).await.unwrap().differences, 0);
    }

    async fn the_greater_urgency_of_a_merged_case_counts_from_then_on(engine: Engine) {
        let app = TestApp::new(engine).await.with_town().await;
        let plain = send(&app, &report(LAMP, HOME)).await;
        let grave = send(&app, &report("路面突然塌陷出现大坑，路塌了一个洞", HOME)).await;
        let desk = app.login_as("district-dispatch", DISTRICT).await;
        assert!(read(&desk, &plain).await["emergency"].is_null());
        app.clock.advance(30 * 60_000);
        merge(&desk, &grave, &plain).await;
        let case = read(&desk, &plain).await;
        // Half past ten, and four natural hours.
        assert_eq!((case["urgency"].as_str(), case["due_at"].as_str()), (Some("emergency"), Some("2025-03-10T06:30:00.000Z")));
        let open = case["tasks"].as_array().unwrap().iter().find(|t| t["state"] == "offered").unwrap();
        assert_eq!((&open["due_at"], open["accept_by"].as_str()), (&case["due_at"], Some("2025-03-10T02:40:00.000Z")));
        let raised = case["steps"].as_array().unwrap().iter().find(|s| s["action"] == "raise_urgency").unwrap();
        assert_eq!((&raised["details"]["from"], &raised["details"]["to"]), (&json!("normal"), &json!("emergency")));
        assert!(!case["emergency"]["desks"].as_array().unwrap().is_empty(), "its desks are rung");
        assert_eq!(verify::clocks(&app).await.unwrap().differences, 0);
        super::guards::explained(&app).await;
    }

    async fn an_order_that_lies_ahead_binds_the_next_round_too(engine: Engine) {
        let app = TestApp::new(engine).await.with_town().await;
        let hotline = app.login_as("district-intake", DISTRICT).await;
        let plain = send(&app, &report(LAMP, HOME)).await;
        let desk = app.login_as("district-dispatch", DISTRICT).await;
        for (number, due) in [("12345-1", "2025-03-10T11:20:00+08:00"), ("12345-2", "2025-03-10T17:00:00+08:00")] {
            let mut body = report(LAMP, HOME);
            (body["channel"], body["upstream_no"], body["upstream_due"]) = (json!("hotline"), json!(number), json!(due));
            let order = hotline.post("/api/v1/incidents", &body).await.expect(201).json();
            merge(&desk, &order, &plain).await;
        }
        solve(&app, &plain, "灯换好了").await;
        app.clock.advance(30 * 60_000);
        let would = desk.post(&format!("{}/what-if", path(&plain)), &json!({ "action": "reopen" })).await.expect(200).json();
        let again = json!({ "cause": "recurred", "reason": "又不亮了" });
        let opened = desk.post(&format!("{}/reopen", path(&plain)), &again).await.expect(200).json();
        // The first order's time is over, the second's is not.
        assert_eq!(opened["due_at"].as_str(), Some("2025-03-10T08:00:00.000Z"));
        assert_eq!((&would["due_at"], &would["light"]), (&opened["due_at"], &opened["light"]), "as it was told");
        assert_eq!(verify::clocks(&app).await.unwrap().differences, 0);
        super::guards::explained(&app).await;
    }

    /// A resident who adds something while a desk is at work on the case waits for the desk, and is not sent away.
    async fn a_resident_beside_a_desk_is_heard(engine: Engine) {
        let app = TestApp::new(engine).await.with_town().await;
        let (first, second) = (send(&app, &report(LAMP, HOME)).await, send(&app, &report(LAMP, HOME)).await);
        let desk = app.login_as("district-dispatch", DISTRICT).await;
        merge(&desk, &second, &first).await;
        for receipt in [&first, &second] {
            let actor = kernel::Actor::system();
            let mut tx = app.db.begin();
            let id = first["id"].as_str().unwrap().parse().unwrap();
            let mut change = Change::load(&mut tx, &app.app, &actor, &kernel::Scope::All, id, None).await.unwrap();
            let state = change.case.state;
            let entry = change.enter(Action::Note, state);
            entry.say(Spoken::Merged);
            entry.reasons = db::Json(vec![Reason::said("test", Spoken::ReportInLimitOver)]);
            let visitor = app.visitor();
            let to = format!("/api/v1/reports/{}/remarks", receipt["track"].as_str().unwrap());
            let more = json!({ "text": "现在更暗了" });
            let (reply, ()) = tokio::join!(visitor.post(&to, &more), async {
                tokio::time::sleep(std::time::Duration::from_millis(300)).await;
                change.save(&mut tx).await.unwrap();
                tx.commit().await.unwrap();
            });
            reply.expect(200);
        }
    }

    async fn an_order_of_ones_own_is_answered_too(engine: Engine) {
        let app = TestApp::new(engine).await.with_town().await;
        let hotline = app.login_as("district-intake", DISTRICT).await;
        let mut body = report(LAMP, HOME);
        (body["upstream_no"], body["upstream_due"]) = (json!("12345-9"), json!("2025-03-12T18:00:00+08:00"));
        let receipt = hotline.post("/api/v1/incidents", &body).await.expect(201).json();
        assert_eq!(hotline.get(&format!("{}/orders", path(&receipt))).await.expect(200).json()["items"][0]["replies"], json!([]));
        solve(&app, &receipt, "好了").await;
        let orders = hotline.get(&format!("{}/orders", path(&receipt))).await.expect(200).json();
        assert_eq!(orders["items"][0]["replies"][0]["words"].as_str(), Some("好了"));
    }

    async fn a_case_comes_back_with_its_clock_going_on_and_its_followers(engine: Engine) {
        let app = TestApp::new(engine).await.with_town().await;
        let (first, second) = (send(&app, &report(LAMP, HOME)).await, send(&app, &report(LAMP, HOME)).await);
        let mut joining = report("楼道灯坏了，单元楼道里的灯不亮，丁香里", HOME);
        joining["join"] = second["code"].clone();
        let follower = send(&app, &joining).await;
        let desk = app.login_as("district-dispatch", DISTRICT).await;
        assert_eq!(read(&desk, &second).await["due_at"].as_str(), Some("2025-03-11T03:00:00.000Z"));
        app.clock.advance(3_600_000);
        merge(&desk, &second, &first).await;
        assert_eq!(read(&desk, &first).await["reporters"].as_i64(), Some(3));
        assert_eq!(page(&app, &follower).await["merged_into"], first["code"]);
        app.clock.advance(3_600_000);
        desk.post(&format!("{}/unmerge", path(&second)), &json!({ "reason": "" })).await.expect(400);
        let reason = json!({ "reason": "两处不同，电话13800138000" });
        let back = desk.post(&format!("{}/unmerge", path(&second)), &reason).await.expect(200).json();
        // It stood still from eleven to twelve, and was not started anew.
        assert_eq!((back["state"].as_str(), back["due_at"].as_str()), (Some("accepted"), Some("2025-03-11T04:00:00.000Z")));
        assert_eq!((&back["merged_into"], &back["result"], back["reporters"].as_i64()), (&json!(null), &json!(null), Some(2)));
        assert!(!whistled(&back["steps"], "13800138000"), "the reason is redacted");
        assert_eq!(read(&desk, &first).await["reporters"].as_i64(), Some(1));
        let seen = page(&app, &follower).await;
        assert_eq!((&seen["merged_into"], seen["reporters"].as_i64(), whistled(&seen, "丁香")), (&json!(null), Some(2), true));
        desk.post(&format!("{}/unmerge", path(&second)), &json!({ "reason": "再来一次" })).await.refused(422, "not-in-this-state");
        // It goes its own way from here.
        desk.post(&format!("{}/dispatch", path(&second)), &json!({})).await.expect(200);
        solve(&app, &second, "这一处好了").await;
        assert_eq!(page(&app, &first).await["public_reply"], json!(null));
        assert_eq!(verify::clocks(&app).await.unwrap().differences, 0);
    }

    async fn one_that_nobody_accepted_comes_back_to_wait(engine: Engine) {
        let app = TestApp::new(engine).await.with_town().await;
        let (first, vague) = (send(&app, &report(LAMP, HOME)).await, send(&app, &report("天气不错", HOME)).await);
        let desk = app.login_as("district-dispatch", DISTRICT).await;
        let before = read(&desk, &vague).await["attention"].clone();
        assert_eq!(merge(&desk, &vague, &first).await["attention"], json!([]));
        let back = desk.post(&format!("{}/unmerge", path(&vague)), &json!({ "reason": "与灯无关" })).await.expect(200).json();
        assert_eq!((back["state"].as_str(), &back["attention"]), (Some("received"), &before));
        assert_eq!(verify::clocks(&app).await.unwrap().differences, 0);
    }

    async fn no_chain_no_circle_no_closed_door(engine: Engine) {
        let app = TestApp::new(engine).await.with_town().await;
        let mut cases = vec![];
        for _ in 0..4 {
            cases.push(send(&app, &report(LAMP, HOME)).await);
        }
        let desk = app.login_as("district-dispatch", DISTRICT).await;
        let try_merge = async |this: usize, into: usize| {
            desk.post(&format!("{}/merge", path(&cases[this])), &json!({ "into": cases[into]["id"] })).await
        };
        try_merge(0, 0).await.expect(400);
        try_merge(0, 1).await.expect(200);
        try_merge(2, 0).await.refused(422, "merge-target-merged");
        try_merge(1, 2).await.refused(422, "holds-merged-cases");
        try_merge(1, 0).await.refused(422, "merge-target-merged");
        try_merge(0, 2).await.refused(422, "not-in-this-state");
        solve(&app, &cases[3], "好了").await;
        try_merge(2, 3).await.refused(422, "merge-target-not-open");
        try_merge(3, 2).await.refused(422, "not-in-this-state");
        let nowhere = json!({ "into": "01957f00-0000-7000-8000-00000000dead" });
        desk.post(&format!("{}/merge", path(&cases[2])), &nowhere).await.expect(400);
        let stale = json!({ "into": cases[1]["id"], "version": 1 });
        desk.post(&format!("{}/merge", path(&cases[2])), &stale).await.refused(409, "stale");
    }

    async fn both_sides_must_be_in_sight_and_confidential_stays_so(engine: Engine) {
        let app = TestApp::new(engine).await.with_town().await;
        let mut secret = report("楼道灯坏了，单元楼道里的灯不亮，紫藤架下", HOME);
        secret["confidential"] = json!(true);
        let (here, there) = (send(&app, &secret).await, send(&app, &report(LAMP, FAR)).await);
        let street = app.login_as("street-desk", STREET).await;
        street.post(&format!("{}/merge", path(&here)), &json!({ "into": there["id"] })).await.expect(400);
        street.post(&format!("{}/merge", path(&there)), &json!({ "into": here["id"] })).await.expect(404);
        let department = app.login_as("department-desk", DEPARTMENT).await;
        department.post(&format!("{}/merge", path(&here)), &json!({ "into": there["id"] })).await.expect(403);
        let desk = app.login_as("district-dispatch", DISTRICT).await;
        merge(&desk, &here, &there).await;
        // The other street reads that somebody else reported it, and not who, nor what he wrote.
        let other = app.login_as("street-desk", OTHER_STREET).await;
        let seen = read(&other, &there).await;
        assert_eq!((&seen["merged"][0]["code"], whistled(&seen, "紫藤")), (&here["code"], false));
        other.get(&path(&here)).await.expect(404);
        other.post(&format!("{}/unmerge", path(&here)), &json!({ "reason": "不是我们的" })).await.expect(404);
        street.post(&format!("{}/unmerge", path(&here)), &json!({ "reason": "是我们的" })).await.expect(404);
        let masked = read(&desk, &here).await;
        assert_eq!(masked["reporter"], json!({ "name": null, "phone": null, "confidential": true }));
        assert!(!whistled(&page(&app, &there).await, "紫藤"));
    }
}
