//! Supervision orders as callers see them: with the case, so that a page can be printed.

use db::Conn;
use kernel::{Id, Page, Result, Scope, Time};
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    actions::Ground,
    model::Incident,
    rules::{
        ladder::Card,
        spoken::Spoken,
        supervision::{OrderState, Supervision, card_words},
    },
    store::{self, Line},
    view::{self, RowView},
};
use crate::table::{column::Column, write::Cell};

/// An order.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct OrderView {
    #[schema(value_type = uuid::Uuid)]
    id: Id<Supervision>,
    /// Its number, such as `DB20250310-001`.
    code: String,
    version: i64,
    card: Card,
    /// How it is called on paper.
    title: &'static str,
    state: OrderState,
    /// Whether the reply is overdue now.
    overdue: bool,
    /// When the signer, the supervisor and the unit were told that it is.
    overdue_at: Option<Time>,
    unit: OrderUnit,
    /// The unit whose office issued it.
    issuer: String,
    signer: String,
    words: String,
    /// The words by kind and gaps, where a rule issued it.
    spoken: Option<Spoken>,
    issued_at: Time,
    reply_by: Time,
    /// The stage of the ladder that issued it, when no person did.
    stage: Option<String>,
    reply: Option<String>,
    replied_by: Option<String>,
    replied_at: Option<Time>,
    end_words: Option<String>,
    ended_by: Option<String>,
    ended_at: Option<Time>,
    /// The case as it stands now.
    case: Option<RowView>,
}

/// The unit that an order went to.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct OrderUnit {
    id: uuid::Uuid,
    code: String,
    name: String,
}

/// One order with its case.
pub async fn whole(conn: &mut Conn, ground: &Ground, order: Supervision) -> Result<OrderView> {
    let line = lines(conn, &[order.incident_id]).await?.pop();
    Ok(view(ground, order, line))
}

/// A page of orders with their cases: one more statement.
pub async fn page(conn: &mut Conn, ground: &Ground, page: Page<Supervision>) -> Result<Page<OrderView>> {
    let mut ids: Vec<Id<Incident>> = page.items.iter().map(|s| s.incident_id).collect();
    ids.sort_unstable_by_key(Id::uuid);
    ids.dedup();
    let known = lines(conn, &ids).await?;
    Ok(page.map(|s| {
        let line = known.iter().find(|l| l.id == s.incident_id).cloned();
        view(ground, s, line)
    }))
}

/// The columns of orders as a table.
pub const COLUMNS: [Column; 17] = [
    Column::plain("code"),
    Column::terms("card", "card"),
    Column::terms("state", "orderState"),
    Column::terms("overdue", "orderState"),
    Column::plain("unit_code"),
    Column::plain("unit"),
    Column::plain("issuer"),
    Column::plain("signer"),
    Column::plain("words"),
    Column::at("issued_at"),
    Column::at("reply_by"),
    Column::plain("case"),
    Column::terms("case_state", "state"),
    Column::plain("reply"),
    Column::at("replied_at"),
    Column::plain("end_words"),
    Column::at("ended_at"),
];

/// An order as a line of a table.
pub fn cells(o: &OrderView) -> Vec<Cell> {
    let at = |time: Option<Time>| time.map(|t| t.to_string());
    vec![
        o.code.as_str().into(),
        o.card.word().into(),
        o.state.word().into(),
        (if o.overdue { "overdue" } else { "" }).into(),
        o.unit.code.as_str().into(),
        o.unit.name.as_str().into(),
        o.issuer.as_str().into(),
        o.signer.as_str().into(),
        o.words.as_str().into(),
        o.issued_at.to_string().into(),
        o.reply_by.to_string().into(),
        o.case.as_ref().map(|c| c.code().to_owned()).into(),
        o.case.as_ref().map(|c| c.state().word().to_owned()).into(),
        o.reply.clone().into(),
        at(o.replied_at).into(),
        o.end_words.clone().into(),
        at(o.ended_at).into(),
    ]
}

/// Whoever may see an order may see its case: it went to a unit of theirs.
async fn lines(conn: &mut Conn, ids: &[Id<Incident>]) -> Result<Vec<Line>> {
    if ids.is_empty() { Ok(vec![]) } else { store::lines(conn, &Scope::All, ids).await }
}

fn view(ground: &Ground, s: Supervision, line: Option<Line>) -> OrderView {
    let directory = &ground.org.value;
    let unit = directory.unit(s.unit_id);
    OrderView {
        overdue: s.is_overdue(ground.now),
        overdue_at: s.overdue_at,
        title: card_words(s.card),
        unit: OrderUnit {
            id: s.unit_id.uuid(),
            code: unit.map(|u| u.code.clone()).unwrap_or_default(),
            name: unit.map(|u| u.name.clone()).unwrap_or_default(),
        },
        issuer: directory.desk_of_path(&s.issuer_path, ground.now).name.clone(),
        case: line.map(|l| view::row(ground, l)),
        id: s.id,
        code: s.code,
        version: s.version,
        card: s.card,
        state: s.state,
        signer: s.signer,
        spoken: s.stage.as_ref().and_then(|_| Spoken::read(&s.words)),
        words: s.words,
        issued_at: s.issued_at,
        reply_by: s.reply_by,
        stage: s.stage,
        reply: s.reply,
        replied_by: s.replied_name,
        replied_at: s.replied_at,
        end_words: s.end_words,
        ended_by: s.ended_name,
        ended_at: s.ended_at,
    }
}
