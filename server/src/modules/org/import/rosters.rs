//! Staffing templates, leave and duty from tables.
//!
//! - templates: template, grid_type, subtype, slot, name, min, max, eligibility. A template of the file is taken as a whole: slots that it lacks end.
//! - leave: staff_no, from, to (the last day), deputy_staff_no, reason. What a file says is decided, so it counts at once.
//! - duty: unit_code, date_from, date_to, time_from, time_to, staff_no, phone. A time_to at or before time_from is on the next day.

use std::collections::{BTreeSet, HashSet};

use jiff::civil::{Date, Time as Clock};
use kernel::{Id, Result, Time, Zone};

use super::{
    Options, Report, Staged, begin,
    orgs::{bad_date, date},
    picture, record,
};
use crate::{
    app::App,
    modules::org::{
        Directory,
        model::{Duty, LeaveState, Slot, Unit},
        store::{self, LeaveFull},
    },
    snapshot,
    table::{Fault, Row, Table, Unreadable},
};

/// More days than a duty table is made for at once.
const MOST_DAYS: usize = 400;

/// Reads staffing templates and writes them, unless something is wrong or it is a dry run.
pub async fn templates(app: &App, table: Table, options: &Options) -> Result<Report> {
    stage_templates(app, table, options).await?.commit().await
}

/// The same, with the transaction left open.
pub async fn stage_templates(app: &App, table: Table, options: &Options) -> Result<Staged> {
    let (now, directory) = (app.clock.now(), picture(&app.db).await?);
    let mut report = Report::default();
    let rows = match read(table, options, &["template", "grid_type", "slot", "name", "min", "max"], slot, &mut report) {
        Ok(rows) => rows,
        Err(e) => return Ok(e.into()),
    };
    let mut named = HashSet::new();
    for (row, slot) in &rows {
        if !named.insert((slot.template.clone(), slot.slot.clone())) {
            report.fault(row.fault("slot", "同一模板中岗位重复", "the template has the slot twice"));
        }
    }
    let templates: BTreeSet<&str> = rows.iter().map(|(_, s)| s.template.as_str()).collect();
    let known = |s: &Slot| directory.slots.iter().find(|k| k.template == s.template && k.slot == s.slot);
    let fresh = rows.iter().enumerate().filter(|(_, (_, s))| known(s) != Some(s));
    let new: Vec<(usize, Slot)> = fresh.map(|(place, (_, s))| (place, s.clone())).collect();
    report.added = new.iter().filter(|(_, s)| known(s).is_none()).count();
    report.changed = new.len() - report.added;
    report.same = rows.len() - new.len();
    let mut ended: Vec<&Slot> = new.iter().filter_map(|(_, s)| known(s)).collect();
    let gone = |s: &&Slot| templates.contains(s.template.as_str()) && !named.contains(&(s.template.clone(), s.slot.clone()));
    ended.extend(directory.slots.iter().filter(gone));
    if options.dry_run || !report.faults.is_empty() {
        return Ok(report.into());
    }
    let mut open = None;
    if !(new.is_empty() && ended.is_empty()) {
        let mut tx = begin(&app.db, &directory).await?;
        for slot in ended {
            store::end_slot(&mut tx, &slot.template, &slot.slot, now).await?;
        }
        store::insert_slots(&mut tx, &new, now).await?;
        record(&mut tx, now, directory.root(), "templates", &report, &options.actor()).await?;
        snapshot::bump(&mut tx, store::REVISION).await?;
        open = Some(tx);
    }
    report.applied = true;
    Ok(Staged { report, tx: open })
}

fn slot(row: &Row) -> Result<Slot, Fault> {
    let number = |column: &str| {
        let wrong = || row.fault(column, "应为不小于 0 的整数", "a whole number, not below 0");
        row.needed(column)?.parse::<u32>().map_err(|_| wrong())
    };
    let (least, most) = (number("min")?, number("max")?);
    if most < least {
        return Err(row.fault("max", "上限小于下限", "less than the minimum"));
    }
    Ok(Slot {
        template: row.needed("template")?.to_owned(),
        grid_type: row.needed("grid_type")?.to_owned(),
        subtype: row.some("subtype"),
        slot: row.needed("slot")?.to_owned(),
        name: row.needed("name")?.to_owned(),
        least,
        most,
        eligibility: row.some("eligibility"),
    })
}

