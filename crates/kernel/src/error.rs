use std::{collections::BTreeMap, fmt, time::Duration};

use serde::Serialize;
use utoipa::ToSchema;

/// A stable word for what went wrong, such as `no-grid`. Declared with `codes!` so that a test can hold the translations complete.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Code(pub &'static str);

inventory::collect!(Code);

impl Code {
    /// Every code that this program can answer, sorted.
    pub fn all() -> Vec<Self> {
        let mut all: Vec<Self> = inventory::iter::<Self>.into_iter().copied().collect();
        all.sort_unstable();
        all.dedup();
        all
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

/// Declares error codes as constants and enters them in the list that the translations are checked against.
///
/// ```
/// kernel::codes! { NO_PLACE = "no-place"; }
/// assert!(kernel::Code::all().contains(&NO_PLACE));
/// ```
#[macro_export]
macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $word:literal;)+) => {$(
        $(#[$doc])*
        pub const $name: $crate::Code = $crate::Code($word);
        $crate::inventory::submit! { $crate::Code($word) }
    )+};
}

/// Declares permissions as constants and enters them in the list that roles are checked against.
///
/// ```
/// kernel::permissions! { READ = "thing.read"; }
/// assert!(kernel::Permission::all().contains(&READ));
/// ```
#[macro_export]
macro_rules! permissions {
    ($($(#[$doc:meta])* $name:ident = $word:literal;)+) => {$(
        $(#[$doc])*
        pub const $name: $crate::Permission = $crate::Permission($word);
        $crate::inventory::submit! { $crate::Permission($word) }
    )+};
}

/// Values that fill the gaps of the sentence for a code. Never personal data: they are logged.
pub type Params = BTreeMap<&'static str, serde_json::Value>;

/// One field that cannot be taken as it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct FieldError {
    /// The field's name as the caller wrote it, such as `lon` or `rows[3].code`.
    pub field: String,
    /// What is wrong with it, such as `required` or `too-long`.
    #[schema(value_type = String)]
    pub code: &'static str,
    /// Values for the sentence.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    #[schema(value_type = Object)]
    pub params: Params,
}

impl FieldError {
    /// A field and what is wrong with it.
    pub fn new(field: impl Into<String>, code: &'static str) -> Self {
        Self { field: field.into(), code, params: Params::new() }
    }

    /// The same with a value for the sentence.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<serde_json::Value>) -> Self {
        self.params.insert(name, value.into());
        self
    }
}

/// Everything that can go wrong, by what the caller can do about it.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Log in first.
    #[error("not logged in")]
    Unauthenticated,
    /// Logged in, but this is not for this caller.
    #[error("forbidden")]
    Forbidden,
    /// Not there, or not visible to this caller: the two look the same.
    #[error("not found")]
    NotFound,
    /// The input is wrong in these fields.
    #[error("invalid input: {}", .0.iter().map(|f| format!("{} {}", f.field, f.code)).collect::<Vec<_>>().join(", "))]
    Invalid(Vec<FieldError>),
    /// The input is well formed, but a rule says no.
    #[error("refused: {0}")]
    Refused(Code, Params),
    /// Somebody else changed it meanwhile; read again.
    #[error("changed meanwhile")]
    Stale,
    /// Not now: the same request may succeed after this time.
    #[error("busy: {code}")]
    Busy {
        /// Which limit was met.
        code: Code,
        /// How long to wait before the next try.
        retry_after: Duration,
    },
    /// A fault of ours; the cause is for the log, never for the caller.
    #[error("internal: {0:#}")]
    Internal(#[from] anyhow::Error),
}

/// A result with our [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// A rule says no, and the sentence needs no values.
    pub const fn refused(code: Code) -> Self {
        Self::Refused(code, Params::new())
    }

    /// A rule says no, with one value for the sentence.
    pub fn refused_with(code: Code, name: &'static str, value: impl Into<serde_json::Value>) -> Self {
        Self::Refused(code, Params::from([(name, value.into())]))
    }

    /// One field is wrong.
    pub fn invalid(field: impl Into<String>, code: &'static str) -> Self {
        Self::Invalid(vec![FieldError::new(field, code)])
    }

    /// A fault of ours, told in words for the log.
    pub fn internal(what: impl fmt::Display) -> Self {
        Self::Internal(anyhow::anyhow!("{what}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    codes! {
        /// For the test.
        SAMPLE = "sample";
    }

    #[test]
    fn codes_enter_the_list() {
        assert!(Code::all().contains(&SAMPLE));
        assert_eq!(Error::refused(SAMPLE).to_string(), "refused: sample");
    }

    #[test]
    fn the_log_line_names_fields_not_values() {
        let error = Error::Invalid(vec![FieldError::new("phone", "bad-phone").with("length", 11)]);
        assert_eq!(error.to_string(), "invalid input: phone bad-phone");
    }
}
