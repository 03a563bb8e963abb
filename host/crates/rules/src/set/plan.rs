//! What runs: active rules and correlations with everything an evaluator needs of them.
//!
//! Owns compiling rules and the specification of their cells. Does not own which documents run (`states`) or evaluation.

use std::sync::Arc;

use model::{EventKind, FieldId, FieldSet, Millis, Severity, SubjectKind};

use super::link::Linked;
use super::shape::{Shape, ShapeLeaf};
use super::states::{placeholders_of, states};
use super::subject::{shown_fields, subject};
use super::{Detection, Listed, LoadOptions, RuleSet, State, digest, meaning};
use crate::matching::{self, Index, Placeholders, Program};
use crate::record::Field;
use crate::script::{Scripts, SeverityScript, When};
use crate::sigma::{Baseline, Document, Metadata, SeverityBy};
use crate::window::{Node, Spec};
use crate::{Diagnostic, Span};

/// How long an episode of a rule on its own stays open: a day's matches of one person are one thing to look at.
const RULE_GAP: Millis = 24 * 3_600_000;

/// A rule or correlation that runs.
#[derive(Debug)]
pub struct Plan {
    /// Its name.
    pub name: String,
    /// `rule:` and the name: how findings and metrics know it.
    pub detector: String,
    /// The document.
    pub document: Arc<Document>,
    /// Findings raise nothing.
    pub shadow: bool,
    /// Severity, unless the script says otherwise.
    pub severity: Severity,
    /// Severity by the episode.
    pub severity_script: Option<Arc<SeverityScript>>,
    /// Kind of subject.
    pub subject: SubjectKind,
    /// What its cells look for.
    pub spec: Spec,
    /// The rules it stands on, by leaf.
    pub leaves: Vec<Leaf>,
    /// A `when` with window counts; it reads the columns of leaf 0.
    pub predicate: Option<Arc<When>>,
    /// `sha256:` of everything that shows in a finding.
    pub digest: String,
    /// 16 hexadecimal digits over what decides its windows: state made under another one is not its own.
    pub state_digest: String,
}

/// A rule that a plan stands on.
#[derive(Debug)]
pub struct Leaf {
    /// Which detection of the set.
    pub detection: usize,
    /// Fields that entries bring.
    pub columns: Vec<Field>,
    /// Columns of the partition key.
    pub partition: Vec<usize>,
    /// Columns that separate groups within a cell: entries bring the texts of their names, not handles.
    pub named: Vec<usize>,
    /// Column that holds the subject.
    pub subject: SubjectFrom,
    /// Columns shown with a finding.
    pub shown: Vec<usize>,
}

/// Where a leaf's entries have the subject.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SubjectFrom {
    /// It is the organisation.
    Organisation,
    /// In this column.
    Column(usize),
}

/// A plan that uses a detection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Use {
    /// Which plan of the set.
    pub plan: u32,
    /// As which leaf.
    pub leaf: u16,
}

/// A compiled rule on the way to a [`Detection`].
struct Compiled {
    program: Arc<Program>,
    when: Option<Arc<When>>,
}

