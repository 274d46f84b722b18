//! Columns that know what stands in them, so that a table can be said in its reader's language.

use std::borrow::Cow;

use kernel::{Time, Zone};

use super::write::Cell;
use crate::lang::Lang;

/// A column of a table that somebody takes along. Without a language it is written in the words of the interface, for other programs.
#[derive(Clone, Debug)]
pub struct Column {
    name: Cow<'static, str>,
    holds: Holds,
}

/// What stands in a column.
#[derive(Clone, Copy, Debug)]
enum Holds {
    /// Numbers, names, codes, what people wrote.
    Plain,
    /// Words of this closed list, with spaces between them.
    Terms(&'static str),
    /// Instants.
    At,
    /// A number and the unit of a limit.
    Span,
    /// Names of which the program brought some along.
    Shipped,
}

impl Column {
    const fn new(name: &'static str, holds: Holds) -> Self {
        Self { name: Cow::Borrowed(name), holds }
    }

    /// What is said as it is.
    pub const fn plain(name: &'static str) -> Self {
        Self::new(name, Holds::Plain)
    }

    /// The same, by a name that is in its language already.
    pub const fn named(name: String) -> Self {
        Self { name: Cow::Owned(name), holds: Holds::Plain }
    }

    /// Words of a closed list of the pages.
    pub const fn terms(name: &'static str, list: &'static str) -> Self {
        Self::new(name, Holds::Terms(list))
    }

    /// Instants.
    pub const fn at(name: &'static str) -> Self {
        Self::new(name, Holds::At)
    }

    /// Limits, such as `3 working_day`.
    pub const fn span(name: &'static str) -> Self {
        Self::new(name, Holds::Span)
    }

    /// Names of which the program brought some along.
    pub const fn shipped(name: &'static str) -> Self {
        Self::new(name, Holds::Shipped)
    }

    /// What it is called in this table.
    pub fn head(&self, table: &str, lang: Option<Lang>) -> &str {
        lang.map_or(&self.name, |lang| lang.column(table, &self.name))
    }

    /// What stands in a place of it.
    pub fn cell(&self, cell: Cell, lang: Option<Lang>, zone: Zone) -> Cell {
        match (lang, cell) {
            (Some(lang), Cell::Text(text)) => Cell::Text(self.said(text, lang, zone)),
            (_, cell) => cell,
        }
    }

    fn said(&self, text: String, lang: Lang, zone: Zone) -> String {
        match self.holds {
            Holds::Plain => text,
            Holds::Terms(list) => lang.list(text.split(' ').map(|word| lang.term(list, word))),
            Holds::At => text.parse().map_or(text, |at: Time| zone.wall(at).strftime("%Y-%m-%d %H:%M").to_string()),
            Holds::Span => {
                let Some((n, unit)) = text.split_once(' ') else { return text };
                lang.sentence("spoken.span", &[("n", n), ("unit", lang.term("unit", unit))]).unwrap_or_default()
            }
            Holds::Shipped => lang.shipped(&text).to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_said_in_its_readers_language_and_without_one_as_the_interface_says_it() {
        let said = |column: Column, lang, text: &str| match column.cell(text.into(), lang, Zone::CHINA) {
            Cell::Text(text) => (column.head("incidents", lang).to_owned(), text),
            Cell::Number(n) => panic!("{n}"),
        };
        let (zh, en) = (Some(Lang::Zh), Some(Lang::En));
        for (column, lang, text, expected) in [
            (Column::terms("state", "state"), None, "closed", ("state", "closed")),
            (Column::terms("state", "state"), zh, "closed", ("状态", "已结案")),
            (Column::terms("state", "state"), en, "closed", ("State", "Closed")),
            (Column::terms("attention", "attention"), en, "no-grid returned", ("Why somebody is needed", "No grid, Returned")),
            (Column::at("reported_at"), None, "2025-03-10T02:00:00.000Z", ("reported_at", "2025-03-10T02:00:00.000Z")),
            (Column::at("reported_at"), en, "2025-03-10T02:00:00.000Z", ("Reported at", "2025-03-10 10:00")),
            (Column::span("by"), zh, "3 working_day", ("延长", "3工作日")),
            (Column::span("by"), en, "3 working_day", ("Longer by", "3 working days")),
            (Column::shipped("step"), en, "联动", ("Step", "Joint work")),
            (Column::plain("title"), en, "灯不亮", ("Title", "灯不亮")),
        ] {
            assert_eq!(said(column, lang, text), (expected.0.to_owned(), expected.1.to_owned()));
        }
        let n = Column::plain("photos").cell(3_i64.into(), en, Zone::CHINA);
        assert_eq!(n, Cell::Number(3.0));
    }
}
