//! Export of cases for spreadsheets and maps, as a list is filtered: redacted words, no names, no phones; text that a spreadsheet would
//! take for a formula is defused, and the last line says who took the file with him, since redacted words may still speak of people.
//!
//! A file is written page by page and never lies whole in memory, but for the packed bytes of a workbook.

use std::io::Write;

use kernel::{Actor, Cursor, Error, Result, Scope, Time, Zone};
use serde_json::json;

use super::{
    actions::{self, Ground},
    store::{self, Filter, Order},
    view,
};
use crate::{
    app::Shared,
    lang::Lang,
    table::{
        column::Column,
        write::{self, Cell, watermark},
    },
};

db::words! {
    /// How the file is written.
    pub enum Format {
        /// Comma-separated values in UTF-8 with a byte order mark, so that office programs read Chinese.
        Csv = "csv",
        /// A workbook; a sheet holds a million cases.
        Xlsx = "xlsx",
        /// Points for maps; cases without a point are left out.
        Geojson = "geojson",
    }
}

impl Format {
    /// As an answer over HTTP calls it.
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Csv => write::Format::Csv.media_type(),
            Self::Xlsx => write::Format::Xlsx.media_type(),
            Self::Geojson => "application/geo+json",
        }
    }
}

const COLUMNS: [Column; 18] = [
    Column::plain("code"),
    Column::terms("state", "state"),
    Column::terms("light", "light"),
    Column::terms("urgency", "urgency"),
    Column::plain("matter"),
    Column::plain("grid_code"),
    Column::plain("grid"),
    Column::plain("lead_unit"),
    Column::terms("channel", "channel"),
    Column::terms("source", "source"),
    Column::at("reported_at"),
    Column::at("due_at"),
    Column::plain("title"),
    Column::plain("lon"),
    Column::plain("lat"),
    Column::plain("reporters"),
    Column::plain("photos"),
    Column::terms("attention", "attention"),
];

/// Cases read at once.
const PAGE: i64 = 500;

/// A file on its way out.
pub struct Export<'a> {
    app: std::borrow::Cow<'a, Shared>,
    scope: Scope,
    filter: Filter,
    order: Order,
    ground: Ground,
    format: Format,
    /// Nothing when everything is written.
    sheet: Option<Sheet>,
    cursor: Option<Cursor>,
    /// Who takes it along, for the last line and for the record; nobody on the command line.
    who: Option<Actor>,
    /// The reader's language; none for another program.
    lang: Option<Lang>,
    /// How many cases it holds so far.
    pub count: usize,
}

impl<'a> Export<'a> {
    /// A file of the cases that the scope may see and the filter leaves.
    pub fn new(app: &'a Shared, scope: Scope, filter: Filter, order: Order, format: Format, who: Option<Actor>) -> Result<Self> {
        let (ground, sheet) = (Ground::of(app), Some(Sheet::new(format, None)?));
        let app = std::borrow::Cow::Borrowed(app);
        Ok(Self { app, scope, filter, order, ground, format, sheet, cursor: None, who, lang: None, count: 0 })
    }

    /// The same in a reader's language.
    ///
    /// # Errors
    /// `Internal` when the writer fails.
    pub fn said_in(mut self, lang: Option<Lang>) -> Result<Self> {
        self.sheet = Some(Sheet::new(self.format, lang)?);
        self.lang = lang;
        Ok(self)
    }

    /// The same, on its own feet.
    pub fn owned(self) -> Export<'static> {
        let Self { app, scope, filter, order, ground, format, sheet, cursor, who, lang, count } = self;
        let app = std::borrow::Cow::Owned(app.into_owned());
        Export { app, scope, filter, order, ground, format, sheet, cursor, who, lang, count }
    }

    /// The next bytes; nothing at the end. When the last ones are made, the record says how many cases went out.
    pub async fn next(&mut self) -> Result<Option<Vec<u8>>> {
        while let Some(mut sheet) = self.sheet.take() {
            let more = self.page(&mut sheet).await?;
            let bytes = if more {
                let bytes = sheet.take()?;
                self.sheet = Some(sheet);
                bytes
            } else {
                let lang = self.lang.unwrap_or_default();
                let line = self.who.as_ref().map(|who| watermark(lang, who, self.app.zone, self.ground.now));
                let bytes = sheet.finish(line.as_deref())?;
                if let Some(who) = &self.who {
                    actions::exported(&self.app, who, self.format, self.count).await?;
                }
                bytes
            };
            if !bytes.is_empty() {
                return Ok(Some(bytes));
            }
        }
        Ok(None)
    }

    /// Writes a page, and says whether there is another.
    async fn page(&mut self, sheet: &mut Sheet) -> Result<bool> {
        let now = self.ground.now;
        let mut conn = self.app.db.read().await?;
        let mut lines = store::list(&mut conn, &self.scope, &self.filter, self.order, self.cursor, now, PAGE).await?;
        drop(conn);
        let more = lines.len() > PAGE as usize;
        lines.truncate(PAGE as usize);
        self.cursor = lines.last().map(|l| Cursor { as_of: now, at: self.order.at(l), id: l.id.uuid() });
        self.count += lines.len();
        for line in lines {
            let row = serde_json::to_value(view::row(&self.ground, line)).map_err(Error::internal)?;
            sheet.write(&row, self.lang, self.app.zone)?;
        }
        Ok(more)
    }
}

/// Writes every case that the scope may see in a span of time, and says how many: for the command line.
pub async fn export(
    app: &Shared,
    scope: &Scope,
    from: Option<Time>,
    to: Option<Time>,
    format: Format,
    out: &mut (dyn Write + Send),
) -> Result<usize> {
    let filter = Filter { from, to, ..Filter::default() };
    let mut file = Export::new(app, scope.clone(), filter, Order::Newest, format, None)?;
    while let Some(bytes) = file.next().await? {
        out.write_all(&bytes).map_err(Error::internal)?;
    }
    Ok(file.count)
}

