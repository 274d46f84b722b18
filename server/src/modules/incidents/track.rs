//! The reporter's link: a secret that is derived from the case's id and the district's key, so it need not be stored.

use kernel::Time;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::modules::access::Keys;

/// Letters that cannot be taken for another: Crockford's alphabet.
const LETTERS: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
/// 26 letters of five bits: 130 bits, as much as a UUID and a little more.
const LENGTH: usize = 26;

/// The secret of a case or of a follower.
pub fn of(keys: &Keys, id: Uuid) -> String {
    letters(&keys.blind("track", &id.to_string()))
}

/// The secret of a link without words that was made at this instant.
pub fn of_share(keys: &Keys, id: Uuid, made_at: Time) -> String {
    letters(&keys.blind("share", &format!("{id} {}", made_at.millis())))
}

fn letters(bytes: &[u8]) -> String {
    let bit = |n: usize| usize::from(bytes[n / 8] >> (7 - n % 8) & 1);
    (0..LENGTH).map(|i| char::from(LETTERS[(0..5).fold(0, |v, b| v << 1 | bit(i * 5 + b))])).collect()
}

/// What is stored of it, to find the case by.
pub fn hash(track: &str) -> Vec<u8> {
    Sha256::digest(track.as_bytes()).to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_track_is_long_plain_and_its_own() {
        let keys = Keys::derive(&[3; 32]);
        let (a, b) = (of(&keys, Uuid::from_u128(1)), of(&keys, Uuid::from_u128(2)));
        assert_eq!(a.len(), LENGTH);
        assert!(a.bytes().all(|c| LETTERS.contains(&c)));
        assert_ne!(a, b);
        assert_eq!(a, of(&keys, Uuid::from_u128(1)));
        assert_ne!(a, of(&Keys::derive(&[4; 32]), Uuid::from_u128(1)));
        let share = |ms: i64| of_share(&keys, Uuid::from_u128(1), Time::from_millis(ms));
        assert!(share(1) != a && share(1) != share(2) && share(1) == share(1));
    }
}
