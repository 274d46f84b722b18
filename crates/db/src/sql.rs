use crate::{Cell, ToCell};

/// One SQL text for both engines, with `$1`, `$2`, … as placeholders. Made by `sql!`, which registers it.
#[derive(Debug)]
pub struct Sql {
    /// The statement.
    pub text: &'static str,
    /// The engine it is for, when the two have nothing in common here (full-text search).
    pub only: Option<crate::Engine>,
    /// The file that declares it.
    pub file: &'static str,
    /// The line that declares it.
    pub line: u32,
}

/// An entry of the inventory of statements.
pub struct Registered(pub &'static Sql);

inventory::collect!(Registered);

impl Sql {
    /// Every statement of the program, in order of file and line. A test prepares each on both engines.
    pub fn all() -> Vec<&'static Self> {
        let mut all: Vec<&'static Self> = inventory::iter::<Registered>.into_iter().map(|r| r.0).collect();
        all.sort_by_key(|s| (s.file, s.line));
        all
    }
}

/// A statement that runs on both engines; declared where it is used, registered for the test that prepares every one.
/// `sql!(sqlite: …)` and `sql!(postgres: …)` are for the few places where the engines have nothing in common.
#[macro_export]
macro_rules! sql {
    (sqlite: $text:expr) => { $crate::sql!(@ $text, ::core::option::Option::Some($crate::Engine::Sqlite)) };
    (postgres: $text:expr) => { $crate::sql!(@ $text, ::core::option::Option::Some($crate::Engine::Postgres)) };
    ($text:expr) => { $crate::sql!(@ $text, ::core::option::Option::None) };
    (@ $text:expr, $only:expr) => {{
        static STATEMENT: $crate::Sql = $crate::Sql { text: $text, only: $only, file: file!(), line: line!() };
        $crate::inventory::submit! { $crate::Registered(&STATEMENT) }
        &STATEMENT
    }};
}

/// A statement put together from fixed fragments, for lists with optional filters. In a fragment `$$` is the next value.
///
/// Fragments are `&'static str`, so no value of a caller can become part of the text. Lists that use a `Query` are tested for
/// every filter and every order on both engines.
#[derive(Clone, Debug, Default)]
pub struct Query {
    text: String,
    cells: Vec<Cell>,
}

impl Query {
    /// Starts with a fragment.
    pub fn new(fragment: &'static str) -> Self {
        Self::default().push(fragment, vec![])
    }

    /// Adds a fragment and the values for its `$$`, in order. A wrong number of values shows when the statement is prepared.
    #[must_use]
    pub fn push(mut self, fragment: &'static str, cells: Vec<Cell>) -> Self {
        if !self.text.is_empty() {
            self.text.push(' ');
        }
        let mut number = self.cells.len();
        let mut parts = fragment.split("$$");
        self.text.push_str(parts.next().unwrap_or_default());
        for part in parts {
            number += 1;
            self.text.push('$');
            self.text.push_str(&number.to_string());
            self.text.push_str(part);
        }
        self.cells.extend(cells);
        self
    }

    /// How many values it carries.
    pub(crate) fn cells(&self) -> usize {
        self.cells.len()
    }

    /// Adds the fragment when there is a value, with that value for its `$$`.
    #[must_use]
    pub fn push_if<T: ToCell>(self, fragment: &'static str, value: Option<T>) -> Self {
        match value {
            Some(value) => self.push(fragment, vec![value.to_cell()]),
            None => self,
        }
    }

    /// Goes on after a cursor, if there is one; `lead` names the sort key and the direction: `and (e.at, e.id) <`.
    #[must_use]
    pub fn after(self, lead: &'static str, cursor: Option<kernel::Cursor>) -> Self {
        match cursor {
            Some(c) => self.push_list(lead, vec![c.at.to_cell(), c.id.to_cell()]),
            None => self,
        }
    }

