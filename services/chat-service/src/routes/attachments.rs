use actix_web::HttpResponse;
use actix_web::http::header::{
    CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_SECURITY_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use actix_web::web::{Data, Path};
use common::{AttachmentId, MessageId};
use platform::http::{AppError, Caller};

use super::errors;
use crate::dependencies::ChatState;
use crate::schemas::attachments::ImageFile;

/// It never changes; a browser may keep it, for its owner alone.
const KEPT: &str = "private, max-age=31536000, immutable";
/// People sent it: opened by itself it may load nothing and run nothing.
const HARMLESS: &str = "default-src 'none'; sandbox";

/// An image that is attached to a message.
#[utoipa::path(get, path = "/messages/{id}/attachments/{attachmentId}", params(("id" = MessageId, Path), ("attachmentId" = AttachmentId, Path)), responses((status = 200, description = "The image.", content((ImageFile = "image/png"), (ImageFile = "image/jpeg"), (ImageFile = "image/webp"), (ImageFile = "image/gif")))))]
pub async fn get_attachment(
    state: Data<ChatState>,
    caller: Caller,
    path: Path<(MessageId, AttachmentId)>,
) -> Result<HttpResponse, AppError> {
    let (message, id) = path.into_inner();
    let image = state.attachments.get(caller.user, message, id).await;
    let image = image.map_err(errors::attachment)?;
    let name = format!("inline; filename=\"image-{id}.{}\"", image.kind.extension());
    Ok(HttpResponse::Ok()
        .content_type(image.kind.media_type())
        .insert_header((CONTENT_DISPOSITION, name))
        .insert_header((CACHE_CONTROL, KEPT))
        .insert_header((CONTENT_SECURITY_POLICY, HARMLESS))
        .insert_header((X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .body(image.data))
}
