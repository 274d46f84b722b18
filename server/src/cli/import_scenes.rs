//! `jingwei import scenes`: what people of an invented district did lately, played step by step by a clock that stands where the step says.
//!
//! Nothing is written here: each step is a request of its person's session to the district's own router, so that whatever stands in the
//! tables afterwards came about by the rules.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    path::PathBuf,
};

use anyhow::{Context as _, ensure};
use clap::Args;
use db::Durability;
use jobs::Worker;
use kernel::{Clock, Error, Id, Result, Time};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::{Place, say};
use crate::{
    app::{Config, Shared},
    http::Within,
    modules::{
        access::actions::stand_in,
        incidents::{
            self,
            model::TaskState,
            store::{self, TaskRow},
        },
    },
};

/// What people did lately, from the generator's file.
#[derive(Args)]
#[command(after_help = "Example: jingwei import scenes scenes.json --data ./demo-data")]
pub struct Scenes {
    /// The steps in the order of their instants; only where the data is invented.
    file: PathBuf,
    #[command(flatten)]
    place: Place,
}

/// Something that somebody did.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// Steps of one scene depend on each other.
    pub scene: String,
    /// When.
    pub at: Time,
    /// The user name of whoever does it.
    pub who: String,
    /// A method, or `WAIT` for what comes by itself when a time is over.
    pub method: String,
    /// Below `/api/v1`.
    pub path: String,
    /// What is sent.
    pub body: Value,
    /// Names for parts of the answer, by JSON pointer.
    pub keep: BTreeMap<String, String>,
    /// Of a list, the entry whose member of that name holds this.
    pub pick: Option<(String, String)>,
}

/// How it went.
#[derive(Debug, Default)]
pub struct Played {
    /// Steps that were done.
    pub done: usize,
    /// What was refused, each with its scene; the rest of that scene was left out.
    pub refused: Vec<String>,
}

/// Plays the file.
pub async fn run(args: Scenes) -> anyhow::Result<()> {
    let text = std::fs::read_to_string(&args.file).with_context(|| args.file.display().to_string())?;
    let steps: Vec<Step> = serde_json::from_str(&text).with_context(|| args.file.display().to_string())?;
    ensure!(steps.is_sorted_by_key(|step| step.at), "{}: the steps are not in the order of their instants", args.file.display());
    let config = Config::default();
    // What holds is what holds now; each step then has its own instant.
    let app = args.place.open_at(4, Durability::Full, config, Clock::frozen(Clock::System.now())).await?;
    ensure!(app.config.demo, "{} holds a district that is not invented", args.place.data.display());
    let played = play(&app, &steps).await?;
    app.db.close().await?;
    for line in &played.refused {
        say(line);
    }
    say(format_args!("{} steps done, {} refused", played.done, played.refused.len()));
    ensure!(played.refused.is_empty(), "not every scene was played to its end");
    Ok(())
}

/// Plays steps on a district whose clock stands still but for them. What is refused ends its scene and no other.
///
/// # Errors
/// When the district cannot be asked.
pub async fn play(app: &Shared, steps: &[Step]) -> Result<Played> {
    let mut stage = Stage { app, within: Within::new(app), sessions: HashMap::new(), kept: HashMap::new() };
    let (mut played, mut over) = (Played::default(), BTreeSet::new());
    for step in steps {
        if over.contains(step.scene.as_str()) {
            continue;
        }
        app.clock.set(step.at);
        match stage.step(step).await? {
            Ok(()) => played.done += 1,
            Err(why) => {
                over.insert(step.scene.as_str());
                played.refused.push(format!("{} {} {} {}: {why}", step.scene, step.who, step.method, step.path));
            }
        }
        app.refresh().await?;
    }
    Ok(played)
}

struct Stage<'a> {
    app: &'a Shared,
    within: Within,
    sessions: HashMap<String, (Time, String)>,
    /// By scene and name.
    kept: HashMap<(String, String), Value>,
}

/// For how long a session is used, so that it never is idle.
const MINUTES: i64 = 10;

