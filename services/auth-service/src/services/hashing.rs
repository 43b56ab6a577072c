//! PBKDF2 within bounds. One hash takes a tenth of a second of CPU, so signing in is the cheapest way to keep a machine
//! busy: few hashes run at once, away from the HTTP workers, some wait, and the rest are refused at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use common::Entropy;
use common::domain::user::UserError;
use pbkdf2::password_hash::phc::{Output, PasswordHash, Salt};
use pbkdf2::password_hash::{Error, PasswordHasher, PasswordVerifier};
use pbkdf2::{Algorithm, Params, Pbkdf2, pbkdf2_hmac};
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;
use tokio::sync::Semaphore;

use crate::core::settings::PasswordSettings;

/// Where work on passwords is done.
pub struct HashingPool {
    hasher: Arc<Hasher>,
    /// One for each piece of work that runs.
    threads: Arc<Semaphore>,
    /// One for each that runs or waits.
    places: Arc<Semaphore>,
    /// How many places there are.
    size: usize,
}

/// Hashes passwords, at a fixed cost, into PHC strings: `$pbkdf2-sha256$i=600000,l=32$salt$hash`.
pub struct Hasher {
    params: Params,
    entropy: Arc<dyn Entropy>,
    decoy: PasswordHash,
    hashes: AtomicU64,
    rounds: AtomicU64,
}

impl HashingPool {
    pub fn new(settings: &PasswordSettings, entropy: Arc<dyn Entropy>) -> Result<Self, Error> {
        let threads = match settings.threads {
            0 => std::thread::available_parallelism().map_or(1, |cores| cores.get() - 1).max(1),
            threads => threads.into(),
        };
        let size = threads + usize::from(settings.queue);
        Ok(Self {
            hasher: Arc::new(Hasher::new(Params::new(settings.rounds)?, entropy)?),
            threads: Arc::new(Semaphore::new(threads)),
            places: Arc::new(Semaphore::new(size)),
            size,
        })
    }

    /// Does a piece of work when its turn has come. Once begun it comes to its end, even if nobody waits for it any more.
    pub async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Hasher) -> Result<T, UserError> + Send + 'static,
    ) -> Result<T, UserError> {
        let place = self.places.clone().try_acquire_owned().map_err(|_| UserError::Busy)?;
        let turn = self.threads.clone().acquire_owned().await.map_err(internal)?;
        let hasher = self.hasher.clone();
        let work = move || {
            let _until_done = (place, turn);
            work(&hasher)
        };
        tokio::task::spawn_blocking(work).await.map_err(internal)?
    }

    /// How much work runs or waits.
    pub fn load(&self) -> usize {
        self.size - self.places.available_permits()
    }

    pub fn hasher(&self) -> &Hasher {
        &self.hasher
    }
}

impl Hasher {
    fn new(params: Params, entropy: Arc<dyn Entropy>) -> Result<Self, Error> {
        let (mut salt, mut output) =
            ([0; Salt::RECOMMENDED_LENGTH], [0; Params::RECOMMENDED_OUTPUT_LENGTH]);
        entropy.fill(&mut salt);
        entropy.fill(&mut output);
        let decoy = PasswordHash {
            algorithm: Algorithm::Pbkdf2Sha256.into(),
            version: None,
            params: params.try_into()?,
            salt: Some(Salt::new(&salt)?),
            hash: Some(Output::new(&output)?),
        };
        Ok(Self { params, entropy, decoy, hashes: AtomicU64::new(0), rounds: AtomicU64::new(0) })
    }

    /// A password's hash, with a salt of its own.
    pub fn hash(&self, password: &SecretString) -> Result<String, UserError> {
        let mut salt = [0; Salt::RECOMMENDED_LENGTH];
        self.entropy.fill(&mut salt);
        self.hashes.fetch_add(1, Ordering::Relaxed);
        self.rounds.fetch_add(self.params.rounds().into(), Ordering::Relaxed);
        let password = password.expose_secret().as_bytes();
        let hash =
            Pbkdf2::from(self.params).hash_password_with_salt(password, &salt).map_err(internal)?;
        Ok(hash.to_string())
    }

    /// Whether a password has the hash. Without a hash it takes as long, and has not; a hash that is cheaper than others takes
    /// as long as they do.
    pub fn verify(&self, password: &SecretString, hash: Option<&str>) -> Result<bool, UserError> {
        let parsed = hash.map(PasswordHash::new).transpose().map_err(internal)?;
        let hash = parsed.as_ref().unwrap_or(&self.decoy);
        self.hashes.fetch_add(1, Ordering::Relaxed);
        let password = password.expose_secret().as_bytes();
        let is_right = match Pbkdf2::default().verify_password(password, hash) {
            Ok(()) => parsed.is_some(),
            Err(Error::PasswordInvalid) => false,
            Err(error) => return Err(internal(error)),
        };
        let spent = Params::try_from(hash).map_err(internal)?.rounds();
        self.rounds.fetch_add(spent.into(), Ordering::Relaxed);
        self.spend(password, self.params.rounds().saturating_sub(spent));
        Ok(is_right)
    }

