use std::{
    fs::{self, File},
    io::{self, ErrorKind, Write},
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use kernel::{Error, Result, Time, codes};

use crate::{Blobs, Entry, Found, Future, Key, Reading};

codes! {
    /// The disk or the database is full; reading goes on.
    STORAGE_FULL = "storage-full";
}

/// The folder in which contents are written before they get their name.
const NEW: &str = "new";

/// Contents in a folder: `ab/abcdef…` by the first two digits of the key. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Files {
    root: Arc<Path>,
}

impl Files {
    /// Opens the folder, making it when it is not there.
    pub fn open(root: impl AsRef<Path>) -> Result<Self> {
        let root = root.as_ref();
        fs::create_dir_all(root.join(NEW)).map_err(meaning)?;
        Ok(Self { root: root.into() })
    }

    /// Removes what uploads left half written before this instant, and says how many: a process may have ended in the middle.
    pub async fn sweep_new(&self, before: Time) -> Result<usize> {
        self.blocking(move |files| {
            let mut removed = 0;
            for entry in fs::read_dir(files.root.join(NEW))? {
                let entry = entry?;
                if time_of(entry.metadata()?.modified()?) < before && fs::remove_file(entry.path()).is_ok() {
                    removed += 1;
                }
            }
            Ok(removed)
        })
        .await
    }

    fn shard(&self, key: Key) -> PathBuf {
        self.root.join(format!("{:02x}", key.bytes()[0]))
    }

    fn path(&self, key: Key) -> PathBuf {
        self.shard(key).join(key.to_string())
    }

    /// Runs file work where it does not hold up other requests.
    async fn blocking<T: Send + 'static>(&self, work: impl FnOnce(Self) -> io::Result<T> + Send + 'static) -> Result<T> {
        let files = self.clone();
        tokio::task::spawn_blocking(move || work(files)).await.map_err(Error::internal)?.map_err(meaning)
    }

    fn write(&self, content: &[u8]) -> io::Result<Key> {
        let key = Key::of(content);
        let mut new = tempfile::NamedTempFile::new_in(self.root.join(NEW))?;
        new.write_all(content)?;
        new.as_file().sync_all()?;
        let shard = self.shard(key);
        if !shard.is_dir() {
            fs::create_dir_all(&shard)?;
            File::open(&self.root)?.sync_all()?;
        }
        // The rename renews what is there: its time for the sweep, and its content if the disk had damaged it.
        new.persist(self.path(key)).map_err(|e| e.error)?;
        File::open(&shard)?.sync_all()?;
        Ok(key)
    }

    fn entries(&self, after: Option<Key>, limit: usize) -> io::Result<Vec<Entry>> {
        let mut entries = Vec::new();
        for shard in after.map_or(0, |key| key.bytes()[0])..=u8::MAX {
            if entries.len() >= limit {
                break;
            }
            let folder = self.root.join(format!("{shard:02x}"));
            let mut keys: Vec<Key> = match fs::read_dir(&folder) {
                Ok(names) => names.filter_map(|name| name.ok()?.file_name().to_str()?.parse().ok()).collect(),
                Err(e) if e.kind() == ErrorKind::NotFound => continue,
                Err(e) => return Err(e),
            };
            keys.retain(|key| after.is_none_or(|a| *key > a));
            keys.sort_unstable();
            for key in keys.into_iter().take(limit - entries.len()) {
                // Somebody may have deleted it since the folder was read.
                if let Some(data) = absent(fs::metadata(self.path(key)))? {
                    entries.push(Entry { key, bytes: data.len(), put_at: time_of(data.modified()?) });
                }
            }
        }
        Ok(entries)
    }
}

impl Blobs for Files {
    fn put(&self, content: Vec<u8>) -> Future<'_, Key> {
        Box::pin(self.blocking(move |files| files.write(&content)))
    }

    fn get(&self, key: Key) -> Future<'_, Option<Vec<u8>>> {
        Box::pin(self.blocking(move |files| absent(fs::read(files.path(key)))))
    }

    fn read(&self, key: Key) -> Future<'_, Option<Reading>> {
        Box::pin(async move {
            let Some(file) = self.blocking(move |files| absent(File::open(files.path(key)))).await? else { return Ok(None) };
            let bytes = file.metadata().map_err(meaning)?.len();
            Ok(Some(Reading { bytes, content: Box::pin(tokio::fs::File::from_std(file)) }))
        })
    }

    fn delete(&self, key: Key) -> Future<'_, bool> {
        Box::pin(self.blocking(move |files| Ok(absent(fs::remove_file(files.path(key)))?.is_some())))
    }

    fn list(&self, after: Option<Key>, limit: usize) -> Future<'_, Vec<Entry>> {
        Box::pin(self.blocking(move |files| files.entries(after, limit)))
    }

    fn verify(&self, key: Key) -> Future<'_, Found> {
        Box::pin(self.blocking(move |files| {
            Ok(match absent(fs::read(files.path(key)))? {
                Some(content) if Key::of(&content) == key => Found::Sound,
                Some(_) => Found::Damaged,
                None => Found::Nothing,
            })
        }))
    }
}

