//! 预警与升级: one sweep over the cases whose next stage has come.

use kernel::Time;

use crate::modules::incidents::{
    clocks::Event,
    model::State,
    rules::ladder::{self, Alarm, Fired, Ladder, Lit},
    store::Case,
};

/// When the next stage of a case comes, or came without being set off yet; nothing while no clock runs.
pub fn next_at<'e>(case: &Case, log: impl IntoIterator<Item = (Time, &'e Event)>, fired: &[Fired]) -> Option<Time> {
    let standard;
    let ladder = match case.rule.as_ref().and_then(|r| r.0.ladder.as_ref()) {
        Some(own) => own,
        None => {
            standard = Ladder::of(ladder::Preset::Standard, case.urgency);
            &standard
        }
    };
    let lit = Lit {
        yellow_at: case.yellow_at,
        red_at: case.red_at,
        waiting: case.state == State::Assigned,
        held: ladder::held(log, case.red_at),
    };
    let ahead: Vec<Alarm<'_>> = ladder::waiting(ladder::alarms(ladder, &lit), case.id, case.round, fired);
    ahead.first().map(|a| a.due_at)
}
