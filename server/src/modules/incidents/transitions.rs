//! The workflow as a table: in which state which action may be taken, by whom, and where it leads.

use kernel::{Error, Result};
use serde::Serialize;

use super::model::{Action, NOT_IN_THIS_STATE, State};

/// One row of the workflow: in `from`, who holds `permission` may take `action`, and the case is then in `to`.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Transition {
    /// Before.
    pub from: State,
    /// What is done.
    pub action: Action,
    /// After; the same state when the case only gains an entry.
    pub to: State,
    /// Who may.
    pub permission: &'static str,
}

/// The workflow as a table; docs/transitions.md is generated from it.
pub const TRANSITIONS: &[Transition] = {
    use Action as A;
    use State as S;
    const fn row(from: S, action: A, to: S, permission: &'static str) -> Transition {
        Transition { from, action, to, permission }
    }
    &[
        row(S::Received, A::Accept, S::Accepted, "incident.intake"),
        row(S::Received, A::Refuse, S::Rejected, "incident.intake"),
        row(S::Received, A::Correct, S::Received, "incident.intake"),
        row(S::Accepted, A::Correct, S::Accepted, "incident.intake"),
        row(S::Received, A::Place, S::Received, "incident.intake"),
        row(S::Accepted, A::Place, S::Accepted, "incident.intake"),
        row(S::Accepted, A::Dispatch, S::Assigned, "incident.dispatch"),
        row(S::Assigned, A::Dispatch, S::Assigned, "incident.dispatch"),
        // Only of a case that was handed up: the desk above accepts it so.
        row(S::InProgress, A::Dispatch, S::Assigned, "incident.dispatch"),
        row(S::Assigned, A::TakeOn, S::InProgress, "task.handle"),
        row(S::InProgress, A::TakeOn, S::InProgress, "task.handle"),
        row(S::InProgress, A::Assist, S::InProgress, "task.handle"),
        row(S::InProgress, A::Resolve, S::Resolved, "task.handle"),
        row(S::InProgress, A::Submit, S::InProgress, "task.handle"),
        row(S::InProgress, A::Sign, S::InProgress, "task.sign"),
        row(S::InProgress, A::HandBack, S::InProgress, "task.sign"),
        row(S::Accepted, A::SolveOnSpot, S::Resolved, "incident.report"),
        row(S::Received, A::Note, S::Received, "incident.note"),
        row(S::Accepted, A::Note, S::Accepted, "incident.note"),
        row(S::Assigned, A::Note, S::Assigned, "incident.note"),
        row(S::InProgress, A::Note, S::InProgress, "incident.note"),
        row(S::Resolved, A::Note, S::Resolved, "incident.note"),
        row(S::Verified, A::Note, S::Verified, "incident.note"),
        row(S::Resolved, A::Verify, S::Verified, "incident.verify"),
        // What was solved on the spot has no lead to go on with it: it goes back to 待派.
        row(S::Resolved, A::Return, S::InProgress, "incident.verify"),
        row(S::Verified, A::Close, S::Closed, "incident.close"),
        row(S::Resolved, A::Callback, S::Resolved, "incident.callback"),
        row(S::Verified, A::Callback, S::Verified, "incident.callback"),
        row(S::Closed, A::Callback, S::Closed, "incident.callback"),
        row(S::Received, A::Escalate, S::Received, "incident.escalate"),
        row(S::Accepted, A::Escalate, S::Accepted, "incident.escalate"),
        row(S::Assigned, A::Escalate, S::Assigned, "incident.escalate"),
        row(S::InProgress, A::Escalate, S::InProgress, "incident.escalate"),
        row(S::Assigned, A::SendBack, S::Accepted, "task.return"),
        row(S::InProgress, A::SendBack, S::Accepted, "task.return"),
        row(S::Assigned, A::Object, S::Assigned, "incident.object"),
        row(S::Accepted, A::Rule, S::Assigned, "incident.rule"),
        row(S::Assigned, A::Rule, S::Assigned, "incident.rule"),
        row(S::InProgress, A::Rule, S::Assigned, "incident.rule"),
        row(S::Assigned, A::Dismiss, S::Assigned, "incident.rule"),
        row(S::Accepted, A::Confer, S::Accepted, "incident.confer"),
        row(S::Assigned, A::Confer, S::Assigned, "incident.confer"),
        row(S::InProgress, A::Confer, S::InProgress, "incident.confer"),
        row(S::Resolved, A::Confer, S::Resolved, "incident.confer"),
        row(S::Verified, A::Confer, S::Verified, "incident.confer"),
        row(S::Closed, A::Confer, S::Closed, "incident.confer"),
        row(S::Accepted, A::Whistle, S::Assigned, "incident.whistle"),
        row(S::Assigned, A::Whistle, S::Assigned, "incident.whistle"),
        row(S::InProgress, A::Whistle, S::InProgress, "incident.whistle"),
        row(S::Assigned, A::ReportIn, S::InProgress, "task.report_in"),
        row(S::InProgress, A::ReportIn, S::InProgress, "task.report_in"),
        row(S::Received, A::RaiseUrgency, S::Received, "incident.raise_urgency"),
        row(S::Accepted, A::RaiseUrgency, S::Accepted, "incident.raise_urgency"),
        row(S::Assigned, A::RaiseUrgency, S::Assigned, "incident.raise_urgency"),
        row(S::InProgress, A::RaiseUrgency, S::InProgress, "incident.raise_urgency"),
        row(S::Received, A::Acknowledge, S::Received, "incident.acknowledge"),
        row(S::Accepted, A::Acknowledge, S::Accepted, "incident.acknowledge"),
        row(S::Assigned, A::Acknowledge, S::Assigned, "incident.acknowledge"),
        row(S::InProgress, A::Acknowledge, S::InProgress, "incident.acknowledge"),
        row(S::Received, A::Bulletin, S::Received, "incident.bulletin"),
        row(S::Accepted, A::Bulletin, S::Accepted, "incident.bulletin"),
        row(S::Assigned, A::Bulletin, S::Assigned, "incident.bulletin"),
        row(S::InProgress, A::Bulletin, S::InProgress, "incident.bulletin"),
        row(S::Resolved, A::Bulletin, S::Resolved, "incident.bulletin"),
        row(S::Verified, A::Bulletin, S::Verified, "incident.bulletin"),
        row(S::Resolved, A::AfterAction, S::Resolved, "incident.after_action"),
        row(S::Verified, A::AfterAction, S::Verified, "incident.after_action"),
        row(S::Closed, A::AfterAction, S::Closed, "incident.after_action"),
        row(S::Assigned, A::Extend, S::Assigned, "task.extend"),
        row(S::InProgress, A::Extend, S::InProgress, "task.extend"),
        row(S::Assigned, A::Shelve, S::Assigned, "incident.shelve"),
        row(S::InProgress, A::Shelve, S::InProgress, "incident.shelve"),
        row(S::InProgress, A::Stage, S::InProgress, "task.handle"),
        row(S::Received, A::Ask, S::Received, "incident.ask"),
        row(S::Accepted, A::Ask, S::Accepted, "incident.ask"),
        row(S::Assigned, A::Ask, S::Assigned, "incident.ask"),
        row(S::InProgress, A::Ask, S::InProgress, "incident.ask"),
        row(S::Received, A::Resume, S::Received, "incident.resume"),
        row(S::Accepted, A::Resume, S::Accepted, "incident.resume"),
        row(S::Assigned, A::Resume, S::Assigned, "incident.resume"),
        row(S::InProgress, A::Resume, S::InProgress, "incident.resume"),
        row(S::Received, A::Merge, S::Merged, "incident.merge"),
        row(S::Accepted, A::Merge, S::Merged, "incident.merge"),
        row(S::Assigned, A::Merge, S::Merged, "incident.merge"),
        row(S::InProgress, A::Merge, S::Merged, "incident.merge"),
        // One that was merged before anybody had accepted it goes back to 待受理.
        row(S::Merged, A::Unmerge, S::Accepted, "incident.merge"),
        row(S::Received, A::Annul, S::Void, "incident.annul"),
        row(S::Accepted, A::Annul, S::Void, "incident.annul"),
        row(S::Assigned, A::Annul, S::Void, "incident.annul"),
        row(S::InProgress, A::Annul, S::Void, "incident.annul"),
        row(S::Resolved, A::Reopen, S::Accepted, "incident.reopen"),
        row(S::Verified, A::Reopen, S::Accepted, "incident.reopen"),
        row(S::Closed, A::Reopen, S::Accepted, "incident.reopen"),
        row(S::Accepted, A::Supervise, S::Accepted, "incident.supervise"),
        row(S::Assigned, A::Supervise, S::Assigned, "incident.supervise"),
        row(S::InProgress, A::Supervise, S::InProgress, "incident.supervise"),
        row(S::Closed, A::Archive, S::Archived, "incident.archive"),
    ]
};

