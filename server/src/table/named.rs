//! The columns of a file under our names, whatever the file calls them.

use super::{Table, Unreadable};

/// Our names of columns with the headers that are known to mean the same; the first of them heads an export.
pub type Columns = [(&'static str, &'static [&'static str])];

/// A table whose columns have our names, and what the file calls them.
pub struct Named {
    /// The table.
    pub table: Table,
    /// Pairs of our name and the file's, where they differ.
    pub pairs: Vec<(String, String)>,
}

/// Gives the columns our names: first those that the caller mapped, then every known header whose name is still free.
pub fn named(table: Table, known: &Columns, map: &[(String, String)]) -> Result<Named, Unreadable> {
    if let Some((field, _)) = map.iter().find(|(field, _)| !known.iter().any(|(name, _)| name == field)) {
        let names: Vec<&str> = known.iter().map(|(name, _)| *name).collect();
        let names = names.join(", ");
        return Err(Unreadable::new(
            format!("没有字段“{field}”（有：{names}）"),
            format!("no field \"{field}\" (there are: {names})"),
        ));
    }
    let mut pairs = map.to_vec();
    for (name, headers) in known {
        if table.has(name) || pairs.iter().any(|(field, _)| field == name) {
            continue;
        }
        let free = |header: &&&str| table.has(header) && !pairs.iter().any(|(_, given)| given == *header);
        if let Some(header) = headers.iter().find(free) {
            pairs.push(((*name).to_owned(), (*header).to_owned()));
        }
    }
    Ok(Named { table: table.rename(&pairs)?, pairs })
}

impl Named {
    /// What the file calls our column.
    pub fn header<'a>(&'a self, column: &'a str) -> &'a str {
        self.pairs.iter().find(|(field, _)| field == column).map_or(column, |(_, given)| given)
    }

    /// The headers of the file that mean nothing here.
    pub fn ignored(&self, known: &Columns) -> Vec<String> {
        let unknown = |h: &&String| !h.is_empty() && !known.iter().any(|(name, _)| name == *h);
        self.table.headers().iter().filter(unknown).cloned().collect()
    }
}
