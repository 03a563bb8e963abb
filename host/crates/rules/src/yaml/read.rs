//! From the parser's events to nodes, within the bounds.

use std::collections::{HashMap, HashSet};

use granit_parser::{ErrorKind, Event, Parser, ScalarStyle, ScanError, Tag};

use super::{
    MAX_ALIASED_NODES, MAX_DEPTH, MAX_DIAGNOSTICS, MAX_DOCUMENTS, MAX_FILE_BYTES, MAX_NODES, Node, Stream,
    Style, Value, scalar,
};
use crate::diagnostic::lines;
use crate::{Diagnostic, Span};

pub(super) fn read(file: &str, bytes: &[u8]) -> Stream {
    let mut stream = Stream::default();
    if bytes.len() > MAX_FILE_BYTES {
        let message =
            format!("the file has {} bytes, more than the {MAX_FILE_BYTES} of a rule file", bytes.len());
        stream.diagnostics.push(Diagnostic::error(
            file,
            Span::default(),
            message,
            "split it into several files",
        ));
        return stream;
    }
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => {
            stream.diagnostics.push(not_utf8(file, bytes, error.valid_up_to()));
            return stream;
        }
    };
    let options = granit_parser::options! {
        flow_nesting_limit: MAX_DEPTH + 1,
        block_nesting_limit: MAX_DEPTH + 1,
        emit_comments: false,
    };
    let mut reader = Reader {
        file,
        lines: Lines::new(text),
        parser: Parser::new_from_str_with_options(text, options),
        stream,
        nodes: 0,
        aliased: 0,
        anchors: HashMap::new(),
        bad: false,
        over: false,
    };
    reader.run();
    reader.stream
}

fn not_utf8(file: &str, bytes: &[u8], at: usize) -> Diagnostic {
    let before = &bytes[..at];
    let line = before.iter().filter(|b| **b == b'\n').count() + 1;
    let start = before.iter().rposition(|b| *b == b'\n').map_or(0, |p| p + 1);
    let column = String::from_utf8_lossy(&before[start..]).chars().count() + 1;
    let span = Span { line: line as u32, column: column as u32, len: 1 };
    let message = format!("byte 0x{:02x} is no valid UTF-8", bytes.get(at).copied().unwrap_or_default());
    Diagnostic::error(file, span, message, "save the file as UTF-8")
}

/// Where the lines of a text begin, for the ends of spans.
struct Lines<'a>(Vec<&'a str>);

impl<'a> Lines<'a> {
    fn new(text: &'a str) -> Lines<'a> {
        Lines(lines(text).collect())
    }

    /// Line by number from 1.
    fn get(&self, line: usize) -> &'a str {
        line.checked_sub(1).and_then(|at| self.0.get(at)).copied().unwrap_or_default()
    }

    /// A span that does not go past its first line.
    fn span(&self, span: granit_parser::Span) -> Span {
        let (line, column) = (span.start.line(), span.start.col());
        let end =
            if span.end.line() == line { span.end.col() } else { self.get(line).trim_end().chars().count() };
        place(line, column, end.saturating_sub(column))
    }

    /// The span of a collection that began at `open`: up to its bracket, if that stands in the same line.
    fn closed(&self, open: Span, end: granit_parser::Span) -> Span {
        let same = end.end.line() == open.line as usize && end.end.col() > end.start.col();
        let len = (end.end.col() as u32 + 1).saturating_sub(open.column);
        if same { Span { len: len.max(1), ..open } } else { open }
    }

    /// Where a scalar's text begins. The parser's span of a block scalar begins at its first line that is not empty.
    fn content(&self, span: granit_parser::Span, style: ScalarStyle, text: &str) -> Span {
        let whole = self.span(span);
        match style {
            ScalarStyle::Plain => whole,
            ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted => {
                Span { column: whole.column + 1, len: whole.len.saturating_sub(2).max(1), ..whole }
            }
            ScalarStyle::Literal | ScalarStyle::Folded => {
                let empty = text.chars().take_while(|c| *c == '\n').count() as u32;
                Span { line: whole.line.saturating_sub(empty).max(1), ..whole }
            }
        }
    }
}

/// From line (from 1), column (from 0) and characters.
fn place(line: usize, column: usize, len: usize) -> Span {
    let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    Span { line: number(line), column: number(column.saturating_add(1)), len: number(len.max(1)) }
}

/// A collection that is still open.
struct Open {
    node: Node,
    anchor: usize,
    /// Keys of a map so far, to find repeated ones without comparing all with all.
    keys: HashSet<String>,
    /// A key that waits for its value.
    key: Option<Node>,
}

