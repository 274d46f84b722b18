//! Tables that people take away: CSV and XLSX of the same rows, written line by line.
//!
//! No cell is ever a formula: what begins like one gets a quote in front, which reading a table takes off again, and in XLSX a text is a
//! text. Numbers are numbers there, so that a column can be summed; codes and ids are texts, so that no digit of them is lost.

use kernel::{Actor, Error, Result, Time, Zone};
use rust_xlsxwriter::{Format as Style, Workbook, Worksheet, XlsxError};

use crate::lang::Lang;

db::words! {
    /// How a table is written.
    #[derive(Default)]
    pub enum Format {
        /// Comma-separated values in UTF-8 with a byte order mark.
        #[default]
        Csv = "csv",
        /// A workbook.
        Xlsx = "xlsx",
    }
}

impl Format {
    /// The format that was asked for, CSV when none was.
    ///
    /// # Errors
    /// `Invalid` with the field `format`.
    pub fn wished(word: Option<&str>) -> Result<Self> {
        word.map_or(Ok(Self::Csv), |word| Self::of(word).ok_or_else(|| Error::invalid("format", "unknown")))
    }

    /// As an answer over HTTP calls it.
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Csv => "text/csv; charset=utf-8",
            Self::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        }
    }
}

/// What stands in one place of a table.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    /// Words, codes, ids, instants.
    Text(String),
    /// What can be counted with.
    Number(f64),
}

impl Cell {
    /// Nothing.
    pub const fn empty() -> Self {
        Self::Text(String::new())
    }

    /// A value of JSON: a number stays one, `null` is nothing.
    pub fn of(value: &serde_json::Value) -> Self {
        match value {
            serde_json::Value::String(text) => text.as_str().into(),
            serde_json::Value::Null => Self::empty(),
            other => other.as_f64().map_or_else(|| other.to_string().into(), Self::from),
        }
    }

    /// As it is written in CSV.
    fn words(self) -> String {
        match self {
            Self::Text(text) => harmless(text),
            Self::Number(n) => n.to_string(),
        }
    }
}

impl From<String> for Cell {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<f64> for Cell {
    /// What is no number at all is left empty: a workbook would make an error of it.
    fn from(n: f64) -> Self {
        if n.is_finite() { Self::Number(n) } else { Self::empty() }
    }
}

impl From<i64> for Cell {
    /// Beyond 15 digits a spreadsheet program loses the last ones, so such a number is written as text.
    fn from(n: i64) -> Self {
        if n.unsigned_abs() < 1_000_000_000_000_000 { Self::Number(n as f64) } else { Self::Text(n.to_string()) }
    }
}

impl<T: Into<Self>> From<Option<T>> for Cell {
    fn from(some: Option<T>) -> Self {
        some.map_or_else(Self::empty, Into::into)
    }
}

/// Rows of one sheet; spreadsheet programs take 1,048,576.
const SHEET_ROWS: u32 = 1_000_000;

/// A table on its way out. It never lies whole in memory, but for the packed bytes of a workbook.
pub struct Sheet {
    head: Vec<String>,
    frozen: u16,
    out: Out,
}

enum Out {
    Csv(Box<csv::Writer<Vec<u8>>>),
    /// With the number of the next row.
    Xlsx(Box<Workbook>, u32),
}

impl Sheet {
    /// A table with this header; in a workbook the header and the first `frozen` columns stand still.
    ///
    /// # Errors
    /// `Internal` when the writer fails, as with everything below.
    pub fn new<'a>(format: Format, head: impl IntoIterator<Item = &'a str>, frozen: u16) -> Result<Self> {
        let head: Vec<String> = head.into_iter().map(str::to_owned).collect();
        let out = match format {
            Format::Csv => {
                // Spreadsheet programs need the mark to see that it is UTF-8.
                let mut writer = csv::Writer::from_writer("\u{feff}".as_bytes().to_vec());
                writer.write_record(&head).map_err(Error::internal)?;
                Out::Csv(Box::new(writer))
            }
            Format::Xlsx => {
                let mut book = Box::new(Workbook::new());
                begin(&mut book, &head, frozen)?;
                Out::Xlsx(book, 1)
            }
        };
        Ok(Self { head, frozen, out })
    }

