//! Rates as a table: every rate with its numerator, its denominator and what was left out.

use kernel::Result;

use super::{
    actions::Rates,
    model::{Line, REPORTED, Rate},
};
use crate::table::write;

db::words! {
    /// How the table is written.
    pub enum Format {
        /// Comma-separated values in UTF-8 with a byte order mark.
        Csv = "csv",
        /// A workbook with one sheet.
        Xlsx = "xlsx",
    }
}

/// The table of these rates, the whole in its first row.
pub fn table(rates: &Rates, format: Format) -> Result<Vec<u8>> {
    let head: Vec<String> =
        ["编码", "名称", "上报"].map(str::to_owned).into_iter().chain(Rate::ALL.iter().flat_map(|r| columns(*r))).collect();
    let (head, rows) = (head.iter().map(String::as_str), std::iter::once(&rates.total).chain(&rates.rows).map(cells));
    match format {
        Format::Csv => write::csv(head, rows),
        Format::Xlsx => write::xlsx(head, 2, rows),
    }
}

fn columns(rate: Rate) -> [String; 4] {
    let name = rate.chinese();
    [format!("{name}（%）"), format!("{name}分子"), format!("{name}分母"), format!("{name}剔除")]
}

fn cells(line: &Line) -> Vec<String> {
    let mut cells = vec![line.key.clone(), line.name.clone(), line.counts.get(REPORTED).to_string()];
    for share in &line.rates {
        let percent = share.percent.map(|p| p.to_string()).unwrap_or_default();
        cells.extend([percent, share.numerator.to_string(), share.denominator.to_string(), share.excluded.to_string()]);
    }
    cells
}
