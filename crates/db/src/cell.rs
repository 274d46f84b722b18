use kernel::{Id, Time};
use uuid::Uuid;

/// One value on its way into a statement. The kind is kept for nulls too, since PostgreSQL wants to know it.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    /// `bigint`
    Int(Option<i64>),
    /// `double precision`
    Real(Option<f64>),
    /// `boolean`
    Bool(Option<bool>),
    /// `text`
    Text(Option<String>),
    /// `bytea`
    Bytes(Option<Vec<u8>>),
    /// `uuid`
    Uuid(Option<Uuid>),
    /// `json`
    Json(Option<serde_json::Value>),
}

/// What can be bound to a placeholder.
pub trait ToCell {
    /// The value as a cell.
    fn to_cell(&self) -> Cell;
    /// The null of this kind.
    fn null() -> Cell;
}

macro_rules! to_cell {
    ($($type:ty => $kind:ident, |$v:ident| $make:expr;)+) => {$(
        impl ToCell for $type {
            fn to_cell(&self) -> Cell {
                let $v = self;
                Cell::$kind(Some($make))
            }
            fn null() -> Cell {
                Cell::$kind(None)
            }
        }
    )+};
}

to_cell! {
    i64 => Int, |v| *v;
    i32 => Int, |v| i64::from(*v);
    u32 => Int, |v| i64::from(*v);
    usize => Int, |v| *v as i64;
    Time => Int, |v| v.millis();
    f64 => Real, |v| *v;
    bool => Bool, |v| *v;
    str => Text, |v| v.to_owned();
    String => Text, |v| v.clone();
    [u8] => Bytes, |v| v.to_vec();
    Vec<u8> => Bytes, |v| v.clone();
    Uuid => Uuid, |v| *v;
    serde_json::Value => Json, |v| v.clone();
}

impl<T> ToCell for Id<T> {
    fn to_cell(&self) -> Cell {
        Cell::Uuid(Some(self.uuid()))
    }
    fn null() -> Cell {
        Cell::Uuid(None)
    }
}

impl<const N: usize> ToCell for [u8; N] {
    fn to_cell(&self) -> Cell {
        Cell::Bytes(Some(self.to_vec()))
    }
    fn null() -> Cell {
        Cell::Bytes(None)
    }
}

/// A reference binds like what it points to; `&str` and `&[u8]` come in this way.
impl<T: ToCell + ?Sized> ToCell for &T {
    fn to_cell(&self) -> Cell {
        (**self).to_cell()
    }
    fn null() -> Cell {
        T::null()
    }
}

impl<T: ToCell> ToCell for Option<T> {
    fn to_cell(&self) -> Cell {
        self.as_ref().map_or_else(T::null, ToCell::to_cell)
    }
    fn null() -> Cell {
        T::null()
    }
}

impl ToCell for Cell {
    fn to_cell(&self) -> Cell {
        self.clone()
    }
    fn null() -> Cell {
        Cell::Text(None)
    }
}

/// The values of a statement, in the order of its placeholders `$1`, `$2`, …
#[macro_export]
macro_rules! bind {
    ($($value:expr),* $(,)?) => { ::std::vec![$($crate::ToCell::to_cell(&$value)),*] };
}