fn absent<T>(result: io::Result<T>) -> io::Result<Option<T>> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(e) if e.kind() == ErrorKind::NotFound => Ok(None),
        Err(e) => Err(e),
    }
}

fn meaning(error: io::Error) -> Error {
    match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => {
            Error::Busy { code: STORAGE_FULL, retry_after: Duration::from_mins(1) }
        }
        _ => Error::Internal(error.into()),
    }
}

fn time_of(at: SystemTime) -> Time {
    Time::from_millis(at.duration_since(UNIX_EPOCH).map_or(0, |d| d.as_millis() as i64))
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncReadExt;

    use super::*;

    fn fresh() -> (tempfile::TempDir, Files) {
        let dir = tempfile::tempdir().unwrap();
        let files = Files::open(dir.path().join("files")).unwrap();
        (dir, files)
    }

    #[tokio::test]
    async fn what_is_put_is_there_once() {
        let (_dir, files) = fresh();
        let key = files.put(b"one".to_vec()).await.unwrap();
        assert_eq!(files.put(b"one".to_vec()).await.unwrap(), key);
        assert_eq!(files.get(key).await.unwrap().as_deref(), Some(&b"one"[..]));
        assert_eq!(files.list(None, 10).await.unwrap().len(), 1);
        let mut reading = files.read(key).await.unwrap().unwrap();
        let mut content = Vec::new();
        reading.content.read_to_end(&mut content).await.unwrap();
        assert_eq!((reading.bytes, content.as_slice()), (3, &b"one"[..]));
        assert!(files.delete(key).await.unwrap() && !files.delete(key).await.unwrap());
        assert!(files.get(key).await.unwrap().is_none() && files.read(key).await.unwrap().is_none());
        assert_eq!(fs::read_dir(files.root.join(NEW)).unwrap().count(), 0);
    }

    #[tokio::test]
    async fn pages_of_a_list_hold_everything_in_order() {
        let (_dir, files) = fresh();
        let mut keys = Vec::new();
        for n in 0..100_u32 {
            keys.push(files.put(n.to_le_bytes().to_vec()).await.unwrap());
        }
        keys.sort_unstable();
        let (mut seen, mut after) = (Vec::new(), None);
        loop {
            let page = files.list(after, 7).await.unwrap();
            let Some(last) = page.last() else { break };
            after = Some(last.key);
            assert!(page.len() <= 7 && page.iter().all(|e| e.bytes == 4 && e.put_at > Time::from_millis(0)));
            seen.extend(page.into_iter().map(|e| e.key));
        }
        assert_eq!(seen, keys);
    }

    #[tokio::test]
    async fn damage_is_found_and_putting_again_mends_it() {
        let (_dir, files) = fresh();
        let key = files.put(b"whole".to_vec()).await.unwrap();
        assert_eq!(files.verify(key).await.unwrap(), Found::Sound);
        fs::write(files.path(key), b"whale").unwrap();
        assert_eq!(files.verify(key).await.unwrap(), Found::Damaged);
        files.put(b"whole".to_vec()).await.unwrap();
        assert_eq!(files.verify(key).await.unwrap(), Found::Sound);
        assert_eq!(files.verify(Key::of(b"other")).await.unwrap(), Found::Nothing);
    }

    #[tokio::test]
    async fn putting_again_renews_the_time() {
        let (_dir, files) = fresh();
        let key = files.put(b"old".to_vec()).await.unwrap();
        File::open(files.path(key)).unwrap().set_modified(UNIX_EPOCH + Duration::from_hours(1)).unwrap();
        assert_eq!(files.list(None, 1).await.unwrap()[0].put_at, Time::from_millis(3_600_000));
        files.put(b"old".to_vec()).await.unwrap();
        assert!(files.list(None, 1).await.unwrap()[0].put_at > Time::from_millis(3_600_000));
    }

    #[tokio::test]
    async fn half_written_contents_are_swept_when_old() {
        let (_dir, files) = fresh();
        let left = files.root.join(NEW).join("left");
        fs::write(&left, b"half").unwrap();
        File::options().write(true).open(&left).unwrap().set_modified(UNIX_EPOCH + Duration::from_secs(10)).unwrap();
        assert_eq!(files.sweep_new(Time::from_millis(10_000)).await.unwrap(), 0);
        assert_eq!(files.sweep_new(Time::from_millis(10_001)).await.unwrap(), 1);
        assert!(!left.exists());
    }

    #[tokio::test]
    async fn many_may_put_the_same_at_once() {
        let (_dir, files) = fresh();
        let tasks: Vec<_> = (0..32)
            .map(|_| {
                let files = files.clone();
                tokio::spawn(async move { files.put(vec![7; 100_000]).await.unwrap() })
            })
            .collect();
        for task in tasks {
            let key = task.await.unwrap();
            assert_eq!(files.verify(key).await.unwrap(), Found::Sound);
        }
        assert_eq!(files.list(None, 10).await.unwrap().len(), 1);
    }
}
