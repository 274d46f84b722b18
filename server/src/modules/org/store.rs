//! The SQL of the organisation.

use std::collections::HashMap;

use db::{Cell, Conn, FromRow, Json, Query, Sql, ToCell, Tx, bind, record, sql};
use kernel::{Id, Result, Time};
use serde::Deserialize;

use super::{
    address::{Address, AddressKind},
    directory::{Directory, Parts},
    model::{Duty, GridState, GridType, Holder, Leave, LeaveState, Person, Post, RelativeWord, Rule, Slot, Unit, UnitState},
    roll::Gathering,
};
use crate::{modules::files::File, snapshot};

/// The name of the revision.
pub const REVISION: &str = "org";

/// Reads the whole organisation.
pub(super) async fn load(conn: &mut Conn) -> Result<Directory> {
    let parts = Parts {
        revision: snapshot::revision(conn, REVISION).await?,
        units: units(conn).await?,
        kinds: conn.all(sql!("select key, zh, en, sort, staffed from unit_kind order by sort"), bind![]).await?,
        grids: grids(conn).await?,
        roll: roll(conn).await?,
        leave: leave(conn).await?,
        duty: duty(conn).await?,
        slots: slots(conn).await?,
        words: words(conn).await?,
    };
    Ok(Directory::new(parts))
}

record! {
    struct UnitRow { unit_id: Id<Unit>, parent_id: Option<Id<Unit>>, kind: String, code: String, path: String, name: String, name_en: Option<String>,
        alias: Option<String>, phone: Option<String>, serves: Json<Vec<String>>, valid_from: Time, valid_to: Option<Time> }
}

async fn units(conn: &mut Conn) -> Result<Vec<Unit>> {
    let statement = sql!(
        "select unit_id, parent_id, kind, code, path, name, name_en, alias, phone, serves, valid_from, valid_to from unit_state
         where unit_id > $1 order by unit_id, valid_from limit $2"
    );
    let mut units: Vec<Unit> = Vec::new();
    let mut page = Page::first();
    while let Some(rows) = page.next(conn, statement, |r: &UnitRow| r.unit_id).await? {
        for row in rows {
            let state = UnitState {
                parent: row.parent_id,
                kind: row.kind,
                code: row.code,
                path: row.path,
                name: row.name,
                name_en: row.name_en,
                alias: row.alias,
                phone: row.phone,
                serves: row.serves.0,
                from: row.valid_from,
                to: row.valid_to,
            };
            match units.last_mut() {
                Some(unit) if unit.id == row.unit_id => unit.states.push(state),
                _ => units.push(Unit { id: row.unit_id, states: vec![state] }),
            }
        }
    }
    Ok(units)
}

record! {
    struct GridRow { unit_id: Id<Unit>, kind: GridType, subtype: Option<String>, area_kind: Option<String>, layer: String, households: Option<u32>,
        border: String, area_m2: f64, east: Option<String>, south: Option<String>, west: Option<String>, north: Option<String>,
        compounds: Json<Vec<String>>, valid_from: Time, valid_to: Option<Time> }
}

/// The part of a stored border that matters here; positions are longitude and latitude in WGS84.
#[derive(Deserialize)]
struct Border {
    coordinates: Vec<Vec<Vec<[f64; 2]>>>,
}

/// The shape of a stored border.
pub(super) fn shape(border: &str) -> Result<geo::MultiPolygon> {
    let border: Border = serde_json::from_str(border).map_err(kernel::Error::internal)?;
    let ring = |ring: Vec<[f64; 2]>| ring.into_iter().map(|[lon, lat]| geo::Point::new(lon, lat)).collect();
    let part = |rings: Vec<Vec<[f64; 2]>>| {
        let mut rings = rings.into_iter().map(ring);
        geo::Polygon { outer: rings.next().unwrap_or_default(), holes: rings.collect() }
    };
    Ok(geo::MultiPolygon(border.coordinates.into_iter().map(part).collect()))
}

