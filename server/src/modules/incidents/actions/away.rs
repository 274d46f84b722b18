//! 交接: who goes on leave offers the open tasks, who stands in confirms. When the leave begins they go over; without both confirmations to the
//! head of the grid or the duty desk. At its end what is still open and was not given on comes back.

use db::{Json, Tx};
use kernel::{Actor, Error, Id, Permission, Result, Scope, Time};
use serde_json::json;
use uuid::Uuid;

use super::{Change, Ground, returns::tell, second};
use crate::{
    app::App,
    modules::{
        access::{self, audit::Audit},
        incidents::{
            model::{Action, Reason, Role},
            rules::away::{Details, HANDOVER_STATE, NO_DEPUTY, Next, Progress, next},
            rules::spoken::Spoken,
            store::{
                self, TaskRow,
                away::{Handover, Moved},
            },
        },
        notices::{self, Notice},
        org::{Leave, Person, Question, Unit},
    },
};

/// The job that moves tasks when leaves begin and end.
pub const SWEEP: &str = "leave.sweep";

/// The first confirmation: who goes, or whoever arranges the leave, offers what is open.
pub async fn offer(tx: &mut Tx, ground: &Ground, who: &Actor, leave: Id<Leave>) -> Result<Handover> {
    let leave = ground.org.value.leaves().find(|l| l.id == leave).ok_or(Error::NotFound)?;
    if who.person != Some(leave.person.uuid()) && !arranges(ground, who, leave.person) {
        return Err(Error::NotFound);
    }
    if leave.to <= ground.now {
        return Err(Error::refused(HANDOVER_STATE));
    }
    let deputy = leave.deputy.ok_or(Error::refused(NO_DEPUTY))?;
    let known = store::away::of_leave(tx, leave.id.uuid()).await?;
    let mut row = known.clone().unwrap_or_else(|| begun(leave, ground.now));
    if row.confirmed_at.is_some() || row.ended_at.is_some() {
        return Err(Error::refused(HANDOVER_STATE));
    }
    (row.deputy_id, row.to_at) = (Some(deputy.uuid()), leave.to);
    (row.offered_at, row.offered_by) = (Some(ground.now), Some(who.id));
    let kept = match known {
        Some(_) => store::away::save(tx, &row, row.moved_at).await?,
        None => store::away::insert(tx, &row).await?,
    };
    if !kept {
        return Err(Error::Stale);
    }
    Audit::new("leave.offer", "handover", row.id).with("leave", row.leave_id.to_string()).record(tx, ground.now, who).await?;
    let params = json!({ "from": leave.from, "to": leave.to });
    let told = access::store::accounts_of(tx, &[deputy.uuid()]).await?.into_iter().map(|to| Notice {
        to,
        kind: "handover-offered",
        object_kind: "handover",
        object: row.id,
        params: params.clone(),
        urgent: false,
    });
    notices::tell(tx, ground.now, &told.collect::<Vec<_>>()).await?;
    Ok(row)
}

/// Whether the caller arranges the leave of somebody.
fn arranges(ground: &Ground, who: &Actor, person: Id<Person>) -> bool {
    let (scope, directory) = (who.scope(Permission("leave.manage")), &ground.org.value);
    directory.posts_of(person, ground.now).into_iter().filter_map(|p| directory.unit(p.unit)).any(|u| scope.holds(&u.path))
}

fn begun(leave: &Leave, now: Time) -> Handover {
    Handover {
        id: Id::<Handover>::new(now).uuid(),
        leave_id: leave.id.uuid(),
        person_id: leave.person.uuid(),
        deputy_id: None,
        from_at: leave.from,
        to_at: leave.to,
        offered_at: None,
        offered_by: None,
        confirmed_at: None,
        confirmed_by: None,
        moved_at: None,
        ended_at: None,
    }
}

/// The second confirmation: who stands in takes the tasks over, at the beginning of the leave, or at once when it has begun.
pub async fn confirm(tx: &mut Tx, ground: &Ground, who: &Actor, id: Uuid) -> Result<Handover> {
    let row = store::away::one(tx, id).await?;
    let mut row = row.filter(|r| r.deputy_id.is_some() && r.deputy_id == who.person).ok_or(Error::NotFound)?;
    if row.confirmed_at.is_some() || row.ended_at.is_some() || row.to_at <= ground.now {
        return Err(Error::refused(HANDOVER_STATE));
    }
    (row.confirmed_at, row.confirmed_by) = (Some(ground.now), Some(who.id));
    if !store::away::save(tx, &row, row.moved_at).await? {
        return Err(Error::Stale);
    }
    Audit::new("leave.take_over", "handover", row.id).with("leave", row.leave_id.to_string()).record(tx, ground.now, who).await?;
    if row.from_at <= ground.now {
        ::jobs::enqueue(tx, ground.now, &::jobs::Job::new(SWEEP, json!({}))).await?;
    }
    Ok(row)
}

