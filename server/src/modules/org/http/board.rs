//! People of the organisation by name, staffing templates, and the notice board (公示牌) that hangs in a grid.

use axum::{
    Json,
    extract::{Path, Query, State},
};
use kernel::{Error, Id, Scope, Time};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{ReadOrg, contact};
use crate::{
    app::Shared,
    http::{Allow, Answer},
    modules::{
        files::File,
        org::{
            Directory, GRID,
            model::{MAIN_LAYER, Person, STREETS, WORKER},
            neighbours::visible,
            portraits::Faces,
            settings::{HOTLINES, HOURS, Hotline},
            store,
        },
    },
};

pub(super) fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(people)).routes(routes!(templates)).routes(routes!(board))
}

/// Whom to look for.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Wanted {
    /// A part of the name or of the staff number.
    q: Option<String>,
    /// 1 to 200, 50 when absent.
    limit: Option<usize>,
    /// The staff number after which to go on: `next` of the page before.
    cursor: Option<String>,
}

/// A post that somebody holds.
#[derive(Serialize, ToSchema)]
struct PostHeld {
    unit: String,
    unit_name: String,
    title: String,
}

/// Somebody who works for the district.
#[derive(Serialize, ToSchema)]
struct PersonFound {
    #[schema(value_type = uuid::Uuid)]
    id: Id<Person>,
    staff_no: String,
    name: String,
    posts: Vec<PostHeld>,
    /// Whether a telephone is kept, and whether it is published.
    has_phone: bool,
    phone_public: bool,
    /// Until when the person is on leave.
    on_leave_until: Option<Time>,
    /// The portrait, for `/people/{id}/portrait/{photo}`.
    #[schema(value_type = Option<String>, format = "uuid")]
    portrait: Option<Id<File>>,
}

/// A page of people.
#[derive(Serialize, ToSchema)]
struct PeoplePage {
    items: Vec<PersonFound>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// People by name or staff number, in the order of their numbers: those with a post in the scope, and for the whole district those without any too.
#[utoipa::path(get, path = "/api/v1/people", tag = "org", params(Wanted), responses((status = 200, body = PeoplePage)),
    extensions(("x-permission" = json!("org.read"))))]
async fn people(caller: Allow<ReadOrg>, State(app): State<Shared>, Query(wanted): Query<Wanted>) -> Answer<Json<PeoplePage>> {
    let (org, scope, now) = (app.org.directory(), caller.scope(), app.clock.now());
    let known = &org.value;
    let limit = wanted.limit.unwrap_or(50);
    if !(1..=200).contains(&limit) {
        return Err(Error::invalid("limit", "out-of-range").into());
    }
    let q = wanted.q.as_deref().unwrap_or_default().trim();
    let whole = scope.holds(&known.root().path);
    let (mut items, mut next) = (Vec::new(), None);
    for person in known.people() {
        let wanted = person.staff_no > wanted.cursor.as_deref().unwrap_or_default()
            && (q.is_empty() || person.name.contains(q) || person.staff_no.contains(q));
        if !wanted {
            continue;
        }
        let Some(posts) = posts(known, person.id, &scope, whole, now) else { continue };
        if items.len() == limit {
            next = items.last().map(|p: &PersonFound| p.staff_no.clone());
            break;
        }
        let on_leave_until = known.leave(person.id, now).map(|l| l.to);
        let (staff_no, name) = (person.staff_no.to_owned(), person.name.to_owned());
        let (has_phone, phone_public, portrait) = (false, false, None);
        items.push(PersonFound { id: person.id, staff_no, name, posts, has_phone, phone_public, on_leave_until, portrait });
    }
    let ids: Vec<_> = items.iter().map(|p| p.id).collect();
    for found in store::listed(&mut *app.db.read().await?, &ids).await? {
        for person in items.iter_mut().filter(|p| p.id == found.id) {
            (person.has_phone, person.phone_public, person.portrait) =
                (found.phone_index.is_some(), found.phone_public, found.portrait);
        }
    }
    Ok(Json(PeoplePage { items, next }))
}

/// The posts of somebody whom the scope may see.
fn posts(known: &Directory, person: Id<Person>, scope: &Scope, whole: bool, now: Time) -> Option<Vec<PostHeld>> {
    let held = known.posts_of(person, now);
    let seen = whole || held.iter().filter_map(|p| known.unit(p.unit)).any(|u| visible(known, u, u.last_known(now), scope, now));
    seen.then(|| {
        let one = |p: crate::modules::org::PostRef<'_>| {
            let unit = known.unit(p.unit)?;
            Some(PostHeld { unit: unit.code.clone(), unit_name: unit.name.clone(), title: p.title.to_owned() })
        };
        held.into_iter().filter_map(one).collect()
    })
}

/// A slot of a staffing template.
#[derive(Serialize, ToSchema)]
struct TemplateSlot {
    template: String,
    grid_type: String,
    subtype: Option<String>,
    slot: String,
    name: String,
    least: u32,
    most: u32,
    eligibility: Option<String>,
}

/// Staffing templates: who ought to be in a grid of which type.
#[derive(Serialize, ToSchema)]
struct Templates {
    items: Vec<TemplateSlot>,
}

/// The staffing templates in force; they are changed by an import.
#[utoipa::path(get, path = "/api/v1/rosters/templates", tag = "org", responses((status = 200, body = Templates)),
    extensions(("x-permission" = json!("org.read"))))]
