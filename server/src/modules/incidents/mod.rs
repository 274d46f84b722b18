//! Cases (案件): a report becomes a case, is dispatched with a clock and a light, solved, verified, closed and rated.
//!
//! Words: a *case* is one matter at one place; a *task* is one unit's part in it; a *step* is an entry of its history. The step log is
//! the truth: state, lights and deadlines in the case's row are what replaying the log gives, and `verify clocks` proves it.
//!
//! Invariants: a case always has an owner; every change goes through [`actions::Change`], which writes case, steps and audit row
//! together; nobody verifies what he handled; a department's matter is never assigned to the grassroots.
//!
//! Files: `model` (words, table of transitions, gate), `clocks` (deadlines as a pure function), `store` (SQL), `actions/` (use cases),
//! `view` (what callers see), `carry` (many cases for a device), `learn` (the classifier), `duplicates`, `search`, `track` (the reporter's link), `http` (routes).

use db::Db;
use kernel::{Id, Result, Time};
use text::Model;
use utoipa_axum::router::OpenApiRouter;

use crate::{
    app::App,
    modules::{
        Module,
        catalogue::{Catalogue, Matter},
    },
    snapshot::Snapshot,
};

pub mod actions;
pub mod carry;
pub mod clocks;
mod daily;
mod dossier;
pub mod duplicates;
pub mod explain;
mod export;
mod html;
mod http;
pub mod import;
mod jobs;
pub mod learn;
pub mod model;
pub mod moves;
pub mod numbers;
pub mod orders;
mod partner;
pub mod rules;
pub mod search;
pub mod store;
#[cfg(test)]
mod tests;
pub mod track;
pub mod transitions;
pub mod verify;
pub mod view;
pub mod watch;

pub use export::{Format, export};
pub use jobs::{summons, work};

/// See [`crate::modules`].
pub const MODULE: Module = Module {
    name: "incidents",
    rank: 4,
    beside: &[],
    tables: &[
        "incident",
        "incident_step",
        "incident_task",
        "incident_follower",
        "incident_rating",
        "incident_frozen",
        "incident_extension",
        "incident_alarm",
        "supervision",
        "incident_order_reply",
        "incident_filter",
        "incident_share",
        "task_link",
        "leave_handover",
        "leave_handover_task",
        "incident_number",
        "incident_call",
        "incident_words",
        "incident_unindexed",
        "incident_erasure",
        "return_reason",
        "incident_return",
        "incident_review",
        "dispatch_attempt",
        "incident_whistle",
        "incident_whistle_rating",
        "incident_emergency",
        "incident_bell",
        "incident_look",
        "duty_handover",
        "classifier_correction",
        "classifier_model",
    ],
    routes: || OpenApiRouter::new().merge(http::open_to_all()).merge(http::staff()),
};

/// What this slice keeps in memory.
pub struct Memory {
    model: Snapshot<Model>,
    numbers: numbers::Numbers,
    watch: watch::Watch,
}

impl Memory {
    /// Loads the newest classifier.
    pub async fn load(db: &Db) -> Result<Self> {
        let memory =
            Self { model: Snapshot::new(0, untrained()), numbers: numbers::Numbers::default(), watch: watch::Watch::default() };
        memory.refresh(db).await?;
        Ok(memory)
    }

    /// Loads the classifier again when a newer one was published.
    pub async fn refresh(&self, db: &Db) -> Result<()> {
        let mut conn = db.read().await?;
        let revision = crate::snapshot::revision(&mut conn, learn::REVISION).await?;
        if revision != self.model.get().revision
            && let Some((_, model)) = learn::newest(&mut conn).await?
        {
            self.model.put(revision, model);
        }
        Ok(())
    }

    /// Which matter a text is about.
    pub fn recognise(
        &self,
        sure: model::Sure,
        catalogue: &Catalogue,
        body: &str,
        chosen: Option<Id<Matter>>,
    ) -> Result<learn::Recognised> {
        learn::recognise(&self.model.get().value, sure, catalogue, body, chosen)
    }

    /// The words that speak for what was recognised.
    pub fn words(&self, redacted: &str) -> Vec<learn::Word> {
        learn::words(&self.model.get().value, redacted)
    }

    /// The next case number.
    pub async fn number(&self, app: &App, now: Time) -> Result<String> {
        self.numbers.next(app, now).await
    }
}

/// A model without labels: it knows nothing, so every report waits for a human.
fn untrained() -> Model {
    text::train(std::iter::empty::<(&str, &str)>(), &text::Options::default())
}
