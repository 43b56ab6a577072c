//! The services' ways to call each other, in process. Their twins over HTTP are in the services' `clients`.

mod account_data;
mod conversations;
mod profile_settings;
mod projects;

pub use account_data::{InProcessChatData, InProcessProjectData};
pub use conversations::InProcessConversations;
pub use profile_settings::InProcessSettings;
pub use projects::InProcessProjects;
