//! 派单: who leads, who helps, and why.

use db::{Conn, Json, Tx};
use kernel::{Code, Error, Id, Permission, Result, Time};
use serde::Deserialize;
use utoipa::ToSchema;

use super::{
    Change, Ground,
    change::reasons,
    emergency::first_measures_reason,
    escalate::{held_by, is_handed_up},
    returns, second,
};
use crate::modules::{
    access, admission,
    catalogue::{AccessClass, Matter, Urgency},
    incidents::{
        clocks::{Event, Instants},
        model::{Action, Attention, MATTER_UNKNOWN, Reason, Role, State, Task, TaskState, gate},
        rules::{
            emergency::gate_for,
            returns::{CENTRE_DECIDES, Details},
            spoken::Spoken,
        },
        store::{self, Case, TaskRow},
        transitions::{not_in_state, transition},
    },
    notices::{self, Notice},
    org::{self, Directory, Person, Question, Responsible, Unit},
};

/// A dispatch by hand; without a unit the rules choose.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Dispatch {
    /// The version of the case that the caller saw.
    pub version: Option<i64>,
    /// The unit that leads.
    #[schema(value_type = Option<uuid::Uuid>)]
    pub unit: Option<Id<Unit>>,
    /// The person in it.
    pub person: Option<uuid::Uuid>,
    /// Units that help.
    #[schema(value_type = Vec<uuid::Uuid>)]
    pub helpers: Vec<Id<Unit>>,
    /// Why the rules' choice is not taken; required when a unit is named.
    pub reason: String,
    /// 先期处置: in an emergency the grassroots are sent to cordon and warn although the matter is a department's; the reason is recorded.
    pub first_measures: bool,
}

/// Who is to do it, by the rules.
#[derive(Debug)]
pub struct Plan {
    /// Who leads.
    pub lead: Responsible,
    /// Who helps.
    pub helpers: Vec<Responsible>,
    /// Why, in words.
    pub reasons: Vec<Reason>,
    /// Why a human should look, if so.
    pub attention: Vec<Attention>,
}

/// Chooses by catalogue, access list, place and time. Pure: the same ground gives the same plan.
pub fn plan(ground: &Ground, grid: Option<Id<Unit>>, matter: &Matter) -> Plan {
    plan_without(ground, grid, matter, &[])
}

/// The same, passing over people who may not have it.
fn plan_without(ground: &Ground, grid: Option<Id<Unit>>, matter: &Matter, not: &[Id<Person>]) -> Plan {
    let directory = &ground.org.value;
    let ask = |who: &str| directory.responsible(&Question { place: grid, lead: &directory.lead(who), at: ground.now, not });
    let lead = ask(&matter.lead);
    let class = ground.class(matter);
    let (mut helpers, mut kept_out): (Vec<Responsible>, Vec<Id<Unit>>) = (vec![], vec![]);
    for who in &matter.helpers {
        let helper = ask(who);
        if helper.unit == lead.unit || helpers.iter().any(|h| h.unit == helper.unit) {
            continue;
        }
        // The list outranks the catalogue: what is not the grassroots' to help with does not go down to them by a row of it.
        let down = is_grassroots(directory, helper.unit, ground.now);
        let admitted = class == AccessClass::Assist || gate_for(class, down, matter.urgency, true).is_ok();
        if admitted { helpers.push(helper) } else { kept_out.push(helper.unit) }
    }
    let mut attention: Vec<Attention> = lead.attention.iter().filter_map(|a| Attention::of(a)).collect();
    if class == AccessClass::Unlisted || gate(class, is_grassroots(directory, lead.unit, ground.now)).is_err() {
        attention.push(Attention::Unlisted);
    }
    let item = ground.admission.value.item(matter.id, ground.now).map(|i| i.name.clone());
    let (name, matter_en) = (matter.level3.clone(), matter.english());
    let mut why = vec![Reason::said("class", Spoken::Classed { matter: name, matter_en, class, item })];
    why.extend(reasons(&lead.reasons));
    let name = |unit: &Id<Unit>| directory.unit(*unit).map_or("", |u| u.name.as_str());
    let kept_out = kept_out.iter().map(|unit| Spoken::HelperKeptOut { unit: name(unit).to_owned() });
    why.extend(kept_out.map(|said| Reason::said("helper-kept-out", said)));
    Plan { lead, helpers, reasons: why, attention }
}

