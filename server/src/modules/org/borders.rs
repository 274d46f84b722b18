//! Borders as GeoJSON: of the whole district, and of what one caller works in.

use db::Conn;
use kernel::{Error, Id, Result, Scope, Time};
use serde_json::Value;

use super::{
    Directory,
    model::{GRID, MAIN_LAYER, Unit},
    store::{self, BorderRow},
};

/// The grids in force that a scope holds, at most so many.
pub fn grids_under(known: &Directory, scope: &Scope, at: Time, most: usize) -> Vec<Id<Unit>> {
    let within = known.units().filter(|u| u.at(at).is_some_and(|s| s.kind == GRID && scope.holds(&s.path)));
    within.map(|u| u.id).take(most).collect()
}

/// The borders of the grids that a scope holds, as a FeatureCollection; nothing when there are more than `most`.
pub async fn own_borders(conn: &mut Conn, known: &Directory, scope: &Scope, at: Time, most: usize) -> Result<Option<Value>> {
    let grids = grids_under(known, scope, at, most + 1);
    if grids.is_empty() || grids.len() > most {
        return Ok(None);
    }
    let rows = store::borders_of(conn, MAIN_LAYER, at, &grids).await?;
    serde_json::from_str(&collection(known, &rows)).map(Some).map_err(Error::internal)
}

/// Borders as one FeatureCollection, with code, name and type.
pub(super) fn collection(known: &Directory, rows: &[BorderRow]) -> String {
    let mut text = String::with_capacity(rows.iter().map(|r| r.border.len() + 200).sum());
    text.push_str(r#"{"type":"FeatureCollection","features":["#);
    let mut first = true;
    for row in rows {
        let Some(unit) = known.unit(row.unit_id) else { continue };
        let properties = serde_json::json!({ "code": unit.code, "name": unit.name, "type": row.kind });
        text.push_str(if first { "\n" } else { ",\n" });
        first = false;
        text.push_str(r#"{"type":"Feature","properties":"#);
        text.push_str(&properties.to_string());
        text.push_str(r#","geometry":"#);
        text.push_str(&row.border);
        text.push('}');
    }
    text.push_str("\n]}\n");
    text
}
