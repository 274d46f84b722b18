#![doc = include_str!("../README.md")]
#![warn(missing_docs)]

mod bigrams;
mod classify;
pub mod codes;
mod duplicates;
mod fold;
mod mask;
mod redact;

pub use bigrams::{bigrams, is_prefix, query_bigrams};
pub use classify::{Choice, LabelReport, Model, ModelError, Options, Prediction, Report, evaluate, train};
pub use duplicates::{Fingerprint, LIKELY, POSSIBLE, score};
pub use fold::fold;
pub use mask::{mask_id, mask_name, mask_phone};
pub use redact::{Kind, Redacted, Span, redact};
