//! How turns begin: by a message, by another in its place, or by another reply to one.

use std::sync::Arc;

use common::domain::attachment::{Image, NewAttachment};
use common::domain::conversation::derive_title;
use common::domain::idempotency::RequestKey;
use common::domain::message::{
    Message, MessageError, NewMessage, NewQuestion, NewReply, NewTurn, PromptUse, Question,
    ReplyOptions, Role,
};
use common::domain::subject::Subject;
use common::repositories::MessageFilter;
use common::{ConversationId, Direction, MessageId, PageRequest, TurnId, UserId};
use platform::Nearby;
use tracing::Instrument as _;

use super::super::composer::{Composed, Matter};
use super::super::{OnBehalf, ProjectPrompt, ProjectPrompts};
use super::{Messages, Turn};
use crate::generation::Reply;

/// As many models as can be asked at once.
const MOST_ANSWERS: u32 = 4;

/// What is asked: a message, said now or before, and who is to answer it.
struct Ask {
    subject: Subject,
    turn: TurnId,
    /// A new message's place; a message that was said before, and the reply in whose place the new one comes.
    said: Said,
    content: String,
    images: Vec<Image>,
    models: Vec<String>,
    options: ReplyOptions,
    key: Option<RequestKey>,
    /// Where the replies are made.
    nearby: Nearby,
}

enum Said {
    Now,
    InsteadOf { message: MessageId, depth: u32 },
    Before { question: MessageId, depth: u32, instead_of: MessageId },
}

impl Messages {
    /// Stores a message and starts the replies to it, which go on whoever listens.
    pub async fn send(
        self: &Arc<Self>,
        whom: &OnBehalf,
        conversation: ConversationId,
        message: NewMessage,
        key: Option<RequestKey>,
    ) -> Result<Turn, MessageError> {
        let (messages, whom, nearby) = (self.clone(), whom.clone(), self.instance.tasks.nearby());
        let (owner, earlier) = (whom.user, key.clone());
        let begin = async move {
            let NewMessage { content, images, mut models, options } = message;
            let subject = messages.subject(whom.user, conversation, &models).await?;
            if models.is_empty() {
                models.push(subject.model.clone());
            }
            let (said, turn) = (Said::Now, messages.instance.ids.next());
            let ask = Ask { subject, turn, said, content, images, models, options, key, nearby };
            messages.ask(&whom, ask).await
        };
        self.once(owner, earlier, begin).await
    }

    /// Stores another message in the place of one's own, and starts the replies to it. Its images stay, where none are given.
    pub async fn edit(
        self: &Arc<Self>,
        whom: &OnBehalf,
        id: MessageId,
        content: String,
        images: Option<Vec<Image>>,
        options: ReplyOptions,
        key: Option<RequestKey>,
    ) -> Result<Turn, MessageError> {
        let (messages, whom, nearby) = (self.clone(), whom.clone(), self.instance.tasks.nearby());
        let (owner, earlier) = (whom.user, key.clone());
        let begin = async move {
            let message = messages.on_branch(whom.user, id).await?;
            if message.role != Role::User {
                return Err(MessageError::NotAQuestion);
            }
            let images = match images {
                Some(images) => images,
                None => messages.images(&message, whom.user).await?,
            };
            let answers = messages.answers(whom.user, &message).await?;
            let own = answers.first().and_then(|reply| reply.context).map(|c| c.own_history);
            let options = ReplyOptions { own_history: options.own_history.or(own), ..options };
            let models = if answers.is_empty() {
                vec![message.model.clone()]
            } else {
                answers.into_iter().map(|reply| reply.model).collect()
            };
            let subject = messages.subject(whom.user, message.conversation, &models).await?;
            let said = Said::InsteadOf { message: message.id, depth: message.depth };
            let turn = messages.instance.ids.next();
            let ask = Ask { subject, turn, said, content, images, models, options, key, nearby };
            messages.ask(&whom, ask).await
        };
        self.once(owner, earlier, begin).await
    }

