//! A linear classifier for short Chinese texts that trains in seconds, answers in microseconds and learns from each correction.

mod evaluate;
mod features;
mod file;
#[cfg(test)]
mod tests;
mod train;

pub use evaluate::{LabelReport, Report, evaluate};
pub use file::ModelError;

use features::Vocabulary;
use std::cell::RefCell;

/// How a model is trained. The defaults were chosen on real complaints; see the README for the figures.
#[derive(Debug, Clone)]
pub struct Options {
    /// Price of a wrong or narrow answer against the size of the weights (`C` of LIBLINEAR).
    pub cost: f32,
    /// How much more the rows of a rare label weigh: 0 all alike, 1 as much as all other rows together.
    pub balance: f32,
    /// A gram must occur in so many documents to be kept.
    pub least: u32,
    /// Characters read of a text; longer texts are cut there, so that the work for one text is bounded.
    pub limit: usize,
    /// Most weights (grams × labels) of a model; each takes two bytes. The rarest grams are given up first.
    pub weights: usize,
    /// Seed of the shuffles. The same rows in the same order with the same seed give the same model.
    pub seed: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self { cost: 1.0, balance: 0.5, least: 1, limit: 2_000, weights: 8_000_000, seed: 1 }
    }
}

/// A trained classifier: an immutable snapshot for reading, or a clone that goes on learning.
#[derive(Debug, Clone)]
pub struct Model {
    /// Number of the version, for whoever publishes models; starts at 1 and is raised by [`Model::learn`].
    revision: u64,
    limit: usize,
    labels: Vec<String>,
    vocabulary: Vocabulary,
    idf: Vec<f32>,
    /// Weights in steps of `scale`: row by row, `stride` to a row.
    weights: Vec<i16>,
    stride: usize,
    scale: f32,
    bias: Vec<f32>,
    sharpness: f32,
}

/// One possible label and how sure the model is of it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Choice {
    /// Index for [`Model::label`].
    pub label: usize,
    /// 0..1; the confidences of all labels sum to 1.
    pub confidence: f32,
}

/// The answer for one text.
#[derive(Debug, Clone, PartialEq)]
pub struct Prediction {
    /// The best labels, at most three, the surest first. Empty only for a model without labels.
    pub top: Vec<Choice>,
    /// 0..1: how much of the text the model has seen before, as the share of its pairs of characters that are in the vocabulary. A text of
    /// nothing but strange words gets confidences that mean little; whoever acts on them asks for a share as well.
    pub known: f32,
}

/// How many labels an answer names.
const TOP: usize = 3;
/// Share of the full correcting step that one correction takes.
const PACE: f32 = 0.5;

/// Trains a model from `(label, text)` rows in seconds: thousands of rows, up to hundreds of labels.
pub fn train<L: AsRef<str>, T: AsRef<str>>(rows: impl IntoIterator<Item = (L, T)>, options: &Options) -> Model {
    train::train(rows, options)
}

/// Memory that is used again from text to text.
#[derive(Default)]
struct Scratch {
    chars: Vec<u32>,
    /// How often each row occurs in the text; all zero between texts.
    counts: Vec<u16>,
    seen: Vec<u32>,
    /// The text's rows with their weights, of length one together.
    features: Vec<(u32, f32)>,
    scores: Vec<f32>,
    /// Pairs of characters in the text, and how many of them the model knows.
    pairs: (u32, u32),
}

thread_local! {
    static SCRATCH: RefCell<Scratch> = RefCell::default();
}

impl Model {
    /// The names of the labels; a label's place is its index.
    pub fn labels(&self) -> &[String] {
        &self.labels
    }

    /// The name of a label that a [`Choice`] of this model names.
    pub fn label(&self, index: usize) -> &str {
        &self.labels[index]
    }

    /// The number of this version.
    pub fn revision(&self) -> u64 {
        self.revision
    }

    /// Sets the number of this version, before it is published.
    #[must_use]
    pub fn with_revision(mut self, revision: u64) -> Self {
        self.revision = revision;
        self
    }

    /// Bytes that the model takes in memory, nearly.
    pub fn size(&self) -> usize {
        self.weights.len() * 2 + self.idf.len() * 4 + self.vocabulary.bytes()
    }

    /// The best labels for a text. Bounded work, no I/O; scratch memory is kept per thread.
    pub fn predict(&self, text: &str) -> Prediction {
        SCRATCH.with_borrow_mut(|scratch| {
            self.read(text, scratch);
            self.score(scratch);
            let (pairs, known) = scratch.pairs;
            Prediction { top: self.best(&scratch.scores), known: known as f32 / pairs.max(1) as f32 }
        })
    }

