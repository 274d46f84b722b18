//! What people are told: in the face at once, by mail when they wish it, and as a live stream of what changes.
//!
//! - In the **quiet hours** nobody is disturbed but for an emergency: a notice is written and stands in the list, but the stream announces
//!   it, and mail brings it, when they end. What is urgent comes at once.
//! - A **notice** tells one account that something happened to an object. Its words are made from its kind by the face; its parameters
//!   hold no personal data.
//! - A **message** is a notice on its way out through a channel. It waits through the quiet hours unless it is urgent, and is never sent
//!   when the notice was read before. No mail server, no outgoing connection.
//! - A **change** says that an object is no longer what a face read: its kind and id, nothing else, and only to those who may see it.

use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{app::Shared, modules::Module};

mod actions;
mod http;
mod hub;
mod jobs;
mod mail;
mod model;
mod store;
mod stream;
#[cfg(test)]
mod stream_tests;
#[cfg(test)]
mod tests;

pub use actions::{forget, tell, tidy};
pub use hub::{Memory, follow, publish};
pub use jobs::work;
pub use mail::{Delivered, MAIL, MailServer, Protection, deliver};
pub use model::{Notice, QUIET, QuietHours};

/// See [`crate::modules`].
pub const MODULE: Module = Module { name: "notices", rank: 2, beside: &[], tables: &["notice", "notice_wish", "outbox"], routes };

fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(http::list))
        .routes(routes!(http::count))
        .routes(routes!(http::read))
        .routes(routes!(http::read_all))
        .routes(routes!(http::wishes, http::wish))
        .routes(routes!(stream::events))
}
