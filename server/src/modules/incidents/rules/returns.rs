//! 退单, 派单异议, 裁定, 会商, 作废: who may send a case back, when the centre decides, whom a decision binds.

use db::words;
use kernel::{Code, Error, Id, Result, Time};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    declare,
    modules::{
        catalogue::{Limit, Unit as LimitUnit},
        incidents::{
            clocks::Days,
            model::{Action, Role, State},
            store::{Entry, TaskRow},
        },
        org::Unit,
    },
    settings::Held,
};

/// An objection against a dispatch, or a case that the centre has to decide (裁定事项).
pub struct Review;
/// One unit's return of a case (退单).
pub struct Return;
/// A dispatch that the gate refused (违规下派).
pub struct Attempt;

words! {
    /// What an accepted return says about the dispatch (退单计入).
    pub enum Counts {
        /// 派错
        Wrong = "wrong",
        /// 违规下派
        SentDown = "sent_down",
        /// 不计差错
        Neutral = "neutral",
    }
}

words! {
    /// Why the centre decides (裁定事由).
    pub enum ReviewKind {
        /// 派单异议
        Objection = "objection",
        /// 二次退单
        SecondReturn = "second_return",
        /// 循环派单
        Cycle = "cycle",
    }
}

words! {
    /// Where a review stands (裁定状态).
    pub enum ReviewState {
        /// 待裁定
        Open = "open",
        /// 异议成立，改派
        Upheld = "upheld",
        /// 异议不成立
        Dismissed = "dismissed",
        /// 已裁定主办协办
        Fixed = "fixed",
        /// 已自行了结
        Withdrawn = "withdrawn",
    }
}

words! {
    /// What a conference may allow beside binding units (会商同意事项).
    pub enum Allowed {
        /// 再次延期
        Extend = "extend",
        /// 超限复开
        Reopen = "reopen",
    }
}

kernel::codes! {
    /// A ruling gave the task: it can be neither returned nor objected to.
    BINDING = "binding-task";
    /// The unit has returned this case before.
    RETURNED_ALREADY = "returned-already";
    /// A return comes on the day of the dispatch.
    RETURN_TOO_LATE = "return-too-late";
    /// The case would go round in a circle: the centre decides.
    CYCLIC_RETURN = "cyclic-return";
    /// Only the district centre decides who leads this case.
    CENTRE_DECIDES = "centre-decides";
    /// An objection is being reviewed: its ruling decides who leads.
    OBJECTION_OPEN = "objection-open";
    /// The review was ruled already.
    RULED_ALREADY = "ruled-already";
    /// Whoever dispatched the case does not rule on the objection against it.
    SENDER_MAY_NOT_RULE = "sender-may-not-rule";
    /// Whoever took the report in does not annul it.
    OWN_REPORT = "own-report";
    /// Only a recorded conference of this round that allows it does; `allows` says what: `extend` or `reopen`.
    CONFERENCE_NEEDED = "conference-needed";
}

declare! {
    /// How long the centre may take to rule.
    RULING: Ruling = "dispatch.ruling";
}

/// How long a ruling may take.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ruling {
    /// From the objection or the second return on.
    pub within: Limit,
}

impl Default for Ruling {
    /// Four working hours (rules of the field, 3b).
    fn default() -> Self {
        Self { within: Limit { n: 4, unit: LimitUnit::WorkingHour } }
    }
}

impl Held for Ruling {
    fn check(&self) -> Result<()> {
        if self.within.n < 1 { Err(Error::invalid("value.within", "out-of-range")) } else { Ok(()) }
    }
}

/// What a step of this topic carried; `kind` is the action's word.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Details {
    /// 退单.
    SendBack {
        /// The reason's code.
        reason: String,
        /// The unit that returns.
        unit: Id<Unit>,
        /// Lead or helper.
        role: Role,
        /// What an accepted return for it says about the dispatch; not known of returns that were made before this was kept.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        counts: Option<Counts>,
        /// What it stands on: a clause, a border, a paper.
        basis: String,
        /// How many photographs came with it.
        photos: usize,
        /// The review that it opened.
        review: Option<Clock>,
    },
    /// 派单异议.
    Object {
        /// The unit that objects.
        unit: Id<Unit>,
        /// What it stands on.
        basis: String,
        /// How many photographs came with it.
        photos: usize,
        /// The clock of its review.
        review: Clock,
    },
    /// 裁定.
    Rule {
        /// The review that it ends; nothing for the decision of a conference without one.
        review: Option<Id<Review>>,
        /// Who leads.
        lead: Id<Unit>,
        /// Who helps.
        helpers: Vec<Id<Unit>>,
        /// Whether it upholds an objection: then the dispatch before it was wrong.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        upheld: bool,
    },
    /// 派单 of a case that another unit had been offered and had not taken on: the first choice did not hold.
    Dispatch {
        /// That unit.
        instead_of: Id<Unit>,
    },
    /// 驳回异议.
    Dismiss {
        /// The review that it ends.
        review: Id<Review>,
    },
    /// 会商.
    Confer(Conference),
    /// 作废.
    Annul {
        /// Why, for colleagues.
        reason: String,
    },
}

