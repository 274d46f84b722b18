//! 派单: who leads, who helps, and why.

use db::{Json, Tx};
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
    let mut helpers: Vec<Responsible> = Vec::new();
    for who in &matter.helpers {
        let helper = ask(who);
        if helper.unit != lead.unit && helpers.iter().all(|h| h.unit != helper.unit) {
            helpers.push(helper);
        }
    }
    let class = ground.class(matter);
    let mut attention: Vec<Attention> = lead.attention.iter().filter_map(|a| Attention::of(a)).collect();
    if class == AccessClass::Unlisted || gate(class, is_grassroots(directory, lead.unit, ground.now)).is_err() {
        attention.push(Attention::Unlisted);
    }
    let item = ground.admission.value.item(matter.id, ground.now).map(|i| i.name.clone());
    let mut why = vec![Reason::said("class", Spoken::Classed { matter: matter.level3.clone(), class, item })];
    why.extend(reasons(&lead.reasons));
    Plan { lead, helpers, reasons: why, attention }
}

/// Dispatches a case that was accepted, by the rules or to the unit that the desk names. The inner error is a refusal whose record must be
/// kept: an attempt to send a matter down that the gate stopped, or a circle that the centre has to decide.
pub async fn dispatch(tx: &mut Tx, ground: &Ground, mut change: Change<'_>, body: &Dispatch) -> Result<Result<Case>> {
    let matter = change.case.matter_id.and_then(|m| ground.catalogue.value.matter(m)).ok_or(Error::refused(MATTER_UNKNOWN))?;
    held_by(ground, &change, Permission("incident.dispatch"))?;
    if change.case.state == State::InProgress && !is_handed_up(&change.case) {
        return Err(not_in_state(change.case.state, Action::Dispatch));
    }
    // Before anything is written about the attempt: what is over is not sent round, so no circle is stopped there.
    transition(change.case.state, Action::Dispatch)?;
    let trail = returns::before_dispatch(tx, &change, body.unit.is_some()).await?;
    let former = second::former(tx, &change.case).await?;
    // The access list in force now decides, not the one of the day on which the case came in.
    let class = ground.class(matter);
    change.case.class = Some(class);
    let mut plan = plan_without(ground, change.case.grid_id, matter, &former.people);
    if let Some(unit) = body.unit {
        let reason = super::required("reason", &body.reason, 500)?;
        let person = known_person(ground, body.person)?;
        let same = second::may_name(ground, &former, unit, person, reason)?;
        let exception = first_measures(ground, &change, unit, body.first_measures);
        let named = match named(ground, &change, ("unit", unit), person, &body.helpers, exception)? {
            Ok(named) => named,
            Err(refused) => return returns::attempted(tx, ground, &change, unit, refused).await.map(Err),
        };
        (plan.lead, plan.helpers) = named;
        if person.is_none() {
            plan.lead.person = plan.lead.person.filter(|p| !former.people.contains(p));
        }
        let chosen = ground.org.value.unit(unit).map_or_else(String::new, |u| u.name.clone());
        let words = text::redact(reason).text;
        plan.reasons.push(Reason::said("by-hand", Spoken::Named { by: change.actor.name.clone(), unit: chosen, words }));
        if exception {
            plan.reasons.push(first_measures_reason(reason));
        }
        plan.reasons.extend(same);
    } else if plan.attention.contains(&Attention::Unlisted) {
        return Err(Error::invalid("unit", "required-when-unlisted"));
    }
    if trail.closes_circle(plan.lead.unit) {
        return returns::stop_circle(tx, ground, change, plan.lead.unit).await.map(Err);
    }
    let entry = change.act(Action::Dispatch)?;
    entry.say(led(ground, &plan));
    entry.details = trail.passed_over(plan.lead.unit).and_then(|unit| Details::Dispatch { instead_of: unit }.stored());
    let case = hand_over(tx, ground, change, &plan, &trail, false).await?;
    if class == AccessClass::Unlisted {
        admission::propose(tx, ground.now, matter.id, &case.code).await?;
    }
    Ok(Ok(case))
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
    if trail.is_unsettled() {
        change.case.misrouted = (change.case.misrouted - trail.not_accepted(plan.lead.unit)).max(0);
        store::returns::settle(tx, change.case.id, plan.lead.unit, ground.now).await?;
    }
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

/// A lead and helpers whom somebody named, in the words of the organisation; the inner error is what the gate says. `exception` passes the gate by.
pub(super) fn named(
    ground: &Ground,
    change: &Change<'_>,
    (field, lead): (&'static str, Id<Unit>),
    person: Option<Id<Person>>,
    helpers: &[Id<Unit>],
    exception: bool,
) -> Result<Result<(Responsible, Vec<Responsible>)>> {
    let directory = &ground.org.value;
    let known = |id: Id<Unit>, field: &str| directory.unit(id).ok_or_else(|| Error::invalid(field, "unknown-unit"));
    let chosen = known(lead, field)?;
    for (n, helper) in helpers.iter().enumerate() {
        known(*helper, &format!("helpers[{n}]"))?;
    }
    if !exception && let Err(code) = admit(ground, change, lead) {
        return Ok(Err(Error::refused_with(code, "unit", chosen.name.clone())));
    }
    let helpers = helpers.iter().map(|h| within(directory, *h, None, ground.now)).collect();
    Ok(Ok((within(directory, lead, person, ground.now), helpers)))
}

/// Whether the gate lets this unit lead by its one exception: first measures in an emergency.
fn first_measures(ground: &Ground, change: &Change<'_>, lead: Id<Unit>, asked: bool) -> bool {
    let class = change.case.class.unwrap_or(AccessClass::Unlisted);
    let down = is_grassroots(&ground.org.value, lead, ground.now);
    gate_for(class, down, change.case.urgency, asked).unwrap_or(false)
}

/// Whether this caller may give the case to this lead: a department's matter never goes down, one on no list goes where the centre says.
fn admit(ground: &Ground, change: &Change<'_>, lead: Id<Unit>) -> Result<(), Code> {
    let class = change.case.class.unwrap_or(AccessClass::Unlisted);
    let down = is_grassroots(&ground.org.value, lead, ground.now);
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
    within(directory, unit, None, at).person
}

/// A unit that the desk chose: the person it named, else whoever the unit itself would give the case to.
pub(super) fn within(directory: &Directory, unit: Id<Unit>, person: Option<Id<Person>>, at: Time) -> Responsible {
    let Some(chosen) = directory.unit(unit) else {
        return Responsible { unit, person, reasons: vec![], attention: vec![] };
    };
    let asked = directory.responsible(&Question { place: Some(unit), lead: &directory.lead(&chosen.code), at, not: &[] });
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
    TaskRow {
        id: Id::<Task>::new(ground.now),
        incident_id: change.case.id,
        round: change.case.round,
        role,
        state: TaskState::Offered,
        unit_id: who.unit,
        unit_path: path,
        person_id: who.person.map(|p| p.uuid()),
        reasons: Json(reasons(&who.reasons)),
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

/// The case shows its lead without a join.
pub fn set_lead(change: &mut Change<'_>, plan: &Plan) {
    change.case.lead_unit = Some(plan.lead.unit);
    change.case.lead_person = plan.lead.person.map(|p| p.uuid());
}

/// The people who get a task.
pub fn people(plan: &Plan) -> Vec<uuid::Uuid> {
    std::iter::once(&plan.lead).chain(&plan.helpers).filter_map(|who| who.person.map(|p| p.uuid())).collect()
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
