//! A naive model of a case and its tasks beside the real thing: random callers take random actions, and after each of them the answer, the
//! state and the tasks must be those of the model, on both engines. It knows nothing of the program but the words of its roles.

use std::{collections::BTreeMap, time::Instant};

use serde_json::{Value, json};
use testkit::Engine;

use self::case::{FIRE, Naive, Who};
use super::road::{report, send};
use crate::{
    modules::incidents::{rules::pauses::Standing, store, verify},
    testing::{
        Client, TestApp,
        town::{COMMUNITY, DEPARTMENT as ROADS, DISTRICT, GRID, HOME, OTHER_STREET, SIBLING, STREET},
    },
};

mod case;
mod naive;

const FAR_COMMUNITY: &str = "/990101/990101002/990101002001/";

/// Who takes part: role and place. Some are there twice, so that one may verify or decide what the other did.
const CALLERS: &[(&str, &str)] = &[
    ("grid-worker", GRID),
    ("community-desk", COMMUNITY),
    ("community-desk", COMMUNITY),
    ("community-desk", SIBLING),
    ("community-desk", FAR_COMMUNITY),
    ("street-desk", STREET),
    ("street-desk", STREET),
    ("street-desk", OTHER_STREET),
    ("street-leader", STREET),
    ("district-intake", DISTRICT),
    ("district-dispatch", DISTRICT),
    ("district-dispatch", DISTRICT),
    ("supervisor", DISTRICT),
    ("call-back", DISTRICT),
    ("department-desk", FIRE),
    ("department-desk", FIRE),
    ("department-desk", ROADS),
    ("department-desk", ROADS),
];

/// What is tried, how often, and the permission that it needs.
const ACTS: &[(&str, usize, &str)] = &[
    ("accept", 2, "incident.intake"),
    ("refuse", 1, "incident.intake"),
    ("dispatch", 3, "incident.dispatch"),
    ("send", 2, "incident.dispatch"),
    ("take", 8, "task.handle"),
    ("done", 10, "task.handle"),
    ("back", 3, "task.return"),
    ("report", 4, "task.report_in"),
    ("extend", 2, "task.extend"),
    ("grant", 2, "extension.decide"),
    ("verify", 4, "incident.verify"),
    ("fail", 1, "incident.verify"),
    ("close", 3, "incident.close"),
    ("note", 1, "incident.note"),
    ("object", 2, "incident.object"),
    ("uphold", 1, "incident.rule"),
    ("dismiss", 2, "incident.rule"),
    ("escalate", 1, "incident.escalate"),
    ("whistle", 3, "incident.whistle"),
    ("ask", 1, "incident.ask"),
    ("shelve", 1, "incident.shelve"),
    ("resume", 2, "incident.resume"),
    ("merge", 1, "incident.merge"),
    ("unmerge", 1, "incident.merge"),
    ("annul", 1, "incident.annul"),
    ("reopen", 2, "incident.reopen"),
    ("content", 1, "incident.callback"),
    ("unsolved", 2, "incident.callback"),
];

/// Actions of one history.
const LENGTH: usize = 24;
/// Histories of one town: a new one keeps the lists short.
const A_TOWN: usize = 500;

/// Numbers that look random and are the same in every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % n as u64) as usize
    }

    fn act(&mut self) -> (&'static str, &'static str) {
        let mut n = self.below(ACTS.iter().map(|a| a.1).sum());
        for (action, weight, choice) in ACTS {
            if n < *weight {
                return (action, choice);
            }
            n -= weight;
        }
        (ACTS[0].0, ACTS[0].2)
    }
}

/// A town with everybody who acts in it, and a case into which others are merged.
struct Stage {
    app: TestApp,
    callers: Vec<Client>,
    target: String,
    roads: String,
    fire: String,
    /// How often each answer was given.
    met: BTreeMap<String, usize>,
    /// A rule that the model is made to forget, so that the check has to fail.
    forgotten: Option<&'static str>,
}