    /// Computes so many rounds for nothing.
    fn spend(&self, password: &[u8], rounds: u32) {
        if rounds > 0 {
            let mut output = [0; Params::RECOMMENDED_OUTPUT_LENGTH];
            pbkdf2_hmac::<Sha256>(password, &[0; Salt::RECOMMENDED_LENGTH], rounds, &mut output);
            std::hint::black_box(output);
            self.rounds.fetch_add(rounds.into(), Ordering::Relaxed);
        }
    }

    /// Whether a hash is cheaper to try than one made now.
    pub fn is_outdated(&self, hash: &str) -> bool {
        let params = PasswordHash::new(hash).ok().and_then(|hash| Params::try_from(&hash).ok());
        params.is_some_and(|params| params.rounds() < self.params.rounds())
    }

    /// How many hashes were computed since the start.
    pub fn hashes(&self) -> u64 {
        self.hashes.load(Ordering::Relaxed)
    }

    /// How many rounds that took.
    pub fn rounds(&self) -> u64 {
        self.rounds.load(Ordering::Relaxed)
    }
}

fn internal(error: impl std::error::Error + Send + Sync + 'static) -> UserError {
    UserError::Internal(Box::new(error))
}

#[cfg(test)]
mod tests {
    use common::SystemEntropy;

    use super::*;

    fn settings(rounds: u32, threads: u16, queue: u16) -> PasswordSettings {
        PasswordSettings {
            min_length: 8,
            max_length: 128,
            min_score: 2,
            rounds,
            threads,
            queue,
            tries_per_minute: 10,
        }
    }

    fn pool(rounds: u32, threads: u16, queue: u16) -> HashingPool {
        HashingPool::new(&settings(rounds, threads, queue), Arc::new(SystemEntropy)).unwrap()
    }

    #[test]
    fn a_hash_is_a_phc_string_of_the_full_cost_with_its_own_salt() {
        let pool = pool(600_000, 1, 0);
        let (password, hasher) = ("correct horse".into(), pool.hasher());
        let (one, other) = (hasher.hash(&password).unwrap(), hasher.hash(&password).unwrap());
        let fields: Vec<_> = one.split('$').collect();
        assert_eq!(fields[..3], ["", "pbkdf2-sha256", "i=600000,l=32"]);
        assert_eq!((fields[3].len(), fields[4].len()), (22, 43), "16 and 32 bytes");
        assert_ne!(fields[3], other.split('$').nth(3).unwrap());
        assert!(hasher.verify(&password, Some(&one)).unwrap());
        assert!(!hasher.verify(&"correct horsf".into(), Some(&one)).unwrap());
        assert!(!hasher.is_outdated(&one));
        assert_eq!(hasher.hashes(), 4);
    }

    #[test]
    fn a_password_without_a_hash_costs_one_all_the_same() {
        let pool = pool(2_000, 1, 0);
        assert!(!pool.hasher().verify(&"correct horse".into(), None).unwrap());
        assert_eq!(pool.hasher().hashes(), 1);
        assert_eq!(Params::try_from(&pool.hasher().decoy).unwrap().rounds(), 2_000);
    }

    #[test]
    fn a_cheaper_hash_verifies_and_is_outdated() {
        let password = "correct horse".into();
        let cheap = pool(1_000, 1, 0).hasher().hash(&password).unwrap();
        let pool = pool(2_000, 1, 0);
        assert!(pool.hasher().verify(&password, Some(&cheap)).unwrap());
        assert!(pool.hasher().is_outdated(&cheap));
    }

    #[test]
    fn a_try_takes_as_many_rounds_whatever_it_is_held_against() {
        let hash = |rounds| pool(rounds, 1, 0).hasher().hash(&"correct horse".into()).unwrap();
        let (cheap, current, pool) = (hash(1_000), hash(2_500), pool(2_500, 1, 0));
        for hash in [None, Some(&*cheap), Some(&*current)] {
            for password in ["correct horse", "wrong"] {
                let before = pool.hasher().rounds();
                pool.hasher().verify(&password.into(), hash).unwrap();
                assert_eq!(pool.hasher().rounds() - before, 2_500, "{hash:?}");
            }
        }
    }

    #[tokio::test]
    async fn what_finds_no_place_is_refused_at_once() {
        let pool = pool(1_000, 1, 1);
        let running = pool.threads.clone().acquire_owned().await.unwrap();
        let first_place = pool.places.clone().try_acquire_owned().unwrap();
        let mut waiting = Box::pin(pool.run(|_| Ok(())));
        assert!(futures_util::poll!(&mut waiting).is_pending());
        assert!(matches!(pool.run(|_| Ok(())).await, Err(UserError::Busy)));
        drop((running, first_place));
        waiting.await.unwrap();
        pool.run(|_| Ok(())).await.unwrap();
    }

    #[tokio::test]
    async fn who_goes_away_while_waiting_leaves_the_place_to_others() {
        let pool = pool(1_000, 1, 0);
        let running = pool.threads.clone().acquire_owned().await.unwrap();
        let mut waiting = Box::pin(pool.run(|_| Ok(())));
        assert!(futures_util::poll!(&mut waiting).is_pending());
        drop((waiting, running));
        pool.run(|_| Ok(())).await.unwrap();
    }
}
