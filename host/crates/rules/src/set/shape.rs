//! The tree of a plan: which rules it stands on, which fields each of their records must bring, what separates its groups.
//!
//! Owns the resolution of group-by names and aliases into columns, and the choice of the partition key: the group-by fields
//! that all correlations of a chain share, so that the whole chain lives in one cell. Does not own what is done with columns.

use crate::record::Field;
use crate::sigma::{Correlation, CorrelationKind, Document};
use crate::window::{Node, NodeKind};
use crate::{Diagnostic, Span};

use super::link::Linked;

/// Most rules below one correlation, counted once per way: a chain that names a rule by several ways multiplies.
const MAX_LEAVES: usize = 256;

/// A rule of the tree.
#[derive(Debug)]
pub(super) struct ShapeLeaf {
    /// Its document.
    pub(super) rule: usize,
    /// Fields that its entries bring.
    pub(super) columns: Vec<Field>,
    /// Correlations above it, from the root, each with the position in its `rules` that leads here.
    path: Vec<(usize, usize)>,
}

/// See the module.
pub(super) struct Shape<'a> {
    linked: &'a Linked,
    pub(super) leaves: Vec<ShapeLeaf>,
    /// For each leaf the columns of the partition key.
    pub(super) partition: Vec<Vec<usize>>,
    problems: Vec<Diagnostic>,
}

impl<'a> Shape<'a> {
    /// The tree below a rule or correlation, or what is wrong with it.
    pub(super) fn of(linked: &'a Linked, at: usize) -> Result<(Shape<'a>, Node), Vec<Diagnostic>> {
        let mut shape = Shape { linked, leaves: Vec::new(), partition: Vec::new(), problems: Vec::new() };
        shape.collect(at, &mut Vec::new());
        if shape.leaves.len() > MAX_LEAVES {
            let meta = linked.documents[at].meta();
            return Err(vec![Diagnostic::error(
                &meta.file,
                meta.span,
                format!("the correlation stands on more than {MAX_LEAVES} rules"),
                "split it into several correlations",
            )]);
        }
        shape.partition = vec![Vec::new(); shape.leaves.len()];
        let shared = shape.shared_names(at);
        for name in &shared {
            for leaf in 0..shape.leaves.len() {
                let column = shape.column_of(at, name, leaf);
                shape.partition[leaf].extend(column);
            }
        }
        let node = shape.node(at, &mut 0);
        if shape.problems.is_empty() { Ok((shape, node)) } else { Err(shape.problems) }
    }

    fn collect(&mut self, at: usize, path: &mut Vec<(usize, usize)>) {
        if self.leaves.len() > MAX_LEAVES {
            return;
        }
        match &*self.linked.documents[at] {
            Document::Rule(_) => {
                self.leaves.push(ShapeLeaf { rule: at, columns: Vec::new(), path: path.clone() });
            }
            Document::Correlation(correlation) => {
                for (position, reference) in correlation.rules.iter().enumerate() {
                    if let Some(child) = self.linked.find(reference) {
                        path.push((at, position));
                        self.collect(child, path);
                        path.pop();
                    }
                }
            }
            Document::Filter(_) => {}
        }
    }

