//! A refresh token as its holder has it: 32 bytes, of which only the hash is stored.
//!
//! A session's first is random; each next one is computed from the one before and the session's salt (HKDF, RFC 5869). So the
//! same token always has the same successor, and an answer that was lost can be given again; yet neither who holds only the
//! token nor who reads only the database can compute it.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use common::Entropy;
use hkdf::Hkdf;
use secrecy::{ExposeSecret, SecretBox, SecretString};
use sha2::{Digest, Sha256};

const PURPOSE: &[u8] = b"omnichat refresh";

pub struct RefreshSecret(SecretBox<[u8; 32]>);

impl RefreshSecret {
    /// A session's first.
    pub fn random(entropy: &dyn Entropy) -> Self {
        Self(SecretBox::init_with_mut(|bytes: &mut [u8; 32]| {
            entropy.fill(bytes);
        }))
    }

    /// Reads what [`text`](Self::text) wrote.
    pub fn parse(text: &SecretString) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(text.expose_secret()).ok()?;
        Some(Self(SecretBox::new(Box::new(bytes.try_into().ok()?))))
    }

    /// As the client gets it.
    pub fn text(&self) -> SecretString {
        URL_SAFE_NO_PAD.encode(self.0.expose_secret()).into()
    }

    /// By which it is found in the database.
    pub fn hash(&self) -> Vec<u8> {
        Sha256::digest(self.0.expose_secret()).to_vec()
    }

    /// The token of the number given, which comes after this one.
    #[expect(clippy::expect_used, reason = "HKDF-SHA256 gives up to 8,160 bytes")]
    pub fn successor(&self, salt: &[u8], generation: u32) -> Self {
        let hkdf = Hkdf::<Sha256>::new(Some(salt), self.0.expose_secret());
        Self(SecretBox::init_with_mut(|bytes: &mut [u8; 32]| {
            hkdf.expand_multi_info(&[PURPOSE, &generation.to_be_bytes()], bytes)
                .expect("32 bytes are few");
        }))
    }
}

#[cfg(test)]
mod tests {
    use common::SystemEntropy;

    use super::*;

    #[test]
    fn a_token_reads_back_and_others_do_not() {
        let secret = RefreshSecret::random(&SystemEntropy);
        assert_eq!(RefreshSecret::parse(&secret.text()).unwrap().hash(), secret.hash());
        let text = secret.text().expose_secret().to_owned();
        for other in [
            "",
            "a",
            &text[1..],
            &format!("{text}A"),
            &format!("{text}="),
            &text.replacen(&text[..1], "+", 1),
        ] {
            assert!(RefreshSecret::parse(&other.into()).is_none(), "{other}");
        }
    }

    #[test]
    fn a_successor_depends_on_token_salt_and_generation_alone() {
        let (one, other) =
            (RefreshSecret::random(&SystemEntropy), RefreshSecret::random(&SystemEntropy));
        let successor = one.successor(b"salt", 1).hash();
        assert_eq!(one.successor(b"salt", 1).hash(), successor);
        for different in
            [other.successor(b"salt", 1), one.successor(b"pepper", 1), one.successor(b"salt", 2)]
        {
            assert_ne!(different.hash(), successor);
        }
    }

    #[test]
    fn the_derivation_never_changes() {
        let secret = RefreshSecret(SecretBox::new(Box::new([7; 32])));
        let successor = secret.successor(&[9; 32], 1).text();
        // Computed with Python's `hmac`.
        assert_eq!(successor.expose_secret(), "O8n4SUrhbskR3emq23MVkd38Eh51ENYRdDysjNR-z2E");
    }
}