impl Details {
    /// As it is stored with the step.
    pub fn stored(&self) -> Option<serde_json::Value> {
        serde_json::to_value(self).ok()
    }

    /// What a step carried, when it is of this topic.
    pub fn of(entry: &Entry) -> Option<Self> {
        serde_json::from_value(entry.details.clone()?).ok()
    }
}

/// The clock of a review.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Clock {
    /// The review.
    pub id: Id<Review>,
    /// From here on a fifth of the time is left.
    pub yellow_at: Time,
    /// Until when it has to be ruled.
    pub due_at: Time,
}

/// The record of a conference.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Conference {
    /// When it was or will be held.
    pub at: Time,
    /// Who led it.
    pub chair: String,
    /// Who was invited.
    pub units: Vec<Id<Unit>>,
    /// What was said; empty for an invitation.
    pub minutes: String,
    /// What was decided; empty for an invitation.
    pub decision: String,
    /// Who leads from now on.
    pub lead: Option<Id<Unit>>,
    /// Who helps from now on.
    pub helpers: Vec<Id<Unit>>,
    /// What it allows beside.
    pub allows: Vec<Allowed>,
}

/// Whether a return may still be made: on the day of the dispatch, which is the day of its first working instant (rules of the field, 3:
/// 回退, same day). What was dispatched in the evening may be returned until the end of the next working day.
///
/// # Errors
/// `Refused` when the calendar does not know the year.
pub fn same_day(days: &Days<'_>, offered: Time, now: Time) -> Result<bool> {
    let first = days.calendar.add_working_millis(days.zone, offered, 1)?;
    Ok(days.zone.date(now) <= days.zone.date(first))
}

/// Whether a unit may return its task: not one that a ruling gave, and once for each case (rules of the field, 3b).
pub fn returnable(task: &TaskRow, returned_by: &[Id<Unit>]) -> Result<(), Code> {
    match (task.binding, returned_by.contains(&task.unit_id)) {
        (true, _) => Err(BINDING),
        (_, true) => Err(RETURNED_ALREADY),
        _ => Ok(()),
    }
}

/// Whether the centre decides after this return: the second of a case, whoever made the first.
pub fn goes_to_centre(earlier: usize) -> bool {
    earlier >= 1
}

/// Whether a return says that the dispatch was wrong, unless the next one takes the case to the same unit again: a lead's return of a case that
/// was sent to the wrong unit, and anybody's of one that should not have gone down.
pub fn faults(role: Role, counts: Counts) -> bool {
    match counts {
        Counts::Wrong => role == Role::Lead,
        Counts::SentDown => true,
        Counts::Neutral => false,
    }
}

/// What a step says about the dispatch before it: that it was wrong, that is once for each return that says so, each objection that was upheld,
/// and each unit that was passed over before it had taken the case on.
pub fn says_wrong(entry: &Entry) -> bool {
    match (entry.action, Details::of(entry)) {
        // A return of which no more is known counts.
        (Action::SendBack, Some(Details::SendBack { role, counts: Some(counts), .. })) => faults(role, counts),
        (Action::SendBack, _) | (Action::Dispatch, Some(Details::Dispatch { .. })) => true,
        (Action::Rule, Some(Details::Rule { upheld, .. })) => upheld,
        _ => false,
    }
}

/// Whether sending a case to `to` closes a circle: it has returned the case, and another unit had it since.
pub fn cyclic(returned_by: &[Id<Unit>], now_with: Option<Id<Unit>>, to: Id<Unit>) -> bool {
    let Some(turn) = returned_by.iter().position(|u| *u == to) else { return false };
    returned_by[turn + 1..].iter().chain(now_with.iter()).any(|u| *u != to)
}