    /// The words that spoke for the best label, the strongest first, at most eight: every gram's share is spread over its characters and
    /// neighbouring characters that spoke clearly for the label are read together.
    pub fn explain(&self, text: &str) -> Vec<(String, f32)> {
        SCRATCH.with_borrow_mut(|scratch| {
            self.read(text, scratch);
            self.score(scratch);
            let Some(&best) = self.best(&scratch.scores).first() else { return Vec::new() };
            let shares = self.shares(scratch, best.label);
            words(&scratch.chars, &shares)
        })
    }

    /// Learns one correction at once: half a passive-aggressive step (Crammer et al., JMLR 7, 2006) that moves the text's own label towards its
    /// margin and every label that claimed the text away from it. A label or gram that is new is added. Raises the revision.
    ///
    /// ```
    /// let mut model = text::train([("roads", "路面破损有大坑"), ("waste", "垃圾堆在楼道里")], &text::Options::default());
    /// model.learn("夜里广场舞的音响太吵", "noise");
    /// assert_eq!(model.label(model.predict("广场舞音响太吵").top[0].label), "noise");
    /// ```
    pub fn learn(&mut self, text: &str, label: &str) {
        let label = self.label_or_new(label);
        SCRATCH.with_borrow_mut(|scratch| {
            self.admit(text, scratch);
            self.read(text, scratch);
            self.score(scratch);
            for (other, &score) in scratch.scores.iter().enumerate() {
                let side = if other == label { 1.0 } else { -1.0 };
                // The features have length one, so that a step of the whole loss would end on the margin. Biases stay: corrections are
                // mistakes only, and biases that follow them forget how frequent the labels are (macro-F1 falls from 0.79 to 0.69).
                let step = side * PACE * (1.0 - side * score).max(0.0);
                for &(row, value) in &scratch.features {
                    let cell = &mut self.weights[row as usize * self.stride + other];
                    *cell = cell.saturating_add((step * value / self.scale).round() as i16);
                }
            }
        });
        self.revision += 1;
    }

    fn empty(labels: Vec<String>, options: &Options, vocabulary: Vocabulary, idf: Vec<f32>, sharpness: f32) -> Self {
        let stride = stride(labels.len());
        let weights = vec![0; idf.len() * stride];
        let bias = vec![0.0; labels.len()];
        Self { revision: 1, limit: options.limit, labels, vocabulary, idf, weights, stride, scale: SCALE, bias, sharpness }
    }

    fn set_plane(&mut self, label: usize, weights: &[f32], bias: f32) {
        self.bias[label] = bias;
        for (row, weight) in weights.iter().enumerate() {
            self.weights[row * self.stride + label] = (weight / self.scale).round() as i16;
        }
    }

    /// Reads a text into `scratch.features`.
    fn read(&self, text: &str, scratch: &mut Scratch) {
        let Scratch { chars, counts, seen, features, pairs, .. } = scratch;
        *pairs = (0, 0);
        features::characters(text, self.limit, chars);
        if counts.len() < self.idf.len() {
            counts.resize(self.idf.len(), 0);
        }
        seen.clear();
        features::grams(chars, |key, _, length| {
            let row = self.vocabulary.get(key);
            if length == 2 {
                *pairs = (pairs.0 + 1, pairs.1 + u32::from(row.is_some()));
            }
            if let Some(row) = row {
                let count = &mut counts[row as usize];
                if *count == 0 {
                    seen.push(row);
                }
                *count = count.saturating_add(1);
            }
        });
        features.clear();
        let mut squares = 0.0;
        for &row in seen.iter() {
            let value = features::damped(std::mem::take(&mut counts[row as usize])) * self.idf[row as usize];
            squares += value * value;
            features.push((row, value));
        }
        let norm = squares.sqrt().max(f32::MIN_POSITIVE);
        for (_, value) in features.iter_mut() {
            *value /= norm;
        }
    }

    /// The margin of every label into `scratch.scores`.
    fn score(&self, scratch: &mut Scratch) {
        let scores = &mut scratch.scores;
        scores.clear();
        scores.resize(self.stride, 0.0);
        for &(row, value) in &scratch.features {
            let start = row as usize * self.stride;
            for (score, &weight) in scores.iter_mut().zip(&self.weights[start..start + self.stride]) {
                *score += value * f32::from(weight);
            }
        }
        scores.truncate(self.labels.len());
        for (score, bias) in scores.iter_mut().zip(&self.bias) {
            *score = *score * self.scale + bias;
        }
    }

