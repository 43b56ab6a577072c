use std::sync::Arc;

use common::domain::attachment::{Image, NewAttachment};
use common::domain::conversation::{Conversation, derive_title};
use common::domain::idempotency::RequestKey;
use common::domain::message::{
    Message, MessageError, NewMessage, NewQuestion, NewReply, NewTurn, PromptUse, Question,
    ReplyOptions, Role,
};
use common::repositories::{
    AttachmentRepository, ConversationRepository, IdempotencyRepository, MessageFilter,
    MessageRepository, PreferenceRepository, SummaryRepository,
};
use common::{
    Clock, ConversationId, Direction, Ids, MessageId, Page, PageRequest, ProjectId, TurnId, UserId,
};
use tokio::join;

use super::composer::{Composed, Composer, Matter};
use super::idempotency::{EarlierSends, EarlierTurn};
use super::{Models, OnBehalf, ProjectAccess, ProjectPrompts};
use crate::core::{ContextSettings, TitleSettings};
use crate::generation::{Engine, Reply};

/// As many models as can be asked at once.
const MOST_ANSWERS: u32 = 4;

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
    preferences: Arc<dyn PreferenceRepository>,
    projects: Arc<dyn ProjectAccess>,
    earlier: EarlierSends,
    composer: Composer,
    engine: Engine,
    clock: Arc<dyn Clock>,
    ids: Ids,
}

/// What [`Messages`] stands on.
pub struct MessagesParts {
    pub conversations: Arc<dyn ConversationRepository>,
    pub messages: Arc<dyn MessageRepository>,
    pub keys: Arc<dyn IdempotencyRepository>,
    pub attachments: Arc<dyn AttachmentRepository>,
    pub summaries: Arc<dyn SummaryRepository>,
    pub preferences: Arc<dyn PreferenceRepository>,
    pub projects: Arc<dyn ProjectAccess>,
    pub models: Arc<Models>,
    pub engine: Engine,
    pub context: ContextSettings,
    pub titles: TitleSettings,
}

/// What is asked: a message, said now or before, and who is to answer it.
struct Ask {
    conversation: Conversation,
    turn: TurnId,
    /// A new message's place; a message that was said before, and the reply in whose place the new one comes.
    said: Said,
    content: String,
    images: Vec<Image>,
    models: Vec<String>,
    options: ReplyOptions,
    key: Option<RequestKey>,
}

enum Said {
    Now,
    InsteadOf { message: MessageId, depth: u32 },
    Before { question: MessageId, depth: u32, instead_of: MessageId },
}

