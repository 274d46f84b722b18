//! Encryption at rest, behind one seam.
//!
//! An envelope is `suite (1 byte), key id (4 bytes), nonce (12 bytes), ciphertext and tag`. The master key lies in a file outside
//! the database and its backups. Each person or case has a data key of its own, stored wrapped under the master key, so that
//! erasing a person is destroying one key. Blind indexes use separate HMAC keys.

use std::{fs, io::Write as _, path::Path};

use aes_gcm::{
    Aes256Gcm, KeyInit,
    aead::{Aead, Payload},
};
use hmac::{Hmac, Mac};
use kernel::{Error, Result};
use sha2::Sha256;

/// AES-256-GCM with HMAC-SHA-256. Other suites get other numbers and lie beside each other.
const SUITE: u8 = 1;
const HEADER: usize = 5;
const NONCE: usize = 12;

/// The master key and what is derived from it.
pub struct Keys {
    sealing: Aes256Gcm,
    wrapping: Aes256Gcm,
    blinding: [u8; 32],
    id: u32,
}

impl Keys {
    /// Reads the master key of a district's folder.
    pub fn load(data: &Path) -> Result<Self> {
        let path = data.join("master.key");
        let text = fs::read_to_string(&path).map_err(|e| Error::internal(format_args!("master key {}: {e}", path.display())))?;
        let bytes = decode_hex(text.trim()).ok_or_else(|| Error::internal("the master key is not 64 hexadecimal digits"))?;
        Ok(Self::derive(&bytes))
    }

    /// Makes a master key in a new district's folder, readable by its owner only; keeps one that is there.
    pub fn create(data: &Path) -> Result<()> {
        let path = data.join("master.key");
        if path.exists() {
            return Ok(());
        }
        let mut options = fs::OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let key: [u8; 32] = rand::random();
        let text: String = key.iter().map(|b| format!("{b:02x}")).collect();
        let written = options.open(&path).and_then(|mut f| f.write_all(text.as_bytes()).and_then(|()| f.sync_all()));
        written.map_err(|e| Error::internal(format_args!("master key {}: {e}", path.display())))
    }

    /// Derives the three working keys from the master key by HMAC with a label, as HKDF's expand step does.
    pub fn derive(master: &[u8; 32]) -> Self {
        let key = |label: &str| mac(master, &[label.as_bytes()]);
        let id = u32::from_be_bytes(key("id")[..4].try_into().unwrap_or_default());
        Self { sealing: cipher(&key("seal")), wrapping: cipher(&key("wrap")), blinding: key("blind"), id }
    }

    /// Seals bytes for one use; the context must be given again to open them.
    pub fn seal(&self, plain: &[u8], context: &str) -> Result<Vec<u8>> {
        seal(&self.sealing, self.id, plain, context)
    }

    /// Opens what [`Keys::seal`] sealed.
    pub fn open(&self, sealed: &[u8], context: &str) -> Result<Vec<u8>> {
        open(&self.sealing, sealed, context)
    }

    /// A fresh data key for a person or a case.
    pub fn data_key(&self) -> DataKey {
        DataKey(rand::random())
    }

    /// Wraps a data key for storing; `owner` is the id of the row that it belongs to.
    pub fn wrap(&self, key: &DataKey, owner: uuid::Uuid) -> Result<Vec<u8>> {
        seal(&self.wrapping, self.id, &key.0, &owner.to_string())
    }

    /// Unwraps a stored data key.
    pub fn unwrap(&self, wrapped: &[u8], owner: uuid::Uuid) -> Result<DataKey> {
        let bytes = open(&self.wrapping, wrapped, &owner.to_string())?;
        bytes.try_into().map(DataKey).map_err(|_| Error::internal("a wrapped key has the wrong length"))
    }

    /// The blind index of a value: equal values of one kind have equal indexes, and nothing else can be read from them.
    pub fn blind(&self, kind: &str, value: &str) -> Vec<u8> {
        mac(&self.blinding, &[kind.as_bytes(), b"\0", value.as_bytes()]).to_vec()
    }
}

/// The key of one person's or one case's personal fields.
pub struct DataKey([u8; 32]);

