//! Lines that continue the value above by accident: base64 that was wrapped, a URL or a command that was cut in two. If
//! it were read as a separate line, a piece of a secret would become a key, and keys are shown.

/// The lengths at which `base64`, `openssl` and PEM wrap.
const WRAPPED: [usize; 2] = [64, 76];

/// The shortest value that counts as a line of wrapped base64.
const SHORTEST: usize = 40;

/// Whether a line, without blanks around it, looks like the end of the unquoted value above it; `above` is none if the
/// line above is not such a value.
pub(super) fn continues(line: &str, is_indented: bool, above: Option<&str>) -> bool {
    if line.is_empty() {
        return false;
    }
    let (text, padding) = unpadded(line);
    let is_base64 = !text.is_empty() && text.bytes().all(is_base64_byte);
    // the value of a key is never just `=`
    if is_base64 && padding == 2 {
        return true;
    }
    let Some(above) = above else { return false };
    if is_base64 && padding == 1 && line.len().is_multiple_of(4) && is_wrapped(above) {
        let upper = text.bytes().any(|byte| byte.is_ascii_uppercase());
        let lower = text.bytes().any(|byte| byte.is_ascii_lowercase());
        let is_name_like = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') && !(upper && lower);
        return !is_name_like || (text.len() <= 3 && WRAPPED.contains(&above.len()));
    }
    looks_cut(above) || (above.ends_with('\\') && is_indented)
}

/// Whether an unquoted value looks as if it continued in the next line: a URL, a command, a token of several parts.
pub(super) fn looks_cut(value: &str) -> bool {
    (value.contains("://") && value.ends_with(['&', '?']))
        || value.ends_with(" \\")
        || (value.starts_with("eyJ") && value.ends_with('.'))
}

/// Whether a line without `=` could continue the value above it.
pub(super) fn is_more_base64(line: &str, above: Option<&str>) -> bool {
    above.is_some_and(is_wrapped) && line.bytes().all(is_base64_byte)
}

fn unpadded(line: &str) -> (&str, usize) {
    let text = line.trim_end_matches('=');
    (text, line.len() - text.len())
}

/// Whether a value looks like complete lines of base64: long, without padding, and not a hexadecimal digest.
fn is_wrapped(value: &str) -> bool {
    value.len() >= SHORTEST
        && value.len().is_multiple_of(4)
        && value.bytes().all(is_base64_byte)
        && !value.bytes().all(|byte| byte.is_ascii_hexdigit())
}

const fn is_base64_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'-' | b'_')
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A line of base64 of some length.
    fn wrapped(length: usize) -> String {
        "Y2FuYXJ5IHNlY3JldCBrZXkg".chars().cycle().take(length).collect()
    }

    #[test]
    fn ends_of_wrapped_values_are_found() {
        for (line, is_indented, above) in [
            ("b25jZSF4Cg==", false, wrapped(76)),
            ("eA==", false, wrapped(64)),
            ("eHg=", false, wrapped(76)),
            ("abc=", false, wrapped(76)),
            ("ABC=", false, wrapped(64)),
            ("bG9uZ2VyIHRhaWw=", false, wrapped(40)),
            ("a+b/cdx=", false, wrapped(64)),
            ("b25jZSF4Cg==", false, "short".to_owned()),
            ("page=2", false, "https://example.com/list?a=b&".to_owned()),
            ("token=x", false, "https://example.com/list?".to_owned()),
            ("--flag=x", false, "run it \\".to_owned()),
            ("rest=x", true, "run-it\\".to_owned()),
            ("c2lnbmF0dXJl.c2ln=", false, "eyJhbGciOiJub25lIn0.".to_owned()),
        ] {
            assert!(continues(line, is_indented, Some(&above)), "{line} after {above}");
        }
        assert!(continues("eA==", false, None));
    }

    #[test]
    fn keys_stay_keys() {
        let digest = "0123456789abcdef".repeat(4);
        for (line, above) in [
            ("DEBUG=", wrapped(76)),
            ("EMPTY_X=", wrapped(76)),
            ("region1=", wrapped(76)),
            ("grafana.url=", wrapped(76)),
            ("ABC=", wrapped(40)),
            ("ABC=", digest.clone()),
            ("eHg=", digest),
            ("KEY=value", wrapped(76)),
            ("KEY=value==", wrapped(76)),
            ("B=1", "C:\\folder\\".to_owned()),
            ("B=1", "https://example.com/?a=b".to_owned()),
            ("s.a=YQ==", wrapped(64)),
            ("", "eyJhbGciOiJub25lIn0.".to_owned()),
            ("", "https://example.com/?".to_owned()),
            ("", "run it \\".to_owned()),
            ("B=1", "eyJhbGciOiJub25lIn0".to_owned()),
            ("B=1", "the end.".to_owned()),
        ] {
            assert!(!continues(line, false, Some(&above)), "{line} after {above}");
        }
        assert!(!continues("eHg=", false, None));
    }
}