impl Stage<'_> {
    /// Does a step; the inner error says why it was refused.
    async fn step(&mut self, step: &Step) -> Result<Result<(), String>> {
        if step.method == "WAIT" {
            incidents::summons(Worker::new(self.app.db.clone(), self.app.clock.clone()), self.app).run_due().await?;
            return Ok(Ok(()));
        }
        let secret = self.session(&step.who).await?;
        let (Some(path), Some(body)) = (self.text(step, &step.path).await?, self.value(step, &step.body).await?) else {
            return Ok(Err("something that it names is not there".into()));
        };
        let (status, answer) = self.within.ask(&secret, &step.method, &format!("/api/v1{path}"), &body).await?;
        if !(200..300).contains(&status) {
            return Ok(Err(format!("{status} {answer}")));
        }
        if answer["faults"].as_array().is_some_and(|f| !f.is_empty()) {
            return Ok(Err(answer["faults"].to_string()));
        }
        let found = match &step.pick {
            None => Some(answer),
            Some((member, is)) => {
                let Some(is) = self.text(step, is).await? else { return Ok(Err(format!("nothing is called {is}"))) };
                let all = answer.as_array().or_else(|| answer["items"].as_array());
                all.and_then(|all| all.iter().find(|one| one[member.as_str()] == json!(is))).cloned()
            }
        };
        let Some(found) = found else { return Ok(Err("the list has no such entry".into())) };
        for (name, place) in &step.keep {
            let Some(value) = found.pointer(place) else { return Ok(Err(format!("the answer has no {place}"))) };
            self.kept.insert((step.scene.clone(), name.clone()), value.clone());
        }
        Ok(Ok(()))
    }

    async fn session(&mut self, who: &str) -> Result<String> {
        let now = self.app.clock.now();
        if let Some((_, secret)) = self.sessions.get(who).filter(|(at, _)| now < at.plus_minutes(MINUTES)) {
            return Ok(secret.clone());
        }
        let secret = stand_in(self.app, who).await?.secret.text().to_owned();
        self.sessions.insert(who.to_owned(), (now, secret.clone()));
        Ok(secret)
    }

    /// A value with its slots filled; nothing when one cannot be.
    async fn value(&self, step: &Step, value: &Value) -> Result<Option<Value>> {
        Ok(match value {
            Value::String(text) => match text.strip_prefix('{').and_then(|t| t.strip_suffix('}')).filter(|t| !t.contains('{')) {
                Some(slot) => self.slot(step, slot).await?,
                None => self.text(step, text).await?.map(Value::String),
            },
            Value::Array(all) => {
                let mut made = vec![];
                for one in all {
                    let Some(one) = Box::pin(self.value(step, one)).await? else { return Ok(None) };
                    made.push(one);
                }
                Some(Value::Array(made))
            }
            Value::Object(all) => {
                let mut made = Map::new();
                for (key, one) in all {
                    let Some(one) = Box::pin(self.value(step, one)).await? else { return Ok(None) };
                    made.insert(key.clone(), one);
                }
                Some(Value::Object(made))
            }
            other => Some(other.clone()),
        })
    }

    /// A text with its slots filled.
    async fn text(&self, step: &Step, text: &str) -> Result<Option<String>> {
        let (mut made, mut rest) = (String::new(), text);
        while let Some((before, (slot, after))) = rest.split_once('{').and_then(|(b, r)| Some((b, r.split_once('}')?))) {
            made.push_str(before);
            match self.slot(step, slot).await? {
                Some(Value::String(text)) => made.push_str(&text),
                Some(other) => made.push_str(&other.to_string()),
                None => return Ok(None),
            }
            rest = after;
        }
        made.push_str(rest);
        Ok(Some(made))
    }

    async fn slot(&self, step: &Step, slot: &str) -> Result<Option<Value>> {
        let org = self.app.org.directory();
        let words: Vec<&str> = slot.split(' ').collect();
        Ok(match words.as_slice() {
            ["unit", code] => org.value.unit_by_code(code).map(|u| json!(u.id)),
            ["person", number] => org.value.person_by_staff_no(number).map(|p| json!(p.id)),
            ["matter", name] => self.app.catalogue.get().value.by_name(name).map(|m| json!(m.id)),
            ["task", case, code] => {
                let (Some(case), Some(unit)) = (self.kept(step, case), org.value.unit_by_code(code)) else { return Ok(None) };
                let case: Uuid = serde_json::from_value(case.clone()).map_err(Error::internal)?;
                let tasks = store::tasks(&mut *self.app.db.read().await?, Id::from_uuid(case)).await?;
                let open = |t: &&TaskRow| t.unit_id == unit.id && matches!(t.state, TaskState::Offered | TaskState::Accepted);
                tasks.iter().find(open).map(|t| json!(t.id))
            }
            [name] => self.kept(step, name).cloned(),
            _ => None,
        })
    }

    fn kept(&self, step: &Step, name: &str) -> Option<&Value> {
        self.kept.get(&(step.scene.clone(), name.to_owned()))
    }
}
