//! Changing the catalogue and the calendars. Nothing is deleted: versions end and begin.

use std::collections::{BTreeSet, HashMap};

use db::Tx;
use jiff::civil::Date;
use kernel::{Actor, Error, Id, Result, Time, codes};
use uuid::Uuid;

use super::{
    Calendar, Counts, Matter, REVISION, Rules, Shift,
    calendar::DayKind,
    content::{self, Day},
    store,
};
use crate::{
    modules::{
        access::audit::Audit,
        forms::{self, Form},
    },
    snapshot::bump,
};

codes! {
    /// Another matter already has these three names.
    MATTER_EXISTS = "matter-exists";
    /// A version that begins later was made already; a new one cannot begin before it.
    LATER_VERSION = "later-version";
}

/// Rules as they come from a file or a form, with the extra fields still written out.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Draft {
    /// What is to hold; `form` is set when it is applied.
    pub rules: Rules,
    /// The extra fields, written out; `None` takes `rules.form` as it is.
    pub fields: Option<Form>,
}

/// Where a change comes from.
#[derive(Clone, Copy, Debug)]
pub struct Origin<'a> {
    /// When.
    pub now: Time,
    /// The name of the file, or `console`.
    pub source: &'a str,
    /// Who.
    pub actor: &'a Actor,
}

impl Origin<'_> {
    /// Who, as the rows keep it: the account's id, or the kind of a caller that has none.
    fn by(&self) -> String {
        if self.actor.id.is_nil() { self.actor.kind.word().to_owned() } else { self.actor.id.to_string() }
    }
}

/// Gives a new district its calendar: the years 2024–2026 and two shifts. Does nothing when there is one.
pub async fn seed(tx: &mut Tx, now: Time) -> Result<()> {
    if store::calendar_version(tx).await? > 0 {
        return Ok(());
    }
    let origin = Origin { now, source: "content", actor: &Actor::system() };
    set_calendar(tx, origin, Some(&content::days()?), Some(&content::shifts()?)).await.map(|_| ())
}

/// Takes a whole catalogue. Unchanged matters keep their version, changed ones get a new one that holds from now on,
/// new ones begin; those that are not named end when `retire_missing` says so.
pub async fn take(tx: &mut Tx, origin: Origin<'_>, drafts: Vec<Draft>, retire_missing: bool) -> Result<Counts> {
    let mut known: HashMap<String, Matter> = store::last_versions(tx).await?.into_iter().map(|m| (m.path(), m)).collect();
    let mut counts = Counts::default();
    let mut begun = Vec::new();
    let mut ended = Vec::new();
    for Draft { mut rules, fields } in drafts {
        if let Some(form) = fields {
            rules.form = Some(forms::save(tx, origin.now, &rules.path(), &form, &origin.by()).await?);
        }
        match known.remove(&rules.path()) {
            Some(last) if last.rules == rules && last.valid_to.is_none() => counts.unchanged += 1,
            Some(last) => {
                let holds = last.valid_to.is_none();
                if holds {
                    counts.changed += 1;
                } else {
                    counts.added += 1;
                }
                begun.push(next(&last, rules, origin.now)?);
                ended.extend(holds.then_some(last));
            }
            None => {
                counts.added += 1;
                begun.push(Matter { id: Id::new(origin.now), version: 1, valid_from: origin.now, valid_to: None, rules });
            }
        }
    }
    if retire_missing {
        let missing: Vec<Matter> = known.into_values().filter(|m| m.valid_to.is_none()).collect();
        missing.iter().try_for_each(|m| begun_by(m, origin.now))?;
        counts.retired = missing.len();
        ended.extend(missing);
    }
    if begun.is_empty() && ended.is_empty() {
        return Ok(counts);
    }
    let batch = Id::<Counts>::new(origin.now).uuid();
    store::insert_batch(tx, batch, origin.source, &origin.by(), origin.now, counts).await?;
    write(tx, batch, origin.now, &ended, &begun).await?;
    let entry = Audit::new("catalogue.import", "catalogue_batch", batch).with("added", counts.added);
    let entry = entry.with("changed", counts.changed).with("retired", counts.retired);
    entry.record(tx, origin.now, origin.actor).await?;
    Ok(counts)
}

/// Changes one matter from an instant on, now or later, and gives its new version. `seen` is the version that was edited; with 0 and a
/// fresh id it is a new matter.
pub async fn revise(tx: &mut Tx, origin: Origin<'_>, id: Id<Matter>, seen: i64, from: Time, draft: Draft) -> Result<Matter> {
    let wrong = draft.rules.check();
    if !wrong.is_empty() {
        return Err(Error::Invalid(wrong));
    }
    let all = store::last_versions(tx).await?;
    let last = all.iter().find(|m| m.id == id);
    match last {
        Some(last) if last.version != seen => return Err(Error::Stale),
        None if seen != 0 => return Err(Error::NotFound),
        _ => {}
    }
    if all.iter().any(|m| m.id != id && m.path() == draft.rules.path()) {
        return Err(Error::refused_with(MATTER_EXISTS, "path", draft.rules.path()));
    }
    let rules = with_form(tx, origin, draft).await?;
    let from = from.max(origin.now);
    let matter = match last {
        Some(last) => next(last, rules, from)?,
        None => Matter { id, version: 1, valid_from: from, valid_to: None, rules },
    };
    let counts =
        if last.is_some() { Counts { changed: 1, ..Counts::default() } } else { Counts { added: 1, ..Counts::default() } };
    let batch = Id::<Counts>::new(origin.now).uuid();
    store::insert_batch(tx, batch, origin.source, &origin.by(), origin.now, counts).await?;
    let ended = last.filter(|l| l.valid_to.is_none()).cloned();
    write(tx, batch, from, ended.as_slice(), std::slice::from_ref(&matter)).await?;
    let entry = Audit::new("catalogue.revise", "matter", id.uuid()).with("version", matter.version);
    entry.with("from", from.to_string()).record(tx, origin.now, origin.actor).await?;
    Ok(matter)
}

