use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use common::domain::idempotency::{CreationError, CreationKey, RequestKey};
use common::domain::share::{NewShare, Share, ShareError, Snapshot};
use common::repositories::{ConversationRepository, ShareRepository, StoreError};
use common::{Clock, ConversationId, Entropy, Ids, ShareId, UserId};
use platform::EarlierCreations;
use platform::sealing::Sealer;
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};

/// Conversations as they were at one moment, for whoever has the token; made and taken back by their owner alone.
pub struct Shares {
    shares: Arc<dyn ShareRepository>,
    conversations: Arc<dyn ConversationRepository>,
    creations: EarlierCreations,
    sealer: Sealer,
    entropy: Arc<dyn Entropy>,
    clock: Arc<dyn Clock>,
    ids: Ids,
}

impl Shares {
    pub fn new(
        shares: Arc<dyn ShareRepository>,
        conversations: Arc<dyn ConversationRepository>,
        creations: EarlierCreations,
        sealer: Sealer,
        entropy: Arc<dyn Entropy>,
        clock: Arc<dyn Clock>,
        ids: Ids,
    ) -> Self {
        Self { shares, conversations, creations, sealer, entropy, clock, ids }
    }

    /// Shares a conversation as it is now. The token is not kept, but sealed for a day where the request has a key: who loses it
    /// makes another share.
    pub async fn create(
        &self,
        owner: UserId,
        conversation: ConversationId,
        key: Option<RequestKey>,
    ) -> Result<(Share, SecretString), ShareError> {
        if let Some(made) = self.earlier(owner, conversation, key.as_ref()).await? {
            return Ok(made);
        }
        let (id, token) = (self.ids.next(), self.token());
        let new = NewShare {
            id,
            conversation,
            token_hash: hash(&token),
            key: key.map(|key| self.with_answer(key, id, &token)).transpose()?,
            at: self.clock.now(),
        };
        match self.shares.insert(owner, &new).await {
            // The same request was faster.
            Err(ShareError::Creation(CreationError::Taken)) => {
                let key = new.key.as_ref().map(|key| &key.key);
                let made = self.earlier(owner, conversation, key).await?;
                made.ok_or(ShareError::NotFound)
            }
            inserted => inserted.map(|share| (share, token)),
        }
    }

    /// What an earlier request with the key has made.
    async fn earlier(
        &self,
        owner: UserId,
        conversation: ConversationId,
        key: Option<&RequestKey>,
    ) -> Result<Option<(Share, SecretString)>, ShareError> {
        let Some(earlier) = self.creations.find(owner, key).await? else { return Ok(None) };
        let shares = self.shares.list(owner, conversation).await?;
        let found = shares.into_iter().find(|share| share.id.uuid() == earlier.made);
        let share = found.ok_or(ShareError::NotFound)?;
        let sealed = earlier.answer.unwrap_or_default();
        let token = self.sealer.open(&["share", &share.id.to_string()], &sealed);
        let token = token.map_err(|error| StoreError::Failed(error.into()))?;
        let token = String::from_utf8_lossy(token.expose_secret()).into_owned();
        Ok(Some((share, token.into())))
    }

    fn with_answer(
        &self,
        key: RequestKey,
        id: ShareId,
        token: &SecretString,
    ) -> Result<CreationKey, ShareError> {
        let token = token.expose_secret().as_bytes();
        let sealed = self.sealer.seal(&["share", &id.to_string()], token);
        let answer = Some(sealed.map_err(|error| StoreError::Failed(error.into()))?);
        Ok(CreationKey { key, answer })
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