impl Stage {
    async fn new(engine: Engine) -> Self {
        let app = TestApp::new(engine).await.with_town().await;
        let mut callers = vec![];
        for (role, path) in CALLERS {
            callers.push(app.login_as(role, path).await);
        }
        let target = send(&app, &report("天气不错", HOME)).await["id"].as_str().unwrap().to_owned();
        let unit = |code: &str| app.org.directory().value.unit_by_code(code).unwrap().id.to_string();
        let (roads, fire) = (unit("D-ROADS"), unit("D-FIRE"));
        Self { app, callers, target, roads, fire, met: BTreeMap::new(), forgotten: None }
    }

    /// Sends the action, a ruling about the unit `about`; the status, the code of a refusal, and the case when it came back.
    async fn ask(&self, who: usize, id: &str, act: &str, task: &str, about: Option<&str>) -> (u16, String, Option<Value>) {
        let case = format!("/api/v1/incidents/{id}");
        let (units, conn) = ((&self.roads, &self.fire), async || self.app.db.read().await.unwrap());
        let (path, body) = match act {
            "accept" => (format!("{case}/accept"), json!({ "matter": self.app.matter("占用消防通道") })),
            "refuse" => (format!("{case}/refuse"), json!({ "reason": "elsewhere", "words": "不在本区" })),
            "send" => (format!("{case}/dispatch"), json!({ "unit": units.0, "reason": "道路设施" })),
            "take" => (format!("{case}/tasks/{task}/accept"), json!({})),
            "done" => (format!("{case}/tasks/{task}/done"), json!({ "result": "solved", "public_reply": "已处理" })),
            "back" => (format!("{case}/tasks/{task}/send-back"), json!({ "reason": "other-unit-first", "words": "需先行处置" })),
            "report" => (format!("{case}/tasks/{task}/report-in"), json!({ "note": "到场" })),
            "extend" => {
                (format!("{case}/tasks/{task}/extend"), json!({ "by": { "n": 1, "unit": "hour" }, "reason": "等待配件" }))
            }
            "grant" => {
                let all = store::extensions_of(&mut *conn().await, id.parse().unwrap()).await.unwrap();
                let open = all.iter().find(|e| e.state == Standing::Open).expect("a wish for more time").id;
                (format!("/api/v1/extensions/{open}/decide"), json!({ "grant": true, "words": "同意" }))
            }
            "verify" => (format!("{case}/verify"), json!({ "passed": true })),
            "fail" => (format!("{case}/verify"), json!({ "passed": false, "words": "没有弄好" })),
            "note" => (format!("{case}/note"), json!({ "text": "看过了" })),
            "object" => (format!("{case}/object"), json!({ "reason": "不是本单位职责", "basis": "三定方案" })),
            "uphold" | "dismiss" => {
                let open = store::returns::open_review(&mut *conn().await, id.parse().unwrap()).await.unwrap();
                let lead = if about == Some(FIRE) { units.0 } else { units.1 };
                let body = json!({ "upheld": act == "uphold", "lead": lead, "words": "按职责裁定" });
                (format!("/api/v1/objections/{}/rule", open.expect("what waits for the centre").id), body)
            }
            "escalate" => (format!("{case}/escalate"), json!({ "reason": "无力解决" })),
            "whistle" => {
                let called = json!([{ "unit": units.1, "role": "lead" }, { "unit": units.0, "role": "helper" }]);
                (format!("{case}/whistle"), json!({ "units": called, "words": "现场处置" }))
            }
            "ask" => (format!("{case}/ask"), json!({ "question": "具体在哪一层？" })),
            "shelve" => {
                let day = self.app.zone.date(self.app.now().plus_days(10)).to_string();
                (format!("{case}/shelve"), json!({ "class": "seasonal", "reason": "待雨季过后", "review_on": day }))
            }
            "merge" => (format!("{case}/merge"), json!({ "into": self.target })),
            "unmerge" => (format!("{case}/unmerge"), json!({ "reason": "不是同一件事" })),
            "annul" => (format!("{case}/annul"), json!({ "reason": "重复录入", "words": "已作废" })),
            "reopen" => (format!("{case}/reopen"), json!({ "cause": "recurred", "reason": "又出现了" })),
            "content" | "unsolved" => {
                let said = if act == "content" { "yes" } else { "no" };
                let body = json!({ "outcome": "reached", "contacted": true, "solved": said, "satisfied": said });
                (format!("{case}/callback"), body)
            }
            verb => (format!("{case}/{verb}"), json!({})),
        };
        let reply = self.callers[who].post(&path, &body).await;
        let json = reply.json();
        if reply.status.is_success() {
            return (200, String::new(), Some(json).filter(|_| act != "grant"));
        }
        (reply.status.as_u16(), json["code"].as_str().unwrap_or_default().to_owned(), None)
    }

