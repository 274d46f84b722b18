//! One SQL text for SQLite and PostgreSQL: Db, Tx, sql!, migrator