struct Reader<'a> {
    file: &'a str,
    lines: Lines<'a>,
    parser: Parser<'a, granit_parser::StrInput<'a>>,
    stream: Stream,
    nodes: usize,
    aliased: usize,
    /// Anchored nodes of the document with their size.
    anchors: HashMap<usize, (Node, usize)>,
    /// The document that is being read has something wrong and is left out.
    bad: bool,
    /// A bound was passed: nothing more is read.
    over: bool,
}

impl<'a> Reader<'a> {
    fn error(&mut self, span: Span, message: impl Into<String>, help: impl Into<String>) {
        self.bad = true;
        if self.stream.diagnostics.len() < MAX_DIAGNOSTICS {
            self.stream.diagnostics.push(Diagnostic::error(self.file, span, message, help));
        }
    }

    fn run(&mut self) {
        let mut documents = 0;
        let mut stack: Vec<Open> = Vec::new();
        let mut root: Option<Node> = None;
        while !self.over {
            let (event, span) = match self.parser.next_event() {
                None => return,
                Some(Ok(next)) => next,
                Some(Err(error)) => {
                    self.syntax(&error);
                    stack.clear();
                    root = None;
                    self.bad = false;
                    documents += 1;
                    if documents > MAX_DOCUMENTS || !matches!(self.parser.proceed_next_document(), Ok(true)) {
                        return;
                    }
                    continue;
                }
            };
            let at = self.lines.span(span);
            match event {
                Event::DocumentStart(..) => {
                    documents += 1;
                    self.anchors.clear();
                    self.bad = false;
                    root = None;
                    if documents > MAX_DOCUMENTS {
                        self.error(
                            at,
                            format!("more than {MAX_DOCUMENTS} documents in a file"),
                            "split the file",
                        );
                        self.over = true;
                    }
                }
                Event::DocumentEnd => {
                    if let Some(node) = root.take()
                        && !self.bad
                        && node.value != Value::Null
                    {
                        self.stream.documents.push(node);
                    }
                }
                Event::Scalar(text, style, anchor, tag) => {
                    let node = self.scalar(&text, style, tag.as_deref(), span, at);
                    self.place(node, anchor, 1, at, &mut stack, &mut root);
                }
                Event::Alias(anchor) => {
                    if let Some(node) = self.alias(anchor, at) {
                        self.place(node, 0, 0, at, &mut stack, &mut root);
                    } else {
                        self.place(null(at), 0, 1, at, &mut stack, &mut root);
                    }
                }
                Event::SequenceStart(_, anchor, tag) => {
                    self.open(Value::List(Vec::new()), anchor, tag.as_deref(), at, &mut stack);
                }
                Event::MappingStart(_, anchor, tag) => {
                    self.open(Value::Map(Vec::new()), anchor, tag.as_deref(), at, &mut stack);
                }
                Event::SequenceEnd | Event::MappingEnd => {
                    if let Some(mut open) = stack.pop() {
                        let at = self.lines.closed(open.node.span, span);
                        (open.node.span, open.node.content) = (at, at);
                        self.place(open.node, open.anchor, 1, at, &mut stack, &mut root);
                    }
                }
                _ => {}
            }
        }
    }

    fn open(&mut self, value: Value, anchor: usize, tag: Option<&Tag>, at: Span, stack: &mut Vec<Open>) {
        if let Some(tag) = tag
            && !matches!(
                (tag.core_suffix(), &value),
                (Some("seq"), Value::List(_)) | (Some("map"), Value::Map(_))
            )
        {
            self.error(at, "a tag that rules do not have", "take the word that begins with '!' away");
        }
        if stack.len() >= MAX_DEPTH {
            self.error(at, format!("nested more than {MAX_DEPTH} deep"), "write the rule with fewer levels");
            self.over = true;
        }
        let node = Node { value, text: String::new(), span: at, content: at, style: Style::Collection };
        stack.push(Open { node, anchor, keys: HashSet::new(), key: None });
    }

    fn scalar(
        &mut self,
        text: &str,
        style: ScalarStyle,
        tag: Option<&Tag>,
        span: granit_parser::Span,
        at: Span,
    ) -> Node {
        let value = match tag {
            None if style == ScalarStyle::Plain => scalar::resolve(text),
            None => Value::Text,
            // `!` alone says: not resolved, text.
            Some(tag) if tag.handle().is_empty() && tag.suffix() == "!" => Value::Text,
            Some(tag) => match tag.core_suffix().and_then(|suffix| scalar::tagged(suffix, text)) {
                Some(value) => value,
                None => {
                    self.error(
                        at,
                        "a tag that rules do not have, or a value that does not fit it",
                        "take the word that begins with '!' away, or put the value in quotation marks",
                    );
                    Value::Text
                }
            },
        };
        // The parser gives "~" for a value that is not there.
        let absent = value == Value::Null && span.start == span.end;
        let style_of = match style {
            ScalarStyle::Plain => Style::Plain,
            ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted => Style::Quoted,
            ScalarStyle::Literal => Style::Literal,
            ScalarStyle::Folded => Style::Folded,
        };
        let content = self.lines.content(span, style, text);
        let text = if absent { String::new() } else { text.to_owned() };
        Node { value, text, span: at, content, style: style_of }
    }

