use std::pin::Pin;

use kernel::{Result, Time};
use tokio::io::AsyncRead;

use crate::Key;

/// An asynchronous answer of a store.
pub type Future<'a, T> = Pin<Box<dyn std::future::Future<Output = Result<T>> + Send + 'a>>;

/// A content that is read piece by piece, and how many bytes it has.
pub struct Reading {
    /// How many bytes will come.
    pub bytes: u64,
    /// The bytes.
    pub content: Pin<Box<dyn AsyncRead + Send>>,
}

/// One stored content, as a sweep sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its address.
    pub key: Key,
    /// Its length.
    pub bytes: u64,
    /// When it was last put.
    pub put_at: Time,
}

/// What a check of one content found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    /// The content is what its key says.
    Sound,
    /// There is a content, but not the one that its key says.
    Damaged,
    /// There is nothing at this key.
    Nothing,
}

/// A store of contents by their key. All that the rest of the program knows of where files lie.
pub trait Blobs: Send + Sync {
    /// Keeps the content; when this returns it survives a power cut. What is there already is renewed.
    fn put(&self, content: Vec<u8>) -> Future<'_, Key>;
    /// The whole content, if it is there.
    fn get(&self, key: Key) -> Future<'_, Option<Vec<u8>>>;
    /// The content piece by piece, if it is there.
    fn read(&self, key: Key) -> Future<'_, Option<Reading>>;
    /// Removes the content and says whether it was there.
    fn delete(&self, key: Key) -> Future<'_, bool>;
    /// Up to `limit` entries after this key, in the order of their keys; the caller asks on from the last one until none comes.
    fn list(&self, after: Option<Key>, limit: usize) -> Future<'_, Vec<Entry>>;
    /// Reads the content and compares it with its key.
    fn verify(&self, key: Key) -> Future<'_, Found>;
}
