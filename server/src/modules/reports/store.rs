//! The slice's SQL: sums over the published views, frozen figures, exclusions.

use std::collections::BTreeMap;

use db::{Cell, Conn, FromCell, FromRow, Json, Query, Row, Tx, bind, record, sql};
use kernel::{Cursor, Id, Result, Scope, Time};
use uuid::Uuid;

mod live;

pub use live::{Again, Instant, OfDay, days, repeats, standing};

use super::model::{By, CALLS, Counts, Line, Part, REPORTED, Rate, figures};
use crate::modules::{
    incidents::{
        model::Incident,
        rules::figures::{Figure, View},
    },
    org::Unit,
};

/// Which cases are counted.
#[derive(Clone, Debug)]
pub struct Window {
    /// Reported at or after.
    pub from: Time,
    /// Reported before.
    pub to: Time,
    /// The instant that limits are compared with.
    pub now: Time,
    /// Where the figures of the cases must belong.
    pub scope: Scope,
    /// Units of the scope whose cases count wherever they lie.
    pub leads: Vec<Id<Unit>>,
    /// One part of it.
    pub unit: Option<Within>,
}

/// A part of the district.
#[derive(Clone, Debug)]
pub enum Within {
    /// Cases that are filed under one of these paths: those that a place has had.
    Filed(Vec<String>),
    /// Cases that this unit leads.
    Led(Id<Unit>),
}

/// What is counted for each key: a path, an id or a word, by what is split by.
pub type Parts = BTreeMap<String, Part>;

/// Counts cases, answers and what is left out of the rates: four statements, however many cases.
pub async fn count(conn: &mut Conn, by: By, window: &Window) -> Result<Parts> {
    match by {
        By::Street | By::Community => {
            sums(conn, window, ["select v.filed_path as grp", "group by v.filed_path"], |k: String| k).await
        }
        By::Channel => sums(conn, window, ["select v.channel as grp", "group by v.channel"], |k: String| k).await,
        By::Department => sums(conn, window, ["select v.lead_unit as grp", "group by v.lead_unit"], id_text).await,
        By::Matter => sums(conn, window, ["select v.matter_id as grp", "group by v.matter_id"], id_text).await,
    }
}

fn id_text(id: Option<Uuid>) -> String {
    id.map(|id| id.to_string()).unwrap_or_default()
}

