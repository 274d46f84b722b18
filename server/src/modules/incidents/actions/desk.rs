//! Who is told when a unit is called: those who sit at its desk, and whoever is on duty there.

use db::Tx;
use kernel::{Id, Permission, Result, Time};
use uuid::Uuid;

use crate::{
    app::App,
    modules::{
        access,
        org::{Directory, Unit},
    },
};

/// The accounts at the desks of these units: who holds a role with this permission right there, and these people.
pub async fn accounts(
    tx: &mut Tx,
    app: &App,
    permission: Permission,
    units: &[Id<Unit>],
    people: &[Uuid],
    now: Time,
) -> Result<Vec<Uuid>> {
    let (org, roles) = (app.org.directory(), app.access.roles.get());
    let directory: &Directory = &org.value;
    let roles: Vec<&str> = roles.value.values().filter(|r| r.permissions.contains(&permission)).map(|r| r.key.as_str()).collect();
    let mut places: Vec<&str> = units.iter().filter_map(|u| directory.unit(*u)).map(|u| u.path.as_str()).collect();
    // Who holds a role in the whole district sits at the district's desk.
    if units.contains(&directory.root().id) {
        places.push("/");
    }
    let mut found = access::store::accounts_at(tx, &roles, &places, now).await?;
    for account in access::store::accounts_of(tx, people).await? {
        if !found.contains(&account) {
            found.push(account);
        }
    }
    Ok(found)
}

/// A day and a time as a notice says them in any language: `03-14 02:10`.
pub fn moment(app: &App, at: Time) -> String {
    app.zone.wall(at).strftime("%m-%d %H:%M").to_string()
}
