//! Portraits: a photograph of somebody who works for the district, at most one.
//!
//! - The slice `files` cleans and keeps it like every photograph; where and when it was taken is forgotten.
//! - The public sees it only where [`Faces`] says that its owner answers for a grid now, so it goes with the post or the deputy's turn. There is no list
//!   of portraits.
//! - It is for people to look at: nothing searches, compares or recognises by it.

use std::path::PathBuf;

use blob::Key;
use db::Tx;
use kernel::{Actor, Error, Id, Result, Time};

use super::{
    directory::Directory,
    model::{LeadRef, Person, Question, RelativeUnit, RelativeWord, Rule, Unit, WORKER},
    responsible::VACANT,
    store,
};
use crate::{
    app::App,
    modules::{
        access::audit::Audit,
        files::{self, File},
    },
    personal, snapshot,
};

personal! {
    /// The portrait of somebody who works for the district.
    PORTRAIT = "person.portrait" { purpose: "to show residents who looks after their grid", basis: "duty of office", kept_days: 30, index: None };
}

/// What a portrait hangs on, for the slice `files`.
pub(super) const KIND: &str = "person";
const PURPOSE: &str = "portrait";

/// Makes an upload somebody's portrait, in place of the one before. When the transaction is committed, give the keys to [`clear`].
pub(super) async fn put(
    tx: &mut Tx,
    (now, actor): (Time, &Actor),
    known: &Directory,
    person: Id<Person>,
    photo: Id<File>,
) -> Result<Vec<Key>> {
    if !store::set_portrait(tx, person, Some(photo)).await? {
        return Ok(vec![]);
    }
    let gone = files::put_only(tx, actor, photo, KIND, person.uuid(), PURPOSE).await?;
    audit("org.portrait.put", known, person, now).record(tx, now, actor).await?;
    Ok(gone)
}

/// Takes somebody's portrait away; not found when there is none. The keys are for [`clear`].
pub(super) async fn remove(tx: &mut Tx, (now, actor): (Time, &Actor), known: &Directory, person: Id<Person>) -> Result<Vec<Key>> {
    if !store::set_portrait(tx, person, None).await? {
        return Err(Error::NotFound);
    }
    let gone = files::forget(tx, KIND, person.uuid()).await?;
    audit("org.portrait.remove", known, person, now).record(tx, now, actor).await?;
    Ok(gone)
}

/// Takes away the portraits of those who left their last post as long ago as the register of personal fields says, and answers how many. Whoever never
/// had a post may be about to begin, and keeps it.
pub(super) async fn expire(app: &App) -> Result<usize> {
    app.org.refresh(&app.db).await?;
    let (org, now, actor) = (app.org.directory(), app.clock.now(), Actor::system());
    let before = now.plus_days(-i64::from(PORTRAIT.kept_days));
    let left = |person| org.value.left_at(person, now).is_some_and(|at| at <= before);
    let mut count = 0;
    for of in store::portrayed(&mut *app.db.read().await?).await?.into_iter().filter(|of| left(of.id)) {
        let mut tx = app.db.begin();
        // Somebody may have taken up a post since the organisation was read; the next night looks again.
        snapshot::check(&mut tx, &[(store::REVISION, org.revision)]).await?;
        match remove(&mut tx, (now, &actor), &org.value, of.id).await {
            Ok(gone) => {
                tx.commit().await?;
                clear(app, &gone).await;
                count += 1;
            }
            Err(Error::NotFound) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(count)
}

/// Removes the contents of a portrait that no row names any more, after the commit; what stays behind by a fault goes in the night.
pub(super) async fn clear(app: &App, gone: &[Key]) {
    if let Err(error) = files::remove(app, gone).await {
        tracing::warn!("the contents of a portrait could not be removed yet: {error}");
    }
}

fn audit(action: &'static str, known: &Directory, person: Id<Person>, now: Time) -> Audit {
    let unit = known.posts_of(person, now).first().and_then(|p| known.unit(p.unit)).unwrap_or_else(|| known.root());
    Audit::new(action, "person", person.uuid()).under(unit.path.clone())
}

/// Whom the public is shown for a grid at an instant.
pub(super) struct Faces {
    /// The grid's full-time worker, or whoever has a grid in their stead in which no worker is meant to be.
    pub worker: Option<Id<Person>>,
    /// Whether there is meant to be a worker and nobody has the post.
    pub vacant: bool,
    /// Who stands in while the worker is away or the post is vacant.
    pub deputy: Option<Id<Person>>,
}

impl Faces {
    /// Who answers for a grid.
    pub fn of(known: &Directory, grid: &Unit, now: Time) -> Self {
        let mut holders = known.posts(grid.id, now).filter(|p| p.slot == WORKER);
        let worker = holders.find_map(|p| p.holder(now)).map(|h| h.person);
        let responsible = known.responsible(&Question { place: Some(grid.id), lead: &of_the_grid(), at: now, not: &[] });
        let vacant = worker.is_none() && responsible.reasons.iter().any(|r| r.code == VACANT);
        let stands_in = vacant || worker.is_some();
        let deputy = responsible.person.filter(|p| stands_in && Some(*p) != worker);
        Self { worker: if stands_in { worker } else { responsible.person }, vacant, deputy }
    }

    /// Both of them.
    pub fn people(&self) -> Vec<Id<Person>> {
        self.worker.into_iter().chain(self.deputy).collect()
    }
}

/// The rule for whatever is the grid's own.
fn of_the_grid() -> LeadRef {
    let word = RelativeWord { word: String::new(), rule: Rule::Grid, kinds: Vec::new() };
    LeadRef::Relative(RelativeUnit { word, office: String::new() })
}

/// A picture for somebody.
pub struct Given {
    /// Whose it is.
    pub staff_no: String,
    /// Where it lies.
    pub file: PathBuf,
}

/// Gives people the portraits of files, all or none. The answer is what was wrong: the staff number, and why.
///
/// # Errors
/// A file that cannot be read, and faults of the database and of the store of contents.
pub async fn give(app: &App, pictures: Vec<Given>) -> Result<Vec<(String, String)>> {
    let (org, now, actor) = (app.org.directory(), app.clock.now(), Actor::system());
    let (mut taken, mut wrong) = (vec![], vec![]);
    for Given { staff_no, file } in pictures {
        let Some(person) = org.value.person_by_staff_no(&staff_no) else {
            wrong.push((staff_no, "nobody has this staff number".to_owned()));
            continue;
        };
        if taken.iter().any(|(other, _)| *other == person.id) {
            wrong.push((staff_no, "there are two pictures of this staff number".to_owned()));
            continue;
        }
        match files::upload(app, &actor, std::fs::read(file).map_err(Error::internal)?, None).await {
            Ok(file) => taken.push((person.id, file.id)),
            Err(Error::Internal(fault)) => return Err(Error::Internal(fault)),
            Err(refused) => wrong.push((staff_no, refused.to_string())),
        }
    }
    if !wrong.is_empty() {
        return Ok(wrong);
    }
    let mut tx = app.db.begin();
    let mut gone = vec![];
    for (person, photo) in taken {
        gone.extend(put(&mut tx, (now, &actor), &org.value, person, photo).await?);
    }
    tx.commit().await?;
    clear(app, &gone).await;
    Ok(wrong)
}