    /// Holds the case, as a desk sees it, to the model; the ids of its tasks.
    fn compare(naive: &Naive, seen: &Value) -> Result<Vec<String>, String> {
        let list = seen["tasks"].as_array().unwrap();
        let parts: Vec<(bool, &str)> = list.iter().map(|t| (t["role"] == "lead", t["state"].as_str().unwrap())).collect();
        let believed: Vec<(bool, &str)> = naive.parts.iter().map(|p| (p.lead, p.state)).collect();
        let (is, ought) = ((&seen["state"], !seen["paused"].is_null(), parts), (naive.state, naive.paused, believed));
        if (is.0.as_str(), is.1, &is.2) != (Some(ought.0), ought.1, &ought.2) {
            return Err(format!("is {is:?}, ought to be {ought:?}"));
        }
        Ok(list.iter().map(|t| t["id"].as_str().unwrap().to_owned()).collect())
    }

    /// One case from its report on: some actions, each compared with the model.
    async fn history(&mut self, dice: &mut Dice) -> Result<(), String> {
        // Sixty reports an hour may come from one network.
        self.app.clock.advance(60_000);
        let sure = dice.below(3) > 0;
        let words = if sure { "消防通道被车堵了，消防车道停满车" } else { "天气不错" };
        let receipt = send(&self.app, &report(words, HOME)).await;
        let id = receipt["id"].as_str().unwrap();
        let look = format!("/api/v1/incidents/{id}");
        let (mut naive, mut known) = (Naive::begin(sure), sure);
        let mut told = vec![format!("reported, sure: {sure}")];
        let fail = |told: &[String], why: String| Err(format!("{why}\nafter {told:#?}"));
        let mut tasks = vec![];
        let mut seen = Some(self.callers[10].get(&look).await.expect(200).json());
        for _ in 0..LENGTH {
            // What a refusal leaves is looked at now and then, what an action leaves always.
            if seen.is_none() && dice.below(6) == 0 {
                seen = Some(self.callers[10].get(&look).await.expect(200).json());
            }
            if let Some(seen) = seen.take() {
                match Self::compare(&naive, &seen) {
                    Ok(ids) => tasks = ids,
                    Err(why) => return fail(&told, why),
                }
            }
            self.app.clock.advance(1_000);
            let ((act, permission), mut caller) = (dice.act(), dice.below(CALLERS.len()));
            let holds = |app: &TestApp, caller: usize| {
                app.access.roles.get().value[CALLERS[caller].0].permissions.iter().any(|p| p.0 == permission)
            };
            let of_task = matches!(act, "take" | "done" | "back" | "report" | "extend");
            // What a report that nobody has accepted is guessed to be about is not the model's business.
            if of_task && tasks.is_empty()
                || !known && matches!(act, "dispatch" | "send" | "whistle")
                || act == "grant" && (naive.wish.is_none() || naive.granted >= 2)
                || matches!(act, "uphold" | "dismiss") && naive.review.is_none()
            {
                continue;
            }
            // Most of those who may not at all are drawn once more.
            for _ in 0..2 {
                if !holds(&self.app, caller) || !naive.sees(CALLERS[caller].1) {
                    caller = dice.below(CALLERS.len());
                }
            }
            let task = if of_task { dice.below(tasks.len()) } else { 0 };
            let (role, place) = CALLERS[caller];
            // The model's own step ends the review.
            let about = naive.review.map(|r| r.1);
            let decides = matches!(act, "grant");
            let expected: (u16, &str) = match (holds(&self.app, caller), decides || naive.sees(place)) {
                (false, _) => (403, "forbidden"),
                (true, false) => (404, "not-found"),
                (true, true) => match naive.step(Who(caller, role, place), act, task) {
                    Some("400") => (400, "invalid"),
                    Some("404") => (404, "not-found"),
                    Some(code) if self.forgotten != Some(code) => (422, code),
                    _ => (200, ""),
                },
            };
            told.push(format!("{role} {caller} {place} {act} {task} → {expected:?}"));
            let task = tasks.get(task).map_or("", String::as_str);
            let (status, code, case) = self.ask(caller, id, act, task, about).await;
            if (status, code.as_str()) != expected {
                return fail(&told, format!("answered {status} {code}"));
            }
            known |= act == "accept" && status == 200;
            *self.met.entry(if status == 200 { act.to_owned() } else { code }).or_default() += 1;
            seen = case;
        }
        let last = self.callers[10].get(&look).await.expect(200).json();
        Self::compare(&naive, &last).map(drop).or_else(|why| fail(&told, why))
    }
}