    fn best(&self, scores: &[f32]) -> Vec<Choice> {
        let mut top: Vec<usize> = Vec::with_capacity(TOP + 1);
        for label in 0..scores.len() {
            let at = top.iter().position(|&other| scores[label] > scores[other]).unwrap_or(top.len());
            if at < TOP {
                top.insert(at, label);
                top.truncate(TOP);
            }
        }
        top.into_iter().map(|label| Choice { label, confidence: softmax(scores, self.sharpness, label) }).collect()
    }

    /// What every character of the text that was read adds to the margin of `label`.
    fn shares(&self, scratch: &mut Scratch, label: usize) -> Vec<f32> {
        let mut shares = vec![0.0; scratch.chars.len()];
        for &(row, _) in &scratch.features {
            scratch.counts[row as usize] = 0;
        }
        let mut occurrences: std::collections::HashMap<u32, Vec<(usize, usize)>> = std::collections::HashMap::new();
        features::grams(&scratch.chars, |key, start, length| {
            if let Some(row) = self.vocabulary.get(key) {
                occurrences.entry(row).or_default().push((start, length));
            }
        });
        for &(row, value) in &scratch.features {
            let weight = f32::from(self.weights[row as usize * self.stride + label]) * self.scale;
            let places = &occurrences[&row];
            for &(start, length) in places {
                for share in &mut shares[start..start + length] {
                    *share += value * weight / (places.len() * length) as f32;
                }
            }
        }
        shares
    }

    /// The index of a label, which is added when it is new.
    fn label_or_new(&mut self, name: &str) -> usize {
        if let Some(at) = self.labels.iter().position(|label| label == name) {
            return at;
        }
        let wider = stride(self.labels.len() + 1);
        if wider > self.stride {
            let mut weights = vec![0; self.idf.len() * wider];
            for (row, old) in self.weights.chunks_exact(self.stride.max(1)).enumerate() {
                weights[row * wider..row * wider + old.len()].copy_from_slice(old);
            }
            self.weights = weights;
            self.stride = wider;
        }
        self.labels.push(name.to_owned());
        // Planes of rare labels pass well below zero, and so starts a new one.
        self.bias.push(-1.0);
        self.labels.len() - 1
    }

    /// Gives every new gram of the text a row of zero weights, as long as the model has room.
    fn admit(&mut self, text: &str, scratch: &mut Scratch) {
        features::characters(text, self.limit, &mut scratch.chars);
        // A new gram counts as rare as the rarest one known.
        let rarest = self.idf.iter().copied().fold(1.0, f32::max);
        features::grams(&scratch.chars, |key, _, _| {
            if self.vocabulary.get(key).is_none() && self.weights.len() + self.stride <= MOST_WEIGHTS {
                self.vocabulary.insert(key);
                self.idf.push(rarest);
                self.weights.resize(self.weights.len() + self.stride, 0);
            }
        });
    }
}

/// Weights are kept in steps of this size, up to ±8 in 16 bits: finer than what one correction moves, wider than any plane on texts of length one.
const SCALE: f32 = 1.0 / 4096.0;
/// No model grows beyond 32 MB of weights by learning.
const MOST_WEIGHTS: usize = 16_000_000;

/// Weights to a row: the labels, in groups of eight for the processor's sake.
fn stride(labels: usize) -> usize {
    labels.next_multiple_of(8)
}

/// The confidence of one label: softmax over the margins, `sharpness` times over.
fn softmax(scores: &[f32], sharpness: f32, label: usize) -> f32 {
    // Relative to the label itself no power overflows to more than infinity, whose inverse is an honest zero.
    1.0 / scores.iter().map(|score| ((score - scores[label]) * sharpness).exp()).sum::<f32>()
}

/// Runs of characters that spoke clearly for the label, with the sum of their shares.
fn words(chars: &[u32], shares: &[f32]) -> Vec<(String, f32)> {
    let clear = shares.iter().copied().fold(0.0, f32::max) * 0.35;
    let speaks =
        |at: usize| shares[at] > 0.0 && shares[at] >= clear && char::from_u32(chars[at]).is_some_and(char::is_alphanumeric);
    let mut found: std::collections::BTreeMap<String, f32> = std::collections::BTreeMap::new();
    let mut at = 0;
    while at < chars.len() {
        let end = (at..chars.len()).find(|&end| !speaks(end)).unwrap_or(chars.len());
        if end > at {
            let word = chars[at..end].iter().filter_map(|&c| char::from_u32(c)).collect();
            *found.entry(word).or_default() += shares[at..end].iter().sum::<f32>();
        }
        at = end.max(at) + 1;
    }
    let mut found: Vec<_> = found.into_iter().collect();
    found.sort_by(|a, b| b.1.total_cmp(&a.1));
    found.truncate(8);
    found
}
