//! Tables that people hand in: CSV from any spreadsheet program and XLSX, read the same way.
//!
//! A file is recognised by its content. CSV may carry a byte order mark, be UTF-8, UTF-16 or GB 18030 (what spreadsheet programs in China
//! write), be separated by comma, semicolon or tab, and be packed with gzip. Of an XLSX file the first sheet that has a header is read: values, never formulas.
//! Before anything is unpacked into memory the sizes are judged, and a child process with little memory and time reads it ([`child`]), so that a
//! small file cannot become a large one.

use std::{collections::BTreeMap, fmt, path::Path, sync::Arc};

use serde::{Deserialize, Serialize};

pub mod child;
pub mod column;
mod named;
mod sheet;
mod text;
pub mod write;

pub use named::{Columns, Named, named};

/// No larger file is read, packed or not.
const LARGEST_FILE: u64 = 256 * 1024 * 1024;
/// No more rows are read: ten times the people of a large district's organisation.
const MOST_ROWS: usize = 1_000_000;

/// A table being read: an iterator over its rows, whose cells are asked for by the header's names.
pub struct Table {
    headers: Arc<Headers>,
    rows: Box<dyn Iterator<Item = Result<Cells, Fault>> + Send>,
    given: usize,
}

/// The cells of one row with the number that a spreadsheet program shows for it.
type Cells = (usize, Vec<String>);

#[derive(Debug)]
struct Headers {
    names: Vec<String>,
    places: BTreeMap<String, usize>,
}

/// One row of a table.
#[derive(Clone, Debug)]
pub struct Row {
    /// Its number in the file, the header being 1.
    pub number: usize,
    cells: Vec<String>,
    headers: Arc<Headers>,
}

/// Something wrong with one cell, in words for whoever made the file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    /// The row's number in the file.
    pub row: usize,
    /// The column's name; empty when the whole row is meant.
    pub column: String,
    /// What stands there, shortened.
    pub value: String,
    /// What is wrong, in Chinese.
    pub zh: String,
    /// The same in English.
    pub en: String,
}

/// Why a file cannot be read as a table at all.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{zh} / {en}")]
pub struct Unreadable {
    /// The reason in Chinese.
    pub zh: String,
    /// The same in English.
    pub en: String,
}

/// How the report of an import ends, line by line for a terminal: its faults, and whether anything was written.
pub fn verdict(faults: &[Fault], more_faults: usize, applied: bool) -> Vec<String> {
    let mut lines: Vec<String> = faults.iter().map(ToString::to_string).collect();
    if more_faults > 0 {
        lines.push(format!("另有 {more_faults} 处错误 / {more_faults} more faults"));
    }
    let written = match (applied, faults.is_empty()) {
        (true, _) => "已写入 / written",
        (false, true) => "试运行，未写入 / dry run, nothing written",
        (false, false) => "有错误，未写入 / faults, nothing written",
    };
    lines.push(written.to_owned());
    lines
}

/// A file that is no table at all is wrong as a whole.
impl From<Unreadable> for Fault {
    fn from(e: Unreadable) -> Self {
        Self { row: 0, column: String::new(), value: String::new(), zh: e.zh, en: e.en }
    }
}

impl Unreadable {
    /// A reason in both languages.
    pub fn new(zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self { zh: zh.into(), en: en.into() }
    }

    /// The refusal of a command whose field held the file.
    pub fn refused(self, field: &str) -> kernel::Error {
        kernel::Error::Invalid(vec![kernel::FieldError::new(field, "unreadable").with("zh", self.zh).with("en", self.en)])
    }
}

impl Table {
    /// Opens a CSV or XLSX file.
    pub fn open(path: &Path) -> Result<Self, Unreadable> {
        Self::read(read_file(path)?)
    }

    /// Reads a CSV or XLSX file that is in memory.
    pub fn read(bytes: Vec<u8>) -> Result<Self, Unreadable> {
        let bytes = unpack(bytes)?;
        let (header, rows) = if bytes.starts_with(b"PK\x03\x04") { sheet::rows(bytes)? } else { text::rows(bytes)? };
        let names: Vec<String> = header.iter().map(|h| h.trim().to_owned()).collect();
        Ok(Self { headers: Headers::new(names)?, rows, given: 0 })
    }

    /// Reads what a page sent: the text of a CSV file, or an XLSX or CSV file in base64.
    ///
    /// # Errors
    /// `Invalid` with the field `content`.
    pub fn uploaded(content: &str, base64: bool) -> kernel::Result<Self> {
        use base64::{Engine as _, prelude::BASE64_STANDARD};
        let bytes = if base64 {
            BASE64_STANDARD.decode(content).map_err(|_| kernel::Error::invalid("content", "not-base64"))?
        } else {
            content.as_bytes().to_vec()
        };
        Self::read(bytes).map_err(|e| e.refused("content"))
    }

    /// The same table with columns called by other names: pairs of (name wanted, name in the file).
    pub fn rename(mut self, pairs: &[(String, String)]) -> Result<Self, Unreadable> {
        let mut names = self.headers.names.clone();
        for (wanted, given) in pairs {
            let Some(&at) = self.headers.places.get(given) else { return Err(missing(given, &names)) };
            for name in names.iter_mut().filter(|n| *n == wanted) {
                name.clear();
            }
            names[at].clone_from(wanted);
        }
        self.headers = Headers::new(names)?;
        Ok(self)
    }