/// The unit that a case is with as a lead's open task.
pub fn leader(tasks: &[TaskRow]) -> Option<&TaskRow> {
    let open = |t: &&TaskRow| t.state.is_open();
    tasks.iter().rev().filter(open).find(|t| t.role == Role::Lead)
}

/// Why a decision cannot bind as it stands; the field that is at fault and its code.
pub type Unbound = (String, &'static str);

/// Who leads and who helps.
pub type Bound = (Id<Unit>, Vec<Id<Unit>>);

/// Whom a decision binds: its lead and its helpers, each of them once, and none of them that was not invited, for nobody is bound by a
/// table that it did not sit at. The centre binds whom it names. Nothing is bound without a lead.
pub fn bound(
    invited: &[Id<Unit>],
    lead: Option<Id<Unit>>,
    helpers: &[Id<Unit>],
    by_centre: bool,
) -> Result<Option<Bound>, Unbound> {
    let Some(lead) = lead else {
        return if helpers.is_empty() { Ok(None) } else { Err(("lead".into(), "required")) };
    };
    let heard = |unit: &Id<Unit>| by_centre || invited.contains(unit);
    if !heard(&lead) {
        return Err(("lead".into(), "not-invited"));
    }
    let mut list: Vec<Id<Unit>> = Vec::with_capacity(helpers.len());
    for (n, helper) in helpers.iter().enumerate() {
        if *helper == lead || list.contains(helper) {
            return Err((format!("helpers[{n}]"), "named-twice"));
        }
        if !heard(helper) {
            return Err((format!("helpers[{n}]"), "not-invited"));
        }
        list.push(*helper);
    }
    Ok(Some((lead, list)))
}

/// The steps of a round in which a conference allowed something: what a third extension or a further reopening stands on.
pub fn conferences(steps: &[Entry], round: i64, what: Allowed) -> Vec<i64> {
    let allows = |s: &&Entry| match Details::of(s) {
        Some(Details::Confer(held)) => !held.decision.is_empty() && held.allows.contains(&what),
        _ => false,
    };
    steps.iter().filter(|s| s.round == round && s.action == Action::Confer).filter(allows).map(|s| s.n).collect()
}

/// 首接负责: the unit that returned the case and answers for it until the next takes it on, and since when.
pub fn holder(steps: &[Entry]) -> Option<(Id<Unit>, Time)> {
    let mut held = None;
    for step in steps {
        match (step.action, Details::of(step)) {
            (Action::SendBack, Some(Details::SendBack { unit, role: Role::Lead, .. })) => held = Some((unit, step.at)),
            (Action::TakeOn | Action::ReportIn, _)
                if step.state_before == State::Assigned && step.state_after == State::InProgress =>
            {
                held = None;
            }
            _ if !step.state_after.is_open() => held = None,
            _ => {}
        }
    }
    held
}

/// 派遣准确率: dispatches that were not wrong ÷ dispatches; nothing without a dispatch (rules of the field, 4).
pub fn accuracy(dispatches: i64, wrong: i64) -> Option<f64> {
    (dispatches > 0).then(|| (dispatches - wrong) as f64 / dispatches as f64)
}

/// A unit of figures: how often dispatches were made, came back and were wrong.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Accuracy {
    /// The denominator: dispatches in the period, by a desk or by the rules.
    pub dispatches: i64,
    /// Of them: returned.
    pub returned: i64,
    /// Of them: returned as wrong, and the next dispatch went elsewhere.
    pub wrong: i64,
    /// Of them: objected to.
    pub objections: i64,
    /// Of them: objections that were upheld.
    pub upheld: i64,
    /// Of them: wrongly sent down to the grassroots.
    pub sent_down: i64,
    /// Of them: wrong in one way or more.
    pub faulty: i64,
    /// (dispatches − faulty) ÷ dispatches; null without a dispatch.
    pub accuracy: Option<f64>,
}

#[cfg(test)]
mod tests {
    use kernel::Zone;
    use proptest::prelude::*;

    use super::*;
    use crate::modules::catalogue::{Calendar, content};

    fn unit(n: u8) -> Id<Unit> {
        Id::from_uuid(uuid::Uuid::from_u128(u128::from(n)))
    }