/// Does what is due for every leave that has begun or ended, each in a transaction of its own, and says how many tasks went over.
pub async fn sweep(app: &App) -> Result<usize> {
    let ground = Ground::of(app);
    let known = store::away::open(&mut *app.db.read().await?, ground.now).await?;
    let runs = |l: &&Leave| l.from <= ground.now && ground.now < l.to;
    let away: Vec<&Leave> = ground.org.value.leaves().filter(runs).collect();
    let mut count = 0;
    for leave in &away {
        let row = known.iter().find(|r| r.leave_id == leave.id.uuid()).cloned();
        let progress = row.as_ref().map(progress).unwrap_or_default();
        if let Some(due) = next(true, progress) {
            count += carry_out(app, &ground, row.unwrap_or_else(|| begun(leave, ground.now)), due).await?;
        }
    }
    for row in known.into_iter().filter(|r| away.iter().all(|l| l.id.uuid() != r.leave_id)) {
        if let Some(due) = next(false, progress(&row)) {
            count += carry_out(app, &ground, row, due).await?;
        }
    }
    Ok(count)
}

const fn progress(row: &Handover) -> Progress {
    Progress { confirmed_at: row.confirmed_at, moved_at: row.moved_at }
}

/// Claims what is due, then moves the tasks; whoever comes second finds it claimed and does nothing.
async fn carry_out(app: &App, ground: &Ground, mut row: Handover, due: Next) -> Result<usize> {
    let mut tx = app.db.begin();
    ground.check(&mut tx).await?;
    let before = row.moved_at;
    match due {
        Next::Move | Next::Late => row.moved_at = Some(ground.now),
        Next::Back | Next::Drop => row.ended_at = Some(ground.now),
    }
    let fresh = before.is_none() && row.offered_at.is_none() && row.ended_at.is_none();
    let mine = (fresh && store::away::insert(&mut tx, &row).await?) || store::away::save(&mut tx, &row, before).await?;
    if !mine {
        return Ok(0);
    }
    let moves = Moves { app, ground, row: &row, system: &Actor::system() };
    let count = match due {
        Next::Move => moves.begin(&mut tx).await?,
        Next::Late => moves.late(&mut tx).await?,
        Next::Back => moves.back(&mut tx).await?,
        Next::Drop => 0,
    };
    tx.commit().await?;
    Ok(count)
}

/// Where a task goes.
struct Place {
    unit: Id<Unit>,
    path: String,
    person: Option<Uuid>,
}

/// What is moved for one hand-over.
struct Moves<'a> {
    app: &'a App,
    ground: &'a Ground,
    row: &'a Handover,
    system: &'a Actor,
}

