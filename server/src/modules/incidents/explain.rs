//! What each step did to the clocks, for people: computed by replaying the log once.

use kernel::{Result, Time};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::clocks::{Clocks, Days, Event, Face, Which};

db::words! {
    /// What a step did to a clock (对时限的影响).
    pub enum Turn {
        /// 开始计时
        Started = "started",
        /// 停止计时
        Stopped = "stopped",
        /// 继续计时
        WentOn = "went_on",
        /// 延长
        Extended = "extended",
        /// 按新事项重新计算
        Recounted = "recounted",
        /// 结束计时
        Ended = "ended",
    }
}

/// What a step did to one clock.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Effect {
    /// Which clock.
    pub clock: Which,
    /// The stage's name, of a stage on the way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stage: Option<String>,
    /// What happened to it.
    pub turn: Turn,
    /// When it was due before.
    pub before: Option<Time>,
    /// When it is due now; nothing when it does not run.
    pub after: Option<Time>,
}

/// The effects of each step, in the order of the steps, and the clocks after the last one.
///
/// # Errors
/// As of [`super::clocks::replay`].
pub fn explain<'e>(
    days: &Days<'_>,
    steps: impl IntoIterator<Item = (Time, &'e [Event])>,
) -> Result<(Vec<Vec<Effect>>, Vec<Face>)> {
    let mut clocks = Clocks::default();
    let mut before = Vec::new();
    let mut effects = Vec::new();
    for (at, events) in steps {
        if events.is_empty() {
            effects.push(Vec::new());
            continue;
        }
        events.iter().try_for_each(|event| clocks.apply(days, at, event))?;
        let after = clocks.faces();
        effects.push(differences(&before, &after, events));
        before = after;
    }
    Ok((effects, before))
}

/// What lies between two looks at the clocks.
pub fn differences(before: &[Face], after: &[Face], events: &[Event]) -> Vec<Effect> {
    let has = |of: fn(&Event) -> bool| events.iter().any(of);
    // A new round starts every clock; what the old one showed is no part of it.
    let before = if has(|e| matches!(e, Event::Open { .. })) { &[] } else { before };
    let same = |a: &Face, b: &Face| (a.which, &a.stage) == (b.which, &b.stage);
    let effect = |face: &Face, turn, before: Option<Time>, after: Option<Time>| Effect {
        clock: face.which,
        stage: face.stage.clone(),
        turn,
        before,
        after,
    };
    let mut effects = Vec::new();
    for old in before.iter().filter(|old| !after.iter().any(|new| same(old, new))) {
        effects.push(effect(old, Turn::Ended, Some(old.due), None));
    }
    for new in after {
        let due = Some(new.due).filter(|_| new.runs);
        let Some(old) = before.iter().find(|old| same(old, new)) else {
            effects.push(effect(new, Turn::Started, None, due));
            continue;
        };
        let turn = match (old.runs, new.runs) {
            (true, false) if has(|e| matches!(e, Event::End)) => Some(Turn::Ended),
            (true, false) => Some(Turn::Stopped),
            (false, true) => Some(Turn::WentOn),
            _ if new.which == Which::Order => None,
            _ if has(|e| matches!(e, Event::Extend { .. })) && new.which != Which::Accept => Some(Turn::Extended),
            _ if old.due != new.due => Some(Turn::Recounted),
            _ => None,
        };
        if let Some(turn) = turn {
            effects.push(effect(new, turn, Some(old.due), due));
        }
    }
    effects
}