/// The file as far as it is written.
enum Sheet {
    Table(write::Sheet),
    Geojson(Vec<u8>, bool),
}

impl Sheet {
    fn new(format: Format, lang: Option<Lang>) -> Result<Self> {
        let head = COLUMNS.iter().map(|c| c.head("incidents", lang).to_owned()).collect::<Vec<_>>();
        let table = |format| write::Sheet::new(format, head.iter().map(String::as_str), 1).map(Self::Table);
        match format {
            Format::Csv => table(write::Format::Csv),
            Format::Xlsx => table(write::Format::Xlsx),
            Format::Geojson => Ok(Self::Geojson(br#"{"type":"FeatureCollection","features":["#.to_vec(), false)),
        }
    }

    fn write(&mut self, row: &serde_json::Value, lang: Option<Lang>, zone: Zone) -> Result<()> {
        match self {
            Self::Table(table) => {
                table.line(cells(row, lang).into_iter().zip(&COLUMNS).map(|(cell, column)| column.cell(cell, lang, zone)))
            }
            Self::Geojson(out, some) => {
                if row["lon"].is_number() {
                    let geometry = json!({ "type": "Point", "coordinates": [row["lon"], row["lat"]] });
                    if std::mem::replace(some, true) {
                        out.push(b',');
                    }
                    let feature = json!({ "type": "Feature", "geometry": geometry, "properties": row });
                    serde_json::to_writer(out, &feature).map_err(Error::internal)?;
                }
                Ok(())
            }
        }
    }

    /// What is ready to go out.
    fn take(&mut self) -> Result<Vec<u8>> {
        match self {
            Self::Table(table) => table.take(),
            Self::Geojson(out, _) => Ok(std::mem::take(out)),
        }
    }

    fn finish(self, watermark: Option<&str>) -> Result<Vec<u8>> {
        match self {
            Self::Table(mut table) => {
                watermark.map_or(Ok(()), |words| table.note(words))?;
                table.finish()
            }
            Self::Geojson(mut out, _) => {
                let end = json!({ "watermark": watermark }).to_string();
                out.extend_from_slice(b"],");
                out.extend_from_slice(&end.as_bytes()[1..]);
                Ok(out)
            }
        }
    }
}

/// Coordinates and counts are numbers, the rest is text.
fn cells(row: &serde_json::Value, lang: Option<Lang>) -> Vec<Cell> {
    let english = lang == Some(Lang::En) && row["matter"]["name_en"].is_string();
    let words = |list: &Vec<serde_json::Value>| list.iter().filter_map(|a| a.as_str()).collect::<Vec<_>>().join(" ");
    let attention = row["attention"].as_array().map(words);
    let plain = [
        &row["code"],
        &row["state"],
        &row["light"],
        &row["urgency"],
        &row["matter"][if english { "name_en" } else { "name" }],
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
    plain.into_iter().map(Cell::of).chain([attention.into()]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_said_in_its_readers_language() {
        let matter = json!({ "name": "楼道灯不亮", "name_en": "Stairwell lamp out" });
        let row = json!({ "code": "C1", "state": "in_progress", "light": "red", "matter": matter, "channel": "phone",
            "reported_at": "2025-03-10T02:00:00.000Z", "attention": ["returned", "no-unit"] });
        let file = |lang| {
            let mut sheet = Sheet::new(Format::Csv, lang).unwrap();
            sheet.write(&row, lang, Zone::CHINA).unwrap();
            String::from_utf8(sheet.finish(None).unwrap()).unwrap()
        };
        let english = file(Some(Lang::En));
        assert!(english.contains("Case,State,Light,Urgency,Matter,"), "{english}");
        for part in
            ["In progress,Red,,Stairwell lamp out,", ",Telephone,", ",2025-03-10 10:00,", "\"Returned, No unit in charge\""]
        {
            assert!(english.contains(part), "{part}: {english}");
        }
        assert!(file(Some(Lang::Zh)).contains("办理中,红灯,,楼道灯不亮,"), "{}", file(Some(Lang::Zh)));
        assert!(
            file(None).contains("code,state,light,") && file(None).contains("in_progress,red,,楼道灯不亮,"),
            "{}",
            file(None)
        );
    }

    #[test]
    fn a_file_is_whole_however_it_is_cut() {
        let row = json!({ "code": "C1", "title": "=1+1", "lon": 1.0, "lat": 2.0 });
        for format in [Format::Csv, Format::Geojson] {
            let mut sheet = Sheet::new(format, None).unwrap();
            let mut bytes = sheet.take().unwrap();
            for _ in 0..3 {
                sheet.write(&row, None, Zone::CHINA).unwrap();
                bytes.extend(sheet.take().unwrap());
            }
            bytes.extend(sheet.finish(Some("导出：甲")).unwrap());
            let text = String::from_utf8(bytes).unwrap();
            assert_eq!(text.matches("C1").count(), 3, "{text}");
            if format == Format::Geojson {
                let read: serde_json::Value = serde_json::from_str(&text).unwrap();
                assert_eq!((read["features"].as_array().unwrap().len(), &read["watermark"]), (3, &json!("导出：甲")));
            } else {
                let mut reader = csv::Reader::from_reader(text.trim_start_matches('\u{feff}').as_bytes());
                let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
                assert_eq!((rows.len(), &rows[0][12], &rows[3][0]), (4, "'=1+1", "导出：甲"));
            }
        }
    }
}
