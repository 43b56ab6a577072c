use std::borrow::Cow;
use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use common::domain::attachment::{Attachment, Image, ImageType, MAX_IMAGE_BYTES, MAX_IMAGES};
use common::{AttachmentId, MessageId};
use garde::{Path, Report, Validate};
use platform::http::valid;
use serde::de::value::SeqAccessDeserializer;
use serde::de::{Deserializer, Error, SeqAccess, Visitor};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// How many characters a message may have.
const MAX_CHARS: usize = 200_000;

/// What a message says: a text, or parts.
#[derive(Debug, ToSchema)]
#[serde(untagged)]
pub enum MessageContent {
    Text(String),
    Parts(Vec<ContentPart>),
}

/// A part of what a message says.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(tag = "type", rename_all = "lowercase", deny_unknown_fields, expecting = "a part")]
pub enum ContentPart {
    Text {
        text: String,
    },
    #[serde(rename_all = "camelCase")]
    Image {
        /// What the image is; its bytes must say the same.
        #[schema(value_type = ImageType)]
        media_type: String,
        /// The file in base64 with padding, at most 5 MiB of it.
        #[schema(value_type = String)]
        data: ImageData,
    },
}

/// The bytes of an image, as far as they could be read.
#[derive(Debug)]
pub enum ImageData {
    Read(Bytes),
    NoBase64,
    TooLarge,
}

/// An image that is attached to a message.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AttachmentResponse {
    id: AttachmentId,
    media_type: ImageType,
    size_bytes: u32,
    /// Where its bytes are, for its owner.
    url: String,
}

/// The file of an image.
#[derive(ToSchema)]
#[schema(value_type = String, format = Binary)]
pub struct ImageFile(#[expect(dead_code, reason = "it only stands in the documentation")] Vec<u8>);

impl MessageContent {
    /// The text; that of parts is joined by empty lines.
    fn text(&self) -> Cow<'_, str> {
        match self {
            Self::Text(text) => text.into(),
            Self::Parts(parts) => {
                let texts = parts.iter().filter_map(|part| match part {
                    ContentPart::Text { text } => Some(text.as_str()),
                    ContentPart::Image { .. } => None,
                });
                let said: Vec<_> = texts.filter(|text| !text.trim().is_empty()).collect();
                said.join("\n\n").into()
            }
        }
    }

    /// The images: the place of each, what it is said to be, and its bytes.
    fn images(&self) -> impl Iterator<Item = (usize, &str, &ImageData)> {
        let parts = match self {
            Self::Text(_) => &[],
            Self::Parts(parts) => parts.as_slice(),
        };
        parts.iter().enumerate().filter_map(|(place, part)| match part {
            ContentPart::Text { .. } => None,
            ContentPart::Image { media_type, data } => Some((place, media_type.as_str(), data)),
        })
    }

    /// Whether there is an image among the parts.
    pub fn has_images(&self) -> bool {
        self.images().next().is_some()
    }

    /// Its text and its images.
    pub fn into_parts(self) -> (String, Vec<Image>) {
        let images = self.images().filter_map(|(_, _, data)| data.image()).collect();
        (self.text().into_owned(), images)
    }
}

impl ImageData {
    fn of(base64: &str) -> Self {
        // Four characters for each three bytes that have begun.
        if base64.len() > MAX_IMAGE_BYTES.div_ceil(3) * 4 {
            return Self::TooLarge;
        }
        match STANDARD.decode(base64) {
            Ok(data) if data.len() > MAX_IMAGE_BYTES => Self::TooLarge,
            Ok(data) => Self::Read(data.into()),
            Err(_) => Self::NoBase64,
        }
    }

    fn image(&self) -> Option<Image> {
        let Self::Read(data) = self else { return None };
        Some(Image { kind: ImageType::of(data)?, data: data.clone() })
    }

    /// The field that is wrong of such an image, and what is expected of it.
    fn wrong(&self, media_type: &str) -> Option<(&'static str, String)> {
        let named = ImageType::parse(media_type);
        let is = match self {
            Self::Read(data) => ImageType::of(data),
            Self::NoBase64 => return Some(("data", "base64 with padding".to_owned())),
            Self::TooLarge => {
                let most = MAX_IMAGE_BYTES >> 20;
                return Some(("data", format!("an image of at most {most} MiB")));
            }
        };
        match (named, is) {
            (None, _) => {
                let known = ImageType::ALL.map(ImageType::media_type).join(", ");
                Some(("mediaType", format!("one of {known}")))
            }
            (Some(_), None) => Some(("data", "a PNG, JPEG, WebP or GIF image".to_owned())),
            (Some(named), Some(is)) => (named != is)
                .then(|| ("mediaType", format!("{}, as the data says", is.media_type()))),
        }
    }
}

impl Validate for MessageContent {
    type Context = ();

    fn validate_into(&self, (): &(), parent: &mut dyn FnMut() -> Path, report: &mut Report) {
        let images = self.images().count();
        // An image needs no words.
        if let Err(error) = valid::text(usize::from(images == 0)..=MAX_CHARS)(&self.text(), &()) {
            report.append(parent(), error);
        }
        if images > MAX_IMAGES {
            report.append(parent(), garde::Error::new(format!("at most {MAX_IMAGES} images")));
        }
        for (place, media_type, data) in self.images() {
            if let Some((field, expected)) = data.wrong(media_type) {
                report.append(parent().join(place).join(field), garde::Error::new(expected));
            }
        }
    }
}

impl<'de> Deserialize<'de> for MessageContent {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ContentReader)
    }
}

struct ContentReader;

impl<'de> Visitor<'de> for ContentReader {
    type Value = MessageContent;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a text, or parts")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<MessageContent, E> {
        Ok(MessageContent::Text(text.to_owned()))
    }

    fn visit_string<E: Error>(self, text: String) -> Result<MessageContent, E> {
        Ok(MessageContent::Text(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, parts: A) -> Result<MessageContent, A::Error> {
        Vec::deserialize(SeqAccessDeserializer::new(parts)).map(MessageContent::Parts)
    }
}

impl<'de> Deserialize<'de> for ImageData {
    /// Reads the text where it stands: it may be long.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(DataReader)
    }
}

struct DataReader;

impl Visitor<'_> for DataReader {
    type Value = ImageData;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("base64 with padding")
    }

    fn visit_str<E: Error>(self, base64: &str) -> Result<ImageData, E> {
        Ok(ImageData::of(base64))
    }
}

impl AttachmentResponse {
    /// What is attached to a message.
    pub fn of(message: MessageId, attachment: Attachment) -> Self {
        let Attachment { id, kind, size } = attachment;
        let url = format!("/messages/{message}/attachments/{id}");
        Self { id, media_type: kind, size_bytes: size, url }
    }
}
