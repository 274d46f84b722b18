//! Training: dual coordinate descent for L2-regularised squared hinge, one label against the rest
//! (Hsieh et al., "A Dual Coordinate Descent Method for Large-scale Linear SVM", ICML 2008, algorithm 1).

use super::{
    Model, Options,
    features::{self, Vocabulary},
};
use std::collections::BTreeMap;

/// Rows of sparse features of length one, with the label of each.
pub(super) struct Matrix {
    starts: Vec<usize>,
    columns: Vec<u32>,
    values: Vec<f32>,
    labels: Vec<u32>,
}

impl Matrix {
    fn row(&self, at: usize) -> impl Iterator<Item = (u32, f32)> + '_ {
        let range = self.starts[at]..self.starts[at + 1];
        self.columns[range.clone()].iter().copied().zip(self.values[range].iter().copied())
    }

    pub fn len(&self) -> usize {
        self.labels.len()
    }
}

/// A fast deterministic sequence (SplitMix64), enough to shuffle rows.
struct Sequence(u64);

impl Sequence {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    fn shuffle(&mut self, items: &mut [u32]) {
        for at in (1..items.len()).rev() {
            items.swap(at, (self.next() % (at as u64 + 1)) as usize);
        }
    }
}

/// The plane that parts one label from the others.
struct Plane {
    weights: Vec<f32>,
    bias: f32,
}

impl Plane {
    fn score(&self, matrix: &Matrix, at: usize) -> f32 {
        self.bias + matrix.row(at).map(|(column, value)| self.weights[column as usize] * value).sum::<f32>()
    }
}

/// How exactly the dual is solved; LIBLINEAR's own default for this loss is 0.1.
const TOLERANCE: f32 = 0.02;
const MAX_EPOCHS: usize = 60;

/// Fits the plane of `label` on the rows named by `chosen`, every feature scaled by how much its presence says about the label.
fn fit(matrix: &Matrix, chosen: &[u32], width: usize, label: u32, options: &Options) -> Plane {
    let ratios = ratios(matrix, chosen, width, label);
    let positive = chosen.iter().filter(|&&at| matrix.labels[at as usize] == label).count();
    // A rare label's rows weigh more, by a power of how rare it is.
    let lift = (chosen.len() as f32 / (2.0 * positive.max(1) as f32)).max(1.0).powf(options.balance);
    let mut sides: Vec<Side> = vec![Side::default(); matrix.len()];
    for &at in chosen {
        let is_positive = matrix.labels[at as usize] == label;
        let squares: f32 = matrix.row(at as usize).map(|(column, value)| (ratios[column as usize] * value).powi(2)).sum();
        let damping = 0.5 / (options.cost * if is_positive { lift } else { 1.0 });
        // The bias counts as one more feature of value one.
        sides[at as usize] = Side { sign: if is_positive { 1.0 } else { -1.0 }, damping, curvature: squares + 1.0 + damping };
    }
    let mut plane = descend(matrix, chosen, &sides, &ratios, Sequence(options.seed ^ u64::from(label) << 32));
    for (weight, ratio) in plane.weights.iter_mut().zip(&ratios) {
        *weight *= ratio;
    }
    plane
}

/// What a row is to the label that is being fitted.
#[derive(Clone, Copy, Default)]
struct Side {
    sign: f32,
    damping: f32,
    /// Second derivative of the dual in the row's own multiplier.
    curvature: f32,
}

/// Solves the dual row by row until no multiplier wants to move.
fn descend(matrix: &Matrix, chosen: &[u32], sides: &[Side], ratios: &[f32], mut sequence: Sequence) -> Plane {
    let mut order = chosen.to_vec();
    let mut alpha = vec![0.0_f32; matrix.len()];
    let mut plane = Plane { weights: vec![0.0; ratios.len()], bias: 0.0 };
    for _ in 0..MAX_EPOCHS {
        sequence.shuffle(&mut order);
        let mut worst = 0.0_f32;
        for &at in &order {
            let at = at as usize;
            let side = sides[at];
            let score: f32 = matrix.row(at).map(|(c, value)| plane.weights[c as usize] * ratios[c as usize] * value).sum();
            let gradient = side.sign * (score + plane.bias) - 1.0 + alpha[at] * side.damping;
            let projected = if alpha[at] > 0.0 { gradient } else { gradient.min(0.0) };
            worst = worst.max(projected.abs());
            if projected == 0.0 {
                continue;
            }
            let next = (alpha[at] - gradient / side.curvature).max(0.0);
            let step = (next - alpha[at]) * side.sign;
            alpha[at] = next;
            plane.bias += step;
            for (column, value) in matrix.row(at) {
                plane.weights[column as usize] += step * ratios[column as usize] * value;
            }
        }
        if worst < TOLERANCE {
            break;
        }
    }
    plane
}

