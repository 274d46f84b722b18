//! The straight road over HTTP, and what leaves it, on both engines.

mod clocks;
mod doubtful;
mod guards;
mod road;
