//! The audit trail: who did what to money or access, when, and how it was before and after.

use crate::app::App;
use crate::error::AppError;
use doorstep_domain::time::Micros;
use doorstep_store::audit::{self, AuditRow};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

/// One entry of the trail.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct AuditView {
    /// Its name; names sort by time.
    pub audit_id: String,
    /// RFC 3339.
    #[schema(value_type = String, format = DateTime)]
    pub at: Micros,
    /// Who: `key:key_…`, `local:USER`, or a worker such as `closer`.
    pub actor: String,
    /// What, such as `day.close`.
    pub action: String,
    /// To what.
    pub subject: String,
    /// How it was, if it was.
    pub before: Value,
    /// How it is since.
    pub after: Value,
}

/// Up to `limit` entries, newest first, older than the entry named `before` (empty: the newest).
pub fn list(app: &App, before: &str, limit: usize) -> Result<Vec<AuditView>, AppError> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let rows = app.store.read(|tx| audit::list(tx, before, limit).map_err(AppError::from))?;
    Ok(rows.into_iter().map(AuditView::from).collect())
}

impl From<AuditRow> for AuditView {
    fn from(row: AuditRow) -> AuditView {
        AuditView {
            audit_id: row.audit_id,
            at: Micros(row.at_us),
            actor: row.actor,
            action: row.action,
            subject: row.subject,
            before: state(row.before),
            after: state(row.after),
        }
    }
}

/// A state is JSON; what somebody else wrote there is shown as it is.
fn state(text: String) -> Value {
    if text.is_empty() {
        return Value::Null;
    }
    serde_json::from_str(&text).unwrap_or(Value::String(text))
}
