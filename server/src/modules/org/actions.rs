//! What changes the organisation.

use db::Tx;
use kernel::{Actor, Error, Id, Permission, Result, Time, codes};

use super::{
    directory::Directory,
    draft::{self, Draft},
    import::{PHONE, write_units},
    model::{DISTRICT, Unit, UnitState},
    model::{Holder, Leave, LeaveState, Person, Post},
    store::{self, LeaveFull, SealedPerson},
};
use crate::{
    app::App,
    modules::access::{audit::Audit, keys},
    moves::{self, Move, Succession},
    snapshot::{self, AsOf},
};

codes! {
    /// The staff number is somebody else's.
    STAFF_NO_USED = "staff-no-used";
    /// The leave is not in a state in which this can be done.
    LEAVE_STATE = "leave-state";
    /// Nobody holds the post.
    POST_VACANT = "post-vacant";
    /// Grids are made from their borders, by an import.
    GRID_NEEDS_BORDER = "grid-needs-border";
}

/// The permission to change the organisation.
const MANAGE: Permission = Permission("org.manage");
/// The permission to arrange leave.
const LEAVE: Permission = Permission("leave.manage");

/// One change of the organisation: the transaction, when, by whom, decided on which picture.
pub(super) struct Change<'a> {
    pub tx: &'a mut Tx,
    pub now: Time,
    pub actor: &'a Actor,
    pub known: &'a AsOf<Directory>,
}

impl Change<'_> {
    /// Holds the change to the picture that it was decided on.
    async fn check(&mut self) -> Result<()> {
        snapshot::check(self.tx, &[(store::REVISION, self.known.revision)]).await
    }

    /// The record of it, and the word to every node.
    async fn finish(&mut self, audit: Audit) -> Result<()> {
        audit.record(self.tx, self.now, self.actor).await?;
        snapshot::bump(self.tx, store::REVISION).await
    }

    /// A unit that exists and that the caller may change; what lies outside the scope is not found.
    fn unit(&self, id: Id<Unit>, permission: Permission) -> Result<&Unit> {
        let unit = self.known.value.unit(id).filter(|u| u.to.is_none()).ok_or(Error::NotFound)?;
        if self.actor.scope(permission).holds(&unit.path) { Ok(unit) } else { Err(Error::NotFound) }
    }

    /// Judges and writes a draft of the tree; says how many grants, cases and the like followed.
    async fn tree(&mut self, draft: Draft<'_>) -> Result<u64> {
        let now = self.now;
        let change = draft.finish(now, |_| now).map_err(|wrong| match wrong.first() {
            Some(w) => Error::refused_with(w.code, "value", w.value.as_str()),
            None => Error::internal("a change of the tree failed without a reason"),
        })?;
        for id in &change.ended {
            for post in self.known.value.posts(*id, now) {
                store::end_holder(self.tx, post.id, now).await?;
                store::end_post(self.tx, post.id, now).await?;
            }
        }
        write_units(self.tx, now, &self.known.value, &change).await
    }
}

/// What a unit is to be called, and what it is.
pub(super) struct UnitForm {
    pub kind: String,
    pub code: String,
    pub name: String,
    pub name_en: Option<String>,
    pub alias: Option<String>,
    pub phone: Option<String>,
    pub serves: Vec<String>,
}

impl UnitForm {
    fn state(self, parent: Option<Id<Unit>>) -> Result<UnitState> {
        for (field, text, most) in
            [("name", Some(&self.name), 60), ("alias", self.alias.as_ref(), 60), ("phone", self.phone.as_ref(), 30)]
        {
            if text.is_some_and(|t| t.trim().is_empty() || t.chars().count() > most) {
                return Err(Error::invalid(field, "bad-length"));
            }
        }
        let Self { kind, code, name, name_en, alias, phone, serves } = self;
        Ok(UnitState {
            parent,
            kind,
            code,
            path: String::new(),
            name,
            name_en,
            alias,
            phone,
            serves,
            from: draft::UNSAID,
            to: None,
        })
    }
}

/// Founds a unit below another.
pub(super) async fn found(change: &mut Change<'_>, parent: Id<Unit>, form: UnitForm) -> Result<Id<Unit>> {
    change.check().await?;
    let path = change.unit(parent, MANAGE)?.path.clone();
    if form.kind == super::GRID {
        return Err(Error::refused(GRID_NEEDS_BORDER));
    }
    let id = Id::new(change.now);
    let mut draft = Draft::new(&change.known.value);
    draft.put(id, form.state(Some(parent))?);
    change.tree(draft).await?;
    change.finish(Audit::new("org.unit.found", "unit", id.uuid()).under(path)).await?;
    Ok(id)
}

