//! `jingwei verify clocks`: what is stored is what replaying the step log gives. `--repair` writes what it gives, where an older version of
//! the program had stored something else.

use db::{Conn, Tx};
use kernel::{Actor, Error, Id, Result, Time};

use super::{
    actions,
    clocks::{Event, Instants, replay},
    model::Incident,
    store::{self, Case},
};
use crate::{
    app::App,
    modules::{access::audit::Audit, catalogue::Catalogue},
};

/// How many cases are read at once.
const BATCH: i64 = 500;
/// How often a repair that a change of the case overtook begins anew.
const TRIES: usize = 5;

/// What the check found.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct ClockReport {
    /// How many cases were replayed.
    pub cases: usize,
    /// The numbers of cases whose stored instants differ, at most a hundred of them.
    pub differing: Vec<String>,
    /// How many differ in all.
    pub differences: usize,
    /// How many were repaired.
    pub repaired: usize,
}

/// Replays every case and compares.
pub async fn clocks(app: &App) -> Result<ClockReport> {
    each(app, false).await
}

/// The same, and writes what the log gives where the row says something else: the instants of the light, the lateness, the pause and the
/// next stage of the ladder. State, history and version stay; each repair is in the audit record. What a log does not say, such as an
/// extension that nobody entered in it, is left and goes on differing.
///
/// Stages of the ladder that have come meanwhile come with the next sweep, as after any time in which nobody swept.
pub async fn repair(app: &App) -> Result<ClockReport> {
    each(app, true).await
}

async fn each(app: &App, repair: bool) -> Result<ClockReport> {
    let mut report = ClockReport::default();
    let mut after = None;
    loop {
        let catalogue = app.catalogue.get();
        let mut conn = app.db.read().await?;
        let cases = store::cases_after(&mut conn, after, BATCH).await?;
        let Some(last) = cases.last() else { return Ok(report) };
        after = Some(last.id);
        report.cases += cases.len();
        let wrong = wrong(app, &catalogue.value, &mut conn, cases).await?;
        drop(conn);
        for (case, _) in &wrong {
            let repaired = repair && mend(app, case.id).await?;
            report.repaired += usize::from(repaired);
            if !repaired {
                report.differences += 1;
                if report.differing.len() < 100 {
                    report.differing.push(case.code.clone());
                }
            }
        }
    }
}

/// What a case's row ought to say.
struct Right {
    shown: Instants,
    next_at: Option<Time>,
    /// Whether the extensions that were granted are those of the log.
    extended: bool,
}

/// Those of these cases whose rows do not say what their logs say.
async fn wrong(app: &App, catalogue: &Catalogue, conn: &mut Conn, cases: Vec<Case>) -> Result<Vec<(Case, Right)>> {
    let ids: Vec<_> = cases.iter().map(|c| c.id).collect();
    let fired = store::ladder::fired(conn, &ids).await?;
    let granted = store::granted(conn, &ids).await?;
    let mut wrong = vec![];
    for case in cases {
        let log = store::events(conn, case.id).await?;
        let days = actions::days(catalogue, &case, app.zone);
        let shown = replay(&days, log.iter().map(|(at, e)| (*at, e)))?;
        let extended = log.iter().filter(|(_, e)| matches!(e, Event::Extend { .. })).count() as i64;
        let extended = extended == granted.get(&case.id).copied().unwrap_or_default();
        // The next stage hangs on the light that the log gives, not on the one that is stored.
        let lit = Case { yellow_at: shown.yellow_at, red_at: shown.red_at, ..case.clone() };
        let next_at = actions::ladder::next_at(&lit, log.iter().map(|(at, e)| (*at, e)), &fired);
        let right = Right { shown, next_at, extended };
        if !agrees(&case, &right) {
            wrong.push((case, right));
        }
    }
    Ok(wrong)
}

/// Writes what the log of a case gives, and says whether the row then agrees with it.
async fn mend(app: &App, id: Id<Incident>) -> Result<bool> {
    for _ in 0..TRIES {
        let catalogue = app.catalogue.get();
        let mut tx = app.db.begin();
        let case = store::find(&mut tx, &kernel::Scope::All, id).await?;
        let Some((case, right)) = wrong(app, &catalogue.value, &mut tx, vec![case]).await?.pop() else {
            // Somebody's step has put it right meanwhile.
            tx.rollback().await?;
            return Ok(true);
        };
        if settled(&case, &right) {
            // Only the extensions do not fit: no instant is wrong.
            tx.rollback().await?;
            return Ok(false);
        }
        match put(&mut tx, app.clock.now(), case, &right).await {
            Ok(()) => {
                tx.commit().await?;
                return Ok(right.extended);
            }
            Err(Error::Stale) => tx.rollback().await?,
            Err(error) => return Err(error),
        }
    }
    Err(Error::Stale)
}

async fn put(tx: &mut Tx, now: Time, mut case: Case, right: &Right) -> Result<()> {
    let text = |at: Option<Time>| at.map(|at| at.to_string());
    let row = Audit::new("clocks.repair", "incident", case.id.uuid()).under(&case.owner_path).with("code", case.code.as_str());
    let before = [text(case.yellow_at), text(case.red_at), text(case.due_at), text(case.next_at)];
    let Right { shown, next_at, .. } = right;
    (case.yellow_at, case.red_at, case.due_at, case.next_at) = (shown.yellow_at, shown.red_at, shown.due_at, *next_at);
    (case.late, case.overran) = (shown.late, shown.overran);
    if !shown.paused {
        (case.paused, case.paused_until) = (None, None);
    }
    let after = [text(case.yellow_at), text(case.red_at), text(case.due_at), text(case.next_at)];
    store::rewind(tx, &case).await?;
    store::retime(tx, case.id, shown).await?;
    row.with("before", before.to_vec()).with("after", after.to_vec()).record(tx, now, &Actor::system()).await
}

/// Whether a case's row says what its log says.
fn agrees(case: &Case, right: &Right) -> bool {
    settled(case, right) && right.extended
}

/// Whether every instant of its light, the lateness, the pause and the next stage are those of its log.
fn settled(case: &Case, right: &Right) -> bool {
    let shown = &right.shown;
    let instants = (shown.yellow_at, shown.red_at, shown.due_at, right.next_at);
    let pause = case.paused.is_some() == shown.paused && (shown.paused || case.paused_until.is_none());
    instants == (case.yellow_at, case.red_at, case.due_at, case.next_at) && shown.late == case.late && pause
}
