//! People and their posts from a table, one row a post: staff_no, name, phone, unit_code, post, slot, employment, role, scope_code, username, from,
//! to, note. A row without number and name is a vacancy.
//!
//! The posts of one unit with one slot and title are matched with the file's rows: by who holds them, then in order, so that a new name in a row
//! takes over the post of whoever stood there. Posts that the file does not name stay. With `role` and `username` an account is made and the
//! role granted in `scope_code`.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use db::Tx;
use kernel::{Id, Result, Time};

use super::{
    Options, Report, Staged, begin,
    orgs::{bad_date, date},
    picture, record,
};
use crate::{
    app::App,
    modules::{
        access::{
            actions::{self as access, NewGrant},
            keys, model as access_model,
            roles::OFFICES,
            store::{self as accounts, NewAccount},
        },
        org::{
            Directory,
            model::{DEPUTY, GRID, HEAD, Holder, Person, Post, Unit, WORKER},
            roll::PostRef,
            store::{self, PhoneRow, SealedPerson},
        },
    },
    snapshot,
    table::{Fault, Row, Table, Unreadable},
};

/// Accounts that one transaction makes; the rest of the district goes on in between.
const ACCOUNTS: usize = 100;
/// Slots of a grid whose holders' telephones are published.
const PUBLISHED: [&str; 3] = [WORKER, DEPUTY, HEAD];

/// A row that is understood.
struct Entry {
    row: Row,
    unit: Id<Unit>,
    slot: String,
    title: String,
    staff_no: Option<String>,
    from: Option<Time>,
    to: Option<Time>,
}

/// Somebody as the file tells.
struct Told {
    id: Id<Person>,
    name: String,
    phone: Option<String>,
    public: bool,
    known: bool,
}

/// An account that ought to be there.
struct Wanted {
    row: Row,
    person: Id<Person>,
    staff_no: String,
    name: String,
    username: String,
    role: String,
    path: String,
}

/// What has to be written.
#[derive(Default)]
struct Posts {
    new: Vec<(Post, i64)>,
    holders: Vec<(Id<Post>, Holder, Option<String>)>,
    ended: Vec<(Id<Post>, Time)>,
}

/// Reads the table and writes it, unless something is wrong or it is a dry run.
pub async fn staff(app: &App, table: Table, options: &Options) -> Result<Report> {
    let (staged, wanted) = judge(app, table, options).await?;
    let mut report = staged.commit().await?;
    for chunk in wanted.chunks(ACCOUNTS) {
        let mut tx = app.db.begin();
        enrol(app, &mut tx, chunk, options, &mut report).await?;
        tx.commit().await?;
    }
    Ok(report)
}

/// The same, accounts and all in one transaction that is left open.
pub async fn stage_staff(app: &App, table: Table, options: &Options) -> Result<Staged> {
    let (mut staged, wanted) = judge(app, table, options).await?;
    if !wanted.is_empty() {
        let mut tx = match staged.tx.take() {
            Some(tx) => tx,
            None => app.db.begin(),
        };
        enrol(app, &mut tx, &wanted, options, &mut staged.report).await?;
        staged.tx = Some(tx);
    }
    Ok(staged)
}

/// Judges the table and writes its people and posts; the accounts are still to be made.
async fn judge(app: &App, table: Table, options: &Options) -> Result<(Staged, Vec<Wanted>)> {
    let now = app.clock.now();
    let directory = picture(&app.db).await?;
    let table = match read(table, options) {
        Ok(table) => table,
        Err(e) => return Ok((e.into(), vec![])),
    };
    let mut report = Report::default();
    let entries = understand(table, app, &directory, now, &mut report);
    let phones: HashMap<_, _> = store::phones(&mut *app.db.read().await?).await?.into_iter().map(|p| (p.id, p)).collect();
    let people = people(&entries, &directory, now, &mut report);
    let posts = posts(&entries, &people, &directory, now, &mut report);
    let wanted = wanted(app, &entries, &people, &directory, &mut report);
    if options.dry_run || !report.faults.is_empty() {
        return Ok((report.into(), vec![]));
    }
    let mut open = None;
    let (new, keys, changed) = seal(app, &people, &phones, &directory).await?;
    if !(new.is_empty() && changed.is_empty() && posts.new.is_empty() && posts.holders.is_empty() && posts.ended.is_empty()) {
        let mut tx = begin(&app.db, &directory).await?;
        store::insert_people(&mut tx, &new, now).await?;
        for (id, wrapped) in &keys {
            keys::store(&mut tx, id.uuid(), wrapped).await?;
        }
        for person in &changed {
            store::update_person(&mut tx, person).await?;
        }
        for (post, at) in &posts.ended {
            store::end_holder(&mut tx, *post, *at).await?;
        }
        store::insert_posts(&mut tx, &posts.new).await?;
        store::insert_holders(&mut tx, &posts.holders).await?;
        record(&mut tx, now, directory.root(), "staff", &report, &options.actor()).await?;
        snapshot::bump(&mut tx, store::REVISION).await?;
        open = Some(tx);
    }
    report.applied = true;
    Ok((Staged { report, tx: open }, wanted))
}

