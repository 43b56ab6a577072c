//! How turns begin: by a message, by another in its place, or by another reply to one.

use std::sync::Arc;

use common::domain::attachment::{Image, NewAttachment};
use common::domain::conversation::{Conversation, derive_title};
use common::domain::idempotency::RequestKey;
use common::domain::message::{
    Message, MessageError, NewMessage, NewQuestion, NewReply, NewTurn, PromptUse, Question,
    ReplyOptions, Role,
};
use common::repositories::MessageFilter;
use common::{ConversationId, Direction, MessageId, PageRequest, TurnId, UserId};
use tokio::join;

use super::super::composer::{Composed, Matter};
use super::super::{OnBehalf, ProjectPrompt, ProjectPrompts};
use super::{Messages, Turn};
use crate::generation::Reply;

/// As many models as can be asked at once.
const MOST_ANSWERS: u32 = 4;

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
        let used =
            |prompt: &ProjectPrompt| PromptUse { prompt_id: prompt.id, version: prompt.version };
        NewReply {
            id: self.ids.next(),
            model: composed.call.wanted.asked.model.clone(),
            temperature: Some(composed.temperature),
            context: composed.context,
            prompt_versions: prompts.prompts.iter().map(used).collect(),
        }
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
