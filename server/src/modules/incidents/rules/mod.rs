//! Words and pure rules of what leaves the straight road, a file a topic.

pub mod ladder;
pub mod merge;
pub mod returns;
