//! Forms for extra fields: what a matter asks beyond the place and the words.
//!
//! Words: a *form* has a name and versions; a *field* is one question; an *answer* is the object of values by field key, stored
//! beside the form and version that it was given to.
//!
//! Invariants: versions are never changed or deleted; saving an unchanged form makes no version; a stored answer holds only
//! fields of its form, in the types of its form.

use utoipa_axum::router::OpenApiRouter;

use crate::modules::Module;

mod model;
mod store;

pub use model::{Choice, Field, FieldKind, Form, FormRef, Label};
pub use store::{all, load, save};

/// See [`crate::modules`].
pub const MODULE: Module =
    Module { name: "forms", rank: 2, beside: &[], tables: &["form", "form_version"], routes: OpenApiRouter::new };

#[cfg(test)]
mod tests;
