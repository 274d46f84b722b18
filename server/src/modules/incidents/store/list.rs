//! Lists of cases and their counts.

use db::{Cell, Conn, Query, Tx, bind, record, sql};
use kernel::{Cursor, Id, Result, Scope, Time};
use uuid::Uuid;

use super::{
    LINE, Line,
    sent::{self, Sendings},
    visible,
};
use crate::modules::{
    catalogue::Matter,
    incidents::{
        model::{Channel, Incident, Light, State},
        rules::{
            figures::{Figure, Judged, View},
            places::Lack,
        },
    },
    org::Unit,
};

record! {
    struct Tally { word: String, n: i64 }
}

/// What a list is filtered by; every part is optional.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    pub states: Vec<State>,
    pub light: Option<Light>,
    pub grid: Option<Id<Unit>>,
    pub matter: Option<Id<Matter>>,
    pub owner_under: Option<String>,
    pub unit: Option<Id<Unit>>,
    pub channel: Option<Channel>,
    pub attention: Option<String>,
    pub card: Option<String>,
    pub person: Option<Uuid>,
    pub words: Vec<String>,
    pub code: Option<String>,
    pub from: Option<Time>,
    pub to: Option<Time>,
    /// Cases that count as this in the figures.
    pub figure: Option<Figure>,
    /// Cases that this rate does not leave out.
    pub counts_in: Option<Judged>,
    /// Cases that this rate leaves out.
    pub left_out_of: Option<Judged>,
    /// Cases whose figures belong to a unit, by every path that it has had.
    pub filed_under: Option<Vec<String>>,
    /// Cases that were filed at this path itself.
    pub filed_path: Option<String>,
    /// Cases that this unit leads.
    pub lead: Option<Id<Unit>>,
    /// Cases without this.
    pub without: Option<Lack>,
    /// Every path on which what they are without does not stand.
    pub filed_outside: Option<Vec<String>>,
    /// Solved at or after, as it stands now.
    pub resolved_from: Option<Time>,
    /// Solved before, as it stands now.
    pub resolved_to: Option<Time>,
    /// Cases that count in somebody's own figures.
    pub counted: Option<Counted>,
    /// What cases count as, where and whose they were when this period was frozen, not as they are now.
    pub frozen: Option<String>,
    /// Cases with dispatches or returns of this kind.
    pub sent: Option<Sendings>,
}

/// Whose figures cases count in: those filed in the scope, and those that its units lead.
#[derive(Clone, Debug)]
pub struct Counted {
    pub scope: Scope,
    pub leads: Vec<Id<Unit>>,
}

/// What a list is ordered by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Order {
    /// The newest report first.
    #[default]
    Newest,
    /// The least time left first; cases without a clock do not appear.
    TimeLeft,
    /// The oldest report first: what waits longest, with a clock or without.
    Oldest,
}

impl Order {
    /// By what a line stands where it stands.
    pub fn at(self, line: &Line) -> i64 {
        match self {
            Self::Newest | Self::Oldest => line.reported_at.millis(),
            Self::TimeLeft => line.red_at.map_or(0, Time::millis),
        }
    }
}

/// A page of cases that the scope may see, one more than `limit` when there are more.
pub async fn list(
    conn: &mut Conn,
    scope: &Scope,
    filter: &Filter,
    order: Order,
    cursor: Option<Cursor>,
    now: Time,
    limit: i64,
) -> Result<Vec<Line>> {
    let engine = conn.engine();
    let whole = |query: Query| conditions(visible(query.push(LINE, vec![]), scope), filter, now, engine);
    let query = match order {
        Order::Newest => whole(Query::default())
            .after("and (c.reported_at, c.id) <", cursor)
            .push("order by c.reported_at desc, c.id desc limit $$", bind![limit + 1]),
        Order::TimeLeft => shown(whole(Query::default()), order)
            .after("and (c.red_at, c.id) >", cursor)
            .push("order by c.red_at, c.id limit $$", bind![limit + 1]),
        Order::Oldest => oldest(scope, filter, cursor, now, limit, engine),
    };
    conn.list(query).await
}

/// The oldest first, state by state: each is read in the order of its index, so that what is open is not looked for among all that was ever closed.
fn oldest(scope: &Scope, filter: &Filter, cursor: Option<Cursor>, now: Time, limit: i64, engine: db::Engine) -> Query {
    let asked = State::ALL.iter().filter(|state| filter.states.is_empty() || filter.states.contains(state));
    asked
        .enumerate()
        .fold(Query::default(), |query, (n, state)| {
            let one = Filter { states: vec![*state], ..filter.clone() };
            let query = query.push(if n == 0 { "select * from (" } else { "union all select * from (" }, vec![]);
            conditions(visible(query.push(LINE, vec![]), scope), &one, now, engine)
                .after("and (c.reported_at, c.id) >", cursor)
                .push("order by c.reported_at, c.id limit $$) p", bind![limit + 1])
        })
        .push("order by reported_at, id limit $$", bind![limit + 1])
}

