//! The two engines hold the same tables, views and indexes. What a migration marks for one engine alone is left out.

use std::collections::BTreeSet;

use db::{Query, record};
use jingwei::{app, testing::TestApp};
use testkit::Engine;

record! {
    /// A column as its engine describes it.
    struct Column { tbl: String, name: String, kind: String, required: bool }
}

record! {
    /// A column of an index.
    struct Part { tbl: String, name: String, is_unique: bool, col: String }
}

/// A table's name, a line that describes a part of it.
type Lines = BTreeSet<(String, String)>;

const COLUMNS_SQLITE: &str =
    "select m.name as tbl, p.name as name, p.type as kind, cast((p.\"notnull\" = 1 or p.pk > 0) as integer) as required
     from sqlite_master m join pragma_table_info(m.name) p where m.type = 'table' and m.name not like 'sqlite_%'";
const COLUMNS_POSTGRES: &str =
    "select table_name::text as tbl, column_name::text as name, data_type::text as kind, is_nullable = 'NO' as required
     from information_schema.columns join information_schema.tables using (table_schema, table_name)
     where table_schema = current_schema() and table_type = 'BASE TABLE'";
const VIEWS_SQLITE: &str =
    "select m.name || '.' || p.name as value from sqlite_master m join pragma_table_info(m.name) p where m.type = 'view'";
const VIEWS_POSTGRES: &str = "select table_name::text || '.' || column_name::text as value
     from information_schema.columns join information_schema.views using (table_schema, table_name) where table_schema = current_schema()";
const INDEXES_SQLITE: &str =
    "select m.tbl_name as tbl, m.name as name, l.\"unique\" as is_unique, coalesce(c.name, '(expression)') as col
     from sqlite_master m join pragma_index_list(m.tbl_name) l on l.name = m.name join pragma_index_info(m.name) c
     where m.type = 'index' and l.origin = 'c'";
const INDEXES_POSTGRES: &str = "select t.relname::text as tbl, i.relname::text as name, x.indisunique as is_unique,
     coalesce(a.attname::text, '(expression)') as col
     from pg_index x join pg_class i on i.oid = x.indexrelid join pg_class t on t.oid = x.indrelid
     join lateral unnest(x.indkey) with ordinality k(attnum, n) on true
     left join pg_attribute a on a.attrelid = t.oid and a.attnum = k.attnum and k.attnum > 0
     where i.relnamespace = current_schema()::regnamespace and not x.indisprimary
     and not exists (select 1 from pg_constraint c where c.conindid = i.oid and c.contype = 'u') order by i.relname, k.n";

/// One word for what both engines store a type as.
fn stored(engine: Engine, kind: &str) -> &'static str {
    match (engine, kind.to_ascii_lowercase().as_str()) {
        (Engine::Postgres, "uuid" | "bytea") | (Engine::Sqlite, "blob") => "bytes",
        (Engine::Postgres, "bigint" | "boolean") | (Engine::Sqlite, "integer") => "integer",
        (Engine::Postgres, "double precision") | (Engine::Sqlite, "real") => "real",
        (Engine::Postgres, "text" | "json") | (Engine::Sqlite, "text") => "text",
        _ => "unknown",
    }
}

async fn described(engine: Engine) -> Lines {
    let app = TestApp::new(engine).await;
    let mut conn = app.db.read().await.unwrap();
    let (columns, indexes, views) = match engine {
        Engine::Sqlite => (COLUMNS_SQLITE, INDEXES_SQLITE, VIEWS_SQLITE),
        Engine::Postgres => (COLUMNS_POSTGRES, INDEXES_POSTGRES, VIEWS_POSTGRES),
    };
    let columns: Vec<Column> = conn.list(Query::new(columns)).await.unwrap();
    let views: Vec<String> = conn.query_values(Query::new(views)).await.unwrap();
    let parts: Vec<Part> = conn.list(Query::new(indexes)).await.unwrap();
    let mut lines: Lines = columns
        .into_iter()
        .map(|c| {
            let null = if c.required { "not null" } else { "null" };
            (c.tbl, format!("column {} {} {null}", c.name, stored(engine, &c.kind)))
        })
        .chain(views.into_iter().map(|column| (column, "of a view".to_owned())))
        .collect();
    let names: BTreeSet<(&str, &str, bool)> = parts.iter().map(|p| (p.tbl.as_str(), p.name.as_str(), p.is_unique)).collect();
    lines.extend(names.into_iter().map(|(tbl, name, unique)| {
        let columns: Vec<&str> = parts.iter().filter(|p| p.name == name).map(|p| p.col.as_str()).collect();
        (tbl.to_owned(), format!("index {name} ({}){}", columns.join(", "), if unique { " unique" } else { "" }))
    }));
    lines
}

/// Tables that stand in a block for one engine.
fn apart() -> Vec<String> {
    let mut names = vec![];
    for (_, text) in app::migrations() {
        let mut inside = false;
        for line in text.lines().map(str::trim) {
            match line {
                "-- only: sqlite" | "-- only: postgres" => inside = true,
                "-- both" => inside = false,
                _ if inside => {
                    let made = line.strip_prefix("create table ").or_else(|| line.strip_prefix("create virtual table "));
                    names.extend(made.and_then(|rest| rest.split([' ', '(']).next()).map(str::to_owned));
                }
                _ => {}
            }
        }
    }
    names
}

#[test]
fn both_engines_hold_the_same_tables() {
    let (sqlite, postgres) = testkit::run(async { (described(Engine::Sqlite).await, described(Engine::Postgres).await) });
    assert!(sqlite.len() > 100, "only {} lines describe the tables", sqlite.len());
    let apart = apart();
    // The search index of SQLite keeps tables of its own, named after it.
    let compared = |l: &&(String, String)| !apart.iter().any(|a| l.0 == *a || l.0.starts_with(&format!("{a}_")));
    let only = |a: &Lines, b: &Lines| a.difference(b).filter(compared).map(|(t, w)| format!("  {t}: {w}\n")).collect::<String>();
    let (left, right) = (only(&sqlite, &postgres), only(&postgres, &sqlite));
    assert!(left.is_empty() && right.is_empty(), "SQLite alone:\n{left}PostgreSQL alone:\n{right}");
    let unknown: Vec<_> = sqlite.iter().filter(|l| l.1.contains(" unknown ")).filter(compared).collect();
    assert!(unknown.is_empty(), "{unknown:?}");
}

/// A column that holds a path of the organisation either follows the units or says why it stays.
#[test]
fn every_path_follows_the_units_or_says_why_not() {
    let columns = testkit::run(async {
        let app = TestApp::new(Engine::Sqlite).await;
        let columns = "select m.name || '.' || p.name as value from sqlite_master m join pragma_table_info(m.name) p
             where m.type = 'table' and (p.name = 'path' or p.name like '%\\_path' escape '\\')";
        app.db.read().await.unwrap().query_values::<String>(Query::new(columns)).await.unwrap()
    });
    let columns: BTreeSet<String> = columns.into_iter().collect();
    let follow: BTreeSet<String> = jingwei::moves::following().iter().map(|(t, c)| format!("{t}.{c}")).collect();
    let stay: BTreeSet<String> = jingwei::moves::STAYING.iter().map(|(t, c, _)| format!("{t}.{c}")).collect();
    assert!(columns.len() > 15, "only {} columns were found", columns.len());
    assert_eq!(follow.intersection(&stay).count(), 0);
    assert_eq!(
        columns,
        follow.union(&stay).cloned().collect(),
        "left: the columns there are; right: those that moves.rs and the slices name"
    );
}