    /// A copy of the anchored node, if the budget allows.
    fn alias(&mut self, anchor: usize, at: Span) -> Option<Node> {
        let Some((node, size)) = self.anchors.get(&anchor) else {
            self.error(at, "an alias inside the node that it stands for", "write the value out");
            return None;
        };
        let size = *size;
        self.aliased += size;
        self.nodes += size;
        // A single node is bounded by the budget, too: what is copied here has at most MAX_NODES.
        let copy = (self.aliased <= MAX_ALIASED_NODES).then(|| Node { span: at, ..node.clone() });
        if copy.is_none() {
            self.over = true;
            let message = format!("aliases copy more than {MAX_ALIASED_NODES} values");
            self.error(at, message, "write the values out, or use fewer aliases");
        }
        copy
    }

    /// Puts a finished node where it belongs.
    fn place(
        &mut self,
        node: Node,
        anchor: usize,
        size: usize,
        at: Span,
        stack: &mut [Open],
        root: &mut Option<Node>,
    ) {
        self.nodes += size;
        if self.nodes > MAX_NODES {
            self.over = true;
            self.error(at, format!("more than {MAX_NODES} values in a file"), "split the file");
            return;
        }
        if anchor != 0 {
            let size = count(&node);
            self.anchors.insert(anchor, (node.clone(), size));
        }
        let Some(open) = stack.last_mut() else {
            *root = Some(node);
            return;
        };
        match &mut open.node.value {
            Value::List(items) => items.push(node),
            Value::Map(entries) => match open.key.take() {
                Some(key) => entries.push((key, node)),
                None => {
                    let mut wrong = None;
                    if matches!(node.value, Value::List(_) | Value::Map(_)) {
                        wrong = Some(("a list or map as key".to_owned(), "use text as key"));
                    } else if node.value == Value::Text && node.text == "<<" && node.style == Style::Plain {
                        wrong = Some((
                            "merge keys ('<<') are YAML 1.1, not 1.2".to_owned(),
                            "write the keys out, or use an alias for the whole value",
                        ));
                    } else if !open.keys.insert(node.text.clone()) {
                        wrong = Some((
                            format!("key '{}' a second time in the same map", shorten(&node.text)),
                            "merge both, or rename one: with a repeated key one of the values would be lost",
                        ));
                    }
                    open.key = Some(node);
                    if let Some((message, help)) = wrong {
                        self.error(at, message, help);
                    }
                }
            },
            _ => {}
        }
    }

    fn syntax(&mut self, error: &ScanError) {
        let marker = error.marker();
        let at = place(marker.line(), marker.col(), 1);
        let line = self.lines.get(marker.line());
        let help = match error.kind() {
            ErrorKind::TabNotAllowed | ErrorKind::TabInBlockIndentation => {
                "indent with spaces, not with tabs"
            }
            ErrorKind::UnknownAnchor if line.trim_start().contains('*') => {
                "a value that begins with '*' needs quotation marks"
            }
            ErrorKind::UnexpectedEofFlowSequence | ErrorKind::UnexpectedEofFlowMapping => {
                "close the bracket; text with '[' or '{' at its start needs quotation marks"
            }
            ErrorKind::InvalidIndentation
            | ErrorKind::ExpectedBlockMappingKey
            | ErrorKind::ExpectedBlockSequenceEntry => {
                "check the indentation: keys of one map begin in the same column"
            }
            ErrorKind::UnexpectedCharacter { character: '%' } => {
                "a value that begins with '%' needs quotation marks"
            }
            ErrorKind::UnexpectedCharacter { .. } => {
                "text that begins with one of %@`&*!|>'\"[]{},# needs quotation marks"
            }
            _ if line.matches(": ").count() > 1 => "text with ': ' in it needs quotation marks",
            _ => "check indentation, quotation marks and brackets around this place",
        };
        self.error(at, format!("not valid YAML: {}", error.kind()), help);
    }
}

fn null(at: Span) -> Node {
    Node { value: Value::Null, text: String::new(), span: at, content: at, style: Style::Plain }
}

/// Nodes of a tree; its depth is bounded.
fn count(node: &Node) -> usize {
    1 + match &node.value {
        Value::List(items) => items.iter().map(count).sum(),
        Value::Map(entries) => entries.iter().map(|(k, v)| count(k) + count(v)).sum(),
        _ => 0,
    }
}

/// A key for a message.
fn shorten(text: &str) -> String {
    const SHOWN: usize = 60;
    if text.chars().count() <= SHOWN {
        text.to_owned()
    } else {
        text.chars().take(SHOWN).chain(['…']).collect()
    }
}
