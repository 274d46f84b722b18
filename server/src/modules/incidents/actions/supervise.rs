//! 督办: an order (催办, yellow card, red card) to a case and the unit that has to solve it, its reply, and its end.

use db::{Json, Tx};
use kernel::{Actor, Error, Id, Permission, Result, Scope, Time};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Change, Ground, optional, required, told};
use crate::{
    app::App,
    modules::{
        access::audit::Audit,
        catalogue::Urgency,
        incidents::{
            model::{Action, Reason, SUPERVISION_ENDED},
            rules::{
                ladder::{Card, Whom},
                spoken::Spoken,
                supervision::{OrderState, Supervision, gravest, reply_by_fits},
            },
            store::{self, Case, Entry},
        },
        notices::{self, Notice},
        org::Unit,
    },
};

/// 督办 by hand.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Supervise {
    /// The version of the case that the caller saw.
    #[serde(default)]
    pub version: Option<i64>,
    /// How grave.
    pub card: Card,
    /// Until when the unit has to reply: at most ninety days.
    pub reply_by: Time,
    /// What is wanted.
    pub words: String,
    /// Who signs; without it, the caller.
    #[serde(default)]
    pub signer: String,
    /// The unit, when it is not the one that leads: one with a task of the case.
    #[serde(default)]
    #[schema(value_type = Option<uuid::Uuid>)]
    pub unit: Option<Id<Unit>>,
}

/// The unit's answer to an order.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = SupervisionReply)]
pub struct OrderReply {
    /// What was found and done.
    pub text: String,
}

/// The end of an order.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OrderEnd {
    /// Whether it is lifted (解除) rather than closed as carried out (办结).
    #[serde(default)]
    pub lifted: bool,
    /// Why.
    pub words: String,
}

/// What an order wants.
#[derive(Clone, Debug)]
pub enum Wanted {
    /// What somebody wrote, redacted.
    Words(String),
    /// What the rule says of a case that has been late for so many hours.
    Late(i64),
}

/// What an order says, by hand or by rule.
#[derive(Clone, Debug)]
pub struct Order<'a> {
    /// How grave.
    pub card: Card,
    /// Until when the unit has to reply.
    pub reply_by: Time,
    /// What is wanted, redacted; by a rule, how many hours the case has been late.
    pub words: Wanted,
    /// Who signs.
    pub signer: String,
    /// The unit, when it is not the one that leads.
    pub unit: Option<Id<Unit>>,
    /// The stage of the ladder that issues it.
    pub stage: Option<&'a str>,
}

/// What is kept with the step.
#[derive(Serialize)]
struct Details<'a> {
    kind: &'static str,
    /// `issue`, `reply`, `lift` or `close`.
    act: &'static str,
    supervision: Id<Supervision>,
    code: &'a str,
    card: Card,
    unit: Id<Unit>,
    stage: Option<&'a str>,
}

/// Issues an order by hand.
pub async fn supervise(tx: &mut Tx, ground: &Ground, change: Change<'_>, body: &Supervise) -> Result<Case> {
    reply_by_fits(ground.now, body.reply_by)?;
    let words = text::redact(required("words", &body.words, 1_000)?).text;
    let signer = optional("signer", &body.signer, 50)?;
    let signer = if signer.is_empty() { change.actor.name.clone() } else { signer.to_owned() };
    if let Some(unit) = body.unit {
        let known = change.case.lead_unit == Some(unit)
            || change.case.owner_id == unit
            || store::tasks(tx, change.case.id).await?.iter().any(|t| t.unit_id == unit);
        if !known {
            return Err(Error::invalid("unit", "unknown-unit"));
        }
    }
    let order =
        Order { card: body.card, reply_by: body.reply_by, words: Wanted::Words(words), signer, unit: body.unit, stage: None };
    issue(tx, ground, change, &order).await.map(|(case, _)| case)
}

