#![doc = include_str!("../README.md")]
#![warn(missing_docs)]

mod bell;
mod claim;
mod job;
mod keep;
mod tick;
mod worker;

pub use bell::ring;
pub use claim::{Claimed, LONGEST_LEASE, Outcome, backoff, claim, extend, fail, finish, release};
pub use job::{Job, cancel, enqueue, enqueue_all, reschedule};
pub use keep::{Dead, Load, dead, discard, load, purge, requeue};
pub use tick::Every;
pub use worker::{Context, Settings, Worker};

/// The table of jobs.
pub const MIGRATION: db::Migration<'static> =
    db::Migration { name: "0002_jobs", text: include_str!("../../../migrations/0002_jobs.sql") };