/// So many histories, some hundred in each town; what was met.
async fn histories(engine: Engine, all: usize, seed: u64) -> BTreeMap<String, usize> {
    let (mut dice, mut met, started) = (Dice(seed), BTreeMap::new(), Instant::now());
    let mut done = 0;
    while done < all {
        let mut stage = Stage::new(engine).await;
        for _ in 0..A_TOWN.min(all - done) {
            if let Err(why) = Box::pin(stage.history(&mut dice)).await {
                panic!("{why}");
            }
            done += 1;
        }
        assert_eq!(verify::clocks(&stage.app).await.unwrap().differences, 0);
        for (what, n) in stage.met {
            *met.entry(what).or_default() += n;
        }
        if all > A_TOWN {
            eprintln!("{engine:?}: {done} histories of {LENGTH} actions in {:.0} s: {met:?}", started.elapsed().as_secs_f64());
        }
    }
    met
}

testkit::both! {
    /// `JINGWEI_LONG` makes a hundred thousand of them; `JINGWEI_HISTORIES` says how many, and from which number on others.
    async fn random_callers_get_what_a_naive_model_says(engine: Engine) {
        let long = std::env::var_os("JINGWEI_LONG").is_some();
        let wished = std::env::var("JINGWEI_HISTORIES").unwrap_or_default();
        let (all, from) = wished.split_once('@').unwrap_or((&wished, "0"));
        let all = all.parse().unwrap_or(if long { 100_000 } else { 40 });
        let seed = 0x9e37_79b9_7f4a_7c15_u64.wrapping_add(from.parse().unwrap());
        let met = histories(engine, all, seed).await;
        assert!(met.len() > 25, "hardly anything happened: {met:?}");
    }

    /// The check can fail: a model that has forgotten a rule is contradicted.
    async fn a_model_that_forgets_a_rule_is_contradicted(engine: Engine) {
        for forgotten in ["not-your-task", "not-in-this-state"] {
            let mut stage = Stage::new(engine).await;
            stage.forgotten = Some(forgotten);
            let mut dice = Dice(0x2545_f491_4f6c_dd1d);
            let mut contradicted = None;
            for _ in 0..20 {
                contradicted = Box::pin(stage.history(&mut dice)).await.err();
                if contradicted.is_some() {
                    break;
                }
            }
            assert!(contradicted.is_some_and(|why| why.contains(&format!("422 {forgotten}"))), "{forgotten}");
        }
    }
}
