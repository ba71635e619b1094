//! Why there is no answer, or no whole one.

use std::time::Duration;

use super::SILENCE;
use crate::duration;
use crate::error::Error;
use crate::error::chain;

/// Why a request has no answer that can be used. Each caller words it as an error of what it asked for.
#[derive(Debug)]
pub enum Failure {
    /// `--allow` or `--deny` rules the host out.
    Refused(Error),
    /// A redirect that leads nowhere, or one too many.
    Redirect(String),
    /// A redirect that would give something away.
    Unsafe(String),
    /// A host did not answer.
    NoAnswer {
        /// The host.
        host: String,
        /// The client's error.
        error: reqwest::Error,
    },
    /// The answer ended early.
    BrokeOff {
        /// So many bytes had come.
        after: usize,
        /// The client's error.
        error: reqwest::Error,
    },
    /// The answer has more bytes than this.
    TooLarge(usize),
    /// The answer is compressed in this way, which was not asked for.
    Compressed(String),
    /// All the time is used up.
    TooSlow(Duration),
}

impl Failure {
    /// The reason in a few words.
    #[must_use]
    pub fn cause(&self) -> String {
        match self {
            Self::Refused(error) => error.to_string(),
            Self::Redirect(cause) | Self::Unsafe(cause) => cause.clone(),
            Self::NoAnswer { error, .. } if error.is_timeout() => "no answer in time".to_owned(),
            Self::NoAnswer { error, .. } => words(error),
            Self::BrokeOff { after, error } => {
                let cause = match error.is_timeout() {
                    true => format!("no data for {}", duration::exact(SILENCE)),
                    false => words(error),
                };
                format!("the answer broke off after {after} bytes: {cause}")
            }
            Self::TooLarge(limit) => format!("the answer is too large: more than {} are not read", size(*limit)),
            Self::Compressed(coding) => format!("the answer is compressed (`{coding}`), which was not asked for"),
            Self::TooSlow(patience) => format!("no complete answer within {}", duration::exact(*patience)),
        }
    }

    /// Whether the connection ended before the answer, so that another try may go better.
    #[must_use]
    pub fn broke_off(&self) -> bool {
        use std::io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, UnexpectedEof};
        let Self::NoAnswer { error, .. } = self else { return false };
        chain::chain(error).any(|cause| {
            let of_system = cause.downcast_ref::<std::io::Error>().map(std::io::Error::kind);
            of_system
                .is_some_and(|kind| matches!(kind, BrokenPipe | ConnectionAborted | ConnectionReset | UnexpectedEof))
                || cause.downcast_ref::<hyper::Error>().is_some_and(hyper::Error::is_incomplete_message)
        })
    }
}

/// The last cause in words for people, without the address that was asked.
fn words(error: &reqwest::Error) -> String {
    let cause = chain::deepest(error);
    if cause.contains("close_notify") { "the connection was closed".to_owned() } else { cause }
}

fn size(bytes: usize) -> String {
    if bytes >= 1 << 20 { format!("{} MiB", bytes >> 20) } else { format!("{} KiB", bytes >> 10) }
}
