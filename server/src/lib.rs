//! Jingwei: community governance by grids. One process serves one district from one database.

pub mod app;
pub mod cli;
pub mod http;
pub mod lang;
pub mod modules;
pub mod moves;
pub mod relay;
pub mod settings;
pub mod sight;
pub mod snapshot;
pub mod table;
#[cfg(feature = "testing")]
pub mod testing;
pub mod work;
