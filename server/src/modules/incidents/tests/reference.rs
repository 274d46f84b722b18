//! A naive model of a case and its tasks beside the real thing: random callers take random actions, and after each of them the answer, the
//! state and the tasks must be those of the model, on both engines. It knows nothing of the program but the words of its roles.

use serde_json::{Value, json};
use testkit::Engine;

use super::road::{report, send};
use crate::{
    modules::incidents::verify,
    testing::{
        Client, TestApp,
        town::{COMMUNITY, DISTRICT, GRID, HOME, OTHER_STREET, SIBLING, STREET},
    },
};

const FIRE: &str = "/990101/D-FIRE/";
const FAR_COMMUNITY: &str = "/990101/990101002/990101002001/";

/// Who takes part: role and place. The last two hold the same, so that one may verify what the other handled.
const CALLERS: &[(&str, &str)] = &[
    ("grid-worker", GRID),
    ("community-desk", COMMUNITY),
    ("community-desk", SIBLING),
    ("community-desk", FAR_COMMUNITY),
    ("street-desk", STREET),
    ("street-desk", OTHER_STREET),
    ("district-dispatch", DISTRICT),
    ("supervisor", DISTRICT),
    ("department-desk", FIRE),
    ("street-desk", STREET),
];

/// What is tried: the verb of the route, or a task's part.
const ACTS: &[&str] = &[
    "accept", "refuse", "dispatch", "take", "take", "take", "done", "done", "done", "verify", "verify", "fail", "close", "note",
];

#[derive(Clone, Debug, PartialEq)]
struct Part {
    lead: bool,
    path: &'static str,
    state: &'static str,
}

/// The case as the model believes it to be.
#[derive(Debug)]
struct Naive {
    state: &'static str,
    parts: Vec<Part>,
    handler: Option<usize>,
}

type Verdict = (u16, &'static str);
const FINE: Verdict = (200, "");
const NOT_NOW: Verdict = (422, "not-in-this-state");

impl Naive {
    fn sees(&self, path: &str) -> bool {
        let task = |p: &Part| p.path.starts_with(path) && !matches!(p.state, "returned" | "withdrawn");
        GRID.starts_with(path) || self.parts.iter().any(task)
    }

    /// Where an action leads from here, when it is one of the case and not of a task.
    fn leads_to(&self, act: &str) -> Option<&'static str> {
        match (self.state, act) {
            ("received", "accept") => Some("accepted"),
            ("received", "refuse") => Some("rejected"),
            ("accepted" | "assigned", "dispatch") => Some("assigned"),
            ("resolved", "verify") => Some("verified"),
            ("resolved", "fail") => Some("in_progress"),
            ("verified", "close") => Some("closed"),
            ("received" | "accepted" | "assigned" | "in_progress" | "resolved" | "verified", "note") => Some(self.state),
            _ => None,
        }
    }

    fn withdraw(&mut self) {
        for part in self.parts.iter_mut().filter(|p| matches!(p.state, "offered" | "accepted")) {
            part.state = "withdrawn";
        }
    }

    fn step(&mut self, caller: usize, act: &str, task: usize) -> Verdict {
        match act {
            "take" => self.take(caller, task),
            "done" => self.done(caller, task),
            "verify" | "fail" if self.handler == Some(caller) => (422, "handler-may-not-verify"),
            _ => {
                let Some(to) = self.leads_to(act) else { return NOT_NOW };
                match act {
                    "dispatch" => {
                        self.withdraw();
                        self.parts.push(Part { lead: true, path: FIRE, state: "offered" });
                        self.parts.push(Part { lead: false, path: COMMUNITY, state: "offered" });
                    }
                    "fail" => {
                        let lead = self.parts.iter_mut().rev().find(|p| p.lead && p.state == "done");
                        lead.expect("a resolved case has a lead that is done").state = "accepted";
                    }
                    _ => {}
                }
                self.state = to;
                FINE
            }
        }
    }

    fn take(&mut self, caller: usize, task: usize) -> Verdict {
        let part = &mut self.parts[task];
        if !part.path.starts_with(CALLERS[caller].1) {
            return (422, "not-your-task");
        }
        if part.state != "offered" {
            return NOT_NOW;
        }
        part.state = "accepted";
        if part.lead {
            self.state = "in_progress";
        }
        FINE
    }

    fn done(&mut self, caller: usize, task: usize) -> Verdict {
        let part = self.parts[task].clone();
        if !part.path.starts_with(CALLERS[caller].1) {
            return (422, "not-your-task");
        }
        if part.state != "accepted" || (!part.lead && self.state != "in_progress") {
            return NOT_NOW;
        }
        if part.lead && self.parts.iter().any(|p| !p.lead && p.state == "accepted") {
            return (422, "helpers-open");
        }
        self.parts[task].state = "done";
        if part.lead {
            self.withdraw();
            (self.state, self.handler) = ("resolved", Some(caller));
        }
        FINE
    }
}

