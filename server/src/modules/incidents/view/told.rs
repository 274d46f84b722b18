//! What the steps of a case tell beside themselves: what they did to the clocks, and how words that stand elsewhere are said.

use super::StageView;
use crate::{
    app::App,
    modules::incidents::{
        actions::{Ground, days},
        explain::{Effect, explain},
        rules::spoken::Spoken,
        store::{Case, Entry},
    },
};

/// What the steps did to the clocks, and what is still to be met on the way.
#[derive(Default)]
pub(super) struct Told {
    pub effects: Vec<Vec<Effect>>,
    pub stages: Vec<StageView>,
}

/// Replays the log once. A history that the calendars do not know any more explains nothing, and can be read all the same.
pub(super) fn told(app: &App, ground: &Ground, case: &Case, steps: &[Entry]) -> Told {
    let days = days(&ground.catalogue.value, case, app.zone);
    let Ok((effects, faces)) = explain(&days, steps.iter().map(|s| (s.at, s.clock.0.as_slice()))) else { return Told::default() };
    let open = case.state.is_open();
    let stages =
        faces.into_iter().filter(|_| open).filter_map(|f| Some(StageView { name: f.stage?, by: f.runs.then_some(f.due) }));
    Told { effects, stages: stages.collect() }
}

/// What stands elsewhere in a step's words, by kind and gaps where the step says it so.
pub(super) fn spoken_as(words: Option<&str>, steps: &[Entry]) -> Option<Spoken> {
    let words = words?;
    steps.iter().rev().filter(|s| s.words == words).find_map(|s| s.spoken.clone()).map(|s| s.0)
}
