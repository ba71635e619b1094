//! The one error of the program: what went wrong, where, why, and what to do next.
//!
//! Layers build it with [`Error::new`] and the chained setters; `output` prints it and `main` turns its
//! [`Kind`] into the exit code. No other error type leaves a module.

pub mod chain;

use std::fmt;

/// What every fallible function of this crate gives.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// The class of an error: scripts read its [`name`](Kind::name), the process ends with its
/// [`exit_code`](Kind::exit_code).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Any other error.
    Failed,
    /// The command line, a parameter or an option is wrong.
    Usage,
    /// A script is wrong: syntax, an unknown name, a type.
    Script,
    /// A named thing does not exist.
    NotFound,
    /// A thing that was to be new exists already.
    Exists,
    /// Data (a file, a catalog, an object) is not what it has to be.
    Invalid,
    /// The API server knows who asks, and says no (403).
    Forbidden,
    /// The API server does not know who asks (401), or no credentials could be had.
    Unauthorized,
    /// Another owner has the object or has changed it (409).
    Conflict,
    /// No server answered.
    Unreachable,
    /// No answer, or no wished-for state, within the time allowed.
    Timeout,
    /// A guard (`--read-only`, `--allow-context`) or a missing confirmation forbids it.
    Refused,
    /// A person answered no.
    Declined,
    /// Some changes were made and others failed.
    Partial,
    /// Values that are needed are missing.
    MissingValues,
    /// No test was found.
    NoTests,
    /// A file or stream could not be read or written.
    Io,
    /// A script needs more than it may have: memory, output, nesting.
    Limit,
    /// Ctrl-C (SIGINT).
    Interrupted,
    /// SIGTERM.
    Terminated,
}

impl Kind {
    /// The name that scripts see as `e.kind`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Failed => "failed",
            Self::Usage => "usage",
            Self::Script => "script",
            Self::NotFound => "not_found",
            Self::Exists => "exists",
            Self::Invalid => "invalid",
            Self::Forbidden => "forbidden",
            Self::Unauthorized => "unauthorized",
            Self::Conflict => "conflict",
            Self::Unreachable => "unreachable",
            Self::Timeout => "timeout",
            Self::Refused => "refused",
            Self::Declined => "declined",
            Self::Partial => "partial",
            Self::MissingValues => "missing_values",
            Self::NoTests => "no_tests",
            Self::Io => "io",
            Self::Limit => "limit",
            Self::Interrupted => "interrupted",
            Self::Terminated => "terminated",
        }
    }

    /// The exit code of a process that ends with this error.
    #[must_use]
    pub const fn exit_code(self) -> u8 {
        match self {
            Self::Usage => 2,
            Self::Partial => 3,
            Self::MissingValues => 4,
            Self::NoTests => 5,
            Self::Interrupted => 130,
            Self::Terminated => 143,
            _ => 1,
        }
    }

    /// Whether a script's `try` may not catch it: interrupts, limits, and refusals of a guard or a person.
    #[must_use]
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Interrupted | Self::Terminated | Self::Limit | Self::Refused | Self::Declined)
    }
}

/// One step of the call chain that led to an error in a script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// The calling file.
    pub file: String,
    /// Line of the call, from 1.
    pub line: usize,
    /// Column of the call in characters, from 1.
    pub column: usize,
    /// The function that holds the call; empty at a script's top level.
    pub function: String,
}

/// Where in a file an error is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Place {
    /// The file as the user would name it.
    pub file: String,
    /// Line, from 1; 0 if unknown.
    pub line: usize,
    /// Column in characters, from 1; 0 if unknown.
    pub column: usize,
    /// How many characters the caret underlines; 0 is printed as 1.
    pub length: usize,
    /// The text of the line; empty if it must not be shown (env files contain secrets).
    pub source: String,
    /// The calls that led here, innermost first.
    pub calls: Vec<Call>,
}