fn read(table: Table, options: &Options) -> Result<Table, Unreadable> {
    let table = table.rename(&options.map)?;
    table.require(&["staff_no", "name", "unit_code", "post", "slot"])?;
    Ok(table)
}

fn understand(table: Table, app: &App, directory: &Directory, now: Time, report: &mut Report) -> Vec<Entry> {
    let mut entries = Vec::new();
    for row in table {
        report.read += 1;
        match row.and_then(|row| entry(row, app, directory, now)) {
            Ok(entry) => entries.push(entry),
            Err(fault) => report.fault(fault),
        }
    }
    entries
}

fn entry(row: Row, app: &App, directory: &Directory, now: Time) -> Result<Entry, Fault> {
    let known = directory.unit_by_code(row.needed("unit_code")?).filter(|u| u.at(now).is_some());
    let unit = known.ok_or_else(|| row.fault("unit_code", "找不到这个单位或网格", "no such unit or grid"))?.id;
    let staff_no = row.some("staff_no");
    if staff_no.is_some() {
        row.needed("name")?;
    } else if row.some("name").is_some() {
        return Err(row.fault("staff_no", "有姓名就要有工号", "a name needs a staff number"));
    }
    let day = |column: &str, plus: i64| match row.get(column) {
        "" => Ok(None),
        text => {
            date(text).map(|d| Some(app.zone.instant(d.at(0, 0, 0, 0)).plus_days(plus))).ok_or_else(|| bad_date(&row, column))
        }
    };
    // The last day is the day itself, so the end is the midnight after.
    let (from, to) = (day("from", 0)?, day("to", 1)?);
    if let (Some(from), Some(to)) = (from, to)
        && to <= from
    {
        return Err(row.fault("to", "离岗日期早于到岗日期", "it ends before it begins"));
    }
    let (slot, title) = (row.needed("slot")?.to_owned(), row.needed("post")?.to_owned());
    Ok(Entry { row, unit, slot, title, staff_no, from, to })
}

/// Everybody of the file by staff number; two names for one number are a fault.
fn people(entries: &[Entry], directory: &Directory, now: Time, report: &mut Report) -> BTreeMap<String, Told> {
    let mut people: BTreeMap<String, Told> = BTreeMap::new();
    for entry in entries {
        let Some(staff_no) = &entry.staff_no else { continue };
        let (name, phone) = (entry.row.get("name"), entry.row.some("phone"));
        let in_grid = directory.unit(entry.unit).is_some_and(|u| u.kind == GRID);
        let public = in_grid && PUBLISHED.contains(&entry.slot.as_str());
        if let Some(told) = people.get_mut(staff_no) {
            if told.name != name {
                report.fault(entry.row.fault("name", "同一工号出现了两个姓名", "one staff number has two names"));
            }
            told.public |= public;
            told.phone = told.phone.take().or(phone);
            continue;
        }
        let known = directory.person_by_staff_no(staff_no);
        let id = known.map_or_else(|| Id::new(now), |p| p.id);
        people.insert(staff_no.clone(), Told { id, name: name.to_owned(), phone, public, known: known.is_some() });
    }
    people
}

