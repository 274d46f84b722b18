//! 预警与升级: one sweep over the cases whose next stage has come, some at a time.
//!
//! A stage that only tells people changes nothing in the case: it is kept beside it, so that nobody's open form becomes stale by a warning.
//! One that escalates or supervises changes it like a command, in the program's name.

use std::collections::HashMap;

use db::Tx;
use kernel::{Actor, Error, Id, Result, Scope, Time};

use super::{Change, Ground, escalate, supervise, told};
use crate::{
    app::App,
    modules::{
        access::audit::Audit,
        catalogue::Urgency,
        incidents::{
            clocks::Event,
            model::{Incident, Rule, State},
            rules::ladder::{self, Alarm, ESCALATION, Fired, Lit, Mark, Then},
            store::{
                self, Case,
                ladder::{Due, Wound},
            },
        },
        notices::{self, Notice},
    },
};

/// How many cases one transaction takes.
const BATCH: usize = 100;
/// How often a sweep that another node's change overtook begins anew.
const TRIES: usize = 5;

/// As much of a case as its stages depend on.
pub struct Watched<'c> {
    id: Id<Incident>,
    round: i64,
    state: State,
    urgency: Urgency,
    rule: Option<&'c Rule>,
    yellow_at: Option<Time>,
    red_at: Option<Time>,
}

impl<'c> Watched<'c> {
    /// Of a case.
    pub fn of(case: &'c Case) -> Self {
        let Case { id, round, state, urgency, yellow_at, red_at, .. } = *case;
        Self { id, round, state, urgency, rule: case.rule.as_ref().map(|r| &r.0), yellow_at, red_at }
    }

    fn of_due(case: &'c Due) -> Self {
        let Due { id, round, state, urgency, yellow_at, red_at, .. } = *case;
        Self { id, round, state, urgency, rule: case.rule.as_ref().map(|r| &r.0), yellow_at, red_at }
    }
}

/// The stages of a case that were not set off yet, the earliest first; none while no clock runs.
pub fn ahead<'c, 'e>(case: &Watched<'c>, log: impl IntoIterator<Item = (Time, &'e Event)>, fired: &[Fired]) -> Vec<Alarm<'c>> {
    let lit = Lit {
        yellow_at: case.yellow_at,
        red_at: case.red_at,
        waiting: case.state == State::Assigned,
        held: ladder::held(log, case.red_at),
    };
    let all = ladder::alarms(ladder::of_case(case.rule, case.urgency), &lit);
    ladder::waiting(all, case.id, case.round, fired)
}

/// When the next stage of a case comes, or came without being set off yet.
pub fn next_at<'e>(case: &Case, log: impl IntoIterator<Item = (Time, &'e Event)>, fired: &[Fired]) -> Option<Time> {
    ahead(&Watched::of(case), log, fired).first().map(|a| a.due_at)
}

/// Sets off every stage that has come, and says how many. Exactly once each, however often and by whomever it is called. After a long
/// standstill that is a long list: when the process is to end, the next sweep goes on with it.
pub async fn sweep(app: &App) -> Result<usize> {
    let (mut done, mut tries) = (0, 0);
    if !store::ladder::anything_due(&mut *app.db.read().await?, app.clock.now()).await? {
        return Ok(0);
    }
    loop {
        match batch(app).await {
            Ok((cases, stages)) => {
                done += stages;
                if cases < BATCH || app.is_stopping() {
                    return Ok(done);
                }
            }
            Err(Error::Stale) if tries < TRIES => {
                tries += 1;
                app.refresh().await?;
            }
            Err(error) => return Err(error),
        }
    }
}

/// One transaction: how many cases it looked at, and how many stages it set off.
async fn batch(app: &App) -> Result<(usize, usize)> {
    let ground = Ground::of(app);
    let system = Actor::system();
    let mut tx = app.db.begin();
    let cases = store::ladder::due(&mut tx, ground.now, BATCH as i64).await?;
    if cases.is_empty() {
        tx.rollback().await?;
        return Ok((0, 0));
    }
    ground.check(&mut tx).await?;
    let come = come(&mut tx, ground.now, &cases).await?;
    let rows: Vec<(Fired, Time)> = come.iter().map(|c| (c.alarm.fired(c.case.id, c.case.round), c.alarm.due_at)).collect();
    let fresh = store::ladder::fire(&mut tx, ground.now, &rows).await?;
    let new: Vec<Come<'_>> = come.into_iter().zip(rows).filter(|(_, (row, _))| fresh.contains(row)).map(|(c, _)| c).collect();
    tell(&mut tx, &ground, &new).await?;
    let audit = |c: &Come<'_>| {
        let row = Audit::new("warn", "incident", c.case.id.uuid()).under(&c.case.owner_path);
        row.with("code", c.case.code.as_str()).with("stage", c.alarm.stage.stage.as_str())
    };
    Audit::record_all(new.iter().map(audit).collect(), &mut tx, ground.now, &system).await?;
    for one in &new {
        act(&mut tx, app, &ground, &system, one).await?;
    }
    let counts = (cases.len(), new.len());
    tx.commit().await?;
    app.wake.notify_one();
    Ok(counts)
}

