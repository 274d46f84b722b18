//! “What if”: the deadlines and the light that an action would give, without taking it.

use db::Conn;
use kernel::{Actor, Error, Id, Permission, Result, Time};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    Change, Ground, change::counted, dispatch, emergency::hastened, extensions, intake::recounted, report, rulings, second,
    whistle,
};
use crate::{
    app::App,
    modules::{
        catalogue::{Limit, Matter, Urgency},
        incidents::{
            clocks::Event,
            explain::{Effect, differences},
            model::{Action, Light, MATTER_UNKNOWN, Role, Task},
            rules::{emergency::NOT_MORE_URGENT, pauses::NO_SUCH_STAGE},
            store::{self, Case},
            transitions::transition,
        },
        org::Unit,
    },
};

/// What somebody thinks of doing.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WhatIf {
    /// The action.
    pub action: Action,
    /// The unit that would lead; for a dispatch, a ruling or a whistle.
    #[serde(default)]
    #[schema(value_type = Option<uuid::Uuid>)]
    pub unit: Option<Id<Unit>>,
    /// The person in it; for a dispatch.
    #[serde(default)]
    pub person: Option<uuid::Uuid>,
    /// Units that would help; for a dispatch or a ruling.
    #[serde(default)]
    #[schema(value_type = Vec<uuid::Uuid>)]
    pub helpers: Vec<Id<Unit>>,
    /// Whether the unit would only cordon and warn in an emergency; for a dispatch.
    #[serde(default)]
    pub first_measures: bool,
    /// Whether an objection would be upheld; for a ruling, which upholds when absent.
    #[serde(default)]
    pub upheld: Option<bool>,
    /// The matter that it would be; for a correction.
    #[serde(default)]
    #[schema(value_type = Option<uuid::Uuid>)]
    pub matter: Option<Id<Matter>>,
    /// Who would be called, beside the unit that would lead; for a whistle.
    #[serde(default)]
    pub units: Vec<whistle::Call>,
    /// How many minutes they would have to come; for a whistle.
    #[serde(default)]
    pub minutes: Option<u32>,
    /// The unit for which it would be blown; for a whistle.
    #[serde(default)]
    #[schema(value_type = Option<uuid::Uuid>)]
    pub from: Option<Id<Unit>>,
    /// How much more time; for an extension.
    #[serde(default)]
    pub by: Option<Limit>,
    /// The task on which it would be asked for, the lead's when absent; for an extension.
    #[serde(default)]
    #[schema(value_type = Option<uuid::Uuid>)]
    pub task: Option<Id<Task>>,
    /// How urgent it would be; for a higher urgency.
    #[serde(default)]
    pub urgency: Option<Urgency>,
    /// The stage's name in the rule; for a stage that is reached.
    #[serde(default)]
    pub stage: Option<String>,
}

/// What the clocks would show.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Outlook {
    /// When the task would have to be taken on.
    accept_by: Option<Time>,
    /// When the case would have to be solved.
    due_at: Option<Time>,
    /// When the next stage on the way would have to be reached.
    stage_by: Option<Time>,
    yellow_at: Option<Time>,
    red_at: Option<Time>,
    /// The light right after it.
    light: Light,
    /// Whether the case would count as late.
    late: bool,
    /// What it would do to each clock.
    effect: Vec<Effect>,
}

/// Works it out from the log; writes nothing. Refused as the action itself would be: a dispatch, a ruling, a whistle and an extension by all that they
/// ask but words, any other by the state.
pub async fn what_if(conn: &mut Conn, app: &App, ground: &Ground, who: &Actor, case: Case, ask: &WhatIf) -> Result<Outlook> {
    let mut change = Change::of(conn, app, who, case, None).await?;
    let count = |case: &Case, log: &[(Time, &Event)]| {
        counted(&ground.catalogue.value, case, app.zone, log).map(|(clocks, _)| (clocks.faces(), clocks.instants()))
    };
    let (before, _) = count(&change.case, &change.log().collect::<Vec<_>>())?;
    let would = asked(conn, ground, &mut change, ask).await?;
    if let [Event::Reach { stage }] = would.as_slice()
        && !before.iter().any(|face| face.stage.as_ref() == Some(stage))
    {
        return Err(Error::refused_with(NO_SUCH_STAGE, "stage", stage.clone()));
    }
    let log: Vec<_> = change.log().chain(would.iter().map(|event| (ground.now, event))).collect();
    let (after, shown) = count(&change.case, &log)?;
    Ok(Outlook {
        accept_by: shown.accept_by,
        due_at: shown.due_at,
        stage_by: shown.stage_by,
        yellow_at: shown.yellow_at,
        red_at: shown.red_at,
        light: Light::at(ground.now, shown.yellow_at, shown.red_at, shown.paused),
        late: shown.late,
        effect: differences(&before, &after, &would),
    })
}