/// Says other things of a unit from now on.
pub(super) async fn describe(change: &mut Change<'_>, id: Id<Unit>, form: UnitForm) -> Result<()> {
    change.check().await?;
    let (path, parent, kind) = {
        let unit = change.unit(id, MANAGE)?;
        (unit.path.clone(), unit.parent, unit.kind.clone())
    };
    if (form.kind == super::GRID) != (kind == super::GRID) {
        return Err(Error::refused(GRID_NEEDS_BORDER));
    }
    let mut draft = Draft::new(&change.known.value);
    draft.put(id, form.state(parent)?);
    change.tree(draft).await?;
    change.finish(Audit::new("org.unit.change", "unit", id.uuid()).under(path)).await
}

/// Puts a unit, with everything below it, below another from now on.
pub(super) async fn re_parent(change: &mut Change<'_>, id: Id<Unit>, parent: Id<Unit>) -> Result<()> {
    change.check().await?;
    let path = change.unit(id, MANAGE)?.path.clone();
    change.unit(parent, MANAGE)?;
    let mut draft = Draft::new(&change.known.value);
    let state = draft.state(id).cloned().ok_or(Error::NotFound)?;
    draft.put(id, UnitState { parent: Some(parent), ..state });
    let followed = change.tree(draft).await?;
    let audit = Audit::new("org.unit.move", "unit", id.uuid()).under(path);
    change.finish(audit.with("to", parent.to_string()).with("followed", followed)).await
}

/// Ends a unit; what stands below it goes to `into`, and without it there must be nothing below.
pub(super) async fn end(change: &mut Change<'_>, id: Id<Unit>, into: Option<Id<Unit>>) -> Result<()> {
    change.check().await?;
    let path = change.unit(id, MANAGE)?.path.clone();
    let mut draft = Draft::new(&change.known.value);
    if let Some(into) = into {
        change.unit(into, MANAGE)?;
        let below: Vec<(Id<Unit>, UnitState)> =
            change.known.value.children(id, change.now).map(|u| (u.id, UnitState::clone(u))).collect();
        for (child, state) in below {
            draft.put(child, UnitState { parent: Some(into), ..state });
        }
    }
    draft.end(id);
    let mut followed = change.tree(draft).await?;
    // What is open goes to the unit that takes the rest, or to the nearest desk above; only in a merger do grants go along, since a desk above is
    // nobody's by having had a unit below it.
    let known = &change.known.value;
    let heir = into.or_else(|| known.unit(id).and_then(|u| u.parent).map(|above| known.desk_of(above, change.now).id));
    if let Some(heir) = heir.and_then(|heir| known.unit(heir)) {
        let succession = Succession { from: id, to: heir.id, path: heir.path.clone() };
        followed += moves::succeed(change.tx, &succession).await?;
        if into.is_some() {
            followed += moves::follow(change.tx, &[Move { from: path.clone(), to: heir.path.clone() }]).await?;
        }
    }
    let audit = Audit::new("org.unit.end", "unit", id.uuid()).under(path);
    change.finish(audit.with("into", into.map(|i| i.to_string())).with("followed", followed)).await
}

/// Adds somebody; the telephone was sealed before the transaction.
pub(super) async fn hire(change: &mut Change<'_>, person: SealedPerson, wrapped: &[u8]) -> Result<()> {
    let id = person.id.uuid();
    let used = |e: Error| match db::unique_violation(&e) {
        Some("uq_person_staff_no") => Error::refused(STAFF_NO_USED),
        _ => e,
    };
    store::insert_people(change.tx, &[person], change.now).await.map_err(used)?;
    keys::store(change.tx, id, wrapped).await?;
    change.finish(Audit::new("org.person.add", "person", id)).await
}

/// Another telephone for somebody whose key there is: sealed, with its index. Nothing leaves the one that is kept, an empty one takes it away.
pub(super) async fn reseal(app: &App, person: Id<Person>, phone: Option<&str>) -> Result<Option<NewPhone>> {
    let Some(phone) = phone else { return Ok(None) };
    if phone.is_empty() {
        return Ok(Some(NewPhone::default()));
    }
    let key = keys::load(&mut *app.db.read().await?, app, person.uuid()).await?;
    Ok(Some(NewPhone { sealed: Some(key.seal(phone, PHONE)?), index: Some(super::import::phone_index(app, phone)) }))
}

/// A telephone, sealed, with its index; both nothing where it is taken away.
#[derive(Default)]
pub(super) struct NewPhone {
    sealed: Option<Vec<u8>>,
    index: Option<Vec<u8>>,
}

