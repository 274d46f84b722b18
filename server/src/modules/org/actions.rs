//! What changes the organisation.

use db::Tx;
use kernel::{Error, Id, Result, Time};

use super::{
    model::{DISTRICT, Unit, UnitState},
    store,
};
use crate::snapshot;

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
