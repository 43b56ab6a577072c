use chrono::{NaiveDate, TimeDelta};
use common::domain::usage::{UsageGroup, UsageSpan, UsageSum};
use garde::Validate;
use platform::http::{AppError, FieldError};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// The longest span that is summed.
const LONGEST: TimeDelta = TimeDelta::days(366);

#[derive(Debug, Deserialize, Validate, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct UsageQuery {
    /// The first day (UTC), as `2026-11-21`; thirty days before `to` if absent.
    #[garde(skip)]
    pub from: Option<NaiveDate>,
    /// The last day (UTC); today if absent.
    #[garde(skip)]
    pub to: Option<NaiveDate>,
    /// `day` if absent.
    #[serde(default)]
    #[param(inline)]
    #[garde(skip)]
    pub group_by: GroupBy,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum GroupBy {
    #[default]
    Day,
    Model,
    Project,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct UsageData {
    from: NaiveDate,
    to: NaiveDate,
    group_by: GroupBy,
    usage: Vec<UsageGroupResponse>,
    /// All groups together.
    total: UsageSumResponse,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct UsageGroupResponse {
    /// The day, the model's id, or the project's; null for conversations without a project.
    #[schema(required)]
    key: Option<String>,
    #[serde(flatten)]
    sum: UsageSumResponse,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct UsageSumResponse {
    /// Replies.
    requests: u64,
    /// Replies of which no price is known.
    unpriced_requests: u64,
    tokens: UsageTokensResponse,
    /// What those with a price cost; null where there is none.
    #[schema(required)]
    cost_usd: Option<f64>,
}

/// Each token is in one class alone.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct UsageTokensResponse {
    input: u64,
    cache_read: u64,
    cache_write: u64,
    output: u64,
    reasoning: u64,
    total: u64,
}

impl UsageQuery {
    /// # Errors
    /// The days are the wrong way round, or too many.
    pub fn check(&self, span: UsageSpan) -> Result<(), AppError> {
        if span.from > span.to {
            return Err(AppError::invalid(&[FieldError::new("from", "a day before `to`")]));
        }
        if span.to - span.from >= LONGEST {
            return Err(AppError::invalid(&[FieldError::new(
                "from",
                "at most 366 days with `to`",
            )]));
        }
        Ok(())
    }

    pub fn group(&self) -> UsageGroup {
        match self.group_by {
            GroupBy::Day => UsageGroup::Day,
            GroupBy::Model => UsageGroup::Model,
            GroupBy::Project => UsageGroup::Project,
        }
    }
}

impl UsageData {
    pub fn new(UsageSpan { from, to }: UsageSpan, group_by: GroupBy, sums: Vec<UsageSum>) -> Self {
        let total = sums.iter().fold(UsageSum::default(), UsageSum::plus).into();
        Self { from, to, group_by, usage: sums.into_iter().map(Into::into).collect(), total }
    }
}

impl From<UsageSum> for UsageGroupResponse {
    fn from(mut sum: UsageSum) -> Self {
        Self { key: sum.key.take(), sum: sum.into() }
    }
}

impl From<UsageSum> for UsageSumResponse {
    fn from(sum: UsageSum) -> Self {
        let UsageSum { input, cache_read, cache_write, output, reasoning, .. } = sum;
        let total = input + cache_read + cache_write + output + reasoning;
        Self {
            requests: sum.requests,
            unpriced_requests: sum.unpriced,
            tokens: UsageTokensResponse {
                input,
                cache_read,
                cache_write,
                output,
                reasoning,
                total,
            },
            cost_usd: sum.cost_usd(),
        }
    }
}
