//! Encryption at rest, behind one seam.
//!
//! An envelope is `suite (1 byte), key id (4 bytes), nonce (12 bytes), ciphertext and tag`. The master key lies in a file outside
//! the database and its backups. Each person or case has a data key of its own, stored wrapped under the master key, so that
//! erasing a person is destroying one key. Blind indexes use separate HMAC keys.

use std::{
    fs,
    io::Write as _,
    path::{Path, PathBuf},
    sync::Arc,
};

use aes_gcm::{
    Aes256Gcm, KeyInit,
    aead::{Aead, Payload},
};
use arc_swap::ArcSwap;
use db::{Conn, Db, Query, ToCell, Tx, bind, record, sql};
use hmac::{Hmac, Mac};
use kernel::{Error, Result};
use sha2::Sha256;
use uuid::Uuid;

use super::hex;
use crate::app::App;

/// AES-256-GCM with HMAC-SHA-256. Other suites get other numbers and lie beside each other.
const SUITE: u8 = 1;
const HEADER: usize = 5;
const NONCE: usize = 12;

/// The working keys of one master key.
struct Derived {
    id: u32,
    sealing: Aes256Gcm,
    wrapping: Aes256Gcm,
}

/// The master keys of a district, the present one first.
struct Ring {
    keys: Vec<Derived>,
    blinding: [u8; 32],
}

/// The master keys and what is derived from them.
pub struct Keys {
    ring: ArcSwap<Ring>,
    file: Option<PathBuf>,
}

const FILE: &str = "master.key";

impl Keys {
    /// Reads the master keys of a district's folder: one a line, the present one first.
    pub fn load(data: &Path) -> Result<Self> {
        let path = data.join(FILE);
        Ok(Self { ring: ArcSwap::from_pointee(read(&path)?), file: Some(path) })
    }

    /// Makes a master key in a new district's folder, readable by its owner only; keeps one that is there.
    pub fn create(data: &Path) -> Result<()> {
        let path = data.join(FILE);
        if path.exists() { Ok(()) } else { write(&path, &format!("{}\n", hex(&rand::random::<[u8; 32]>()))) }
    }

    /// Puts a fresh master key before the others. Processes that run find it as soon as they meet something sealed with it.
    pub fn rotate(data: &Path) -> Result<Self> {
        let path = data.join(FILE);
        let before =
            fs::read_to_string(&path).map_err(|e| Error::internal(format_args!("master key {}: {e}", path.display())))?;
        write(&path, &format!("{}\n{before}", hex(&rand::random::<[u8; 32]>())))?;
        Self::load(data)
    }

    /// The keys of one master key, without a file.
    pub fn derive(master: &[u8; 32]) -> Self {
        Self { ring: ArcSwap::from_pointee(Ring::of(&[*master])), file: None }
    }

    /// Seals bytes for one use; the context must be given again to open them.
    pub fn seal(&self, plain: &[u8], context: &str) -> Result<Vec<u8>> {
        let ring = self.ring.load();
        let key = ring.keys.first().ok_or_else(|| Error::internal("no master key"))?;
        seal(&key.sealing, key.id, plain, context)
    }

    /// Opens what [`Keys::seal`] sealed.
    pub fn open(&self, sealed: &[u8], context: &str) -> Result<Vec<u8>> {
        self.with(sealed, |key| open(&key.sealing, sealed, context))
    }

    /// A fresh data key for a person or a case.
    pub fn data_key(&self) -> DataKey {
        DataKey(rand::random())
    }

    /// Wraps a data key for storing; `owner` is the id of the row that it belongs to.
    pub fn wrap(&self, key: &DataKey, owner: Uuid) -> Result<Vec<u8>> {
        let ring = self.ring.load();
        let present = ring.keys.first().ok_or_else(|| Error::internal("no master key"))?;
        seal(&present.wrapping, present.id, &key.0, &owner.to_string())
    }

    /// Unwraps a stored data key.
    pub fn unwrap(&self, wrapped: &[u8], owner: Uuid) -> Result<DataKey> {
        let bytes = self.with(wrapped, |key| open(&key.wrapping, wrapped, &owner.to_string()))?;
        bytes.try_into().map(DataKey).map_err(|_| Error::internal("a wrapped key has the wrong length"))
    }

    /// The blind index of a value: equal values of one kind have equal indexes, and nothing else can be read from them. Its key comes
    /// from the oldest master key, so that it stays when a new one is made.
    pub fn blind(&self, kind: &str, value: &str) -> Vec<u8> {
        mac(&self.ring.load().blinding, &[kind.as_bytes(), b"\0", value.as_bytes()]).to_vec()
    }

