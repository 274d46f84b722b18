//! Personal fields: what each one is for, and how it is shown.
//!
//! A slice declares its personal fields with [`personal!`](crate::personal). In memory a value is [`Private`], which prints and serialises as
//! stars; in the database it is sealed with the data key of its person or case. In clear it leaves only through [`reveal`].

use std::fmt;

use db::Tx;
use kernel::{Actor, Error, Result, Time, codes};
use serde::{Serialize, Serializer};
use utoipa::ToSchema;
use uuid::Uuid;

use super::{audit::Audit, keys};
use crate::app::App;

codes! {
    /// A look at a personal field needs a purpose in words.
    PURPOSE_REQUIRED = "purpose-required";
}

/// How long a revealed field may stay on a screen.
pub const SHOWN_SECONDS: i64 = 60;

/// How a personal field can be searched for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Index {
    /// Not at all.
    None,
    /// By its whole value, through a keyed index ([`super::Keys::blind`]).
    Exact,
    /// By each of its words, through keyed indexes.
    NameTokens,
}

/// A personal field: what the register of processing says of it.
#[derive(Debug)]
pub struct Field {
    /// `thing.field`, as audit rows name it.
    pub name: &'static str,
    /// What it is processed for.
    pub purpose: &'static str,
    /// The legal basis.
    pub basis: &'static str,
    /// How many days it is kept after its matter has ended; 0 for as long as the account or the matter.
    pub kept_days: u32,
    /// How it can be searched for.
    pub index: Index,
}

/// An entry of the register.
pub struct Registered(pub &'static Field);

inventory::collect!(Registered);

impl Field {
    /// Every personal field of the program, by name.
    pub fn all() -> Vec<&'static Self> {
        let mut all: Vec<&'static Self> = inventory::iter::<Registered>.into_iter().map(|r| r.0).collect();
        all.sort_by_key(|f| f.name);
        all
    }
}

/// Declares personal fields and enters them in the register.
#[macro_export]
macro_rules! personal {
    ($($(#[$doc:meta])* $name:ident = $word:literal { purpose: $purpose:literal, basis: $basis:literal, kept_days: $days:literal, index: $index:ident };)+) => {$(
        $(#[$doc])*
        pub static $name: $crate::modules::access::private::Field = $crate::modules::access::private::Field {
            name: $word, purpose: $purpose, basis: $basis, kept_days: $days, index: $crate::modules::access::private::Index::$index,
        };
        ::kernel::inventory::submit! { $crate::modules::access::private::Registered(&$name) }
    )+};
}

personal! {
    /// The name of somebody with an account.
    ACCOUNT_NAME = "account.name" { purpose: "to show who handled a matter", basis: "duty of office", kept_days: 0, index: None };
    /// The staff number of somebody with an account.
    ACCOUNT_STAFF_NO = "account.staff_no" { purpose: "watermarks on screens and exports", basis: "duty of office", kept_days: 0, index: None };
    /// The network from which somebody logs in, kept in memory for an hour.
    LOGIN_NETWORK = "login.network" { purpose: "to slow down guessing", basis: "security of the network", kept_days: 0, index: Exact };
}

/// A personal value in memory. It prints and serialises as stars.
#[derive(Clone, PartialEq, Eq)]
pub struct Private<T>(T);

impl<T> Private<T> {
    /// Takes a value in.
    pub const fn new(value: T) -> Self {
        Self(value)
    }

    /// The value, for sealing it and for rules that compare it. What is shown goes through a mask or through [`reveal`].
    pub const fn in_clear(&self) -> &T {
        &self.0
    }
}

impl<T: AsRef<str>> Private<T> {
    /// The value behind a mask, such as `text::mask_phone`.
    pub fn masked(&self, mask: impl FnOnce(&str) -> String) -> String {
        mask(self.0.as_ref())
    }
}

const STARS: &str = "***";

impl<T> fmt::Debug for Private<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(STARS)
    }
}

impl<T> Serialize for Private<T> {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(STARS)
    }
}

/// A wish to see one field in clear.
pub struct Look<'a> {
    /// Which field.
    pub field: &'static Field,
    /// What kind of thing it belongs to.
    pub object_kind: &'static str,
    /// Which one; also the id of its data key.
    pub object: Uuid,
    /// Where in the organisation it belongs.
    pub path: &'a str,
    /// What for, in words.
    pub purpose: &'a str,
    /// The sealed value, if there is one.
    pub sealed: Option<&'a [u8]>,
    /// The context it was sealed with.
    pub context: &'a str,
}

/// A field in clear.
#[derive(Debug, Serialize, ToSchema)]
pub struct Revealed {
    /// The value, or nothing when there is none.
    pub value: Option<String>,
    /// When a screen must hide it again.
    pub until: Time,
}

/// Opens a field and records who looked, at what and what for. When `allowed` says no, the record is written all the same and the inner
/// result is the denial: commit with [`crate::http::Work::refuse`]. The purpose is kept without the personal data it may mention.
pub async fn reveal(
    tx: &mut Tx,
    app: &App,
    now: Time,
    actor: &Actor,
    look: &Look<'_>,
    allowed: bool,
) -> Result<Result<Revealed>> {
    if look.purpose.trim().chars().count() < 2 || look.purpose.chars().count() > 200 {
        return Err(Error::refused(PURPOSE_REQUIRED));
    }
    let action = if allowed { "private.reveal" } else { "private.reveal.denied" };
    let row = Audit::new(action, look.object_kind, look.object).under(look.path).with("field", look.field.name);
    row.with("purpose", text::redact(look.purpose.trim()).text).record(tx, now, actor).await?;
    if !allowed {
        return Ok(Err(Error::Forbidden));
    }
    let value = match look.sealed {
        Some(sealed) => Some(keys::load(tx, app, look.object).await?.open(sealed, look.context)?),
        None => None,
    };
    Ok(Ok(Revealed { value, until: now.plus_millis(SHOWN_SECONDS * 1000) }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_private_value_never_prints() {
        #[derive(Debug, Serialize)]
        struct Form {
            phone: Private<String>,
        }
        let form = Form { phone: Private::new("13800001234".to_owned()) };
        assert_eq!(format!("{form:?}"), "Form { phone: *** }");
        assert_eq!(serde_json::to_string(&form).unwrap(), r#"{"phone":"***"}"#);
        assert_eq!(form.phone.masked(text::mask_phone), "138****1234");
        assert_eq!(form.phone.in_clear(), "13800001234");
    }

    #[test]
    fn every_personal_field_says_what_it_is_for() {
        let all = Field::all();
        assert!(all.len() >= 3);
        for field in &all {
            assert!(field.name.contains('.') && !field.purpose.is_empty() && !field.basis.is_empty(), "{}", field.name);
        }
        assert!(all.windows(2).all(|w| w[0].name != w[1].name), "a field is declared twice");
    }
}