async fn templates(_caller: Allow<ReadOrg>, State(app): State<Shared>) -> Json<Templates> {
    let org = app.org.directory();
    let one = |s: &crate::modules::org::Slot| TemplateSlot {
        template: s.template.clone(),
        grid_type: s.grid_type.clone(),
        subtype: s.subtype.clone(),
        slot: s.slot.clone(),
        name: s.name.clone(),
        least: s.least,
        most: s.most,
        eligibility: s.eligibility.clone(),
    };
    Json(Templates { items: org.value.slots.iter().map(one).collect() })
}

/// Where the square code leads.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Door {
    /// The address under which residents reach this server, such as `https://grid.example.cn`.
    origin: String,
}

/// Somebody on the board; a telephone only when it is published.
#[derive(Serialize, ToSchema)]
struct BoardPerson {
    title: String,
    slot: String,
    /// None while the post is vacant.
    name: Option<String>,
    phone: Option<String>,
    /// Who stands in during leave, or while the worker's post is vacant.
    deputy: Option<BoardDeputy>,
    /// Who it is, and the portrait, for `/people/{id}/portrait/{photo}`.
    #[schema(value_type = Option<String>, format = "uuid")]
    person: Option<Id<Person>>,
    #[schema(value_type = Option<String>, format = "uuid")]
    portrait: Option<Id<File>>,
}

/// Who stands in for somebody on the board.
#[derive(Serialize, ToSchema)]
struct BoardDeputy {
    name: String,
    phone: Option<String>,
    /// As of whom they stand in for.
    #[schema(value_type = String, format = "uuid")]
    person: Id<Person>,
    #[schema(value_type = Option<String>, format = "uuid")]
    portrait: Option<Id<File>>,
}

/// What hangs in a grid.
#[derive(Serialize, ToSchema)]
struct Board {
    code: String,
    name: String,
    community: Option<String>,
    street: Option<String>,
    /// The desk that answers when nobody else does.
    desk: String,
    desk_phone: Option<String>,
    households: Option<u32>,
    area_m2: f64,
    /// What bounds it in the east, south, west and north.
    sides: [Option<String>; 4],
    compounds: Vec<String>,
    /// The border as GeoJSON.
    border: String,
    hours: Option<String>,
    people: Vec<BoardPerson>,
    hotlines: Vec<Hotline>,
    /// The page that the square code opens.
    link: String,
    /// The square code, SVG.
    code_svg: String,
    /// As of when.
    at: Time,
}

/// The notice board of a grid: who is responsible there, with the numbers that are published, and a square code to the live page.
#[utoipa::path(get, path = "/api/v1/grids/{code}/board", tag = "org", params(("code" = String, Path), Door),
    responses((status = 200, body = Board)), extensions(("x-permission" = json!("org.read"))))]
async fn board(
    caller: Allow<ReadOrg>,
    State(app): State<Shared>,
    Path(code): Path<String>,
    Query(door): Query<Door>,
) -> Answer<Json<Board>> {
    let (org, now) = (app.org.directory(), app.clock.now());
    let known = &org.value;
    let scope = caller.scope();
    let unit = known.unit_by_code(&code).filter(|u| u.kind == GRID).ok_or(Error::NotFound)?;
    unit.at(now).filter(|s| scope.holds(&s.path)).ok_or(Error::NotFound)?;
    let grid = known.grid(unit.id, now).ok_or(Error::NotFound)?;
    let origin = door.origin.trim_end_matches('/');
    let bare = origin.strip_prefix("https://").or_else(|| origin.strip_prefix("http://"));
    if bare.is_none_or(|host| host.is_empty() || host.len() > 200 || host.contains(['/', '?', '#', '@', ' '])) {
        return Err(Error::invalid("origin", "bad-form").into());
    }
    let link = format!("{origin}/m/?grid={code}");
    let border = store::borders(&mut *app.db.read().await?, MAIN_LAYER, now).await?;
    let border = border.into_iter().find(|b| b.unit_id == unit.id).map(|b| b.border).unwrap_or_default();
    let mut people = Vec::new();
    let posts: Vec<_> =
        known.posts(unit.id, now).map(|p| (p.title.to_owned(), p.slot.to_owned(), p.holder(now).map(|h| h.person))).collect();
    for (title, slot, person) in posts {
        let shown = contact(&app, known, person, None).await?;
        let deputy = match person {
            Some(away) => known.leave(away, now).and_then(|l| l.deputy),
            None if slot == WORKER => Faces::of(known, unit, now).deputy,
            None => None,
        };
        let stands_in = contact(&app, known, deputy, None).await?;
        let deputy =
            deputy.zip(stands_in).map(|(person, c)| BoardDeputy { name: c.name, phone: c.phone, person, portrait: c.portrait });
        let (name, phone, portrait) = shown.map_or((None, None, None), |c| (Some(c.name), c.phone, c.portrait));
        people.push(BoardPerson { title, slot, name, phone, deputy, person, portrait });
    }
    let name = |kinds: &[&str]| known.above(unit.id, kinds, now).map(|u| u.name.clone());
    let desk = known.desk_of(unit.id, now);
    let lines = app.access.setting(&HOTLINES, now);
    Ok(Json(Board {
        code,
        name: unit.name.clone(),
        community: name(crate::modules::org::COMMUNITIES),
        street: name(STREETS),
        desk: desk.name.clone(),
        desk_phone: known.ancestors(desk.id, now).into_iter().find_map(|u| u.phone.clone()),
        households: grid.households,
        area_m2: grid.area_m2.round(),
        sides: grid.sides.clone(),
        compounds: grid.compounds.clone(),
        border,
        hours: app.access.setting(&HOURS, now).0,
        people,
        hotlines: [lines.clone().nearby(&known.ancestors(unit.id, now)), lines.everywhere()].concat(),
        code_svg: crate::modules::access::totp::picture(&link)?,
        link,
        at: now,
    }))
}
