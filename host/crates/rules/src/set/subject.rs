//! Whom a plan's findings are about, and what is shown of their records.
//!
//! Owns the defaults. Does not own columns (`shape`).

use model::{FieldId, SubjectKind};

use super::link::Linked;
use super::shape::Shape;
use crate::Span;
use crate::record::Field;
use crate::sigma::{Document, Metadata, Ours, Rule, SubjectBy};

/// Most fields shown with a finding.
const MAX_SHOWN: usize = 8;

/// Kind of subject, and the field that holds it for each leaf.
#[allow(clippy::type_complexity, reason = "the parts of one error")]
pub(super) fn subject(
    linked: &Linked,
    document: &Document,
    ours: &Ours,
    shape: &Shape<'_>,
) -> Result<(SubjectKind, Vec<Option<Field>>), (Span, String, &'static str)> {
    let leaves = shape.leaves.len();
    if let Some(SubjectBy { kind, field, span }) = &ours.subject {
        let field = match (field, kind) {
            (Some(name), _) => {
                let field = Field::from_name(name);
                Some(field.ok_or((
                    *span,
                    format!("unknown field '{name}'"),
                    "docs/fields.md lists the fields",
                ))?)
            }
            (None, SubjectKind::Organisation) => None,
            (None, SubjectKind::User) => Some(Field::Table(FieldId::user)),
            (None, SubjectKind::Location) => Some(Field::Table(FieldId::location)),
            (None, SubjectKind::Number) => {
                let help = "write {kind: number, field: called_number}";
                return Err((*span, "a number as subject needs its field".to_owned(), help));
            }
        };
        return Ok((*kind, vec![field; leaves]));
    }
    match document {
        Document::Correlation(correlation) => {
            let at = linked.documents.iter().position(|d| std::ptr::eq(&**d, document));
            for (name, _) in &correlation.group_by {
                let fields: Vec<Option<Field>> =
                    (0..leaves).map(|leaf| at.and_then(|at| shape.field(at, name, leaf))).collect();
                let kinds: Vec<Option<SubjectKind>> = fields.iter().map(|f| f.and_then(kind_of)).collect();
                if let Some(Some(kind)) = kinds.first()
                    && kinds.iter().all(|k| *k == Some(*kind))
                {
                    return Ok((*kind, fields));
                }
            }
            Ok((SubjectKind::Organisation, vec![None; leaves]))
        }
        Document::Rule(rule) if category(rule) == "admin" => {
            Ok((SubjectKind::Organisation, vec![None; leaves]))
        }
        _ => Ok((SubjectKind::User, vec![Some(Field::Table(FieldId::user)); leaves])),
    }
}

fn category(rule: &Rule) -> &str {
    rule.logsource.category.as_deref().unwrap_or_default()
}

/// What a field's value is, as a subject.
fn kind_of(field: Field) -> Option<SubjectKind> {
    let Field::Table(id) = field else { return None };
    match id {
        FieldId::user | FieldId::user_uuid | FieldId::actor => Some(SubjectKind::User),
        FieldId::location => Some(SubjectKind::Location),
        id if id.field().ty == model::fields::FieldType::Phone => Some(SubjectKind::Number),
        _ => None,
    }
}

/// Fields to show: what the document lists, else what people look for first.
pub(super) fn shown_fields(linked: &Linked, meta: &Metadata, rule: usize) -> Vec<Field> {
    let listed = meta.fields.iter().filter_map(|name| Field::from_name(name));
    let listed: Vec<Field> = listed.take(MAX_SHOWN).collect();
    if !listed.is_empty() {
        return listed;
    }
    let usual: &[FieldId] = match linked.rule(rule).map_or("", category) {
        "forwarding" => &[FieldId::forward_to, FieldId::forward_country, FieldId::actor],
        "sign_in" => &[FieldId::actor_ip],
        "admin" => &[FieldId::actor, FieldId::category, FieldId::target_type],
        _ => &[FieldId::calling_number, FieldId::called_number, FieldId::called_country],
    };
    usual.iter().map(|id| Field::Table(*id)).collect()
}
