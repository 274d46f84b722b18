//! Switches and limits as data: each with a reason, who set it and, for what the law limits, when it ends.
//!
//! What the law limits, such as photographs that a worker must take, stands away from its default only with an end, a year ahead at most.
//! A slice declares its settings with [`declare!`](crate::declare): a name, the shape of the value, and what holds where nothing was set.
//! Only declared settings can be set, and only to a value that its shape accepts. A guard holds their names translated.

use std::marker::PhantomData;

use base64::{Engine as _, prelude::BASE64_STANDARD};
use db::{Conn, Json, Tx, bind, record, sql};
use jiff::Span;
use kernel::{Error, Result, Time, Zone, inventory};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::DeserializeOwned};
use serde_json::Value;

use crate::{app::App, modules::access::Keys};

/// What a setting holds; `Default` is what holds where nothing was set.
pub trait Held: Serialize + DeserializeOwned + Default + 'static {
    /// Refuses a value that could not work, by field.
    ///
    /// # Errors
    /// `Invalid` with the field at fault.
    fn check(&self) -> Result<()> {
        Ok(())
    }

    /// What is stored of a value that was given, with what held before: secrets are sealed here, or kept; see [`Given`].
    ///
    /// # Errors
    /// When it cannot be sealed, or by field when what held before does not fit what is to hold.
    fn keep(self, _app: &App, _before: Option<Self>) -> Result<Self> {
        Ok(self)
    }

    /// What may be shown of a stored value; never a secret.
    #[must_use]
    fn shown(self) -> Self {
        self
    }
}

/// A secret in a setting, such as a password, as whoever sets it gives it. It is stored sealed, in a field beside, and never shown.
#[derive(Clone, Default)]
pub enum Given {
    /// Absent, or `true`, as which a stored one is shown: it stays as it is.
    #[default]
    Kept,
    /// Null or empty: there is none from now on.
    Nothing,
    /// A new one.
    New(String),
}

impl Given {
    /// What is shown where this is stored.
    pub fn shown(stored: Option<&String>) -> Self {
        if stored.is_some() { Self::Kept } else { Self::Nothing }
    }

    /// What is stored, given what was stored before.
    ///
    /// # Errors
    /// When it cannot be sealed.
    pub fn sealed(self, keys: &Keys, context: &str, before: Option<String>) -> Result<Option<String>> {
        match self {
            Self::Kept => Ok(before),
            Self::Nothing => Ok(None),
            Self::New(secret) => Ok(Some(BASE64_STANDARD.encode(keys.seal(secret.as_bytes(), context)?))),
        }
    }

    /// Whether nothing is to be said of it.
    pub const fn is_nothing(&self) -> bool {
        matches!(self, Self::Nothing)
    }
}

impl std::fmt::Debug for Given {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Kept => "Kept",
            Self::Nothing => "Nothing",
            Self::New(_) => "New(***)",
        })
    }
}

impl Serialize for Given {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Kept => to.serialize_bool(true),
            Self::Nothing | Self::New(_) => to.serialize_none(),
        }
    }
}

impl<'de> Deserialize<'de> for Given {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Form {
            Text(String),
            Flag(bool),
        }
        Ok(match Option::<Form>::deserialize(from)? {
            Some(Form::Text(secret)) if !secret.is_empty() => Self::New(secret),
            Some(Form::Flag(true)) => Self::Kept,
            Some(_) | None => Self::Nothing,
        })
    }
}

/// The name of a setting with the shape of its value.
pub struct Key<T> {
    /// Its name, such as `notices.quiet`.
    pub name: &'static str,
    shape: PhantomData<fn() -> T>,
}

impl<T> Key<T> {
    /// For [`declare!`](crate::declare).
    pub const fn new(name: &'static str) -> Self {
        Self { name, shape: PhantomData }
    }
}

/// A setting that the program understands.
pub struct Declared {
    /// Its name.
    pub name: &'static str,
    /// Whether the law lets it stand away from its default only with a reason and an end.
    pub limited: bool,
    default: fn() -> Value,
    keep: fn(&App, Value, Option<Value>) -> Result<Value>,
    shown: fn(Value) -> Value,
}

inventory::collect!(Declared);

impl Declared {
    /// For [`declare!`](crate::declare).
    pub const fn of<T: Held>(name: &'static str) -> Self {
        Self {
            name,
            limited: false,
            default: || serde_json::to_value(T::default()).unwrap_or_default(),
            keep: |app, value, before| {
                let value: T = serde_json::from_value(value).map_err(|e| bad_shape(&e))?;
                let value = value.keep(app, before.and_then(|before| serde_json::from_value(before).ok()))?;
                value.check()?;
                serde_json::to_value(value).map_err(Error::internal)
            },
            shown: |value| match serde_json::from_value::<T>(value) {
                Ok(value) => serde_json::to_value(value.shown()).unwrap_or_default(),
                Err(_) => Value::Null,
            },
        }
    }

