//! A migrated database for each test, as quickly as each engine allows.

use std::{
    collections::HashMap,
    sync::{
        Arc, LazyLock, Mutex, OnceLock, PoisonError,
        atomic::{AtomicU32, Ordering},
    },
};

use db::{Db, Engine, Migration, Options, Query};
use kernel::Result;
use tempfile::TempDir;
use tokio::sync::OnceCell;

use crate::postgres::Cluster;

/// Connections of one test's database. Few, since many tests run side by side against one server.
const CONNECTIONS: u32 = 8;

/// A database that belongs to one test.
pub struct TestDb {
    /// The open database, migrated.
    pub db: Db,
    /// Where it is: for another process, or for a second `Db` that plays one.
    pub url: String,
    /// How it was opened.
    pub options: Options,
    _place: Place,
}

impl TestDb {
    /// An empty database with these migrations.
    ///
    /// # Panics
    /// When it cannot be made: a test has nothing to go on with.
    pub async fn new(engine: Engine, migrations: &[Migration<'_>]) -> Self {
        let made = match engine {
            Engine::Sqlite => sqlite(migrations).await,
            Engine::Postgres => postgres(migrations).await,
        };
        #[expect(clippy::expect_used, reason = "a test without a database has nothing to go on with")]
        made.expect("a database for the test")
    }

    /// Opens the same database once more, as another process would.
    ///
    /// # Panics
    /// When it cannot be opened.
    pub async fn again(&self) -> Db {
        #[expect(clippy::expect_used, reason = "a test without a database has nothing to go on with")]
        Db::open_with(&self.url, &self.options).await.expect("the test's database opens again")
    }
}

/// Runs a test's future on a runtime of its own, with several threads.
///
/// # Panics
/// When the runtime cannot be built.
pub fn run<F: Future>(future: F) -> F::Output {
    #[expect(clippy::expect_used, reason = "a test without a runtime has nothing to go on with")]
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(4).enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let output = future.await;
        sweep().await;
        output
    })
}

/// The PostgreSQL that tests share: the one at `JINGWEI_TEST_POSTGRES`, or one that this process starts at the first call.
///
/// # Panics
/// When it cannot be started; the message says what is missing.
pub fn postgres_url() -> &'static str {
    static URL: OnceLock<(String, Option<Cluster>)> = OnceLock::new();
    let (url, _) = URL.get_or_init(|| {
        if let Ok(url) = std::env::var("JINGWEI_TEST_POSTGRES") {
            return (url, None);
        }
        match Cluster::start() {
            Ok(cluster) => (cluster.url(), Some(cluster)),
            Err(error) => panic!("{error:#}"),
        }
    });
    url
}

/// Something made once in a process for each list of migrations, by whichever test comes first.
struct PerMigrations<T>(Mutex<HashMap<Texts, Arc<OnceCell<T>>>>);

/// The names and texts of a list of migrations.
type Texts = Vec<(String, String)>;

