use std::time::Duration;

use chat_service::services::ProviderState;

use super::Finding;
use crate::modules::Parts;

/// How long a provider may take to answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// Each provider: whether it answers, and takes the operator's key.
pub async fn look_at(parts: &Parts) -> Vec<Finding> {
    let states = parts.chat.state().models.check(PATIENCE).await;
    let finding = |(name, state): (&str, ProviderState)| {
        let (what, variable) = (format!("provider {name}"), name.to_uppercase());
        match state {
            ProviderState::Ready => Finding::good(what, "answers"),
            ProviderState::WithoutKey => Finding::good(
                what,
                format!("for people with keys of their own; {variable}_API_KEY is not set"),
            ),
            ProviderState::Rejected => {
                Finding::bad(what, format!("does not take the key. Look at {variable}_API_KEY"))
            }
            ProviderState::Unreachable => Finding::bad(
                what,
                format!("does not answer. Look at {variable}_BASE_URL, and at what is between"),
            ),
        }
    };
    states.into_iter().map(finding).collect()
}
