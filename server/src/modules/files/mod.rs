//! Photographs that people send: cleaned before they are kept, then claimed by the thing they show.
//!
//! - An **upload** is cleaned (decoded and encoded anew, no metadata left) before any transaction; its position and time go into columns.
//! - An upload belongs to nobody until a command **attaches** it to a thing of another slice. What nobody claims within a day is removed.
//! - A photograph is **served** only through the route of the slice that owns the thing it hangs on: that slice has asked who may see it.
//!
//! Uploading twice leaves a second upload that nobody claims, so uploads need no idempotency key. A caller with an account who says what the
//! bytes hash to (`Content-Digest`) gets the first upload again, as long as nothing claimed it.

use axum::extract::DefaultBodyLimit;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{app::Shared, modules::Module};

mod actions;
mod http;
mod jobs;
mod model;
mod serve;
mod store;
#[cfg(test)]
mod tests;

pub use actions::{attach, forget, put_only, upload};
pub use jobs::{collect, remove, sweep, work};
pub use model::{File, FileInfo, MOST_PHOTOS};
pub use serve::{Look, serve};
pub use store::{hashes, of, of_many, retitle, sent_by};

/// See [`crate::modules`].
pub const MODULE: Module = Module { name: "files", rank: 1, beside: &[], tables: &["file"], routes };

fn routes() -> OpenApiRouter<Shared> {
    // The handler counts the bytes itself, with a larger limit than other bodies have.
    OpenApiRouter::new().routes(routes!(http::upload)).layer(DefaultBodyLimit::disable())
}
