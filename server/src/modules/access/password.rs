//! Passwords: argon2id, few at a time, so that a storm of log-ins cannot take the memory of the machine.

use std::time::Duration;

use argon2::{
    Algorithm, Argon2, Params, Version,
    password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash},
};
use base64::{Engine as _, prelude::BASE64_STANDARD_NO_PAD as STANDARD_NO_PAD};
use kernel::{Error, Result, codes};
use tokio::sync::{Semaphore, SemaphorePermit};

codes! {
    /// Too many people log in at this moment.
    LOGIN_CROWDED = "login-crowded";
}

/// What one hash costs.
#[derive(Clone, Copy, Debug)]
pub struct Cost {
    /// KiB of memory.
    pub memory: u32,
    /// Passes over the memory.
    pub passes: u32,
}

impl Default for Cost {
    /// 46 MiB and two passes on one lane.
    fn default() -> Self {
        Self { memory: 46 * 1024, passes: 2 }
    }
}

impl Cost {
    /// As little as the algorithm takes: for tests.
    pub const LEAST: Self = Self { memory: 8, passes: 1 };
}

/// How many hashes run at once, and how many callers may wait for their turn.
const AT_ONCE: usize = 2;
const WAITING: usize = 16;

/// Hashes and verifies.
pub struct Hasher {
    argon: Argon2<'static>,
    running: Semaphore,
    admitted: Semaphore,
    decoy: String,
}

impl Hasher {
    /// A hasher; makes the hash that log-ins of unknown names are measured against, so that they take as long as the others.
    pub fn new(cost: Cost) -> Result<Self> {
        let params = Params::new(cost.memory, cost.passes, 1, None).map_err(Error::internal)?;
        let argon = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let decoy = decoy(cost);
        Ok(Self { argon, running: Semaphore::new(AT_ONCE), admitted: Semaphore::new(AT_ONCE + WAITING), decoy })
    }

    /// The hash of a password in PHC notation.
    pub async fn hash(&self, password: &str) -> Result<String> {
        let _turn = self.turn().await?;
        let (argon, password) = (self.argon.clone(), password.to_owned());
        tokio::task::spawn_blocking(move || hash(&argon, &password)).await.map_err(Error::internal)?
    }

    /// Whether the password belongs to the hash; without a hash the answer is no, after the same time.
    pub async fn verify(&self, password: &str, stored: Option<&str>) -> Result<bool> {
        let _turn = self.turn().await?;
        let (argon, password) = (self.argon.clone(), password.to_owned());
        let (against, real) = stored.map_or_else(|| (self.decoy.clone(), false), |s| (s.to_owned(), true));
        let right = tokio::task::spawn_blocking(move || {
            PasswordHash::new(&against).is_ok_and(|h| argon.verify_password(password.as_bytes(), &h).is_ok())
        });
        Ok(right.await.map_err(Error::internal)? && real)
    }

    async fn turn(&self) -> Result<(SemaphorePermit<'_>, SemaphorePermit<'_>)> {
        let busy = |_| Error::Busy { code: LOGIN_CROWDED, retry_after: Duration::from_secs(2) };
        let admitted = self.admitted.try_acquire().map_err(busy)?;
        Ok((admitted, self.running.acquire().await.map_err(Error::internal)?))
    }
}

fn hash(argon: &Argon2<'_>, password: &str) -> Result<String> {
    Ok(argon.hash_password(password.as_bytes()).map_err(Error::internal)?.to_string())
}

/// A hash of no password that takes as long to compare with as a real one. It is drawn, not computed: the memory of a hash, taken once when the
/// process starts, would stay with it.
fn decoy(cost: Cost) -> String {
    let (salt, output) = (rand::random::<[u8; 16]>(), rand::random::<[u8; 32]>());
    let text = |bytes: &[u8]| STANDARD_NO_PAD.encode(bytes);
    format!("$argon2id$v=19$m={},t={},p=1${}${}", cost.memory, cost.passes, text(&salt), text(&output))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_decoy_has_the_shape_and_the_cost_of_a_hash() {
        let hasher = Hasher::new(Cost::LEAST).unwrap();
        let real = hasher.hash("correct horse").await.unwrap();
        let parts = |hash: &str| hash.split('$').map(str::len).collect::<Vec<_>>();
        let cost = |hash: &str| hash.split('$').take(4).map(str::to_owned).collect::<Vec<_>>();
        assert_eq!((parts(&hasher.decoy), cost(&hasher.decoy)), (parts(&real), cost(&real)));
        // A text that could not be read would be refused at once, and the time would tell that there is no such account.
        let known = PasswordHash::new(&hasher.decoy).unwrap();
        assert!(matches!(hasher.argon.verify_password(b"x", &known), Err(argon2::password_hash::Error::PasswordInvalid)));
    }

    #[tokio::test]
    async fn only_the_right_password_fits() {
        let hasher = Hasher::new(Cost::LEAST).unwrap();
        let hash = hasher.hash("correct horse").await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=8,t=1,p=1$"), "{hash}");
        assert!(hasher.verify("correct horse", Some(&hash)).await.unwrap());
        assert!(!hasher.verify("correct horsf", Some(&hash)).await.unwrap());
        assert!(!hasher.verify("correct horse", None).await.unwrap());
        assert_ne!(hasher.hash("correct horse").await.unwrap(), hash);
    }

    #[tokio::test]
    async fn a_crowd_is_sent_away_and_not_queued_for_ever() {
        let hasher = Hasher::new(Cost::LEAST).unwrap();
        let mut held = Vec::new();
        for _ in 0..AT_ONCE + WAITING {
            held.push(hasher.admitted.try_acquire().unwrap());
        }
        assert!(matches!(hasher.verify("x", None).await, Err(Error::Busy { code: LOGIN_CROWDED, .. })));
        held.clear();
        assert!(!hasher.verify("x", None).await.unwrap());
    }
}
