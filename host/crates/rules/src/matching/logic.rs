//! Conditions as trees of items: what must hold together.
//!
//! Owns the tree, its bounds, and evaluating it with short circuit, in two values and in three. Does not own what an item means.

use super::bounds::{MAX_COST, MAX_DEPTH, MAX_ITEMS, MAX_SEARCHES};
use crate::sigma::{Condition, Filter, Item, Quantifier, Rule, Search};
use crate::{Diagnostic, Span};

/// A part of a condition.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Tree {
    /// An item, by number in the order of the file.
    Item(u32),
    /// A search, by number.
    Search(u32),
    /// All hold.
    All(Vec<Tree>),
    /// One holds.
    Any(Vec<Tree>),
    /// Does not hold.
    Not(Box<Tree>),
    /// So many hold.
    AtLeast(u32, Vec<Tree>),
}

/// A search identifier.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Named {
    pub(crate) name: String,
    pub(crate) tree: Tree,
}

/// The rule's condition, or that of a filter: all of them must hold.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Clause {
    /// The filter's title; none for the rule itself.
    pub(crate) filter: Option<String>,
    pub(crate) span: Span,
    pub(crate) tree: Tree,
}

/// A rule's logic.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Logic {
    pub(crate) searches: Vec<Named>,
    pub(crate) clauses: Vec<Clause>,
}

/// An item with the file it stands in.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Placed<'a> {
    pub(crate) item: &'a Item,
    pub(crate) file: &'a str,
}

/// Takes a rule and its filters apart: logic, and items by number.
///
/// # Errors
/// If a bound is passed, or a condition names a search that is not there.
pub(crate) fn build<'a>(
    rule: &'a Rule,
    filters: &[&'a Filter],
) -> Result<(Logic, Vec<Placed<'a>>), Diagnostic> {
    let mut builder = Builder { items: Vec::new(), searches: Vec::new(), costs: Vec::new() };
    let mut clauses = Vec::with_capacity(1 + filters.len());
    let whole = [(None, &rule.meta, &rule.searches, &rule.condition)];
    let more = filters.iter().map(|f| (Some(f.meta.title.clone()), &f.meta, &f.searches, &f.condition));
    let mut cost = 0;
    for (filter, meta, searches, condition) in whole.into_iter().chain(more) {
        let refuse = |message: String, help: &str| Diagnostic::error(&meta.file, meta.span, message, help);
        let first = builder.searches.len();
        if first + searches.len() > MAX_SEARCHES {
            return Err(refuse(
                format!("{} search identifiers, but a rule may have {MAX_SEARCHES}", first + searches.len()),
                "put values that mean the same into lists, or split the rule",
            ));
        }
        for (name, search) in searches {
            let before = builder.items.len();
            let tree = builder.search(search, &meta.file, 0).map_err(|m| refuse(m, "split the rule"))?;
            builder.costs.push(builder.items.len() - before);
            builder.searches.push(Named { name: name.clone(), tree });
        }
        let tree = builder.condition(condition, first, &mut cost, 0).map_err(|m| {
            refuse(m, "make the condition simpler: `1 of name*` stands for many alternatives")
        })?;
        clauses.push(Clause { filter, span: meta.span, tree });
    }
    Ok((Logic { searches: builder.searches, clauses }, builder.items))
}

struct Builder<'a> {
    items: Vec<Placed<'a>>,
    searches: Vec<Named>,
    /// Items of each search.
    costs: Vec<usize>,
}

impl<'a> Builder<'a> {
    fn search(&mut self, search: &'a Search, file: &'a str, depth: usize) -> Result<Tree, String> {
        if depth > MAX_DEPTH {
            return Err(format!("a search is nested more than {MAX_DEPTH} deep"));
        }
        Ok(match search {
            Search::All(items) => {
                let mut all = Vec::with_capacity(items.len());
                for item in items {
                    if self.items.len() >= MAX_ITEMS {
                        return Err(format!("more than {MAX_ITEMS} lines in the searches"));
                    }
                    all.push(Tree::Item(self.items.len() as u32));
                    self.items.push(Placed { item, file });
                }
                one_or(all, Tree::All)
            }
            Search::Any(searches) => {
                let trees: Result<Vec<Tree>, String> =
                    searches.iter().map(|s| self.search(s, file, depth + 1)).collect();
                one_or(trees?, Tree::Any)
            }
        })
    }

    fn named(&self, name: &str, first: usize, cost: &mut usize) -> Result<Tree, String> {
        let found = self.searches[first..].iter().position(|s| s.name == name);
        let at = first + found.ok_or_else(|| format!("the condition names '{name}', which is no search"))?;
        *cost += self.costs[at] + 1;
        if *cost > MAX_COST {
            return Err(format!("the condition may make more than {MAX_COST} comparisons for one record"));
        }
        Ok(Tree::Search(at as u32))
    }