/// Reads leave and writes it, unless something is wrong or it is a dry run.
pub async fn leave(app: &App, table: Table, options: &Options) -> Result<Report> {
    stage_leave(app, table, options).await?.commit().await
}

/// The same, with the transaction left open.
pub async fn stage_leave(app: &App, table: Table, options: &Options) -> Result<Staged> {
    let (now, directory) = (app.clock.now(), picture(&app.db).await?);
    let mut report = Report::default();
    let understand = |row: &Row| one_leave(row, app.zone, &directory, now);
    let rows = match read(table, options, &["staff_no", "from", "to"], understand, &mut report) {
        Ok(rows) => rows,
        Err(e) => return Ok(e.into()),
    };
    let since = rows.iter().map(|(_, l)| l.from_at).min().unwrap_or(now);
    let have = store::leaves_since(&mut *app.db.read().await?, since).await?;
    let (mut new, mut changed) = (Vec::new(), Vec::new());
    for (_, leave) in rows {
        match have.iter().find(|h| h.person_id == leave.person_id && h.from_at == leave.from_at) {
            None => new.push(leave),
            Some(h) if h.to_at == leave.to_at && h.deputy_id == leave.deputy_id && h.state != LeaveState::Requested => {
                report.same += 1;
            }
            Some(h) => changed.push(LeaveFull { id: h.id, requested_at: h.requested_at, handover: h.handover.clone(), ..leave }),
        }
    }
    (report.added, report.changed) = (new.len(), changed.len());
    if options.dry_run || !report.faults.is_empty() {
        return Ok(report.into());
    }
    let mut open = None;
    if report.added + report.changed > 0 {
        let mut tx = begin(&app.db, &directory).await?;
        store::insert_leaves(&mut tx, &new).await?;
        for leave in &changed {
            store::update_leave(&mut tx, leave, None).await?;
        }
        record(&mut tx, now, directory.root(), "leave", &report, &options.actor()).await?;
        snapshot::bump(&mut tx, store::REVISION).await?;
        open = Some(tx);
    }
    report.applied = true;
    Ok(Staged { report, tx: open })
}

fn one_leave(row: &Row, zone: Zone, directory: &Directory, now: Time) -> Result<LeaveFull, Fault> {
    let nobody = |column: &str| row.fault(column, "没有这个工号", "no such staff number");
    let person = directory.person_by_staff_no(row.needed("staff_no")?).ok_or_else(|| nobody("staff_no"))?.id;
    let deputy = match row.get("deputy_staff_no") {
        "" => None,
        no => Some(directory.person_by_staff_no(no).ok_or_else(|| nobody("deputy_staff_no"))?.id),
    };
    if deputy == Some(person) {
        return Err(row.fault("deputy_staff_no", "代班人不能是本人", "nobody stands in for themselves"));
    }
    let (from, to) = (day(row, "from")?, day(row, "to")?);
    let (from_at, to_at) = (midnight(zone, from), midnight(zone, to).plus_days(1));
    if to < from {
        return Err(row.fault("to", "结束日期早于开始日期", "it ends before it begins"));
    }
    let state = if to_at <= now { LeaveState::Ended } else { LeaveState::Confirmed };
    Ok(LeaveFull {
        id: Id::new(now),
        person_id: person,
        deputy_id: deputy,
        from_at,
        to_at,
        state,
        reason: row.some("reason"),
        handover: None,
        requested_at: now,
        confirmed_at: Some(now),
        ended_at: (state == LeaveState::Ended).then_some(to_at),
    })
}

/// Reads duty and writes it, unless something is wrong or it is a dry run.
pub async fn duty(app: &App, table: Table, options: &Options) -> Result<Report> {
    stage_duty(app, table, options).await?.commit().await
}

