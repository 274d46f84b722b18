//! Types and rules without I/O: what an event is called, how it is signed, when it is tried again, what an address consists of.

use std::net::IpAddr;

use base64::{Engine as _, prelude::BASE64_STANDARD};
use hmac::{Hmac, KeyInit, Mac};
use kernel::{Error, Id, Result, Time};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::Sha256;
use utoipa::ToSchema;
use uuid::Uuid;

use super::reach::Reach;
use crate::modules::incidents::model::Action;

/// A receiver of events.
pub struct Endpoint;
/// One event for one receiver.
pub struct Delivery;

kernel::codes! {
    /// A delivery that waits or went out needs no second sending.
    NOT_A_DEAD_LETTER = "not-a-dead-letter";
    /// The receiver is switched off.
    RECEIVER_OFF = "receiver-off";
}

db::words! {
    /// Where a delivery stands.
    pub enum DeliveryState {
        /// To be sent, or to be tried again.
        Waiting = "waiting",
        /// The receiver took it.
        Sent = "sent",
        /// Given up; it can be sent again by hand.
        Dead = "dead",
    }
}

db::words! {
    /// Why an attempt failed.
    pub enum Fault {
        /// The name is unknown, or the address is one that nobody may be sent to.
        Address = "address",
        /// No connection.
        Connection = "connection",
        /// The certificate does not stand for the name, or TLS failed otherwise.
        Tls = "tls",
        /// No answer in time.
        Timeout = "timeout",
        /// The connection broke before an answer.
        Broken = "broken",
        /// An answer that is no success; redirects too.
        Refused = "refused",
        /// The receiver was taken out while events waited.
        Ended = "ended",
    }
}

/// The kind of the event with which a receiver is tried.
pub const PING: &str = "ping";

/// Every kind of event: `incident.` and the word of an action.
pub fn kinds() -> Vec<String> {
    Action::ALL.iter().map(|a| format!("incident.{a}")).collect()
}

/// Whether a receiver wants an event: an empty list wants all.
pub fn wants(kinds: &[String], kind: &str) -> bool {
    kinds.is_empty() || kinds.iter().any(|k| k == kind)
}

/// What a receiver is told: `type`, `timestamp` and `data` as Standard Webhooks name them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// `incident.` and the word of the last action, or `ping`.
    #[serde(rename = "type")]
    pub kind: String,
    /// When it happened.
    pub timestamp: Time,
    /// Ids, numbers and states.
    pub data: Value,
}

/// The event of a row of the audit record; nothing when it is no change of a case. Only these fields are taken, whatever else the row holds.
pub fn event(at: Time, action: &str, object_kind: &str, object: Uuid, path: &str, details: &str) -> Option<Event> {
    if object_kind != "incident" || Action::of(action).is_none() {
        return None;
    }
    let details: Value = serde_json::from_str(details).ok()?;
    let (code, version) = (details["code"].as_str()?, details["version"].as_i64()?);
    let data = serde_json::json!({
        "id": object, "code": code, "version": version, "state": details["state"], "actions": details["actions"], "path": path,
    });
    Some(Event { kind: format!("incident.{action}"), timestamp: at, data })
}

/// The header of Standard Webhooks that a receiver checks.
pub struct Signature;

impl Signature {
    /// `v1,` and the HMAC-SHA256 over `id.timestamp.body` in base64.
    pub fn of(secret: &[u8], id: &str, seconds: i64, body: &str) -> Result<String> {
        let mut mac = Hmac::<Sha256>::new_from_slice(secret).map_err(Error::internal)?;
        mac.update(format!("{id}.{seconds}.{body}").as_bytes());
        Ok(format!("v1,{}", BASE64_STANDARD.encode(mac.finalize().into_bytes())))
    }
}

/// The `webhook-id` of a delivery.
pub fn message_id(id: Id<Delivery>) -> String {
    format!("msg_{}", id.uuid().simple())
}

/// The secret as it is shown once.
pub fn shown_secret(secret: &[u8]) -> String {
    format!("whsec_{}", BASE64_STANDARD.encode(secret))
}

/// Seconds from each attempt to the next, as Standard Webhooks propose; after the last one the delivery is a dead letter.
const WAITS: [i64; 9] = [5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400];

/// When it is tried again after this many attempts; nothing when it is given up. `chance` (0 to 1) adds up to a tenth, so that what failed
/// together does not come back together.
pub fn again(now: Time, attempts: i64, chance: f64) -> Option<Time> {
    let wait = WAITS.get(usize::try_from(attempts.max(1) - 1).ok()?)? * 1_000;
    Some(now.plus_millis(wait + (wait as f64 * chance.clamp(0.0, 1.0) / 10.0) as i64))
}

/// An address of a receiver in its parts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// Whether TLS protects it.
    pub tls: bool,
    /// The name or the address, without brackets.
    pub host: String,
    /// The port.
    pub port: u16,
    /// Path and query.
    pub path: String,
    /// What the `Host` header says.
    pub authority: String,
}

