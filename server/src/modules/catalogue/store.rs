//! The catalogue and the calendars in the database.

use std::collections::{BTreeMap, BTreeSet};

use db::{Conn, Json, Tx, bind, record, sql};
use jiff::civil::Date;
use kernel::{Error, Id, Result, Time};
use uuid::Uuid;

use super::{
    Calendar, Interval, Matter, Rules, Shift,
    calendar::{DayKind, MonthDay},
    content::Day,
};

record! {
    struct Version { matter_id: Id<Matter>, n: i64, body: Json<Rules>, valid_from: Time, valid_to: Option<Time> }
}

impl From<Version> for Matter {
    fn from(v: Version) -> Self {
        Self { id: v.matter_id, version: v.n, valid_from: v.valid_from, valid_to: v.valid_to, rules: v.body.0 }
    }
}

/// Every version of every matter, oldest first.
pub async fn versions(conn: &mut Conn) -> Result<Vec<Matter>> {
    let statement = sql!("select matter_id, n, body, valid_from, valid_to from matter_version order by matter_id, n");
    Ok(conn.all::<Version>(statement, bind![]).await?.into_iter().map(Matter::from).collect())
}

/// Every version of one matter, oldest first; none when there is no such matter.
pub async fn versions_of(conn: &mut Conn, id: Id<Matter>) -> Result<Vec<Matter>> {
    let statement = sql!("select matter_id, n, body, valid_from, valid_to from matter_version where matter_id = $1 order by n");
    Ok(conn.all::<Version>(statement, bind![id]).await?.into_iter().map(Matter::from).collect())
}

/// One version of a matter.
pub async fn version(conn: &mut Conn, id: Id<Matter>, n: i64) -> Result<Matter> {
    let statement = sql!("select matter_id, n, body, valid_from, valid_to from matter_version where matter_id = $1 and n = $2");
    conn.one::<Version>(statement, bind![id, n]).await?.map(Matter::from).ok_or(Error::NotFound)
}

/// The last version of every matter, whether it holds or not.
pub async fn last_versions(conn: &mut Conn) -> Result<Vec<Matter>> {
    let statement = sql!(
        "select v.matter_id, v.n, v.body, v.valid_from, v.valid_to from matter_version v
         where v.n = (select max(w.n) from matter_version w where w.matter_id = v.matter_id)"
    );
    Ok(conn.all::<Version>(statement, bind![]).await?.into_iter().map(Matter::from).collect())
}

/// A new matter without a version yet.
pub async fn insert_matter(tx: &mut Tx, id: Id<Matter>, rules: &Rules) -> Result<()> {
    let statement = sql!("insert into matter (id, level1, level2, level3) values ($1, $2, $3, $4)");
    tx.execute(statement, bind![id, rules.level1, rules.level2, rules.level3]).await.map(|_| ())
}

/// The matter's present names.
pub async fn rename_matter(tx: &mut Tx, id: Id<Matter>, rules: &Rules) -> Result<()> {
    let statement = sql!("update matter set level1 = $1, level2 = $2, level3 = $3 where id = $4");
    tx.execute(statement, bind![rules.level1, rules.level2, rules.level3, id]).await.map(|_| ())
}

/// A version that begins; the one before it must have been ended.
pub async fn insert_version(tx: &mut Tx, matter: &Matter, batch: Uuid) -> Result<()> {
    let statement =
        sql!("insert into matter_version (matter_id, n, body, valid_from, valid_to, batch) values ($1, $2, $3, $4, $5, $6)");
    let cells = bind![matter.id, matter.version, Json(&matter.rules), matter.valid_from, matter.valid_to, batch];
    tx.execute(statement, cells).await.map(|_| ())
}

/// Ends a version.
pub async fn end_version(tx: &mut Tx, id: Id<Matter>, n: i64, at: Time) -> Result<()> {
    let statement = sql!("update matter_version set valid_to = $1 where matter_id = $2 and n = $3");
    tx.execute(statement, bind![at, id, n]).await.map(|_| ())
}

/// What an import or a change by hand did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
#[schema(as = CatalogueCounts)]
pub struct Counts {
    /// Matters that were not there, or were retired.
    pub added: usize,
    /// Matters that got a new version.
    pub changed: usize,
    /// Matters that stay as they are.
    pub unchanged: usize,
    /// Matters that stopped to hold.
    pub retired: usize,
}

/// Records who changed the catalogue, when and from what.
pub async fn insert_batch(tx: &mut Tx, id: Uuid, source: &str, by: &str, now: Time, counts: Counts) -> Result<()> {
    let statement = sql!(
        "insert into catalogue_batch (id, source, made_by, made_at, added, changed, retired) values ($1, $2, $3, $4, $5, $6, $7)"
    );
    let cells = bind![id, source, by, now, counts.added, counts.changed, counts.retired];
    tx.execute(statement, cells).await.map(|_| ())
}

record! {
    struct DayRow { day: String, since: i64, until: Option<i64>, kind: DayKind, name: String }
}
record! {
    struct ShiftRow { name: String, since: i64, until: Option<i64>, season_from: String, season_to: String, intervals: Json<Vec<Interval>> }
}

