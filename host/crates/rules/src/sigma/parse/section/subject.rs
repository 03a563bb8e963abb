//! Whom a finding is about.

use model::{FieldId, FieldType, SubjectKind};

use super::field;
use crate::Field;
use crate::sigma::SubjectBy;
use crate::sigma::parse::reader::{Reader, short, suggestion};
use crate::yaml::Node;

const KINDS: [(&str, SubjectKind); 5] = [
    ("user", SubjectKind::User),
    ("number", SubjectKind::Number),
    ("location", SubjectKind::Location),
    ("organisation", SubjectKind::Organisation),
    ("organization", SubjectKind::Organisation),
];

pub(super) fn read(reader: &mut Reader<'_>, node: &Node) -> Option<SubjectBy> {
    if let Some(text) = node.as_text() {
        return plain(reader, node, text);
    }
    if node.as_map().is_none() {
        reader.error(
            node.span,
            format!("'subject' takes text or a map, not {}", node.kind()),
            "write user, organisation, a field's name, or {kind: number, field: called_number}",
        );
        return None;
    }
    reader.known_keys(node, &["kind", "field"], "'subject'");
    let kind_node = node.get("kind");
    let Some(kind_node) = kind_node else {
        reader.error(node.span, "no 'kind' in 'subject'", "one of: user, number, location, organisation");
        return None;
    };
    let Some((_, kind)) = KINDS.iter().find(|(name, _)| kind_node.as_text() == Some(name)).copied() else {
        let names: Vec<&str> = KINDS[..4].iter().map(|(name, _)| *name).collect();
        reader.error(
            kind_node.span,
            format!("unknown kind '{}'", short(&kind_node.text)),
            suggestion(&kind_node.text, &names),
        );
        return None;
    };
    let name = match (node.get("field"), kind) {
        (None, SubjectKind::Organisation) => return Some(SubjectBy { kind, field: None, span: node.span }),
        (None, SubjectKind::User) => "user",
        (None, SubjectKind::Location) => "location",
        (None, SubjectKind::Number) => {
            reader.error(node.span, "which number?", "add 'field:', for instance 'field: called_number'");
            return None;
        }
        (Some(at), SubjectKind::Organisation) => {
            reader.error(
                at.span,
                "the organisation needs no field",
                "take 'field' away, or choose another kind",
            );
            return None;
        }
        (Some(at), _) => {
            let found = field(reader, at.as_scalar().unwrap_or_default(), at.span)?;
            let number = matches!(found, Field::Table(id) if id.field().ty == FieldType::Phone);
            if (kind == SubjectKind::Number) != number {
                let message = format!(
                    "field '{}' is {}telephone number",
                    found.name(),
                    if number { "a " } else { "no " }
                );
                reader.error(at.span, message, "choose a field of the subject's kind");
                return None;
            }
            found.name()
        }
    };
    Some(SubjectBy { kind, field: Some(name.to_owned()), span: node.span })
}

/// `user`, `organisation`, or a field whose kind is known.
fn plain(reader: &mut Reader<'_>, node: &Node, text: &str) -> Option<SubjectBy> {
    if let Some((_, SubjectKind::Organisation)) = KINDS.iter().find(|(name, _)| *name == text) {
        return Some(SubjectBy { kind: SubjectKind::Organisation, field: None, span: node.span });
    }
    if text == "number" {
        reader.error(
            node.span,
            "which number?",
            "write a field's name, for instance 'subject: called_number'",
        );
        return None;
    }
    let found = field(reader, text, node.span)?;
    let kind = match found {
        Field::Table(id) if id.field().ty == FieldType::Phone => Some(SubjectKind::Number),
        Field::Table(FieldId::location | FieldId::site) => Some(SubjectKind::Location),
        Field::Table(
            FieldId::user
            | FieldId::user_uuid
            | FieldId::user_name
            | FieldId::device_owner
            | FieldId::redirecting_party
            | FieldId::original_called_party
            | FieldId::actor,
        ) => Some(SubjectKind::User),
        _ => None,
    };
    let Some(kind) = kind else {
        reader.error(
            node.span,
            format!("field '{}' is no user, number or location", found.name()),
            "say what it stands for: {kind: user, field: …}",
        );
        return None;
    };
    Some(SubjectBy { kind, field: Some(found.name().to_owned()), span: node.span })
}