/// Changes what is known of somebody; the record names what changed and not what it was.
pub(super) async fn tell(
    change: &mut Change<'_>,
    person: Id<Person>,
    name: Option<&str>,
    phone: Option<NewPhone>,
    public: Option<bool>,
) -> Result<()> {
    change.check().await?;
    let was = store::told(change.tx, person).await?.ok_or(Error::NotFound)?;
    let (name, public) = (name.unwrap_or(&was.name), public.unwrap_or(was.phone_public));
    let mut what = vec![];
    let NewPhone { sealed, index } = phone.unwrap_or(NewPhone { sealed: was.phone, index: was.phone_index.clone() });
    for (word, other) in
        [("name", was.name != name), ("phone", was.phone_index != index), ("phone_public", was.phone_public != public)]
    {
        what.extend(other.then_some(word));
    }
    if what.is_empty() {
        return Ok(());
    }
    let (phone, phone_index) = (sealed, index);
    let person =
        SealedPerson { id: person, name: name.to_owned(), staff_no: was.staff_no, phone, phone_index, phone_public: public };
    store::update_person(change.tx, &person).await?;
    change.finish(Audit::new("org.person.change", "person", person.id.uuid()).with("what", what)).await
}

/// Seals what is personal about somebody new: the row and the wrapped key.
pub(super) fn seal(
    app: &App,
    now: Time,
    staff_no: &str,
    name: &str,
    phone: Option<&str>,
    public: bool,
) -> Result<(SealedPerson, Vec<u8>)> {
    let (id, key) = (Id::new(now), app.keys.data_key());
    let person = SealedPerson {
        id,
        staff_no: staff_no.to_owned(),
        name: name.to_owned(),
        phone: phone.map(|p| key.seal(p, PHONE)).transpose()?,
        phone_index: phone.map(|p| super::import::phone_index(app, p)),
        phone_public: public,
    };
    Ok((person, app.keys.wrap(&key, id.uuid())?))
}

/// Gives a unit a post, vacant at first.
pub(super) async fn open_post(change: &mut Change<'_>, unit: Id<Unit>, slot: &str, title: &str) -> Result<Id<Post>> {
    change.check().await?;
    let path = change.unit(unit, MANAGE)?.path.clone();
    let id = Id::new(change.now);
    let post = Post { id, unit, slot: slot.to_owned(), title: title.to_owned(), from: change.now, to: None };
    let place = change.known.value.posts(unit, change.now).count() as i64;
    store::insert_posts(change.tx, &[(post, place)]).await?;
    change.finish(Audit::new("org.post.open", "post", id.uuid()).under(path).with("unit", unit.to_string())).await?;
    Ok(id)
}

/// Puts somebody into a post; whoever held it leaves it.
pub(super) async fn assign(
    change: &mut Change<'_>,
    post: Id<Post>,
    person: Id<Person>,
    employment: Option<String>,
) -> Result<()> {
    change.check().await?;
    let path = post_path(change, post)?;
    if change.known.value.person(person).is_none() {
        return Err(Error::invalid("person", "unknown"));
    }
    store::end_holder(change.tx, post, change.now).await?;
    let holder = Holder { id: Id::new(change.now), person, employment, from: change.now, to: None };
    store::insert_holders(change.tx, &[(post, holder, None)]).await?;
    let audit = Audit::new("org.post.assign", "post", post.uuid()).under(path);
    change.finish(audit.with("person", person.to_string())).await
}

/// Leaves a post vacant.
pub(super) async fn vacate(change: &mut Change<'_>, post: Id<Post>) -> Result<()> {
    change.check().await?;
    let path = post_path(change, post)?;
    if !store::end_holder(change.tx, post, change.now).await? {
        return Err(Error::refused(POST_VACANT));
    }
    change.finish(Audit::new("org.post.vacate", "post", post.uuid()).under(path)).await
}

/// Ends a post.
pub(super) async fn close_post(change: &mut Change<'_>, post: Id<Post>) -> Result<()> {
    change.check().await?;
    let path = post_path(change, post)?;
    store::end_holder(change.tx, post, change.now).await?;
    store::end_post(change.tx, post, change.now).await?;
    change.finish(Audit::new("org.post.end", "post", post.uuid()).under(path)).await
}

fn post_path(change: &Change<'_>, post: Id<Post>) -> Result<String> {
    let unit = change.known.value.post(post).filter(|p| p.exists(change.now)).ok_or(Error::NotFound)?.unit;
    Ok(change.unit(unit, MANAGE)?.path.clone())
}

/// A wish for leave.
pub(super) struct LeaveForm {
    pub person: Id<Person>,
    pub from: Time,
    pub to: Time,
    pub deputy: Option<Id<Person>>,
    pub reason: Option<String>,
}