    /// A line; a full sheet is followed by another with the same head.
    pub fn line(&mut self, cells: impl IntoIterator<Item = Cell>) -> Result<()> {
        match &mut self.out {
            Out::Csv(writer) => writer.write_record(cells.into_iter().map(Cell::words)).map_err(Error::internal),
            Out::Xlsx(book, row) => {
                if *row > SHEET_ROWS {
                    begin(book, &self.head, self.frozen)?;
                    *row = 1;
                }
                let last = book.worksheets().len() - 1;
                let sheet = book.worksheet_from_index(last).map_err(Error::internal)?;
                for (column, cell) in (0..).zip(cells) {
                    write(sheet, *row, column, cell).map_err(Error::internal)?;
                }
                *row += 1;
                Ok(())
            }
        }
    }

    /// A last line with these words in its first column.
    pub fn note(&mut self, words: &str) -> Result<()> {
        let rest = self.head.len().saturating_sub(1);
        self.line(std::iter::once(words.into()).chain(std::iter::repeat_n(Cell::empty(), rest)))
    }

    /// What is ready to go out.
    pub fn take(&mut self) -> Result<Vec<u8>> {
        match &mut self.out {
            Out::Csv(writer) => {
                let ready = std::mem::replace(writer.as_mut(), csv::Writer::from_writer(vec![]));
                ready.into_inner().map_err(Error::internal)
            }
            Out::Xlsx(..) => Ok(vec![]),
        }
    }

    /// The rest of it.
    pub fn finish(self) -> Result<Vec<u8>> {
        match self.out {
            Out::Csv(writer) => writer.into_inner().map_err(Error::internal),
            Out::Xlsx(mut book, _) => book.save_to_buffer().map_err(Error::internal),
        }
    }
}

/// The rows as a file.
pub fn file<'a>(
    format: Format,
    head: impl IntoIterator<Item = &'a str>,
    frozen: u16,
    rows: impl IntoIterator<Item = Vec<Cell>>,
) -> Result<Vec<u8>> {
    let mut sheet = Sheet::new(format, head, frozen)?;
    for row in rows {
        sheet.line(row)?;
    }
    sheet.finish()
}

/// The same rows, all of them texts.
pub fn texts(row: impl IntoIterator<Item = String>) -> Vec<Cell> {
    row.into_iter().map(Cell::from).collect()
}

/// Who took the file along and when (trust: name, last four characters of the staff number, time).
pub fn watermark(lang: Lang, who: &Actor, zone: Zone, at: Time) -> String {
    let number: Vec<char> = who.staff_no.as_deref().unwrap_or_default().chars().collect();
    let last: String = number[number.len().saturating_sub(4)..].iter().collect();
    let wall = zone.wall(at);
    format!("{}{} {last} {} {:02}:{:02}", lang.paper("exported"), who.name, wall.date(), wall.hour(), wall.minute())
}

fn begin(book: &mut Workbook, head: &[String], frozen: u16) -> Result<()> {
    let sheet = book.add_worksheet_with_constant_memory().map_err(Error::internal)?;
    let bold = Style::new().set_bold();
    for (column, name) in (0..).zip(head) {
        sheet.write_string_with_format(0, column, name, &bold).map_err(Error::internal)?;
    }
    sheet.set_freeze_panes(1, frozen).map_err(Error::internal)?;
    Ok(())
}

fn write(sheet: &mut Worksheet, row: u32, column: u16, cell: Cell) -> Result<(), XlsxError> {
    match cell {
        Cell::Text(text) if text.is_empty() => Ok(()),
        Cell::Text(text) => sheet.write_string(row, column, harmless(text)).map(drop),
        Cell::Number(n) => sheet.write_number(row, column, n).map(drop),
    }
}

/// Text that a spreadsheet program would take for a formula is marked as text (trust: exports).
fn harmless(text: String) -> String {
    if text.starts_with(BEGIN_FORMULAS) { format!("'{text}") } else { text }
}

/// What a formula begins with.
pub(super) const BEGIN_FORMULAS: [char; 6] = ['=', '+', '-', '@', '\t', '\r'];