/// Makes the set of documents whose references are in order.
pub(super) fn build(
    linked: &Linked,
    scripts: &Scripts,
    options: &LoadOptions,
    problems: &mut Vec<Diagnostic>,
) -> RuleSet {
    let compiled: Vec<Option<Compiled>> =
        (0..linked.documents.len()).map(|at| compile(linked, at, scripts, options, problems)).collect();
    let states = states(linked, options);
    let mut set = RuleSet {
        detections: Vec::new(),
        plans: Vec::new(),
        index: Index::new(&[]),
        listed: Vec::new(),
        fields: FieldSet::NONE,
        kinds: [false; EventKind::ALL.len()],
        lateness: options.lateness,
        _scripts: scripts.clone(),
    };
    let mut detection_of: Vec<Option<usize>> = vec![None; linked.documents.len()];
    for (at, state) in states.into_iter().enumerate() {
        let mut listed = Listed {
            name: linked.names[at].clone(),
            document: linked.documents[at].clone(),
            state,
            digest: String::new(),
        };
        if matches!(listed.state, State::Active | State::Shadow) {
            match plan(linked, at, &compiled, scripts, options) {
                Ok(mut plan) => {
                    plan.shadow = listed.state == State::Shadow;
                    listed.digest.clone_from(&plan.digest);
                    adopt(&mut set, plan, linked, &compiled, &mut detection_of);
                }
                Err(found) => problems.extend(found),
            }
        }
        set.listed.push(listed);
    }
    set.listed.sort_by(|a, b| a.name.cmp(&b.name));
    let programs: Vec<Arc<Program>> = set.detections.iter().map(|d| d.program.clone()).collect();
    set.index = Index::new(&programs);
    for detection in &set.detections {
        set.fields = set.fields.union(detection.program.fields());
        set.fields = detection.when.as_ref().map_or(set.fields, |when| set.fields.union(when.fields()));
        for (kind, wanted) in set.kinds.iter_mut().zip(detection.program.kinds()) {
            *kind |= wanted;
        }
    }
    for column in set.plans.iter().flat_map(|p| &p.leaves).flat_map(|leaf| &leaf.columns) {
        set.fields = set.fields.union(column.sources());
    }
    [FieldId::start_time, FieldId::report_time].into_iter().for_each(|field| set.fields.insert(field));
    set
}

/// Puts a plan into the set, with the detections it uses. Its leaves name documents so far.
fn adopt(
    set: &mut RuleSet,
    mut plan: Plan,
    linked: &Linked,
    compiled: &[Option<Compiled>],
    detection_of: &mut [Option<usize>],
) {
    let number = set.plans.len() as u32;
    for (leaf, of) in plan.leaves.iter_mut().enumerate() {
        let rule = of.detection;
        let Some(parts) = &compiled[rule] else { continue };
        let detection = *detection_of[rule].get_or_insert_with(|| {
            let when = parts.when.clone().filter(|when| !is_asked_later(linked, rule, when));
            let name = linked.names[rule].clone();
            set.detections.push(Detection { name, program: parts.program.clone(), when, uses: Vec::new() });
            set.detections.len() - 1
        });
        set.detections[detection].uses.push(Use { plan: number, leaf: leaf as u16 });
        of.detection = detection;
    }
    set.plans.push(Arc::new(plan));
}

/// Whether a `when` is asked of a cell's entries and not of records: it counts them, or it decides which of the entries that a
/// baseline has learned from and found unusual count. Before, the baseline would learn from those alone.
fn is_asked_later(linked: &Linked, rule: usize, when: &When) -> bool {
    when.uses_window() || linked.rule(rule).is_some_and(|rule| rule.ours.baseline.is_some())
}

/// Compiles a rule. Rules for other products are compiled too, so that their errors are told, and not kept.
fn compile(
    linked: &Linked,
    at: usize,
    scripts: &Scripts,
    options: &LoadOptions,
    problems: &mut Vec<Diagnostic>,
) -> Option<Compiled> {
    let rule = linked.rule(at)?;
    let filters = linked.filters(at);
    // A rule whose placeholder is not set does not run, but its errors are told all the same.
    let values = placeholders_of(linked, at).into_iter().map(|name| {
        let set = options.placeholders.values(&name);
        let values = if set.is_empty() { vec!["0".to_owned()] } else { set.to_vec() };
        (name, values)
    });
    let placeholders: Placeholders = values.collect();
    let found = if rule.logsource.is_ours() {
        match matching::compile(rule, &filters, &placeholders) {
            Ok(program) => {
                let when = match &rule.ours.when {
                    None => Ok(None),
                    Some((text, span)) => {
                        let zone = rule.ours.zone.clone().unwrap_or(crate::sigma::ZoneBy::Location);
                        scripts.when(&rule.meta.file, text, *span, &zone).map(|when| Some(Arc::new(when)))
                    }
                };
                match when {
                    Ok(when) => return Some(Compiled { program: Arc::new(program), when }),
                    Err(found) => found,
                }
            }
            Err(found) => found,
        }
    } else {
        matching::compile_open(rule, &filters, &placeholders).err().unwrap_or_default()
    };
    problems.extend(found);
    None
}