/// The row for an action in a state; refused when there is none.
pub fn transition(from: State, action: Action) -> Result<&'static Transition> {
    TRANSITIONS.iter().find(|t| t.from == from && t.action == action).ok_or_else(|| not_in_state(from, action))
}

/// The refusal for an action that does not stand in the table.
pub fn not_in_state(from: State, action: Action) -> Error {
    let params = [("state", from.word().into()), ("action", action.word().into())];
    Error::Refused(NOT_IN_THIS_STATE, params.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_transition_is_written_once_and_ends_somewhere() {
        for (n, a) in TRANSITIONS.iter().enumerate() {
            assert!(!TRANSITIONS[n + 1..].iter().any(|b| a.from == b.from && a.action == b.action), "{a:?}");
        }
        // From every open state the end can be reached.
        for start in State::ALL.iter().filter(|s| s.is_open()) {
            let mut seen = vec![*start];
            let mut next = 0;
            while next < seen.len() {
                let from = seen[next];
                next += 1;
                for t in TRANSITIONS.iter().filter(|t| t.from == from) {
                    if !seen.contains(&t.to) {
                        seen.push(t.to);
                    }
                }
            }
            assert!(seen.contains(&State::Closed), "{start} never ends");
        }
    }

    #[test]
    fn what_does_not_stand_in_the_table_is_refused() {
        assert!(matches!(transition(State::Closed, Action::Dispatch), Err(Error::Refused(NOT_IN_THIS_STATE, _))));
        assert_eq!(transition(State::Received, Action::Accept).unwrap().to, State::Accepted);
    }
}
