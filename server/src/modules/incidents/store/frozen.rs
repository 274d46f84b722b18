//! The cases of a period as they counted when its figures were frozen.

use db::{Conn, Engine, FromCell, FromRow, Query, Row, Tx, bind};
use kernel::{Result, Time};
use uuid::Uuid;

use crate::modules::incidents::rules::figures::{Figure, Judged, View};

/// Keeps what every case of a period counts as, by the conditions that the figures are counted by.
pub async fn keep(tx: &mut Tx, period: &str, from: Time, to: Time, as_of: Time) -> Result<()> {
    // PostgreSQL would compile the conditions for longer than they take: 2.7 s instead of 0.3 s for the 7,800 cases of a month.
    if tx.engine() == Engine::Postgres {
        tx.execute_query(Query::new("set local jit = off")).await?;
    }
    let mut query = Query::new(
        "insert into incident_frozen (period, id, filed_path, lead_unit, matter_id, channel, left_out, counts)",
    )
    .push("select cast($$ as text), c.id, c.filed_path, c.lead_unit, c.matter_id, c.channel, c.left_out, ','", bind![period]);
    for figure in Figure::ALL {
        let (view, condition, asks_now) = figure.condition();
        let cells = if asks_now { bind![as_of] } else { vec![] };
        query = match view {
            View::Case => query.push("|| case when", vec![]).push(condition, cells),
            View::Rating => query
                .push("|| case when exists (select 1 from incidents_v_rating v where v.incident_id = c.id and", vec![])
                .push(condition, cells)
                .push(")", vec![]),
        };
        query = query.push("then cast($$ as text) else '' end", bind![format!("{figure},")]);
    }
    let tail = "from incident c join incidents_v_case v on v.id = c.id where c.reported_at >= $$ and c.reported_at < $$";
    tx.execute_query(query.push(tail, bind![from, to])).await.map(drop)
}

/// What the cases of a frozen period are told apart by: the columns by which a line of its figures selects its list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Column {
    /// Where they were filed.
    Filed,
    /// Who led them.
    Lead,
    /// What they were about.
    Matter,
    /// How they came.
    Channel,
}

/// Cases of a frozen period with the same key that count as the same.
pub struct Kept {
    /// The path, the id or the word; empty without any.
    pub key: String,
    /// The rates that leave them out.
    pub left_out: Vec<Judged>,
    /// What they count as.
    pub counts: Vec<Figure>,
    /// How many they are.
    pub n: i64,
}

/// What was kept, so that whoever freezes numbers sees that they are those of their lists: one statement, and one row for each key and way to count.
pub async fn kept(conn: &mut Conn, period: &str, column: Column) -> Result<Vec<Kept>> {
    match column {
        Column::Filed => grouped(conn, period, ["select f.filed_path as grp", "group by f.filed_path"], |k: String| k).await,
        Column::Lead => grouped(conn, period, ["select f.lead_unit as grp", "group by f.lead_unit"], id_text).await,
        Column::Matter => grouped(conn, period, ["select f.matter_id as grp", "group by f.matter_id"], id_text).await,
        Column::Channel => grouped(conn, period, ["select f.channel as grp", "group by f.channel"], |k: String| k).await,
    }
}

fn id_text(id: Option<Uuid>) -> String {
    id.map(|id| id.to_string()).unwrap_or_default()
}

async fn grouped<K: FromCell>(
    conn: &mut Conn,
    period: &str,
    [select, group]: [&'static str; 2],
    key: fn(K) -> String,
) -> Result<Vec<Kept>> {
    let query = Query::new(select)
        .push(", f.left_out, f.counts, count(*) as n from incident_frozen f where f.period = $$", bind![period]);
    let rows = conn.list::<Grouped<K>>(query.push(group, vec![]).push(", f.left_out, f.counts", vec![])).await?;
    Ok(rows.into_iter().map(|Grouped { grp, left_out, counts, n }| Kept { key: key(grp), left_out, counts, n }).collect())
}

struct Grouped<K> {
    grp: K,
    left_out: Vec<Judged>,
    counts: Vec<Figure>,
    n: i64,
}

impl<K: FromCell> FromRow for Grouped<K> {
    fn from_row(row: &Row) -> Result<Self> {
        let words = |column| row.get::<String>(column);
        let left_out = words("left_out")?.split(',').filter_map(Judged::of).collect();
        let counts = words("counts")?.split(',').filter_map(Figure::of).collect();
        Ok(Self { grp: row.get("grp")?, left_out, counts, n: row.get("n")? })
    }
}
