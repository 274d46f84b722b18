use std::time::Duration;

use kernel::{Error, codes};

codes! {
    /// The database is held by somebody else for longer than a caller should wait.
    STORAGE_BUSY = "storage-busy";
    /// The disk or the database is full; reading goes on.
    STORAGE_FULL = "storage-full";
}

/// A unique index that was hit, carried through [`Error::Internal`] until a slice gives it a meaning.
#[derive(Debug)]
struct Unique(String);

impl std::fmt::Display for Unique {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "unique index {} already holds this", self.0)
    }
}
impl std::error::Error for Unique {}

/// The name of the unique index that the error says was hit, on either engine.
pub fn unique_violation(error: &Error) -> Option<&str> {
    match error {
        Error::Internal(cause) => cause.downcast_ref::<Unique>().map(|u| u.0.as_str()),
        _ => None,
    }
}

/// What an error of the driver means. `unique_name` tells the name of the index from SQLite's list of columns.
pub(crate) fn from_driver(error: sqlx::Error, unique_name: impl Fn(&str) -> Option<String>) -> Error {
    let busy = |code, seconds| Error::Busy { code, retry_after: Duration::from_secs(seconds) };
    match &error {
        sqlx::Error::PoolTimedOut => return busy(STORAGE_BUSY, 1),
        sqlx::Error::Database(e) => {
            let code = e.code().unwrap_or_default();
            if e.is_unique_violation() {
                let name = e.constraint().map(str::to_owned).or_else(|| {
                    e.message().strip_prefix("UNIQUE constraint failed: ").map(|c| unique_name(c).unwrap_or_else(|| c.to_owned()))
                });
                return Error::Internal(anyhow::Error::new(Unique(name.unwrap_or_default())));
            }
            // SQLite's primary codes are the low byte: 5 BUSY, 6 LOCKED, 13 FULL. PostgreSQL: 53100 disk full, 53200/53300 out of
            // memory or connections, 55P03 lock not available, 40001 and 40P01 serialisation failure and deadlock.
            let sqlite = code.parse::<u32>().ok().filter(|_| code.len() < 5).map(|c| c & 0xff);
            return match (sqlite, code.as_ref()) {
                (Some(13), _) | (_, "53100") => busy(STORAGE_FULL, 60),
                (Some(5 | 6), _) | (_, "53200" | "53300" | "55P03" | "40001" | "40P01") => busy(STORAGE_BUSY, 1),
                _ => Error::Internal(anyhow::Error::new(error)),
            };
        }
        sqlx::Error::Io(e) if e.kind() == std::io::ErrorKind::StorageFull => return busy(STORAGE_FULL, 60),
        _ => {}
    }
    Error::Internal(anyhow::Error::new(error))
}
