#![doc = include_str!("../README.md")]
#![warn(missing_docs)]

#[cfg(feature = "db")]
mod database;
pub mod postgres;

use std::{
    path::{Path, PathBuf},
    sync::OnceLock,
};

#[cfg(feature = "db")]
pub use database::{TestDb, postgres_url, run};
#[cfg(feature = "db")]
pub use db::Engine;

/// The optional data beside the project: `JINGWEI_DATA`, or else `../shared/data` from the workspace's root.
///
/// Prints that the caller skips when there is none, so that a run tells what it did not try.
pub fn data_dir() -> Option<PathBuf> {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    let dir = std::env::var_os("JINGWEI_DATA").map_or_else(beside, PathBuf::from);
    if dir.is_dir() {
        return Some(dir);
    }
    eprintln!("skipped: no data at {} (set JINGWEI_DATA)", dir.display());
    None
}

/// The folder for files that need not last: memory when the machine offers 2 GiB of it, since hundreds of databases on a busy disk are
/// some thirty times slower; otherwise the usual temporary folder. `TMPDIR` decides when it is set.
pub fn scratch() -> &'static Path {
    static SCRATCH: OnceLock<PathBuf> = OnceLock::new();
    SCRATCH.get_or_init(|| {
        let memory = Path::new("/dev/shm");
        let free = || {
            let df = std::process::Command::new("df").args(["--output=avail", "--block-size=1M"]).arg(memory).output().ok()?;
            String::from_utf8(df.stdout).ok()?.lines().nth(1)?.trim().parse::<u64>().ok()
        };
        let roomy = std::env::var_os("TMPDIR").is_none() && memory.is_dir() && free().is_some_and(|mib| mib >= 2048);
        if roomy { memory.to_owned() } else { std::env::temp_dir() }
    })
}

/// Declares tests that run on both engines: each function becomes a module of its name with the tests `sqlite` and `postgres`,
/// each on a runtime of its own with several threads. Attributes and docs stay on the function.
#[cfg(feature = "db")]
#[macro_export]
macro_rules! both {
    ($($(#[$meta:meta])* async fn $name:ident($engine:ident : $type:ty) $(-> $output:ty)? $body:block)+) => {$(
        $(#[$meta])*
        async fn $name($engine: $type) $(-> $output)? $body

        mod $name {
            #[test]
            fn sqlite() $(-> $output)? {
                $crate::run(super::$name($crate::Engine::Sqlite))
            }
            #[test]
            fn postgres() $(-> $output)? {
                $crate::run(super::$name($crate::Engine::Postgres))
            }
        }
    )+};
}
