//! SQL of what stands open now, of days, and of what comes again.

use db::{Conn, FromCell, FromRow, Query, Row, bind, record};
use kernel::{Result, Time};
use uuid::Uuid;

use super::{By, Window, id_text, narrowed};
use crate::modules::reports::live::{AGES, Standing};

const DAY: i64 = 86_400_000;

/// Open cases by light and by age, for each key: one statement. `window.now` is the instant that lights are compared with.
pub async fn standing(conn: &mut Conn, by: By, window: &Window) -> Result<Vec<(String, Standing)>> {
    match by {
        By::Street | By::Community => {
            grouped(conn, window, ["select v.filed_path as grp", "group by v.filed_path"], |k: String| k).await
        }
        By::Channel => grouped(conn, window, ["select v.channel as grp", "group by v.channel"], |k: String| k).await,
        By::Department => grouped(conn, window, ["select v.lead_unit as grp", "group by v.lead_unit"], id_text).await,
        By::Matter => grouped(conn, window, ["select v.matter_id as grp", "group by v.matter_id"], id_text).await,
    }
}

async fn grouped<K: FromCell>(
    conn: &mut Conn,
    window: &Window,
    [select, group]: [&'static str; 2],
    key: fn(K) -> String,
) -> Result<Vec<(String, Standing)>> {
    let now = window.now;
    let sum = |query: Query, condition: &'static str, cells, word: &'static str| {
        query
            .push(", cast(sum(case when", vec![])
            .push(condition, cells)
            .push("then 1 else 0 end) as bigint) as", vec![])
            .push(word, vec![])
    };
    let query = sum(Query::new(select), "v.paused is not null", vec![], "paused");
    let query = sum(query, "v.paused is null and v.red_at is null", vec![], "none");
    let query = sum(query, "v.paused is null and v.red_at <= $$", bind![now], "red");
    let query = sum(query, "v.paused is null and v.red_at > $$ and v.yellow_at <= $$", bind![now, now], "yellow");
    let mut query = sum(query, "v.paused is null and v.red_at > $$ and v.yellow_at > $$", bind![now, now], "green");
    for age in AGES {
        let (least, most) = (now.plus_days(-age.most_days.unwrap_or(36_500)), now.plus_days(-age.least_days));
        query = sum(query, "v.reported_at >= $$ and v.reported_at < $$", bind![least, most], age.column);
    }
    let query = narrowed(query.push("from incidents_v_standing v where v.open = 1", vec![]), window).push(group, vec![]);
    Ok(conn.list::<Line<K>>(query).await?.into_iter().map(|line| (key(line.grp), line.standing)).collect())
}

struct Line<K> {
    grp: K,
    standing: Standing,
}

impl<K: FromCell> FromRow for Line<K> {
    fn from_row(row: &Row) -> Result<Self> {
        let standing = Standing {
            green: row.get("green")?,
            yellow: row.get("yellow")?,
            red: row.get("red")?,
            paused: row.get("paused")?,
            none: row.get("none")?,
            ages: AGES.iter().map(|age| row.get(age.column)).collect::<Result<_>>()?,
        };
        Ok(Self { grp: row.get("grp")?, standing })
    }
}

record! {
    /// How many on a day, by its number since 1970 in the district's own time.
    #[derive(Clone, Copy, Debug)]
    pub struct OfDay { pub day: i64, pub n: i64 }
}

/// Cases by the day of an instant of theirs.
#[derive(Clone, Copy, Debug)]
pub enum Instant {
    /// Reported.
    Reported,
    /// Solved, as it stands now.
    Resolved,
}

/// How many cases were reported, or solved, on each day of the window; `offset` is the zone's from UTC in milliseconds.
pub async fn days(conn: &mut Conn, window: &Window, instant: Instant, offset: i64) -> Result<Vec<OfDay>> {
    // Days are numbered within, since PostgreSQL does not take the same expression with parameters for the group.
    let query = match instant {
        Instant::Reported => Query::new("select d.day as day, count(*) as n from (select (v.reported_at +")
            .push("cast($$ as bigint)) / cast($$ as bigint) as day", bind![offset, DAY])
            .push("from incidents_v_standing v where v.reported_at >= $$ and v.reported_at < $$", bind![window.from, window.to]),
        Instant::Resolved => Query::new("select d.day as day, count(*) as n from (select (v.resolved_at +")
            .push("cast($$ as bigint)) / cast($$ as bigint) as day", bind![offset, DAY])
            .push("from incidents_v_standing v where v.resolved_at >= $$ and v.resolved_at < $$", bind![window.from, window.to]),
    };
    conn.list(narrowed(query, window).push(") d group by d.day order by d.day", vec![])).await
}

record! {
    /// A matter that was reported again and again in one place.
    #[derive(Clone, Debug)]
    pub struct Again { pub filed_path: String, pub matter_id: Uuid, pub n: i64, pub last_at: Time, pub open: i64 }
}

/// Places and matters with at least so many cases in the window, the most frequent first.
pub async fn repeats(conn: &mut Conn, window: &Window, least: i64, limit: i64) -> Result<Vec<Again>> {
    let query = Query::new(
        "select v.filed_path, v.matter_id, count(*) as n, max(v.reported_at) as last_at, cast(sum(v.open) as bigint) as open \
         from incidents_v_standing v where v.matter_id is not null",
    )
    .push("and v.reported_at >= $$ and v.reported_at < $$", bind![window.from, window.to]);
    let query = narrowed(query, window).push("group by v.filed_path, v.matter_id having count(*) >= $$", bind![least]);
    conn.list(query.push("order by n desc, v.filed_path, v.matter_id limit $$", bind![limit])).await
}
