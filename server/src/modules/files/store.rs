//! SQL of the slice.

use blob::Key;
use db::{Conn, Query, ToCell, Tx, bind, record, sql};
use kernel::{Actor, Id, Result, Time};
use uuid::Uuid;

use super::model::{File, FileInfo};

/// A cleaned upload on its way into the table.
pub struct Fresh {
    pub id: Id<File>,
    pub key: Key,
    pub thumb: Key,
    pub bytes: usize,
    pub width: u32,
    pub height: u32,
    pub lon: Option<f64>,
    pub lat: Option<f64>,
    pub taken_at: Option<Time>,
    pub by: Option<Uuid>,
    pub secret: Option<[u8; 32]>,
    pub at: Time,
    /// The hash of the bytes as they were sent.
    pub source: [u8; 32],
}

/// Keeps an upload that nobody has claimed yet.
pub async fn insert(tx: &mut Tx, file: &Fresh) -> Result<()> {
    let statement = sql!(
        "insert into file (id, sha256, thumb_sha256, kind, bytes, width, height, lon, lat, taken_at, uploaded_by, uploaded_at, secret_hash, source_sha256)
         values ($1, $2, $3, 'image/jpeg', $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)"
    );
    let cells = bind![
        file.id,
        file.key.bytes(),
        file.thumb.bytes(),
        file.bytes,
        file.width,
        file.height,
        file.lon,
        file.lat,
        file.taken_at,
        file.by,
        file.at,
        file.secret.map(|s| s.to_vec()),
        file.source
    ];
    tx.execute(statement, cells).await.map(|_| ())
}

/// An upload of these very bytes by this account that nobody has claimed, counted as fresh again; nothing when there is none.
pub async fn again(tx: &mut Tx, by: Uuid, source: &[u8; 32], at: Time) -> Result<Option<FileInfo>> {
    let statement = sql!(
        "update file set uploaded_at = $3 where owner_id is null and id in (
           select id from file where uploaded_by = $1 and source_sha256 = $2 and owner_id is null order by id limit 1)
         returning id, width, height, lon, lat, taken_at, purpose"
    );
    tx.one(statement, bind![by, source, at]).await
}

record! {
    struct Shown { owner_id: Uuid, purpose: Option<String>, n: i64 }
}

/// How many photographs this account sent between two instants that were attached to things of a kind: by thing and purpose.
pub async fn sent_by(conn: &mut Conn, by: Uuid, owner_kind: &str, from: Time, to: Time) -> Result<Vec<(Uuid, String, i64)>> {
    let statement = sql!(
        "select owner_id, purpose, cast(count(*) as bigint) as n from file
         where uploaded_by = $1 and owner_kind = $2 and owner_id is not null and uploaded_at >= $3 and uploaded_at < $4
         group by owner_id, purpose order by owner_id"
    );
    let rows: Vec<Shown> = conn.all(statement, bind![by, owner_kind, from, to]).await?;
    Ok(rows.into_iter().map(|r| (r.owner_id, r.purpose.unwrap_or_default(), r.n)).collect())
}

record! {
    struct Hung {
        owner_id: Uuid, id: Id<File>, width: i64, height: i64, lon: Option<f64>, lat: Option<f64>, taken_at: Option<Time>, purpose: Option<String>
    }
}

/// The photographs that hang on these things, in the order of their upload.
pub async fn of_many(conn: &mut Conn, owner_kind: &str, owners: &[Uuid]) -> Result<Vec<(Uuid, FileInfo)>> {
    let query = Query::new("select owner_id, id, width, height, lon, lat, taken_at, purpose from file")
        .push("where owner_kind = $$", bind![owner_kind])
        .push_list("and owner_id in", owners.iter().map(ToCell::to_cell).collect())
        .push("order by id", vec![]);
    let rows: Vec<Hung> = conn.list(query).await?;
    let info = |r: Hung| {
        let Hung { owner_id, id, width, height, lon, lat, taken_at, purpose } = r;
        (owner_id, FileInfo { id, width, height, lon, lat, taken_at, purpose })
    };
    Ok(rows.into_iter().map(info).collect())
}

/// Gives these uploads to their owner and answers those that were free and this caller's, in the order of their upload.
pub async fn claim(
    tx: &mut Tx,
    actor: &Actor,
    ids: &[Id<File>],
    owner_kind: &str,
    owner: Uuid,
    purpose: &str,
) -> Result<Vec<FileInfo>> {
    let query = Query::default()
        .push(
            "update file set owner_kind = $$, owner_id = $$, purpose = $$ where owner_id is null",
            bind![owner_kind, owner, purpose],
        )
        .push_list("and id in", ids.iter().map(ToCell::to_cell).collect())
        .push(
            "and (uploaded_by = $$ or secret_hash = $$ or (uploaded_by is null and secret_hash is null))",
            bind![actor.id, actor.uploads.map(|s| s.to_vec())],
        )
        .push("returning id, width, height, lon, lat, taken_at, purpose", vec![]);
    tx.list(query).await
}

