//! Words and pure rules of what leaves the straight road, a file a topic.

pub mod archive;
pub mod away;
pub mod emergency;
pub mod ladder;
pub mod links;
pub mod merge;
pub mod pauses;
pub mod returns;
pub mod sign;
pub mod whistle;