/// Ends a matter from now on; its cases keep it, and it can be taken up again.
pub async fn retire(tx: &mut Tx, origin: Origin<'_>, id: Id<Matter>, seen: i64) -> Result<Matter> {
    let mut last = store::last_versions(tx).await?.into_iter().find(|m| m.id == id).ok_or(Error::NotFound)?;
    if last.version != seen || last.valid_to.is_some() {
        return Err(Error::Stale);
    }
    begun_by(&last, origin.now)?;
    let batch = Id::<Counts>::new(origin.now).uuid();
    let counts = Counts { retired: 1, ..Counts::default() };
    store::insert_batch(tx, batch, origin.source, &origin.by(), origin.now, counts).await?;
    write(tx, batch, origin.now, std::slice::from_ref(&last), &[]).await?;
    Audit::new("catalogue.retire", "matter", id.uuid()).with("version", seen).record(tx, origin.now, origin.actor).await?;
    last.valid_to = Some(origin.now);
    Ok(last)
}

/// Sets days, shifts or both, as a new version of the calendar, and says its number; the version stays when nothing changes.
///
/// A year that the list names in whole (it has 1 January, 1 May and 1 October) replaces that year; single days of other years are
/// added to what is there.
pub async fn set_calendar(tx: &mut Tx, origin: Origin<'_>, days: Option<&[Day]>, shifts: Option<&[Shift]>) -> Result<i64> {
    let (old_days, old_shifts) = store::newest(tx).await?;
    let new_days = days.map_or_else(|| old_days.clone(), |days| merged(&old_days, days));
    let new_shifts = shifts.unwrap_or(&old_shifts);
    // What does not make a calendar is refused before it is written.
    Calendar::new(new_days.iter().map(|d| (d.date, d.kind)), new_shifts.to_vec())?;
    if new_days == old_days && new_shifts == old_shifts {
        return store::calendar_version(tx).await;
    }
    let n = store::open_calendar(tx, origin.source, &origin.by(), origin.now).await.map_err(raced)?;
    store::replace_days(tx, n, &old_days, &new_days).await?;
    if new_shifts != old_shifts {
        store::replace_shifts(tx, n, new_shifts).await?;
    }
    Audit::new("calendar.set", "calendar", Uuid::nil()).with("version", n).record(tx, origin.now, origin.actor).await?;
    bump(tx, REVISION).await?;
    Ok(n)
}

/// The rules with their extra fields saved, or with a form that is there.
async fn with_form(tx: &mut Tx, origin: Origin<'_>, Draft { mut rules, fields }: Draft) -> Result<Rules> {
    match (fields, rules.form) {
        (Some(form), _) => rules.form = Some(forms::save(tx, origin.now, &rules.path(), &form, &origin.by()).await?),
        (None, Some(form)) => match forms::load(tx, form).await {
            Err(Error::NotFound) => return Err(Error::invalid("form", "unknown")),
            other => drop(other?),
        },
        (None, None) => {}
    }
    Ok(rules)
}

/// The version after `last`.
fn next(last: &Matter, rules: Rules, from: Time) -> Result<Matter> {
    begun_by(last, from)?;
    Ok(Matter { id: last.id, version: last.version + 1, valid_from: from, valid_to: None, rules })
}

/// A version that waits for its day is not cut off by one that begins, or an end that comes, before it.
fn begun_by(last: &Matter, at: Time) -> Result<()> {
    if last.valid_from <= at {
        return Ok(());
    }
    let params = [("path", last.path().into()), ("from", last.valid_from.to_string().into())];
    Err(Error::Refused(LATER_VERSION, params.into()))
}

async fn write(tx: &mut Tx, batch: Uuid, at: Time, ended: &[Matter], begun: &[Matter]) -> Result<()> {
    for matter in ended {
        store::end_version(tx, matter.id, matter.version, at).await?;
    }
    for matter in begun {
        if matter.version == 1 {
            store::insert_matter(tx, matter.id, &matter.rules).await.map_err(raced)?;
        } else {
            store::rename_matter(tx, matter.id, &matter.rules).await.map_err(raced)?;
        }
        store::insert_version(tx, matter, batch).await.map_err(raced)?;
    }
    bump(tx, REVISION).await
}

/// Two changes read the same last version and both add the next: the slower one has to read again.
fn raced(error: Error) -> Error {
    if db::unique_violation(&error).is_some() { Error::Stale } else { error }
}

fn merged(old: &[Day], new: &[Day]) -> Vec<Day> {
    let named: BTreeSet<Date> = new.iter().map(|d| d.date).collect();
    let days = new.iter().map(|d| (d.date, d.kind));
    let whole: BTreeSet<i16> = Calendar::new(days, vec![]).map(|c| c.years().collect()).unwrap_or_default();
    let stays = |d: &&Day| !whole.contains(&d.date.year()) && !named.contains(&d.date);
    let mut all: Vec<Day> = old.iter().filter(stays).chain(new).cloned().collect();
    all.sort_by_key(|d| (d.date, d.kind == DayKind::Working));
    all.dedup_by_key(|d| d.date);
    all
}