/// Dispatches a case that was accepted, by the rules or to the unit that the desk names. The inner error is a refusal whose record must be
/// kept: an attempt to send a matter down that the gate stopped, or a circle that the centre has to decide.
pub async fn dispatch(tx: &mut Tx, ground: &Ground, mut change: Change<'_>, body: &Dispatch) -> Result<Result<Case>> {
    let Settled { plan, trail, matter, class } = match settle(tx, ground, &mut change, body, true).await? {
        Ok(settled) => settled,
        Err((unit, refused)) => return returns::attempted(tx, ground, &change, unit, refused).await.map(Err),
    };
    if trail.closes_circle(plan.lead.unit) {
        return returns::stop_circle(tx, ground, change, plan.lead.unit).await.map(Err);
    }
    let entry = change.act(Action::Dispatch)?;
    entry.say(led(ground, &plan));
    entry.details = trail.passed_over(plan.lead.unit).and_then(|unit| Details::Dispatch { instead_of: unit }.stored());
    let case = hand_over(tx, ground, change, &plan, &trail, false).await?;
    if class == AccessClass::Unlisted {
        admission::propose(tx, ground.now, matter, &case.code).await?;
    }
    Ok(Ok(case))
}

/// Who would get a case, and what it has behind it.
struct Settled {
    plan: Plan,
    trail: returns::Trail,
    matter: Id<Matter>,
    class: AccessClass,
}

/// Settles who gets the case, or why nobody does: the inner error is what the gate says of which unit. Whether it would go round in a circle is asked
/// apart, since that is kept. `spoken` asks for the words with which a desk overrules the rules.
async fn settle(
    conn: &mut Conn,
    ground: &Ground,
    change: &mut Change<'_>,
    body: &Dispatch,
    spoken: bool,
) -> Result<Result<Settled, (Id<Unit>, Error)>> {
    let matter = change.case.matter_id.and_then(|m| ground.catalogue.value.matter(m)).ok_or(Error::refused(MATTER_UNKNOWN))?;
    held_by(ground, change, Permission("incident.dispatch"))?;
    if change.case.state == State::InProgress && !is_handed_up(&change.case) {
        return Err(not_in_state(change.case.state, Action::Dispatch));
    }
    // Before anything is written about the attempt: what is over is not sent round, so no circle is stopped there.
    transition(change.case.state, Action::Dispatch)?;
    let trail = returns::before_dispatch(conn, change, body.unit.is_some()).await?;
    let former = second::former(conn, &change.case).await?;
    // The access list in force now decides, not the one of the day on which the case came in.
    let class = ground.class(matter);
    change.case.class = Some(class);
    let mut plan = plan_without(ground, change.case.grid_id, matter, &former.people);
    if let Some(unit) = body.unit {
        let reason = if spoken { super::required("reason", &body.reason, 500)? } else { "" };
        let person = known_person(ground, body.person)?;
        let same = second::may_name(ground, &former, unit, person, reason)?;
        match named(ground, change, ("unit", unit), person, &body.helpers, &former.people, body.first_measures)? {
            Ok((lead, helpers)) => (plan.lead, plan.helpers) = (lead, helpers),
            Err(kept_out) => return Ok(Err(kept_out)),
        }
        let chosen = ground.org.value.unit(unit).map_or_else(String::new, |u| u.name.clone());
        let words = text::redact(reason).text;
        plan.reasons.push(Reason::said("by-hand", Spoken::Named { by: change.actor.name.clone(), unit: chosen, words }));
        if parts(&plan).any(|part| exempt(ground, change, part.unit, body.first_measures)) {
            plan.reasons.push(first_measures_reason(reason));
        }
        plan.reasons.extend(same);
    } else if plan.attention.contains(&Attention::Unlisted) {
        return Err(Error::invalid("unit", "required-when-unlisted"));
    }
    Ok(Ok(Settled { plan, trail, matter: matter.id, class }))
}

