//! Export of cases for spreadsheets and maps: redacted words, no names, no phones; text that a spreadsheet would take for a formula is defused.

use std::io::Write;

use kernel::{Error, Result, Scope, Time};
use serde_json::json;

use super::{actions::Ground, store, view};
use crate::app::App;

db::words! {
    /// How the file is written.
    pub enum Format {
        /// Comma-separated values in UTF-8 with a byte order mark, so that office programs read Chinese.
        Csv = "csv",
        /// A workbook with one sheet.
        Xlsx = "xlsx",
        /// Points for maps; cases without a point are left out.
        Geojson = "geojson",
    }
}

const HEAD: [&str; 18] = [
    "code",
    "state",
    "light",
    "urgency",
    "matter",
    "grid_code",
    "grid",
    "lead_unit",
    "channel",
    "source",
    "reported_at",
    "due_at",
    "title",
    "lon",
    "lat",
    "reporters",
    "photos",
    "attention",
];

/// Writes every case that the scope may see in a span of time, and says how many.
pub async fn export(
    app: &App,
    scope: &Scope,
    from: Option<Time>,
    to: Option<Time>,
    format: Format,
    out: &mut (dyn Write + Send),
) -> Result<usize> {
    let ground = Ground::of(app);
    let filter = store::Filter { from, to, ..store::Filter::default() };
    let mut sheet = Sheet::new(format)?;
    let mut cursor = None;
    let mut count = 0;
    loop {
        let mut lines =
            store::list(&mut *app.db.read().await?, scope, &filter, store::Order::Newest, cursor, ground.now, 500).await?;
        let more = lines.len() > 500;
        lines.truncate(500);
        cursor = lines.last().map(|l| kernel::Cursor { as_of: ground.now, at: l.reported_at.millis(), id: l.id.uuid() });
        count += lines.len();
        for line in lines {
            let row = serde_json::to_value(view::row(&ground, line)).map_err(Error::internal)?;
            sheet.write(&row)?;
        }
        if !more {
            break;
        }
    }
    let bytes = sheet.finish()?;
    out.write_all(&bytes).map_err(Error::internal)?;
    Ok(count)
}

enum Sheet {
    Csv(Box<csv::Writer<Vec<u8>>>),
    Xlsx(Box<rust_xlsxwriter::Workbook>, u32),
    Geojson(Vec<serde_json::Value>),
}

impl Sheet {
    fn new(format: Format) -> Result<Self> {
        match format {
            Format::Csv => {
                let mut writer = csv::Writer::from_writer("\u{feff}".as_bytes().to_vec());
                writer.write_record(HEAD).map_err(Error::internal)?;
                Ok(Self::Csv(Box::new(writer)))
            }
            Format::Xlsx => {
                let mut book = rust_xlsxwriter::Workbook::new();
                let sheet = book.add_worksheet();
                for (column, head) in (0u16..).zip(HEAD) {
                    sheet.write_string(0, column, head).map_err(Error::internal)?;
                }
                Ok(Self::Xlsx(Box::new(book), 0))
            }
            Format::Geojson => Ok(Self::Geojson(vec![])),
        }
    }

    fn write(&mut self, row: &serde_json::Value) -> Result<()> {
        match self {
            Self::Csv(writer) => writer.write_record(cells(row)).map_err(Error::internal),
            Self::Xlsx(book, n) => {
                *n += 1;
                let sheet = book.worksheet_from_index(0).map_err(Error::internal)?;
                for (column, text) in (0u16..).zip(cells(row)) {
                    sheet.write_string(*n, column, &text).map_err(Error::internal)?;
                }
                Ok(())
            }
            Self::Geojson(features) => {
                if row["lon"].is_number() {
                    let geometry = json!({ "type": "Point", "coordinates": [row["lon"], row["lat"]] });
                    features.push(json!({ "type": "Feature", "geometry": geometry, "properties": row }));
                }
                Ok(())
            }
        }
    }

    fn finish(self) -> Result<Vec<u8>> {
        match self {
            Self::Csv(writer) => writer.into_inner().map_err(Error::internal),
            Self::Xlsx(mut book, _) => book.save_to_buffer().map_err(Error::internal),
            Self::Geojson(features) => {
                serde_json::to_vec(&json!({ "type": "FeatureCollection", "features": features })).map_err(Error::internal)
            }
        }
    }
}

fn cells(row: &serde_json::Value) -> Vec<String> {
    let text = |v: &serde_json::Value| match v {
        serde_json::Value::String(s) => s.clone(),
        serde_json::Value::Null => String::new(),
        other => other.to_string(),
    };
    let attention = row["attention"].as_array().map(|a| a.iter().map(text).collect::<Vec<_>>().join(" ")).unwrap_or_default();
    let plain = [
        &row["code"],
        &row["state"],
        &row["light"],
        &row["urgency"],
        &row["matter"]["name"],
        &row["grid"]["code"],
        &row["grid"]["name"],
        &row["lead"]["unit"],
        &row["channel"],
        &row["source"],
        &row["reported_at"],
        &row["due_at"],
        &row["title"],
        &row["lon"],
        &row["lat"],
        &row["reporters"],
        &row["photo_count"],
    ];
    plain.into_iter().map(|v| defused(text(v))).chain([attention]).collect()
}

/// A cell that begins like a formula is prefixed, so that no spreadsheet runs it (trust: exports).
fn defused(text: String) -> String {
    // A number may begin with a minus; only text is defused.
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) && text.parse::<f64>().is_err() { format!("'{text}") } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_are_defused_and_numbers_kept() {
        for bad in ["=1+1", "+cmd", "-x", "@a", "\tx", "\rx"] {
            assert!(defused(bad.into()).starts_with('\''), "{bad}");
        }
        assert_eq!(defused("-12.5".into()), "-12.5");
        assert_eq!(defused("路灯".into()), "路灯");
    }
}
