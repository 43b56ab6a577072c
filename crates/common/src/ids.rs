//! Ids: UUIDv7 (RFC 9562 §5.7), one type per thing, so that a project's id cannot be passed where a user's is
//! meant. They sort by creation.

use std::sync::Arc;

use parking_lot::Mutex;
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize};
use uuid::Uuid;

use crate::{Clock, Entropy};

/// Makes new ids from the injected clock and entropy; clones go on where the others are.
#[derive(Clone)]
pub struct Ids {
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    last: Arc<Mutex<Uuid>>,
}

impl Ids {
    /// Ids stamped by `clock`, made unique by `entropy`.
    pub fn new(clock: Arc<dyn Clock>, entropy: Arc<dyn Entropy>) -> Self {
        Self { clock, entropy, last: Arc::default() }
    }

    /// A new id of the type that the caller asks for. It is greater than all that this and its clones have made, also within one
    /// millisecond, and where the clock was put back (RFC 9562 §6.2, method 2).
    pub fn next<Id: From<Uuid>>(&self) -> Id {
        let millis = u64::try_from(self.clock.now().timestamp_millis()).unwrap_or(0);
        let mut random = [0; 10];
        self.entropy.fill(&mut random);
        // The guard against running over: the first bit of what is counted up.
        random[2] &= 0x1F;
        let fresh = uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid();
        let [a, b, c, d, ..] = random;
        let step = 1 + u128::from(u32::from_be_bytes([a, b, c, d]));
        let mut last = self.last.lock();
        *last = fresh.max(Uuid::from_u128(last.as_u128() + step));
        (*last).into()
    }
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, utoipa::ToSchema)]
        #[serde(transparent)]
        #[schema(value_type = String, format = "uuid")]
        pub struct $name(Uuid);

        impl $name {
            /// The plain UUID, for the database.
            pub fn uuid(self) -> Uuid {
                self.0
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
                text.parse().map_err(|_| D::Error::custom("expected a UUID"))
            }
        }

        impl From<Uuid> for $name {
            fn from(id: Uuid) -> Self {
                Self(id)
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }

        impl std::str::FromStr for $name {
            type Err = uuid::Error;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.parse().map(Self)
            }
        }
    )+};
}

ids! {
    /// A person's account.
    UserId,
    /// A sign-in on one device: the access token's `sid`, and the family of its refresh tokens.
    SessionId,
    /// One access token (`jti`).
    TokenId,
    /// Something that happened to an account.
    EventId,
    /// A project.
    ProjectId,
    /// A prompt, in all its versions.
    PromptId,
    /// A conversation.
    ConversationId,
    /// A message of a conversation.
    MessageId,
    /// An image that is attached to a message.
    AttachmentId,
    /// An answer that is passed on to a program, and not stored.
    CompletionId,
    /// One exchange: a user's message and what was answered to it.
    TurnId,
    /// A person's own key for a provider, as it was stored once: what takes its place has another id.
    ApiKeyId,
    /// A key under which such keys are sealed.
    DataKeyId,
    /// The loading of a model.
    LoadJobId,
    /// Something to be asked of a model in the background.
    ErrandId,
    /// A conversation as it was at one moment, shown to whoever has its token.
    ShareId,
    /// A file of conversations that a person brings along.
    ImportId,
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, TimeDelta};

    use super::*;
    use crate::{ManualClock, SystemEntropy};

    #[test]
    fn each_is_greater_than_all_before_whatever_the_clock_says() {
        let clock = ManualClock::at(DateTime::from_timestamp(1_800_000_000, 0).unwrap());
        let ids = Ids::new(Arc::new(clock.clone()), Arc::new(SystemEntropy));
        let mut made: Vec<Uuid> = Vec::new();
        for step in [0, 1, -5, 3] {
            clock.advance(TimeDelta::milliseconds(step));
            made.extend((0..1_000).map(|_| ids.next::<Uuid>()));
        }
        assert!(made.is_sorted_by(|one, next| one < next));
        assert!(made.iter().all(|id| id.get_version_num() == 7));
        // The millisecond that it was made in.
        assert_eq!(made[1_000].get_timestamp().unwrap().to_unix(), (1_800_000_000, 1_000_000));
    }
}
