//! 退单, 派单异议, 裁定, 会商, 作废, and the figures over them.

use serde_json::{Value, json};
use testkit::Engine;

use super::road::{report, send};
use crate::{
    modules::incidents::{
        rules::returns::{Allowed, conferences},
        store, verify,
    },
    testing::{
        Client, TestApp,
        town::{COMMUNITY, DEPARTMENT, DISTRICT, HOME, SIBLING, STREET},
    },
};

const LAMP: &str = "楼道灯坏了，单元楼道里的灯不亮";
const ROAD: &str = "马路路灯不亮，街上路灯坏了一排";
const OLD: &str = "多年的老问题没人管，历史遗留的产权问题";
const FIRE: &str = "/990101/D-FIRE/";

/// A case as one caller sees it and acts on it.
struct Seen<'a> {
    client: &'a Client,
    id: String,
}

impl Seen<'_> {
    async fn whole(&self) -> Value {
        self.client.get(&format!("/api/v1/incidents/{}", self.id)).await.expect(200).json()
    }

    async fn act(&self, verb: &str, body: Value) -> crate::testing::Reply {
        self.client.post(&format!("/api/v1/incidents/{}/{verb}", self.id), &body).await
    }

    /// The caller's own open task.
    async fn task(&self, verb: &str, body: Value) -> crate::testing::Reply {
        let case = self.whole().await;
        let tasks = case["tasks"].as_array().unwrap();
        let open = |t: &&Value| matches!(t["state"].as_str(), Some("offered" | "accepted")) && t["mine"] == json!(true);
        let task = tasks.iter().rev().find(open).expect("an open task of the caller's")["id"].as_str().unwrap().to_owned();
        self.act(&format!("tasks/{task}/{verb}"), body).await
    }
}

fn of<'a>(client: &'a Client, receipt: &Value) -> Seen<'a> {
    Seen { client, id: receipt["id"].as_str().unwrap().to_owned() }
}

fn unit(app: &TestApp, code: &str) -> String {
    app.org.directory().value.unit_by_code(code).unwrap().id.to_string()
}

fn wrong(basis: &str) -> Value {
    json!({ "reason": "not-our-duty", "basis": basis })
}

fn to(app: &TestApp, code: &str) -> Value {
    json!({ "unit": unit(app, code), "reason": "核对职责后改派" })
}

fn waits(case: &Value) -> Vec<&str> {
    case["attention"].as_array().unwrap().iter().filter_map(Value::as_str).collect()
}

/// The lead's open task.
fn lead(case: &Value) -> Value {
    let open = |t: &&Value| t["role"] == "lead" && matches!(t["state"].as_str(), Some("offered" | "accepted"));
    case["tasks"].as_array().unwrap().iter().find(open).expect("a lead").clone()
}

async fn board(client: &Client, query: &str) -> Vec<Value> {
    client.get(&format!("/api/v1/objections{query}")).await.expect(200).json()["items"].as_array().unwrap().clone()
}

const FIRST: &str = "990101001001";
const SECOND: &str = "990101001002";

/// Every number of the figures of dispatch has a list of its cases, as long as it says; how many lists were held.
async fn lists_hold(client: &Client, figures: &Value) -> usize {
    let mut held = 0;
    for line in figures["rows"].as_array().unwrap().iter().chain(figures["returns"].as_array().unwrap()) {
        for (word, behind) in line["behind"].as_object().unwrap() {
            let list = client.get(&format!("{}&limit=200", behind["cases"].as_str().unwrap())).await.expect(200).json();
            assert_eq!(Some(list["items"].as_array().unwrap().len() as i64), behind["n"].as_i64(), "{word} of {line}");
            if let Some(number) = line[word].as_i64() {
                assert!(behind["n"].as_i64().unwrap() <= number && (number == 0) == (behind["n"] == 0), "{word} of {line}");
            }
            held += 1;
        }
    }
    held
}