    /// The same, limited by law.
    #[must_use]
    pub const fn limited(self) -> Self {
        Self { limited: true, ..self }
    }

    /// What holds where nothing was set.
    pub fn default(&self) -> Value {
        (self.default)()
    }

    /// What may be shown of a stored value.
    pub fn shown(&self, value: Value) -> Value {
        (self.shown)(value)
    }
}

fn bad_shape(e: &serde_json::Error) -> Error {
    Error::Invalid(vec![kernel::FieldError::new("value", "bad-setting").with("detail", e.to_string())])
}

/// Declares settings as constants and enters them in the list of those that can be set; `limited` behind the name says that the law wants an end.
#[macro_export]
macro_rules! declare {
    ($($(#[$doc:meta])* $name:ident: $shape:ty = $word:literal $(, $limited:ident)?;)+) => {$(
        $(#[$doc])*
        pub const $name: $crate::settings::Key<$shape> = $crate::settings::Key::new($word);
        kernel::inventory::submit! { $crate::settings::Declared::of::<$shape>($word)$(.$limited())? }
    )+};
}

/// Every declared setting, by name.
pub fn declared() -> Vec<&'static Declared> {
    let mut all: Vec<&Declared> = inventory::iter::<Declared>.into_iter().collect();
    all.sort_by_key(|d| d.name);
    all
}

/// What is stored of a value that somebody wants to set until then; refused by field when the setting does not understand it, or when the law
/// limits it and it has no end.
pub async fn accepted(conn: &mut Conn, app: &App, now: Time, name: &str, value: &Value, until: Option<Time>) -> Result<Value> {
    let found = inventory::iter::<Declared>.into_iter().find(|d| d.name == name);
    let declared = found.ok_or_else(|| Error::invalid("name", "unknown-setting"))?;
    let kept = (declared.keep)(app, value.clone(), held(conn, name, now).await?)?;
    if declared.limited && kept != declared.default() {
        ends(app.zone, now, until)?;
    }
    Ok(kept)
}

/// That what the law limits ends: on the day a year from today at the latest, which is over with its midnight.
fn ends(zone: Zone, now: Time, until: Option<Time>) -> Result<()> {
    let until = until.ok_or_else(|| Error::invalid("expires_at", "required"))?;
    let over = zone.date(now).saturating_add(Span::new().years(1)).saturating_add(Span::new().days(1));
    if until > zone.instant(over.at(0, 0, 0, 0)) { Err(Error::invalid("expires_at", "too-late")) } else { Ok(()) }
}

/// What was set and holds at `now`.
async fn held(conn: &mut Conn, name: &str, now: Time) -> Result<Option<Value>> {
    let statement = sql!("select body as value from setting where name = $1 and (expires_at is null or expires_at > $2)");
    conn.value(statement, bind![name, now]).await
}

record! {
    /// A row of `setting`.
    pub struct Setting { pub name: String, pub body: serde_json::Value, pub reason: String, pub expires_at: Option<Time>, pub set_by: String, pub set_at: Time }
}

/// Every setting that holds at `now`.
pub async fn all(conn: &mut Conn, now: Time) -> Result<Vec<Setting>> {
    let statement = sql!(
        "select name, body, reason, expires_at, set_by, set_at from setting where expires_at is null or expires_at > $1 order by name"
    );
    conn.all(statement, bind![now]).await
}

/// Sets it; the caller writes the audit row and bumps the revision `settings` in the same transaction.
pub async fn set<T: Serialize>(
    tx: &mut Tx,
    now: Time,
    name: &str,
    body: T,
    reason: &str,
    expires_at: Option<Time>,
    by: &str,
) -> Result<()> {
    let statement = sql!(
        "insert into setting (name, body, reason, expires_at, set_by, set_at) values ($1, $2, $3, $4, $5, $6)
         on conflict (name) do update set body = excluded.body, reason = excluded.reason, expires_at = excluded.expires_at,
         set_by = excluded.set_by, set_at = excluded.set_at"
    );
    tx.execute(statement, bind![name, Json(body), reason, expires_at, by, now]).await.map(|_| ())
}

/// Takes a setting back: what the program holds by itself holds again. False when there was none.
pub async fn unset(tx: &mut Tx, name: &str) -> Result<bool> {
    Ok(tx.execute(sql!("delete from setting where name = $1"), bind![name]).await? == 1)
}
