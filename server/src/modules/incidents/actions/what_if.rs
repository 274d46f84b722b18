//! “What if”: the deadlines and the light that an action would give, without taking it.

use db::Conn;
use kernel::{Actor, Error, Id, Result, Time};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    Change, Ground, change::counted, dispatch::is_grassroots, emergency::hastened, extensions, intake::recounted, report, whistle,
};
use crate::{
    app::App,
    modules::{
        catalogue::{AccessClass, Limit, Matter, Urgency},
        incidents::{
            clocks::{Event, Orders},
            explain::{Effect, differences},
            model::{Action, Light, MATTER_UNKNOWN, Role, gate},
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
    /// The unit that would lead; for a dispatch or a whistle.
    #[serde(default)]
    #[schema(value_type = Option<uuid::Uuid>)]
    pub unit: Option<Id<Unit>>,
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

/// Works it out from the log; writes nothing. Refused as the action itself would be: by the state, by the gate, a whistle by all that
/// it asks, an extension by its length.
pub async fn what_if(conn: &mut Conn, app: &App, ground: &Ground, who: &Actor, mut case: Case, ask: &WhatIf) -> Result<Outlook> {
    transition(case.state, ask.action)?;
    let kept = store::events(conn, case.id).await?;
    let mut log: Vec<(Time, &Event)> = kept.iter().map(|(at, event)| (*at, event)).collect();
    let count = |case: &Case, log: &[(Time, &Event)]| {
        counted(&ground.catalogue.value, case, app.zone, log).map(|(clocks, _)| (clocks.faces(), clocks.instants()))
    };
    let (before, now) = count(&case, &log)?;
    let would = match (ask.action, ask.by) {
        (Action::Whistle, _) => {
            let change = Change::of(conn, app, who, case.clone(), None).await?;
            // A whistle for helpers alone, or for a lead who is there, offers the case to nobody.
            let offers = whistle::would_offer(conn, ground, &change, &called(ask)).await?;
            offers.then_some(Event::Offer).into_iter().collect()
        }
        (Action::Extend, Some(by)) => {
            extensions::fits(conn, app, ground, &case, now.due_at, by).await?;
            vec![Event::Extend { by }]
        }
        _ => events(app, ground, &mut case, &kept, ask)?,
    };
    if let [Event::Reach { stage }] = would.as_slice()
        && !before.iter().any(|face| face.stage.as_ref() == Some(stage))
    {
        return Err(Error::refused_with(NO_SUCH_STAGE, "stage", stage.clone()));
    }
    log.extend(would.iter().map(|event| (ground.now, event)));
    let (after, shown) = count(&case, &log)?;
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

/// What the action would do to the clocks of a case with this log. One that opens or corrects the case also puts the rule that would hold into it.
fn events(app: &App, ground: &Ground, case: &mut Case, log: &[(Time, Event)], ask: &WhatIf) -> Result<Vec<Event>> {
    let log = || log.iter().map(|(_, event)| event);
    let event = match ask.action {
        Action::Accept | Action::Reopen | Action::Correct => {
            let matter = ask.matter.or(case.matter_id).ok_or(Error::refused(MATTER_UNKNOWN))?;
            let matter = ground.catalogue.value.current(matter).ok_or_else(|| Error::invalid("matter", "unknown-matter"))?;
            let urgency = case.urgency.max(matter.urgency);
            let mut rule = report::rule_of(app, ground, matter, urgency);
            if ask.action == Action::Correct {
                let opened = case.rule.as_ref().map(|r| r.0.calendar_version);
                rule.calendar_version = opened.unwrap_or(rule.calendar_version);
                case.rule = Some(db::Json(rule.clone()));
                return Ok(recounted(app, ground, log(), (case.urgency, urgency), matter, &rule));
            }
            case.rule = Some(db::Json(rule.clone()));
            let again = ask.action == Action::Reopen;
            let upstream = report::upstream(case, case.round + i64::from(again), ground.now);
            let orders = Orders::of(log());
            let merged = again.then(|| orders.ahead(ground.now)).into_iter().flatten();
            return Ok(std::iter::once(Event::Open { rule, upstream }).chain(merged).collect());
        }
        Action::RaiseUrgency => {
            let urgency = ask.urgency.ok_or_else(|| Error::invalid("urgency", "required"))?;
            if urgency <= case.urgency {
                return Err(Error::refused(NOT_MORE_URGENT));
            }
            hastened(app, ground, case, urgency).map(|rule| Event::Hasten { rule })
        }
        Action::Stage => {
            let stage = ask.stage.clone().ok_or_else(|| Error::invalid("stage", "required"))?;
            Some(Event::Reach { stage })
        }
        Action::Dispatch | Action::Rule => {
            if let Some(unit) = ask.unit {
                let name = ground.org.value.unit(unit).ok_or_else(|| Error::invalid("unit", "unknown-unit"))?.name.clone();
                let class = case.class.unwrap_or(AccessClass::Unlisted);
                gate(class, is_grassroots(&ground.org.value, unit, ground.now))
                    .map_err(|code| Error::refused_with(code, "unit", name))?;
            }
            Some(Event::Offer)
        }
        Action::TakeOn => Some(Event::TakeOn),
        Action::Resolve | Action::SolveOnSpot => Some(Event::Resolve),
        Action::Return | Action::Unmerge => Some(Event::Return),
        Action::Ask | Action::Shelve => Some(Event::Pause),
        Action::Resume => Some(Event::Resume),
        Action::Extend => return Err(Error::invalid("by", "required")),
        Action::Refuse | Action::Annul | Action::Merge => Some(Event::End),
        _ => None,
    };
    Ok(event.into_iter().collect())
}