/// How many rows a label needs before its ratios count for half.
const TRUSTED_ROWS: f32 = 100.0;
/// Rows that are imagined beside the real ones, spread as if the feature said nothing.
const IMAGINED_ROWS: f32 = 3.0;

/// How much each feature says about a label: the size of the naive-Bayes log ratio of its frequencies inside and outside
/// (Wang and Manning, "Baselines and Bigrams", ACL 2012), mixed with 1 as far as the label has too few rows to tell.
fn ratios(matrix: &Matrix, chosen: &[u32], width: usize, label: u32) -> Vec<f32> {
    let (mut inside, mut outside, mut positive) = (vec![0_u32; width], vec![0_u32; width], 0_u32);
    for &at in chosen {
        let is_positive = matrix.labels[at as usize] == label;
        positive += u32::from(is_positive);
        let counts = if is_positive { &mut inside } else { &mut outside };
        for (column, _) in matrix.row(at as usize) {
            counts[column as usize] += 1;
        }
    }
    let (positive, all) = (positive as f32, chosen.len() as f32);
    if positive < 1.0 || positive >= all {
        return vec![1.0; width];
    }
    let trust = positive / (positive + TRUSTED_ROWS);
    let frequency = |count: u32, rows: f32| (count as f32 + IMAGINED_ROWS * rows / all) / rows;
    inside
        .iter()
        .zip(&outside)
        .map(|(&inside, &outside)| {
            let ratio = (frequency(inside, positive) / frequency(outside, all - positive)).ln().abs();
            1.0 - trust + trust * ratio
        })
        .collect()
}

/// Fits every label on its own; threads share the labels out, which changes nothing in the result.
fn fit_all(matrix: &Matrix, chosen: &[u32], width: usize, labels: usize, options: &Options) -> Vec<Plane> {
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(labels.max(1));
    let mut planes: Vec<Option<Plane>> = (0..labels).map(|_| None).collect();
    std::thread::scope(|scope| {
        let mut shares: Vec<Vec<(u32, &mut Option<Plane>)>> = (0..threads).map(|_| Vec::new()).collect();
        for (label, slot) in planes.iter_mut().enumerate() {
            shares[label % threads].push((label as u32, slot));
        }
        for share in shares {
            scope.spawn(move || {
                for (label, slot) in share {
                    *slot = Some(fit(matrix, chosen, width, label, options));
                }
            });
        }
    });
    planes.into_iter().flatten().collect()
}

/// Trains a model; see [`super::train`].
pub(super) fn train<L: AsRef<str>, T: AsRef<str>>(rows: impl IntoIterator<Item = (L, T)>, options: &Options) -> Model {
    let (names, labels, documents) = read(rows, options);
    let (vocabulary, idf) = choose(&documents, names.len(), options);
    let matrix = weigh(&documents, labels, &vocabulary, &idf);
    drop(documents);
    let sharpness = calibrate(&matrix, vocabulary.len(), names.len(), options);
    let chosen: Vec<u32> = (0..matrix.len() as u32).collect();
    let planes = fit_all(&matrix, &chosen, vocabulary.len(), names.len(), options);
    let mut model = Model::empty(names, options, vocabulary, idf, sharpness);
    for (label, plane) in planes.iter().enumerate() {
        model.set_plane(label, &plane.weights, plane.bias);
    }
    model
}

/// One document: sorted keys with how often each occurs.
type Document = Vec<(u32, u16)>;

