//! The error codes of the HTTP API, and the one place that says which status each has.
//!
//! Codes are contract: clients match on them, so renaming one is a breaking change.

macro_rules! error_codes {
    ($($status:literal: $($name:ident = $text:literal),+;)+) => {
        /// A machine-readable reason why a request failed.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[expect(missing_docs, reason = "each is its own text")]
        pub enum ErrorCode {
            $($($name,)+)+
        }

        impl ErrorCode {
            /// Every code.
            pub const ALL: &[Self] = &[$($(Self::$name,)+)+];

            /// The HTTP status that goes with the code.
            pub fn status(self) -> u16 {
                match self {
                    $($(Self::$name => $status,)+)+
                }
            }

            /// The code as it stands in `error.code`.
            pub fn as_str(self) -> &'static str {
                match self {
                    $($(Self::$name => $text,)+)+
                }
            }
        }
    };
}

error_codes! {
    400: ValidationError = "VALIDATION_ERROR";
    401: Unauthorized = "UNAUTHORIZED",
         InvalidCredentials = "INVALID_CREDENTIALS",
         TokenExpired = "TOKEN_EXPIRED",
         TokenReused = "TOKEN_REUSED",
         SecondFactorRequired = "SECOND_FACTOR_REQUIRED";
    403: Forbidden = "FORBIDDEN",
         CsrfRejected = "CSRF_REJECTED",
         InsufficientScope = "INSUFFICIENT_SCOPE",
         RegistrationClosed = "REGISTRATION_CLOSED";
    404: NotFound = "NOT_FOUND";
    405: MethodNotAllowed = "METHOD_NOT_ALLOWED";
    406: NotAcceptable = "NOT_ACCEPTABLE";
    408: RequestTimeout = "REQUEST_TIMEOUT";
    409: Conflict = "CONFLICT",
         EmailTaken = "EMAIL_TAKEN",
         GenerationInProgress = "GENERATION_IN_PROGRESS",
         VersionConflict = "VERSION_CONFLICT",
         IdempotencyInProgress = "IDEMPOTENCY_IN_PROGRESS";
    413: PayloadTooLarge = "PAYLOAD_TOO_LARGE";
    415: UnsupportedMediaType = "UNSUPPORTED_MEDIA_TYPE";
    422: ApiKeyRequired = "API_KEY_REQUIRED",
         ModelUnknown = "MODEL_UNKNOWN",
         ModelNotLoaded = "MODEL_NOT_LOADED",
         ContextTooLong = "CONTEXT_TOO_LONG",
         UnsupportedByModel = "UNSUPPORTED_BY_MODEL",
         IdempotencyMismatch = "IDEMPOTENCY_MISMATCH";
    429: RateLimited = "RATE_LIMITED",
         BudgetExceeded = "BUDGET_EXCEEDED",
         ProviderRateLimited = "PROVIDER_RATE_LIMITED";
    431: HeadersTooLarge = "HEADERS_TOO_LARGE";
    500: InternalError = "INTERNAL_ERROR";
    502: ProviderError = "PROVIDER_ERROR",
         ProviderAuthFailed = "PROVIDER_AUTH_FAILED",
         ProviderTruncated = "PROVIDER_TRUNCATED",
         ProviderProtocol = "PROVIDER_PROTOCOL";
    503: ServiceUnavailable = "SERVICE_UNAVAILABLE",
         ProviderOverloaded = "PROVIDER_OVERLOADED",
         ConversationDeleted = "CONVERSATION_DELETED",
         ServerDraining = "SERVER_DRAINING",
         SessionRevoked = "SESSION_REVOKED";
    504: ProviderTimeout = "PROVIDER_TIMEOUT";
}

impl ErrorCode {
    /// The code that stands in `error.code`, if there is one of that text.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|code| code.as_str() == text)
    }
}
