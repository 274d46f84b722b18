//! The model as bytes: a head that says what follows and its SHA-256, then numbers in little-endian order.

use super::{MOST_WEIGHTS, Model, SCALE, features::Vocabulary, stride};
use sha2::{Digest, Sha256};

/// First bytes of every model.
const MAGIC: [u8; 8] = *b"TEXTCLS\n";
/// Raised when the layout below or the features change: an old model would answer nonsense.
const FORMAT: u32 = 1;
/// Magic, format, revision, length of the content, hash.
const HEAD: usize = 8 + 4 + 8 + 8 + 32;

/// Why bytes are not a model.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ModelError {
    /// The bytes begin like something else.
    #[error("not a classifier model")]
    NotAModel,
    /// Written by a version of this crate that lays models out in another way; train anew.
    #[error("model format {found}, this program reads format {FORMAT}")]
    Format {
        /// The format that the bytes name.
        found: u32,
    },
    /// Shorter or longer than the head says, or changed since they were written.
    #[error("the model is damaged: {0}")]
    Damaged(&'static str),
}

impl Model {
    /// The model as bytes for a file or a database.
    pub fn save(&self) -> Vec<u8> {
        let mut content = Vec::with_capacity(self.size());
        put(&mut content, self.limit as u32);
        put(&mut content, self.sharpness.to_bits());
        put(&mut content, self.labels.len() as u32);
        for (label, bias) in self.labels.iter().zip(&self.bias) {
            put(&mut content, label.len() as u32);
            content.extend_from_slice(label.as_bytes());
            put(&mut content, bias.to_bits());
        }
        put(&mut content, self.idf.len() as u32);
        for (row, key) in self.vocabulary.keys().into_iter().enumerate() {
            put(&mut content, key);
            put(&mut content, self.idf[row].to_bits());
            for weight in &self.weights[row * self.stride..row * self.stride + self.labels.len()] {
                content.extend_from_slice(&weight.to_le_bytes());
            }
        }
        let mut bytes = Vec::with_capacity(HEAD + content.len());
        bytes.extend_from_slice(&MAGIC);
        bytes.extend_from_slice(&FORMAT.to_le_bytes());
        bytes.extend_from_slice(&self.revision.to_le_bytes());
        bytes.extend_from_slice(&(content.len() as u64).to_le_bytes());
        bytes.extend_from_slice(&digest(self.revision, &content));
        bytes.extend_from_slice(&content);
        bytes
    }

    /// Reads what [`Model::save`] wrote. The hash is checked before anything is believed and no count claims more memory than the bytes hold.
    pub fn load(bytes: &[u8]) -> Result<Self, ModelError> {
        let mut head = Reader(bytes);
        if head.take(8).map_err(|_| ModelError::NotAModel)? != MAGIC {
            return Err(ModelError::NotAModel);
        }
        let found = head.u32()?;
        if found != FORMAT {
            return Err(ModelError::Format { found });
        }
        let revision = head.u64()?;
        let length = head.u64()?;
        let hash = head.take(32)?;
        let content = head.0;
        if length != content.len() as u64 {
            return Err(ModelError::Damaged("its length is not what its head says"));
        }
        if hash != digest(revision, content) {
            return Err(ModelError::Damaged("its hash does not match"));
        }
        load_content(revision, content)
    }
}

pub(super) fn load_content(revision: u64, content: &[u8]) -> Result<Model, ModelError> {
    let mut content = Reader(content);
    let limit = content.u32()? as usize;
    let sharpness = content.f32()?;
    let count = content.count(8)?;
    let (mut labels, mut bias) = (Vec::with_capacity(count), Vec::with_capacity(count));
    for _ in 0..count {
        let length = content.count(1)?;
        let label = content.take(length)?;
        labels.push(String::from_utf8(label.to_vec()).map_err(|_| ModelError::Damaged("a label is not UTF-8"))?);
        bias.push(content.f32()?);
    }
    let rows = content.count(8 + 2 * labels.len())?;
    let stride = stride(labels.len());
    // The stride pads a row, so the bytes alone do not bound the memory.
    if rows.saturating_mul(stride) > MOST_WEIGHTS {
        return Err(ModelError::Damaged("it has more weights than any model"));
    }
    let mut vocabulary = Vocabulary::with_room(rows);
    let (mut idf, mut weights) = (Vec::with_capacity(rows), vec![0; rows * stride]);
    for row in 0..rows {
        if vocabulary.insert(content.u32()?) as usize != row {
            return Err(ModelError::Damaged("a gram occurs twice"));
        }
        idf.push(content.f32()?);
        for cell in &mut weights[row * stride..row * stride + labels.len()] {
            *cell = i16::from_le_bytes(content.array()?);
        }
    }
    if !content.0.is_empty() {
        return Err(ModelError::Damaged("there is more than a model"));
    }
    Ok(Model { revision, limit, labels, vocabulary, idf, weights, stride, scale: SCALE, bias, sharpness })
}

fn digest(revision: u64, content: &[u8]) -> [u8; 32] {
    Sha256::new().chain_update(revision.to_le_bytes()).chain_update(content).finalize().into()
}

fn put(out: &mut Vec<u8>, number: u32) {
    out.extend_from_slice(&number.to_le_bytes());
}

struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, length: usize) -> Result<&'a [u8], ModelError> {
        let (taken, rest) = self.0.split_at_checked(length).ok_or(ModelError::Damaged("it ends too early"))?;
        self.0 = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], ModelError> {
        let (taken, rest) = self.0.split_first_chunk().ok_or(ModelError::Damaged("it ends too early"))?;
        self.0 = rest;
        Ok(*taken)
    }

    fn u32(&mut self) -> Result<u32, ModelError> {
        self.array().map(u32::from_le_bytes)
    }

    fn u64(&mut self) -> Result<u64, ModelError> {
        self.array().map(u64::from_le_bytes)
    }

    fn f32(&mut self) -> Result<f32, ModelError> {
        let number = f32::from_bits(self.u32()?);
        if number.is_finite() { Ok(number) } else { Err(ModelError::Damaged("a number is not finite")) }
    }

    /// A count of things that take at least `each` bytes, so that it cannot exceed what is left.
    fn count(&mut self, each: usize) -> Result<usize, ModelError> {
        let count = self.u32()? as usize;
        if count > self.0.len() / each { Err(ModelError::Damaged("a count exceeds its bytes")) } else { Ok(count) }
    }
}