/// What the action would do to the clocks, or why it would be refused.
async fn asked(conn: &mut Conn, ground: &Ground, change: &mut Change<'_>, ask: &WhatIf) -> Result<Vec<Event>> {
    let offered = |offers: bool| Ok(offers.then_some(Event::Offer).into_iter().collect());
    match ask.action {
        Action::Dispatch => {
            within_reach(conn, ground, change, "incident.dispatch").await?;
            dispatch::would_dispatch(conn, ground, change, &sent(ask)).await?;
            offered(true)
        }
        Action::Rule => {
            within_reach(conn, ground, change, "incident.rule").await?;
            offered(rulings::would_rule(conn, ground, change, &ruled(ask)).await?)
        }
        Action::Extend => {
            within_reach(conn, ground, change, "task.extend").await?;
            let by = ask.by.ok_or_else(|| Error::invalid("by", "required"))?;
            extensions::would_extend(conn, ground, change, ask.task, by).await?;
            Ok(vec![Event::Extend { by }])
        }
        // A whistle for helpers alone, or for a lead who is there, offers the case to nobody.
        Action::Whistle => {
            transition(change.case.state, ask.action)?;
            offered(whistle::would_offer(conn, ground, change, &called(ask)).await?)
        }
        Action::Reopen => {
            transition(change.case.state, ask.action)?;
            second::next_round(change, ground)
        }
        _ => {
            transition(change.case.state, ask.action)?;
            events(ground, change, ask)
        }
    }
}

/// Nobody previews what is not his to do: the permission, and the case in its reach.
async fn within_reach(conn: &mut Conn, ground: &Ground, change: &Change<'_>, permission: &'static str) -> Result<()> {
    let permission = Permission(permission);
    if !change.actor.may(permission) {
        return Err(Error::Forbidden);
    }
    let scope = ground.org.value.reach(change.actor.scope(permission));
    // Whoever reaches the place of the case reaches the case; else it may be in sight by a task.
    if scope.holds(&change.case.owner_path) { Ok(()) } else { store::find(conn, &scope, change.case.id).await.map(drop) }
}

/// The dispatch that is thought of, without its words.
fn sent(ask: &WhatIf) -> dispatch::Dispatch {
    let (unit, person, helpers) = (ask.unit, ask.person, ask.helpers.clone());
    dispatch::Dispatch { version: None, unit, person, helpers, reason: String::new(), first_measures: ask.first_measures }
}

/// The ruling that is thought of, without its words.
fn ruled(ask: &WhatIf) -> rulings::Ruling {
    let (upheld, lead, helpers) = (ask.upheld.unwrap_or(true), ask.unit, ask.helpers.clone());
    rulings::Ruling { version: None, upheld, lead, helpers, words: String::new() }
}

/// The whistle that is thought of, without its words.
fn called(ask: &WhatIf) -> whistle::Blow {
    let lead = ask.unit.map(|unit| whistle::Call { unit, role: Role::Lead });
    whistle::Blow {
        version: None,
        units: lead.into_iter().chain(ask.units.iter().cloned()).collect(),
        words: String::new(),
        minutes: ask.minutes,
        from: ask.from,
    }
}

/// What any other action would do to the clocks of a case. One that opens or corrects it also puts the rule that would hold into it.
fn events(ground: &Ground, change: &mut Change<'_>, ask: &WhatIf) -> Result<Vec<Event>> {
    let app = change.app;
    let event = match ask.action {
        Action::Accept | Action::Correct => {
            let matter = ask.matter.or(change.case.matter_id).ok_or(Error::refused(MATTER_UNKNOWN))?;
            let matter = ground.catalogue.value.current(matter).ok_or_else(|| Error::invalid("matter", "unknown-matter"))?;
            let urgency = change.case.urgency.max(matter.urgency);
            let mut rule = report::rule_of(app, ground, matter, urgency);
            if ask.action == Action::Correct {
                let opened = change.case.rule.as_ref().map(|r| r.0.calendar_version);
                rule.calendar_version = opened.unwrap_or(rule.calendar_version);
                change.case.rule = Some(db::Json(rule.clone()));
                let log = change.log().map(|(_, event)| event);
                return Ok(recounted(app, ground, log, (change.case.urgency, urgency), matter, &rule));
            }
            change.case.rule = Some(db::Json(rule.clone()));
            Some(Event::Open { rule, upstream: report::upstream(&change.case, change.case.round, ground.now) })
        }
        Action::RaiseUrgency => {
            let urgency = ask.urgency.ok_or_else(|| Error::invalid("urgency", "required"))?;
            if urgency <= change.case.urgency {
                return Err(Error::refused(NOT_MORE_URGENT));
            }
            hastened(app, ground, &change.case, urgency).map(|rule| Event::Hasten { rule })
        }
        Action::Stage => {
            let stage = ask.stage.clone().ok_or_else(|| Error::invalid("stage", "required"))?;
            Some(Event::Reach { stage })
        }
        Action::TakeOn => Some(Event::TakeOn),
        Action::Resolve | Action::SolveOnSpot => Some(Event::Resolve),
        Action::Return | Action::Unmerge => Some(Event::Return),
        Action::Ask | Action::Shelve => Some(Event::Pause),
        Action::Resume => Some(Event::Resume),
        Action::Refuse | Action::Annul | Action::Merge => Some(Event::End),
        _ => None,
    };
    Ok(event.into_iter().collect())
}