testkit::both! {
    async fn a_return_comes_back_and_the_first_receiver_answers_for_it(engine: Engine) {
        let app = TestApp::new(engine).await.with_town().await;
        let receipt = send(&app, &report(LAMP, HOME)).await;
        let (first, second) = (app.login_as("community-desk", COMMUNITY).await, app.login_as("community-desk", SIBLING).await);
        let centre = app.login_as("district-dispatch", DISTRICT).await;
        let before = of(&first, &receipt).whole().await;
        assert!(before["may"].as_array().unwrap().contains(&json!("send_back")), "{}", before["may"]);

        // A coded reason, and what it asks for.
        let missing = of(&first, &receipt).task("send-back", json!({ "reason": "not-our-duty" })).await.expect(400).json();
        assert_eq!(missing["fields"][0]["code"], json!("evidence-required"));
        of(&first, &receipt).task("send-back", json!({ "reason": "too-lazy", "basis": "x" })).await.expect(400);
        let task = before["tasks"][0]["id"].as_str().unwrap();
        let elsewhere = app.login_as("department-desk", DEPARTMENT).await;
        of(&elsewhere, &receipt).act(&format!("tasks/{task}/send-back"), wrong("x")).await.expect(404);

        app.clock.advance(20 * 60_000);
        let back = of(&first, &receipt).task("send-back", wrong("职责清单第 3 条，电话13800138000")).await.expect(200).json();
        assert_eq!((back["state"].as_str(), waits(&back)), (Some("accepted"), vec!["returned"]));
        assert_eq!((back["lead"]["unit"].as_str(), back["held_by"]["unit"]["name"].as_str()), (Some("一社区"), Some("一社区")));
        assert_eq!(back["due_at"], before["due_at"], "the clock does not restart");
        assert_eq!(back["tasks"][0]["state"], json!("returned"));
        let step = back["steps"].as_array().unwrap().last().unwrap();
        assert_eq!((step["details"]["kind"].as_str(), step["details"]["reason"].as_str()), (Some("send_back"), Some("not-our-duty")));
        assert!(!back.to_string().contains("13800138000"), "free words are redacted");
        let listed = centre.get("/api/v1/incidents?attention=returned").await.expect(200).json();
        assert_eq!(listed["items"].as_array().unwrap().len(), 1);

        // The next is named, and owns it only when it has taken it on.
        of(&centre, &receipt).act("dispatch", json!({})).await.expect(400);
        let sent = of(&centre, &receipt).act("dispatch", to(&app, SECOND)).await.expect(200).json();
        assert_eq!((sent["state"].as_str(), sent["lead"]["unit"].as_str()), (Some("assigned"), Some("一社区")));
        assert_eq!((sent["held_by"]["unit"]["name"].as_str(), waits(&sent)), (Some("一社区"), vec![]));
        let taken = of(&second, &receipt).task("accept", json!({})).await.expect(200).json();
        assert_eq!((taken["lead"]["unit"].as_str(), &taken["held_by"]), (Some("二社区"), &Value::Null));
        assert_eq!(verify::clocks(&app).await.unwrap().differences, 0);
        super::guards::explained(&app).await;
    }

    async fn the_first_receiver_of_another_branch_still_sees_it(engine: Engine) {
        let app = TestApp::new(engine).await.with_town().await;
        let receipt = send(&app, &report(ROAD, HOME)).await;
        let (roads, fire) = (app.login_as("department-desk", DEPARTMENT).await, app.login_as("department-desk", FIRE).await);
        let centre = app.login_as("district-dispatch", DISTRICT).await;
        of(&roads, &receipt).task("send-back", wrong("三定方案")).await.expect(200);
        of(&centre, &receipt).act("dispatch", to(&app, "D-FIRE")).await.expect(200);
        assert_eq!(of(&roads, &receipt).whole().await["held_by"]["unit"]["name"], json!("区市政中心"));
        of(&fire, &receipt).task("accept", json!({})).await.expect(200);
        roads.get(&format!("/api/v1/incidents/{}", receipt["id"].as_str().unwrap())).await.expect(404);
    }

    async fn the_second_return_goes_to_the_centre_whose_ruling_binds(engine: Engine) {
        let app = TestApp::new(engine).await.with_town().await;
        let receipt = send(&app, &report(LAMP, HOME)).await;
        let (first, second) = (app.login_as("community-desk", COMMUNITY).await, app.login_as("community-desk", SIBLING).await);
        let centre = app.login_as("district-dispatch", DISTRICT).await;
        of(&first, &receipt).task("send-back", wrong("职责清单")).await.expect(200);
        of(&centre, &receipt).act("dispatch", to(&app, SECOND)).await.expect(200);
        of(&second, &receipt).task("accept", json!({})).await.expect(200);
        let back = of(&second, &receipt).task("send-back", json!({ "reason": "other-unit-first" })).await.expect(200).json();
        assert_eq!((back["state"].as_str(), waits(&back)), (Some("accepted"), vec!["centre", "returned"]));
        of(&centre, &receipt).act("dispatch", to(&app, "S001-LAW")).await.refused(422, "centre-decides");

        let open = board(&centre, "?state=open").await;
        assert_eq!((open.len(), open[0]["kind"].as_str(), open[0]["light"].as_str()), (1, Some("second_return"), Some("green")));
        // Four working hours from Monday ten o'clock: two before noon, two after two.
        assert_eq!(open[0]["due_at"], json!("2025-03-10T08:00:00.000Z"));
        let path = format!("/api/v1/objections/{}/rule", open[0]["id"].as_str().unwrap());
        centre.post(&path, &json!({ "upheld": true, "words": "由一社区办" })).await.expect(400);
        let twice = json!({ "upheld": true, "lead": unit(&app, FIRST), "helpers": [unit(&app, FIRST)], "words": "由一社区办" });
        assert_eq!(centre.post(&path, &twice).await.expect(400).json()["fields"][0]["code"], json!("named-twice"));
        let ruling = json!({ "upheld": true, "lead": unit(&app, FIRST), "helpers": [unit(&app, SECOND)], "words": "由一社区主办，二社区协办" });
        app.login_as("street-desk", STREET).await.post(&path, &ruling).await.expect(403);
        let fixed = centre.post(&path, &ruling).await.expect(200).json();
        assert_eq!((fixed["state"].as_str(), waits(&fixed)), (Some("assigned"), vec![]));
        let given: Vec<&Value> = fixed["tasks"].as_array().unwrap().iter().filter(|t| t["state"] == json!("offered")).collect();
        assert_eq!(given.iter().map(|t| (t["role"].as_str().unwrap(), t["binding"].as_bool().unwrap())).collect::<Vec<_>>(), [("lead", true), ("helper", true)]);

        // Nothing undoes it: neither a return, nor an objection, nor a plain dispatch, nor a second ruling.
        of(&first, &receipt).task("send-back", wrong("职责清单")).await.refused(422, "binding-task");
        of(&first, &receipt).act("object", json!({ "reason": "不归我们", "basis": "职责清单" })).await.refused(422, "binding-task");
        of(&second, &receipt).task("send-back", json!({ "reason": "duplicate" })).await.refused(422, "binding-task");
        of(&centre, &receipt).act("dispatch", to(&app, "S001-LAW")).await.refused(422, "binding-task");
        centre.post(&path, &ruling).await.refused(422, "ruled-already");
        let may = of(&first, &receipt).whole().await["may"].clone();
        assert!(!may.as_array().unwrap().iter().any(|m| m == "send_back" || m == "object"), "{may}");
        assert_eq!(board(&centre, "?state=fixed").await.len(), 1);
        assert_eq!(verify::clocks(&app).await.unwrap().differences, 0);
        super::guards::explained(&app).await;
    }

    async fn a_unit_returns_once_and_on_the_same_day(engine: Engine) {
        let app = TestApp::new(engine).await.with_town().await;
        let first = app.login_as("community-desk", COMMUNITY).await;
        let centre = app.login_as("district-dispatch", DISTRICT).await;
        // Sent back to it by the desk, it may not return it again, but it may object.
        let receipt = send(&app, &report(LAMP, HOME)).await;
        of(&first, &receipt).task("send-back", wrong("职责清单")).await.expect(200);
        of(&centre, &receipt).act("dispatch", to(&app, FIRST)).await.expect(200);
        of(&first, &receipt).task("send-back", wrong("职责清单")).await.refused(422, "returned-already");
        of(&first, &receipt).act("object", json!({ "reason": "确实不归我们", "basis": "职责清单" })).await.expect(200);
        // The day after it is too late, but for what should never have gone down.
        let late = send(&app, &report(LAMP, HOME)).await;
        app.clock.advance(24 * 3_600_000);
        of(&first, &late).task("send-back", wrong("职责清单")).await.refused(422, "return-too-late");
        let back = of(&first, &late).task("send-back", json!({ "reason": "not-grassroots" })).await.expect(200).json();
        assert_eq!(waits(&back), ["returned"]);
        assert_eq!(verify::clocks(&app).await.unwrap().differences, 0);
        super::guards::explained(&app).await;
    }

    async fn a_circle_is_stopped_and_the_centre_decides(engine: Engine) {
        let app = TestApp::new(engine).await.with_town().await;
        let (first, second) = (app.login_as("community-desk", COMMUNITY).await, app.login_as("community-desk", SIBLING).await);
        let centre = app.login_as("district-dispatch", DISTRICT).await;
        let street = app.login_as("street-desk", STREET).await;
        let circle = async || {
            let receipt = send(&app, &report(LAMP, HOME)).await;
            of(&first, &receipt).task("send-back", wrong("职责清单")).await.expect(200);
            of(&street, &receipt).act("dispatch", to(&app, SECOND)).await.expect(200);
            let stopped = of(&street, &receipt).act("dispatch", to(&app, FIRST)).await;
            stopped.refused(422, "cyclic-return");
            receipt
        };
        let receipt = circle().await;
        let case = of(&street, &receipt).whole().await;
        assert_eq!((case["state"].as_str(), waits(&case)), (Some("assigned"), vec!["centre"]));
        let step = case["steps"].as_array().unwrap().last().unwrap();
        assert_eq!(step["reasons"][0]["code"], json!("cyclic-return"));
        of(&street, &receipt).act("dispatch", to(&app, FIRST)).await.refused(422, "centre-decides");
        of(&second, &receipt).act("object", json!({ "reason": "不归我们", "basis": "清单" })).await.refused(422, "centre-decides");
        let open = board(&centre, "?state=open&kind=cycle").await;
        let ruling = json!({ "upheld": true, "lead": unit(&app, FIRST), "words": "属一社区" });
        let fixed = centre.post(&format!("/api/v1/objections/{}/rule", open[0]["id"].as_str().unwrap()), &ruling).await.expect(200).json();
        assert_eq!((lead(&fixed)["binding"].as_bool(), waits(&fixed)), (Some(true), vec![]));

        // Whoever has it may also simply take it on; then nothing is left to decide.
        let receipt = circle().await;
        let taken = of(&second, &receipt).task("accept", json!({})).await.expect(200).json();
        assert_eq!((taken["state"].as_str(), waits(&taken), board(&centre, "?state=open").await.len()), (Some("in_progress"), vec![], 0));
        let dropped = async || {
            let told = street.get("/api/v1/notices").await.expect(200).json();
            told["items"].as_array().unwrap().iter().filter(|n| n["kind"] == "ruling-dropped").count()
        };
        assert_eq!(dropped().await, 1, "whoever asked for the ruling hears that there will be none");

        // Or whoever is at work when the circle is stopped finishes it.
        let receipt = send(&app, &report(LAMP, HOME)).await;
        of(&first, &receipt).task("send-back", wrong("职责清单")).await.expect(200);
        of(&street, &receipt).act("dispatch", to(&app, SECOND)).await.expect(200);
        of(&second, &receipt).task("accept", json!({})).await.expect(200);
        of(&first, &receipt).act("escalate", json!({ "reason": "需街道协调" })).await.expect(200);
        of(&street, &receipt).act("dispatch", to(&app, FIRST)).await.refused(422, "cyclic-return");
        let done = of(&second, &receipt).task("done", json!({ "result": "solved", "public_reply": "已换新灯" })).await.expect(200).json();
        assert_eq!((done["state"].as_str(), waits(&done), board(&centre, "?state=open").await.len()), (Some("resolved"), vec![], 0));
        assert_eq!(dropped().await, 2, "and so does whoever asked before it was finished");
        assert_eq!(verify::clocks(&app).await.unwrap().differences, 0);
        super::guards::explained(&app).await;
    }

    async fn a_whistle_that_gives_the_lead_respects_what_a_dispatch_does(engine: Engine) {
        let app = TestApp::new(engine).await.with_town().await;
        let (first, second) = (app.login_as("community-desk", COMMUNITY).await, app.login_as("community-desk", SIBLING).await);
        let (street, centre) = (app.login_as("street-desk", STREET).await, app.login_as("district-dispatch", DISTRICT).await);
        let lead_by = |code: &str| json!({ "units": [{ "unit": unit(&app, code), "role": "lead" }], "words": "请到场" });
        let misrouted = async |receipt: &Value| {
            let id = receipt["id"].as_str().unwrap().parse().unwrap();
            store::find(&mut app.db.read().await.unwrap(), &kernel::Scope::All, id).await.unwrap().misrouted
        };
        // Whoever received it first answers for it until the next is there.
        let receipt = send(&app, &report(LAMP, HOME)).await;
        of(&first, &receipt).task("send-back", wrong("职责清单")).await.expect(200);
        let called = of(&street, &receipt).act("whistle", lead_by(SECOND)).await.expect(200).json();
        assert_eq!((called["lead"]["unit"].as_str(), called["held_by"]["unit"]["name"].as_str()), (Some("一社区"), Some("一社区")));
        assert_eq!(misrouted(&receipt).await, 1);
        // Back to whoever returned it is a circle, which the centre decides.
        of(&street, &receipt).act("whistle", lead_by(FIRST)).await.refused(422, "cyclic-return");
        assert_eq!(waits(&of(&street, &receipt).whole().await), ["centre"]);
        let there = of(&second, &receipt).task("report-in", json!({})).await.expect(200).json();
        assert_eq!((there["lead"]["unit"].as_str(), &there["held_by"], waits(&there)), (Some("二社区"), &Value::Null, vec![]));
        // Called to lead once more, the unit that returned it was not wrongly sent it.
        let insisted = send(&app, &report(LAMP, HOME)).await;
        of(&first, &insisted).task("send-back", wrong("职责清单")).await.expect(200);
        of(&street, &insisted).act("whistle", lead_by(FIRST)).await.expect(200);
        assert_eq!(misrouted(&insisted).await, 0);
        // On no list: the centre decides who leads, by a whistle as well, and what a street tried stands in the record.
        let old = send(&app, &report(OLD, HOME)).await;
        of(&street, &old).act("accept", json!({})).await.expect(200);
        of(&street, &old).act("whistle", lead_by(FIRST)).await.refused(422, "centre-decides");
        let tried = centre.get("/api/v1/dispatch/attempts?limit=1").await.expect(200).json();
        assert_eq!((&tried["items"][0]["code"], tried["items"][0]["refused"].as_str()), (&old["code"], Some("centre-decides")));
        of(&centre, &old).act("whistle", lead_by(FIRST)).await.expect(200);
        // Whoever leads already may be summoned by the street.
        of(&street, &old).act("whistle", lead_by(FIRST)).await.expect(200);
        assert_eq!(verify::clocks(&app).await.unwrap().differences, 0);
        super::guards::explained(&app).await;
    }

    async fn the_gate_holds_for_helpers_too(engine: Engine) {
        let app = TestApp::new(engine).await.with_town().await;
        let (street, centre) = (app.login_as("street-desk", STREET).await, app.login_as("district-dispatch", DISTRICT).await);
        let with = |lead: &str, first_measures: bool| {
            let helpers = json!([unit(&app, FIRST)]);
            json!({ "unit": unit(&app, lead), "helpers": helpers, "reason": "请社区帮忙", "first_measures": first_measures })
        };
        // A department's own matter is not the grassroots' to help with, however it is asked for.
        let road = send(&app, &report(ROAD, HOME)).await;
        for asked in [false, true] {
            of(&street, &road).act("dispatch", with("D-ROADS", asked)).await.refused(422, "not-for-grassroots");
        }
        let tried = centre.get("/api/v1/dispatch/attempts").await.expect(200).json();
        assert_eq!((tried["items"].as_array().unwrap().len(), tried["items"][0]["unit"]["name"].as_str()), (2, Some("一社区")));
        // What the list asks the grassroots to assist in, they help with.
        let fire = send(&app, &report("消防通道被车堵了，消防车道停满车", HOME)).await;
        of(&street, &fire).act("dispatch", with("D-FIRE", false)).await.expect(200);
        // In an emergency they cordon and warn, when that is asked for, and the record says so.
        let hole = send(&app, &report("路面突然塌陷出现大坑，路塌了一个洞", HOME)).await;
        of(&street, &hole).act("dispatch", with("D-ROADS", false)).await.refused(422, "not-for-grassroots");
        let sent = of(&street, &hole).act("dispatch", with("D-ROADS", true)).await.expect(200).json();
        assert!(sent["reasons"].as_array().unwrap().iter().any(|r| r["code"] == "first-measures"), "{}", sent["reasons"]);
        // On no list: only the centre gives the grassroots a part.
        let old = send(&app, &report(OLD, HOME)).await;
        of(&street, &old).act("accept", json!({})).await.expect(200);
        of(&street, &old).act("dispatch", with("D-ROADS", false)).await.refused(422, "centre-decides");
        of(&centre, &old).act("dispatch", with("D-ROADS", false)).await.expect(200);
        super::guards::explained(&app).await;
    }

    async fn a_helper_reads_what_the_list_asks_of_it(engine: Engine) {
        let app = TestApp::new(engine).await.with_town().await;
        let centre = app.login_as("district-dispatch", DISTRICT).await;
        let list = centre.post("/api/v1/admission/lists", &json!({ "name": "第一批" })).await.expect(201).json();
        let list = format!("/api/v1/admission/lists/{}", list["id"].as_str().unwrap());
        let items = "事项名称,部门,类别,基层配合内容,权限,经费,培训,对应事项\n\
            消防通道巡查,区消防队,配合,劝离占道车辆并上报,随事下放,按件补助,每年一次,占用消防通道\n";
        assert_eq!(centre.post(&format!("{list}/items"), &json!({ "content": items })).await.expect(200).json()["applied"], true);
        centre.post(&format!("{list}/approve"), &json!({})).await.expect(200);
        app.refresh().await.unwrap();
        let fire = send(&app, &report("消防通道被车堵了，消防车道停满车", HOME)).await;
        let case = of(&app.login_as("community-desk", COMMUNITY).await, &fire).whole().await;
        for task in case["tasks"].as_array().unwrap() {
            let said = task["reasons"].as_array().unwrap().iter().find(|r| r["code"] == "listed-help");
            let said = said.map(|r| r["words"].as_str().unwrap().contains("劝离占道车辆并上报"));
            assert_eq!(said, (task["role"] == "helper").then_some(true), "{task}");
        }
        assert_eq!(case["tasks"].as_array().unwrap().len(), 2);
    }

    async fn a_row_of_the_catalogue_sends_no_helper_past_the_gate(engine: Engine) {
        let app = TestApp::new(engine).await.with_town().await;
        let admin = app.login_as("system-admin", "/").await;
        let rows = "level1,level2,level3,access_class,lead_unit,helpers,urgency,accept_limit,handle_limit,limit_unit,verify,publishable\n\
            市政设施,照明,路灯不亮,上级,区市政中心,属地社区;区消防队,一般,4,24,小时,none,yes\n";
        admin.post("/api/v1/catalogue/import", &json!({ "name": "matters.csv", "content": rows })).await.expect(200);
        app.refresh().await.unwrap();
        let road = send(&app, &report(ROAD, HOME)).await;
        let case = of(&app.login_as("district-dispatch", DISTRICT).await, &road).whole().await;
        let named: Vec<&str> = case["tasks"].as_array().unwrap().iter().map(|t| t["unit"]["name"].as_str().unwrap()).collect();
        assert_eq!((case["state"].as_str(), named), (Some("assigned"), vec!["区市政中心", "区消防队"]), "{case}");
        let why = case["reasons"].as_array().unwrap().iter().find(|r| r["code"] == "helper-kept-out").expect("a reason");
        assert!(why["words"].as_str().unwrap().contains("一社区"), "{why}");
    }

    async fn an_objection_is_reviewed_by_somebody_else_and_the_ruling_binds(engine: Engine) {
        let app = TestApp::new(engine).await.with_town().await;
        let (roads, fire) = (app.login_as("department-desk", DEPARTMENT).await, app.login_as("department-desk", FIRE).await);
        let (centre, colleague) = (app.login_as("district-dispatch", DISTRICT).await, app.login_as("district-dispatch", DISTRICT).await);
        let receipt = send(&app, &report(ROAD, HOME)).await;
        let claim = json!({ "reason": "这一排灯是物业自建的，我叫王小明电话13800138000", "basis": "移交清单第 7 页" });
        of(&roads, &receipt).act("object", json!({ "reason": "不归我们" })).await.expect(400);
        of(&fire, &receipt).act("object", claim.clone()).await.expect(404);
        let before = of(&roads, &receipt).whole().await;
        let case = of(&roads, &receipt).act("object", claim.clone()).await.expect(200).json();
        assert_eq!((case["state"].as_str(), waits(&case), &case["due_at"]), (Some("assigned"), vec!["objected"], &before["due_at"]));
        assert!(!case.to_string().contains("13800138000"));
        of(&roads, &receipt).act("object", claim.clone()).await.refused(422, "objection-open");
        of(&roads, &receipt).task("send-back", wrong("x")).await.refused(422, "objection-open");
        of(&centre, &receipt).act("dispatch", to(&app, "D-FIRE")).await.refused(422, "objection-open");

        // The unit sees it on the board, others do not.
        let open = board(&roads, "?state=open").await;
        assert_eq!((open.len(), open[0]["unit"]["name"].as_str(), open[0]["due_at"].as_str()), (1, Some("区市政中心"), Some("2025-03-10T08:00:00.000Z")));
        assert_eq!((board(&fire, "").await.len(), board(&centre, "?kind=objection").await.len()), (0, 1));
        let path = format!("/api/v1/objections/{}/rule", open[0]["id"].as_str().unwrap());
        roads.post(&path, &json!({ "upheld": true, "lead": unit(&app, "D-FIRE"), "words": "改" })).await.expect(403);

        // A department's matter is not ruled down either, and the attempt stays.
        let ruling = |code: &str| json!({ "upheld": true, "lead": unit(&app, code), "words": "按移交清单改派" });
        centre.post(&path, &ruling(FIRST)).await.refused(422, "not-for-grassroots");
        assert_eq!(centre.post(&path, &ruling("D-ROADS")).await.expect(400).json()["fields"][0]["code"], json!("same-unit"));
        let fixed = centre.post(&path, &ruling("D-FIRE")).await.expect(200).json();
        assert_eq!((fixed["lead"]["unit"].as_str(), waits(&fixed), fixed["state"].as_str()), (Some("区消防队"), vec![], Some("assigned")));
        assert_eq!(fixed["due_at"], before["due_at"]);
        of(&fire, &receipt).act("object", claim.clone()).await.refused(422, "binding-task");
        let told = roads.get("/api/v1/notices").await.expect(200).json();
        assert!(told["items"].as_array().unwrap().iter().any(|n| n["kind"] == "ruling-made"), "{told}");

        // Dismissed it stays, and binds as well. Whoever dispatched it does not rule.
        let receipt = send(&app, &report(ROAD, HOME)).await;
        of(&centre, &receipt).act("dispatch", to(&app, "D-FIRE")).await.expect(200);
        of(&fire, &receipt).act("object", claim.clone()).await.expect(200);
        let open = board(&centre, "?state=open").await;
        let path = format!("/api/v1/objections/{}/rule", open[0]["id"].as_str().unwrap());
        let dismissal = json!({ "upheld": false, "words": "消防队有升降车" });
        centre.post(&path, &dismissal).await.refused(422, "sender-may-not-rule");
        let stays = colleague.post(&path, &dismissal).await.expect(200).json();
        assert_eq!((stays["lead"]["unit"].as_str(), waits(&stays)), (Some("区消防队"), vec![]));
        of(&fire, &receipt).task("send-back", wrong("x")).await.refused(422, "binding-task");
        of(&fire, &receipt).task("accept", json!({})).await.expect(200);
        assert_eq!(board(&centre, "?state=dismissed").await.len(), 1);
        assert_eq!(verify::clocks(&app).await.unwrap().differences, 0);
        super::guards::explained(&app).await;
    }

    async fn a_ruling_that_is_overdue_goes_to_the_supervisor_once(engine: Engine) {
        let app = TestApp::new(engine).await.with_town().await;
        let roads = app.login_as("department-desk", DEPARTMENT).await;
        let supervisor = app.login_as("supervisor", DISTRICT).await;
        let receipt = send(&app, &report(ROAD, HOME)).await;
        of(&roads, &receipt).act("object", json!({ "reason": "不归我们", "basis": "移交清单" })).await.expect(200);
        let worker = crate::work::worker(&app.app);
        let overdue = async || {
            worker.run_due().await.unwrap();
            let told = supervisor.get("/api/v1/notices").await.expect(200).json();
            let told = told["items"].as_array().unwrap().iter().filter(|n| n["kind"] == "ruling-overdue").count();
            let open = board(&supervisor, "?state=open").await;
            (told, open[0]["light"].as_str().unwrap().to_owned(), open[0]["overdue_at"].is_string())
        };
        app.clock.set("2025-03-10T15:59:00+08:00".parse().unwrap());
        assert_eq!(overdue().await, (0, "yellow".to_owned(), false));
        app.clock.set("2025-03-10T16:00:00+08:00".parse().unwrap());
        assert_eq!(overdue().await, (1, "red".to_owned(), true));
        app.clock.advance(3_600_000);
        assert_eq!(overdue().await, (1, "red".to_owned(), true));
        let open = board(&supervisor, "?state=open").await;
        let path = format!("/api/v1/objections/{}/rule", open[0]["id"].as_str().unwrap());
        supervisor.post(&path, &json!({ "upheld": false, "words": "维持" })).await.expect(200);
        assert_eq!(verify::clocks(&app).await.unwrap().differences, 0);
        super::guards::explained(&app).await;
    }

    async fn a_conference_invites_records_and_binds(engine: Engine) {
        let app = TestApp::new(engine).await.with_town().await;
        let (first, street) = (app.login_as("community-desk", COMMUNITY).await, app.login_as("street-desk", STREET).await);
        let receipt = send(&app, &report(LAMP, HOME)).await;
        of(&first, &receipt).task("accept", json!({})).await.expect(200);
        of(&street, &receipt).act("dispatch", to(&app, SECOND)).await.refused(422, "not-in-this-state");

        let table = json!([unit(&app, FIRST), unit(&app, SECOND)]);
        let called = json!({ "chair": "东街道", "at": "2025-03-10T07:00:00Z", "units": table });
        let case = of(&street, &receipt).act("confer", called).await.expect(200).json();
        let step = case["steps"].as_array().unwrap().last().unwrap();
        assert!(step["words"].as_str().unwrap().contains("3月10日 15:00") && step["public"] == json!(false), "{step}");
        assert_eq!(case["state"].as_str(), Some("in_progress"), "an invitation moves nothing");

        let record = |lead: &str| json!({
            "chair": "东街道", "units": table, "minutes": "一社区说明了产权，联系人电话13800138000", "decision": "由二社区主办",
            "lead": unit(&app, lead), "allows": ["extend"],
        });
        for (mut body, field) in [(record(SECOND), "minutes"), (record(SECOND), "decision"), (record(SECOND), "units"), (record("S001-LAW"), "lead")] {
            match field {
                "minutes" | "decision" => body[field] = json!(""),
                "units" => body[field] = json!([unit(&app, FIRST), unit(&app, FIRST)]),
                _ => {}
            }
            let fault = of(&street, &receipt).act("confer", body).await.expect(400).json();
            assert_eq!(fault["fields"][0]["field"].as_str(), Some(field), "{fault}");
        }
        let bound = of(&street, &receipt).act("confer", record(SECOND)).await.expect(200).json();
        assert_eq!((bound["state"].as_str(), bound["lead"]["unit"].as_str()), (Some("assigned"), Some("二社区")));
        assert!(!bound.to_string().contains("13800138000"));
        let last = lead(&bound);
        assert_eq!((last["binding"].as_bool(), last["state"].as_str()), (Some(true), Some("offered")));
        let id = receipt["id"].as_str().unwrap().parse().unwrap();
        let steps = store::steps(&mut app.db.read().await.unwrap(), id).await.unwrap();
        let allowing = |round, what| conferences(&steps, round, what).len();
        assert_eq!([allowing(1, Allowed::Extend), allowing(1, Allowed::Reopen), allowing(2, Allowed::Extend)], [1, 0, 0]);
        assert_eq!(verify::clocks(&app).await.unwrap().differences, 0);
        super::guards::explained(&app).await;
    }

    async fn what_waits_for_the_centre_is_not_decided_over_its_head(engine: Engine) {
        let app = TestApp::new(engine).await.with_town().await;
        let (roads, street) = (app.login_as("department-desk", DEPARTMENT).await, app.login_as("street-leader", STREET).await);
        let centre = app.login_as("district-dispatch", DISTRICT).await;
        let receipt = send(&app, &report(ROAD, HOME)).await;
        of(&roads, &receipt).act("object", json!({ "reason": "不归我们", "basis": "移交清单" })).await.expect(200);
        let record = |lead: &str| json!({
            "chair": "区中心", "units": [unit(&app, "D-ROADS"), unit(&app, "D-FIRE")], "minutes": "各方陈述", "decision": "由消防队主办", "lead": unit(&app, lead),
        });
        of(&street, &receipt).act("confer", record("D-FIRE")).await.refused(422, "objection-open");
        // The centre names whom it will, but not the grassroots for a department's matter.
        of(&centre, &receipt).act("confer", record(FIRST)).await.refused(422, "not-for-grassroots");
        let bound = of(&centre, &receipt).act("confer", record("D-FIRE")).await.expect(200).json();
        assert_eq!((bound["lead"]["unit"].as_str(), waits(&bound)), (Some("区消防队"), vec![]));
        assert_eq!(board(&centre, "?state=fixed").await.len(), 1);
        let tried = centre.get("/api/v1/dispatch/attempts").await.expect(200).json();
        assert_eq!(tried["items"].as_array().unwrap().len(), 1);
    }

    async fn only_a_wrong_dispatch_counts_as_wrong(engine: Engine) {
        let app = TestApp::new(engine).await.with_town().await;
        let first = app.login_as("community-desk", COMMUNITY).await;
        let (centre, colleague) = (app.login_as("district-dispatch", DISTRICT).await, app.login_as("district-dispatch", DISTRICT).await);
        let misrouted = async |receipt: &Value| {
            let id = receipt["id"].as_str().unwrap().parse().unwrap();
            store::find(&mut app.db.read().await.unwrap(), &kernel::Scope::All, id).await.unwrap().misrouted
        };
        // Another unit has to do its part first: nobody sent it to the wrong place.
        let neutral = send(&app, &report(LAMP, HOME)).await;
        of(&first, &neutral).task("send-back", json!({ "reason": "other-unit-first" })).await.expect(200);
        of(&centre, &neutral).act("dispatch", to(&app, SECOND)).await.expect(200);
        assert_eq!(misrouted(&neutral).await, 0);
        // Not its duty, and the desk says so too by sending it elsewhere.
        let wrongly = send(&app, &report(LAMP, HOME)).await;
        of(&first, &wrongly).task("send-back", wrong("职责清单")).await.expect(200);
        assert_eq!(misrouted(&wrongly).await, 1, "until the desk says otherwise");
        of(&centre, &wrongly).act("dispatch", to(&app, SECOND)).await.expect(200);
        assert_eq!(misrouted(&wrongly).await, 1);
        // The desk sends it to the same unit again: the return was not right.
        let insisted = send(&app, &report(LAMP, HOME)).await;
        of(&first, &insisted).task("send-back", wrong("职责清单")).await.expect(200);
        of(&centre, &insisted).act("dispatch", to(&app, FIRST)).await.expect(200);
        assert_eq!(misrouted(&insisted).await, 0);
        // Sent down although it is not the grassroots' matter.
        let down = send(&app, &report(LAMP, HOME)).await;
        of(&first, &down).task("send-back", json!({ "reason": "not-grassroots" })).await.expect(200);
        assert_eq!(misrouted(&down).await, 1);
        // Sent elsewhere before anybody took it on; to the same unit once more is no other choice.
        let moved = send(&app, &report(LAMP, HOME)).await;
        of(&centre, &moved).act("dispatch", to(&app, FIRST)).await.expect(200);
        assert_eq!(misrouted(&moved).await, 0);
        of(&centre, &moved).act("dispatch", to(&app, SECOND)).await.expect(200);
        assert_eq!(misrouted(&moved).await, 1);
        // Handed up and dispatched by the desk above: what could not be solved there was not sent to the wrong place.
        let up = send(&app, &report(LAMP, HOME)).await;
        of(&first, &up).act("escalate", json!({ "reason": "需街道协调" })).await.expect(200);
        let street = app.login_as("street-desk", STREET).await;
        of(&street, &up).act("dispatch", to(&app, SECOND)).await.expect(200);
        assert_eq!(misrouted(&up).await, 0);
        // An objection counts when it is upheld.
        for (upheld, n) in [(false, 0), (true, 1)] {
            let receipt = send(&app, &report(LAMP, HOME)).await;
            of(&first, &receipt).act("object", json!({ "reason": "不归我们", "basis": "职责清单" })).await.expect(200);
            let open = board(&centre, "?state=open").await;
            let lead = if upheld { json!(unit(&app, SECOND)) } else { Value::Null };
            let ruling = json!({ "upheld": upheld, "lead": lead, "words": "核对职责" });
            colleague.post(&format!("/api/v1/objections/{}/rule", open[0]["id"].as_str().unwrap()), &ruling).await.expect(200);
            assert_eq!(misrouted(&receipt).await, n, "upheld: {upheld}");
        }
        // The rate of the period counts the same cases: eight were dispatched, four of them wrongly.
        let sent = centre.get("/api/v1/incidents?figure=dispatched").await.expect(200).json();
        let right = centre.get("/api/v1/incidents?figure=accurate").await.expect(200).json();
        let count = |page: &Value| page["items"].as_array().unwrap().len();
        assert_eq!((count(&sent), count(&right)), (8, 4));
    }

    async fn a_case_that_moves_on_waits_for_no_ruling(engine: Engine) {
        let app = TestApp::new(engine).await.with_town().await;
        let (first, second) = (app.login_as("community-desk", COMMUNITY).await, app.login_as("community-desk", SIBLING).await);
        let (street, centre) = (app.login_as("street-desk", STREET).await, app.login_as("district-dispatch", DISTRICT).await);
        let object = json!({ "reason": "不归我们", "basis": "职责清单" });
        let dropped = async |client: &Client| {
            let told = client.get("/api/v1/notices").await.expect(200).json();
            told["items"].as_array().unwrap().iter().filter(|n| n["kind"] == "ruling-dropped").count()
        };
        let settled = async |receipt: &Value| {
            assert_eq!(board(&centre, "?state=open").await.len(), 0);
            let over = board(&centre, "?state=withdrawn").await;
            let this = over.iter().find(|r| r["incident"] == receipt["id"]).unwrap().clone();
            assert!(this["ruled_at"].is_string());
            this["ruling"].as_str().unwrap().to_owned()
        };

        // Handed up: the desk above decides, and may dispatch at once.
        let receipt = send(&app, &report(LAMP, HOME)).await;
        of(&first, &receipt).act("object", object.clone()).await.expect(200);
        let colleague = app.login_as("community-desk", COMMUNITY).await;
        let up = of(&colleague, &receipt).act("escalate", json!({ "reason": "需街道协调" })).await.expect(200).json();
        assert_eq!(waits(&up), ["escalated"]);
        assert!(settled(&receipt).await.contains("东街道"));
        assert_eq!(dropped(&first).await, 1, "whoever objected hears of it");
        of(&street, &receipt).act("dispatch", to(&app, SECOND)).await.expect(200);

        // Merged: the other case answers for it; taken out again, it does not wait for a ruling that nobody will make.
        let into = send(&app, &report(LAMP, HOME)).await;
        app.clock.advance(1_000);
        let gone = send(&app, &report(LAMP, HOME)).await;
        of(&first, &gone).task("send-back", wrong("职责清单")).await.expect(200);
        of(&centre, &gone).act("dispatch", to(&app, SECOND)).await.expect(200);
        of(&second, &gone).task("send-back", json!({ "reason": "other-unit-first" })).await.expect(200);
        assert_eq!(board(&centre, "?state=open").await.len(), 1);
        of(&street, &gone).act("merge", json!({ "into": into["id"] })).await.expect(200);
        assert!(settled(&gone).await.contains(into["code"].as_str().unwrap()));
        let back = of(&street, &gone).act("unmerge", json!({ "reason": "不是同一处" })).await.expect(200).json();
        assert_eq!(waits(&back), ["returned"], "it comes back to be dispatched, by the desk");
        of(&street, &gone).act("dispatch", to(&app, "S001-LAW")).await.expect(200);

        // Annulled.
        let void = send(&app, &report(LAMP, HOME)).await;
        of(&first, &void).act("object", object).await.expect(200);
        of(&centre, &void).act("annul", json!({ "reason": "误报", "words": "经核实无此情况" })).await.expect(200);
        assert_eq!((settled(&void).await.is_empty(), dropped(&first).await), (false, 2));
        // The timers of those reviews find nothing to do.
        app.clock.advance(3 * 24 * 3_600_000);
        crate::work::worker(&app.app).run_due().await.unwrap();
        let over = board(&centre, "?state=withdrawn").await;
        assert_eq!(over.iter().filter(|r| r["overdue_at"].is_string()).count(), 0);
        assert!(over.iter().any(|r| r["ruling_spoken"] == json!({ "kind": "review_annulled" })), "{over:?}");
        assert_eq!(verify::clocks(&app).await.unwrap().differences, 0);
        super::guards::explained(&app).await;
    }

    async fn a_case_is_annulled_by_centre_or_supervisor(engine: Engine) {
        let app = TestApp::new(engine).await.with_town().await;
        let (roads, supervisor) = (app.login_as("department-desk", DEPARTMENT).await, app.login_as("supervisor", DISTRICT).await);
        let centre = app.login_as("district-dispatch", DISTRICT).await;
        let receipt = send(&app, &report(ROAD, HOME)).await;
        of(&roads, &receipt).act("object", json!({ "reason": "不归我们", "basis": "移交清单" })).await.expect(200);
        let body = json!({ "reason": "演练信息", "words": "本件为演练，已作废。" });
        of(&roads, &receipt).act("annul", body.clone()).await.expect(403);
        of(&supervisor, &receipt).act("annul", json!({ "reason": "演练" })).await.expect(400);
        let ended = of(&supervisor, &receipt).act("annul", body.clone()).await.expect(200).json();
        assert_eq!((ended["state"].as_str(), ended["light"].as_str(), waits(&ended)), (Some("void"), Some("none"), vec![]));
        assert_eq!((ended["tasks"][0]["state"].as_str(), board(&centre, "?state=open").await.len()), (Some("withdrawn"), 0));
        of(&supervisor, &receipt).act("annul", body.clone()).await.refused(422, "not-in-this-state");
        let page = app.visitor().get(&format!("/api/v1/reports/{}", receipt["track"].as_str().unwrap())).await.expect(200);
        assert!(page.text().contains("本件为演练") && !page.text().contains("演练信息"), "{}", page.text());
        // Nobody annuls what he took in himself.
        let mut own = report(LAMP, HOME);
        own["channel"] = json!("phone");
        let own = centre.post("/api/v1/incidents", &own).await.expect(201).json();
        of(&centre, &own).act("annul", body).await.refused(422, "own-report");
        assert_eq!(verify::clocks(&app).await.unwrap().differences, 0);
        super::guards::explained(&app).await;
    }

    async fn what_the_gate_refused_is_kept_and_listed(engine: Engine) {
        let app = TestApp::new(engine).await.with_town().await;
        let (street, centre) = (app.login_as("street-desk", STREET).await, app.login_as("district-dispatch", DISTRICT).await);
        let road = send(&app, &report(ROAD, HOME)).await;
        of(&street, &road).act("dispatch", to(&app, FIRST)).await.refused(422, "not-for-grassroots");
        // On no list: the centre decides, a street does not.
        app.clock.advance(60_000);
        let old = send(&app, &report(OLD, HOME)).await;
        of(&street, &old).act("accept", json!({})).await.expect(200);
        of(&street, &old).act("dispatch", to(&app, FIRST)).await.refused(422, "centre-decides");
        of(&centre, &old).act("dispatch", to(&app, FIRST)).await.expect(200);
        let tried = centre.get("/api/v1/dispatch/attempts?limit=1").await.expect(200).json();
        assert_eq!((tried["items"][0]["class"].as_str(), tried["items"][0]["refused"].as_str()), (Some("unlisted"), Some("centre-decides")));
        let next = tried["next"].as_str().unwrap();
        let tried = centre.get(&format!("/api/v1/dispatch/attempts?limit=1&cursor={next}")).await.expect(200).json();
        assert_eq!((&tried["items"][0]["code"], tried["items"][0]["unit"]["name"].as_str()), (&road["code"], Some("一社区")));
        assert_eq!(tried["next"], Value::Null);
        let other = app.login_as("street-desk", crate::testing::town::OTHER_STREET).await;
        assert_eq!(other.get("/api/v1/dispatch/attempts").await.expect(200).json()["items"], json!([]));
        let none = centre.get("/api/v1/dispatch/attempts?from=2025-03-11T00:00:00Z").await.expect(200).json();
        assert_eq!(none["items"], json!([]));
        let audit = app.login_as("audit-admin", DISTRICT).await.get("/api/v1/audit?limit=50").await.expect(200).json();
        assert_eq!(audit["items"].as_array().unwrap().iter().filter(|r| r["action"] == "dispatch.refused").count(), 2);
    }

    async fn figures_state_their_denominators(engine: Engine) {
        let app = TestApp::new(engine).await.with_town().await;
        let (first, second) = (app.login_as("community-desk", COMMUNITY).await, app.login_as("community-desk", SIBLING).await);
        let (roads, centre) = (app.login_as("department-desk", DEPARTMENT).await, app.login_as("district-dispatch", DISTRICT).await);
        // Four dispatches by the rules: one stands, one comes back wrong, one is objected to with success, one was sent down.
        send(&app, &report(LAMP, HOME)).await;
        let wrongly = send(&app, &report(LAMP, HOME)).await;
        of(&first, &wrongly).task("send-back", wrong("职责清单")).await.expect(200);
        let objected = send(&app, &report(ROAD, HOME)).await;
        of(&roads, &objected).act("object", json!({ "reason": "不归我们", "basis": "移交清单" })).await.expect(200);
        let open = board(&centre, "?state=open").await;
        let ruling = json!({ "upheld": true, "lead": unit(&app, "D-FIRE"), "words": "改派" });
        centre.post(&format!("/api/v1/objections/{}/rule", open[0]["id"].as_str().unwrap()), &ruling).await.expect(200);
        let down = send(&app, &report(LAMP, HOME)).await;
        of(&first, &down).task("send-back", json!({ "reason": "not-grassroots" })).await.expect(200);

        let figures = async |by: &str| centre.get(&format!("/api/v1/dispatch/figures?by={by}")).await.expect(200).json();
        // Until the next dispatch goes elsewhere nobody has said that the first return was right.
        let rules = figures("dispatcher").await["rows"][0].clone();
        assert_eq!((&rules["id"], rules["dispatches"].as_i64(), rules["returned"].as_i64(), rules["wrong"].as_i64()), (&Value::Null, Some(4), Some(2), Some(0)));
        assert_eq!((rules["upheld"].as_i64(), rules["sent_down"].as_i64(), rules["faulty"].as_i64(), rules["accuracy"].as_f64()), (Some(1), Some(1), Some(2), Some(0.5)));

        // The desk sends two on: one well, one back to where it came from, which says that the return was not right.
        of(&centre, &wrongly).act("dispatch", to(&app, SECOND)).await.expect(200);
        of(&centre, &down).act("dispatch", to(&app, FIRST)).await.expect(200);
        let all = figures("dispatcher").await;
        let row = |id: Value| all["rows"].as_array().unwrap().iter().find(|r| r["id"] == id).unwrap().clone();
        let (rules, desk) = (row(Value::Null), row(json!(centre.account)));
        assert_eq!((rules["wrong"].as_i64(), rules["sent_down"].as_i64(), rules["faulty"].as_i64(), rules["accuracy"].as_f64()), (Some(1), Some(0), Some(2), Some(0.5)));
        assert_eq!((desk["dispatches"].as_i64(), desk["faulty"].as_i64(), desk["accuracy"].as_f64()), (Some(2), Some(0), Some(1.0)));
        let mut reasons: Vec<(String, i64, i64)> = all["returns"].as_array().unwrap().iter()
            .map(|r| (r["reason"].as_str().unwrap().to_owned(), r["returns"].as_i64().unwrap(), r["accepted"].as_i64().unwrap())).collect();
        reasons.sort();
        assert_eq!(reasons, [("not-grassroots".to_owned(), 1, 0), ("not-our-duty".to_owned(), 1, 1)]);

        let units = figures("unit").await;
        let of_unit = |name: &str| units["rows"].as_array().unwrap().iter().find(|r| r["name"] == name).unwrap().clone();
        assert_eq!((of_unit("一社区")["dispatches"].as_i64(), of_unit("一社区")["returned"].as_i64()), (Some(4), Some(2)));
        assert_eq!((of_unit("区市政中心")["objections"].as_i64(), of_unit("区市政中心")["upheld"].as_i64()), (Some(1), Some(1)));
        for by in ["dispatcher", "unit"] {
            assert!(lists_hold(&centre, &figures(by).await).await >= 20, "{by}");
        }
        // A case that one unit was given twice is one line of the list, and the number says of how many cases.
        let twice = of_unit("一社区");
        assert!(twice["behind"]["dispatches"]["n"].as_i64() < twice["dispatches"].as_i64(), "{twice}");
        // Somebody of a part counts his part, and its lists hold no more.
        let part = app.login_as("supervisor", STREET).await;
        let seen = part.get("/api/v1/dispatch/figures").await.expect(200).json();
        assert_eq!((seen["part"].as_bool(), all["part"].as_bool()), (Some(true), Some(false)));
        assert!(lists_hold(&part, &seen).await > 10);
        centre.get("/api/v1/incidents?sent=colour").await.expect(400);
        centre.get("/api/v1/dispatch/figures?by=colour").await.expect(400);
        let other = app.login_as("supervisor", crate::testing::town::OTHER_STREET).await;
        assert_eq!(other.get("/api/v1/dispatch/figures").await.expect(200).json()["rows"], json!([]));
        let early = centre.get("/api/v1/dispatch/figures?from=2025-01-01T00:00:00Z&to=2025-02-01T00:00:00Z").await.expect(200).json();
        assert_eq!(early["rows"], json!([]));
        drop(second);
        assert_eq!(verify::clocks(&app).await.unwrap().differences, 0);
        super::guards::explained(&app).await;
    }

    async fn reasons_are_data_of_the_district(engine: Engine) {
        let app = TestApp::new(engine).await.with_town().await;
        let admin = app.login_as("system-admin", DISTRICT).await;
        let first = app.login_as("community-desk", COMMUNITY).await;
        let path = "/api/v1/dispatch/reasons/private-road";
        let form = json!({ "words": "属小区内部道路", "counts": "wrong", "active": true, "position": 4 });
        first.put(path, &form).await.expect(403);
        admin.put("/api/v1/dispatch/reasons/Private", &form).await.expect(400);
        admin.put(path, &json!({ "words": " ", "counts": "wrong", "active": true })).await.expect(400);
        admin.put(path, &form).await.expect(200);
        let receipt = send(&app, &report(LAMP, HOME)).await;
        let back = of(&first, &receipt).task("send-back", json!({ "reason": "private-road" })).await.expect(200).json();
        assert!(back["steps"].as_array().unwrap().last().unwrap()["words"].as_str().unwrap().contains("属小区内部道路"));
        admin.put(path, &json!({ "words": "属小区内部道路", "counts": "wrong", "active": false })).await.expect(200);
        let next = send(&app, &report(LAMP, HOME)).await;
        of(&first, &next).task("send-back", json!({ "reason": "private-road" })).await.expect(400);
        // The limit of a ruling is a setting.
        let limit = json!({ "value": { "within": { "n": 1, "unit": "hour" } }, "reason": "汛期" });
        admin.put("/api/v1/settings/dispatch.ruling", &json!({ "value": { "within": { "n": 0, "unit": "hour" } }, "reason": "x" })).await.expect(400);
        admin.put("/api/v1/settings/dispatch.ruling", &limit).await.expect(200);
        app.refresh().await.unwrap();
        of(&first, &next).act("object", json!({ "reason": "不归我们", "basis": "清单" })).await.expect(200);
        assert_eq!(board(&first, "").await[0]["due_at"], json!("2025-03-10T03:00:00.000Z"));
    }

    async fn a_helper_gives_its_part_back_and_the_case_goes_on(engine: Engine) {
        let app = TestApp::new(engine).await.with_town().await;
        let receipt = send(&app, &report(LAMP, HOME)).await;
        let (first, partner) = (app.login_as("community-desk", COMMUNITY).await, app.login_as("partner", "/990101/990101001/P-HOME/").await);
        of(&first, &receipt).task("accept", json!({})).await.expect(200);
        let back = of(&partner, &receipt).task("send-back", json!({ "reason": "duplicate" })).await.expect(200).json();
        assert_eq!((back["state"].as_str(), waits(&back), &back["held_by"]), (Some("in_progress"), vec![], &Value::Null));
        let reasons = first.get("/api/v1/dispatch/reasons").await.expect(200).json();
        assert!(reasons["items"].as_array().unwrap().iter().any(|r| r["code"] == "duplicate" && r["evidence"] == json!(false)));
        assert_eq!(verify::clocks(&app).await.unwrap().differences, 0);
        super::guards::explained(&app).await;
    }
}
