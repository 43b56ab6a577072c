//! What is attached to a message: images.

use bytes::Bytes;
use infer::image;
use serde::{Deserialize, Serialize};

use crate::AttachmentId;
use crate::repositories::StoreError;

/// How many images a message may have.
pub const MAX_IMAGES: usize = 4;

/// How many bytes each of them may have.
pub const MAX_IMAGE_BYTES: usize = 5 * 1024 * 1024;

/// The kinds of images that models see, by their media types.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[expect(missing_docs, reason = "they say it themselves")]
pub enum ImageType {
    #[serde(rename = "image/png")]
    Png,
    #[serde(rename = "image/jpeg")]
    Jpeg,
    #[serde(rename = "image/webp")]
    Webp,
    #[serde(rename = "image/gif")]
    Gif,
}

impl ImageType {
    /// Every kind.
    pub const ALL: [Self; 4] = [Self::Png, Self::Jpeg, Self::Webp, Self::Gif];

    /// What an image is by its first bytes, whatever anybody calls it.
    pub fn of(data: &[u8]) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| match kind {
            Self::Png => image::is_png(data),
            Self::Jpeg => image::is_jpeg(data),
            Self::Webp => image::is_webp(data),
            Self::Gif => image::is_gif(data),
        })
    }

    /// The kind of a media type.
    pub fn parse(media_type: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.media_type() == media_type)
    }

    /// Its media type.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Png => "image/png",
            Self::Jpeg => "image/jpeg",
            Self::Webp => "image/webp",
            Self::Gif => "image/gif",
        }
    }

    /// How the names of such files end.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Png => "png",
            Self::Jpeg => "jpg",
            Self::Webp => "webp",
            Self::Gif => "gif",
        }
    }
}

/// An image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Image {
    /// Its kind.
    pub kind: ImageType,
    /// The file. A copy shares the bytes.
    pub data: Bytes,
}

/// An image that is attached to a message, without its bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Attachment {
    /// Its id.
    pub id: AttachmentId,
    /// Its kind.
    pub kind: ImageType,
    /// How many bytes it has.
    pub size: u32,
}

/// An image to be attached to a message.
#[derive(Debug, Clone)]
pub struct NewAttachment {
    /// Its id.
    pub id: AttachmentId,
    /// The image.
    pub image: Image,
}

impl From<&NewAttachment> for Attachment {
    fn from(NewAttachment { id, image }: &NewAttachment) -> Self {
        let size = u32::try_from(image.data.len()).unwrap_or(u32::MAX);
        Self { id: *id, kind: image.kind, size }
    }
}

/// What can go wrong with an attachment.
#[derive(Debug, thiserror::Error)]
pub enum AttachmentError {
    /// There is none of that id with that message, or it is somebody else's.
    #[error("no such attachment")]
    NotFound,
    /// The database failed.
    #[error("attachments could not be read")]
    Store(#[from] StoreError),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_is_what_its_first_bytes_say() {
        let cases: [(&[u8], Option<ImageType>); 8] = [
            (b"\x89PNG\r\n\x1a\n\0\0", Some(ImageType::Png)),
            (b"\xff\xd8\xff\xe0\0\x10JFIF", Some(ImageType::Jpeg)),
            (b"RIFF\x24\0\0\0WEBPVP8 ", Some(ImageType::Webp)),
            (b"GIF89a\x01\0", Some(ImageType::Gif)),
            (b"<svg xmlns=\"http://www.w3.org/2000/svg\"/>", None),
            (b"%PDF-1.7", None),
            (b"RIFF\x24\0\0\0WAVEfmt ", None),
            (b"", None),
        ];
        for (data, kind) in cases {
            assert_eq!(ImageType::of(data), kind, "{data:?}");
        }
    }

    #[test]
    fn a_kind_is_written_as_its_media_type() {
        for kind in ImageType::ALL {
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.media_type());
            assert_eq!(ImageType::parse(kind.media_type()), Some(kind));
        }
    }
}