fn conditions(query: Query, filter: &Filter, now: Time, engine: db::Engine) -> Query {
    // A case with a light is open, so that asking for both is asking once.
    let lit = matches!(filter.light, Some(Light::Red | Light::Yellow | Light::Green));
    let every_open = State::ALL.iter().filter(|s| s.is_open()).all(|s| filter.states.contains(s));
    let query = if filter.states.is_empty() || (lit && every_open) {
        query
    } else {
        query.push_list("and c.state in", filter.states.iter().map(|s| Cell::Text(Some(s.word().to_owned()))).collect())
    };
    let query =
        match filter.light {
            None => query,
            // The plus keeps the planner from collecting every red case by its instant only to sort them: the index of cases with a clock is
            // read in the list's own order instead.
            Some(Light::Red) => query.push("and c.red_at is not null and +c.red_at <= $$ and c.paused is null", bind![now]),
            Some(Light::Yellow) => query
                .push("and c.red_at is not null and +c.red_at > $$ and +c.yellow_at <= $$ and c.paused is null", bind![now, now]),
            Some(Light::Green) => query
                .push("and c.red_at is not null and +c.red_at > $$ and +c.yellow_at > $$ and c.paused is null", bind![now, now]),
            Some(Light::Paused) => query.push("and c.paused is not null", vec![]),
            Some(Light::None) => query.push("and c.red_at is null and c.paused is null", vec![]),
        };
    let query = query
        .push_if("and c.grid_id = $$", filter.grid)
        .push_if("and c.code = $$", filter.code.clone())
        .push_if("and c.lead_person = $$", filter.person)
        .push_if("and c.reported_at >= $$", filter.from)
        .push_if("and c.reported_at < $$", filter.to)
        .push_if("and c.resolved_at >= $$", filter.resolved_from)
        .push_if("and c.resolved_at < $$", filter.resolved_to)
        .push_if("and c.id in (select t.incident_id from incident_task t where t.unit_id = $$)", filter.unit);
    let query = match &filter.owner_under {
        Some(path) => {
            query.push("and c.owner_path >= $$ and c.owner_path < $$", bind![path, format!("{}0", path.trim_end_matches('/'))])
        }
        None => query,
    };
    let query = match &filter.frozen {
        None => counts_as(belongs(query, filter), filter.figure, now),
        // The rows that were kept have the columns of a case, so that the conditions are the same.
        Some(period) => {
            belongs(query.push("and c.id in (select c.id from incident_frozen c where c.period = $$", bind![period]), filter)
                .push_if("and c.counts like $$", filter.figure.map(|figure| format!("%,{figure},%")))
                .push(")", vec![])
        }
    };
    let query = match &filter.sent {
        None => query,
        Some(sendings) => sent::listed(query, sendings),
    };
    let query = match filter.attention.as_deref() {
        None => query,
        Some("any") => query.push("and c.attention <> ''", vec![]),
        Some(word) => query.push("and c.attention <> '' and ',' || c.attention || ',' like $$", bind![format!("%,{word},%")]),
    };
    let query = match filter.card.as_deref() {
        None => query,
        Some("any") => query.push("and c.card is not null", vec![]),
        Some(card) => query.push("and c.card is not null and c.card = $$", bind![card]),
    };
    match (&filter.words[..], engine) {
        ([], _) => query,
        (words, db::Engine::Sqlite) => {
            let term = |w: &String| if text::is_prefix(w) { format!("\"{w}\"*") } else { format!("\"{w}\"") };
            let all = words.iter().map(term).collect::<Vec<_>>().join(" ");
            query.push("and c.id in (select w.incident_id from incident_words w where w.words match $$)", bind![all])
        }
        (words, db::Engine::Postgres) => {
            let term = |w: &String| if text::is_prefix(w) { format!("'{w}':*") } else { format!("'{w}'") };
            let all = words.iter().map(term).collect::<Vec<_>>().join(" & ");
            query
                .push("and c.id in (select w.incident_id from incident_words w where w.words @@ cast($$ as tsquery))", bind![all])
        }
    }
}

