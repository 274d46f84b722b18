//! The order of the modules and the ownership of tables, read from the `MODULE` that each slice declares.

use std::collections::{BTreeMap, BTreeSet};

use super::{Finding, Source, rust};

/// What a slice declares of itself.
struct Module {
    name: String,
    rank: u8,
    beside: Vec<String>,
    tables: Vec<String>,
}

const FOLDER: &str = "server/src/modules/";

/// Everything that these rules find.
pub fn findings(sources: &[Source]) -> Vec<Finding> {
    let modules: Vec<Module> = sources.iter().filter_map(declared).collect();
    let common = common_tables(sources);
    let mut found = ownership(&modules, &common, &tables_of_migrations(sources));
    for source in sources.iter().filter(|s| s.path.starts_with(FOLDER) && s.kind() == "rs") {
        let Some(name) = source.path[FOLDER.len()..].split_once('/').map(|p| p.0) else { continue };
        let Some(module) = modules.iter().find(|m| m.name == name) else {
            found.push(Finding::new(&source.path, 0, format!("the slice {name} declares no `MODULE`")));
            continue;
        };
        let parts = rust::parts(&source.text);
        // Tests may look at anything.
        if source.path.contains("tests") {
            continue;
        }
        found.extend(edges(source, &parts.code, module, &modules));
        found.extend(tables(source, &parts.strings, module, &modules));
    }
    found
}

/// The declaration in a slice's `mod.rs`.
fn declared(source: &Source) -> Option<Module> {
    let folder = source.path.strip_prefix(FOLDER)?.strip_suffix("/mod.rs").filter(|f| !f.contains('/'))?;
    let text = source.text.split_once("const MODULE: Module")?.1.split_once("Module {")?.1;
    let text = text.split_once("};")?.0;
    let list = |key: &str| -> Vec<String> {
        let inner = text.split_once(&format!("{key}: &[")).and_then(|t| t.1.split_once(']')).map_or("", |t| t.0);
        inner.split('"').skip(1).step_by(2).map(str::to_owned).collect()
    };
    let rank = text.split_once("rank: ")?.1.split_once(',')?.0.trim().parse().ok()?;
    Some(Module { name: folder.to_owned(), rank, beside: list("beside"), tables: list("tables") })
}

fn common_tables(sources: &[Source]) -> Vec<String> {
    let list = sources
        .iter()
        .find(|s| s.path == "server/src/modules/mod.rs")
        .and_then(|s| s.text.split_once("COMMON_TABLES: &[&str] = &["));
    let inner = list.and_then(|t| t.1.split_once(']')).map_or("", |t| t.0);
    inner.split('"').skip(1).step_by(2).map(str::to_owned).collect()
}

/// Every table that the migrations make, with its file.
fn tables_of_migrations(sources: &[Source]) -> BTreeMap<String, String> {
    let mut tables = BTreeMap::new();
    for source in sources.iter().filter(|s| s.path.starts_with("migrations/") && s.kind() == "sql") {
        for line in source.text.lines() {
            let line = line.trim_start().to_ascii_lowercase();
            let made = line.strip_prefix("create table ").or_else(|| line.strip_prefix("create virtual table "));
            if let Some(name) = made.and_then(|rest| rest.trim_start_matches("if not exists ").split([' ', '(']).next()) {
                tables.insert(name.to_owned(), source.path.clone());
            }
        }
    }
    tables
}

/// Every table has exactly one owner, and no owner claims a table that is not there.
fn ownership(modules: &[Module], common: &[String], made: &BTreeMap<String, String>) -> Vec<Finding> {
    let mut owners: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (name, tables) in modules.iter().map(|m| (m.name.as_str(), &m.tables)).chain([("COMMON_TABLES", &common.to_vec())]) {
        for table in tables {
            let known = made.keys().find(|k| *k == table).map_or("", |k| k.as_str());
            owners.entry(if known.is_empty() { "" } else { known }).or_default().push(name);
            if known.is_empty() && table != "migration" {
                return vec![Finding::new("migrations", 0, format!("{name} claims the table {table}, which no migration makes"))];
            }
        }
    }
    made.iter()
        .filter_map(|(table, path)| match owners.get(table.as_str()).map_or(&[][..], Vec::as_slice) {
            [_] => None,
            [] => Some(Finding::new(path, 0, format!("no module owns the table {table}"))),
            many => Some(Finding::new(path, 0, format!("the table {table} has several owners: {}", many.join(", ")))),
        })
        .collect()
}

/// Calls to modules further right, or of the same rank without being listed.
fn edges(source: &Source, code: &str, own: &Module, modules: &[Module]) -> Vec<Finding> {
    let mut found = BTreeSet::new();
    for (line, name) in named_modules(code) {
        let Some(other) = modules.iter().find(|m| m.name == name && m.name != own.name) else { continue };
        let may = other.rank < own.rank || (other.rank == own.rank && own.beside.contains(&other.name));
        if !may {
            found.insert((line, format!("{} may not call {}: rank {} and {}", own.name, other.name, own.rank, other.rank)));
        }
    }
    found.into_iter().map(|(line, what)| Finding::new(&source.path, line, what)).collect()
}