/// A shape as it is stored: always a MultiPolygon, on the lattice of seven digits.
pub(super) fn border(shape: &geo::MultiPolygon) -> String {
    let part = |p: &geo::Polygon| geo::to_geojson(&geo::MultiPolygon(vec![p.clone()]))["coordinates"].to_string();
    let parts: Vec<String> = shape.0.iter().map(part).collect();
    format!(r#"{{"type":"MultiPolygon","coordinates":[{}]}}"#, parts.join(","))
}

/// Reads a long table some rows at a time, so that the driver's rows of all of it never lie in memory at once.
struct Page<K> {
    after: Id<K>,
    more: bool,
}

impl<K> Page<K> {
    /// Rows of one reading: some megabytes of borders.
    const ROWS: usize = 2_000;

    const fn first() -> Self {
        Self { after: Id::nil(), more: true }
    }

    /// The next rows, whole keys only; nothing after the last. The statement takes the key to go on after and a number of rows.
    async fn next<T: FromRow>(
        &mut self,
        conn: &mut Conn,
        statement: &'static Sql,
        key: impl Fn(&T) -> Id<K>,
    ) -> Result<Option<Vec<T>>> {
        let mut limit = Self::ROWS;
        while self.more {
            // One row more than the page tells whether the last key goes on; if it may, it waits for the next page.
            let mut rows: Vec<T> = conn.all(statement, bind![self.after, limit + 1]).await?;
            self.more = rows.len() > limit;
            if self.more
                && let Some(last) = rows.last().map(&key)
            {
                rows.retain(|r| key(r) != last);
            }
            if let Some(row) = rows.last() {
                self.after = key(row);
                return Ok(Some(rows));
            }
            limit *= 2;
        }
        Ok(None)
    }
}

async fn grids(conn: &mut Conn) -> Result<HashMap<Id<Unit>, Vec<(GridState, geo::MultiPolygon)>>> {
    let statement = sql!(
        "select unit_id, type as kind, subtype, area_kind, layer, households, border, area_m2, east, south, west, north, compounds, valid_from, valid_to
         from grid where unit_id > $1 order by unit_id, valid_from limit $2"
    );
    let mut grids: HashMap<_, Vec<_>> = HashMap::new();
    let mut page = Page::first();
    while let Some(rows) = page.next(conn, statement, |r: &GridRow| r.unit_id).await? {
        for row in rows {
            let shape = shape(&row.border)?;
            let state = GridState {
                kind: row.kind,
                subtype: row.subtype,
                area_kind: row.area_kind,
                layer: row.layer,
                households: row.households,
                area_m2: row.area_m2,
                sides: [row.east, row.south, row.west, row.north],
                compounds: row.compounds.0,
                from: row.valid_from,
                to: row.valid_to,
            };
            grids.entry(row.unit_id).or_default().push((state, shape));
        }
    }
    Ok(grids)
}

record! {
    struct PersonRow { id: Id<Person>, staff_no: String, name: String }
}
record! {
    struct PostRow { id: Id<Post>, unit_id: Id<Unit>, slot: String, title: String, valid_from: Time, valid_to: Option<Time> }
}
record! {
    struct HolderRow { id: Id<Holder>, post_id: Id<Post>, person_id: Id<Person>, employment: Option<String>, valid_from: Time, valid_to: Option<Time> }
}

async fn roll(conn: &mut Conn) -> Result<Gathering> {
    let mut roll = Gathering::default();
    let statement = sql!("select id, staff_no, name from person where id > $1 order by id limit $2");
    let mut page = Page::first();
    while let Some(rows) = page.next(conn, statement, |r: &PersonRow| r.id).await? {
        for r in rows {
            roll.person(&Person { id: r.id, staff_no: r.staff_no, name: r.name });
        }
    }
    let statement = sql!(
        "select id, unit_id, slot, title, valid_from, valid_to from post where unit_id > $1 order by unit_id, place, id limit $2"
    );
    let mut page = Page::first();
    while let Some(rows) = page.next(conn, statement, |r: &PostRow| r.unit_id).await? {
        for r in rows {
            roll.post(&Post { id: r.id, unit: r.unit_id, slot: r.slot, title: r.title, from: r.valid_from, to: r.valid_to });
        }
    }
    let statement = sql!(
        "select id, post_id, person_id, employment, valid_from, valid_to from post_holder where id > $1 order by id limit $2"
    );
    let mut page = Page::first();
    while let Some(rows) = page.next(conn, statement, |r: &HolderRow| r.id).await? {
        for r in rows {
            let holder = Holder { id: r.id, person: r.person_id, employment: r.employment, from: r.valid_from, to: r.valid_to };
            roll.holder(r.post_id, &holder);
        }
    }
    Ok(roll)
}

record! {
    struct LeaveRow { id: Id<Leave>, person_id: Id<Person>, deputy_id: Option<Id<Person>>, from_at: Time, to_at: Time, ended_at: Option<Time> }
}

async fn leave(conn: &mut Conn) -> Result<Vec<Leave>> {
    let statement = sql!(
        "select id, person_id, deputy_id, from_at, to_at, ended_at from leave where confirmed_at is not null order by from_at, id"
    );
    let leave = |r: LeaveRow| {
        let to = r.ended_at.map_or(r.to_at, |e| e.min(r.to_at));
        Leave { id: r.id, person: r.person_id, deputy: r.deputy_id, from: r.from_at, to }
    };
    Ok(conn.all::<LeaveRow>(statement, bind![]).await?.into_iter().map(leave).collect())
}

record! {
    struct DutyRow { unit_id: Id<Unit>, person_id: Option<Id<Person>>, phone: Option<String>, from_at: Time, to_at: Time }
}

async fn duty(conn: &mut Conn) -> Result<Vec<(Id<Unit>, Duty)>> {
    let statement = sql!("select unit_id, person_id, phone, from_at, to_at from duty order by unit_id, from_at");
    let turn = |r: DutyRow| (r.unit_id, Duty { person: r.person_id, phone: r.phone, from: r.from_at, to: r.to_at });
    Ok(conn.all::<DutyRow>(statement, bind![]).await?.into_iter().map(turn).collect())
}

record! {
    struct SlotRow { template: String, grid_type: String, subtype: Option<String>, slot: String, name: String, least: u32, most: u32, eligibility: Option<String> }
}

async fn slots(conn: &mut Conn) -> Result<Vec<Slot>> {
    let statement = sql!(
        "select template, grid_type, subtype, slot, name, least, most, eligibility from template_slot where valid_to is null order by template, place, id"
    );
    let slot = |r: SlotRow| Slot {
        template: r.template,
        grid_type: r.grid_type,
        subtype: r.subtype,
        slot: r.slot,
        name: r.name,
        least: r.least,
        most: r.most,
        eligibility: r.eligibility,
    };
    Ok(conn.all::<SlotRow>(statement, bind![]).await?.into_iter().map(slot).collect())
}

record! {
    struct WordRow { word: String, rule: Rule, kinds: Json<Vec<String>> }
}

async fn words(conn: &mut Conn) -> Result<Vec<RelativeWord>> {
    let rows: Vec<WordRow> = conn.all(sql!("select word, rule, kinds from relative_unit order by word"), bind![]).await?;
    Ok(rows.into_iter().map(|r| RelativeWord { word: r.word, rule: r.rule, kinds: r.kinds.0 }).collect())
}

/// Rows that one insert takes; 13 values a row stay far below either engine's limit.
const CHUNK: usize = 200;

/// Inserts rows of the same number of values, many with one statement.
pub(super) async fn insert(tx: &mut Tx, into: &'static str, rows: Vec<Vec<Cell>>) -> Result<()> {
    let mut rows = rows.into_iter().peekable();
    while rows.peek().is_some() {
        let mut query = Query::new(into);
        for (n, row) in rows.by_ref().take(CHUNK).enumerate() {
            query = query.push_list(if n == 0 { "values" } else { "," }, row);
        }
        tx.execute_query(query).await?;
    }
    Ok(())
}

/// Units that are new.
pub(super) async fn insert_units(tx: &mut Tx, ids: impl Iterator<Item = Id<Unit>>, now: Time) -> Result<()> {
    insert(tx, "insert into unit (id, made_at)", ids.map(|id| bind![id, now]).collect()).await
}

/// States of units that begin.
pub(super) async fn insert_states<'a>(
    tx: &mut Tx,
    states: impl Iterator<Item = (Id<Unit>, &'a UnitState)>,
    now: Time,
) -> Result<()> {
    let row = |(unit, s): (Id<Unit>, &UnitState)| {
        let id: Id<UnitState> = Id::new(now);
        let serves = Json(&s.serves);
        bind![id, unit, s.parent, s.kind, s.code, s.path, s.name, s.name_en, s.alias, s.phone, serves, s.from, s.to]
    };
    let into = "insert into unit_state (id, unit_id, parent_id, kind, code, path, name, name_en, alias, phone, serves, valid_from, valid_to)";
    insert(tx, into, states.map(row).collect()).await
}

/// Ends the newest state of a unit at this instant.
pub(super) async fn end_state(tx: &mut Tx, unit: Id<Unit>, at: Time) -> Result<()> {
    let statement = sql!("update unit_state set valid_to = $2 where unit_id = $1 and valid_to is null");
    tx.execute(statement, bind![unit, at]).await.map(|_| ())
}

/// A border and figures that begin.
pub(super) struct NewGrid<'a> {
    pub unit: Id<Unit>,
    pub state: &'a GridState,
    pub border: &'a str,
    pub datum: geo::Datum,
}