/// Asks for leave; it counts from its confirmation.
pub(super) async fn ask_leave(change: &mut Change<'_>, form: LeaveForm) -> Result<Id<Leave>> {
    change.check().await?;
    let path = person_path(change, form.person)?;
    deputy_fits(change, form.person, form.deputy)?;
    if form.to <= form.from {
        return Err(Error::invalid("to", "before-from"));
    }
    let id = Id::new(change.now);
    let leave = LeaveFull {
        id,
        person_id: form.person,
        deputy_id: form.deputy,
        from_at: form.from,
        to_at: form.to,
        state: LeaveState::Requested,
        reason: form.reason,
        handover: None,
        requested_at: change.now,
        confirmed_at: None,
        ended_at: None,
    };
    store::insert_leaves(change.tx, &[leave]).await?;
    change.finish(Audit::new("org.leave.ask", "leave", id.uuid()).under(path).with("person", form.person.to_string())).await?;
    Ok(id)
}

/// Confirms a leave with its hand-over; from then on its deputy answers.
pub(super) async fn confirm_leave(
    change: &mut Change<'_>,
    id: Id<Leave>,
    deputy: Option<Id<Person>>,
    handover: Option<String>,
) -> Result<()> {
    change.check().await?;
    let mut leave = store::one_leave(change.tx, id).await?.ok_or(Error::NotFound)?;
    let path = person_path(change, leave.person_id)?;
    if leave.state != LeaveState::Requested {
        return Err(Error::refused_with(LEAVE_STATE, "state", leave.state.word()));
    }
    deputy_fits(change, leave.person_id, deputy)?;
    leave.deputy_id = deputy.or(leave.deputy_id);
    leave.handover = handover;
    leave.state = LeaveState::Confirmed;
    leave.confirmed_at = Some(change.now);
    store::update_leave(change.tx, &leave, Some(change.actor.id)).await?;
    let audit = Audit::new("org.leave.confirm", "leave", id.uuid()).under(path);
    change.finish(audit.with("deputy", leave.deputy_id.map(|d| d.to_string()))).await
}

/// Ends a leave, earlier than planned or without its having begun.
pub(super) async fn end_leave(change: &mut Change<'_>, id: Id<Leave>) -> Result<()> {
    change.check().await?;
    let mut leave = store::one_leave(change.tx, id).await?.ok_or(Error::NotFound)?;
    let path = person_path(change, leave.person_id)?;
    if leave.state == LeaveState::Ended {
        return Err(Error::refused_with(LEAVE_STATE, "state", leave.state.word()));
    }
    leave.state = LeaveState::Ended;
    leave.ended_at = Some(change.now);
    store::update_leave(change.tx, &leave, None).await?;
    change.finish(Audit::new("org.leave.end", "leave", id.uuid()).under(path)).await
}

/// Where somebody works, if the caller arranges leave there.
fn person_path(change: &Change<'_>, person: Id<Person>) -> Result<String> {
    let scope = change.actor.scope(LEAVE);
    let known = &change.known.value;
    let paths = known.posts_of(person, change.now).into_iter().filter_map(|p| known.unit(p.unit)).map(|u| u.path.clone());
    paths.into_iter().find(|path| scope.holds(path)).ok_or(Error::NotFound)
}

fn deputy_fits(change: &Change<'_>, person: Id<Person>, deputy: Option<Id<Person>>) -> Result<()> {
    match deputy {
        Some(deputy) if deputy == person => Err(Error::invalid("deputy", "same-person")),
        Some(deputy) if change.known.value.person(deputy).is_none() => Err(Error::invalid("deputy", "unknown")),
        _ => Ok(()),
    }
}

/// Makes the district's own unit when there is no root yet, and says which unit it is.
pub async fn ensure_root(tx: &mut Tx, now: Time, code: &str, name: &str) -> Result<Id<Unit>> {
    let have = store::load(tx).await?;
    if !have.root().id.uuid().is_nil() {
        return Ok(have.root().id);
    }
    if !is_code(code) {
        return Err(Error::invalid("code", "bad-code"));
    }
    let id = Id::new(now);
    let state = UnitState {
        parent: None,
        kind: DISTRICT.to_owned(),
        code: code.to_owned(),
        path: format!("/{code}/"),
        name: name.to_owned(),
        name_en: None,
        alias: None,
        phone: None,
        serves: Vec::new(),
        // Its beginning is not known, and cases from before the first start must find it.
        from: Time::from_millis(0),
        to: None,
    };
    store::insert_units(tx, std::iter::once(id), now).await?;
    store::insert_states(tx, std::iter::once((id, &state)), now).await?;
    snapshot::bump(tx, store::REVISION).await?;
    Ok(id)
}

/// Whether a text can be a unit's code: it becomes a step of paths and a part of addresses.
pub(super) fn is_code(code: &str) -> bool {
    (1..=40).contains(&code.len()) && code.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
}
