//! Lists that people save by name, for themselves or for everybody of a unit.

use db::Tx;
use kernel::{Actor, Error, FieldError, Id, Result, Scope};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Ground, required};
use crate::modules::{
    access::audit::Audit,
    incidents::{
        store::filters::{self, FilterRow, SavedFilter},
        view::Named,
    },
    org::Unit,
};

/// How many lists one account may save.
const MOST: i64 = 50;

kernel::codes! {
    /// The account has a list of this name.
    FILTER_NAME_USED = "filter-name-used";
}

/// A list to be saved.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewFilter {
    /// At most forty characters.
    pub name: String,
    /// The parameters of the list of cases, without `limit` and `cursor`.
    #[schema(value_type = Object)]
    pub query: serde_json::Value,
    /// Shared with everybody whose cases lie in this unit or below.
    #[serde(default)]
    #[schema(value_type = Option<uuid::Uuid>)]
    pub unit: Option<Id<Unit>>,
}

/// A saved list.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct FilterView {
    id: uuid::Uuid,
    name: String,
    #[schema(value_type = Object)]
    query: serde_json::Value,
    /// The unit that it is shared with.
    unit: Option<Named>,
    /// Whether the caller saved it and may delete it.
    mine: bool,
    made_at: kernel::Time,
}

/// A list as the caller sees it.
pub fn seen(ground: &Ground, who: &Actor, row: FilterRow) -> FilterView {
    let named = |id: Id<Unit>| Named::unit(ground, id);
    FilterView {
        id: row.id.uuid(),
        name: row.name,
        query: row.query,
        unit: row.unit_id.map(named),
        mine: row.account == who.id,
        made_at: row.made_at,
    }
}

/// The paths of the units that a scope lies in: its own and all above, up to the district.
pub fn within(root: &str, scope: &Scope) -> Vec<String> {
    let paths = match scope {
        Scope::All => vec![root.to_owned()],
        Scope::Under(paths) => {
            paths.iter().map(|p| if root.starts_with(p.as_str()) { root.to_owned() } else { p.clone() }).collect()
        }
    };
    let mut all: Vec<String> =
        paths.iter().flat_map(|p| p.match_indices('/').skip(1).map(|(at, _)| p[..=at].to_owned())).collect();
    all.sort_unstable();
    all.dedup();
    all
}

/// Saves a list whose query the caller has checked.
pub async fn save_filter(tx: &mut Tx, ground: &Ground, who: &Actor, scope: &Scope, body: &NewFilter) -> Result<FilterRow> {
    let name = text::redact(required("name", &body.name, 40)?).text;
    if body.query["q"].as_str().is_some_and(|q| text::redact(q).text != q) {
        return Err(Error::invalid("query.q", "personal"));
    }
    let unit = match body.unit {
        None => None,
        Some(id) => {
            let unit = ground.org.value.unit(id).filter(|u| scope.holds(&u.path));
            Some(unit.ok_or_else(|| Error::invalid("unit", "unknown-unit"))?)
        }
    };
    if filters::count_filters(tx, who.id).await? >= MOST {
        return Err(Error::Invalid(vec![FieldError::new("name", "too-many").with("limit", MOST)]));
    }
    let (id, query) = (Id::<SavedFilter>::new(ground.now), body.query.clone());
    let row = FilterRow { id, account: who.id, name, query, unit_id: unit.map(|u| u.id), made_at: ground.now };
    if let Err(error) = filters::save_filter(tx, &row, unit.map(|u| u.path.as_str())).await {
        let used = db::unique_violation(&error) == Some("uq_incident_filter_name");
        return Err(if used { Error::refused(FILTER_NAME_USED) } else { error });
    }
    let audit = Audit::new("filter.save", "filter", id.uuid()).with("unit", body.unit.map(|u| u.to_string()));
    audit.record(tx, ground.now, who).await?;
    Ok(row)
}

/// Forgets a list of one's own.
pub async fn forget_filter(tx: &mut Tx, ground: &Ground, who: &Actor, id: Id<SavedFilter>) -> Result<()> {
    if !filters::forget_filter(tx, who.id, id).await? {
        return Err(Error::NotFound);
    }
    Audit::new("filter.delete", "filter", id.uuid()).record(tx, ground.now, who).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_shared_downwards() {
        let under = |p: &[&str]| within("/9/", &Scope::Under(p.iter().map(|p| (*p).to_owned()).collect()));
        assert_eq!(within("/9/", &Scope::All), ["/9/"]);
        assert_eq!(under(&["/"]), ["/9/"]);
        assert_eq!(under(&["/9/1/11/"]), ["/9/", "/9/1/", "/9/1/11/"]);
        assert_eq!(under(&["/9/1/", "/9/2/"]), ["/9/", "/9/1/", "/9/2/"]);
        assert_eq!(under(&[]), Vec::<String>::new());
    }
}