    /// Whether the present master key sealed or wrapped this.
    fn present(&self, sealed: &[u8]) -> bool {
        key_id(sealed).is_some_and(|id| self.ring.load().keys.first().is_some_and(|k| k.id == id))
    }

    /// Opens with the key that the envelope names. One that is not known yet may have been made since by `rotate`.
    fn with(&self, sealed: &[u8], open: impl Fn(&Derived) -> Result<Vec<u8>>) -> Result<Vec<u8>> {
        let id = key_id(sealed).ok_or_else(|| Error::internal("a sealed value is too short"))?;
        if let Some(key) = self.ring.load().keys.iter().find(|k| k.id == id) {
            return open(key);
        }
        if let Some(file) = &self.file {
            self.ring.store(Arc::new(read(file)?));
        }
        let ring = self.ring.load();
        open(
            ring.keys
                .iter()
                .find(|k| k.id == id)
                .ok_or_else(|| Error::internal("a value is sealed with a key that is not there"))?,
        )
    }
}

impl Ring {
    /// Derives the working keys by HMAC with a label, as HKDF's expand step does.
    fn of(masters: &[[u8; 32]]) -> Self {
        let key = |master: &[u8; 32], label: &str| mac(master, &[label.as_bytes()]);
        let derived = |master: &[u8; 32]| Derived {
            id: u32::from_be_bytes(key(master, "id")[..4].try_into().unwrap_or_default()),
            sealing: cipher(&key(master, "seal")),
            wrapping: cipher(&key(master, "wrap")),
        };
        Self { keys: masters.iter().map(derived).collect(), blinding: masters.last().map_or([0; 32], |m| key(m, "blind")) }
    }
}

fn key_id(sealed: &[u8]) -> Option<u32> {
    Some(u32::from_be_bytes(sealed.get(1..HEADER)?.try_into().ok()?))
}

fn read(path: &Path) -> Result<Ring> {
    let text = fs::read_to_string(path).map_err(|e| Error::internal(format_args!("master key {}: {e}", path.display())))?;
    let masters: Option<Vec<[u8; 32]>> = text.lines().map(str::trim).filter(|l| !l.is_empty()).map(decode_hex).collect();
    match masters {
        Some(masters) if !masters.is_empty() => Ok(Ring::of(&masters)),
        _ => Err(Error::internal("a master key is not 64 hexadecimal digits")),
    }
}

/// Writes the file whole or not at all: a lost master key is a lost district.
fn write(path: &Path, text: &str) -> Result<()> {
    let fresh = path.with_extension("key.new");
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let written = options.open(&fresh).and_then(|mut f| f.write_all(text.as_bytes()).and_then(|()| f.sync_all()));
    let moved = written.and_then(|()| fs::rename(&fresh, path));
    moved.map_err(|e| Error::internal(format_args!("master key {}: {e}", path.display())))
}

/// Keeps the wrapped data key of a person or case.
pub async fn store(tx: &mut Tx, id: Uuid, wrapped: &[u8]) -> Result<()> {
    tx.later(sql!("insert into data_key (id, wrapped) values ($1, $2)"), bind![id, wrapped]).await
}

/// The data key of a person or case; `NotFound` when it was destroyed.
pub async fn load(conn: &mut Conn, app: &App, id: Uuid) -> Result<DataKey> {
    let wrapped: Option<Vec<u8>> = conn.value(sql!("select wrapped as value from data_key where id = $1"), bind![id]).await?;
    app.keys.unwrap(&wrapped.ok_or(Error::NotFound)?, id)
}

/// Whether there is a data key of this id.
pub async fn exists(conn: &mut Conn, id: Uuid) -> Result<bool> {
    let found: Option<Vec<u8>> = conn.value(sql!("select wrapped as value from data_key where id = $1"), bind![id]).await?;
    Ok(found.is_some())
}

record! {
    struct Wrapped { id: Uuid, wrapped: Vec<u8> }
}

/// The data keys of these people or cases; those that were destroyed are left out.
pub async fn load_many(conn: &mut Conn, app: &App, ids: &[Uuid]) -> Result<Vec<(Uuid, DataKey)>> {
    if ids.is_empty() {
        return Ok(vec![]);
    }
    let query = Query::new("select id, wrapped from data_key where 1 = 1")
        .push_list("and id in", ids.iter().map(ToCell::to_cell).collect());
    let rows: Vec<Wrapped> = conn.list(query).await?;
    rows.into_iter().map(|row| Ok((row.id, app.keys.unwrap(&row.wrapped, row.id)?))).collect()
}

