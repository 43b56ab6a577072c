use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use common::domain::share::{NewShare, Share, ShareError, Snapshot};
use common::repositories::{ConversationRepository, ShareRepository};
use common::{Clock, ConversationId, Entropy, Ids, ShareId, UserId};
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};

/// Conversations as they were at one moment, for whoever has the token; made and taken back by their owner alone.
pub struct Shares {
    shares: Arc<dyn ShareRepository>,
    conversations: Arc<dyn ConversationRepository>,
    entropy: Arc<dyn Entropy>,
    clock: Arc<dyn Clock>,
    ids: Ids,
}

impl Shares {
    pub fn new(
        shares: Arc<dyn ShareRepository>,
        conversations: Arc<dyn ConversationRepository>,
        entropy: Arc<dyn Entropy>,
        clock: Arc<dyn Clock>,
        ids: Ids,
    ) -> Self {
        Self { shares, conversations, entropy, clock, ids }
    }

    /// Shares a conversation as it is now. The token is not kept: who loses it makes another share.
    pub async fn create(
        &self,
        owner: UserId,
        conversation: ConversationId,
    ) -> Result<(Share, SecretString), ShareError> {
        let token = self.token();
        let new = NewShare {
            id: self.ids.next(),
            conversation,
            token_hash: hash(&token),
            at: self.clock.now(),
        };
        Ok((self.shares.insert(owner, &new).await?, token))
    }

    pub async fn list(
        &self,
        owner: UserId,
        conversation: ConversationId,
    ) -> Result<Vec<Share>, ShareError> {
        let shares = self.shares.list(owner, conversation).await?;
        if shares.is_empty() {
            let found = self.conversations.find(owner, conversation).await?;
            found.ok_or(ShareError::NotFound)?;
        }
        Ok(shares)
    }

    /// Takes a share back: its token opens nothing any more.
    pub async fn delete(&self, owner: UserId, id: ShareId) -> Result<(), ShareError> {
        if self.shares.delete(owner, id).await? { Ok(()) } else { Err(ShareError::NotFound) }
    }

    /// What a token opens. What is no token at all goes the same way as one that is not known, and takes as long.
    pub async fn open(&self, token: &SecretString) -> Result<Snapshot, ShareError> {
        self.shares.open(&hash(token)).await?.ok_or(ShareError::NotFound)
    }

    /// 32 unpredictable bytes, as text.
    fn token(&self) -> SecretString {
        let mut bytes = [0; 32];
        self.entropy.fill(&mut bytes);
        URL_SAFE_NO_PAD.encode(bytes).into()
    }
}

/// By which a share is found: of the text, so that each token has one spelling.
fn hash(token: &SecretString) -> Vec<u8> {
    Sha256::digest(token.expose_secret()).to_vec()
}
