//! Rate limits as settings: `limit.<name>` is `"off"` or `{"per_hour": n}`; without a setting the figures below hold.
//!
//! Counted in memory, by process: a limit protects this process, and a district's public load is one process's affair.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use kernel::{Error, Result, Time, codes};
use serde::Deserialize;

use crate::app::App;

codes! {
    /// Too many of these from one place; the answer says when to come again.
    TOO_MANY = "too-many";
}

/// A limit: how many an hour, of which how many may come at once.
pub struct Limit {
    /// Its name in settings, after `limit.`.
    pub name: &'static str,
    /// How many an hour.
    pub per_hour: u32,
    /// How many may come at once after a quiet time.
    pub burst: u32,
}

/// Every limit. Addresses are counted by their network (/24, /64), since one mobile network or office has many people behind one.
pub const LIMITS: &[Limit] = &[
    Limit { name: "public_reports", per_hour: 60, burst: 20 },
    Limit { name: "public_photos", per_hour: 180, burst: 60 },
    Limit { name: "public_reads", per_hour: 7_200, burst: 600 },
    Limit { name: "addresses", per_hour: 3_600, burst: 240 },
    Limit { name: "suggest", per_hour: 1_200, burst: 60 },
    Limit { name: "lookup", per_hour: 5, burst: 5 },
    Limit { name: "lookup_code", per_hour: 5, burst: 5 },
    Limit { name: "remarks", per_hour: 60, burst: 20 },
    Limit { name: "track", per_hour: 600, burst: 120 },
    Limit { name: "login", per_hour: 600, burst: 120 },
    Limit { name: "link", per_hour: 120, burst: 30 },
];

/// What a setting `limit.<name>` may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub enum Rule {
    /// `"off"`.
    Word(Off),
    /// `{"per_hour": n}`; the burst keeps its share.
    #[serde(rename_all = "snake_case")]
    Rate {
        /// How many an hour, at least one.
        per_hour: u32,
    },
}

/// The word that lifts a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub enum Off {
    /// Nothing is counted.
    #[serde(rename = "off")]
    Off,
}

/// Takes one from the limit, or answers `Busy` with the time after which there is one again. `key` says from whom: an address
/// ([`network`]), an account, a hash of a telephone number.
pub fn take(app: &App, name: &'static str, key: &str) -> Result<()> {
    let Some(limit) = LIMITS.iter().find(|l| l.name == name) else {
        return Err(Error::internal(format_args!("no limit {name}")));
    };
    let (per_hour, burst) = match app.access.set_to::<Rule>(&format!("limit.{name}"), app.clock.now()) {
        Some(Rule::Word(Off::Off)) => return Ok(()),
        Some(Rule::Rate { per_hour }) => (per_hour.max(1), (per_hour / (limit.per_hour / limit.burst).max(1)).max(1)),
        None => (limit.per_hour, limit.burst),
    };
    app.access.buckets.take(name, key, app.clock.now(), per_hour, burst)
}

/// What the setting of a limit holds where nothing was set.
pub fn default(limit: &Limit) -> serde_json::Value {
    serde_json::json!({ "per_hour": limit.per_hour })
}

/// The network of an address, as the key of a limit.
pub fn network(address: IpAddr) -> String {
    match address {
        IpAddr::V4(a) => format!("{}/24", std::net::Ipv4Addr::from(u32::from(a) & 0xffff_ff00)),
        IpAddr::V6(a) => match a.to_ipv4_mapped() {
            Some(v4) => network(IpAddr::V4(v4)),
            None => format!("{}/64", std::net::Ipv6Addr::from(u128::from(a) & !u128::from(u64::MAX))),
        },
    }
}

/// Whether the value is one that the limit understands.
pub fn valid(name: &str, value: &serde_json::Value) -> bool {
    LIMITS.iter().any(|l| l.name == name) && serde_json::from_value::<Rule>(value.clone()).is_ok()
}

/// How many callers are remembered, at the least, before the quiet ones are forgotten.
const REMEMBERED: usize = 100_000;

/// Who took how much. The generic cell rate algorithm keeps one instant a caller: when all that was taken is paid back.
#[derive(Default)]
pub struct Buckets(Mutex<Paid>);

#[derive(Default)]
struct Paid {
    at: HashMap<(&'static str, String), i64>,
    /// How many there may be before the quiet ones are looked for: twice as many as were left the last time, so that looking is rare.
    room: usize,
}

impl Buckets {
    fn take(&self, name: &'static str, key: &str, now: Time, per_hour: u32, burst: u32) -> Result<()> {
        let (now, each) = (now.millis(), 3_600_000 / i64::from(per_hour).max(1));
        let mut paid = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if paid.at.len() >= paid.room.max(REMEMBERED) {
            paid.at.retain(|_, at| *at > now);
            paid.room = 2 * paid.at.len();
        }
        let at = paid.at.entry((name, key.to_owned())).or_insert(now);
        let next = (*at).max(now) + each.max(1);
        let wait = next - now - each.max(1) * i64::from(burst.max(1));
        if wait > 0 {
            return Err(Error::Busy { code: TOO_MANY, retry_after: Duration::from_millis(wait as u64) });
        }
        *at = next;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_then_a_steady_rate() {
        let buckets = Buckets::default();
        let take = |ms: i64| buckets.take("lookup", "a", Time::from_millis(ms), 60, 3).is_ok();
        assert_eq!([take(0), take(0), take(0), take(0)], [true, true, true, false]);
        assert!(!take(59_999));
        assert!(take(60_000));
        assert!(!take(60_001));
        assert!(buckets.take("lookup", "b", Time::from_millis(60_001), 60, 3).is_ok());
        match buckets.take("lookup", "a", Time::from_millis(60_001), 60, 3) {
            Err(Error::Busy { retry_after, .. }) => assert_eq!(retry_after.as_millis(), 59_999),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn neighbours_share_a_network() {
        assert_eq!(network("10.1.2.3".parse().unwrap()), "10.1.2.0/24");
        assert_eq!(network("::ffff:10.1.2.3".parse().unwrap()), "10.1.2.0/24");
        assert_eq!(network("2001:db8:1:2:3::9".parse().unwrap()), "2001:db8:1:2::/64");
    }

    #[test]
    fn the_words_of_a_setting() {
        assert!(valid("lookup", &serde_json::json!("off")));
        assert!(valid("lookup", &serde_json::json!({"per_hour": 5})));
        assert!(!valid("lookup", &serde_json::json!("on")));
        assert!(!valid("lookups", &serde_json::json!("off")));
    }
}
