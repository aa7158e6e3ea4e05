//! JSON bodies, with their errors as problems.

use axum::{
    Json,
    extract::{FromRequest, Request, rejection::JsonRejection},
    http::StatusCode,
};
use serde::de::DeserializeOwned;

use super::problem::Failure;

/// A JSON request body.
pub(super) struct Body<T>(pub(super) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Body<T> {
    type Rejection = Failure;

    async fn from_request(request: Request, state: &S) -> Result<Self, Failure> {
        match Json::<T>::from_request(request, state).await {
            Ok(Json(body)) => Ok(Self(body)),
            Err(rejection) => Err(failure(&rejection)),
        }
    }
}

fn failure(rejection: &JsonRejection) -> Failure {
    match rejection.status() {
        StatusCode::PAYLOAD_TOO_LARGE => Failure::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "too_large",
            format!("The body is larger than {} bytes.", super::MAX_BODY),
        ),
        StatusCode::UNPROCESSABLE_ENTITY => Failure::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "bad_body",
            rejection.body_text(),
        ),
        StatusCode::UNSUPPORTED_MEDIA_TYPE => Failure::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "not_json",
            "Send the body as application/json.",
        ),
        _ => Failure::new(StatusCode::BAD_REQUEST, "bad_json", rejection.body_text()),
    }
}
