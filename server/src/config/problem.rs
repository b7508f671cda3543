use std::cell::RefCell;
use std::fmt;
use std::ops::Range;

/// How sure it is that something in a configuration is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// It is. The server does not start with it.
    Error,
    /// A text reads like a dark pattern, or something has no effect. The server starts, and says so in its log.
    Warning,
}

/// One thing wrong in a configuration file: where it is, what is wrong and what would be right.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// Name of the file, as it was given.
    pub file: String,
    /// Line of the mistake, counted from 1.
    pub line: usize,
    /// Column of the mistake in characters, counted from 1.
    pub column: usize,
    /// How sure it is.
    pub level: Level,
    /// What is wrong; what would be right.
    pub message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let level = match self.level {
            Level::Error => "error",
            Level::Warning => "warning",
        };
        write!(f, "{}:{}:{}: {level}: {}", self.file, self.line, self.column, self.message)
    }
}

/// How the message of a mistake in the text's form begins.
pub(super) const NOT_TOML: &str = "this is not TOML";

/// What was found so far in one file. Reading goes on after each find.
pub(super) struct Problems<'t> {
    file: &'t str,
    text: &'t str,
    found: RefCell<Vec<Problem>>,
}

impl<'t> Problems<'t> {
    pub(super) fn new(file: &'t str, text: &'t str) -> Self {
        Self { file, text, found: RefCell::new(Vec::new()) }
    }

    /// Notes a mistake at a place in the text.
    pub(super) fn add(&self, span: Range<usize>, message: impl Into<String>) {
        self.note(span, Level::Error, message.into());
    }

    /// Notes something doubtful at a place in the text.
    pub(super) fn suspect(&self, span: Range<usize>, message: impl Into<String>) {
        self.note(span, Level::Warning, message.into());
    }

    fn note(&self, span: Range<usize>, level: Level, message: String) {
        let before = self.text.get(..span.start).unwrap_or(self.text);
        let line = before.matches('\n').count() + 1;
        let start = before.rfind('\n').map_or(0, |at| at + 1);
        let column = before.get(start..).map_or(0, |part| part.chars().count()) + 1;
        let problem = Problem { file: self.file.into(), line, column, level, message };
        let mut found = self.found.borrow_mut();
        // What is no TOML cannot be right in any other way.
        let broken = |other: &Problem| {
            (other.line, other.column) == (line, column) && other.message.starts_with(NOT_TOML)
        };
        if !found.contains(&problem) && !found.iter().any(broken) {
            found.push(problem);
        }
    }

    /// Everything found, in the order of the file.
    pub(super) fn into_list(self) -> Vec<Problem> {
        let mut found = self.found.into_inner();
        found.sort();
        found
    }
}
