use kernel::{Error, Result};

use crate::{Db, Engine, Tx, bind, sql};

/// One forward-only change of the tables, written once for both engines.
#[derive(Clone, Copy, Debug)]
pub struct Migration<'a> {
    /// The file's name without its ending, such as `0001_base`; they run in this order.
    pub name: &'a str,
    /// The statements, in PostgreSQL's words.
    pub text: &'a str,
}

impl Db {
    /// Runs every migration that did not run yet, each in a transaction of its own, and says which ran.
    pub async fn migrate(&self, migrations: &[Migration<'_>]) -> Result<Vec<String>> {
        let mut tx = self.begin();
        take_turns(&mut tx).await?;
        let table = "create table if not exists migration (name text primary key, checksum text not null);";
        tx.script(&translate(table, self.engine())).await?;
        tx.commit().await?;
        let mut ran = Vec::new();
        for migration in migrations {
            let mut tx = self.begin();
            take_turns(&mut tx).await?;
            let checksum = checksum(migration.text);
            let done: Option<String> =
                tx.value(sql!("select checksum as value from migration where name = $1"), bind![migration.name]).await?;
            match done {
                Some(known) if known == checksum => continue,
                Some(_) => return Err(Error::internal(format_args!("migration {} was changed after it ran", migration.name))),
                None => {}
            }
            tx.script(&translate(migration.text, self.engine()))
                .await
                .map_err(|e| Error::internal(format_args!("migration {}: {e}", migration.name)))?;
            tx.execute(sql!("insert into migration (name, checksum) values ($1, $2)"), bind![migration.name, checksum]).await?;
            tx.commit().await?;
            ran.push(migration.name.to_owned());
        }
        self.learn_names().await?;
        Ok(ran)
    }

    /// The names of the migrations that ran.
    pub async fn migrated(&self) -> Result<Vec<String>> {
        self.read().await?.values(sql!("select name as value from migration order by name"), bind![]).await
    }
}

/// Two processes that start at the same time take turns. On SQLite the write transaction itself does that; on PostgreSQL a lock named
/// after the schema does, since at the first start there is no table yet to lock and `create table if not exists` fails in a race.
async fn take_turns(tx: &mut Tx) -> Result<()> {
    match tx.engine() {
        Engine::Sqlite => Ok(()),
        Engine::Postgres => {
            tx.script("select pg_advisory_xact_lock('pg_namespace'::regclass::int, current_schema()::regnamespace::int)").await
        }
    }
}

fn checksum(text: &str) -> String {
    use sha2::{Digest, Sha256};
    use std::fmt::Write as _;
    let mut hex = String::new();
    for byte in Sha256::digest(text.as_bytes()) {
        let _ = write!(hex, "{byte:02x}");
    }
    hex
}

/// The words that differ, PostgreSQL's first. Text is compared by bytes on both engines, so that lists sort the same.
const TYPES: &[(&str, &str, &str)] = &[
    ("uuid", "uuid", "blob"),
    ("bigint", "bigint", "integer"),
    ("boolean", "boolean", "integer"),
    ("double", "double precision", "real"),
    ("bytea", "bytea", "blob"),
    ("json", "json", "text"),
    ("text", "text collate \"C\"", "text"),
];

/// Writes a migration in the engine's own words: types, STRICT tables on SQLite, and the blocks for one engine.
///
/// Types are changed only inside `create table` and `alter table` statements, so function calls such as `cast(x as text)` elsewhere stay.
pub fn translate(text: &str, engine: Engine) -> String {
    let mut out = String::with_capacity(text.len() + 256);
    let mut only = None;
    let mut statement = String::new();
    for line in text.lines() {
        match line.trim() {
            "-- only: sqlite" => only = Some(Engine::Sqlite),
            "-- only: postgres" => only = Some(Engine::Postgres),
            "-- both" => only = None,
            trimmed if trimmed.starts_with("--") || trimmed.is_empty() => {}
            _ if only.is_some_and(|o| o != engine) => {}
            _ if only.is_some() => {
                out.push_str(line);
                out.push('\n');
            }
            trimmed => {
                let code = line.split(" -- ").next().unwrap_or(line);
                statement.push_str(code);
                statement.push('\n');
                if trimmed.split(" -- ").next().unwrap_or(trimmed).trim_end().ends_with(';') {
                    out.push_str(&statement_in(&statement, engine));
                    statement.clear();
                }
            }
        }
    }
    out.push_str(&statement);
    out
}

fn statement_in(statement: &str, engine: Engine) -> String {
    let lower = statement.trim_start().to_ascii_lowercase();
    if !lower.starts_with("create table") && !lower.starts_with("alter table") {
        return statement.to_owned();
    }
    let mut out = words_in(statement, engine);
    if engine == Engine::Sqlite && lower.starts_with("create table") {
        let end = out.rfind(';').unwrap_or(out.len());
        out.insert_str(end, " strict");
    }
    out
}

fn words_in(statement: &str, engine: Engine) -> String {
    let mut out = String::with_capacity(statement.len());
    let mut rest = statement;
    let mut quoted = false;
    while let Some(first) = rest.chars().next() {
        let word_len = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
        if word_len == 0 || quoted {
            quoted ^= first == '\'';
            out.push(first);
            rest = &rest[first.len_utf8()..];
            continue;
        }
        let (word, after) = rest.split_at(word_len);
        rest = after;
        // A type stands behind its column's name: after a blank, not at the start of a list.
        let in_type_place = out.ends_with(' ') && !out.trim_end().ends_with(['(', ',']);
        match TYPES.iter().find(|t| t.0 == word && in_type_place) {
            Some((key, postgres, sqlite)) => {
                if *key == "double" {
                    rest = rest.strip_prefix(" precision").unwrap_or(rest);
                }
                out.push_str(if engine == Engine::Postgres { postgres } else { sqlite });
            }
            None => out.push_str(word),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAMPLE: &str = "-- A table.
create table thing (
  id uuid primary key, -- why
  text text not null default 'uuid text',
  size double precision,
  seen boolean not null default false,
  extra json
);
create index ix_thing_text on thing (text);
-- only: sqlite
create virtual table thing_words using fts5(words);
-- only: postgres
create table thing_words (words tsvector);
-- both
alter table thing add column more bigint;
";

    #[test]
    fn one_text_becomes_two() {
        let sqlite = translate(SAMPLE, Engine::Sqlite);
        assert!(sqlite.contains("id blob primary key"));
        assert!(sqlite.contains("text text not null default 'uuid text'"));
        assert!(sqlite.contains("size real,"));
        assert!(sqlite.contains("seen integer not null default false"));
        assert!(sqlite.contains(") strict;"));
        assert!(sqlite.contains("fts5") && !sqlite.contains("tsvector"));
        assert!(sqlite.contains("add column more integer;"));
        let postgres = translate(SAMPLE, Engine::Postgres);
        assert!(postgres.contains("text text collate \"C\" not null default 'uuid text'"));
        assert!(postgres.contains("size double precision,"));
        assert!(postgres.contains("on thing (text)"));
        assert!(!postgres.contains("fts5") && postgres.contains("tsvector") && !postgres.contains("strict"));
    }
}
