//! The base map (底图): what a map shows beneath borders and points, so that whoever looks at it knows where he is.
//!
//! Words: a *layer* is all roads, waters, greens, buildings or places; it comes from one file. Its features are cut into *cells*, squares of the world map's
//! fixed grid, at four *levels*: what is seen from far, from
//! the middle, near, and only close by. A map asks for the cells that it shows.
//!
//! Invariants: it is read without a log-in, so nothing of a file is taken over but a shape, a name, a width and a kind; a layer is replaced as a whole or
//! not at all, and each replacement is in the record; nothing is located or decided by it; no other host is asked for anything.

use std::sync::Arc;

use db::Db;
use kernel::{Clock, Id, Result};
use serde::Serialize;
use sha2::{Digest, Sha256};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    app::Shared,
    modules::Module,
    snapshot::{self, AsOf, Snapshot},
};

mod http;
mod import;
mod model;
mod store;
#[cfg(test)]
mod tests;

pub use import::{Options, Report, import, remove};
pub use model::{Layer, Level};

/// See [`crate::modules`].
pub const MODULE: Module = Module { name: "basemap", rank: 1, beside: &[], tables: &["basemap_layer", "basemap_cell"], routes };

/// The revision that moves with every import.
const REVISION: &str = "basemap";

fn routes() -> OpenApiRouter<Shared> {
    crate::http::packed(OpenApiRouter::new().routes(routes!(http::cell)))
}

/// What this slice keeps in memory: which layers there are.
#[derive(Debug)]
pub struct Memory(Snapshot<Vec<store::LayerRow>>);

impl Memory {
    /// Reads the layers from the database.
    pub async fn load(db: &Db) -> Result<Self> {
        let mut conn = db.read().await?;
        let revision = snapshot::revision(&mut conn, REVISION).await?;
        Ok(Self(Snapshot::new(revision, store::layers(&mut conn).await?)))
    }

    /// Reads them again when another revision is in the database.
    pub async fn refresh(&self, db: &Db) -> Result<()> {
        let mut conn = db.read().await?;
        let revision = snapshot::revision(&mut conn, REVISION).await?;
        if revision != self.0.get().revision {
            self.0.put(revision, store::layers(&mut conn).await?);
        }
        Ok(())
    }

    fn known(&self) -> Arc<AsOf<Vec<store::LayerRow>>> {
        self.0.get()
    }

    /// What cells are kept under for a year. It must not come again after a restore or in a new district on the same host, so it is made of the ids of
    /// the layers and of when they came in, beside the count.
    fn version(&self) -> i64 {
        let known = self.known();
        let mut hash = Sha256::new();
        hash.update(known.revision.to_be_bytes());
        for layer in &known.value {
            hash.update(layer.id.uuid().as_bytes());
            hash.update(layer.imported_at.millis().to_be_bytes());
        }
        let digest = hash.finalize();
        // A number that JavaScript can hold.
        digest.iter().take(6).fold(0, |n, byte| (n << 8) | i64::from(*byte))
    }

    /// What a page needs to know before it asks for cells; none while there is no layer.
    pub fn outline(&self) -> Option<Basemap> {
        let known = self.known();
        let first = known.value.first()?;
        let widen = |b: [f64; 4], l: &store::LayerRow| [b[0].min(l.west), b[1].min(l.south), b[2].max(l.east), b[3].max(l.north)];
        let bounds = known.value.iter().fold([first.west, first.south, first.east, first.north], widen);
        let layers = known.value.iter().map(|l| BasemapLayer {
            layer: l.layer,
            version: l.version,
            attribution: Some(l.attribution.clone()).filter(|a| !a.is_empty()),
        });
        let levels = Level::ALL.iter().map(|l| BasemapLevel { level: *l, cells: l.cells(), from: l.from() });
        Some(Basemap { version: self.version(), bounds, levels: levels.collect(), layers: layers.collect() })
    }
}

/// The base map: which layers there are, where, and how they are cut.
#[derive(Serialize, ToSchema)]
pub struct Basemap {
    /// Another with every import; cells are kept under it.
    version: i64,
    /// West, south, east, north in WGS84; there are no cells outside.
    bounds: [f64; 4],
    levels: Vec<BasemapLevel>,
    layers: Vec<BasemapLayer>,
}

/// How a level is cut, and from where it is seen.
#[derive(Serialize, ToSchema)]
struct BasemapLevel {
    level: Level,
    /// The zoom of the world map's grid whose squares are its cells.
    cells: u8,
    /// The zoom of a map from which on it is shown.
    from: u8,
}

/// A layer of the base map.
#[derive(Serialize, ToSchema)]
struct BasemapLayer {
    layer: Layer,
    version: i64,
    /// Whom the map's corner names.
    #[serde(skip_serializing_if = "Option::is_none")]
    attribution: Option<String>,
}

/// A name for a row of the record.
fn row_id(clock: &Clock) -> Id<Layer> {
    Id::new(clock.now())
}
