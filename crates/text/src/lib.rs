#![doc = include_str!("../README.md")]
#![warn(missing_docs)]

mod classify;
pub mod codes;
mod fold;
mod mask;
mod redact;

pub use classify::{Choice, LabelReport, Model, ModelError, Options, Prediction, Report, evaluate, train};
pub use fold::fold;
pub use mask::{mask_id, mask_name, mask_phone};
pub use redact::{Kind, Redacted, Span, redact};