/// Inserts borders and figures.
pub(super) async fn insert_grids(tx: &mut Tx, grids: impl Iterator<Item = NewGrid<'_>>, now: Time) -> Result<()> {
    let row = |g: NewGrid<'_>| {
        let (id, s): (Id<GridState>, _) = (Id::new(now), g.state);
        let [east, south, west, north] = &s.sides;
        bind![
            id,
            g.unit,
            s.kind,
            s.subtype,
            s.area_kind,
            s.layer,
            s.households,
            g.border,
            g.datum.name(),
            s.area_m2,
            east,
            south,
            west,
            north,
            Json(&s.compounds),
            s.from,
            s.to
        ]
    };
    let into = "insert into grid (id, unit_id, type, subtype, area_kind, layer, households, border, datum, area_m2, east, south, west, north, compounds, valid_from, valid_to)";
    insert(tx, into, grids.map(row).collect()).await
}

/// Ends the newest border of a grid at this instant.
pub(super) async fn end_grid(tx: &mut Tx, unit: Id<Unit>, at: Time) -> Result<()> {
    tx.execute(sql!("update grid set valid_to = $2 where unit_id = $1 and valid_to is null"), bind![unit, at]).await.map(|_| ())
}

record! {
    /// A border as it is stored, for the map and for comparing.
    pub(super) struct BorderRow { pub unit_id: Id<Unit>, pub kind: String, pub border: String, pub datum: String }
}