    #[test]
    fn a_return_is_made_on_the_day_of_the_dispatch() {
        let days = content::days().unwrap();
        let calendar = Calendar::new(days.into_iter().map(|d| (d.date, d.kind)), content::shifts().unwrap()).unwrap();
        let days = Days { calendar: &calendar, zone: Zone::CHINA };
        let at = |text: &str| -> Time { format!("2025-{text}:00+08:00").parse().unwrap() };
        for (offered, now, right) in [
            ("03-10T10:00", "03-10T10:00", true),
            ("03-10T10:00", "03-10T23:59", true),
            ("03-10T10:00", "03-11T00:00", false),
            // In the evening: until the end of the next working day.
            ("03-10T20:00", "03-11T17:00", true),
            ("03-10T20:00", "03-12T00:00", false),
            // Friday evening: Monday. Before a holiday that follows a worked Sunday: that Sunday.
            ("03-07T20:00", "03-10T23:59", true),
            ("03-07T20:00", "03-11T00:00", false),
            ("01-25T20:00", "01-26T18:00", true),
            ("01-25T20:00", "01-27T00:00", false),
        ] {
            assert_eq!(same_day(&days, at(offered), at(now)).unwrap(), right, "{offered} {now}");
        }
    }

    #[test]
    fn circles_by_table() {
        let [a, b, c] = [1, 2, 3].map(unit);
        for (returned, with, to, circle) in [
            (vec![], None, a, false),
            (vec![], Some(b), a, false),
            // Straight back to whoever returned it: the desk did not take the return, which is no circle.
            (vec![a], None, a, false),
            (vec![a], None, b, false),
            (vec![a], Some(b), a, true),
            (vec![a], Some(a), a, false),
            (vec![a], Some(b), c, false),
            (vec![a, b], None, a, true),
            (vec![a, b], None, b, false),
            (vec![a, b], Some(c), b, true),
        ] {
            assert_eq!(cyclic(&returned, with, to), circle, "{returned:?} {with:?} {to:?}");
        }
    }

    #[test]
    fn the_second_return_goes_to_the_centre() {
        assert_eq!([0, 1, 2].map(goes_to_centre), [false, true, true]);
    }

    #[test]
    fn decisions_bind_by_table() {
        let [a, b, c] = [1, 2, 3].map(unit);
        let invited = [a, b];
        assert_eq!(bound(&invited, None, &[], false), Ok(None));
        assert_eq!(bound(&invited, Some(a), &[b], false), Ok(Some((a, vec![b]))));
        assert_eq!(bound(&invited, None, &[b], false), Err(("lead".into(), "required")));
        assert_eq!(bound(&invited, Some(c), &[], false), Err(("lead".into(), "not-invited")));
        assert_eq!(bound(&invited, Some(a), &[b, c], false), Err(("helpers[1]".into(), "not-invited")));
        assert_eq!(bound(&invited, Some(a), &[a], false), Err(("helpers[0]".into(), "named-twice")));
        assert_eq!(bound(&invited, Some(a), &[b, b], false), Err(("helpers[1]".into(), "named-twice")));
        assert_eq!(bound(&[], Some(c), &[a], true), Ok(Some((c, vec![a]))));
    }

    #[test]
    fn accuracy_has_a_denominator() {
        assert_eq!((accuracy(0, 0), accuracy(4, 1), accuracy(3, 0)), (None, Some(0.75), Some(1.0)));
    }

    proptest! {
        /// Whoever is bound was named, the lead helps nobody, and a table binds nobody that did not sit at it.
        #[test]
        fn nobody_is_bound_unheard(invited in prop::collection::vec(0_u8..6, 0..5), lead in prop::option::of(0_u8..6), helpers in prop::collection::vec(0_u8..6, 0..5), centre: bool) {
            let (invited, helpers): (Vec<_>, Vec<_>) = (invited.into_iter().map(unit).collect(), helpers.into_iter().map(unit).collect());
            if let Ok(Some((lead, list))) = bound(&invited, lead.map(unit), &helpers, centre) {
                prop_assert!(centre || std::iter::once(&lead).chain(&list).all(|u| invited.contains(u)));
                prop_assert!(!list.contains(&lead) && list == helpers);
            }
        }

        /// A case that nobody returned goes anywhere; to whom it never returned from, always.
        #[test]
        fn only_those_who_returned_close_a_circle(returned in prop::collection::vec(0_u8..5, 0..6), with in prop::option::of(0_u8..5), to in 0_u8..5) {
            let list: Vec<_> = returned.iter().copied().map(unit).collect();
            if cyclic(&list, with.map(unit), unit(to)) {
                prop_assert!(returned.contains(&to));
                prop_assert!(returned.iter().chain(with.iter()).any(|u| *u != to));
            }
        }
    }
}
