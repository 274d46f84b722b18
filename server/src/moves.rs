//! What follows a unit that gets another path: it moves below another, gets another code, or is merged into another.
//!
//! Grants hold at paths, and cases lie at paths, so both follow in the transaction that moves the unit: nobody loses sight of a case, and nobody
//! gains one, for a moment. Each slice names its own columns with [`follows!`](crate::follows); `guards` holds that no column of a path is forgotten.
//! What says where something was filed or done, such as the audit record and the frozen figures, stays.

use db::{Cell, Tx, bind};
use kernel::{Id, Result};

use crate::modules::{access, admission, incidents, org::Unit, publishing};

/// A subtree that has another path from now on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Move {
    /// The path that it had.
    pub from: String,
    /// The path that it has.
    pub to: String,
}

impl Move {
    /// The values of a statement of [`follows!`](crate::follows): the old path, the end of its range, the new path.
    pub fn cells(&self) -> Vec<Cell> {
        bind![self.from, format!("{}0", self.from.trim_end_matches('/')), self.to]
    }
}

/// A unit that has ended and the one that answers for what was open there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Succession {
    /// The unit that ended.
    pub from: Id<Unit>,
    /// The unit that goes on.
    pub to: Id<Unit>,
    /// Its path.
    pub path: String,
}

/// Columns of a slice that follow the units, and the function that moves them: `follows!("table" "column", …)`.
#[macro_export]
macro_rules! follows {
    ($($table:literal $column:literal),+ $(,)?) => {
        /// The columns of this slice that hold where something lies now: table and column.
        pub const FOLLOWING: &[(&str, &str)] = &[$(($table, $column)),+];

        /// Moves them, and says how many rows that were.
        pub async fn follow(tx: &mut ::db::Tx, one: &$crate::moves::Move) -> ::kernel::Result<u64> {
            let mut rows = 0;
            $(
                let statement = ::db::sql!(concat!(
                    "update ", $table, " set ", $column, " = $3 || substr(", $column, ", length(cast($1 as text)) + 1) where ", $column,
                    " >= $1 and ", $column, " < $2"
                ));
                rows += tx.execute(statement, one.cells()).await?;
            )+
            Ok(rows)
        }
    };
}

/// Lets everything follow, the deepest subtree first; says how many rows that were.
pub async fn follow(tx: &mut Tx, moves: &[Move]) -> Result<u64> {
    let mut rows = 0;
    for one in moves {
        access::moves::drop_doubles(tx, one).await?;
        rows += access::moves::follow(tx, one).await?;
        rows += admission::moves::follow(tx, one).await?;
        rows += incidents::moves::follow(tx, one).await?;
        rows += publishing::moves::follow(tx, one).await?;
    }
    Ok(rows)
}

/// Hands over what is open at a unit that has ended.
pub async fn succeed(tx: &mut Tx, succession: &Succession) -> Result<u64> {
    incidents::moves::succeed(tx, succession).await
}

/// Every column that follows: table and column.
pub fn following() -> Vec<(&'static str, &'static str)> {
    [access::moves::FOLLOWING, admission::moves::FOLLOWING, incidents::moves::FOLLOWING, publishing::moves::FOLLOWING].concat()
}

/// Columns of paths that stay: what they say is about then.
pub const STAYING: &[(&str, &str, &str)] = &[
    ("audit", "path", "the record says where something was done"),
    ("unit_state", "path", "the history of the units themselves"),
    ("incident", "filed_path", "figures are counted where a case was filed"),
    ("incident_frozen", "filed_path", "figures that stand are where they were counted"),
    ("report_exclusion", "filed_path", "a part of a figure"),
];
