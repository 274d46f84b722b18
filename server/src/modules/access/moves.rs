//! Grants follow the units in which they hold.

use db::{Tx, sql};
use kernel::Result;

use crate::{follows, moves::Move};

follows!("account_role" "path");

/// Takes back the grants that an account holds already where it would hold them after the move: one may hold a role once at a place.
pub async fn drop_doubles(tx: &mut Tx, one: &Move) -> Result<u64> {
    let statement = sql!(
        "delete from account_role where path >= $1 and path < $2 and exists (
           select 1 from account_role o where o.account = account_role.account and o.role = account_role.role
           and o.path = $3 || substr(account_role.path, length(cast($1 as text)) + 1))"
    );
    tx.execute(statement, one.cells()).await
}
