//! Sessions that were ended before their access tokens expired.
//!
//! Every service verifies access tokens by itself, so each process keeps the few sessions that were revoked within one
//! token's lifetime, read again and again from auth-service. While that does not answer, the process goes on with what it
//! knows: a revocation then waits, and nobody is signed out.

mod sibling;

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use common::auth::AccessClaims;
use common::domain::revocation::{Revocation, RevocationPage, TokenUse};
use common::{Clock, SessionId, TokenId};
use parking_lot::Mutex;
use tokio::sync::watch;

use crate::Tasks;

pub use sibling::SiblingFeed;

/// A revocation must be known everywhere within five seconds.
const LOOK: Duration = Duration::from_secs(2);

/// Where revocations are read: auth-service, over HTTP or in the same process.
#[async_trait]
pub trait RevocationFeed: Send + Sync {
    /// What was revoked since a cursor, or all that still matters.
    ///
    /// # Errors
    /// auth-service does not answer.
    async fn after(
        &self,
        cursor: Option<&str>,
    ) -> Result<RevocationPage, Box<dyn std::error::Error + Send + Sync>>;

    /// Tells which personal access tokens were used.
    ///
    /// # Errors
    /// auth-service does not answer.
    async fn report_uses(
        &self,
        uses: &[TokenUse],
    ) -> Result<(), Box<dyn std::error::Error + Send + Sync>>;
}

/// The revocations that this process knows of.
#[derive(Clone)]
pub struct Revocations {
    clock: Arc<dyn Clock>,
    known: Arc<watch::Sender<HashMap<SessionId, DateTime<Utc>>>>,
    uses: Arc<Mutex<HashMap<TokenId, DateTime<Utc>>>>,
    feed: Arc<OnceLock<Arc<dyn RevocationFeed>>>,
}

