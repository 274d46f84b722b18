//! How good a model is on rows that it has not seen.

use super::Model;
use serde::Serialize;
use std::collections::BTreeMap;

/// Figures of a model on labelled rows.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    /// Rows judged.
    pub n: usize,
    /// Share of rows whose best label is right.
    pub accuracy: f64,
    /// Share of rows whose right label is among the three named.
    pub top3: f64,
    /// Mean F1 over the labels that occur in the rows or in the answers, a label without a hit counting 0 (as scikit-learn has it).
    pub macro_f1: f64,
    /// Figures of each such label.
    pub per_label: BTreeMap<String, LabelReport>,
}

/// Figures of one label.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LabelReport {
    /// Right answers ÷ answers that name this label; 0 when none does.
    pub precision: f64,
    /// Right answers ÷ rows of this label; 0 when there are none.
    pub recall: f64,
    /// Harmonic mean of the two.
    pub f1: f64,
    /// Rows of this label.
    pub support: usize,
}

#[derive(Default)]
struct Tally {
    hits: usize,
    named: usize,
    support: usize,
}

/// Judges a model on `(label, text)` rows. A label that the model does not know counts as missed.
pub fn evaluate<L: AsRef<str>, T: AsRef<str>>(model: &Model, rows: impl IntoIterator<Item = (L, T)>) -> Report {
    let mut tallies: BTreeMap<String, Tally> = BTreeMap::new();
    let (mut n, mut hits, mut near) = (0, 0, 0);
    for (label, text) in rows {
        let (label, top) = (label.as_ref(), model.predict(text.as_ref()).top);
        n += 1;
        tallies.entry(label.to_owned()).or_default().support += 1;
        near += usize::from(top.iter().any(|choice| model.label(choice.label) == label));
        if let Some(first) = top.first() {
            let tally = tallies.entry(model.label(first.label).to_owned()).or_default();
            let hit = usize::from(model.label(first.label) == label);
            tally.named += 1;
            tally.hits += hit;
            hits += hit;
        }
    }
    let per_label: BTreeMap<String, LabelReport> = tallies.into_iter().map(|(label, tally)| (label, tally.report())).collect();
    Report {
        n,
        accuracy: share(hits, n),
        top3: share(near, n),
        macro_f1: per_label.values().map(|label| label.f1).sum::<f64>() / per_label.len().max(1) as f64,
        per_label,
    }
}

impl Tally {
    fn report(&self) -> LabelReport {
        LabelReport {
            precision: share(self.hits, self.named),
            recall: share(self.hits, self.support),
            f1: share(2 * self.hits, self.named + self.support),
            support: self.support,
        }
    }
}

fn share(part: usize, whole: usize) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}