impl Messages {
    pub fn new(parts: MessagesParts, clock: Arc<dyn Clock>, ids: Ids) -> Self {
        let MessagesParts {
            conversations,
            messages,
            keys,
            attachments,
            summaries,
            preferences,
            projects,
            models,
            engine,
            context,
            titles,
        } = parts;
        let composer = Composer {
            messages: messages.clone(),
            attachments: attachments.clone(),
            summaries,
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
            preferences,
            projects,
            composer,
            engine,
            clock,
            ids,
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

    /// Begins a turn, unless a send with its key has.
    async fn once(
        &self,
        owner: UserId,
        key: Option<&RequestKey>,
        begin: impl Future<Output = Result<Vec<Arc<Reply>>, MessageError>>,
    ) -> Result<Turn, MessageError> {
        let _until_begun = self.engine.admit()?;
        if let Some(turn) = self.earlier(owner, key).await? {
            return Ok(Turn::Earlier(turn));
        }
        match begin.await {
            Ok(replies) => Ok(Turn::Begun(replies)),
            // Whatever it was: another may have been quicker, and then that one counts.
            Err(error) => self.earlier(owner, key).await?.map(Turn::Earlier).ok_or(error),
        }
    }

    /// Stores a message and starts the replies to it, which go on whoever listens.
    pub async fn send(
        &self,
        whom: &OnBehalf,
        conversation: ConversationId,
        message: NewMessage,
        key: Option<RequestKey>,
    ) -> Result<Turn, MessageError> {
        let begin = async {
            let NewMessage { content, images, mut models, options } = message;
            let conversation = self.conversation(whom.user, conversation).await?;
            if models.is_empty() {
                models.push(conversation.model.clone());
            }
            let turn = self.ids.next();
            let (said, key) = (Said::Now, key.clone());
            let ask = Ask { conversation, turn, said, content, images, models, options, key };
            self.ask(whom, ask).await
        };
        self.once(whom.user, key.as_ref(), begin).await
    }

    /// Stores another message in the place of one's own, and starts the replies to it. Its images stay, where none are given.
    pub async fn edit(
        &self,
        whom: &OnBehalf,
        id: MessageId,
        content: String,
        images: Option<Vec<Image>>,
        options: ReplyOptions,
        key: Option<RequestKey>,
    ) -> Result<Turn, MessageError> {
        let begin = async {
            let message = self.on_branch(whom.user, id).await?;
            if message.role != Role::User {
                return Err(MessageError::NotAQuestion);
            }
            let images = match images {
                Some(images) => images,
                None => self.images(&message, whom.user).await?,
            };
            let conversation = self.conversation(whom.user, message.conversation).await?;
            let answers = self.answers(whom.user, &message).await?;
            let own = answers.first().and_then(|reply| reply.context).map(|c| c.own_history);
            let options = ReplyOptions { own_history: options.own_history.or(own), ..options };
            let models = if answers.is_empty() {
                vec![message.model.clone()]
            } else {
                answers.into_iter().map(|reply| reply.model).collect()
            };
            let said = Said::InsteadOf { message: message.id, depth: message.depth };
            let (turn, key) = (self.ids.next(), key.clone());
            let ask = Ask { conversation, turn, said, content, images, models, options, key };
            self.ask(whom, ask).await
        };
        self.once(whom.user, key.as_ref(), begin).await
    }

    /// Starts another reply in the place of one, by the same model or another.
    pub async fn regenerate(
        &self,
        whom: &OnBehalf,
        id: MessageId,
        model: Option<String>,
        options: ReplyOptions,
        key: Option<RequestKey>,
    ) -> Result<Turn, MessageError> {
        let begin = async {
            let reply = self.on_branch(whom.user, id).await?;
            if reply.role != Role::Assistant {
                return Err(MessageError::NotAReply);
            }
            if reply.status.is_running() {
                return Err(MessageError::GenerationInProgress);
            }
            let question = self.get(whom.user, reply.parent.ok_or(MessageError::NotFound)?).await?;
            let conversation = self.conversation(whom.user, question.conversation).await?;
            let own_history =
                options.own_history.or(reply.context.map(|context| context.own_history));
            let ask = Ask {
                conversation,
                turn: question.turn,
                said: Said::Before {
                    question: question.id,
                    depth: question.depth,
                    instead_of: reply.id,
                },
                images: self.images(&question, whom.user).await?,
                content: question.content,
                models: vec![model.unwrap_or(reply.model)],
                options: ReplyOptions { own_history, ..options },
                key: key.clone(),
            };
            self.ask(whom, ask).await
        };
        self.once(whom.user, key.as_ref(), begin).await
    }

    async fn ask(&self, whom: &OnBehalf, ask: Ask) -> Result<Vec<Arc<Reply>>, MessageError> {
        let Ask { conversation, turn, said, content, images, models, options, key } = ask;
        let (preferred, within_budget) = join!(
            self.preferred_temperature(whom.user, options.temperature),
            self.engine.check_budget(whom.user)
        );
        let (temperature, ()) = (preferred?, within_budget?);
        let prompts = self.prompts(whom, conversation.project).await?;
        let matter = Matter {
            conversation: &conversation,
            prompts: &prompts,
            content: &content,
            images: &images,
            depth: said.depth(),
            options: ReplyOptions { temperature, ..options },
        };
        let (mut calls, mut replies, mut tokens) = (Vec::new(), Vec::new(), 0);
        for model in &models {
            let composed = self.composer.compose(&matter, model).await?;
            tokens = composed.tokens.max(tokens);
            replies.push(self.reply(&composed, &prompts));
            calls.push(composed.call);
        }
        let title = derive_title(&content);
        let question = match said {
            Said::Before { question, instead_of, .. } => {
                Question::Again { message: question, instead_of }
            }
            said => Question::New(NewQuestion {
                id: self.ids.next(),
                content,
                attachments: images
                    .into_iter()
                    .map(|image| NewAttachment { id: self.ids.next(), image })
                    .collect(),
                tokens,
                instead_of: said.instead_of(),
            }),
        };
        let (lease, at) = (self.engine.lease(), self.clock.now());
        let conversation = conversation.id;
        let turn = NewTurn { conversation, turn, question, replies, key, title, lease, at };
        self.engine.begin(whom.user, turn, calls).await
    }

    fn reply(&self, composed: &Composed, prompts: &ProjectPrompts) -> NewReply {
        let used = |prompt: &super::ProjectPrompt| PromptUse {
            prompt_id: prompt.id,
            version: prompt.version,
        };
        NewReply {
            id: self.ids.next(),
            model: composed.call.wanted.asked.model.clone(),
            temperature: Some(composed.temperature),
            context: composed.context,
            prompt_versions: prompts.prompts.iter().map(used).collect(),
        }
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
        self.earlier.keep_house(self.clock.now()).await;
    }

    /// The repository, for following what is stored.
    pub fn stored(&self) -> Arc<dyn MessageRepository> {
        self.messages.clone()
    }

    /// A message, on its conversation's active branch.
    async fn on_branch(&self, owner: UserId, id: MessageId) -> Result<Message, MessageError> {
        let message = self.get(owner, id).await?;
        if message.on_branch {
            return Ok(message);
        }
        self.messages.select(owner, id).await?;
        self.get(owner, id).await
    }

    /// The replies to a message that are shown.
    async fn answers(
        &self,
        owner: UserId,
        message: &Message,
    ) -> Result<Vec<Message>, MessageError> {
        let filter = MessageFilter { model: None, before: Some(message.depth + 2) };
        let newest =
            PageRequest { limit: MOST_ANSWERS, after: None, direction: Direction::Descending };
        let listed = self.messages.list(owner, message.conversation, filter, newest).await?;
        let mut answers: Vec<Message> =
            listed.items.into_iter().filter(|reply| reply.parent == Some(message.id)).collect();
        answers.reverse();
        Ok(answers)
    }

    /// A message's images.
    async fn images(&self, message: &Message, owner: UserId) -> Result<Vec<Image>, MessageError> {
        let ids: Vec<_> = message.attachments.iter().map(|attachment| attachment.id).collect();
        let mut images = self.attachments.images(owner, &ids).await?;
        Ok(ids.iter().filter_map(|id| images.remove(id)).collect())
    }

    async fn conversation(
        &self,
        owner: UserId,
        id: ConversationId,
    ) -> Result<Conversation, MessageError> {
        self.conversations.find(owner, id).await?.ok_or(MessageError::NotFound)
    }

    /// The temperature that a send names, else the person's own.
    async fn preferred_temperature(
        &self,
        user: UserId,
        named: Option<f64>,
    ) -> Result<Option<f64>, MessageError> {
        if named.is_some() {
            return Ok(named);
        }
        Ok(self.preferences.find(user).await?.and_then(|own| own.default_temperature))
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

impl Said {
    /// How deep the message is that is to be answered, if it does not follow the active branch.
    fn depth(&self) -> Option<u32> {
        match self {
            Self::Now => None,
            Self::InsteadOf { depth, .. } | Self::Before { depth, .. } => Some(*depth),
        }
    }

    /// The message whose place the new one takes.
    fn instead_of(&self) -> Option<MessageId> {
        match self {
            Self::InsteadOf { message, .. } => Some(*message),
            Self::Now | Self::Before { .. } => None,
        }
    }
}
