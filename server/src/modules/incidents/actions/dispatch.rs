//! 派单: who leads, who helps, and why.

use db::{Json, Tx};
use kernel::{Error, Id, Result, Time};
use serde::Deserialize;
use utoipa::ToSchema;

use super::{Change, Ground, change::reasons};
use crate::modules::{
    access,
    catalogue::{AccessClass, Matter, Urgency},
    incidents::{
        clocks::{Event, Instants},
        model::{Action, Attention, MATTER_UNKNOWN, Reason, Role, State, Task, TaskState, gate},
        store::{self, TaskRow},
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
    #[schema(value_type = Option<String>)]
    pub unit: Option<Id<Unit>>,
    /// The person in it.
    pub person: Option<uuid::Uuid>,
    /// Units that help.
    #[schema(value_type = Vec<String>)]
    pub helpers: Vec<Id<Unit>>,
    /// Why the rules' choice is not taken; required when a unit is named.
    pub reason: String,
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
    let directory = &ground.org.value;
    let ask = |who: &str| directory.responsible(&Question { place: grid, lead: &directory.lead(who), at: ground.now, not: &[] });
    let lead = ask(&matter.lead);
    let mut helpers: Vec<Responsible> = Vec::new();
    for who in &matter.helpers {
        let helper = ask(who);
        if helper.unit != lead.unit && helpers.iter().all(|h| h.unit != helper.unit) {
            helpers.push(helper);
        }
    }
    let class = matter.class;
    let mut attention: Vec<Attention> = lead.attention.iter().filter_map(|a| Attention::of(a)).collect();
    if class == AccessClass::Unlisted || gate(class, is_grassroots(directory, lead.unit, ground.now)).is_err() {
        attention.push(Attention::Unlisted);
    }
    let mut why = vec![Reason { code: "class".into(), words: format!("事项“{}”属{}", matter.level3, class_words(class)) }];
    why.extend(reasons(&lead.reasons));
    Plan { lead, helpers, reasons: why, attention }
}

/// The class of the access list as a desk says it.
pub const fn class_words(class: AccessClass) -> &'static str {
    match class {
        AccessClass::Own => "基本履职事项，由属地办理",
        AccessClass::Assist => "配合履职事项，由部门主办、属地协助",
        AccessClass::Upper => "上级部门事项，不得派给街道社区",
        AccessClass::Unlisted => "清单外事项，由区中心裁定",
    }
}

/// Dispatches a case that was accepted, by the rules or to the unit that the desk names.
pub async fn dispatch(tx: &mut Tx, ground: &Ground, mut change: Change<'_>, body: &Dispatch) -> Result<store::Case> {
    let matter = change.case.matter_id.and_then(|m| ground.catalogue.value.matter(m)).ok_or(Error::refused(MATTER_UNKNOWN))?;
    let mut plan = plan(ground, change.case.grid_id, matter);
    if let Some(unit) = body.unit {
        by_hand(ground, &change, body, unit, &mut plan)?;
    } else if plan.attention.contains(&Attention::Unlisted) {
        return Err(Error::invalid("unit", "required-when-unlisted"));
    }
    if change.case.state == State::Assigned {
        store::withdraw(tx, change.case.id).await?;
    }
    let entry = change.act(Action::Dispatch)?;
    entry.reasons = Json(plan.reasons.clone());
    entry.words = lead_words(ground, &plan);
    entry.clock = Json(vec![Event::Offer]);
    change.attend(|a| matches!(a, Attention::TwoGrids), &[]);
    let shown = change.wind(ground)?;
    let tasks = tasks(ground, &change, &plan, &shown);
    set_lead(&mut change, &plan);
    let case = change.save(tx).await?;
    store::offer(tx, &tasks).await?;
    tell(tx, ground.now, &people(&plan), &case).await?;
    Ok(case)
}

