//! Roles: bundles of permissions, held as data.
//!
//! `roles.csv` and `permissions.csv` are what a new district starts with. A district that edits a role keeps its own version;
//! the others follow the files when the program is updated.

use std::collections::BTreeMap;

use db::{Conn, Query, Tx, bind, record, sql};
use kernel::{Error, Permission, Result};
use serde::Deserialize;

use super::yes_or_no;

const ROLES: &str = include_str!("roles.csv");
const PERMISSIONS: &str = include_str!("permissions.csv");

/// The three administrators that exclude one another; the table `account_role` knows the same three.
pub const OFFICES: [&str; 3] = ["system-admin", "security-admin", "audit-admin"];

/// A bundle of permissions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Role {
    /// Its stable word.
    pub key: String,
    /// Its name in Chinese.
    pub zh: String,
    /// Its name in English.
    pub en: String,
    /// The face that its holder lands on.
    pub home: String,
    /// Whether a log-in is a lease of the device for seven days rather than a working day's session.
    pub device_lease: bool,
    /// Whether its holder needs a second factor.
    pub second_factor: bool,
    /// What it allows.
    pub permissions: Vec<Permission>,
}

/// The roles of the district by key.
pub type Roles = BTreeMap<String, Role>;

#[derive(Deserialize)]
struct RoleLine {
    key: String,
    zh: String,
    en: String,
    home: String,
    #[serde(deserialize_with = "yes_or_no")]
    device_lease: bool,
    #[serde(deserialize_with = "yes_or_no")]
    second_factor: bool,
}

#[derive(Deserialize)]
struct PermissionLine {
    permission: String,
    roles: String,
}

record! {
    #[derive(PartialEq)]
    struct Row { key: String, zh: String, en: String, home: String, device_lease: bool, second_factor: bool, permissions: String, edited: bool }
}

/// Brings the table up to the files, and reads it.
pub async fn load(db: &db::Db) -> Result<Roles> {
    let files = from_files()?;
    let stored = read_rows(&mut *db.read().await?).await?;
    let outdated: Vec<&Row> = files.iter().filter(|f| !stored.iter().any(|s| s.key == f.key && (s.edited || s == *f))).collect();
    if outdated.is_empty() {
        return Ok(stored.into_iter().map(role).collect());
    }
    let mut tx = db.begin();
    store(&mut tx, &outdated).await?;
    tx.commit().await?;
    read(&mut *db.read().await?).await
}

/// The roles as the database has them.
pub async fn read(conn: &mut Conn) -> Result<Roles> {
    Ok(read_rows(conn).await?.into_iter().map(role).collect())
}

async fn read_rows(conn: &mut Conn) -> Result<Vec<Row>> {
    let statement = sql!("select key, zh, en, home, device_lease, second_factor, permissions, edited from role");
    conn.all(statement, bind![]).await
}

async fn store(tx: &mut Tx, rows: &[&Row]) -> Result<()> {
    let mut query = Query::new("insert into role (key, zh, en, home, device_lease, second_factor, permissions) values");
    for (n, r) in rows.iter().enumerate() {
        let cells = bind![r.key, r.zh, r.en, r.home, r.device_lease, r.second_factor, r.permissions];
        query = query.push_list(if n == 0 { "" } else { "," }, cells);
    }
    let query = query.push(
        "on conflict (key) do update set zh = excluded.zh, en = excluded.en, home = excluded.home, device_lease = excluded.device_lease,
         second_factor = excluded.second_factor, permissions = excluded.permissions",
        bind![],
    );
    tx.execute_query(query).await?;
    crate::snapshot::bump(tx, "roles").await
}

fn role(row: Row) -> (String, Role) {
    let known = Permission::all();
    // A word that this build does not declare grants nothing; a test holds the files free of such words.
    let permissions = row.permissions.split(' ').filter_map(|w| known.iter().find(|p| p.0 == w).copied()).collect();
    let Row { key, zh, en, home, device_lease, second_factor, .. } = row;
    (key.clone(), Role { key, zh, en, home, device_lease, second_factor, permissions })
}

fn from_files() -> Result<Vec<Row>> {
    let permissions = lines::<PermissionLine>(PERMISSIONS)?;
    let rows = lines::<RoleLine>(ROLES)?.into_iter().map(|r| {
        let held = permissions.iter().filter(|p| p.roles.split(' ').any(|k| k == r.key)).map(|p| p.permission.as_str());
        let permissions = held.collect::<Vec<_>>().join(" ");
        let RoleLine { key, zh, en, home, device_lease, second_factor } = r;
        Row { key, zh, en, home, device_lease, second_factor, permissions, edited: false }
    });
    Ok(rows.collect())
}

fn lines<T: serde::de::DeserializeOwned>(text: &str) -> Result<Vec<T>> {
    csv::Reader::from_reader(text.as_bytes()).deserialize().collect::<Result<_, _>>().map_err(Error::internal)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Slices land one after another: a module that declares nothing yet may be named, one that declares something must declare all.
    #[test]
    fn the_files_name_every_permission_and_no_other() {
        let declared = Permission::all();
        let lines = lines::<PermissionLine>(PERMISSIONS).unwrap();
        let module = |word: &str| word.split('.').next().unwrap_or_default().to_owned();
        let modules: Vec<String> = declared.iter().map(|p| module(p.0)).collect();
        let unknown: Vec<&str> = lines
            .iter()
            .map(|l| l.permission.as_str())
            .filter(|word| modules.contains(&module(word)) && !declared.iter().any(|p| p.0 == *word))
            .collect();
        assert!(unknown.is_empty(), "permissions.csv names what nobody declares: {unknown:?}");
        let unheld: Vec<&str> = declared
            .iter()
            .map(|p| p.0)
            .filter(|word| !lines.iter().any(|l| l.permission == *word && !l.roles.trim().is_empty()))
            .collect();
        assert!(unheld.is_empty(), "add these to permissions.csv: {unheld:?}");
    }

    #[test]
    fn the_files_name_roles_that_exist() {
        let rows = from_files().unwrap();
        let keys: Vec<&str> = rows.iter().map(|r| r.key.as_str()).collect();
        for line in lines::<PermissionLine>(PERMISSIONS).unwrap() {
            for role in line.roles.split(' ') {
                assert!(keys.contains(&role), "{}: no role {role}", line.permission);
            }
        }
        assert!(OFFICES.iter().all(|o| keys.contains(o)));
    }
}