/// Refuses what a dispatch would refuse, but for its words; nothing is written.
pub(super) async fn would_dispatch(conn: &mut Conn, ground: &Ground, change: &mut Change<'_>, body: &Dispatch) -> Result<()> {
    let Settled { plan, trail, .. } = settle(conn, ground, change, body, false).await?.map_err(|(_, refused)| refused)?;
    if trail.closes_circle(plan.lead.unit) { Err(returns::circle(ground, plan.lead.unit)) } else { Ok(()) }
}

/// Hands the case to the lead and the helpers of a plan, for a dispatch or a ruling whose step the caller has entered: tasks that are open
/// end, the accept clock starts, and who gets a task is told. Tasks of a ruling bind. Whoever returned the case before leads until the next
/// takes it on (首接负责).
pub(super) async fn hand_over(
    tx: &mut Tx,
    ground: &Ground,
    mut change: Change<'_>,
    plan: &Plan,
    trail: &returns::Trail,
    binding: bool,
) -> Result<Case> {
    store::withdraw(tx, change.case.id).await?;
    if let Some(entry) = change.last() {
        entry.reasons = Json(plan.reasons.clone());
        entry.clock = Json(vec![Event::Offer]);
    }
    change.attend(|a| matches!(a, Attention::TwoGrids), &[]);
    let shown = change.wind(ground)?;
    let mut tasks = tasks(ground, &change, plan, &shown);
    for task in &mut tasks {
        task.binding = binding;
    }
    if !trail.is_held() {
        set_lead(&mut change, plan);
    }
    trail.settle(tx, &mut change, plan.lead.unit).await?;
    let case = change.save(tx).await?;
    store::drop_extensions(tx, case.id, case.round).await?;
    store::offer(tx, &tasks).await?;
    tell(tx, ground.now, &people(plan), &case).await?;
    Ok(case)
}

fn known_person(ground: &Ground, person: Option<uuid::Uuid>) -> Result<Option<Id<Person>>> {
    let person = person.map(Id::from_uuid);
    match person.filter(|p| ground.org.value.person(*p).is_none()) {
        Some(p) => Err(Error::Invalid(vec![kernel::FieldError::new("person", "unknown-person").with("person", p.to_string())])),
        None => Ok(person),
    }
}

/// A lead and helpers, or the unit that the gate keeps out with what it says.
pub(super) type Named = Result<(Responsible, Vec<Responsible>), (Id<Unit>, Error)>;