/// Forgets where and when a photograph was taken.
pub async fn strip(tx: &mut Tx, id: Id<File>) -> Result<()> {
    let statement = sql!("update file set lon = null, lat = null, taken_at = null where id = $1");
    tx.execute(statement, bind![id]).await.map(|_| ())
}

/// Which of these have an owner already.
pub async fn taken(conn: &mut Conn, ids: &[Id<File>]) -> Result<Vec<Id<File>>> {
    let query = Query::new("select id from file where owner_id is not null and")
        .push_list("id in", ids.iter().map(ToCell::to_cell).collect());
    Ok(conn.list::<Known>(query).await?.into_iter().map(|k| k.id).collect())
}

record! {
    struct Known { id: Id<File> }
}

/// The photographs that hang on a thing, in the order of their upload.
pub async fn of(conn: &mut Conn, owner_kind: &str, owner: Uuid) -> Result<Vec<FileInfo>> {
    let statement = sql!(
        "select id, width, height, lon, lat, taken_at, purpose from file where owner_kind = $1 and owner_id = $2 order by id"
    );
    conn.all(statement, bind![owner_kind, owner]).await
}

record! {
    struct Hashed { id: Id<File>, sha256: Vec<u8> }
}

/// The SHA-256 of the photographs of a thing, in hexadecimal.
pub async fn hashes(conn: &mut Conn, owner_kind: &str, owner: Uuid) -> Result<Vec<(Uuid, String)>> {
    let statement = sql!("select id, sha256 from file where owner_kind = $1 and owner_id = $2 order by id");
    let rows: Vec<Hashed> = conn.all(statement, bind![owner_kind, owner]).await?;
    Ok(rows.into_iter().map(|r| (r.id.uuid(), r.sha256.iter().map(|b| format!("{b:02x}")).collect())).collect())
}

/// Says of every photograph of a thing that shows `from` that it shows `to` now.
pub async fn retitle(tx: &mut Tx, owner_kind: &str, owner: Uuid, from: &str, to: &str) -> Result<()> {
    let statement = sql!("update file set purpose = $4 where owner_kind = $1 and owner_id = $2 and purpose = $3");
    tx.execute(statement, bind![owner_kind, owner, from, to]).await.map(|_| ())
}

record! {
    /// Where the contents of a photograph lie.
    pub struct Contents { pub sha256: Vec<u8>, pub thumb_sha256: Vec<u8> }
}

/// The contents of a photograph that hangs on this thing.
pub async fn contents(conn: &mut Conn, id: Id<File>, owner_kind: &str, owner: Uuid) -> Result<Option<Contents>> {
    let statement = sql!("select sha256, thumb_sha256 from file where id = $1 and owner_kind = $2 and owner_id = $3");
    conn.one(statement, bind![id, owner_kind, owner]).await
}

/// Forgets up to `most` uploads that nobody claimed before this instant, and says how many those were.
pub async fn forget_unclaimed(tx: &mut Tx, before: Time, most: i64) -> Result<u64> {
    let statement = sql!(
        "delete from file where owner_id is null and id in (
           select id from file where owner_id is null and uploaded_at < $1 order by uploaded_at limit $2)"
    );
    tx.execute(statement, bind![before, most]).await
}

/// Forgets the photographs of a thing and answers where their contents lie.
pub async fn forget(tx: &mut Tx, owner_kind: &str, owner: Uuid) -> Result<Vec<Contents>> {
    let statement = sql!("delete from file where owner_kind = $1 and owner_id = $2 returning sha256, thumb_sha256");
    tx.all(statement, bind![owner_kind, owner]).await
}

/// Which of these contents a photograph still has.
pub async fn used(conn: &mut Conn, keys: &[Key]) -> Result<Vec<Vec<u8>>> {
    let cells = || keys.iter().map(|k| k.bytes().to_cell()).collect::<Vec<_>>();
    let query = Query::new("select sha256 as hash from file where")
        .push_list("sha256 in", cells())
        .push("union select thumb_sha256 from file where", vec![])
        .push_list("thumb_sha256 in", cells());
    Ok(conn.list::<Used>(query).await?.into_iter().map(|u| u.hash).collect())
}

record! {
    struct Used { hash: Vec<u8> }
}