/// The borders of one layer in force.
pub(super) async fn borders(conn: &mut Conn, layer: &str, at: Time) -> Result<Vec<BorderRow>> {
    let statement = sql!(
        "select unit_id, type as kind, border, datum from grid where layer = $1 and valid_from <= $2 and (valid_to is null or valid_to > $2)"
    );
    conn.all(statement, bind![layer, at]).await
}

/// The borders of these units of one layer in force.
pub(super) async fn borders_of(conn: &mut Conn, layer: &str, at: Time, units: &[Id<Unit>]) -> Result<Vec<BorderRow>> {
    let query = Query::new("select unit_id, type as kind, border, datum from grid")
        .push("where layer = $$ and valid_from <= $$ and (valid_to is null or valid_to > $$)", bind![layer, at, at])
        .push_list("and unit_id in", units.iter().map(ToCell::to_cell).collect());
    conn.list(query).await
}

record! {
    /// A border with its unit, whatever the layer.
    pub(super) struct HeldBorder { pub unit_id: Id<Unit>, pub layer: String, pub border: String, pub datum: String }
}

/// Every border in force.
pub(super) async fn all_borders(conn: &mut Conn) -> Result<Vec<HeldBorder>> {
    conn.all(sql!("select unit_id, layer, border, datum from grid where valid_to is null"), bind![]).await
}