/// Enters an order: the case shows the gravest card, the unit's desk and head are told.
pub async fn issue(tx: &mut Tx, ground: &Ground, mut change: Change<'_>, order: &Order<'_>) -> Result<(Case, Supervision)> {
    let directory = &ground.org.value;
    let day = change.app.zone.date(ground.now).strftime("%Y%m%d").to_string();
    let unit = order.unit.or(change.case.lead_unit).unwrap_or(change.case.owner_id);
    let known = directory.unit(unit);
    let reach = change.actor.scope(Permission("incident.supervise"));
    let code = format!("DB{day}-{:03}", store::numbers(tx, &format!("DB{day}"), 1).await?);
    let supervision = Supervision {
        id: Id::new(ground.now),
        version: 1,
        incident_id: change.case.id,
        unit_id: unit,
        unit_path: known.map_or_else(|| change.case.owner_path.clone(), |u| u.path.clone()),
        issuer_path: issuer(&reach, &change.case.owner_path, &directory.root().path),
        card: order.card,
        words: match &order.words {
            Wanted::Words(words) => words.clone(),
            Wanted::Late(hours) => Spoken::Late { hours: *hours }.zh(),
        },
        signer: order.signer.clone(),
        issued_by: change.actor.id,
        stage: order.stage.map(str::to_owned),
        issued_at: ground.now,
        reply_by: order.reply_by,
        state: OrderState::Open,
        reply: None,
        replied_by: None,
        replied_name: None,
        replied_at: None,
        end_words: None,
        ended_by: None,
        ended_name: None,
        ended_at: None,
        overdue_at: None,
        code,
    };
    let (card, code) = (order.card, supervision.code.clone());
    let said = match &order.words {
        Wanted::Words(words) => Spoken::Supervised { card, code, words: words.clone() },
        Wanted::Late(hours) => Spoken::SupervisedByRule { card, code, hours: *hours },
    };
    let entry = change.act(Action::Supervise)?;
    describe(entry, &supervision, "issue", said);
    let rule = |stage: &str| Reason::said("rule", Spoken::ByStage { stage: stage.to_owned() });
    entry.reasons = Json(order.stage.map(rule).into_iter().collect());
    let shown = change.case.card.as_deref().and_then(Card::of);
    change.case.card = gravest(shown.into_iter().chain([order.card])).map(|c| c.word().to_owned());
    change.wind(ground)?;
    let case = change.save(tx).await?;
    store::supervision::insert(tx, &supervision).await?;
    let aims = [told::desk(ground, unit), told::head(ground, unit)];
    let accounts = told::accounts(tx, ground.now, &aims).await?.concat();
    tell(tx, ground.now, accounts, "case-supervised", &case, &supervision).await?;
    Ok((case, supervision))
}

/// Where an order is issued from: the highest place that the caller's office reaches above the case.
fn issuer(reach: &Scope, case: &str, root: &str) -> String {
    let Scope::Under(paths) = reach else { return root.to_owned() };
    let mut above: Vec<&String> = paths.iter().filter(|p| case.starts_with(p.as_str())).collect();
    above.sort_by_key(|p| p.len());
    above.first().map_or_else(|| root.to_owned(), |p| if p.len() < root.len() { root.to_owned() } else { (*p).clone() })
}

/// Writes an act on an order into a step; orders are between offices, so the reporter does not read them.
fn describe(entry: &mut Entry, s: &Supervision, act: &'static str, said: Spoken) {
    let (code, stage) = (s.code.as_str(), s.stage.as_deref());
    let details = Details { kind: "supervise", act, supervision: s.id, code, card: s.card, unit: s.unit_id, stage };
    entry.say(said);
    (entry.is_public, entry.details) = (false, serde_json::to_value(&details).ok());
}

async fn tell(tx: &mut Tx, now: Time, accounts: Vec<uuid::Uuid>, kind: &'static str, case: &Case, s: &Supervision) -> Result<()> {
    let params = serde_json::json!({ "code": case.code, "order": s.code, "card": s.card });
    let urgent = case.urgency == Urgency::Emergency;
    let notice = |to| Notice { to, kind, object_kind: "supervision", object: s.id.uuid(), params: params.clone(), urgent };
    notices::tell(tx, now, &accounts.into_iter().map(notice).collect::<Vec<_>>()).await
}

/// The unit answers; who issued the order is told.
pub async fn reply_order(
    tx: &mut Tx,
    app: &App,
    ground: &Ground,
    who: &Actor,
    id: Id<Supervision>,
    body: &OrderReply,
) -> Result<Supervision> {
    let mut s = store::supervision::find(tx, &Scope::All, id).await?;
    if !who.scope(Permission("supervision.reply")).holds(&s.unit_path) {
        return Err(Error::NotFound);
    }
    if s.state != OrderState::Open {
        return Err(Error::refused_with(SUPERVISION_ENDED, "state", s.state.word()));
    }
    let words = text::redact(required("text", &body.text, 2_000)?).text;
    s.state = OrderState::Replied;
    (s.reply, s.replied_by, s.replied_name, s.replied_at) =
        (Some(words.clone()), Some(who.id), Some(who.name.clone()), Some(ground.now));
    let case = entered(tx, app, who, &s, "reply", Spoken::OrderReplied { code: s.code.clone(), words }).await?;
    let issuer = Some(s.issued_by).filter(|by| !by.is_nil());
    let accounts = if let Some(by) = issuer {
        vec![by]
    } else {
        let aim = told::aim(ground, Whom::Supervisor, &told::Place::of(&case));
        told::accounts(tx, ground.now, &[aim]).await?.concat()
    };
    tell(tx, ground.now, accounts, "supervision-replied", &case, &s).await?;
    s.version += 1;
    Ok(s)
}