    /// Starts another reply in the place of one, by the same model or another.
    pub async fn regenerate(
        self: &Arc<Self>,
        whom: &OnBehalf,
        id: MessageId,
        model: Option<String>,
        options: ReplyOptions,
        key: Option<RequestKey>,
    ) -> Result<Turn, MessageError> {
        let (messages, whom, nearby) = (self.clone(), whom.clone(), self.instance.tasks.nearby());
        let (owner, earlier) = (whom.user, key.clone());
        let begin = async move {
            let reply = messages.on_branch(whom.user, id).await?;
            if reply.role != Role::Assistant {
                return Err(MessageError::NotAReply);
            }
            if reply.status.is_running() {
                return Err(MessageError::GenerationInProgress);
            }
            let question = reply.parent.ok_or(MessageError::NotFound)?;
            let question = messages.get(whom.user, question).await?;
            let models = vec![model.unwrap_or(reply.model)];
            let own_history =
                options.own_history.or(reply.context.map(|context| context.own_history));
            let ask = Ask {
                subject: messages.subject(whom.user, question.conversation, &models).await?,
                turn: question.turn,
                said: Said::Before {
                    question: question.id,
                    depth: question.depth,
                    instead_of: reply.id,
                },
                images: messages.images(&question, whom.user).await?,
                content: question.content,
                models,
                options: ReplyOptions { own_history, ..options },
                key,
                nearby,
            };
            messages.ask(&whom, ask).await
        };
        self.once(owner, earlier, begin).await
    }

    async fn ask(&self, whom: &OnBehalf, ask: Ask) -> Result<Vec<Arc<Reply>>, MessageError> {
        let Ask { subject, turn, said, content, images, models, options, key, nearby } = ask;
        self.engine.check_budget(whom.user).await?;
        let prompts = self.prompts(whom, subject.project).await?;
        let temperature = options.temperature.or(subject.temperature);
        let matter = Matter {
            subject: &subject,
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
        let ids = &self.instance.ids;
        let question = match said {
            Said::Before { question, instead_of, .. } => {
                Question::Again { message: question, instead_of }
            }
            said => Question::New(NewQuestion {
                id: ids.next(),
                content,
                attachments: images
                    .into_iter()
                    .map(|image| NewAttachment { id: ids.next(), image })
                    .collect(),
                tokens,
                instead_of: said.instead_of(),
            }),
        };
        let (lease, at) = (self.engine.lease(), self.instance.clock.now());
        let conversation = subject.conversation;
        let turn = NewTurn { conversation, turn, question, replies, key, title, lease, at };
        self.engine.begin(whom.user, turn, calls, &nearby).await
    }

    fn reply(&self, composed: &Composed, prompts: &ProjectPrompts) -> NewReply {
        let used =
            |prompt: &ProjectPrompt| PromptUse { prompt_id: prompt.id, version: prompt.version };
        NewReply {
            id: self.instance.ids.next(),
            model: composed.call.wanted.asked.model.clone(),
            temperature: Some(composed.temperature),
            context: composed.context,
            prompt_versions: prompts.prompts.iter().map(used).collect(),
        }
    }

    /// Begins a turn, unless a send with its key has.
    async fn once(
        self: &Arc<Self>,
        owner: UserId,
        key: Option<RequestKey>,
        begin: impl Future<Output = Result<Vec<Arc<Reply>>, MessageError>> + Send + 'static,
    ) -> Result<Turn, MessageError> {
        let until_begun = self.engine.admit()?;
        let messages = self.clone();
        let once = async move {
            let _until_begun = until_begun;
            if let Some(turn) = messages.earlier(owner, key.as_ref()).await? {
                return Ok(Turn::Earlier(turn));
            }
            match begin.await {
                Ok(replies) => Ok(Turn::Begun(replies)),
                // Whatever it was: another may have been quicker, and then that one counts.
                Err(error) => {
                    let earlier = messages.earlier(owner, key.as_ref()).await?;
                    earlier.map(Turn::Earlier).ok_or(error)
                }
            }
        };
        // Not on the request: a client that leaves in between must not leave behind a reply that nobody makes.
        let once = self.instance.tasks.spawn(Box::pin(once.in_current_span()));
        once.await.unwrap_or(Err(MessageError::Internal))
    }

    async fn subject(
        &self,
        owner: UserId,
        conversation: ConversationId,
        models: &[String],
    ) -> Result<Subject, MessageError> {
        let models: Vec<&str> = models.iter().map(String::as_str).collect();
        let found = self.subjects.find(owner, conversation, &models).await?;
        found.ok_or(MessageError::NotFound)
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