/// The same, with the transaction left open.
pub async fn stage_duty(app: &App, table: Table, options: &Options) -> Result<Staged> {
    let (now, directory) = (app.clock.now(), picture(&app.db).await?);
    let mut report = Report::default();
    let columns = ["unit_code", "date_from", "date_to", "time_from", "time_to"];
    let rows = match read(table, options, &columns, |row| turns(row, app.zone, &directory, now), &mut report) {
        Ok(rows) => rows,
        Err(e) => return Ok(e.into()),
    };
    let mut new: Vec<(Id<Unit>, Duty)> = Vec::new();
    let mut seen = HashSet::new();
    for (unit, turn) in rows.into_iter().flat_map(|(_, turns)| turns) {
        let fresh = seen.insert((unit, turn.from, turn.to, turn.person));
        if fresh && !directory.turns(unit).any(|t| t.from == turn.from && t.to == turn.to && t.person == turn.person) {
            new.push((unit, turn));
        } else {
            report.same += 1;
        }
    }
    report.added = new.len();
    if options.dry_run || !report.faults.is_empty() {
        return Ok(report.into());
    }
    let mut open = None;
    if !new.is_empty() {
        let mut tx = begin(&app.db, &directory).await?;
        store::insert_duty(&mut tx, &new, now).await?;
        record(&mut tx, now, directory.root(), "duty", &report, &options.actor()).await?;
        snapshot::bump(&mut tx, store::REVISION).await?;
        open = Some(tx);
    }
    report.applied = true;
    Ok(Staged { report, tx: open })
}

fn turns(row: &Row, zone: Zone, directory: &Directory, now: Time) -> Result<Vec<(Id<Unit>, Duty)>, Fault> {
    let unit = directory.unit_by_code(row.needed("unit_code")?).filter(|u| u.at(now).is_some());
    let unit = unit.ok_or_else(|| row.fault("unit_code", "找不到这个单位", "no such unit"))?.id;
    let person = match row.get("staff_no") {
        "" => None,
        no => Some(
            directory.person_by_staff_no(no).ok_or_else(|| row.fault("staff_no", "没有这个工号", "no such staff number"))?.id,
        ),
    };
    let phone = row.some("phone");
    if person.is_none() && phone.is_none() {
        return Err(row.fault("staff_no", "值班要有人员或电话", "a turn needs a person or a telephone"));
    }
    let (first, last) = (day(row, "date_from")?, day(row, "date_to")?);
    let (start, end) = (clock(row, "time_from")?, clock(row, "time_to")?);
    if last < first {
        return Err(row.fault("date_to", "结束日期早于开始日期", "it ends before it begins"));
    }
    let days: Vec<Date> = first.series(jiff::ToSpan::days(1)).take_while(|d| *d <= last).take(MOST_DAYS + 1).collect();
    if days.len() > MOST_DAYS {
        return Err(row.fault("date_to", "值班表一次最多 400 天", "at most 400 days at once"));
    }
    let turn = |date: Date| {
        let from = zone.instant(date.to_datetime(start));
        let to = zone.instant(date.to_datetime(end)).plus_days(i64::from(end <= start));
        (unit, Duty { person, phone: phone.clone(), from, to })
    };
    Ok(days.into_iter().map(turn).collect())
}

/// Every row that could be understood; the others are faults of the report.
fn read<T>(
    table: Table,
    options: &Options,
    columns: &[&str],
    understand: impl Fn(&Row) -> Result<T, Fault>,
    report: &mut Report,
) -> Result<Vec<(Row, T)>, Unreadable> {
    let table = table.rename(&options.map)?;
    table.require(columns)?;
    let mut rows = Vec::new();
    for row in table {
        report.read += 1;
        match row.and_then(|row| understand(&row).map(|t| (row, t))) {
            Ok(found) => rows.push(found),
            Err(fault) => report.fault(fault),
        }
    }
    Ok(rows)
}

fn day(row: &Row, column: &str) -> Result<Date, Fault> {
    date(row.needed(column)?).ok_or_else(|| bad_date(row, column))
}

fn clock(row: &Row, column: &str) -> Result<Clock, Fault> {
    let wrong = || row.fault(column, "时间应写成 08:30", "a time is written 08:30");
    let (hour, minute) = row.needed(column)?.split_once(':').ok_or_else(wrong)?;
    let (hour, minute) = (hour.parse().map_err(|_| wrong())?, minute.parse().map_err(|_| wrong())?);
    Clock::new(hour, minute, 0, 0).map_err(|_| wrong())
}

fn midnight(zone: Zone, date: Date) -> Time {
    zone.instant(date.at(0, 0, 0, 0))
}