async fn sums<K: FromCell>(conn: &mut Conn, window: &Window, split: [&'static str; 2], key: fn(K) -> String) -> Result<Parts> {
    let mut parts = Parts::new();
    for row in conn.list::<Cases<K>>(query(window, split, Asks::Cases)).await? {
        parts.entry(key(row.grp)).or_default().counts.add(&row.counts);
    }
    for row in conn.list::<Answers<K>>(query(window, split, Asks::Answers)).await? {
        parts.entry(key(row.grp)).or_default().counts.add(&row.counts);
    }
    for row in conn.list::<LeftOut<Cases<K>>>(query(window, split, Asks::CasesLeftOut)).await? {
        parts.entry(key(row.what.grp)).or_default().excluded.entry(row.rate).or_default().add(&row.what.counts);
    }
    for row in conn.list::<LeftOut<Answers<K>>>(query(window, split, Asks::AnswersLeftOut)).await? {
        parts.entry(key(row.what.grp)).or_default().excluded.entry(row.rate).or_default().add(&row.what.counts);
    }
    Ok(parts)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Asks {
    Cases,
    Answers,
    CasesLeftOut,
    AnswersLeftOut,
}

fn query(window: &Window, [select, group]: [&'static str; 2], asks: Asks) -> Query {
    let left_out = matches!(asks, Asks::CasesLeftOut | Asks::AnswersLeftOut);
    let view = if matches!(asks, Asks::Cases | Asks::CasesLeftOut) { View::Case } else { View::Rating };
    let mut query = if view == View::Rating { of_cases(left_out).push(select, vec![]) } else { Query::new(select) };
    if left_out {
        query = query.push(", e.rate as rate", vec![]);
    }
    if view == View::Case {
        query = query.push(", count(*) as reported", vec![]);
    }
    for figure in figures(view) {
        let (_, condition, asks_now) = figure.condition();
        query = summed(query, figure.word(), condition, if asks_now { bind![window.now] } else { vec![] });
    }
    for (word, condition) in CALLS.iter().filter(|_| view == View::Rating) {
        query = summed(query, word, condition, vec![]);
    }
    query = query.push(
        match asks {
            Asks::Cases => "from incidents_v_case v where 1 = 1",
            Asks::Answers => "from incidents_v_rating v where 1 = 1",
            Asks::CasesLeftOut => "from report_exclusion e join incidents_v_case v on v.id = e.incident_id where e.approved and e.rate = 'response'",
            Asks::AnswersLeftOut => {
                "from report_exclusion e join incidents_v_rating v on v.incident_id = e.incident_id where e.approved and e.rate in ('solved', 'satisfied')"
            }
        },
        vec![],
    );
    query = narrowed(query.push("and v.reported_at >= $$ and v.reported_at < $$", bind![window.from, window.to]), window);
    query = query.push(group, vec![]);
    if left_out {
        query = query.push(", e.rate", vec![]);
    }
    match (view, left_out) {
        (View::Case, _) => query,
        (View::Rating, false) => query.push(", v.incident_id ) a group by a.grp", vec![]),
        (View::Rating, true) => query.push(", v.incident_id ) a group by a.grp, a.rate", vec![]),
    }
}

/// Answers are added up case by case first: a case may be asked about more than one round, and its list shows it once.
fn of_cases(left_out: bool) -> Query {
    let mut query = Query::new("select a.grp as grp");
    if left_out {
        query = query.push(", a.rate as rate", vec![]);
    }
    for word in figures(View::Rating).map(Figure::word).chain(CALLS.iter().map(|c| c.0)) {
        query = query.push(", cast(sum(", vec![]).push(word, vec![]).push(") as bigint) as", vec![]).push(word, vec![]);
    }
    for (word, cases) in figures(View::Rating).filter_map(|f| Some((f.word(), f.cases()?))) {
        query = query.push(", cast(sum(case when", vec![]).push(word, vec![]);
        query = query.push("> 0 then 1 else 0 end) as bigint) as", vec![]).push(cases, vec![]);
    }
    query.push("from (", vec![])
}

fn summed(query: Query, word: &'static str, condition: &'static str, cells: Vec<Cell>) -> Query {
    query
        .push(", cast(sum(case when", vec![])
        .push(condition, cells)
        .push("then 1 else 0 end) as bigint) as", vec![])
        .push(word, vec![])
}

/// The scope: by where a case is filed, and by who leads it.
fn narrowed(query: Query, window: &Window) -> Query {
    let any_of = |query: Query, paths: &[String]| {
        paths.iter().fold(query.push("and (1 = 0", vec![]), |query, path| {
            let above = format!("{}0", path.trim_end_matches('/'));
            query.push("or (v.filed_path >= $$ and v.filed_path < $$)", bind![path, above])
        })
    };
    let query = match &window.scope {
        Scope::All => query,
        Scope::Under(paths) => any_of(query, paths)
            .push_list("or v.lead_unit in", window.leads.iter().map(|id| Cell::Uuid(Some(id.uuid()))).collect())
            .push(")", vec![]),
    };
    match &window.unit {
        None => query,
        Some(Within::Filed(paths)) => any_of(query, paths).push(")", vec![]),
        Some(Within::Led(unit)) => query.push("and v.lead_unit = $$", bind![*unit]),
    }
}

struct Cases<K> {
    grp: K,
    counts: Counts,
}

struct Answers<K> {
    grp: K,
    counts: Counts,
}

struct LeftOut<T> {
    rate: Rate,
    what: T,
}

fn read(row: &Row, words: impl Iterator<Item = &'static str>) -> Result<Counts> {
    words.map(|word| Ok((word.to_owned(), row.get(word)?))).collect::<Result<_>>().map(Counts)
}

impl<K: FromCell> FromRow for Cases<K> {
    fn from_row(row: &Row) -> Result<Self> {
        Ok(Self { grp: row.get("grp")?, counts: read(row, figures(View::Case).map(Figure::word).chain([REPORTED]))? })
    }
}

impl<K: FromCell> FromRow for Answers<K> {
    fn from_row(row: &Row) -> Result<Self> {
        let words = figures(View::Rating).map(Figure::word).chain(CALLS.iter().map(|c| c.0));
        let words = words.chain(figures(View::Rating).filter_map(Figure::cases));
        Ok(Self { grp: row.get("grp")?, counts: read(row, words)? })
    }
}

impl<T: FromRow> FromRow for LeftOut<T> {
    fn from_row(row: &Row) -> Result<Self> {
        Ok(Self { rate: row.get("rate")?, what: T::from_row(row)? })
    }
}

record! {
    /// A frozen period.
    #[derive(Clone, Debug)]
    pub struct Frozen { pub period: String, pub from_at: Time, pub to_at: Time, pub frozen_at: Time, pub frozen_by: Uuid, pub listed: bool }
}

/// Keeps the figures of a period, one row for each way to split them.
pub async fn freeze(tx: &mut Tx, frozen: &Frozen, parts: &[(By, Vec<Line>)]) -> Result<()> {
    let statement =
        sql!("insert into report_period (period, from_at, to_at, frozen_at, frozen_by, listed) values ($1, $2, $3, $4, $5, $6)");
    let f = frozen;
    tx.execute(statement, bind![f.period, f.from_at, f.to_at, f.frozen_at, f.frozen_by, f.listed]).await?;
    let mut query = Query::new("insert into report_figure (period, split_by, body) values");
    for (n, (by, lines)) in parts.iter().enumerate() {
        query = query.push_list(if n == 0 { "" } else { "," }, bind![f.period, *by, Json(lines)]);
    }
    tx.execute_query(query).await.map(|_| ())
}

/// The period, if it was frozen.
pub async fn frozen(conn: &mut Conn, period: &str) -> Result<Option<Frozen>> {
    conn.one(
        sql!("select period, from_at, to_at, frozen_at, frozen_by, listed from report_period where period = $1"),
        bind![period],
    )
    .await
}

/// Frozen periods, the latest first.
pub async fn periods(conn: &mut Conn) -> Result<Vec<Frozen>> {
    conn.all(
        sql!("select period, from_at, to_at, frozen_at, frozen_by, listed from report_period order by from_at desc, period limit 400"),
        bind![],
    )
    .await
}

/// The frozen lines of a period.
pub async fn lines(conn: &mut Conn, period: &str, by: By) -> Result<Vec<Line>> {
    let statement = sql!("select body as value from report_figure where period = $1 and split_by = $2");
    Ok(conn.value::<Json<Vec<Line>>>(statement, bind![period, by]).await?.map(|j| j.0).unwrap_or_default())
}

/// A wish to leave a case out of a rate.
pub struct Exclusion;

record! {
    /// A wish to leave a case out of a rate, and what became of it.
    #[derive(Clone, Debug)]
    pub struct ExclusionRow {
        pub id: Id<Exclusion>,
        pub incident_id: Id<Incident>,
        pub code: String,
        pub filed_path: String,
        pub rate: Rate,
        pub reason: String,
        pub asked_by: Uuid,
        pub asked_at: Time,
        pub approved: Option<bool>,
        pub decided_by: Option<Uuid>,
        pub decided_at: Option<Time>,
        pub words: Option<String>,
    }
}

/// Enters a wish; a violation of `uq_report_exclusion_open` says that there is one.
pub async fn ask(tx: &mut Tx, e: &ExclusionRow) -> Result<()> {
    let statement = sql!(
        "insert into report_exclusion (id, incident_id, code, filed_path, rate, reason, asked_by, asked_at) values ($1, $2, $3, $4, $5, $6, $7, $8)"
    );
    tx.execute(statement, bind![e.id, e.incident_id, e.code, e.filed_path, e.rate, e.reason, e.asked_by, e.asked_at])
        .await
        .map(|_| ())
}

const EXCLUSIONS: &str = "select e.id, e.incident_id, e.code, e.filed_path, e.rate, e.reason, e.asked_by, e.asked_at, e.approved, e.decided_by, \
    e.decided_at, e.words from report_exclusion e where 1 = 1";

/// One wish that the scope may see.
pub async fn exclusion(conn: &mut Conn, scope: &Scope, id: Id<Exclusion>) -> Result<Option<ExclusionRow>> {
    let query = Query::new(EXCLUSIONS).push("and e.id = $$", bind![id]).within(scope, "e.filed_path >= $$", "e.filed_path < $$");
    Ok(conn.list(query).await?.pop())
}

/// A page of wishes, the newest first; `open` asks for those that wait.
pub async fn exclusions(
    conn: &mut Conn,
    scope: &Scope,
    open: Option<bool>,
    cursor: Option<Cursor>,
    limit: i64,
) -> Result<Vec<ExclusionRow>> {
    let query = Query::new(EXCLUSIONS).within(scope, "e.filed_path >= $$", "e.filed_path < $$");
    let query = match open {
        Some(true) => query.push("and e.approved is null", vec![]),
        Some(false) => query.push("and e.approved is not null", vec![]),
        None => query,
    };
    let query = query.after("and (e.asked_at, e.id) <", cursor);
    conn.list(query.push("order by e.asked_at desc, e.id desc limit $$", bind![limit + 1])).await
}

/// Decides a wish that waits; whether it still waited.
pub async fn decide(tx: &mut Tx, id: Id<Exclusion>, approved: bool, by: Uuid, at: Time, words: &str) -> Result<bool> {
    let statement = sql!(
        "update report_exclusion set approved = $2, decided_by = $3, decided_at = $4, words = $5 where id = $1 and approved is null"
    );
    Ok(tx.execute(statement, bind![id, approved, by, at, words]).await? == 1)
}