/// Every version of the calendar.
pub async fn calendars(conn: &mut Conn) -> Result<BTreeMap<i64, Calendar>> {
    let versions: Vec<i64> = conn.values(sql!("select n as value from calendar_version order by n"), bind![]).await?;
    let days: Vec<DayRow> = conn.all(sql!("select day, since, until, kind, name from calendar_day"), bind![]).await?;
    let shifts = sql!("select name, since, until, season_from, season_to, intervals from shift order by season_from, name");
    let shifts: Vec<ShiftRow> = conn.all(shifts, bind![]).await?;
    versions.into_iter().map(|n| Ok((n, calendar_at(n, &days, &shifts)?))).collect()
}

/// The days that differ from the week and the shifts, as of now.
pub async fn newest(conn: &mut Conn) -> Result<(Vec<Day>, Vec<Shift>)> {
    let days = sql!("select day, since, until, kind, name from calendar_day where until is null order by day");
    let shifts = sql!(
        "select name, since, until, season_from, season_to, intervals from shift where until is null order by season_from, name"
    );
    let days: Vec<DayRow> = conn.all(days, bind![]).await?;
    let shifts: Vec<ShiftRow> = conn.all(shifts, bind![]).await?;
    let days = days.into_iter().map(|d| Ok(Day { date: date_of(&d.day)?, kind: d.kind, name: d.name }));
    Ok((days.collect::<Result<_>>()?, shifts.iter().map(shift_of).collect::<Result<_>>()?))
}

/// Opens a new version of the calendar and says its number.
pub async fn open_calendar(tx: &mut Tx, source: &str, by: &str, now: Time) -> Result<i64> {
    let last: Option<i64> = tx.value(sql!("select n as value from calendar_version order by n desc limit 1"), bind![]).await?;
    let n = last.unwrap_or(0) + 1;
    let statement = sql!("insert into calendar_version (n, source, made_by, made_at) values ($1, $2, $3, $4)");
    tx.execute(statement, bind![n, source, by, now]).await?;
    Ok(n)
}

/// The newest version of the calendar; 0 when there is none.
pub async fn calendar_version(conn: &mut Conn) -> Result<i64> {
    let statement = sql!("select n as value from calendar_version order by n desc limit 1");
    Ok(conn.value(statement, bind![]).await?.unwrap_or(0))
}

/// From version `n` on the days are these: what differs is ended and begun, the rest stays.
pub async fn replace_days(tx: &mut Tx, n: i64, from: &[Day], to: &[Day]) -> Result<()> {
    let new: BTreeSet<_> = to.iter().map(|d| (d.date, d.kind, d.name.as_str())).collect();
    let old: BTreeSet<_> = from.iter().map(|d| (d.date, d.kind, d.name.as_str())).collect();
    for (date, ..) in old.difference(&new) {
        let statement = sql!("update calendar_day set until = $1 where day = $2 and until is null");
        tx.execute(statement, bind![n, date.to_string()]).await?;
    }
    for (date, kind, name) in new.difference(&old) {
        let statement = sql!("insert into calendar_day (day, since, until, kind, name) values ($1, $2, null, $3, $4)");
        tx.execute(statement, bind![date.to_string(), n, kind, name]).await?;
    }
    Ok(())
}

/// From version `n` on the shifts are these.
pub async fn replace_shifts(tx: &mut Tx, n: i64, shifts: &[Shift]) -> Result<()> {
    tx.execute(sql!("update shift set until = $1 where until is null"), bind![n]).await?;
    for s in shifts {
        let statement =
            sql!("insert into shift (name, since, until, season_from, season_to, intervals) values ($1, $2, null, $3, $4, $5)");
        let cells = bind![s.name, n, s.season_from.to_string(), s.season_to.to_string(), Json(&s.intervals)];
        tx.execute(statement, cells).await?;
    }
    Ok(())
}

fn calendar_at(n: i64, days: &[DayRow], shifts: &[ShiftRow]) -> Result<Calendar> {
    let holds = |since: i64, until: Option<i64>| since <= n && until.is_none_or(|u| n < u);
    let days = days.iter().filter(|d| holds(d.since, d.until)).map(|d| Ok((date_of(&d.day)?, d.kind)));
    let shifts = shifts.iter().filter(|s| holds(s.since, s.until)).map(shift_of);
    Calendar::new(days.collect::<Result<Vec<_>>>()?, shifts.collect::<Result<_>>()?)
}

fn date_of(text: &str) -> Result<Date> {
    text.parse().map_err(|_| Error::internal(format_args!("calendar_day has the day {text}")))
}

fn shift_of(row: &ShiftRow) -> Result<Shift> {
    let day =
        |text: &str| MonthDay::read(text).ok_or_else(|| Error::internal(format_args!("shift {} has the day {text}", row.name)));
    Ok(Shift {
        name: row.name.clone(),
        season_from: day(&row.season_from)?,
        season_to: day(&row.season_to)?,
        intervals: row.intervals.0.clone(),
    })
}