/// Destroys the data key of a person or case: whatever was sealed with it can never be read again. This is the erasure.
pub async fn destroy(tx: &mut Tx, id: Uuid) -> Result<bool> {
    Ok(tx.execute(sql!("delete from data_key where id = $1"), bind![id]).await? == 1)
}

/// How many data keys are wrapped anew in one transaction.
const REWRAPPED: i64 = 200;

/// Wraps every data key, and seals every second factor, under the present master key; says how many. Safe to run again, and beside
/// processes that serve.
pub async fn rewrap(db: &Db, keys: &Keys) -> Result<usize> {
    let (mut after, mut done) = (Uuid::nil(), 0);
    loop {
        record! { struct Row { id: Uuid, wrapped: Vec<u8> } }
        let page = sql!("select id, wrapped from data_key where id > $1 order by id limit $2");
        let rows: Vec<Row> = db.read().await?.all(page, bind![after, REWRAPPED]).await?;
        let Some(last) = rows.last().map(|r| r.id) else { break };
        after = last;
        let old = rows.iter().filter(|r| !keys.present(&r.wrapped));
        let fresh: Vec<(Uuid, &[u8], Vec<u8>)> =
            old.map(|r| Ok((r.id, &r.wrapped[..], keys.wrap(&keys.unwrap(&r.wrapped, r.id)?, r.id)?))).collect::<Result<_>>()?;
        let mut tx = db.begin();
        for (id, before, wrapped) in &fresh {
            // A key that was destroyed or wrapped meanwhile stays as it is.
            let statement = sql!("update data_key set wrapped = $2 where id = $1 and wrapped = $3");
            done += tx.execute(statement, bind![id, wrapped, before]).await? as usize;
        }
        tx.commit().await?;
    }
    Ok(done + super::store::reseal_totp(db, keys).await?)
}

impl Keys {
    /// Seals again what an older master key sealed; nothing when the present one did.
    pub fn reseal(&self, sealed: &[u8], context: &str) -> Result<Option<Vec<u8>>> {
        if self.present(sealed) { Ok(None) } else { self.seal(&self.open(sealed, context)?, context).map(Some) }
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
            assert!(keys.open(&broken, "a").is_err(), "byte {n}");
            assert!(keys.open(&sealed[..n], "a").is_err());
        }
    }

    #[test]
    fn a_data_key_opens_only_for_its_owner() {
        let keys = Keys::derive(&[7; 32]);
        let (owner, other) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let key = keys.data_key();
        let sealed = key.seal("14000001234", "phone").unwrap();
        let wrapped = keys.wrap(&key, owner).unwrap();
        assert_eq!(keys.unwrap(&wrapped, owner).unwrap().open(&sealed, "phone").unwrap(), "14000001234");
        assert!(keys.unwrap(&wrapped, other).is_err());
    }

    #[test]
    fn a_new_master_key_opens_what_the_old_one_sealed_and_a_running_process_finds_it() {
        let folder = tempfile::tempdir().unwrap();
        Keys::create(folder.path()).unwrap();
        let running = Keys::load(folder.path()).unwrap();
        let (sealed, blind) = (running.seal(b"x", "a").unwrap(), running.blind("phone", "1"));
        let fresh = Keys::rotate(folder.path()).unwrap();
        assert_eq!(fresh.open(&sealed, "a").unwrap(), b"x");
        assert_eq!(fresh.blind("phone", "1"), blind);
        let resealed = fresh.reseal(&sealed, "a").unwrap().unwrap();
        assert!(fresh.reseal(&resealed, "a").unwrap().is_none());
        assert_eq!(running.open(&resealed, "a").unwrap(), b"x");
        assert!(Keys::derive(&[7; 32]).open(&resealed, "a").is_err());
    }

    #[test]
    fn blind_indexes_differ_by_kind_and_key() {
        let keys = Keys::derive(&[7; 32]);
        assert_eq!(keys.blind("phone", "1"), keys.blind("phone", "1"));
        assert_ne!(keys.blind("phone", "1"), keys.blind("id", "1"));
        assert_ne!(keys.blind("phone", "1"), Keys::derive(&[8; 32]).blind("phone", "1"));
    }
}