/// The names that follow `modules::`, also in a group such as `modules::{access, org::Org}`.
fn named_modules(code: &str) -> Vec<(usize, String)> {
    let mut found = vec![];
    for (at, _) in code.match_indices("modules::") {
        let line = code[..at].matches('\n').count() + 1;
        let rest = &code[at + "modules::".len()..];
        let first = |text: &str| {
            text.trim_start().split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or_default().to_owned()
        };
        if rest.starts_with('{') {
            found.extend(group(rest).into_iter().map(|(below, part)| (line + below, first(part))));
        } else {
            found.push((line, first(rest)));
        }
    }
    found
}

/// The parts of a group at its outermost level, each with how many lines below its start.
fn group(text: &str) -> Vec<(usize, &str)> {
    let (mut depth, mut start, mut parts) = (0, 1, vec![]);
    for (at, c) in text.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 1 => {
                parts.push((start, at));
                start = at + 1;
            }
            _ => {}
        }
        if depth == 0 {
            parts.push((start, at));
            break;
        }
    }
    let part = |(from, to): (usize, usize)| {
        let lead = text[from..to].len() - text[from..to].trim_start().len();
        (text[..from + lead].matches('\n').count(), &text[from..to])
    };
    parts.into_iter().map(part).collect()
}

/// Tables of other modules in this module's SQL.
fn tables(source: &Source, strings: &[(usize, String)], own: &Module, modules: &[Module]) -> Vec<Finding> {
    let mut found = vec![];
    for (line, text) in strings {
        for table in named_tables(text) {
            let owner = modules.iter().find(|m| m.name != own.name && m.tables.contains(&table));
            // `reports` and others read what a module publishes as `<module>_v_…`; those are views, not tables.
            if let Some(owner) = owner {
                found.push(Finding::new(
                    &source.path,
                    *line,
                    format!("the table {table} is {}'s; {} asks there", owner.name, own.name),
                ));
            }
        }
    }
    found
}

/// The names behind `from`, `join`, `into` and `update` in a piece of SQL, and those behind the commas of `from`.
fn named_tables(sql: &str) -> Vec<String> {
    let spaced = sql.replace(',', " , ").replace('(', " ( ").replace(')', " ) ");
    let words: Vec<String> = spaced.split_whitespace().map(str::to_ascii_lowercase).collect();
    let name = |word: &str| word.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
    let mut found = vec![];
    for (n, word) in words.iter().enumerate() {
        let next = words.get(n + 1).filter(|w| name(w));
        match word.as_str() {
            "from" | "join" | "into" | "update" => {
                found.extend(next.cloned());
                // `from a x, b y`: the name after each comma until the clause ends.
                let rest = words[n + 1..].iter().take_while(|w| word == "from" && !CLAUSES.contains(&w.as_str()));
                let rest: Vec<&String> = rest.collect();
                found.extend(rest.windows(2).filter(|w| w[0] == "," && name(w[1])).map(|w| w[1].clone()));
            }
            _ => {}
        }
    }
    found
}

const CLAUSES: &[&str] =
    &["where", "join", "left", "group", "order", "limit", "on", "(", ")", "select", "union", "returning", "for"];

#[cfg(test)]
mod tests {
    use super::*;

    const ORG: &str =
        "pub const MODULE: Module = Module { name: \"org\", rank: 0, beside: &[], tables: &[\"unit\", \"grid\"], routes: f };";
    const CASES: &str = "pub const MODULE: Module = Module {\n name: \"cases\",\n rank: 4,\n beside: &[],\n tables: &[\"thing\"],\n routes: f,\n};";

    fn tree(extra: &[(&str, &str)]) -> Vec<String> {
        let mut files = vec![
            ("server/src/modules/org/mod.rs", ORG),
            ("server/src/modules/cases/mod.rs", CASES),
            ("server/src/modules/mod.rs", "pub const COMMON_TABLES: &[&str] = &[\"migration\"];"),
            (
                "migrations/0001_a.sql",
                "create table unit (id uuid);\ncreate table grid (id uuid);\ncreate table thing (id uuid);",
            ),
        ];
        files.extend(extra);
        let sources: Vec<Source> =
            files.into_iter().map(|(path, text)| Source { path: path.to_owned(), text: text.to_owned() }).collect();
        findings(&sources).into_iter().map(|f| f.to_string()).collect()
    }

    #[test]
    fn calls_to_the_left_and_own_tables_are_fine() {
        let store =
            "use crate::modules::{access::X, org::{A, B}}; fn f() { sql!(\"select a from thing t join other o on 1 = 1\") }";
        assert_eq!(tree(&[("server/src/modules/cases/store.rs", store)]), Vec::<String>::new());
    }

    #[test]
    fn a_call_to_the_right_is_found() {
        let found = tree(&[(
            "server/src/modules/org/actions.rs",
            "use crate::{\n app::App,\n modules::{\n  org::A,\n  cases::B,\n },\n};",
        )]);
        assert_eq!(found, ["server/src/modules/org/actions.rs:5: org may not call cases: rank 0 and 4"]);
    }

    #[test]
    fn anothers_table_is_found() {
        for sql in [
            "select * from grid",
            "select 1 from thing t, unit u where t.a = u.a",
            "update unit set a = 1",
            "insert into grid (a) values (1)",
        ] {
            let found = tree(&[("server/src/modules/cases/store.rs", &format!("fn f() {{ sql!(\"{sql}\") }}"))]);
            assert_eq!(found.len(), 1, "{sql}: {found:?}");
        }
    }

    #[test]
    fn a_table_without_an_owner_is_found() {
        let found = tree(&[("migrations/0002_b.sql", "create table lost (id uuid);")]);
        assert_eq!(found, ["migrations/0002_b.sql: no module owns the table lost"]);
    }
}