    /// Adds `lead ($1, $2, …)` with one placeholder a value, for `in` lists and for the rows of an insert; an empty list adds `(null)`.
    #[must_use]
    pub fn push_list(mut self, lead: &'static str, cells: Vec<Cell>) -> Self {
        self.text.push(' ');
        self.text.push_str(lead);
        self.text.push_str(" (");
        if cells.is_empty() {
            self.text.push_str("null");
        }
        for n in 0..cells.len() {
            if n > 0 {
                self.text.push_str(", ");
            }
            self.text.push('$');
            self.text.push_str(&(self.cells.len() + n + 1).to_string());
        }
        self.text.push(')');
        self.cells.extend(cells);
        self
    }

    /// Adds the condition that `column` lies within the scope: nothing for the whole district, `false` for an empty scope.
    /// `below` and `under` are the two halves of a prefix range, such as `"c.owner_path >= $$"` and `"c.owner_path < $$"`.
    #[must_use]
    pub fn within(self, scope: &kernel::Scope, at_least: &'static str, below: &'static str) -> Self {
        let kernel::Scope::Under(paths) = scope else { return self };
        if paths.is_empty() {
            return self.push("and 1 = 0", vec![]);
        }
        let mut query = self.push("and (", vec![]);
        for (n, path) in paths.iter().enumerate() {
            if n > 0 {
                query = query.push("or", vec![]);
            }
            query = query
                .push("(", vec![])
                .push(at_least, crate::bind![path])
                .push("and", vec![])
                .push(below, crate::bind![after_prefix(path)])
                .push(")", vec![]);
        }
        query.push(")", vec![])
    }

    /// The statement's text.
    pub fn text(&self) -> &str {
        &self.text
    }

    pub(crate) fn into_parts(self) -> (String, Vec<Cell>) {
        (self.text, self.cells)
    }
}

/// The least text above every text that starts with `prefix`, for a path that ends with `/`: `0` follows `/` in byte order.
fn after_prefix(prefix: &str) -> String {
    prefix.strip_suffix('/').map_or_else(|| format!("{prefix}\u{10FFFF}"), |p| format!("{p}0"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bind;

    #[test]
    fn placeholders_count_on() {
        let q = Query::new("select 1 from t where 1 = 1")
            .push("and a between $$ and $$", bind![1_i64, 2_i64])
            .push_if("and b = $$", Some("x"))
            .push_if("and c = $$", None::<i64>)
            .push_list("and d in", bind![7_i64, 8_i64]);
        assert_eq!(q.text(), "select 1 from t where 1 = 1 and a between $1 and $2 and b = $3 and d in ($4, $5)");
        assert_eq!(q.into_parts().1.len(), 5);
    }

    #[test]
    fn a_list_goes_on_after_its_cursor() {
        let cursor = kernel::Cursor { as_of: kernel::Time::from_millis(1), at: 2, id: uuid::Uuid::nil() };
        let base = || Query::new("select 1 from t where 1 = 1");
        assert_eq!(base().after("and (at, id) <", None).text(), "select 1 from t where 1 = 1");
        let next = base().after("and (at, id) <", Some(cursor));
        assert_eq!((next.text(), next.cells()), ("select 1 from t where 1 = 1 and (at, id) < ($1, $2)", 2));
    }

    #[test]
    fn a_scope_becomes_prefix_ranges() {
        let base = || Query::new("select 1 where 1 = 1");
        assert_eq!(base().within(&kernel::Scope::All, "p >= $$", "p < $$").text(), "select 1 where 1 = 1");
        assert_eq!(base().within(&kernel::Scope::nothing(), "p >= $$", "p < $$").text(), "select 1 where 1 = 1 and 1 = 0");
        let two = base().within(&kernel::Scope::under(["/a/", "/b/"]), "p >= $$", "p < $$");
        assert_eq!(two.text(), "select 1 where 1 = 1 and ( ( p >= $1 and p < $2 ) or ( p >= $3 and p < $4 ) )");
        assert!("/a/x/" < after_prefix("/a/").as_str() && "/ab/" > after_prefix("/a/").as_str());
    }
}
