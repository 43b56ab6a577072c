use super::super::estimate_tokens;
pub(super) fn count(_model: &str, text: &str) -> u32 {
    estimate_tokens(text)
}
