//! What lies behind an error of a library.

use std::error::Error;

/// An error and its causes. What an `io::Error` wraps is not its source but itself, so it is looked into.
pub fn chain<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |&error| {
        let inner = error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
        match inner {
            Some(inner) => {
                let inner: &(dyn Error + 'static) = inner;
                Some(inner)
            }
            None => error.source(),
        }
    })
}

/// The cause where a server without TLS is asked by HTTPS.
pub const PLAIN_HTTP: &str = "the server answers in plain HTTP or another protocol, not in HTTPS";

/// The text of the last cause, without the system's error number and in lower case: the outer causes repeat it, or
/// contain an address with all its parts.
#[must_use]
pub fn deepest(error: &(dyn Error + 'static)) -> String {
    use rustls::{Error, InvalidMessage};
    // the first bytes of the answer are not those of TLS
    let is_other_protocol = |cause: &(dyn std::error::Error + 'static)| {
        matches!(cause.downcast_ref(), Some(Error::InvalidMessage(InvalidMessage::InvalidContentType)))
    };
    if chain(error).any(is_other_protocol) {
        return PLAIN_HTTP.to_owned();
    }
    let last = chain(error).last().map(ToString::to_string).unwrap_or_default();
    let text = last.split(" (os error").next().unwrap_or_default().trim();
    // an abbreviation stays as it is: `SOCKS error`
    if text.chars().nth(1).is_some_and(char::is_uppercase) {
        return text.to_owned();
    }
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_lowercase().chain(letters).collect())
}

#[cfg(test)]
mod tests {
    use std::io;

    #[test]
    fn the_innermost_cause_is_told_without_its_number() {
        let inner = io::Error::from_raw_os_error(111);
        let outer = io::Error::other(io::Error::other(inner));
        assert_eq!(super::chain(&outer).count(), 3);
        assert_eq!(super::deepest(&outer), "connection refused");
        assert_eq!(super::deepest(&io::Error::other("SOCKS error: refused")), "SOCKS error: refused");
        assert_eq!(super::deepest(&io::Error::other("Refused")), "refused");
        let other = rustls::Error::InvalidMessage(rustls::InvalidMessage::InvalidContentType);
        assert_eq!(super::deepest(&io::Error::other(other)), super::PLAIN_HTTP);
    }
}
