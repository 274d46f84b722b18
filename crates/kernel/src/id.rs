use std::{cmp::Ordering, fmt, hash, marker::PhantomData, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use uuid::Uuid;

use crate::Time;

/// The identity of a `T`: a UUIDv7, so that ids made later sort later. Made by the client when it is offline.
///
/// It is text in JSON and in URLs, `uuid` on PostgreSQL and a 16-byte blob on SQLite.
pub struct Id<T> {
    uuid: Uuid,
    names: PhantomData<fn() -> T>,
}

impl<T> Id<T> {
    /// A fresh id stamped with `now`; 74 bits of it are random.
    pub fn new(now: Time) -> Self {
        let millis = now.millis().max(0) as u64;
        let random: [u8; 10] = rand::random();
        Self::from_uuid(uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid())
    }

    /// The same bits, now with a type.
    pub const fn from_uuid(uuid: Uuid) -> Self {
        Self { uuid, names: PhantomData }
    }

    /// The bits without the type.
    pub const fn uuid(&self) -> Uuid {
        self.uuid
    }

    /// The same identity seen as another type, for a row that is keyed by its parent.
    pub const fn cast<U>(self) -> Id<U> {
        Id::from_uuid(self.uuid)
    }

    /// The nil id, for places that need a value before there is one.
    pub const fn nil() -> Self {
        Self::from_uuid(Uuid::nil())
    }
}

impl<T> From<Id<T>> for Uuid {
    fn from(id: Id<T>) -> Self {
        id.uuid
    }
}

impl<T> Clone for Id<T> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<T> Copy for Id<T> {}
impl<T> PartialEq for Id<T> {
    fn eq(&self, other: &Self) -> bool {
        self.uuid == other.uuid
    }
}
impl<T> Eq for Id<T> {}
impl<T> PartialOrd for Id<T> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
impl<T> Ord for Id<T> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.uuid.cmp(&other.uuid)
    }
}
impl<T> hash::Hash for Id<T> {
    fn hash<H: hash::Hasher>(&self, state: &mut H) {
        self.uuid.hash(state);
    }
}
impl<T> fmt::Display for Id<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.uuid.hyphenated().fmt(f)
    }
}
impl<T> fmt::Debug for Id<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.uuid.hyphenated().fmt(f)
    }
}
impl<T> FromStr for Id<T> {
    type Err = uuid::Error;
    fn from_str(s: &str) -> Result<Self, Self::Err> {
        Uuid::try_parse(s).map(Self::from_uuid)
    }
}
impl<T> Serialize for Id<T> {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        self.uuid.serialize(s)
    }
}
impl<'de, T> Deserialize<'de> for Id<T> {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        Uuid::deserialize(d).map(Self::from_uuid)
    }
}
impl<T> utoipa::PartialSchema for Id<T> {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        use utoipa::openapi::schema::{ObjectBuilder, SchemaFormat, Type};
        ObjectBuilder::new().schema_type(Type::String).format(Some(SchemaFormat::Custom("uuid".to_owned()))).into()
    }
}
impl<T> utoipa::ToSchema for Id<T> {
    fn name() -> std::borrow::Cow<'static, str> {
        "Id".into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn later_ids_sort_later() {
        let early: Id<()> = Id::new(Time::from_millis(1_000));
        let late: Id<()> = Id::new(Time::from_millis(2_000));
        assert!(early < late);
        assert_eq!(early.uuid().get_version_num(), 7);
    }

    #[test]
    fn text_and_json_round_trip() {
        let id: Id<()> = Id::new(Time::from_millis(1_700_000_000_000));
        assert_eq!(id.to_string().parse::<Id<()>>().unwrap(), id);
        let json = serde_json::to_string(&id).unwrap();
        assert_eq!(serde_json::from_str::<Id<()>>(&json).unwrap(), id);
    }
}
