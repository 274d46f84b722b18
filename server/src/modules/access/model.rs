//! The rules: how long a session lasts, how wrong log-ins are slowed down, who may appoint whom. Pure, no I/O.

use kernel::{Error, FieldError, Result, Time, codes};

use super::roles::{OFFICES, Role};

codes! {
    /// The name or the password or the code is wrong; which one is not told.
    WRONG_CREDENTIALS = "wrong-credentials";
    /// The password was right, a code of the authenticator app is needed as well.
    SECOND_FACTOR_REQUIRED = "second-factor-required";
    /// After wrong tries the next one has to wait.
    LOGIN_DELAYED = "login-delayed";
    /// The one-time link was used, has expired or never was.
    LINK_SPENT = "link-spent";
    /// The code of the authenticator app is wrong.
    WRONG_CODE = "wrong-code";
    /// Nobody may hold two of the three administrators' offices.
    OFFICES_EXCLUDE = "offices-exclude";
    /// Since there is a security administrator, granting is that office's alone.
    NOT_YOUR_OFFICE = "not-your-office";
    /// Nobody grants a role to themselves.
    NOT_TO_YOURSELF = "not-to-yourself";
    /// Another account has this username or this person.
    ACCOUNT_EXISTS = "account-exists";
    /// The account holds this role here already.
    GRANTED_ALREADY = "granted-already";
    /// The last account of an administrator's office cannot be disabled.
    LAST_OF_OFFICE = "last-of-office";
}

db::words! {
    /// What a one-time link is for.
    pub enum LinkKind {
        /// The first administrator of a new district.
        FirstAdmin = "first-admin",
        /// Somebody who sets a password and a second factor with it.
        Invite = "invite",
        /// An account of invented data; logs in fully without a second factor, and only where the data is invented.
        Demo = "demo",
        /// A partner's signed link: works until it expires, each use is a session of its own.
        Partner = "partner"
    }
}

impl LinkKind {
    /// How long the link works, in minutes.
    pub const fn minutes(self) -> i64 {
        match self {
            Self::FirstAdmin => 24 * 60,
            Self::Invite => 72 * 60,
            Self::Demo | Self::Partner => 30 * 24 * 60,
        }
    }

    /// Whether the first use is the last.
    pub const fn single_use(self) -> bool {
        !matches!(self, Self::Partner)
    }

    /// Whether the link alone is a full log-in.
    pub const fn full(self) -> bool {
        matches!(self, Self::Demo | Self::Partner)
    }
}

/// How long a session lasts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lifetime {
    /// Without a request, in milliseconds.
    pub idle: i64,
    /// In all, in milliseconds.
    pub total: i64,
}

const MINUTE: i64 = 60_000;
const DAY: i64 = 24 * 60 * MINUTE;

/// A working day for staff; a lease of seven days when every role that is held is one of the field.
pub fn lifetime<'a>(roles: impl IntoIterator<Item = &'a Role>) -> Lifetime {
    let mut roles = roles.into_iter().peekable();
    if roles.peek().is_some() && roles.all(|r| r.device_lease) {
        Lifetime { idle: 7 * DAY, total: 7 * DAY }
    } else {
        Lifetime { idle: 30 * MINUTE, total: 12 * 60 * MINUTE }
    }
}

/// Wrong tries that cost no waiting.
const FREE: i64 = 5;
/// The longest wait: the most that a bot with a thousand addresses can try is then 5 + 6 + 70 guesses a day, and the owner, who
/// is not delayed on a known device, never waits longer than this on a new one.
const LONGEST: i64 = 20 * MINUTE;

/// How long the next try has to wait after so many wrong ones.
pub fn delay(failures: i64) -> i64 {
    if failures < FREE { 0 } else { (30_000_i64 << (failures - FREE).min(16)).min(LONGEST) }
}

/// Wrong tries are forgotten after a day without one.
pub fn remembered(failures: i64, last: Time, now: Time) -> i64 {
    if now - last > DAY { 0 } else { failures }
}

/// The letters by which an account is known: lower case, without blanks around it.
pub fn username(text: &str) -> Result<String> {
    let name = text.trim().to_lowercase();
    let length = name.chars().count();
    let plain = |c: char| c.is_alphanumeric() || matches!(c, '.' | '_' | '-' | '@');
    if (2..=64).contains(&length) && name.chars().all(plain) { Ok(name) } else { Err(Error::invalid("username", "bad-username")) }
}