/// To which figures a case belongs: by what it is about, where it was filed, who leads it, and what rates leave out.
fn belongs(query: Query, filter: &Filter) -> Query {
    let query = query
        .push_if("and c.matter_id = $$", filter.matter)
        .push_if("and c.channel = $$", filter.channel)
        .push_if("and c.filed_path = $$", filter.filed_path.clone())
        .push_if("and c.lead_unit = $$", filter.lead);
    let query = match &filter.filed_under {
        Some(paths) => any_of(query.push("and (1 = 0", vec![]), paths).push(")", vec![]),
        None => query,
    };
    let query = match filter.without {
        None => query,
        Some(Lack::Lead) => query.push("and c.lead_unit is null", vec![]),
        Some(Lack::Matter) => query.push("and c.matter_id is null", vec![]),
        Some(Lack::Street | Lack::Community) => {
            let paths = filter.filed_outside.iter().flatten().map(|p| Cell::Text(Some(p.clone()))).collect();
            query.push_list("and c.filed_path in", paths)
        }
    };
    let query = match &filter.counted {
        None | Some(Counted { scope: Scope::All, .. }) => query,
        Some(Counted { scope: Scope::Under(paths), leads }) => any_of(query.push("and (1 = 0", vec![]), paths)
            .push_list("or c.lead_unit in", leads.iter().map(|id| Cell::Uuid(Some(id.uuid()))).collect())
            .push(")", vec![]),
    };
    query.push_if("and ',' || c.left_out || ',' not like $$", filter.counts_in.map(|rate| format!("%,{rate},%"))).push_if(
        "and c.left_out <> '' and ',' || c.left_out || ',' like $$",
        filter.left_out_of.map(|rate| format!("%,{rate},%")),
    )
}

/// What an order leaves out: by time left, the cases without a clock.
fn shown(query: Query, order: Order) -> Query {
    match order {
        Order::Newest | Order::Oldest => query,
        Order::TimeLeft => query.push("and c.red_at is not null", vec![]),
    }
}

/// Or filed under any of these paths.
fn any_of(query: Query, paths: &[String]) -> Query {
    paths.iter().fold(query, |query, path| {
        let above = format!("{}0", path.trim_end_matches('/'));
        query.push("or (c.filed_path >= $$ and c.filed_path < $$)", bind![path, above])
    })
}

/// Only cases that count as this, by the condition that the figures themselves are counted by.
fn counts_as(query: Query, figure: Option<Figure>, now: Time) -> Query {
    let Some((view, condition, asks_now)) = figure.map(Figure::condition) else { return query };
    let head = match view {
        View::Case => "and exists (select 1 from incidents_v_case v where v.id = c.id and",
        View::Rating => "and exists (select 1 from incidents_v_rating v where v.incident_id = c.id and",
    };
    query.push(head, vec![]).push(condition, if asks_now { bind![now] } else { vec![] }).push(")", vec![])
}

/// Leaves a case out of a rate: its lists leave it out from now on, as the figures do.
pub async fn leave_out(tx: &mut Tx, id: Id<Incident>, rate: Judged) -> Result<()> {
    let statement =
        sql!("update incident set left_out = case when left_out = '' then $2 else left_out || ',' || $2 end where id = $1");
    tx.execute(statement, bind![id, rate]).await.map(drop)
}

/// How many of the filtered cases stand in each state, under each light and wait for a human.
pub async fn counts(conn: &mut Conn, scope: &Scope, filter: &Filter, order: Order, now: Time) -> Result<[Vec<(String, i64)>; 3]> {
    let engine = conn.engine();
    let count = |head: &'static str, head_cells: Vec<Cell>, tail: &'static str| {
        let query = conditions(visible(Query::default().push(head, head_cells), scope), filter, now, engine);
        shown(query, order).push(tail, vec![])
    };
    let states = count("select c.state as word, count(*) as n from incident c where 1 = 1", vec![], "group by c.state");
    // The instants are bound twice, since PostgreSQL does not take the same expression with parameters for the group.
    let lights = count(
        "select l.word as word, count(*) as n from (select case when c.paused is not null then 'paused' when c.red_at is null then 'none' \
         when c.red_at <= $$ then 'red' when c.yellow_at <= $$ then 'yellow' else 'green' end as word from incident c where \
         c.state in ('received', 'accepted', 'assigned', 'in_progress')",
        bind![now, now],
        ") l group by l.word",
    );
    let attention = count(
        "select c.attention as word, count(*) as n from incident c where c.attention <> ''",
        vec![],
        "group by c.attention",
    );
    let mut out = [vec![], vec![], vec![]];
    for (slot, query) in out.iter_mut().zip([states, lights, attention]) {
        *slot = conn.list::<Tally>(query).await?.into_iter().map(|t| (t.word, t.n)).collect();
    }
    Ok(out)
}