/// Reads the rows into documents; labels are numbered in the order of their names, so that their order of appearance does not matter.
fn read<L: AsRef<str>, T: AsRef<str>>(
    rows: impl IntoIterator<Item = (L, T)>,
    options: &Options,
) -> (Vec<String>, Vec<u32>, Vec<Document>) {
    let mut numbers: BTreeMap<String, u32> = BTreeMap::new();
    let (mut labels, mut documents) = (Vec::new(), Vec::new());
    let (mut chars, mut keys) = (Vec::new(), Vec::new());
    for (label, text) in rows {
        let next = numbers.len() as u32;
        labels.push(*numbers.entry(label.as_ref().to_owned()).or_insert(next));
        features::characters(text.as_ref(), options.limit, &mut chars);
        keys.clear();
        features::grams(&chars, |key, _, _| keys.push(key));
        keys.sort_unstable();
        documents.push(
            keys.chunk_by(|a, b| a == b)
                .map(|same| (same[0], same.len().min(usize::from(u16::MAX)) as u16))
                .collect::<Document>(),
        );
    }
    let mut sorted = vec![0; numbers.len()];
    for (place, &number) in numbers.values().enumerate() {
        sorted[number as usize] = place as u32;
    }
    for label in &mut labels {
        *label = sorted[*label as usize];
    }
    (numbers.into_keys().collect(), labels, documents)
}

/// Chooses the grams to keep: seen in enough documents, and rarer ones given up first when the weights would not fit.
fn choose(documents: &[Document], labels: usize, options: &Options) -> (Vocabulary, Vec<f32>) {
    let mut keys: Vec<u32> = documents.iter().flatten().map(|&(key, _)| key).collect();
    keys.sort_unstable();
    let counted: Vec<(u32, u32)> = keys.chunk_by(|a, b| a == b).map(|same| (same[0], same.len() as u32)).collect();
    let most = options.weights / labels.max(1);
    let mut least = options.least.max(1);
    while counted.iter().filter(|&&(_, count)| count >= least).count() > most {
        least += 1;
    }
    let kept: Vec<(u32, u32)> = counted.into_iter().filter(|&(_, count)| count >= least).collect();
    let mut vocabulary = Vocabulary::with_room(kept.len());
    let all = documents.len() as f32;
    let idf = kept
        .into_iter()
        .map(|(key, count)| {
            vocabulary.insert(key);
            ((1.0 + all) / (1.0 + count as f32)).ln() + 1.0
        })
        .collect();
    (vocabulary, idf)
}

fn weigh(documents: &[Document], labels: Vec<u32>, vocabulary: &Vocabulary, idf: &[f32]) -> Matrix {
    let mut matrix = Matrix { starts: vec![0], columns: Vec::new(), values: Vec::new(), labels };
    for document in documents {
        let start = matrix.columns.len();
        for &(key, count) in document {
            if let Some(row) = vocabulary.get(key) {
                matrix.columns.push(row);
                matrix.values.push(features::damped(count) * idf[row as usize]);
            }
        }
        let norm = matrix.values[start..].iter().map(|v| v * v).sum::<f32>().sqrt().max(f32::MIN_POSITIVE);
        for value in &mut matrix.values[start..] {
            *value /= norm;
        }
        matrix.starts.push(matrix.columns.len());
    }
    matrix
}

/// How sharply margins turn into confidences when there is too little to fit it on.
const DEFAULT_SHARPNESS: f32 = 4.0;

/// Fits the one number of the softmax over margins (temperature scaling) on a fifth of the rows that a first training has not seen.
fn calibrate(matrix: &Matrix, width: usize, labels: usize, options: &Options) -> f32 {
    if matrix.len() < 50 || labels < 2 {
        return DEFAULT_SHARPNESS;
    }
    let mut order: Vec<u32> = (0..matrix.len() as u32).collect();
    Sequence(options.seed).shuffle(&mut order);
    let (held, seen) = order.split_at(order.len() / 5);
    let planes = fit_all(matrix, seen, width, labels, options);
    let margins: Vec<(usize, Vec<f32>)> = held
        .iter()
        .map(|&at| {
            let scores = planes.iter().map(|plane| plane.score(matrix, at as usize)).collect();
            (matrix.labels[at as usize] as usize, scores)
        })
        .collect();
    let loss = |sharpness: f32| -> f32 {
        margins.iter().map(|(label, scores)| -super::softmax(scores, sharpness, *label).max(1e-6).ln()).sum()
    };
    minimum(loss, 0.5, 40.0)
}

/// The least of a function with one valley, by golden section.
fn minimum(f: impl Fn(f32) -> f32, mut low: f32, mut high: f32) -> f32 {
    const GOLDEN: f32 = 0.618_034;
    for _ in 0..30 {
        let (left, right) = (high - GOLDEN * (high - low), low + GOLDEN * (high - low));
        if f(left) < f(right) {
            high = right;
        } else {
            low = left;
        }
    }
    f32::midpoint(low, high)
}