/// Numbers that look random and are the same in every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % n as u64) as usize
    }
}

fn permission(act: &str) -> &'static str {
    match act {
        "accept" | "refuse" => "incident.intake",
        "dispatch" => "incident.dispatch",
        "take" | "done" => "task.handle",
        "verify" | "fail" => "incident.verify",
        "close" => "incident.close",
        _ => "incident.note",
    }
}

async fn ask(app: &TestApp, client: &Client, path: &str, act: &str, task: &str) -> Verdict {
    let (route, body) = match act {
        "accept" => ("accept".to_owned(), json!({ "matter": app.matter("占用消防通道") })),
        "refuse" => ("refuse".to_owned(), json!({ "reason": "elsewhere", "words": "不在本区" })),
        "take" => (format!("tasks/{task}/accept"), json!({})),
        "done" => (format!("tasks/{task}/done"), json!({ "result": "solved", "public_reply": "已处理" })),
        "verify" => ("verify".to_owned(), json!({ "passed": true })),
        "fail" => ("verify".to_owned(), json!({ "passed": false, "words": "没有弄好" })),
        "note" => ("note".to_owned(), json!({ "text": "看过了" })),
        verb => (verb.to_owned(), json!({})),
    };
    let reply = client.post(&format!("{path}/{route}"), &body).await;
    let code = if reply.status.is_success() { Value::Null } else { reply.json()["code"].clone() };
    let known = ["not-in-this-state", "handler-may-not-verify", "helpers-open", "not-your-task"];
    let code = known.into_iter().find(|k| code == *k).unwrap_or_default();
    (reply.status.as_u16(), code)
}

/// One case from its report on: some actions, each compared with the model.
async fn history(app: &TestApp, callers: &[Client], dice: &mut Dice) {
    // Sixty reports an hour may come from one network.
    app.clock.advance(60_000);
    let sure = dice.below(3) > 0;
    let words = if sure { "消防通道被车堵了，消防车道停满车" } else { "天气不错" };
    let receipt = send(app, &report(words, HOME)).await;
    let path = format!("/api/v1/incidents/{}", receipt["id"].as_str().unwrap());
    let mut naive = Naive { state: if sure { "accepted" } else { "received" }, parts: vec![], handler: None };
    if sure {
        // What is sure is dispatched by the program itself.
        naive.step(0, "dispatch", 0);
    }
    let roles = app.access.roles.get();
    let mut tasks: Vec<String> = vec![];
    let mut told = vec![];
    for _ in 0..14 {
        let seen = callers[6].get(&path).await.expect(200).json();
        let list = seen["tasks"].as_array().unwrap();
        let parts: Vec<(bool, &str)> = list.iter().map(|t| (t["role"] == "lead", t["state"].as_str().unwrap())).collect();
        let believed: Vec<(bool, &str)> = naive.parts.iter().map(|p| (p.lead, p.state)).collect();
        assert_eq!((seen["state"].as_str(), parts), (Some(naive.state), believed), "after {told:?}");
        tasks.clear();
        tasks.extend(list.iter().map(|t| t["id"].as_str().unwrap().to_owned()));

        app.clock.advance(1_000);
        let (caller, act) = (dice.below(CALLERS.len()), ACTS[dice.below(ACTS.len())]);
        let of_a_task = matches!(act, "take" | "done");
        // What a report that nobody has accepted is guessed to be about is not the model's business.
        if of_a_task && tasks.is_empty() || naive.state == "received" && act == "dispatch" {
            continue;
        }
        let task = if of_a_task { dice.below(tasks.len()) } else { 0 };
        let (role, place) = CALLERS[caller];
        let holds = roles.value[role].permissions.iter().any(|p| p.0 == permission(act));
        let expected = match (holds, naive.sees(place)) {
            (false, _) => (403, ""),
            (true, false) => (404, ""),
            (true, true) => naive.step(caller, act, task),
        };
        told.push(format!("{role} {place} {act} {task} → {expected:?}"));
        let answer = ask(app, &callers[caller], &path, act, tasks.get(task).map_or("", String::as_str)).await;
        assert_eq!(answer, expected, "after {told:?}");
    }
}

testkit::both! {
    async fn random_callers_get_what_a_naive_model_says(engine: Engine) {
        let app = TestApp::new(engine).await.with_town().await;
        let mut callers = vec![];
        for (role, path) in CALLERS {
            callers.push(app.login_as(role, path).await);
        }
        let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
        for _ in 0..if std::env::var_os("JINGWEI_LONG").is_some() { 100_000 } else { 40 } {
            history(&app, &callers, &mut dice).await;
        }
        assert_eq!(verify::clocks(&app).await.unwrap().differences, 0);
    }
}