fn posts(entries: &[Entry], people: &BTreeMap<String, Told>, directory: &Directory, now: Time, report: &mut Report) -> Posts {
    let mut groups: BTreeMap<(Id<Unit>, &str, &str), Vec<&Entry>> = BTreeMap::new();
    let mut seen = HashSet::new();
    for entry in entries {
        // Several roles of one person in one post are several rows.
        let again = entry.staff_no.as_ref().is_some_and(|no| !seen.insert((entry.unit, &entry.slot, &entry.title, no)));
        if !again {
            groups.entry((entry.unit, &entry.slot, &entry.title)).or_default().push(entry);
        }
    }
    let mut out = Posts::default();
    let since = directory.root().states()[0].from.max(Time::from_millis(0));
    for ((unit, slot, title), rows) in groups {
        let mut free: Vec<PostRef<'_>> = directory.posts(unit, now).filter(|p| p.slot == slot && p.title == title).collect();
        let mut place = directory.posts(unit, now).count() as i64;
        let holds = |post: &PostRef<'_>, entry: &Entry| {
            let person = entry.staff_no.as_ref().and_then(|no| people.get(no)).map(|p| p.id);
            post.holder(now).map(|h| h.person) == person
        };
        let mut rest = Vec::new();
        for entry in rows {
            match free.iter().position(|post| holds(post, entry)) {
                Some(at) => {
                    let post = free.remove(at);
                    if let (Some(holder), Some(to)) = (post.holder(now), entry.to)
                        && holder.to != Some(to)
                        && holder.to.is_none()
                    {
                        out.ended.push((post.id, to));
                        report.changed += 1;
                    } else {
                        report.same += 1;
                    }
                }
                None => rest.push(entry),
            }
        }
        for entry in rest {
            let reused = if free.is_empty() { None } else { Some(free.remove(0)) };
            take(entry, reused, people, since, now, &mut place, &mut out, report);
        }
    }
    out
}

/// Puts a row's person into a post that is there, or into a new one.
#[expect(clippy::too_many_arguments, reason = "one step of one function, split for reading")]
fn take(
    entry: &Entry,
    reused: Option<PostRef<'_>>,
    people: &BTreeMap<String, Told>,
    since: Time,
    now: Time,
    place: &mut i64,
    out: &mut Posts,
    report: &mut Report,
) {
    let id = reused.map_or_else(|| Id::new(now), |p| p.id);
    let begin = match (entry.from, reused) {
        (Some(from), None) => from,
        // Nobody held it before, so nobody's time is touched by an earlier day.
        (Some(from), Some(post)) if !post.was_held() => from,
        (Some(from), Some(_)) => from.max(now),
        (None, None) => since,
        (None, Some(_)) => now,
    };
    if let Some(post) = reused {
        if post.holder(now).is_some() {
            out.ended.push((post.id, begin.max(now)));
        }
        report.changed += 1;
    } else {
        let (slot, title) = (entry.slot.clone(), entry.title.clone());
        out.new.push((Post { id, unit: entry.unit, slot, title, from: begin, to: None }, *place));
        *place += 1;
        report.added += 1;
    }
    if let Some(told) = entry.staff_no.as_ref().and_then(|no| people.get(no)) {
        let employment = entry.row.some("employment");
        let holder = Holder { id: Id::new(now), person: told.id, employment, from: begin, to: entry.to };
        out.holders.push((id, holder, entry.row.some("note")));
    }
}

fn wanted(
    app: &App,
    entries: &[Entry],
    people: &BTreeMap<String, Told>,
    directory: &Directory,
    report: &mut Report,
) -> Vec<Wanted> {
    let roles = app.access.roles.get();
    let mut wanted = Vec::new();
    let mut seen = BTreeSet::new();
    for entry in entries {
        let (Some(role), Some(username), Some(no)) = (entry.row.some("role"), entry.row.some("username"), &entry.staff_no) else {
            continue;
        };
        if !roles.value.contains_key(role.as_str()) {
            report.note("unknown_role", entry.row.fault("role", "没有这个角色，未授权", "no such role; nothing was granted"));
            continue;
        }
        let Ok(username) = access_model::username(&username) else {
            report.fault(entry.row.fault(
                "username",
                "账号名为 2–64 位字母、数字、. _ - @",
                "a username has 2 to 64 letters, digits, . _ - @",
            ));
            continue;
        };
        let scope = entry.row.some("scope_code").unwrap_or_else(|| entry.row.get("unit_code").to_owned());
        let Some(unit) = directory.unit_by_code(&scope) else {
            report.fault(entry.row.fault("scope_code", "找不到授权范围的单位", "no such unit"));
            continue;
        };
        let path = if unit.id == directory.root().id { "/".to_owned() } else { unit.path.clone() };
        if OFFICES.contains(&role.as_str()) && path != "/" {
            report.fault(entry.row.fault(
                "scope_code",
                "三员的授权范围只能是全区",
                "an administrator's office holds in the whole district",
            ));
            continue;
        }
        if let Some(told) = people.get(no).filter(|_| seen.insert((no, role.clone(), path.clone()))) {
            let (person, name) = (told.id, told.name.clone());
            wanted.push(Wanted { row: entry.row.clone(), person, staff_no: no.clone(), name, username, role, path });
        }
    }
    wanted
}