/// How many overdue orders one transaction takes.
const BATCH: usize = 100;

/// Tells whoever issued an order, the supervisor and the unit once that its reply is overdue, and says of how many. A warning leaves the
/// case alone, so that nobody's open form becomes stale by it.
pub async fn unanswered(app: &App) -> Result<usize> {
    let mut told = 0;
    if !store::supervision::anything_unanswered(&mut *app.db.read().await?, app.clock.now()).await? {
        return Ok(0);
    }
    loop {
        let (ground, system) = (Ground::of(app), Actor::system());
        let mut tx = app.db.begin();
        let late = store::supervision::unanswered(&mut tx, ground.now, BATCH as i64).await?;
        for order in &late {
            told += usize::from(remind(&mut tx, &ground, &system, order).await?);
        }
        tx.commit().await?;
        app.wake.notify_one();
        if late.len() < BATCH || app.is_stopping() {
            return Ok(told);
        }
    }
}

async fn remind(tx: &mut Tx, ground: &Ground, system: &Actor, order: &Supervision) -> Result<bool> {
    if !store::supervision::mark_overdue(tx, order.id, ground.now).await? {
        return Ok(false);
    }
    let case = store::find(tx, &Scope::All, order.incident_id).await?;
    let (desk, head) = (told::desk(ground, order.unit_id), told::head(ground, order.unit_id));
    let supervisor = told::aim(ground, Whom::Supervisor, &told::Place::of(&case));
    let mut accounts = told::accounts(tx, ground.now, &[desk, head, supervisor]).await?.concat();
    accounts.extend((!order.issued_by.is_nil()).then_some(order.issued_by));
    tell(tx, ground.now, accounts, "supervision-overdue", &case, order).await?;
    let row = Audit::new("supervision.overdue", "supervision", order.id.uuid()).under(&order.unit_path);
    row.with("code", order.code.as_str()).record(tx, ground.now, system).await?;
    Ok(true)
}

/// Who reaches as far as the issuer lifts or closes an order; the case shows the gravest of those that are left.
pub async fn end_order(
    tx: &mut Tx,
    app: &App,
    ground: &Ground,
    who: &Actor,
    id: Id<Supervision>,
    body: &OrderEnd,
) -> Result<Supervision> {
    let mut s = store::supervision::find(tx, &Scope::All, id).await?;
    if !who.scope(Permission("supervision.end")).holds(&s.issuer_path) {
        return Err(Error::NotFound);
    }
    if !s.state.counts() {
        return Err(Error::refused_with(SUPERVISION_ENDED, "state", s.state.word()));
    }
    let words = text::redact(required("words", &body.words, 1_000)?).text;
    let act = if body.lifted { "lift" } else { "close" };
    s.state = if body.lifted { OrderState::Lifted } else { OrderState::Closed };
    (s.end_words, s.ended_by, s.ended_name, s.ended_at) =
        (Some(words.clone()), Some(who.id), Some(who.name.clone()), Some(ground.now));
    let case = entered(tx, app, who, &s, act, Spoken::OrderEnded { code: s.code.clone(), lifted: body.lifted, words }).await?;
    let accounts = told::accounts(tx, ground.now, &[told::desk(ground, s.unit_id)]).await?.concat();
    tell(tx, ground.now, accounts, "supervision-ended", &case, &s).await?;
    s.version += 1;
    Ok(s)
}

/// Saves an order and enters it in the case's history.
async fn entered(tx: &mut Tx, app: &App, who: &Actor, s: &Supervision, act: &'static str, said: Spoken) -> Result<Case> {
    let mut change = Change::load(tx, app, who, &Scope::All, s.incident_id, None).await?;
    store::supervision::save(tx, s).await?;
    let state = change.case.state;
    describe(change.enter(Action::Supervise, state), s, act, said);
    change.case.card = gravest(store::supervision::cards(tx, s.incident_id).await?).map(|c| c.word().to_owned());
    let row = Audit::new("supervision.change", "supervision", s.id.uuid()).under(&s.unit_path);
    row.with("act", act).with("code", s.code.as_str()).record(tx, app.clock.now(), who).await?;
    change.save(tx).await
}
