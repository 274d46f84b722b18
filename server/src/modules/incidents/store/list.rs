//! Lists of cases and their counts.

use db::{Cell, Conn, Query, bind, record};
use kernel::{Cursor, Id, Result, Scope, Time};
use uuid::Uuid;

use super::{LINE, Line, visible};
use crate::modules::{
    catalogue::Matter,
    incidents::{
        model::{Channel, Light, State},
        rules::figures::{Figure, View},
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
    /// Cases whose figures belong to units under this path.
    pub filed_under: Option<String>,
    /// Cases that this unit leads.
    pub lead: Option<Id<Unit>>,
}

/// What a list is ordered by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Order {
    /// The newest report first.
    #[default]
    Newest,
    /// The least time left first; cases without a clock do not appear.
    TimeLeft,
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
    let query = conditions(visible(Query::new(LINE), scope), filter, now, conn.engine());
    let query = match (order, cursor) {
        (Order::Newest, Some(c)) => query.push("and (c.reported_at, c.id) < ($$, $$)", bind![c.at, c.id]),
        (Order::TimeLeft, Some(c)) => query.push("and (c.red_at, c.id) > ($$, $$)", bind![c.at, c.id]),
        (_, None) => query,
    };
    let query = match order {
        Order::Newest => query.push("order by c.reported_at desc, c.id desc limit $$", bind![limit + 1]),
        Order::TimeLeft => query.push("and c.red_at is not null order by c.red_at, c.id limit $$", bind![limit + 1]),
    };
    conn.list(query).await
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
        .push_if("and c.matter_id = $$", filter.matter)
        .push_if("and c.channel = $$", filter.channel)
        .push_if("and c.code = $$", filter.code.clone())
        .push_if("and c.lead_person = $$", filter.person)
        .push_if("and c.reported_at >= $$", filter.from)
        .push_if("and c.reported_at < $$", filter.to)
        .push_if("and c.id in (select t.incident_id from incident_task t where t.unit_id = $$)", filter.unit);
    let query = match &filter.owner_under {
        Some(path) => {
            query.push("and c.owner_path >= $$ and c.owner_path < $$", bind![path, format!("{}0", path.trim_end_matches('/'))])
        }
        None => query,
    };
    let query = query.push_if("and c.lead_unit = $$", filter.lead);
    let query = match &filter.filed_under {
        Some(path) => {
            query.push("and c.filed_path >= $$ and c.filed_path < $$", bind![path, format!("{}0", path.trim_end_matches('/'))])
        }
        None => query,
    };
    let query = counted(query, filter.figure, now);
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

/// Only cases that count as this, by the condition that the figures themselves are counted by.
fn counted(query: Query, figure: Option<Figure>, now: Time) -> Query {
    let Some((view, condition, asks_now)) = figure.map(Figure::condition) else { return query };
    let head = match view {
        View::Case => "and exists (select 1 from incidents_v_case v where v.id = c.id and",
        View::Rating => "and exists (select 1 from incidents_v_rating v where v.incident_id = c.id and",
    };
    query.push(head, vec![]).push(condition, if asks_now { bind![now] } else { vec![] }).push(")", vec![])
}

/// How many of the filtered cases stand in each state, under each light and wait for a human.
pub async fn counts(conn: &mut Conn, scope: &Scope, filter: &Filter, now: Time) -> Result<[Vec<(String, i64)>; 3]> {
    let engine = conn.engine();
    let count = |head: &'static str, head_cells: Vec<Cell>, tail: &'static str| {
        conditions(visible(Query::default().push(head, head_cells), scope), filter, now, engine).push(tail, vec![])
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
