//! The cases of a period as they counted when its figures were frozen.

use db::{Conn, FromRow, Query, Row, Tx, bind};
use kernel::{Result, Time};

use crate::modules::incidents::rules::figures::{Figure, View};

/// Keeps what every case of a period counts as, by the conditions that the figures are counted by.
pub async fn keep(tx: &mut Tx, period: &str, from: Time, to: Time, as_of: Time) -> Result<()> {
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

/// How many cases of a frozen period were kept, and how many count as each figure, in the order of [`Figure::ALL`].
pub struct Kept {
    pub reported: i64,
    pub figures: Vec<i64>,
}

impl FromRow for Kept {
    fn from_row(row: &Row) -> Result<Self> {
        let figures = Figure::ALL.iter().map(|figure| row.get(figure.word())).collect::<Result<_>>()?;
        Ok(Self { reported: row.get("reported")?, figures })
    }
}

/// Counts what was kept, so that whoever freezes numbers sees that they are those of the list.
pub async fn kept(conn: &mut Conn, period: &str) -> Result<Kept> {
    let mut query = Query::new("select count(*) as reported");
    for figure in Figure::ALL {
        query = query.push(", count(case when f.counts like $$ then 1 end) as", bind![format!("%,{figure},%")]);
        query = query.push(figure.word(), vec![]);
    }
    let rows = conn.list(query.push("from incident_frozen f where f.period = $$", bind![period])).await?;
    Ok(rows.into_iter().next().unwrap_or(Kept { reported: 0, figures: vec![0; Figure::ALL.len()] }))
}
