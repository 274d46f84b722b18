//! From where a thing is in sight beside its own place, for whoever is told that it changed.
//!
//! A slice that shows its things to others than those above them says so here; it is asked when a change is told, not when it is made, so
//! that no command pays for it and nobody hears of what is no longer his to see.

use std::collections::HashMap;

use db::Conn;
use kernel::{Id, Result};
use uuid::Uuid;

use crate::modules::{access::audit::Sealed, incidents};

/// The places beside their own from which the changed things are in sight now, by thing: one statement when there are cases among them.
pub async fn beside(conn: &mut Conn, changes: &[Sealed]) -> Result<HashMap<Uuid, Vec<String>>> {
    let mut cases: Vec<Uuid> = changes.iter().filter(|c| c.object_kind == "incident").map(|c| c.object).collect();
    cases.sort_unstable();
    cases.dedup();
    let mut places: HashMap<Uuid, Vec<String>> = HashMap::new();
    if !cases.is_empty() {
        let cases: Vec<Id<_>> = cases.into_iter().map(Id::from_uuid).collect();
        for found in incidents::store::beside(conn, &cases).await? {
            places.entry(found.id.uuid()).or_default().push(found.path);
        }
    }
    Ok(places)
}