impl<T> PerMigrations<T> {
    fn of(&self, migrations: &[Migration<'_>]) -> Arc<OnceCell<T>> {
        let key = migrations.iter().map(|m| (m.name.to_owned(), m.text.to_owned())).collect();
        self.0.lock().unwrap_or_else(PoisonError::into_inner).entry(key).or_default().clone()
    }
}

async fn sqlite(migrations: &[Migration<'_>]) -> Result<TestDb> {
    static TEMPLATES: LazyLock<PerMigrations<Vec<u8>>> = LazyLock::new(|| PerMigrations(Mutex::default()));
    let template = TEMPLATES.of(migrations);
    let template = template
        .get_or_try_init::<kernel::Error, _, _>(|| async {
            let files = folder()?;
            let path = files.path().join("template.db");
            let db = Db::open(&format!("sqlite:{}", path.display())).await?;
            db.migrate(migrations).await?;
            db.close().await?;
            // Kept as bytes, since nothing would remove a file at the end of the process.
            std::fs::read(path).map_err(kernel::Error::internal)
        })
        .await?;
    let files = folder()?;
    let path = files.path().join("test.db");
    std::fs::write(&path, template).map_err(kernel::Error::internal)?;
    let url = format!("sqlite:{}", path.display());
    let options = Options { connections: CONNECTIONS, ..Options::default() };
    let db = Db::open_with(&url, &options).await?;
    Ok(TestDb { db, url, options, _place: Place::Files(files) })
}

fn folder() -> Result<TempDir> {
    tempfile::Builder::new().prefix("jingwei-test-").tempdir_in(crate::scratch()).map_err(kernel::Error::internal)
}

/// PostgreSQL copies a migrated database in about half the time that it takes to run a hundred `create table`.
async fn postgres(migrations: &[Migration<'_>]) -> Result<TestDb> {
    static TEMPLATES: LazyLock<PerMigrations<String>> = LazyLock::new(|| PerMigrations(Mutex::default()));
    let options = Options { connections: CONNECTIONS, schema: Some("district".to_owned()), ..Options::default() };
    let template = TEMPLATES.of(migrations);
    let template = template
        .get_or_try_init::<kernel::Error, _, _>(|| async {
            let name = fresh_name();
            administer(format!("create database {name}")).await?;
            let db = Db::open_with(&url_of(&name)?, &options).await?;
            db.migrate(migrations).await?;
            db.close().await?;
            Ok(name)
        })
        .await?;
    let name = fresh_name();
    administer(format!("create database {name} template {template}{}", copy_strategy().await?)).await?;
    let url = url_of(&name)?;
    let place = Place::Database(name);
    let db = Db::open_with(&url, &options).await?;
    Ok(TestDb { db, url, options, _place: place })
}

fn fresh_name() -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    format!("jingwei_test_{}_{}", std::process::id(), NEXT.fetch_add(1, Ordering::SeqCst))
}

/// The server's URL with another database.
fn url_of(name: &str) -> Result<String> {
    let url = postgres_url();
    let (base, query) = url.split_once('?').map_or((url, String::new()), |(base, query)| (base, format!("?{query}")));
    let host_at = base.find("://").map_or(0, |at| at + 3);
    let host_end = base[host_at..].find('/').map_or(base.len(), |at| host_at + at);
    if host_at == 0 {
        return Err(kernel::Error::internal("JINGWEI_TEST_POSTGRES is not a URL"));
    }
    Ok(format!("{}/{name}{query}", &base[..host_end]))
}

/// Runs a statement that names databases. Such a name cannot be a value, so the text is made here and, as `Query` wants it, never freed.
async fn administer(text: String) -> Result<()> {
    let options = Options { connections: 1, ..Options::default() };
    let server = Db::open_with(postgres_url(), &options).await?;
    server.read().await?.execute_query(Query::new(text.leak())).await?;
    server.close().await
}

/// Copying files is the quicker way for a small database, but only from version 15 on does it have to be asked for, or may it be.
async fn copy_strategy() -> Result<&'static str> {
    static STRATEGY: OnceCell<&'static str> = OnceCell::const_new();
    let strategy = STRATEGY.get_or_try_init::<kernel::Error, _, _>(|| async {
        let server = Db::open_with(postgres_url(), &Options { connections: 1, ..Options::default() }).await?;
        let query = Query::new("select cast(current_setting('server_version_num') as bigint) as value");
        let version: Option<i64> = server.read().await?.query_value(query).await?;
        server.close().await?;
        Ok(if version >= Some(150_000) { " strategy file_copy" } else { "" })
    });
    strategy.await.copied()
}

/// Databases whose tests ended, and that wait to be dropped: dropping needs a runtime, which `Drop` may not have.
static ENDED: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// What a test's database leaves behind.
enum Place {
    /// Removed on drop.
    Files(#[expect(dead_code, reason = "held for its drop")] TempDir),
    /// Dropped when the next test of this process ends.
    Database(String),
}

impl Drop for Place {
    fn drop(&mut self) {
        if let Self::Database(name) = self {
            ENDED.lock().unwrap_or_else(PoisonError::into_inner).push(std::mem::take(name));
        }
    }
}

/// Drops the databases of tests that ended. What is left is garbage, not a failure: a server that cannot be reached keeps it.
async fn sweep() {
    let ended = std::mem::take(&mut *ENDED.lock().unwrap_or_else(PoisonError::into_inner));
    for name in ended {
        if let Err(error) = administer(format!("drop database {name} with (force)")).await {
            eprintln!("{name} stays: {error}");
        }
    }
}

#[cfg(test)]
mod tests {
    use db::{bind, sql};

    use super::*;

    const TABLES: &[Migration<'static>] =
        &[Migration { name: "0001_kept", text: "create table kept (n bigint primary key, word text not null);" }];

    async fn count(db: &Db) -> i64 {
        db.read().await.unwrap().value(sql!("select count(*) as value from kept"), bind![]).await.unwrap().unwrap()
    }

    crate::both! {
        /// Two tests that run side by side must not see each other's rows.
        async fn each_database_is_its_own(engine: Engine) {
            let (one, two) = tokio::join!(TestDb::new(engine, TABLES), TestDb::new(engine, TABLES));
            let mut tx = one.db.begin();
            tx.execute(sql!("insert into kept (n, word) values (1, 'a')"), bind![]).await.unwrap();
            tx.commit().await.unwrap();
            assert_eq!(count(&one.again().await).await, 1);
            assert_eq!(count(&two.db).await, 0);
            assert_eq!(two.db.migrated().await.unwrap(), ["0001_kept"]);
        }

        async fn a_test_may_return_a_result(engine: Engine) -> kernel::Result<()> {
            TestDb::new(engine, &[]).await.db.ping().await
        }
    }

    #[test]
    fn an_ended_test_leaves_no_database() {
        let name = run(async {
            let test = TestDb::new(Engine::Postgres, TABLES).await;
            let name = test.url.split('?').next().unwrap().rsplit('/').next().unwrap().to_owned();
            assert_eq!(databases(&name).await, 1);
            name
        });
        assert_eq!(run(databases(&name)), 0);
    }

    async fn databases(name: &str) -> i64 {
        let server = Db::open(postgres_url()).await.unwrap();
        let mut conn = server.read().await.unwrap();
        let query = Query::new("select count(*) as value from pg_database").push("where datname = $$", bind![name]);
        conn.query_value(query).await.unwrap().unwrap()
    }
}