impl Moves<'_> {
    async fn begin(&self, tx: &mut Tx) -> Result<usize> {
        let tasks = store::away::tasks_of(tx, self.row.person_id).await?;
        store::hold_all(tx, &tasks.iter().map(|t| t.incident_id).collect::<Vec<_>>()).await?;
        for task in &tasks {
            let place = self.place(tx, task).await?;
            self.keep(tx, task, &place, (task.unit_id, &task.unit_path)).await?;
            self.give(tx, task, &place, false).await?;
        }
        Ok(tasks.len())
    }

    async fn late(&self, tx: &mut Tx) -> Result<usize> {
        let mut count = 0;
        for (moved, task) in self.untouched(tx).await? {
            if moved.to_person == self.row.deputy_id {
                continue;
            }
            // Whether the deputy reaches it is asked of the unit that it came from.
            let origin = TaskRow { unit_id: moved.from_unit, unit_path: moved.from_path.clone(), ..task.clone() };
            let place = self.place(tx, &origin).await?;
            self.keep(tx, &task, &place, (moved.from_unit, &moved.from_path)).await?;
            self.give(tx, &task, &place, false).await?;
            count += 1;
        }
        Ok(count)
    }

    async fn back(&self, tx: &mut Tx) -> Result<usize> {
        let untouched = self.untouched(tx).await?;
        for (moved, task) in &untouched {
            let place = Place { unit: moved.from_unit, path: moved.from_path.clone(), person: Some(self.row.person_id) };
            self.give(tx, task, &place, true).await?;
        }
        store::away::back(tx, self.row.id, self.ground.now).await?;
        Ok(untouched.len())
    }

    /// What went over, is still open and still lies where it was put: what a desk has given on since stays there.
    async fn untouched(&self, tx: &mut Tx) -> Result<Vec<(Moved, TaskRow)>> {
        let mut found = vec![];
        let all = store::away::moved(tx, self.row.id).await?;
        store::hold_all(tx, &all.iter().map(|m| m.incident_id).collect::<Vec<_>>()).await?;
        for moved in all {
            let task = store::tasks(tx, moved.incident_id).await?.into_iter().find(|t| t.id == moved.task_id);
            let there = |t: &TaskRow| t.state.is_open() && t.unit_id == moved.to_unit;
            // At a desk somebody may have taken it on; then it is that person's.
            if let Some(task) = task.filter(|t| there(t) && t.person_id == moved.to_person) {
                found.push((moved, task));
            }
        }
        Ok(found)
    }

    /// The deputy when both have confirmed, else the head of the grid or the duty desk, by the rules of who is responsible. Nobody gets a second
    /// handling by it who handled the case before.
    async fn place(&self, tx: &mut Tx, task: &TaskRow) -> Result<Place> {
        let (directory, at) = (&self.ground.org.value, self.ground.now);
        let former = second::former_of(tx, task.incident_id, task.round).await?.people;
        let deputy = self.row.deputy_id.filter(|_| self.row.confirmed_at.is_some()).map(Id::<Person>::from_uuid);
        if let Some(deputy) = deputy.filter(|d| directory.leave(*d, at).is_none() && !former.contains(d)) {
            let posts: Vec<&Unit> = directory.posts_of(deputy, at).into_iter().filter_map(|p| directory.unit(p.unit)).collect();
            let reaches = posts.is_empty() || posts.iter().any(|u| task.unit_path.starts_with(u.path.as_str()));
            // Who works elsewhere takes it to the own unit, where he may handle it.
            let (unit, path) = match posts.first().filter(|_| !reaches) {
                Some(own) => (own.id, own.path.clone()),
                None => (task.unit_id, task.unit_path.clone()),
            };
            return Ok(Place { unit, path, person: Some(deputy.uuid()) });
        }
        // Who stands in by the leave but did not confirm is not bound.
        let away = Id::from_uuid(self.row.person_id);
        let unasked = directory.leave(away, at).and_then(|l| l.deputy);
        let not: Vec<Id<Person>> = std::iter::once(away).chain(unasked).chain(former).collect();
        let code = directory.unit(task.unit_id).map(|u| u.code.clone()).unwrap_or_default();
        let lead = directory.lead(&code);
        let asked = directory.responsible(&Question { place: Some(task.unit_id), lead: &lead, at, not: &not });
        let path = directory.unit(asked.unit).map_or_else(|| task.unit_path.clone(), |u| u.path.clone());
        Ok(Place { unit: asked.unit, path, person: asked.person.map(|p| p.uuid()) })
    }

    async fn keep(&self, tx: &mut Tx, task: &TaskRow, place: &Place, from: (Id<Unit>, &str)) -> Result<()> {
        let moved = Moved {
            handover_id: self.row.id,
            task_id: task.id,
            incident_id: task.incident_id,
            from_unit: from.0,
            from_path: from.1.to_owned(),
            to_unit: place.unit,
            to_person: place.person,
        };
        store::away::keep(tx, &moved, self.ground.now).await
    }

    /// Gives a task over, with a step in the case's history and a word to whoever has it now.
    async fn give(&self, tx: &mut Tx, task: &TaskRow, place: &Place, back: bool) -> Result<()> {
        let directory = &self.ground.org.value;
        let name = |person: Option<Uuid>| person.map(|p| directory.name_of(Id::from_uuid(p)).to_owned()).unwrap_or_default();
        let unit_name = directory.unit(place.unit).map(|u| u.name.clone()).unwrap_or_default();
        let (from, to) = (name(task.person_id), name(place.person));
        let said = Spoken::HandedOver { person: name(Some(self.row.person_id)), back, unit: unit_name.clone(), to: to.clone() };
        let details = Details { task: task.id.uuid(), handover: self.row.id, from, to, unit_name, back };
        let case = store::hold(tx, &Scope::All, task.incident_id).await?;
        let mut change = Change::of(tx, self.app, self.system, case, None).await?;
        let state = change.case.state;
        let entry = change.enter(Action::HandOver, state);
        entry.say(said);
        entry.is_public = false;
        entry.reasons = Json(vec![Reason::said("leave", Spoken::Leave)]);
        entry.details = Some(serde_json::to_value(details).map_err(Error::internal)?);
        if task.role == Role::Lead && change.case.lead_unit == Some(task.unit_id) {
            (change.case.lead_unit, change.case.lead_person) = (Some(place.unit), place.person);
        }
        store::away::give(tx, task.id, place.unit, &place.path, place.person).await?;
        let people: Vec<Uuid> = place.person.into_iter().collect();
        let accounts = access::store::accounts_of(tx, &people).await?;
        let case = change.save(tx).await?;
        tell(tx, self.ground, accounts, "task-handed-over", &case).await
    }
}
