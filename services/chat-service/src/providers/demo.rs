//! The demonstration model: in process, without a key, so that every feature can be tried before one is bought. It says
//! plainly what it is.

use std::time::Duration;

use async_trait::async_trait;
use common::domain::message::FinishReason;
use common::domain::usage::Tokens;
use futures_util::stream::{self, StreamExt};
use secrecy::SecretString;

use super::{
    CompletionRequest, Delta, DeltaStream, KeyCheck, PromptRole, Provider, ProviderError,
    estimate_tokens,
};

/// About as fast as people read.
const PACE: Duration = Duration::from_millis(15);

/// The demonstration model.
pub struct Demo;

#[async_trait]
impl Provider for Demo {
    async fn stream(&self, request: CompletionRequest) -> Result<DeltaStream, ProviderError> {
        let text = reply(&request);
        let prompt = request.messages.iter().map(|message| message.tokens(estimate_tokens)).sum();
        let usage = Tokens { input: prompt, output: estimate_tokens(&text), ..Tokens::default() };
        let words: Vec<String> = text.split_inclusive(' ').map(str::to_owned).collect();
        let paced = stream::iter(words).then(|word| async move {
            tokio::time::sleep(PACE).await;
            Ok(Delta::Text(word))
        });
        let end =
            stream::iter([Ok(Delta::Finish(FinishReason::Stop)), Ok(Delta::Usage(usage.into()))]);
        Ok(paced.chain(end).boxed())
    }

    /// It has no use for one.
    async fn validate(&self, _: &SecretString) -> KeyCheck {
        KeyCheck::Valid
    }
}

fn reply(request: &CompletionRequest) -> String {
    let said =
        |role: PromptRole| request.messages.iter().filter(move |message| message.role == role);
    let question = said(PromptRole::User).next_back();
    let quoted: String =
        question.map_or("", |message| message.content.as_str()).chars().take(200).collect();
    let shown = match question.map_or(0, |message| message.images.len()) {
        0 => String::new(),
        1 => "You showed an image. ".to_owned(),
        images => format!("You showed {images} images. "),
    };
    let turn = said(PromptRole::User).count();
    let system = match said(PromptRole::System).next() {
        Some(text) => {
            let beginning: String = text.content.chars().take(120).collect();
            format!("Before that I was told: “{beginning}”. ")
        }
        None => String::new(),
    };
    format!(
        "I am OmniChat's demonstration model, not a language model: I only repeat what I was sent. \
         You wrote: “{quoted}”. {shown}{system}This is message {turn} of yours in what I was shown of our conversation. \
         To talk to a real model, give the server a key, for example OPENAI_API_KEY, and start it again."
    )
}

#[cfg(test)]
mod tests {
    use common::domain::attachment::{Image, ImageType};

    use super::*;
    use crate::providers::PromptMessage;

    #[tokio::test(start_paused = true)]
    async fn it_says_what_it_was_shown() {
        let image = Image { kind: ImageType::Png, data: vec![1].into() };
        let shown = |images| PromptMessage {
            images: vec![image.clone(); images],
            ..PromptMessage::text(PromptRole::User, "Look")
        };
        for (images, words) in [(1, "You showed an image."), (2, "You showed 2 images.")] {
            let request =
                CompletionRequest { messages: [shown(images)].into(), ..Default::default() };
            let whole = Demo.complete(request).await.unwrap();
            assert!(whole.text.contains(words), "{}", whole.text);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn it_repeats_what_it_was_told_and_asked() {
        let request = CompletionRequest {
            model: "demo".to_owned(),
            messages: [
                PromptMessage::text(PromptRole::System, "Be kind"),
                PromptMessage::text(PromptRole::User, "Hi"),
                PromptMessage::text(PromptRole::Assistant, "Hello"),
                PromptMessage::text(PromptRole::User, "How are you?"),
            ]
            .into(),
            ..Default::default()
        };
        let whole = Demo.complete(request).await.unwrap();
        for part in ["demonstration", "“How are you?”", "“Be kind”", "message 2"] {
            assert!(whole.text.contains(part), "{}", whole.text);
        }
        assert_eq!(whole.finish_reason, Some(FinishReason::Stop));
        assert_eq!(
            whole.usage.map(|usage| usage.tokens.output),
            Some(estimate_tokens(&whole.text))
        );
    }
}