    fn condition(
        &self,
        condition: &Condition,
        first: usize,
        cost: &mut usize,
        depth: usize,
    ) -> Result<Tree, String> {
        if depth > MAX_DEPTH {
            return Err(format!("the condition is nested more than {MAX_DEPTH} deep"));
        }
        let mut each = |conditions: &[Condition]| -> Result<Vec<Tree>, String> {
            conditions.iter().map(|c| self.condition(c, first, cost, depth + 1)).collect()
        };
        Ok(match condition {
            Condition::And(conditions) => one_or(each(conditions)?, Tree::All),
            Condition::Or(conditions) => one_or(each(conditions)?, Tree::Any),
            Condition::Not(inner) => Tree::Not(Box::new(self.condition(inner, first, cost, depth + 1)?)),
            Condition::Search(name) => self.named(name, first, cost)?,
            Condition::Of(quantifier, names) => {
                let trees: Result<Vec<Tree>, String> =
                    names.iter().map(|name| self.named(name, first, cost)).collect();
                match quantifier {
                    Quantifier::All => one_or(trees?, Tree::All),
                    Quantifier::AtLeast(1) => one_or(trees?, Tree::Any),
                    Quantifier::AtLeast(count) => Tree::AtLeast(*count, trees?),
                }
            }
        })
    }
}

fn one_or(mut trees: Vec<Tree>, many: fn(Vec<Tree>) -> Tree) -> Tree {
    match trees.len() {
        1 => trees.remove(0),
        _ => many(trees),
    }
}

impl Logic {
    /// Whether every clause holds.
    #[inline]
    pub(crate) fn holds(&self, test: &mut impl FnMut(u32) -> bool) -> bool {
        self.clauses.iter().all(|clause| self.tree_holds(&clause.tree, test))
    }

    /// Whether a tree holds.
    pub(crate) fn tree_holds(&self, tree: &Tree, test: &mut impl FnMut(u32) -> bool) -> bool {
        match tree {
            Tree::Item(item) => test(*item),
            Tree::Search(search) => self.tree_holds(&self.searches[*search as usize].tree, test),
            Tree::All(trees) => trees.iter().all(|t| self.tree_holds(t, test)),
            Tree::Any(trees) => trees.iter().any(|t| self.tree_holds(t, test)),
            Tree::Not(tree) => !self.tree_holds(tree, test),
            Tree::AtLeast(count, trees) => {
                let mut missing = *count;
                missing == 0
                    || trees.iter().any(|t| {
                        missing -= u32::from(self.tree_holds(t, test));
                        missing == 0
                    })
            }
        }
    }

    /// Whether the rule could hold where only some items are known (none is unknown): false only if it cannot.
    pub(crate) fn could_hold(&self, test: &mut impl FnMut(u32) -> Option<bool>) -> bool {
        self.clauses.iter().all(|clause| self.could(&clause.tree, test) != Some(false))
    }

    fn could(&self, tree: &Tree, test: &mut impl FnMut(u32) -> Option<bool>) -> Option<bool> {
        match tree {
            Tree::Item(item) => test(*item),
            Tree::Search(search) => self.could(&self.searches[*search as usize].tree, test),
            Tree::Not(tree) => self.could(tree, test).map(|held| !held),
            Tree::All(trees) => self.at_least(trees.len(), trees, test),
            Tree::Any(trees) => self.at_least(1, trees, test),
            Tree::AtLeast(count, trees) => self.at_least(*count as usize, trees, test),
        }
    }

    fn at_least(
        &self,
        count: usize,
        trees: &[Tree],
        test: &mut impl FnMut(u32) -> Option<bool>,
    ) -> Option<bool> {
        let (mut held, mut open) = (0, trees.len());
        for tree in trees {
            match self.could(tree, test) {
                Some(true) => held += 1,
                Some(false) => open -= 1,
                None => {}
            }
            if open < count {
                return Some(false);
            }
            if held >= count {
                return Some(true);
            }
        }
        if count == 0 {
            Some(true)
        } else if open < count {
            Some(false)
        } else {
            None
        }
    }

    /// Puts what is cheap first: the order of parts of `and` and `or` means nothing.
    pub(crate) fn cheapest_first(&mut self, cost: &dyn Fn(u32) -> u32) {
        let mut costs = Vec::with_capacity(self.searches.len());
        for search in &mut self.searches {
            costs.push(sort(&mut search.tree, cost, &[]));
        }
        for clause in &mut self.clauses {
            sort(&mut clause.tree, cost, &costs);
        }
    }
}

/// Sorts a tree and tells what it may cost.
fn sort(tree: &mut Tree, cost: &dyn Fn(u32) -> u32, searches: &[u32]) -> u32 {
    match tree {
        Tree::Item(item) => cost(*item),
        Tree::Search(search) => searches.get(*search as usize).copied().unwrap_or(0),
        Tree::Not(tree) => sort(tree, cost, searches),
        Tree::All(trees) | Tree::Any(trees) | Tree::AtLeast(_, trees) => {
            let mut keyed: Vec<(u32, Tree)> =
                trees.drain(..).map(|mut t| (sort(&mut t, cost, searches), t)).collect();
            keyed.sort_by_key(|(cost, _)| *cost);
            let total = keyed.iter().fold(0u32, |sum, (cost, _)| sum.saturating_add(*cost));
            trees.extend(keyed.into_iter().map(|(_, tree)| tree));
            total
        }
    }
}
