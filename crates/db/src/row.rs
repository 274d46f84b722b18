use kernel::{Error, Id, Result, Time};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use sqlx::{ColumnIndex, Row as _, postgres::PgRow, sqlite::SqliteRow};
use uuid::Uuid;

/// One row of an answer, of either engine.
pub enum Row {
    /// From SQLite.
    Sqlite(SqliteRow),
    /// From PostgreSQL.
    Postgres(Box<PgRow>),
}

impl Row {
    /// The value of a column by its name; a wrong name or type is a fault of ours.
    pub fn get<T: FromCell>(&self, column: &str) -> Result<T> {
        T::from_cell(self, column)
    }
}

fn cell<'r, T, I>(row: &'r Row, column: I) -> Result<T>
where
    I: ColumnIndex<SqliteRow> + ColumnIndex<PgRow> + std::fmt::Debug + Copy,
    T: sqlx::Decode<'r, sqlx::Sqlite> + sqlx::Type<sqlx::Sqlite> + sqlx::Decode<'r, sqlx::Postgres> + sqlx::Type<sqlx::Postgres>,
{
    match row {
        Row::Sqlite(row) => row.try_get(column),
        Row::Postgres(row) => row.try_get(column),
    }
    .map_err(|e| Error::internal(format_args!("column {column:?}: {e}")))
}

/// What can be read from a column.
pub trait FromCell: Sized {
    /// Reads the column; null is an error unless the type is an `Option`.
    fn from_cell(row: &Row, column: &str) -> Result<Self>;
    /// Reads the column, null as `None`.
    fn from_null(row: &Row, column: &str) -> Result<Option<Self>>;
}

macro_rules! from_cell {
    ($($type:ty),+) => {$(
        impl FromCell for $type {
            fn from_cell(row: &Row, column: &str) -> Result<Self> {
                cell::<Self, _>(row, column)
            }
            fn from_null(row: &Row, column: &str) -> Result<Option<Self>> {
                cell::<Option<Self>, _>(row, column)
            }
        }
    )+};
}
from_cell!(i64, f64, bool, String, Vec<u8>, Uuid);

macro_rules! from_cell_via {
    ($({$($generic:tt)*} $type:ty, $via:ty, |$v:ident| $make:expr;)+) => {$(
        impl<$($generic)*> FromCell for $type {
            fn from_cell(row: &Row, column: &str) -> Result<Self> {
                <$via>::from_cell(row, column).and_then(|$v| $make)
            }
            fn from_null(row: &Row, column: &str) -> Result<Option<Self>> {
                <$via>::from_null(row, column)?.map(|$v| $make).transpose()
            }
        }
    )+};
}
from_cell_via! {
    {} Time, i64, |v| Ok(Time::from_millis(v));
    {} i32, i64, |v| i32::try_from(v).map_err(Error::internal);
    {} u32, i64, |v| u32::try_from(v).map_err(Error::internal);
    {} usize, i64, |v| usize::try_from(v).map_err(Error::internal);
    {T} Id<T>, Uuid, |v| Ok(Self::from_uuid(v));
    {T: DeserializeOwned} Json<T>, serde_json::Value, |v| serde_json::from_value(v).map(Json).map_err(Error::internal);
}

impl FromCell for serde_json::Value {
    fn from_cell(row: &Row, column: &str) -> Result<Self> {
        cell::<sqlx::types::Json<Self>, _>(row, column).map(|j| j.0)
    }
    fn from_null(row: &Row, column: &str) -> Result<Option<Self>> {
        cell::<Option<sqlx::types::Json<Self>>, _>(row, column).map(|j| j.map(|j| j.0))
    }
}

impl<T: FromCell> FromCell for Option<T> {
    fn from_cell(row: &Row, column: &str) -> Result<Self> {
        T::from_null(row, column)
    }
    fn from_null(row: &Row, column: &str) -> Result<Option<Self>> {
        T::from_null(row, column).map(Some)
    }
}

/// A JSON column read into, or written from, a type of ours.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Json<T>(pub T);

