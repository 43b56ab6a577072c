use std::path::Path;

use common::{Entropy as _, SystemEntropy};

use super::say;
use crate::DataDir;
use crate::data_dir::Ring;
use crate::modules::Parts;

/// Makes a new key: puts it first into the folder's ring, or says what to set.
pub fn rotate(ring: Ring, folder: &DataDir, config: Option<&Path>) -> anyhow::Result<()> {
    let mut random = [0; 4];
    SystemEntropy.fill(&mut random);
    let id = format!("k{:08x}", u32::from_be_bytes(random));
    match folder.rotate(ring, &id, config)? {
        Some(path) => {
            say(format_args!("{id} is the first key of {} now. Next:", path.display()));
            say("1. Restart omnichat.");
        }
        None => {
            let (variable, new) = (ring.variable(), ring.new_key(&id));
            say(format_args!("{variable} is given by a setting. Next:"));
            say(format_args!(
                "1. Put `{new}` into it: second first, where several processes share"
            ));
            say("   it, and first once all have it. Restart each time.");
        }
    }
    say(match ring {
        Ring::Signing => {
            "2. After 15 minutes the old key can be taken out, but for personal tokens: those that it signed end then."
        }
        Ring::Sealing => {
            "2. Run `omnichat admin rewrap`. When it says that nothing is left, the old key can be taken out after a day."
        }
    });
    Ok(())
}

/// Seals anew what an old key has sealed, and waits until that is done.
pub async fn rewrap(parts: &Parts) -> anyhow::Result<()> {
    let resealed = parts.auth.state().second_factors.reseal().await?;
    say(format_args!("{resealed} second factors were sealed anew"));
    let done = parts.chat.state().api_keys.rewrap().await?;
    say(format_args!("{} data keys were wrapped anew, {} are left", done.rewrapped, done.left));
    anyhow::ensure!(
        done.left == 0,
        "data keys that no key of KEY_ENCRYPTION_KEYS opens: put the key back that wrapped them"
    );
    Ok(())
}