impl DataKey {
    /// Seals one field; the context is the field's name.
    pub fn seal(&self, plain: &str, field: &str) -> Result<Vec<u8>> {
        seal(&cipher(&self.0), 0, plain.as_bytes(), field)
    }

    /// Opens one field.
    pub fn open(&self, sealed: &[u8], field: &str) -> Result<String> {
        String::from_utf8(open(&cipher(&self.0), sealed, field)?).map_err(Error::internal)
    }
}

fn cipher(key: &[u8; 32]) -> Aes256Gcm {
    Aes256Gcm::new(key.into())
}

fn mac(key: &[u8; 32], parts: &[&[u8]]) -> [u8; 32] {
    // HMAC takes a key of any length, so a 32-byte key never fails.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else { return [0; 32] };
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

fn seal(cipher: &Aes256Gcm, id: u32, plain: &[u8], context: &str) -> Result<Vec<u8>> {
    let nonce: [u8; NONCE] = rand::random();
    let payload = Payload { msg: plain, aad: context.as_bytes() };
    let body = cipher.encrypt(&nonce.into(), payload).map_err(|_| Error::internal("sealing failed"))?;
    let mut out = Vec::with_capacity(HEADER + NONCE + body.len());
    out.push(SUITE);
    out.extend_from_slice(&id.to_be_bytes());
    out.extend_from_slice(&nonce);
    out.extend_from_slice(&body);
    Ok(out)
}

fn open(cipher: &Aes256Gcm, sealed: &[u8], context: &str) -> Result<Vec<u8>> {
    let bad = || Error::internal("a sealed value cannot be opened");
    if sealed.first() != Some(&SUITE) {
        return Err(Error::internal("a sealed value has an unknown suite"));
    }
    let nonce: [u8; NONCE] = sealed.get(HEADER..HEADER + NONCE).and_then(|n| n.try_into().ok()).ok_or_else(bad)?;
    let body = sealed.get(HEADER + NONCE..).ok_or_else(bad)?;
    cipher.decrypt(&nonce.into(), Payload { msg: body, aad: context.as_bytes() }).map_err(|_| bad())
}

fn decode_hex(text: &str) -> Option<[u8; 32]> {
    let mut out = [0; 32];
    if text.len() != 64 || !text.is_ascii() {
        return None;
    }
    for (n, byte) in out.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&text[2 * n..2 * n + 2], 16).ok()?;
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sealed_opens_only_in_its_context_and_unchanged() {
        let keys = Keys::derive(&[7; 32]);
        let sealed = keys.seal("居民".as_bytes(), "a").unwrap();
        assert_eq!(keys.open(&sealed, "a").unwrap(), "居民".as_bytes());
        assert!(keys.open(&sealed, "b").is_err());
        for n in 0..sealed.len() {
            let mut broken = sealed.clone();
            broken[n] ^= 1;
            let touched_id = (1..HEADER).contains(&n);
            assert_eq!(keys.open(&broken, "a").is_ok(), touched_id, "byte {n}");
            assert!(keys.open(&sealed[..n], "a").is_err());
        }
    }

    #[test]
    fn a_data_key_opens_only_for_its_owner() {
        let keys = Keys::derive(&[7; 32]);
        let (owner, other) = (uuid::Uuid::from_u128(1), uuid::Uuid::from_u128(2));
        let key = keys.data_key();
        let sealed = key.seal("14000001234", "phone").unwrap();
        let wrapped = keys.wrap(&key, owner).unwrap();
        assert_eq!(keys.unwrap(&wrapped, owner).unwrap().open(&sealed, "phone").unwrap(), "14000001234");
        assert!(keys.unwrap(&wrapped, other).is_err());
    }

    #[test]
    fn blind_indexes_differ_by_kind_and_key() {
        let keys = Keys::derive(&[7; 32]);
        assert_eq!(keys.blind("phone", "1"), keys.blind("phone", "1"));
        assert_ne!(keys.blind("phone", "1"), keys.blind("id", "1"));
        assert_ne!(keys.blind("phone", "1"), Keys::derive(&[8; 32]).blind("phone", "1"));
    }
}