record! {
    /// What a file about staff is compared with.
    pub(super) struct PhoneRow { pub id: Id<Person>, pub phone: Option<Vec<u8>>, pub phone_index: Option<Vec<u8>>, pub phone_public: bool }
}

record! {
    /// What may be shown of somebody beside the name.
    pub(super) struct ShownRow { pub phone: Option<Vec<u8>>, pub phone_public: bool, pub portrait: Option<Id<File>> }
}

/// The telephones of everybody, sealed.
pub(super) async fn phones(conn: &mut Conn) -> Result<Vec<PhoneRow>> {
    conn.all(sql!("select id, phone, phone_index, phone_public from person"), bind![]).await
}

/// The telephone of somebody, sealed, and the portrait.
pub(super) async fn shown(conn: &mut Conn, person: Id<Person>) -> Result<Option<ShownRow>> {
    conn.one(sql!("select phone, phone_public, portrait from person where id = $1"), bind![person]).await
}

record! {
    /// Somebody with a portrait.
    pub(super) struct Portrayed { pub id: Id<Person>, pub portrait: Id<File> }
}

record! {
    /// What a list of people says beside names and posts.
    pub(super) struct ListedRow { pub id: Id<Person>, pub phone_index: Option<Vec<u8>>, pub phone_public: bool, pub portrait: Option<Id<File>> }
}

/// What a list says of these people.
pub(super) async fn listed(conn: &mut Conn, people: &[Id<Person>]) -> Result<Vec<ListedRow>> {
    let query = Query::new("select id, phone_index, phone_public, portrait from person where")
        .push_list("id in", people.iter().map(ToCell::to_cell).collect());
    conn.list(query).await
}

/// Those of these people who have a portrait.
pub(super) async fn portraits(conn: &mut Conn, people: &[Id<Person>]) -> Result<Vec<Portrayed>> {
    let query = Query::new("select id, portrait from person where portrait is not null")
        .push_list("and id in", people.iter().map(ToCell::to_cell).collect());
    conn.list(query).await
}

/// Everybody who has a portrait.
pub(super) async fn portrayed(conn: &mut Conn) -> Result<Vec<Portrayed>> {
    conn.all(sql!("select id, portrait from person where portrait is not null order by id"), bind![]).await
}

/// Names the portrait of somebody, or that there is none; whether that is another than before. It holds the row, so that two who do this at the same
/// time come one after the other.
pub(super) async fn set_portrait(tx: &mut Tx, person: Id<Person>, portrait: Option<Id<File>>) -> Result<bool> {
    let changed = match portrait {
        Some(portrait) => {
            let statement = sql!("update person set portrait = $2 where id = $1 and (portrait is null or portrait <> $2)");
            tx.execute(statement, bind![person, portrait]).await?
        }
        None => {
            tx.execute(sql!("update person set portrait = null where id = $1 and portrait is not null"), bind![person]).await?
        }
    };
    Ok(changed > 0)
}

/// Somebody new or changed.
pub(super) struct SealedPerson {
    pub id: Id<Person>,
    pub staff_no: String,
    pub name: String,
    pub phone: Option<Vec<u8>>,
    pub phone_index: Option<Vec<u8>>,
    pub phone_public: bool,
}

/// People who are new.
pub(super) async fn insert_people(tx: &mut Tx, people: &[SealedPerson], now: Time) -> Result<()> {
    let row = |p: &SealedPerson| bind![p.id, p.staff_no, p.name, p.phone, p.phone_index, p.phone_public, now];
    let into = "insert into person (id, staff_no, name, phone, phone_index, phone_public, made_at)";
    insert(tx, into, people.iter().map(row).collect()).await
}

record! {
    /// What is kept of somebody.
    pub(super) struct ToldRow { pub staff_no: String, pub name: String, pub phone: Option<Vec<u8>>, pub phone_index: Option<Vec<u8>>, pub phone_public: bool }
}