fn plan(
    linked: &Linked,
    at: usize,
    compiled: &[Option<Compiled>],
    scripts: &Scripts,
    options: &LoadOptions,
) -> Result<Plan, Vec<Diagnostic>> {
    let document = linked.documents[at].clone();
    let meta = document.meta();
    let fault =
        |span: Span, message: String, help: &str| vec![Diagnostic::error(&meta.file, span, message, help)];
    let (ours, gap) = match &*document {
        Document::Rule(rule) => (&rule.ours, RULE_GAP),
        Document::Correlation(correlation) => (&correlation.ours, correlation.timespan),
        Document::Filter(_) => return Err(Vec::new()),
    };
    let (mut shape, root) = Shape::of(linked, at)?;
    if let Some(leaf) = shape.leaves.iter().find(|leaf| compiled[leaf.rule].is_none()) {
        // Where it stands the error is told; of the rule itself that is here.
        if leaf.rule == at {
            return Err(Vec::new());
        }
        let message = format!("'{}' has errors", linked.names[leaf.rule]);
        return Err(fault(meta.span, message, "mend that rule first"));
    }
    let when = |rule: usize| compiled[rule].as_ref().and_then(|c| c.when.clone());
    let mut predicate = None;
    if let Node::Leaf(_) = root {
        predicate = when(at).filter(|when| is_asked_later(linked, at, when));
    } else {
        if let Some((_, span)) = &ours.when {
            let help = "put it into the rules that the correlation names";
            return Err(fault(*span, "a correlation has no 'when'".to_owned(), help));
        }
        let later = |l: &&ShapeLeaf| when(l.rule).is_some_and(|w| is_asked_later(linked, l.rule, &w));
        if let Some(leaf) = shape.leaves.iter().find(later) {
            let name = &linked.names[leaf.rule];
            let message =
                format!("'{name}' asks for window counts in its 'when', or has one beside a baseline");
            return Err(fault(
                meta.span,
                message,
                "a rule that a correlation uses cannot: chain correlations instead",
            ));
        }
    }
    let by = subject(linked, &document, ours, &shape);
    let (kind, fields) = by.map_err(|(span, message, help)| fault(span, message, help))?;
    let mut leaves = Vec::new();
    for (leaf, field) in fields.iter().enumerate() {
        let subject = match field {
            None => SubjectFrom::Organisation,
            Some(field) => SubjectFrom::Column(shape.column(leaf, *field)),
        };
        let mut partition = shape.partition[leaf].clone();
        if let (Node::Leaf(_), SubjectFrom::Column(column)) = (&root, subject) {
            partition.push(column);
        }
        let shown = shown_fields(linked, meta, shape.leaves[leaf].rule);
        let shown = shown.into_iter().map(|field| shape.column(leaf, field)).collect();
        let named = shape.grouping(&root, leaf);
        leaves.push(Leaf {
            named,
            detection: shape.leaves[leaf].rule,
            columns: Vec::new(),
            partition,
            subject,
            shown,
        });
    }
    // That of a correlation stands in the rule that it counts.
    let own = shape.leaves.iter().find_map(|leaf| linked.rule(leaf.rule)?.ours.baseline.as_ref());
    let baseline = match own {
        None => None,
        Some((_, span)) if leaves.len() != 1 => {
            let help = "give the baseline to a correlation of one rule, or to a rule on its own";
            return Err(fault(*span, "a baseline needs exactly one rule".to_owned(), help));
        }
        Some((baseline, _)) => Some((baseline.clone(), baseline_columns(baseline, &mut shape, &meta.file)?)),
    };
    if let Some(when) = &predicate {
        when.columns().into_iter().for_each(|field| {
            shape.column(0, field);
        });
    }
    let severity_script = match &ours.severity {
        Some(SeverityBy::Script(text, span)) => Some(Arc::new(scripts.severity(&meta.file, text, *span)?)),
        _ => None,
    };
    if let Some(script) = &severity_script {
        for leaf in 0..leaves.len() {
            script.columns().into_iter().for_each(|field| {
                shape.column(leaf, field);
            });
        }
    }
    refuse_secrets(&shape, meta)?;
    for (leaf, of) in leaves.iter_mut().zip(&shape.leaves) {
        leaf.columns.clone_from(&of.columns);
    }
    let fixed = match &ours.severity {
        Some(SeverityBy::Fixed(severity)) => Some(*severity),
        _ => None,
    };
    let name = linked.names[at].clone();
    let meaning = meaning::of(linked, at, &options.placeholders);
    let shown: Vec<&Vec<usize>> = leaves.iter().map(|l| &l.shown).collect();
    let digest = digest::whole(&[&name, &meaning, &format!("{} {:?} {shown:?}", said(meta), ours.severity)]);
    // The columns are part of the stored form.
    let columns: Vec<&Vec<Field>> = leaves.iter().map(|l| &l.columns).collect();
    let state_digest = digest::short(&[&name, &meaning, &format!("{columns:?} {}", options.lateness)]);
    Ok(Plan {
        detector: format!("rule:{name}"),
        name,
        document: document.clone(),
        shadow: false,
        severity: fixed.or(meta.level).unwrap_or(Severity::Medium),
        severity_script,
        subject: kind,
        spec: Spec {
            root,
            gap: ours.window.unwrap_or(gap),
            baseline,
            has_predicate: predicate.is_some(),
            looks_back: predicate.as_ref().map_or(0, |when| when.looks_back()),
            lateness: ours.lateness.unwrap_or(options.lateness).min(options.lateness),
        },
        leaves,
        predicate,
        digest,
        state_digest,
    })
}