    fn correlation(&self, at: usize) -> Option<&'a Correlation> {
        match &*self.linked.documents[at] {
            Document::Correlation(correlation) => Some(correlation),
            _ => None,
        }
    }

    /// The field that a name means for a leaf, seen from the correlation `at` above it: by alias, else itself.
    fn field_name(&self, at: usize, name: &str, leaf: usize) -> Option<String> {
        let correlation = self.correlation(at)?;
        let (_, position) = self.leaves[leaf].path.iter().find(|(above, _)| *above == at)?;
        let child = self.linked.find(correlation.rules.get(*position)?);
        let alias = correlation.aliases.iter().find(|alias| alias.name == name);
        let aliased =
            alias.and_then(|alias| alias.fields.iter().find(|(rule, _)| self.linked.find(rule) == child));
        Some(aliased.map_or_else(|| name.to_owned(), |(_, field)| field.clone()))
    }

    pub(super) fn field(&self, at: usize, name: &str, leaf: usize) -> Option<Field> {
        Field::from_name(&self.field_name(at, name, leaf)?)
    }

    /// The column for a name, made if it is new; none if it is no field.
    fn column_of(&mut self, at: usize, name: &str, leaf: usize) -> Option<usize> {
        let field = self.field(at, name, leaf)?;
        Some(self.column(leaf, field))
    }

    /// The column of a field for a leaf, made if it is new.
    pub(super) fn column(&mut self, leaf: usize, field: Field) -> usize {
        let columns = &mut self.leaves[leaf].columns;
        columns.iter().position(|known| *known == field).unwrap_or_else(|| {
            columns.push(field);
            columns.len() - 1
        })
    }

    /// Columns that separate groups of a leaf's entries, at any level.
    pub(super) fn grouping(&self, node: &Node, leaf: usize) -> Vec<usize> {
        let Node::Correlation { children, group, .. } = node else { return Vec::new() };
        let mut columns = group.get(leaf).cloned().unwrap_or_default();
        children.iter().for_each(|child| columns.extend(self.grouping(child, leaf)));
        columns.sort_unstable();
        columns.dedup();
        columns
    }

    fn is_below(&self, leaf: usize, at: usize) -> bool {
        self.leaves[leaf].path.iter().any(|(above, _)| *above == at)
    }

    /// Names of the root's group-by whose fields every correlation below groups by as well.
    fn shared_names(&self, root: usize) -> Vec<String> {
        let Some(correlation) = self.correlation(root) else { return Vec::new() };
        let mut nodes: Vec<usize> =
            self.leaves.iter().flat_map(|l| l.path.iter().map(|(at, _)| *at)).collect();
        nodes.sort_unstable();
        nodes.dedup();
        let is_shared = |name: &str| {
            nodes.iter().all(|node| {
                let below: Vec<usize> =
                    (0..self.leaves.len()).filter(|leaf| self.is_below(*leaf, *node)).collect();
                self.correlation(*node).is_some_and(|inner| {
                    inner.group_by.iter().any(|(own, _)| {
                        below
                            .iter()
                            .all(|leaf| self.field(*node, own, *leaf) == self.field(root, name, *leaf))
                    })
                })
            })
        };
        correlation.group_by.iter().map(|(name, _)| name.clone()).filter(|name| is_shared(name)).collect()
    }

    fn node(&mut self, at: usize, next_leaf: &mut u16) -> Node {
        let Some(correlation) = self.correlation(at) else {
            *next_leaf += 1;
            return Node::Leaf(*next_leaf - 1);
        };
        let first = *next_leaf as usize;
        let children: Vec<Node> = correlation
            .rules
            .iter()
            .filter_map(|reference| self.linked.find(reference))
            .map(|child| self.node(child, next_leaf))
            .collect();
        let below = first..*next_leaf as usize;
        let mut group = self.columns_of(at, correlation, &correlation.group_by, below.clone());
        // The partition key is the same for all entries of a cell and separates nothing within it.
        for leaf in below.clone() {
            let partition = &self.partition[leaf];
            group[leaf].retain(|column| !partition.contains(column));
        }
        if group.iter().all(Vec::is_empty) {
            group.clear();
        }
        let test = &correlation.test;
        let values = self.columns_of(at, correlation, &test.fields, below);
        let bounds = test.bounds.clone();
        let kind = match correlation.kind {
            CorrelationKind::EventCount => NodeKind::EventCount(bounds),
            CorrelationKind::ValueCount => NodeKind::ValueCount(bounds, values),
            CorrelationKind::Temporal => NodeKind::Temporal(bounds, self.expression(correlation)),
            CorrelationKind::TemporalOrdered => NodeKind::TemporalOrdered(bounds),
            CorrelationKind::ValueSum => NodeKind::Sum(bounds, values),
            CorrelationKind::ValueAvg => NodeKind::Avg(bounds, values),
            CorrelationKind::ValuePercentile => NodeKind::Percentile(test.percentile, bounds, values),
        };
        Node::Correlation { kind, children, timespan: correlation.timespan, group }
    }

    /// Columns for names, by leaf; leaves that are not below have none.
    fn columns_of(
        &mut self,
        at: usize,
        correlation: &Correlation,
        names: &[(String, Span)],
        below: std::ops::Range<usize>,
    ) -> Vec<Vec<usize>> {
        let mut columns = vec![Vec::new(); self.leaves.len()];
        for (name, span) in names {
            for leaf in below.clone() {
                match self.column_of(at, name, leaf) {
                    Some(column) => columns[leaf].push(column),
                    None => self.unknown(correlation, at, name, *span, leaf),
                }
            }
        }
        columns
    }

    fn unknown(&mut self, correlation: &Correlation, at: usize, name: &str, span: Span, leaf: usize) {
        let field = self.field_name(at, name, leaf).unwrap_or_default();
        let rule = &self.linked.names[self.leaves[leaf].rule];
        let near = model::FieldId::near_misses(&field).join("', '");
        let help = if near.is_empty() {
            "docs/fields.md lists the fields".to_owned()
        } else {
            format!("did you mean '{near}'?")
        };
        let message = if field == *name {
            format!("'{name}' is neither a field nor an alias")
        } else {
            format!("'{name}' stands for '{field}' in '{rule}', which is no field")
        };
        let problem = Diagnostic::error(&correlation.meta.file, span, message, help);
        if !self.problems.contains(&problem) {
            self.problems.push(problem);
        }
    }

    /// A temporal expression with children's numbers for their names.
    fn expression(&self, correlation: &Correlation) -> Option<crate::sigma::Condition> {
        let number = |name: &str| {
            let wanted = correlation.rules.iter().find(|r| r.name == name).and_then(|r| self.linked.find(r));
            let position =
                correlation.rules.iter().position(|r| self.linked.find(r) == wanted && wanted.is_some());
            // The parser has checked the names; one that is none of them never holds.
            position.map_or_else(|| "none".to_owned(), |p| p.to_string())
        };
        correlation.test.expression.as_ref().map(|condition| rename(condition, &number))
    }
}

fn rename(condition: &crate::sigma::Condition, name: &dyn Fn(&str) -> String) -> crate::sigma::Condition {
    use crate::sigma::Condition as C;
    match condition {
        C::Search(search) => C::Search(name(search)),
        C::And(parts) => C::And(parts.iter().map(|p| rename(p, name)).collect()),
        C::Or(parts) => C::Or(parts.iter().map(|p| rename(p, name)).collect()),
        C::Not(part) => C::Not(Box::new(rename(part, name))),
        C::Of(quantifier, searches) => C::Of(*quantifier, searches.iter().map(|s| name(s)).collect()),
    }
}