type Sealed = (Vec<SealedPerson>, Vec<(Id<Person>, Vec<u8>)>, Vec<SealedPerson>);

/// Seals the telephones: people who are new with their wrapped keys, and people who changed.
async fn seal(
    app: &App,
    people: &BTreeMap<String, Told>,
    phones: &HashMap<Id<Person>, PhoneRow>,
    directory: &Directory,
) -> Result<Sealed> {
    let (mut new, mut wrapped, mut changed) = (Vec::new(), Vec::new(), Vec::new());
    for (staff_no, told) in people {
        let index = told.phone.as_ref().map(|p| phone_index(app, p));
        let before = phones.get(&told.id);
        let person = |phone, phone_index| SealedPerson {
            id: told.id,
            staff_no: staff_no.clone(),
            name: told.name.clone(),
            phone,
            phone_index,
            phone_public: told.public,
        };
        if !told.known {
            let key = app.keys.data_key();
            let phone = told.phone.as_ref().map(|p| key.seal(p, PHONE)).transpose()?;
            wrapped.push((told.id, app.keys.wrap(&key, told.id.uuid())?));
            new.push(person(phone, index));
            continue;
        }
        // A file that says nothing of the telephone leaves it.
        let same_phone = index.is_none() || before.is_some_and(|b| b.phone_index == index);
        if same_phone && directory.name_of(told.id) == told.name && before.is_some_and(|b| b.phone_public == told.public) {
            continue;
        }
        if same_phone {
            changed.push(person(before.and_then(|b| b.phone.clone()), before.and_then(|b| b.phone_index.clone())));
        } else {
            let key = keys::load(&mut *app.db.read().await?, app, told.id.uuid()).await?;
            let phone = told.phone.as_ref().map(|p| key.seal(p, PHONE)).transpose()?;
            changed.push(person(phone, index));
        }
    }
    Ok((new, wrapped, changed))
}

/// The context that a telephone is sealed with.
pub(in crate::modules::org) const PHONE: &str = "phone";
const PHONE_INDEX: &str = "staff.phone";

/// The blind index of a telephone number, without what people write between its digits.
pub(in crate::modules::org) fn phone_index(app: &App, phone: &str) -> Vec<u8> {
    let digits: String = phone.chars().filter(char::is_ascii_digit).collect();
    app.keys.blind(PHONE_INDEX, &digits)
}

/// Makes the accounts and grants that are missing.
async fn enrol(app: &App, tx: &mut Tx, wanted: &[Wanted], options: &Options, report: &mut Report) -> Result<()> {
    let (actor, now) = (options.actor(), app.clock.now());
    for one in wanted {
        let account = match accounts::account_of_person(tx, one.person.uuid()).await? {
            Some(account) => account,
            None if accounts::credentials_of(tx, &one.username).await?.is_some() => {
                report.note(
                    "username_taken",
                    one.row.fault("username", "账号名已被他人使用，未建账号", "somebody else has this username"),
                );
                continue;
            }
            None => {
                let new = NewAccount {
                    username: &one.username,
                    name: &one.name,
                    staff_no: Some(&one.staff_no),
                    person: Some(one.person.uuid()),
                    program: false,
                    demo: app.config.demo,
                };
                access::create_account(tx, now, &actor, &new).await?
            }
        };
        let held = accounts::grants(tx, account).await?;
        let office = |role: &str| OFFICES.contains(&role);
        if office(&one.role) && held.iter().any(|g| office(&g.role) && g.role != one.role) {
            report.note(
                "offices_exclude",
                one.row.fault("role", "三员不得兼任，未授权", "the three administrators exclude one another"),
            );
        } else if !held.iter().any(|g| g.role == one.role && g.path == one.path) {
            let grant = NewGrant { role: &one.role, path: &one.path, from_at: None, until_at: None };
            access::grant_unchecked(app, tx, now, &actor, account, &grant).await?;
        }
    }
    Ok(())
}
