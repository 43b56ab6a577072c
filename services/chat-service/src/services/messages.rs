mod turns;

use std::sync::Arc;

use common::domain::conversation::Conversation;
use common::domain::idempotency::RequestKey;
use common::domain::message::{Message, MessageError, Role};
use common::repositories::{
    AttachmentRepository, ConversationRepository, IdempotencyRepository, MessageFilter,
    MessageRepository, SubjectRepository,
};
use common::{ConversationId, MessageId, Page, PageRequest, ProjectId, UserId};
use platform::Instance;

use super::composer::Composer;
use super::idempotency::{EarlierSends, EarlierTurn};
use super::{Models, OnBehalf, ProjectAccess, ProjectPrompts};
use crate::core::{ContextSettings, TitleSettings};
use crate::generation::{Engine, Reply};

/// Where a reply's events come from.
pub enum Following {
    /// This process makes it.
    Running(Arc<Reply>),
    /// It is stored: whole, or as far as another process has come.
    Stored(Box<Message>),
}

/// What a send has led to.
pub enum Turn {
    /// Replies that it began.
    Begun(Vec<Arc<Reply>>),
    /// What an earlier send with the same key began.
    Earlier(Box<EarlierTurn>),
}

/// Messages and the replies to them, each seen by its owner alone.
pub struct Messages {
    conversations: Arc<dyn ConversationRepository>,
    messages: Arc<dyn MessageRepository>,
    attachments: Arc<dyn AttachmentRepository>,
    subjects: Arc<dyn SubjectRepository>,
    projects: Arc<dyn ProjectAccess>,
    earlier: EarlierSends,
    composer: Composer,
    engine: Arc<Engine>,
    instance: Instance,
}

/// What [`Messages`] stands on.
pub struct MessagesParts {
    pub conversations: Arc<dyn ConversationRepository>,
    pub messages: Arc<dyn MessageRepository>,
    pub keys: Arc<dyn IdempotencyRepository>,
    pub attachments: Arc<dyn AttachmentRepository>,
    pub subjects: Arc<dyn SubjectRepository>,
    pub projects: Arc<dyn ProjectAccess>,
    pub models: Arc<Models>,
    pub engine: Arc<Engine>,
    pub context: ContextSettings,
    pub titles: TitleSettings,
}

impl Messages {
    pub fn new(parts: MessagesParts, instance: Instance) -> Self {
        let MessagesParts {
            conversations,
            messages,
            keys,
            attachments,
            subjects,
            projects,
            models,
            engine,
            context,
            titles,
        } = parts;
        let composer = Composer {
            messages: messages.clone(),
            attachments: attachments.clone(),
            models,
            engine: engine.clone(),
            settings: context,
            titles,
        };
        Self {
            earlier: EarlierSends::new(keys, messages.clone()),
            conversations,
            messages,
            attachments,
            subjects,
            projects,
            composer,
            engine,
            instance,
        }
    }

    /// A page of a conversation's active branch; of one model only, where one is named.
    pub async fn list(
        &self,
        owner: UserId,
        conversation: ConversationId,
        model: Option<&str>,
        page: PageRequest,
    ) -> Result<Page<Message>, MessageError> {
        let filter = MessageFilter { model, before: None };
        let listed = self.messages.list(owner, conversation, filter, page).await?;
        if listed.items.is_empty() {
            self.conversation(owner, conversation).await?;
        }
        Ok(listed)
    }

    /// A page of the conversation that a person has with a project itself; nothing, as long as nothing was said.
    pub async fn list_of_project(
        &self,
        whom: &OnBehalf,
        project: ProjectId,
        page: PageRequest,
    ) -> Result<Page<Message>, MessageError> {
        match self.conversations.find_default(whom.user, project).await? {
            Some(conversation) => self.list(whom.user, conversation.id, None, page).await,
            None => {
                self.prompts(whom, Some(project)).await?;
                Ok(Page { items: Vec::new(), next: None, total: None })
            }
        }
    }

    pub async fn get(&self, owner: UserId, id: MessageId) -> Result<Message, MessageError> {
        self.messages.find(owner, id).await?.ok_or(MessageError::NotFound)
    }

    /// All messages that were said in one's place, oldest first.
    pub async fn siblings(
        &self,
        owner: UserId,
        id: MessageId,
    ) -> Result<Vec<Message>, MessageError> {
        let siblings = self.messages.siblings(owner, id).await?;
        if siblings.is_empty() { Err(MessageError::NotFound) } else { Ok(siblings) }
    }

    /// Makes the branch through a message its conversation's active one.
    pub async fn select(&self, owner: UserId, id: MessageId) -> Result<Conversation, MessageError> {
        if !self.messages.select(owner, id).await? {
            return Err(MessageError::NotFound);
        }
        let message = self.get(owner, id).await?;
        self.conversation(owner, message.conversation).await
    }

    /// What an earlier send with this key began; `None` also where no key is given.
    pub async fn earlier(
        &self,
        owner: UserId,
        key: Option<&RequestKey>,
    ) -> Result<Option<Box<EarlierTurn>>, MessageError> {
        self.earlier.find(owner, key).await
    }

    /// Stops a reply and the call to its model; the reply with what had come. One that has ended stays as it is.
    pub async fn cancel(&self, owner: UserId, id: MessageId) -> Result<Message, MessageError> {
        self.engine.cancel(owner, id).await?.ok_or(MessageError::NotFound)
    }

    /// A reply, to be followed from wherever.
    pub async fn follow(&self, owner: UserId, id: MessageId) -> Result<Following, MessageError> {
        if let Some(reply) = self.engine.running(owner, id) {
            return Ok(Following::Running(reply));
        }
        let message = self.get(owner, id).await?;
        // Only replies stream.
        if message.role != Role::Assistant {
            return Err(MessageError::NotFound);
        }
        Ok(Following::Stored(Box::new(message)))
    }

    /// A reply that was read a moment ago, to be followed from wherever.
    pub fn follow_read(&self, owner: UserId, reply: Message) -> Following {
        let running = self.engine.running(owner, reply.id);
        running.map_or_else(|| Following::Stored(Box::new(reply)), Following::Running)
    }

    /// Forgets the keys of sends that are too old.
    pub async fn keep_house(&self) {
        self.earlier.keep_house(self.instance.clock.now()).await;
    }

    /// The repository, for following what is stored.
    pub fn stored(&self) -> Arc<dyn MessageRepository> {
        self.messages.clone()
    }

    async fn conversation(
        &self,
        owner: UserId,
        id: ConversationId,
    ) -> Result<Conversation, MessageError> {
        self.conversations.find(owner, id).await?.ok_or(MessageError::NotFound)
    }

    async fn prompts(
        &self,
        whom: &OnBehalf,
        project: Option<ProjectId>,
    ) -> Result<ProjectPrompts, MessageError> {
        let Some(project) = project else {
            return Ok(ProjectPrompts { prompts: Vec::new(), is_stale: false });
        };
        Ok(self.projects.prompts(whom, project).await?)
    }
}