impl<T: Serialize> crate::ToCell for Json<T> {
    fn to_cell(&self) -> crate::Cell {
        crate::Cell::Json(serde_json::to_value(&self.0).ok())
    }
    fn null() -> crate::Cell {
        crate::Cell::Json(None)
    }
}

/// What can be read from a row; written by `record!`.
pub trait FromRow: Sized {
    /// Reads the row.
    fn from_row(row: &Row) -> Result<Self>;
}

/// Declares a struct that is read from the columns of the same names.
#[macro_export]
macro_rules! record {
    ($(#[$meta:meta])* $vis:vis struct $name:ident { $($(#[$field_meta:meta])* $field_vis:vis $field:ident : $type:ty),+ $(,)? }) => {
        $(#[$meta])*
        $vis struct $name { $($(#[$field_meta])* $field_vis $field: $type),+ }
        impl $crate::FromRow for $name {
            fn from_row(row: &$crate::Row) -> ::kernel::Result<Self> {
                Ok(Self { $($field: row.get(stringify!($field))?),+ })
            }
        }
    };
}

/// A text enum that is stored as its word: reads and writes the column, and rejects a word that it does not know.
#[macro_export]
macro_rules! words {
    ($(#[$meta:meta])* $vis:vis enum $name:ident { $($(#[$variant_meta:meta])* $variant:ident = $word:literal),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        $vis enum $name { $($(#[$variant_meta])* $variant),+ }
        impl $name {
            /// Every value, in order of declaration.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];
            /// The word that is stored and sent.
            pub const fn word(self) -> &'static str { match self { $(Self::$variant => $word),+ } }
            /// The value of a word.
            pub fn of(word: &str) -> Option<Self> { match word { $($word => Some(Self::$variant),)+ _ => None } }
        }
        impl $crate::ToCell for $name {
            fn to_cell(&self) -> $crate::Cell { $crate::Cell::Text(Some(self.word().to_owned())) }
            fn null() -> $crate::Cell { $crate::Cell::Text(None) }
        }
        impl $crate::FromCell for $name {
            fn from_cell(row: &$crate::Row, column: &str) -> ::kernel::Result<Self> {
                Self::from_null(row, column)?.ok_or_else(|| ::kernel::Error::internal(format_args!("column {column} is null")))
            }
            fn from_null(row: &$crate::Row, column: &str) -> ::kernel::Result<Option<Self>> {
                let Some(word) = row.get::<Option<String>>(column)? else { return Ok(None) };
                match Self::of(&word) {
                    Some(value) => Ok(Some(value)),
                    None => Err(::kernel::Error::internal(format_args!("column {column}: unknown word {word}"))),
                }
            }
        }
        impl ::std::fmt::Display for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result { f.write_str(self.word()) }
        }
        impl ::std::str::FromStr for $name {
            type Err = ::kernel::Error;
            fn from_str(word: &str) -> ::std::result::Result<Self, Self::Err> {
                Self::of(word).ok_or_else(|| ::kernel::Error::invalid(stringify!($name).to_lowercase(), "unknown-word"))
            }
        }
        impl ::serde::Serialize for $name {
            fn serialize<S: ::serde::Serializer>(&self, s: S) -> ::std::result::Result<S::Ok, S::Error> { s.serialize_str(self.word()) }
        }
        impl<'de> ::serde::Deserialize<'de> for $name {
            fn deserialize<D: ::serde::Deserializer<'de>>(d: D) -> ::std::result::Result<Self, D::Error> {
                let word = <::std::string::String as ::serde::Deserialize>::deserialize(d)?;
                Self::of(&word).ok_or_else(|| ::serde::de::Error::unknown_variant(&word, &[$($word),+]))
            }
        }
        impl ::utoipa::PartialSchema for $name {
            fn schema() -> ::utoipa::openapi::RefOr<::utoipa::openapi::schema::Schema> {
                ::utoipa::openapi::schema::ObjectBuilder::new()
                    .schema_type(::utoipa::openapi::schema::Type::String)
                    .enum_values(Some([$($word),+]))
                    .into()
            }
        }
        impl ::utoipa::ToSchema for $name {}
    };
}
