//! Words and pure rules of what leaves the straight road, a file a topic.

pub mod archive;
pub mod away;
pub mod callback;
pub mod emergency;
pub mod figures;
pub mod ladder;
pub mod links;
pub mod merge;
pub mod pauses;
pub mod photos;
pub mod places;
pub mod retention;
pub mod returns;
pub mod second;
pub mod sent;
pub mod sign;
pub mod spoken;
pub mod supervision;
pub mod warning;
pub mod whistle;