/// A stage that has come.
#[derive(Clone, Copy)]
struct Come<'c> {
    case: &'c Due,
    alarm: Alarm<'c>,
}

/// Which stages of these cases have come, with what lies ahead of each already saved.
async fn come<'c>(tx: &mut Tx, now: Time, cases: &'c [Due]) -> Result<Vec<Come<'c>>> {
    let ids: Vec<Id<Incident>> = cases.iter().map(|c| c.id).collect();
    let fired = store::ladder::fired(tx, &ids).await?;
    let mut logs: HashMap<Id<Incident>, Vec<Wound>> = HashMap::new();
    for wound in store::ladder::wound(tx, &ids).await? {
        logs.entry(wound.incident_id).or_default().push(wound);
    }
    let (mut come, mut moves) = (vec![], vec![]);
    for case in cases {
        let steps = logs.get(&case.id).map(Vec::as_slice).unwrap_or_default();
        let log = steps.iter().flat_map(|w| w.clock.0.iter().map(|e| (w.at, e)));
        let ahead = ahead(&Watched::of_due(case), log, &fired);
        let now_due = ahead.iter().take_while(|a| a.due_at <= now).count();
        moves.push((case.id, case.next_at, ahead.get(now_due).map(|a| a.due_at)));
        come.extend(ahead.into_iter().take(now_due).map(|alarm| Come { case, alarm }));
    }
    store::ladder::move_on(tx, &moves).await?;
    Ok(come)
}

/// Tells everybody whom the stages name: two look-ups and one statement, however many they are.
async fn tell(tx: &mut Tx, ground: &Ground, come: &[Come<'_>]) -> Result<()> {
    let aims: Vec<told::Aim> = come
        .iter()
        .flat_map(|c| c.alarm.stage.tell.iter().map(|whom| told::aim(ground, *whom, &told::Place::of_due(c.case))))
        .collect();
    let accounts = told::accounts(tx, ground.now, &aims).await?;
    let mut accounts = accounts.into_iter();
    let mut list = vec![];
    for c in come {
        for to in accounts.by_ref().take(c.alarm.stage.tell.len()).flatten() {
            list.push(notice(ground, c, to));
        }
    }
    // One that is told of a case by two stages at once hears of the later.
    list.reverse();
    notices::tell(tx, ground.now, &list).await
}

fn notice(ground: &Ground, come: &Come<'_>, to: uuid::Uuid) -> Notice {
    let Come { case, alarm } = come;
    let kind = match (alarm.stage.mark, alarm.stage.after_minutes) {
        (Mark::Yellow, _) => "case-yellow",
        (Mark::Red, ..60) => "case-red",
        (Mark::Red, _) => "case-overdue",
    };
    let matter = case.matter_id.and_then(|m| ground.catalogue.value.matter(m));
    let (matter, matter_en) = (matter.map(|m| m.level3.clone()), matter.and_then(|m| m.english()));
    let hours = alarm.stage.after_minutes / 60;
    let params = serde_json::json!({ "code": case.code, "matter": matter, "matter_en": matter_en, "hours": hours });
    Notice { to, kind, object_kind: "incident", object: case.id.uuid(), params, urgent: case.urgency == Urgency::Emergency }
}

/// What a stage does beside telling people; a case that has moved on meanwhile, or that nobody stands above, is left alone.
async fn act(tx: &mut Tx, app: &App, ground: &Ground, system: &Actor, come: &Come<'_>) -> Result<()> {
    let Some(then) = &come.alarm.stage.then else { return Ok(()) };
    let change = Change::load(tx, app, system, &Scope::All, come.case.id, None).await?;
    if !matches!(change.case.state, State::Accepted | State::Assigned | State::InProgress) {
        return Ok(());
    }
    let stage = come.alarm.stage.stage.as_str();
    match then {
        Then::Escalate => escalate::by_rule(tx, ground, change, stage).await,
        Then::Supervise { card, reply_minutes } => {
            let hours = (ground.now - come.alarm.mark_at) / 3_600_000;
            let order = supervise::Order {
                card: *card,
                reply_by: ground.now.plus_minutes(*reply_minutes),
                words: supervise::Wanted::Late(hours),
                signer: app.access.setting(&ESCALATION, ground.now).signer,
                unit: None,
                stage: Some(stage),
            };
            supervise::issue(tx, ground, change, &order).await.map(|_| ())
        }
    }
}