/// A lead and helpers whom somebody named, in the words of the organisation, passing over people who may not have it; the inner error is what
/// the gate says of which unit. `first_measures` asks for its one exception.
pub(super) fn named(
    ground: &Ground,
    change: &Change<'_>,
    (field, lead): (&'static str, Id<Unit>),
    person: Option<Id<Person>>,
    helpers: &[Id<Unit>],
    not: &[Id<Person>],
    first_measures: bool,
) -> Result<Named> {
    let directory = &ground.org.value;
    let known = |id: Id<Unit>, field: &str| directory.unit(id).ok_or_else(|| Error::invalid(field, "unknown-unit"));
    let mut chosen = vec![(Role::Lead, known(lead, field)?)];
    for (n, helper) in helpers.iter().enumerate() {
        chosen.push((Role::Helper, known(*helper, &format!("helpers[{n}]"))?));
    }
    for (role, unit) in chosen {
        if !exempt(ground, change, unit.id, first_measures)
            && let Err(code) = admit(ground, change, role, unit.id)
        {
            return Ok(Err((unit.id, Error::refused_with(code, "unit", unit.name.clone()))));
        }
    }
    let helpers = helpers.iter().map(|h| within(directory, *h, None, not, ground.now)).collect();
    Ok(Ok((within(directory, lead, person, not, ground.now), helpers)))
}

/// Whether the gate lets this unit have a part by its one exception: first measures in an emergency.
fn exempt(ground: &Ground, change: &Change<'_>, unit: Id<Unit>, asked: bool) -> bool {
    let class = change.case.class.unwrap_or(AccessClass::Unlisted);
    let down = is_grassroots(&ground.org.value, unit, ground.now);
    gate_for(class, down, change.case.urgency, asked).unwrap_or(false)
}

/// Whether this caller may give this unit a part in the case: a department's matter never goes down but for the help that the list asks for,
/// one on no list goes where the centre says.
pub(super) fn admit(ground: &Ground, change: &Change<'_>, role: Role, unit: Id<Unit>) -> Result<(), Code> {
    let class = change.case.class.unwrap_or(AccessClass::Unlisted);
    let down = is_grassroots(&ground.org.value, unit, ground.now);
    if role == Role::Helper && class == AccessClass::Assist {
        return Ok(());
    }
    gate(class, down)?;
    if class == AccessClass::Unlisted && down && !returns::is_centre(ground, change.actor) {
        return Err(CENTRE_DECIDES);
    }
    Ok(())
}

/// Whether a unit belongs to the grassroots: a street or whatever lies below one. A department has no street above it.
pub fn is_grassroots(directory: &Directory, unit: Id<Unit>, at: Time) -> bool {
    directory.above(unit, org::STREETS, at).is_some()
}

/// Who would answer for a unit now, when it is that unit's own.
pub(super) fn person_at(directory: &Directory, unit: Id<Unit>, at: Time) -> Option<Id<Person>> {
    within(directory, unit, None, &[], at).person
}

/// A unit that the desk chose: the person it named, else whoever the unit itself would give the case to, passing over people who may not
/// have it.
pub(super) fn within(
    directory: &Directory,
    unit: Id<Unit>,
    person: Option<Id<Person>>,
    not: &[Id<Person>],
    at: Time,
) -> Responsible {
    let Some(chosen) = directory.unit(unit) else {
        return Responsible { unit, person, reasons: vec![], attention: vec![] };
    };
    let asked = directory.responsible(&Question { place: Some(unit), lead: &directory.lead(&chosen.code), at, not });
    let same = asked.unit == unit;
    Responsible { unit, person: person.or(asked.person.filter(|_| same)), reasons: vec![], attention: vec![] }
}

/// “派给 …” for the timeline.
pub fn led(ground: &Ground, plan: &Plan) -> Spoken {
    let directory = &ground.org.value;
    let name = |r: &Responsible| {
        let unit = directory.unit(r.unit).map_or("", |u| u.name.as_str());
        let person = r.person.and_then(|p| directory.person(p)).map_or("", |p| p.name);
        if person.is_empty() { unit.to_owned() } else { format!("{unit} {person}") }
    };
    Spoken::Led { lead: name(&plan.lead), helpers: plan.helpers.iter().map(name).collect() }
}

/// The tasks of a plan.
pub fn tasks(ground: &Ground, change: &Change<'_>, plan: &Plan, shown: &Instants) -> Vec<TaskRow> {
    let lead = std::iter::once((Role::Lead, &plan.lead));
    let helpers = plan.helpers.iter().map(|h| (Role::Helper, h));
    lead.chain(helpers).map(|(role, who)| task(ground, change, role, who, shown)).collect()
}

/// The task of one unit.
pub(super) fn task(ground: &Ground, change: &Change<'_>, role: Role, who: &Responsible, shown: &Instants) -> TaskRow {
    let path = ground.org.value.unit(who.unit).map_or_else(|| change.case.owner_path.clone(), |u| u.path.clone());
    let mut why = reasons(&who.reasons);
    if role == Role::Helper && is_grassroots(&ground.org.value, who.unit, ground.now) {
        why.extend(help_wanted(ground, change));
    }
    TaskRow {
        id: Id::<Task>::new(ground.now),
        incident_id: change.case.id,
        round: change.case.round,
        role,
        state: TaskState::Offered,
        unit_id: who.unit,
        unit_path: path,
        person_id: who.person.map(|p| p.uuid()),
        reasons: Json(why),
        offered_at: ground.now,
        accepted_at: None,
        done_at: None,
        accept_by: shown.accept_by,
        due_at: shown.due_at,
        yellow_at: shown.yellow_at,
        red_at: shown.red_at,
        result: None,
        words: None,
        done_by: None,
        whistle_id: None,
        report_by: None,
        warn_at: None,
        arrived_at: None,
        binding: false,
        unsigned: None,
        signed_by: None,
    }
}

/// What the grassroots have to help with by the item of the list, and nothing beyond it.
fn help_wanted(ground: &Ground, change: &Change<'_>) -> Option<Reason> {
    let item = change.case.matter_id.and_then(|m| ground.admission.value.item(m, ground.now))?;
    let listed = item.class == AccessClass::Assist && !item.help.is_empty();
    listed.then(|| Reason::said("listed-help", Spoken::ListedHelp { help: item.help.clone() }))
}

/// The case shows its lead without a join.
pub fn set_lead(change: &mut Change<'_>, plan: &Plan) {
    change.case.lead_unit = Some(plan.lead.unit);
    change.case.lead_person = plan.lead.person.map(|p| p.uuid());
}

/// Whoever leads, and whoever helps.
fn parts(plan: &Plan) -> impl Iterator<Item = &Responsible> {
    std::iter::once(&plan.lead).chain(&plan.helpers)
}

/// The people who get a task.
pub fn people(plan: &Plan) -> Vec<uuid::Uuid> {
    parts(plan).filter_map(|who| who.person.map(|p| p.uuid())).collect()
}

/// The kind of a notice that a task was offered.
pub const OFFERED: &str = "task-offered";

/// Tells people, through their accounts, that a task was offered to them.
pub async fn tell(tx: &mut Tx, now: Time, people: &[uuid::Uuid], case: &store::Case) -> Result<()> {
    let accounts = access::store::accounts_of(tx, people).await?;
    tell_accounts(tx, now, accounts, OFFERED, case).await
}

/// Tells a person about a case, through the person's account; nobody when there is none.
pub async fn tell_person(
    tx: &mut Tx,
    now: Time,
    person: Option<uuid::Uuid>,
    kind: &'static str,
    case: &store::Case,
) -> Result<()> {
    let Some(person) = person else { return Ok(()) };
    let accounts = access::store::accounts_of(tx, &[person]).await?;
    tell_accounts(tx, now, accounts, kind, case).await
}

/// Tells accounts about a case, each once.
pub async fn tell_accounts(
    tx: &mut Tx,
    now: Time,
    mut accounts: Vec<uuid::Uuid>,
    kind: &'static str,
    case: &store::Case,
) -> Result<()> {
    accounts.sort_unstable();
    accounts.dedup();
    let urgent = case.urgency == Urgency::Emergency;
    let told: Vec<Notice> = accounts.into_iter().map(|to| notice(to, kind, case, urgent)).collect();
    notices::tell(tx, now, &told).await
}

/// A notice about a case: its number and state, never its words.
pub fn notice(to: uuid::Uuid, kind: &'static str, case: &store::Case, urgent: bool) -> Notice {
    let params = serde_json::json!({ "code": case.code, "state": case.state });
    Notice { to, kind, object_kind: "incident", object: case.id.uuid(), params, urgent }
}
