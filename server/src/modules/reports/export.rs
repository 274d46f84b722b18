//! Rates as a table: every rate with its numerator, its denominator and what was left out.

use kernel::Result;

use super::{
    actions::Rates,
    model::{Line, REPORTED, Rate},
};
use crate::table::write::{Cell, Format, file};

/// The table of these rates, the whole in its first row.
pub fn table(rates: &Rates, format: Format) -> Result<Vec<u8>> {
    let head: Vec<String> =
        ["编码", "名称", "上报"].map(str::to_owned).into_iter().chain(Rate::ALL.iter().flat_map(|r| columns(*r))).collect();
    let (head, rows) = (head.iter().map(String::as_str), std::iter::once(&rates.total).chain(&rates.rows).map(cells));
    file(format, head, 2, rows)
}

fn columns(rate: Rate) -> [String; 4] {
    let name = rate.chinese();
    [format!("{name}（%）"), format!("{name}分子"), format!("{name}分母"), format!("{name}剔除")]
}

fn cells(line: &Line) -> Vec<Cell> {
    let mut cells: Vec<Cell> = vec![line.key.as_str().into(), line.name.as_str().into(), line.counts.get(REPORTED).into()];
    for share in &line.rates {
        cells.extend([share.percent.into(), share.numerator.into(), share.denominator.into(), share.excluded.into()]);
    }
    cells
}