impl Revocations {
    /// None yet.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self {
            clock,
            known: Arc::new(watch::Sender::default()),
            uses: Arc::default(),
            feed: Arc::default(),
        }
    }

    /// Where to read them once the process serves. The first feed counts.
    pub fn follow(&self, feed: Arc<dyn RevocationFeed>) {
        self.feed.get_or_init(|| feed);
    }

    /// Takes note of a revocation.
    pub fn revoke(&self, revocation: Revocation) {
        self.learn(&[revocation]);
    }

    /// Whether a session was revoked.
    pub fn is_revoked(&self, session: SessionId) -> bool {
        self.known.borrow().contains_key(&session)
    }

    /// Waits until a session is revoked.
    pub async fn revoked(&self, session: SessionId) {
        let mut known = self.known.subscribe();
        // The sender lives as long as this.
        let _never_closed = known.wait_for(|known| known.contains_key(&session)).await;
    }

    /// Takes note that a token was used, if it is a personal one.
    pub fn note_use(&self, claims: &AccessClaims) {
        if claims.is_personal() {
            self.uses.lock().insert(claims.jti, self.clock.now());
        }
    }

    /// Reads the feed from now on until the process stops; nothing where there is none.
    pub fn start(&self, tasks: &Tasks) {
        let Some(feed) = self.feed.get().cloned() else { return };
        let (this, stop) = (self.clone(), tasks.stopping().clone());
        tasks.keep_running("revocations", async move {
            let mut cursor = None;
            loop {
                if let Err(error) = this.read(&*feed, &mut cursor).await {
                    tracing::warn!(error, "revocations cannot be read");
                }
                if let Err(error) = this.report(&*feed).await {
                    tracing::warn!(error, "uses of personal access tokens are told later");
                }
                if stop.run_until_cancelled(tokio::time::sleep(LOOK)).await.is_none() {
                    return;
                }
            }
        });
    }

    /// Reads what is new.
    async fn read(
        &self,
        feed: &dyn RevocationFeed,
        cursor: &mut Option<String>,
    ) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        loop {
            let page = feed.after(cursor.as_deref()).await?;
            self.learn(&page.revocations);
            let is_last = cursor.as_ref() == Some(&page.cursor) || page.revocations.is_empty();
            *cursor = Some(page.cursor);
            if is_last {
                return Ok(());
            }
        }
    }

    /// Tells what was used; what cannot be told is kept for the next time.
    async fn report(
        &self,
        feed: &dyn RevocationFeed,
    ) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        let uses: Vec<_> =
            self.uses.lock().drain().map(|(token, at)| TokenUse { token, at }).collect();
        if uses.is_empty() {
            return Ok(());
        }
        let reported = feed.report_uses(&uses).await;
        if reported.is_err() {
            let mut kept = self.uses.lock();
            for TokenUse { token, at } in uses {
                // It may have been used again.
                kept.entry(token).or_insert(at);
            }
        }
        reported
    }

    fn learn(&self, revocations: &[Revocation]) {
        let now = self.clock.now();
        self.known.send_if_modified(|known| {
            let before = known.len();
            known.retain(|_, until| *until > now);
            let kept = known.len();
            let live = revocations.iter().filter(|revocation| revocation.until > now);
            known.extend(live.map(|revocation| (revocation.session, revocation.until)));
            before != kept || known.len() != kept
        });
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use common::ManualClock;
    use uuid::Uuid;

    use super::*;

    fn clock() -> ManualClock {
        ManualClock::at(DateTime::from_timestamp(1_800_000_000, 0).unwrap())
    }

    fn revocation(number: u128, until: DateTime<Utc>) -> Revocation {
        Revocation { session: Uuid::from_u128(number).into(), until }
    }

    /// Three revocations, two a page.
    struct Pages {
        clock: ManualClock,
        is_deaf: bool,
        heard: Mutex<Vec<TokenUse>>,
    }

    fn pages(clock: &ManualClock, is_deaf: bool) -> Pages {
        Pages { clock: clock.clone(), is_deaf, heard: Mutex::default() }
    }

    #[async_trait]
    impl RevocationFeed for Pages {
        async fn after(
            &self,
            cursor: Option<&str>,
        ) -> Result<RevocationPage, Box<dyn std::error::Error + Send + Sync>> {
            let until = self.clock.now() + TimeDelta::minutes(1);
            let (numbers, cursor): (&[u128], _) = match cursor {
                None => (&[1, 2], "two"),
                Some("two") => (&[2, 3], "three"),
                Some(other) => (&[3], other),
            };
            let revocations = numbers.iter().map(|number| revocation(*number, until)).collect();
            Ok(RevocationPage { revocations, cursor: cursor.to_owned() })
        }

        async fn report_uses(
            &self,
            uses: &[TokenUse],
        ) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
            if self.is_deaf {
                return Err("not now".into());
            }
            self.heard.lock().extend(uses);
            Ok(())
        }
    }

    #[tokio::test]
    async fn every_page_is_read_and_the_cursor_kept() {
        let clock = clock();
        let revocations = Revocations::new(Arc::new(clock.clone()));
        let mut cursor = None;
        revocations.read(&pages(&clock, false), &mut cursor).await.unwrap();
        assert_eq!(cursor.as_deref(), Some("three"));
        for number in 1..=3 {
            assert!(revocations.is_revoked(Uuid::from_u128(number).into()), "{number}");
        }
        assert!(!revocations.is_revoked(Uuid::from_u128(4).into()));
    }

    #[tokio::test]
    async fn a_use_that_could_not_be_told_is_told_later() {
        let clock = clock();
        let revocations = Revocations::new(Arc::new(clock.clone()));
        let token: TokenId = Uuid::from_u128(1).into();
        let used = TokenUse { token, at: clock.now() };
        revocations.uses.lock().insert(token, used.at);
        assert!(revocations.report(&pages(&clock, true)).await.is_err());
        let listening = pages(&clock, false);
        for _ in 0..2 {
            revocations.report(&listening).await.unwrap();
            assert_eq!(*listening.heard.lock(), [used]);
        }
    }

    #[test]
    fn what_cannot_matter_any_more_is_forgotten() {
        let clock = clock();
        let revocations = Revocations::new(Arc::new(clock.clone()));
        let until = clock.now() + TimeDelta::minutes(1);
        revocations.revoke(revocation(1, until));
        clock.advance(TimeDelta::minutes(2));
        revocations.revoke(revocation(2, until));
        assert!(revocations.known.borrow().is_empty());
    }

    #[tokio::test]
    async fn who_waits_for_a_revocation_is_woken() {
        let clock = clock();
        let revocations = Revocations::new(Arc::new(clock.clone()));
        let waiting = revocations.clone();
        let mut waiting = Box::pin(waiting.revoked(Uuid::from_u128(1).into()));
        assert!(futures_util::poll!(&mut waiting).is_pending());
        let until = clock.now() + TimeDelta::minutes(1);
        revocations.revoke(revocation(2, until));
        assert!(futures_util::poll!(&mut waiting).is_pending());
        revocations.revoke(revocation(1, until));
        waiting.await;
    }
}