/// What an [`Error`] holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// The class.
    pub kind: Kind,
    /// Lower case, one sentence without a full stop, names in backticks.
    pub message: String,
    /// Further lines of the message, one item each (missing values, failed pods).
    pub details: Vec<String>,
    /// The cause, once, in the words of its source.
    pub cause: Option<String>,
    /// What to do next.
    pub hints: Vec<String>,
    /// The thing it is about, as `kind/name` or a path.
    pub object: Option<String>,
    /// Where in a file.
    pub place: Option<Place>,
    /// The exit code, where a script chose one with `exit(n)`.
    pub exit_code: Option<u8>,
    /// Whether a script chose to end with this message (`fail`): no place in its code explains it. Tests show it.
    pub stated: bool,
}

/// An error, small enough to be returned by value. Its fields are those of [`Report`].
#[derive(Clone, PartialEq, Eq)]
pub struct Error(Box<Report>);

impl Error {
    /// An error of a class with its message: lower case, no full stop, names in backticks.
    pub fn new(kind: Kind, message: impl Into<String>) -> Self {
        Self(Box::new(Report {
            kind,
            message: message.into(),
            details: Vec::new(),
            cause: None,
            hints: Vec::new(),
            object: None,
            place: None,
            exit_code: None,
            stated: false,
        }))
    }

    /// An error of class [`Kind::Failed`].
    pub fn failed(message: impl Into<String>) -> Self {
        Self::new(Kind::Failed, message)
    }

    /// An error of class [`Kind::Usage`].
    pub fn usage(message: impl Into<String>) -> Self {
        Self::new(Kind::Usage, message)
    }

    /// An error of class [`Kind::Invalid`].
    pub fn invalid(message: impl Into<String>) -> Self {
        Self::new(Kind::Invalid, message)
    }

    /// An error of class [`Kind::NotFound`].
    pub fn not_found(message: impl Into<String>) -> Self {
        Self::new(Kind::NotFound, message)
    }

    /// A failed read or write: `doing` is like "cannot read", `path` is shown in backticks.
    pub fn io(doing: &str, path: &std::path::Path, cause: &std::io::Error) -> Self {
        Self::new(Kind::Io, format!("{doing} `{}`", path.display()))
            .cause(io_cause(cause))
            .object(path.display().to_string())
    }

    /// Adds a hint: the next step, best a command in backticks.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.0.hints.push(hint.into());
        self
    }

    /// Adds a "did you mean" hint, where there is a near name.
    #[must_use]
    pub fn suggest(self, near: Option<&str>) -> Self {
        match near {
            Some(name) => self.hint(format!("did you mean `{name}`?")),
            None => self,
        }
    }

    /// Sets the cause.
    #[must_use]
    pub fn cause(mut self, cause: impl Into<String>) -> Self {
        self.0.cause = Some(cause.into());
        self
    }

    /// Adds a line of detail.
    #[must_use]
    pub fn detail(mut self, line: impl Into<String>) -> Self {
        self.0.details.push(line.into());
        self
    }

    /// Names the thing it is about.
    #[must_use]
    pub fn object(mut self, object: impl Into<String>) -> Self {
        self.0.object = Some(object.into());
        self
    }

    /// Marks it as the message with which a script chose to end.
    #[must_use]
    pub fn stated(mut self) -> Self {
        self.0.stated = true;
        self
    }

    /// Says where it is.
    #[must_use]
    pub fn place(mut self, place: Place) -> Self {
        self.0.place = Some(place);
        self
    }

    /// The exit code of a process that ends with this error.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        self.0.exit_code.unwrap_or_else(|| self.0.kind.exit_code())
    }
}

impl std::ops::Deref for Error {
    type Target = Report;
    fn deref(&self) -> &Report {
        &self.0
    }
}

impl std::ops::DerefMut for Error {
    fn deref_mut(&mut self) -> &mut Report {
        &mut self.0
    }
}

/// The message and the cause on one line; `output` prints the whole report.
impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        match &self.cause {
            Some(cause) => write!(f, ": {cause}"),
            None => Ok(()),
        }
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl std::error::Error for Error {}

/// An operating system error without its number, in lower case: "no such file or directory".
pub(crate) fn io_cause(cause: &std::io::Error) -> String {
    let text = cause.to_string();
    let text = text.split(" (os error").next().unwrap_or(&text);
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_lowercase().chain(letters).collect())
}