/// What is kept of somebody, held until the transaction ends.
pub(super) async fn told(tx: &mut Tx, person: Id<Person>) -> Result<Option<ToldRow>> {
    tx.execute(sql!("update person set name = name where id = $1"), bind![person]).await?;
    tx.one(sql!("select staff_no, name, phone, phone_index, phone_public from person where id = $1"), bind![person]).await
}

/// What is known of somebody, anew.
pub(super) async fn update_person(tx: &mut Tx, p: &SealedPerson) -> Result<()> {
    let statement = sql!("update person set name = $2, phone = $3, phone_index = $4, phone_public = $5 where id = $1");
    tx.execute(statement, bind![p.id, p.name, p.phone, p.phone_index, p.phone_public]).await.map(|_| ())
}

/// Posts that begin; `place` orders the posts of a unit.
pub(super) async fn insert_posts(tx: &mut Tx, posts: &[(Post, i64)]) -> Result<()> {
    let row = |(p, place): &(Post, i64)| bind![p.id, p.unit, p.slot, p.title, *place, p.from, p.to];
    insert(tx, "insert into post (id, unit_id, slot, title, place, valid_from, valid_to)", posts.iter().map(row).collect()).await
}

/// People who take posts, with remarks.
pub(super) async fn insert_holders(tx: &mut Tx, holders: &[(Id<Post>, Holder, Option<String>)]) -> Result<()> {
    let row =
        |(post, h, note): &(Id<Post>, Holder, Option<String>)| bind![h.id, *post, h.person, h.employment, note, h.from, h.to];
    let into = "insert into post_holder (id, post_id, person_id, employment, note, valid_from, valid_to)";
    insert(tx, into, holders.iter().map(row).collect()).await
}

/// Somebody leaves a post at this instant; whether somebody held it.
pub(super) async fn end_holder(tx: &mut Tx, post: Id<Post>, at: Time) -> Result<bool> {
    let statement = sql!("update post_holder set valid_to = $2 where post_id = $1 and valid_to is null");
    Ok(tx.execute(statement, bind![post, at]).await? > 0)
}

/// A post ends at this instant.
pub(super) async fn end_post(tx: &mut Tx, post: Id<Post>, at: Time) -> Result<()> {
    tx.execute(sql!("update post set valid_to = $2 where id = $1 and valid_to is null"), bind![post, at]).await.map(|_| ())
}

/// Slots that begin, each with its place in the template.
pub(super) async fn insert_slots(tx: &mut Tx, slots: &[(usize, Slot)], now: Time) -> Result<()> {
    let row = |(place, s): &(usize, Slot)| {
        let id: Id<Slot> = Id::new(now);
        let none: Option<Time> = None;
        bind![id, s.template, s.grid_type, s.subtype, s.slot, *place, s.name, s.least, s.most, s.eligibility, now, none]
    };
    let into = "insert into template_slot (id, template, grid_type, subtype, slot, place, name, least, most, eligibility, valid_from, valid_to)";
    insert(tx, into, slots.iter().map(row).collect()).await
}

/// A slot ends at this instant.
pub(super) async fn end_slot(tx: &mut Tx, template: &str, slot: &str, at: Time) -> Result<()> {
    let statement = sql!("update template_slot set valid_to = $3 where template = $1 and slot = $2 and valid_to is null");
    tx.execute(statement, bind![template, slot, at]).await.map(|_| ())
}

record! {
    /// A leave as it is stored, whatever its state.
    pub(super) struct LeaveFull { pub id: Id<Leave>, pub person_id: Id<Person>, pub deputy_id: Option<Id<Person>>, pub from_at: Time, pub to_at: Time,
        pub state: LeaveState, pub reason: Option<String>, pub handover: Option<String>, pub requested_at: Time, pub confirmed_at: Option<Time>,
        pub ended_at: Option<Time> }
}

