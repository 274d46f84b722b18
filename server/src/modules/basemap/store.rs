//! SQL of the slice.

use db::{Conn, Query, Tx, bind, record, sql};
use kernel::{Id, Result, Time};

use super::model::{Cell, Layer, Level};

record! {
    /// A layer as it is stored.
    #[derive(Clone, Debug)]
    pub struct LayerRow {
        pub layer: Layer,
        pub id: Id<Layer>,
        pub version: i64,
        pub attribution: String,
        pub features: i64,
        pub west: f64,
        pub south: f64,
        pub east: f64,
        pub north: f64,
        pub imported_at: Time,
    }
}

/// Every layer. It is written for everybody, so there is no scope.
pub async fn layers(conn: &mut Conn) -> Result<Vec<LayerRow>> {
    let statement =
        sql!("select layer, id, version, attribution, features, west, south, east, north, imported_at from basemap_layer");
    let mut layers: Vec<LayerRow> = conn.all(statement, bind![]).await?;
    layers.sort_by_key(|l| l.layer);
    Ok(layers)
}

/// One layer.
pub async fn layer(conn: &mut Conn, layer: Layer) -> Result<Option<LayerRow>> {
    let statement = sql!(
        "select layer, id, version, attribution, features, west, south, east, north, imported_at from basemap_layer where layer = $1"
    );
    conn.one(statement, bind![layer]).await
}

/// Takes a layer away with all its cells.
pub async fn remove(tx: &mut Tx, layer: Layer) -> Result<()> {
    tx.execute(sql!("delete from basemap_cell where layer = $1"), bind![layer]).await?;
    tx.execute(sql!("delete from basemap_layer where layer = $1"), bind![layer]).await.map(|_| ())
}

/// Adds a layer.
pub async fn insert(tx: &mut Tx, row: &LayerRow) -> Result<()> {
    let statement = sql!(
        "insert into basemap_layer (layer, id, version, attribution, features, west, south, east, north, imported_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)"
    );
    let LayerRow { layer, id, version, attribution, features, west, south, east, north, imported_at } = row;
    let cells = bind![*layer, *id, *version, attribution, *features, *west, *south, *east, *north, *imported_at];
    tx.execute(statement, cells).await.map(|_| ())
}

/// Adds cells of a layer.
pub async fn insert_cells(tx: &mut Tx, layer: Layer, cells: &[(&(Level, Cell), &String)]) -> Result<()> {
    let mut query = Query::new("insert into basemap_cell (level, x, y, layer, features) values");
    for (n, ((level, cell), features)) in cells.iter().enumerate() {
        let values = bind![*level, i64::from(cell.x), i64::from(cell.y), layer, *features];
        query = query.push_list(if n == 0 { "" } else { "," }, values);
    }
    tx.execute_query(query).await.map(|_| ())
}

record! {
    /// What a layer has in a cell.
    pub struct CellRow { pub layer: Layer, pub features: String }
}

/// What lies in a cell, layer by layer.
pub async fn cell(conn: &mut Conn, level: Level, cell: Cell) -> Result<Vec<CellRow>> {
    let statement = sql!("select layer, features from basemap_cell where level = $1 and x = $2 and y = $3");
    let mut rows: Vec<CellRow> = conn.all(statement, bind![level, i64::from(cell.x), i64::from(cell.y)]).await?;
    rows.sort_by_key(|r| r.layer);
    Ok(rows)
}