    /// The names of the columns in order.
    pub fn headers(&self) -> &[String] {
        &self.headers.names
    }

    /// Whether there is a column of this name.
    pub fn has(&self, column: &str) -> bool {
        self.headers.places.contains_key(column)
    }

    /// Whether there were more rows than a table may have, so that the rest was not read.
    pub fn cut_off(&self) -> bool {
        self.given > MOST_ROWS
    }

    /// Says which of these columns is missing.
    pub fn require(&self, columns: &[&str]) -> Result<(), Unreadable> {
        match columns.iter().find(|c| !self.has(c)) {
            None => Ok(()),
            Some(column) => Err(missing(column, &self.headers.names)),
        }
    }
}

impl Iterator for Table {
    type Item = Result<Row, Fault>;

    /// The next row that is not blank.
    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let (number, cells) = match self.rows.next()? {
                Ok(row) => row,
                Err(fault) => return Some(Err(fault)),
            };
            if cells.iter().all(|c| c.trim().is_empty()) {
                continue;
            }
            self.given += 1;
            if self.given > MOST_ROWS {
                self.rows = Box::new(std::iter::empty());
                let (zh, en) =
                    (format!("超过 {MOST_ROWS} 行，未再读取"), format!("more than {MOST_ROWS} rows; the rest was not read"));
                return Some(Err(Fault { row: number, column: String::new(), value: String::new(), zh, en }));
            }
            return Some(Ok(Row { number, cells, headers: Arc::clone(&self.headers) }));
        }
    }
}

impl Row {
    /// The cell under this header without blanks around it, and without the quote that marks as text what begins like a formula; empty
    /// when there is no such column.
    pub fn get(&self, column: &str) -> &str {
        let cell = self.headers.places.get(column).and_then(|&at| self.cells.get(at));
        let text = cell.map_or("", |c| c.trim());
        text.strip_prefix('\'').filter(|rest| rest.starts_with(write::BEGIN_FORMULAS)).unwrap_or(text)
    }

    /// Every cell as it stands in the file; a short row has fewer than there are headers.
    pub fn cells(&self) -> &[String] {
        &self.cells
    }

    /// The cell, or nothing when it is empty.
    pub fn some(&self, column: &str) -> Option<String> {
        Some(self.get(column)).filter(|c| !c.is_empty()).map(str::to_owned)
    }

    /// Something wrong with this cell.
    pub fn fault(&self, column: &str, zh: impl Into<String>, en: impl Into<String>) -> Fault {
        let value = self.get(column).chars().take(60).collect();
        Fault { row: self.number, column: column.to_owned(), value, zh: zh.into(), en: en.into() }
    }

    /// The cell, which must not be empty.
    pub fn needed(&self, column: &str) -> Result<&str, Fault> {
        match self.get(column) {
            "" => Err(self.fault(column, "不能为空", "must not be empty")),
            text => Ok(text),
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { row, column, value, zh, en } = self;
        write!(f, "第 {row} 行 {column}「{value}」：{zh} / row {row}, {column} \"{value}\": {en}")
    }
}

impl Headers {
    fn new(names: Vec<String>) -> Result<Arc<Self>, Unreadable> {
        let mut places = BTreeMap::new();
        for (at, name) in names.iter().enumerate().filter(|(_, n)| !n.is_empty()) {
            if places.insert(name.clone(), at).is_some() {
                return Err(Unreadable::new(format!("表头“{name}”出现了两次"), format!("two columns are called \"{name}\"")));
            }
        }
        if places.is_empty() {
            return Err(Unreadable::new("没有表头", "there is no header"));
        }
        Ok(Arc::new(Self { names, places }))
    }
}

/// Reads a file of bearable size; also used for files that are no tables, such as GeoJSON.
pub fn read_file(path: &Path) -> Result<Vec<u8>, Unreadable> {
    let unreadable = |e: std::io::Error| {
        Unreadable::new(format!("无法读取 {}：{e}", path.display()), format!("cannot read {}: {e}", path.display()))
    };
    let size = std::fs::metadata(path).map_err(unreadable)?.len();
    if size > LARGEST_FILE {
        return Err(too_large());
    }
    std::fs::read(path).map_err(unreadable)
}

/// Unpacks gzip, other bytes stay as they are; refuses what would become too large.
pub fn unpack(bytes: Vec<u8>) -> Result<Vec<u8>, Unreadable> {
    use std::io::Read as _;
    if !bytes.starts_with(&[0x1f, 0x8b]) {
        return Ok(bytes);
    }
    let mut out = Vec::new();
    let mut reader = flate2::read::MultiGzDecoder::new(bytes.as_slice()).take(LARGEST_FILE + 1);
    reader.read_to_end(&mut out).map_err(|e| Unreadable::new(format!("压缩文件已损坏：{e}"), format!("broken gzip: {e}")))?;
    if out.len() as u64 > LARGEST_FILE { Err(too_large()) } else { Ok(out) }
}

fn too_large() -> Unreadable {
    let mib = LARGEST_FILE / 1024 / 1024;
    Unreadable::new(format!("文件超过 {mib} MiB"), format!("larger than {mib} MiB"))
}

fn missing(column: &str, names: &[String]) -> Unreadable {
    let have = names.join(", ");
    Unreadable::new(format!("缺少“{column}”列（现有：{have}）"), format!("no column \"{column}\" (there are: {have})"))
}

#[cfg(test)]
mod tests;
