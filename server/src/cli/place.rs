//! The district's folder, as every command is told.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use clap::Args;
use db::{Db, Durability, Options};
use kernel::Clock;
use serde::{Deserialize, Serialize};

use crate::app::{App, Config, Shared, migrations};

/// Where the district lies.
#[derive(Args, Clone, Debug)]
pub struct Place {
    /// The district's folder.
    #[arg(long, env = "JINGWEI_DATA_DIR")]
    pub data: PathBuf,
    /// Another database than the one that `init` stored: `sqlite:PATH` or `postgres://…`.
    #[arg(long, env = "JINGWEI_DATABASE")]
    pub database: Option<String>,
}

/// What `init` stores in the folder, readable by its owner only, since the address may hold a password.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Stored {
    /// The database's address. A SQLite path that is not absolute begins in the district's folder, so that the folder may be moved.
    pub database: String,
    /// The PostgreSQL schema of this district.
    pub schema: Option<String>,
    /// Whether the data is invented.
    #[serde(default)]
    pub demo: bool,
}

const FILE: &str = "jingwei.json";
/// The database of a district that names none: a file in its folder.
pub const OWN_DATABASE: &str = "sqlite:district.db";

impl Stored {
    /// Reads what `init` stored.
    pub fn read(data: &Path) -> anyhow::Result<Self> {
        let path = data.join(FILE);
        let text = std::fs::read_to_string(&path).with_context(|| {
            format!("{} holds no district; run `jingwei init --data {}` first", data.display(), data.display())
        })?;
        serde_json::from_str(&text).with_context(|| format!("{} cannot be read", path.display()))
    }

    /// The database's address as it is opened.
    pub fn address(&self, data: &Path) -> String {
        match self.database.strip_prefix("sqlite:") {
            Some(path) if Path::new(path).is_relative() => format!("sqlite:{}", data.join(path).display()),
            _ => self.database.clone(),
        }
    }

    /// Stores it.
    pub fn write(&self, data: &Path) -> anyhow::Result<()> {
        let path = data.join(FILE);
        std::fs::write(&path, serde_json::to_vec_pretty(self)?)
            .with_context(|| format!("{} cannot be written", path.display()))?;
        #[cfg(unix)]
        std::fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o600))?;
        Ok(())
    }
}

impl Place {
    /// The database that holds the district, and how it is opened.
    pub async fn open_db(&self, connections: u32, durability: Durability) -> anyhow::Result<(Db, Stored)> {
        let mut stored = Stored::read(&self.data)?;
        stored.database = self.database.clone().unwrap_or_else(|| stored.address(&self.data));
        let options = Options { connections, schema: stored.schema.clone(), durability, ..Options::default() };
        let db = Db::open_with(&stored.database, &options).await.with_context(|| "the database cannot be opened".to_owned())?;
        Ok((db, stored))
    }

    /// The district, for a command that needs all of it. Its tables must be up to date.
    pub async fn open(&self) -> anyhow::Result<Shared> {
        self.open_as(4, Durability::Full, Config::default()).await
    }

    /// The district, with what only a service sets.
    pub async fn open_as(&self, connections: u32, durability: Durability, config: Config) -> anyhow::Result<Shared> {
        self.open_at(connections, durability, config, Clock::System).await
    }

    /// The same by a clock of one's own, for what is told of the past.
    pub async fn open_at(
        &self,
        connections: u32,
        durability: Durability,
        config: Config,
        clock: Clock,
    ) -> anyhow::Result<Shared> {
        let (db, stored) = self.open_db(connections, durability).await?;
        let ran = db.migrated().await.unwrap_or_default();
        if let Some((name, _)) = migrations().iter().find(|(name, _)| !ran.contains(name)) {
            bail!("the tables lack {name}; run `jingwei migrate --data {}` first", self.data.display());
        }
        let config = Config { data: self.data.clone(), demo: stored.demo, ..config };
        Ok(App::open(db, clock, config).await?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_may_be_moved_with_its_database() {
        let stored = |database: &str| Stored { database: database.into(), schema: None, demo: false };
        let there = Path::new("/srv/district");
        assert_eq!(stored(OWN_DATABASE).address(there), "sqlite:/srv/district/district.db");
        for elsewhere in ["sqlite:/var/lib/district.db", "postgres://db/jingwei"] {
            assert_eq!(stored(elsewhere).address(there), elsewhere);
        }
    }
}