fn by_hand(ground: &Ground, change: &Change<'_>, body: &Dispatch, unit: Id<Unit>, plan: &mut Plan) -> Result<()> {
    let directory = &ground.org.value;
    let known = |id: Id<Unit>, field: &str| directory.unit(id).ok_or_else(|| Error::invalid(field, "unknown-unit"));
    let reason = super::required("reason", &body.reason, 500)?;
    let chosen = known(unit, "unit")?;
    let class = change.case.class.unwrap_or(AccessClass::Unlisted);
    gate(class, is_grassroots(directory, unit, ground.now))
        .map_err(|code| Error::refused_with(code, "unit", chosen.name.clone()))?;
    if let Some(person) = body.person.filter(|p| directory.person(Id::from_uuid(*p)).is_none()) {
        return Err(Error::Invalid(vec![kernel::FieldError::new("person", "unknown-person").with("person", person.to_string())]));
    }
    let words = format!("{}指定由{}主办：{reason}", change.actor.name, chosen.name);
    plan.lead = named(directory, unit, body.person.map(Id::from_uuid), ground.now);
    plan.helpers = Vec::new();
    for (n, helper) in body.helpers.iter().enumerate() {
        known(*helper, &format!("helpers[{n}]"))?;
        plan.helpers.push(named(directory, *helper, None, ground.now));
    }
    plan.reasons.push(Reason { code: "by-hand".into(), words: text::redact(&words).text });
    plan.attention.clear();
    Ok(())
}

/// Whether a unit belongs to the grassroots: a street or whatever lies below one. A department has no street above it.
fn is_grassroots(directory: &Directory, unit: Id<Unit>, at: Time) -> bool {
    directory.above(unit, org::STREETS, at).is_some()
}

/// A unit that the desk chose: the person it named, else whoever the unit itself would give the case to.
fn named(directory: &Directory, unit: Id<Unit>, person: Option<Id<Person>>, at: Time) -> Responsible {
    let Some(chosen) = directory.unit(unit) else {
        return Responsible { unit, person, reasons: vec![], attention: vec![] };
    };
    let asked = directory.responsible(&Question { place: Some(unit), lead: &directory.lead(&chosen.code), at, not: &[] });
    let same = asked.unit == unit;
    Responsible { unit, person: person.or(asked.person.filter(|_| same)), reasons: vec![], attention: vec![] }
}

/// “派给 …” for the timeline.
pub fn lead_words(ground: &Ground, plan: &Plan) -> String {
    let directory = &ground.org.value;
    let name = |r: &Responsible| {
        let unit = directory.unit(r.unit).map_or("", |u| u.name.as_str());
        let person = r.person.and_then(|p| directory.person(p)).map_or("", |p| p.name);
        if person.is_empty() { unit.to_owned() } else { format!("{unit} {person}") }
    };
    let helpers: Vec<String> = plan.helpers.iter().map(name).collect();
    if helpers.is_empty() {
        format!("主办：{}", name(&plan.lead))
    } else {
        format!("主办：{}；协办：{}", name(&plan.lead), helpers.join("、"))
    }
}

/// The tasks of a plan.
pub fn tasks(ground: &Ground, change: &Change<'_>, plan: &Plan, shown: &Instants) -> Vec<TaskRow> {
    let lead = std::iter::once((Role::Lead, &plan.lead));
    let helpers = plan.helpers.iter().map(|h| (Role::Helper, h));
    lead.chain(helpers).map(|(role, who)| task(ground, change, role, who, shown)).collect()
}

fn task(ground: &Ground, change: &Change<'_>, role: Role, who: &Responsible, shown: &Instants) -> TaskRow {
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

/// Tells people, through their accounts, that a task was offered to them.
pub async fn tell(tx: &mut Tx, now: Time, people: &[uuid::Uuid], case: &store::Case) -> Result<()> {
    let urgent = case.urgency == Urgency::Emergency;
    let accounts = access::store::accounts_of(tx, people).await?;
    let told: Vec<Notice> = accounts.into_iter().map(|to| notice(to, "task-offered", case, urgent)).collect();
    notices::tell(tx, now, &told).await
}

/// A notice about a case: its number and state, never its words.
pub fn notice(to: uuid::Uuid, kind: &'static str, case: &store::Case, urgent: bool) -> Notice {
    let params = serde_json::json!({ "code": case.code, "state": case.state });
    Notice { to, kind, object_kind: "incident", object: case.id.uuid(), params, urgent }
}