/// Every leave that is not over at this instant, and those that began since.
pub(super) async fn leaves_since(conn: &mut Conn, since: Time) -> Result<Vec<LeaveFull>> {
    let statement = sql!(
        "select id, person_id, deputy_id, from_at, to_at, state, reason, handover, requested_at, confirmed_at, ended_at from leave
         where to_at > $1 order by from_at desc, id"
    );
    conn.all(statement, bind![since]).await
}

/// One leave.
pub(super) async fn one_leave(conn: &mut Conn, id: Id<Leave>) -> Result<Option<LeaveFull>> {
    let statement = sql!(
        "select id, person_id, deputy_id, from_at, to_at, state, reason, handover, requested_at, confirmed_at, ended_at from leave where id = $1"
    );
    conn.one(statement, bind![id]).await
}

/// Leaves that are asked for, or that a file says are decided.
pub(super) async fn insert_leaves(tx: &mut Tx, leaves: &[LeaveFull]) -> Result<()> {
    let row = |l: &LeaveFull| {
        bind![
            l.id,
            l.person_id,
            l.deputy_id,
            l.from_at,
            l.to_at,
            l.state,
            l.reason,
            l.handover,
            l.requested_at,
            l.confirmed_at,
            l.ended_at
        ]
    };
    let into = "insert into leave (id, person_id, deputy_id, from_at, to_at, state, reason, handover, requested_at, confirmed_at, ended_at)";
    insert(tx, into, leaves.iter().map(row).collect()).await
}

/// Sets what a decision about a leave changes.
pub(super) async fn update_leave(tx: &mut Tx, l: &LeaveFull, confirmed_by: Option<uuid::Uuid>) -> Result<()> {
    let statement = sql!(
        "update leave set deputy_id = $2, to_at = $3, state = $4, reason = $5, handover = $6, confirmed_at = $7, ended_at = $8,
         confirmed_by = coalesce($9, confirmed_by) where id = $1"
    );
    let cells = bind![l.id, l.deputy_id, l.to_at, l.state, l.reason, l.handover, l.confirmed_at, l.ended_at, confirmed_by];
    tx.execute(statement, cells).await.map(|_| ())
}

/// Turns of duty.
pub(super) async fn insert_duty(tx: &mut Tx, turns: &[(Id<Unit>, Duty)], now: Time) -> Result<()> {
    let row = |(unit, d): &(Id<Unit>, Duty)| {
        let id: Id<Duty> = Id::new(now);
        bind![id, *unit, d.person, d.phone, d.from, d.to]
    };
    insert(tx, "insert into duty (id, unit_id, person_id, phone, from_at, to_at)", turns.iter().map(row).collect()).await
}

/// Forgets the address book of one kind, and says how many entries it had.
pub async fn clear_addresses(tx: &mut Tx, kind: AddressKind) -> Result<u64> {
    tx.execute(sql!("delete from address where kind = $1"), bind![kind]).await
}

/// Writes entries of the address book.
pub async fn insert_addresses(tx: &mut Tx, book: &[Address]) -> Result<()> {
    let mut query = Query::new("insert into address (id, kind, n, name, place, words, grid_id, lon, lat)");
    for (at, a) in book.iter().enumerate() {
        let lead = if at == 0 { "values" } else { "," };
        query = query.push_list(lead, bind![a.id, a.kind, a.n, a.name, a.place, a.words, a.grid_id, a.lon, a.lat]);
    }
    if book.is_empty() { Ok(()) } else { tx.execute_query(query).await.map(|_| ()) }
}

/// Entries of the address book whose words are like the pattern, of one grid when it is named, in the book's order. What a place is called is
/// for everybody, so there is no scope.
pub async fn addresses(
    conn: &mut Conn,
    like: Option<String>,
    grid: Option<Id<Unit>>,
    after: i64,
    most: i64,
) -> Result<Vec<Address>> {
    let query = Query::new("select id, kind, n, name, place, words, grid_id, lon, lat from address where")
        .push("n > $$", bind![after])
        .push_if("and words like $$", like)
        .push_if("and grid_id = $$", grid);
    conn.list(query.push("order by n limit $$", bind![most])).await
}
