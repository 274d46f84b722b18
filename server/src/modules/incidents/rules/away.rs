//! 交接: what is to be done for a leave, and when.

use kernel::Time;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

kernel::codes! {
    /// The leave names nobody who stands in; its tasks go to the head of the grid or the duty desk when it begins.
    NO_DEPUTY = "no-deputy";
    /// The hand-over is over, or was confirmed already.
    HANDOVER_STATE = "handover-state";
}

/// How far the hand-over of a leave has come.
#[derive(Clone, Copy, Debug, Default)]
pub struct Progress {
    /// When the deputy confirmed.
    pub confirmed_at: Option<Time>,
    /// When tasks were moved the last time.
    pub moved_at: Option<Time>,
}

/// What a sweep does for a leave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// Move the open tasks: to the deputy when both have confirmed, else to the head of the grid or the duty desk.
    Move,
    /// The deputy confirmed after the leave had begun: what went elsewhere goes to the deputy now.
    Late,
    /// The leave is over: what is still open comes back.
    Back,
    /// The leave was over before it began.
    Drop,
}

/// What is due for a leave that runs now (`away`), or that is over.
pub fn next(away: bool, progress: Progress) -> Option<Next> {
    match (away, progress.moved_at, progress.confirmed_at) {
        (true, None, _) => Some(Next::Move),
        (true, Some(moved), Some(confirmed)) if confirmed > moved => Some(Next::Late),
        (true, Some(_), _) => None,
        (false, Some(_), _) => Some(Next::Back),
        (false, None, _) => Some(Next::Drop),
    }
}

/// What the step of a hand-over carries.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename = "hand_over")]
pub struct Details {
    /// The task.
    pub task: Uuid,
    /// The hand-over.
    pub handover: Uuid,
    /// Who had it.
    pub from: String,
    /// Who has it now; empty when it waits at a desk.
    pub to: String,
    /// The unit that has it now.
    pub unit_name: String,
    /// Whether it came back at the end of the leave.
    pub back: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_leave_moves_once_late_once_and_comes_back_once() {
        let t = |n: i64| Some(Time::from_millis(n));
        for (away, confirmed_at, moved_at, due) in [
            (true, None, None, Some(Next::Move)),
            (true, t(5), None, Some(Next::Move)),
            (true, None, t(10), None),
            (true, t(5), t(10), None),
            (true, t(10), t(10), None),
            (true, t(11), t(10), Some(Next::Late)),
            (false, t(5), t(10), Some(Next::Back)),
            (false, None, t(10), Some(Next::Back)),
            (false, t(5), None, Some(Next::Drop)),
            (false, None, None, Some(Next::Drop)),
        ] {
            assert_eq!(next(away, Progress { confirmed_at, moved_at }), due, "{away} {confirmed_at:?} {moved_at:?}");
        }
    }
}