/// What a document says about itself that shows in findings.
fn said(meta: &Metadata) -> String {
    let Metadata { title, id, level, description, tags, falsepositives, .. } = meta;
    format!("{:?}", (title, id, level, description, tags, falsepositives))
}

fn baseline_columns(
    baseline: &Baseline,
    shape: &mut Shape<'_>,
    file: &str,
) -> Result<Vec<usize>, Vec<Diagnostic>> {
    let Baseline::NewValue { fields, .. } = baseline else { return Ok(Vec::new()) };
    let mut columns = Vec::new();
    for (name, span) in fields {
        let Some(field) = Field::from_name(name) else {
            let near = FieldId::near_misses(name).join("', '");
            let help = if near.is_empty() {
                "docs/fields.md lists the fields".to_owned()
            } else {
                format!("did you mean '{near}'?")
            };
            return Err(vec![Diagnostic::error(file, *span, format!("unknown field '{name}'"), help)]);
        };
        columns.push(shape.column(0, field));
    }
    Ok(columns)
}

/// A value that works like a password must not come into state, findings or messages.
fn refuse_secrets(shape: &Shape<'_>, meta: &Metadata) -> Result<(), Vec<Diagnostic>> {
    let secret = |field: &Field| match field {
        Field::Table(id) => id.field().personal == model::fields::PersonalData::Secret,
        Field::Virtual(_) => false,
    };
    let found = shape.leaves.iter().flat_map(|leaf| &leaf.columns).find(|field| secret(field));
    found.map_or(Ok(()), |field| {
        Err(vec![Diagnostic::error(
            &meta.file,
            meta.span,
            format!(
                "'{}' works like a password: it can be matched, but not grouped by, counted or shown",
                field.name()
            ),
            "use 'exists' on it, and group by the user",
        )])
    })
}
