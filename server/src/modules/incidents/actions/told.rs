//! Who is told: the accounts behind “the person who leads”, “the unit's head”, “the street leader”, for many cases at once.

use db::Tx;
use kernel::{Id, Result, Time};
use uuid::Uuid;

use super::Ground;
use crate::modules::{
    access::store::{self, Holder},
    incidents::{
        rules::ladder::Whom,
        store::{Case, ladder::Due},
    },
    org::Unit,
};

/// Roles whose holders look after a unit's desk.
const DESKS: &[&str] = &["community-desk", "street-desk", "department-desk", "district-dispatch", "grid-head"];
/// Roles whose holders answer for a unit.
const HEADS: &[&str] = &["grid-head", "community-desk", "street-leader", "department-desk"];
const LEADERS: &[&str] = &["street-leader"];
const DISPATCH: &[&str] = &["district-dispatch"];
const SUPERVISORS: &[&str] = &["supervisor"];

/// Where a case stands: who leads it, who owns it.
pub struct Place<'c> {
    owner: Id<Unit>,
    path: &'c str,
    lead: Option<Id<Unit>>,
    person: Option<Uuid>,
}

impl<'c> Place<'c> {
    /// Of a case.
    pub fn of(case: &'c Case) -> Self {
        Self { owner: case.owner_id, path: &case.owner_path, lead: case.lead_unit, person: case.lead_person }
    }

    /// Of a case that the sweep looks at.
    pub fn of_due(case: &'c Due) -> Self {
        Self { owner: case.owner_id, path: &case.owner_path, lead: case.lead_unit, person: case.lead_person }
    }
}

/// Whom to look for: a person with an account, else whoever holds one of the roles at the place or the nearest one above.
pub struct Aim {
    person: Option<Uuid>,
    roles: &'static [&'static str],
    path: String,
}

/// Whom a word means for a case.
pub fn aim(ground: &Ground, whom: Whom, place: &Place<'_>) -> Aim {
    let directory = &ground.org.value;
    let path_of = |unit: Id<Unit>| directory.unit(unit).map_or_else(|| place.path.to_owned(), |u| u.path.clone());
    let unit = place.lead.unwrap_or(place.owner);
    let (person, roles, path) = match whom {
        Whom::Lead => (place.person, DESKS, path_of(unit)),
        Whom::Head => (None, HEADS, path_of(unit)),
        Whom::Desk => return desk(ground, place.owner),
        Whom::StreetLeader => (None, LEADERS, place.path.to_owned()),
        Whom::DistrictDesk => (None, DISPATCH, place.path.to_owned()),
        Whom::Supervisor => (None, SUPERVISORS, place.path.to_owned()),
    };
    Aim { person, roles, path }
}

/// A unit's desk: whoever is on duty there, else whoever holds its role.
pub fn desk(ground: &Ground, unit: Id<Unit>) -> Aim {
    let directory = &ground.org.value;
    let person = directory.on_duty(unit, ground.now).and_then(|d| d.person).map(|p| p.uuid());
    let path = directory.unit(unit).map_or_else(|| directory.root().path.clone(), |u| u.path.clone());
    Aim { person, roles: DESKS, path }
}

/// Whoever answers for a unit.
pub fn head(ground: &Ground, unit: Id<Unit>) -> Aim {
    let directory = &ground.org.value;
    let path = directory.unit(unit).map_or_else(|| directory.root().path.clone(), |u| u.path.clone());
    Aim { person: None, roles: HEADS, path }
}

/// The accounts of each aim, in the order of the aims: two statements however many they are.
pub async fn accounts(tx: &mut Tx, now: Time, aims: &[Aim]) -> Result<Vec<Vec<Uuid>>> {
    if aims.is_empty() {
        return Ok(vec![]);
    }
    let people: Vec<Uuid> = sorted(aims.iter().filter_map(|a| a.person));
    let roles: Vec<&str> = sorted(aims.iter().flat_map(|a| a.roles.iter().copied()));
    let paths: Vec<String> = sorted(aims.iter().flat_map(|a| upwards(&a.path)).map(str::to_owned));
    let known = store::reachable(tx, &people).await?;
    let holders = store::holders_at(tx, &roles, &paths, now).await?;
    let found = |aim: &Aim| {
        let person = known.iter().filter(|r| Some(r.person) == aim.person).map(|r| r.account);
        let person: Vec<Uuid> = person.collect();
        if person.is_empty() { nearest(&holders, aim) } else { person }
    };
    Ok(aims.iter().map(found).collect())
}

/// Whoever holds one of the roles at the place, else at the nearest place above.
fn nearest(holders: &[Holder], aim: &Aim) -> Vec<Uuid> {
    let at = |path: &str| -> Vec<Uuid> {
        let here = holders.iter().filter(|h| h.path == path && aim.roles.contains(&h.role.as_str()));
        sorted(here.map(|h| h.account))
    };
    upwards(&aim.path).map(at).find(|found| !found.is_empty()).unwrap_or_default()
}

/// A path and every path above it, up to the root's own and `/`.
fn upwards(path: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(path), |p| {
        let above = p.trim_end_matches('/').rfind('/')?;
        (above + 1 < p.len()).then(|| &p[..=above])
    })
}

fn sorted<T: Ord>(items: impl Iterator<Item = T>) -> Vec<T> {
    let mut all: Vec<T> = items.collect();
    all.sort_unstable();
    all.dedup();
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_place_with_a_holder_decides() {
        assert_eq!(upwards("/a/b/").collect::<Vec<_>>(), ["/a/b/", "/a/", "/"]);
        let holder =
            |n: u128, role: &str, path: &str| Holder { account: Uuid::from_u128(n), role: role.into(), path: path.into() };
        let holders = [
            holder(1, "street-leader", "/d/"),
            holder(2, "street-leader", "/d/s/"),
            holder(3, "community-desk", "/d/s/c/"),
            holder(4, "street-leader", "/"),
        ];
        let found = |roles, path: &str| {
            let aim = Aim { person: None, roles, path: path.into() };
            nearest(&holders, &aim).iter().map(Uuid::as_u128).collect::<Vec<_>>()
        };
        assert_eq!(found(LEADERS, "/d/s/c/g/"), [2]);
        assert_eq!(found(HEADS, "/d/s/c/g/"), [3]);
        assert_eq!(found(LEADERS, "/d/x/"), [1]);
        assert_eq!(found(SUPERVISORS, "/d/s/"), [] as [u128; 0]);
    }
}
