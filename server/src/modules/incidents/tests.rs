//! The straight road over HTTP, and what leaves it, on both engines.

mod archive;
mod away;
mod callback;
mod clock_laws;
mod clock_oracle;
pub(super) mod clocks;
mod doubtful;
mod emergency;
mod erase;
mod exports;
mod guards;
mod ladder;
mod many;
mod merge;
mod open;
mod partner;
mod pauses;
mod photos;
mod previews;
mod reference;
mod returns;
mod road;
mod second;
mod sign;
mod watch;
mod whistle;