/// Takes an address apart. Only `https`, or `http` where this machine's own receivers are allowed; no user, no fragment.
pub fn target(url: &str, reach: &Reach) -> Result<Target> {
    let bad = || Error::invalid("url", "bad-url");
    let uri: hyper::Uri = url.parse().map_err(|_| bad())?;
    let authority = uri.authority().ok_or_else(bad)?;
    let tls = match uri.scheme_str() {
        Some("https") => true,
        Some("http") if reach.loopback => false,
        _ => return Err(Error::invalid("url", "not-https")),
    };
    let host = authority.host().trim_start_matches('[').trim_end_matches(']').to_owned();
    if host.is_empty() || authority.as_str().contains('@') || url.contains('#') || url.len() > 500 {
        return Err(bad());
    }
    let outside = host.parse::<IpAddr>().is_ok_and(|ip| !reach.holds(ip));
    if outside || host.eq_ignore_ascii_case("localhost") && !reach.loopback {
        return Err(Error::invalid("url", "private-address"));
    }
    let path = uri.path_and_query().map_or("/", |p| p.as_str()).to_owned();
    let port = authority.port_u16().unwrap_or(if tls { 443 } else { 80 });
    Ok(Target { tls, host, port, path, authority: authority.as_str().to_owned() })
}

/// A receiver as administrators see it; the secret is never among it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct EndpointView {
    /// The receiver.
    #[schema(value_type = uuid::Uuid)]
    pub id: Id<Endpoint>,
    /// What the district calls it.
    pub name: String,
    /// Where it is.
    pub url: String,
    /// The kinds of events it wants; empty for all.
    pub kinds: Vec<String>,
    /// Whether events go out.
    pub enabled: bool,
    /// When it was entered.
    pub made_at: Time,
    /// Until when the secret before the present one signs too.
    pub before_until: Option<Time>,
    /// Deliveries that wait.
    pub waiting: i64,
    /// Dead letters.
    pub dead: i64,
    /// When the receiver last took one.
    pub sent_at: Option<Time>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_is_that_of_the_standard() {
        // The example of the Standard Webhooks libraries.
        let secret = BASE64_STANDARD.decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let signed = Signature::of(&secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, r#"{"test": 2432232314}"#).unwrap();
        assert_eq!(signed, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn waits_grow_and_end() {
        let now = Time::from_millis(0);
        assert_eq!(again(now, 1, 0.0), Some(Time::from_millis(5_000)));
        assert_eq!(again(now, 2, 1.0), Some(Time::from_millis(330_000)));
        assert_eq!(again(now, 9, 0.0), Some(Time::from_millis(86_400_000)));
        assert_eq!(again(now, 10, 0.0), None);
    }

    #[test]
    fn addresses_by_table() {
        for (url, loopback, code) in [
            ("https://hooks.example.org/in?k=1", false, None),
            ("https://hooks.example.org:8443", false, None),
            ("http://hooks.example.org/", false, Some("not-https")),
            ("ftp://hooks.example.org/", false, Some("not-https")),
            ("https://user:word@hooks.example.org/", false, Some("bad-url")),
            ("https://hooks.example.org/#top", false, Some("bad-url")),
            ("/only/a/path", false, Some("bad-url")),
            ("https://10.0.0.7/", false, Some("private-address")),
            ("https://[::1]/", false, Some("private-address")),
            ("https://localhost/", false, Some("private-address")),
            ("http://127.0.0.1:9/", true, None),
            ("http://10.0.0.7/", true, Some("private-address")),
        ] {
            let fault = match target(url, &Reach { loopback, ..Reach::default() }) {
                Err(Error::Invalid(fields)) => Some(fields[0].code),
                Err(other) => panic!("{other}"),
                Ok(_) => None,
            };
            assert_eq!(fault, code, "{url}");
        }
        let parts = target("https://[2400:3200::1]:8443/in?k=1", &Reach::default()).unwrap();
        assert_eq!((parts.host.as_str(), parts.port, parts.path.as_str()), ("2400:3200::1", 8443, "/in?k=1"));
    }

    #[test]
    fn only_changes_of_cases_become_events_and_only_codes_go_along() {
        let details = r#"{"actions":["accept"],"code":"C1","state":"accepted","version":3,"words":"secret"}"#;
        let event = event(Time::from_millis(0), "accept", "incident", Uuid::nil(), "/9/", details).unwrap();
        assert_eq!(event.kind, "incident.accept");
        assert!(!serde_json::to_string(&event).unwrap().contains("secret"));
        for (action, kind, details) in [
            ("private.reveal", "incident", details),
            ("accept", "account", details),
            ("accept", "incident", "{}"),
            ("accept", "incident", "no"),
        ] {
            assert_eq!(super::event(Time::from_millis(0), action, kind, Uuid::nil(), "/9/", details), None, "{action} {kind}");
        }
    }
}
