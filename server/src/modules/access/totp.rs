//! Time-based one-time codes (RFC 6238): HMAC-SHA-1, six digits, steps of 30 seconds, as every authenticator app computes them.

use hmac::{Hmac, KeyInit, Mac};
use kernel::{Result, Time};
use sha1::Sha1;

const STEP_MILLIS: i64 = 30_000;
/// Steps before and after the present one that are taken too, for phones whose clocks are off.
const TOLERANCE: i64 = 1;
const BASE32: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// A shared secret of 160 bits (RFC 4226 §4).
pub struct Secret([u8; 20]);

impl Secret {
    /// A fresh secret.
    pub fn fresh() -> Self {
        Self(rand::random())
    }

    /// The secret of these bytes.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }

    /// Its bytes, to be sealed.
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// The secret as people type it into an app: base 32 (RFC 4648 §6).
    pub fn text(&self) -> String {
        let bits = |n: usize| (0..5).fold(0, |v, b| v << 1 | usize::from(self.0[(5 * n + b) / 8] >> (7 - (5 * n + b) % 8) & 1));
        (0..self.0.len() * 8 / 5).map(|n| char::from(BASE32[bits(n)])).collect()
    }

    /// The address that an app reads from the picture; `issuer` and `account` must need no escaping beyond blanks and CJK.
    pub fn uri(&self, issuer: &str, account: &str) -> String {
        let escape = |s: &str| {
            s.bytes().fold(String::new(), |out, b| {
                if b.is_ascii_alphanumeric() { out + &char::from(b).to_string() } else { format!("{out}%{b:02X}") }
            })
        };
        format!("otpauth://totp/{0}:{1}?secret={2}&issuer={0}", escape(issuer), escape(account), self.text())
    }

    /// The step that a code belongs to, when it is right at `now` and no step up to `last` was used.
    pub fn step(&self, code: &str, now: Time, last: i64) -> Option<i64> {
        let present = now.millis() / STEP_MILLIS;
        let mut found = None;
        // Every step is computed, whichever fits, so that the time taken says nothing.
        for step in present - TOLERANCE..=present + TOLERANCE {
            if self.code(step) == code && step > last {
                found = Some(step);
            }
        }
        found
    }

    /// The code of the step that holds at `now`.
    pub fn now(&self, now: Time) -> String {
        self.code(now.millis() / STEP_MILLIS)
    }

    fn code(&self, step: i64) -> String {
        // HMAC takes a key of any length.
        let Ok(mut mac) = Hmac::<Sha1>::new_from_slice(&self.0) else { return String::new() };
        mac.update(&step.to_be_bytes());
        let hash = mac.finalize().into_bytes();
        let at = usize::from(hash[19] & 15);
        let number = u32::from_be_bytes([hash[at] & 0x7f, hash[at + 1], hash[at + 2], hash[at + 3]]);
        format!("{:06}", number % 1_000_000)
    }
}

/// The address as a picture for the camera of an authenticator app.
pub fn picture(uri: &str) -> Result<String> {
    let code = qrcode::QrCode::new(uri).map_err(kernel::Error::internal)?;
    Ok(code.render::<qrcode::render::svg::Color<'_>>().min_dimensions(200, 200).build())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 6238 appendix B, the last six of its eight digits.
    #[test]
    fn the_codes_of_the_standard() {
        let secret = Secret(*b"12345678901234567890");
        let cases = [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
        ];
        for (seconds, code) in cases {
            assert_eq!(secret.now(Time::from_millis(seconds * 1000)), code, "{seconds}");
        }
        assert_eq!(secret.text(), "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
        assert!(secret.uri("经纬", "a b").starts_with("otpauth://totp/%E7%BB%8F%E7%BA%AC:a%20b?secret=GEZDG"));
    }

    #[test]
    fn a_code_works_once_and_near_its_time() {
        let secret = Secret(*b"12345678901234567890");
        let at = |s: i64| Time::from_millis(s * 1000);
        let step = secret.step("005924", at(1_234_567_890), 0).unwrap();
        assert!(secret.step("005924", at(1_234_567_890), step).is_none());
        assert_eq!(secret.step("005924", at(1_234_567_890 + 30), 0), Some(step));
        assert!(secret.step("005924", at(1_234_567_890 + 90), 0).is_none());
        assert!(secret.step("005925", at(1_234_567_890), 0).is_none());
    }
}
