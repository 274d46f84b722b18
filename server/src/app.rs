//! The parts that every request and job works with.

use std::{
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use blob::Blobs;
use db::{Db, Migration};
use kernel::{Clock, Result, Zone};
use rust_embed::RustEmbed;
use tokio::sync::Notify;

use crate::{
    http::Turns,
    modules::{
        access::{self, Keys, PasswordCost},
        admission, basemap, catalogue, incidents, notices, org,
    },
};

/// What is fixed when the process starts.
#[derive(Clone, Debug, Default)]
pub struct Config {
    /// The district's folder: keys, files, SQLite database, model.
    pub data: PathBuf,
    /// Whether pages are served over TLS, here or by a proxy in front.
    pub secure: bool,
    /// Addresses of proxies whose forwarded headers are believed.
    pub proxies: Vec<std::net::IpAddr>,
    /// Who may read `/metrics`, beside this machine itself.
    pub metrics_for: Vec<crate::http::Network>,
    /// Whether a ribbon says that the data is invented.
    pub demo: bool,
    /// Whether webhooks may go to this machine itself, without TLS: for tests.
    pub loopback_receivers: bool,
    /// What hashing a password costs.
    pub password_cost: PasswordCost,
}

/// A running district. A plain struct: slices take what they need from it.
pub struct App {
    /// The database.
    pub db: Db,
    /// Where time comes from.
    pub clock: Clock,
    /// The district's time zone.
    pub zone: Zone,
    /// What is fixed when the process starts.
    pub config: Config,
    /// The master key and what is derived from it.
    pub keys: Keys,
    /// What the access slice keeps in memory.
    pub access: access::Memory,
    /// The catalogue of matters and the calendars.
    pub catalogue: catalogue::Memory,
    /// The access list in force.
    pub admission: admission::Memory,
    /// Which layers the base map has.
    pub basemap: basemap::Memory,
    /// The contents of files.
    pub blob: Arc<dyn Blobs>,
    /// Who listens to what changes.
    pub notices: notices::Memory,
    /// The organisation.
    pub org: org::Memory,
    /// The classifier and the case numbers.
    pub incidents: incidents::Memory,
    /// Keys of commands that are being worked under.
    pub turns: Turns,
    /// Told after a commit, so that the relay need not wait for its next round.
    pub wake: Notify,
    stopping: AtomicBool,
}

/// A shared app.
pub type Shared = Arc<App>;

impl App {
    /// Opens a district whose database is migrated.
    pub async fn open(db: Db, clock: Clock, config: Config) -> Result<Shared> {
        let keys = Keys::load(&config.data)?;
        let access = access::Memory::load(&db, &clock, config.password_cost).await?;
        let catalogue = catalogue::Memory::load(&db, &clock).await?;
        let admission = admission::Memory::load(&db).await?;
        let basemap = basemap::Memory::load(&db).await?;
        let blob = Arc::new(blob::Files::open(config.data.join("files"))?);
        let org = org::Memory::load(&db).await?;
        let incidents = incidents::Memory::load(&db).await?;
        let (notices, wake) = (notices::Memory::default(), Notify::new());
        Ok(Arc::new(Self {
            db,
            clock,
            zone: Zone::CHINA,
            config,
            keys,
            access,
            catalogue,
            admission,
            basemap,
            blob,
            notices,
            org,
            incidents,
            turns: Turns::default(),
            wake,
            stopping: AtomicBool::new(false),
        }))
    }

    /// Tells whoever works through a long list that the process is about to end.
    pub fn stop(&self) {
        self.stopping.store(true, Ordering::Relaxed);
    }

    /// Whether the process is about to end. Whoever works through a list of unknown length asks after each transaction, and leaves the rest to
    /// whoever comes next: a stop waits for one transaction, not for the list.
    pub fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::Relaxed)
    }

    /// Reads again whatever another node, or this one, has changed: called by the relay every second and after a change.
    pub async fn refresh(&self) -> Result<()> {
        self.access.refresh(&self.db, &self.clock).await?;
        self.org.refresh(&self.db).await?;
        self.basemap.refresh(&self.db).await?;
        self.catalogue.refresh(&self.db, &self.clock).await?;
        self.admission.refresh(&self.db).await?;
        self.incidents.refresh(&self.db).await
    }
}

#[derive(RustEmbed)]
#[folder = "../migrations"]
struct Files;

/// Every migration in order.
pub fn migrations() -> Vec<(String, String)> {
    let mut all: Vec<(String, String)> = Files::iter()
        .filter(|name| name.ends_with(".sql"))
        .filter_map(|name| {
            let file = Files::get(&name)?;
            Some((name.trim_end_matches(".sql").to_owned(), String::from_utf8_lossy(&file.data).into_owned()))
        })
        .collect();
    all.sort();
    all
}

/// Brings the tables up to date and says which migrations ran.
pub async fn migrate(db: &Db) -> Result<Vec<String>> {
    let files = migrations();
    let list: Vec<Migration<'_>> = files.iter().map(|(name, text)| Migration { name, text }).collect();
    db.migrate(&list).await
}