/// Whether a password may be taken: 10 to 128 characters, three kinds of them or at least 16, and not made of the account's name.
pub fn password(text: &str, username: &str) -> Result<()> {
    let length = text.chars().count();
    let wrong = |code| Err(Error::Invalid(vec![FieldError::new("password", code).with("least", 10).with("most", 128)]));
    let kinds: [fn(char) -> bool; 4] =
        [|c| c.is_ascii_lowercase(), |c| c.is_ascii_uppercase(), |c| c.is_ascii_digit(), |c| !c.is_ascii_alphanumeric()];
    let variety = kinds.iter().filter(|k| text.chars().any(k)).count();
    let distinct = text.chars().collect::<std::collections::BTreeSet<_>>().len();
    match length {
        0..10 => wrong("too-short"),
        129.. => wrong("too-long"),
        _ if distinct < 5 || (variety < 3 && length < 16) || text.to_lowercase().contains(username) => wrong("too-simple"),
        _ => Ok(()),
    }
}

/// Whether somebody who holds these roles may grant. Until a security administrator is appointed the system administrator appoints;
/// from then on granting is the security administrator's.
pub fn may_grant(held: &[&str], security_admins: i64, to_self: bool) -> Result<()> {
    if to_self {
        return Err(Error::refused(NOT_TO_YOURSELF));
    }
    let security = held.contains(&OFFICES[1]);
    if security || (security_admins == 0 && held.contains(&OFFICES[0])) { Ok(()) } else { Err(Error::refused(NOT_YOUR_OFFICE)) }
}

/// A path of the organisation: `/`, or segments of letters, digits and hyphens with a slash at both ends.
pub fn path(text: &str) -> Result<()> {
    let plain = |s: &str| !s.is_empty() && s.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'));
    let inner = text.strip_prefix('/').and_then(|t| t.strip_suffix('/'));
    if text == "/" || (text.len() <= 512 && inner.is_some_and(|t| t.split('/').all(plain))) {
        Ok(())
    } else {
        Err(Error::invalid("path", "bad-path"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bot_gets_few_guesses_a_day() {
        let (mut now, mut failures, mut guesses) = (0, 0, 0);
        while now < DAY {
            guesses += 1;
            failures += 1;
            now += delay(failures).max(1);
        }
        assert!((50..=100).contains(&guesses), "{guesses}");
        assert_eq!(delay(4), 0);
        assert_eq!(delay(5), 30_000);
        assert_eq!(delay(i64::MAX), LONGEST);
    }

    #[test]
    fn tries_are_forgotten_after_a_quiet_day() {
        let at = Time::from_millis;
        assert_eq!(remembered(9, at(0), at(DAY)), 9);
        assert_eq!(remembered(9, at(0), at(DAY + 1)), 0);
    }

    #[test]
    fn passwords() {
        for bad in ["", "short", "aaaaaaaaaaaaaaaaaaaa", "abcdefghij", "zhang.san2025A", &"x1Y".repeat(50)] {
            assert!(password(bad, "zhang.san").is_err(), "{bad}");
        }
        for good in ["Tuesday-42x", "a long line of words", "正确的马电池订书钉Ab1"] {
            assert!(password(good, "zhang.san").is_ok(), "{good}");
        }
    }

    #[test]
    fn names_and_paths() {
        assert_eq!(username(" Zhang.San ").unwrap(), "zhang.san");
        for bad in ["", "a", "a b", "a/b", "a\u{0}b"] {
            assert!(username(bad).is_err(), "{bad:?}");
        }
        for good in ["/", "/990101/", "/990101/990101001/"] {
            assert!(path(good).is_ok(), "{good}");
        }
        for bad in ["", "990101/", "/990101", "//", "/a//b/", "/a%/", "/a b/"] {
            assert!(path(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn the_first_administrator_appoints_until_there_is_a_security_administrator() {
        assert!(may_grant(&["system-admin"], 0, false).is_ok());
        assert!(may_grant(&["system-admin"], 1, false).is_err());
        assert!(may_grant(&["security-admin"], 1, false).is_ok());
        assert!(may_grant(&["security-admin"], 1, true).is_err());
        assert!(may_grant(&["audit-admin"], 0, false).is_err());
    }
}
