//! `jingwei verify clocks`: what is stored is what replaying the step log gives.

use kernel::Result;

use super::{
    actions,
    clocks::{Event, Instants, replay},
    store::{self, Case},
};
use crate::app::App;

/// What the check found.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct ClockReport {
    /// How many cases were replayed.
    pub cases: usize,
    /// The numbers of cases whose stored instants differ, at most a hundred of them.
    pub differing: Vec<String>,
    /// How many differ in all.
    pub differences: usize,
}

/// Replays every case and compares.
pub async fn clocks(app: &App) -> Result<ClockReport> {
    let catalogue = app.catalogue.get();
    let mut report = ClockReport::default();
    let mut after = None;
    loop {
        let mut conn = app.db.read().await?;
        let cases = store::cases_after(&mut conn, after, 500).await?;
        let Some(last) = cases.last() else { return Ok(report) };
        after = Some(last.id);
        let ids: Vec<_> = cases.iter().map(|c| c.id).collect();
        let fired = store::ladder::fired(&mut conn, &ids).await?;
        let granted = store::granted(&mut conn, &ids).await?;
        for case in &cases {
            let log = store::events(&mut conn, case.id).await?;
            let days = actions::days(&catalogue.value, case, app.zone);
            let shown = replay(&days, log.iter().map(|(at, e)| (*at, e)))?;
            report.cases += 1;
            let next_at = actions::ladder::next_at(case, log.iter().map(|(at, e)| (*at, e)), &fired);
            let extended = log.iter().filter(|(_, e)| matches!(e, Event::Extend { .. })).count() as i64;
            let recorded = granted.get(&case.id).copied().unwrap_or_default();
            if !agrees(case, &shown) || next_at != case.next_at || extended != recorded {
                report.differences += 1;
                if report.differing.len() < 100 {
                    report.differing.push(case.code.clone());
                }
            }
        }
    }
}

/// Whether a case's row says what its log says: every instant of its light, the lateness and the pause.
fn agrees(case: &Case, shown: &Instants) -> bool {
    let instants = (shown.yellow_at, shown.red_at, shown.due_at);
    let pause = case.paused.is_some() == shown.paused && (shown.paused || case.paused_until.is_none());
    instants == (case.yellow_at, case.red_at, case.due_at) && shown.late == case.late && pause
}
