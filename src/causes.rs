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

/// The last cause's own text, without the system's number and in small letters: the outer ones repeat it, or name an
/// address with all that stands in it.
#[must_use]
pub fn deepest(error: &(dyn Error + 'static)) -> String {
    let last = chain(error).last().map(ToString::to_string).unwrap_or_default();
    let text = last.split(" (os error").next().unwrap_or_default().trim();
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
    }
}
