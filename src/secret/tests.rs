//! Secrets are kept, resolved and masked.

use super::*;

fn vault(secrets: &[&str]) -> Vault {
    let vault = Vault::default();
    for secret in secrets {
        vault.keep(&Secret::new(*secret));
    }
    vault
}

#[test]
fn a_secret_is_never_shown_but_can_be_resolved() {
    let vault = Vault::default();
    let secret = Secret::new("canary-one");
    let sentinel = vault.keep(&secret);
    assert_eq!(format!("{secret} {secret:?} {}", serde_json::to_string(&secret).unwrap()), "*** *** \"***\"");
    let text = format!("pg://u:{sentinel}@h");
    let revealed = vault.reveal(&text).unwrap().unwrap();
    assert_eq!((revealed.expose(), revealed.is_of_script()), ("pg://u:canary-one@h", true));
    assert!(vault.reveal("no secret: ***").unwrap().is_none());
    assert_eq!(vault.mask(&text), "pg://u:***@h");
    assert_eq!(vault.mask("it is canary-one, Y2FuYXJ5LW9uZQ=="), "it is ***, ***");
    assert_eq!(vault.keep(&secret), sentinel);
    assert!(!vault.reveal(&sentinel).unwrap().unwrap().is_of_script());
}

#[test]
fn equal_secrets_have_different_sentinels() {
    let vault = Vault::default();
    let secret = Secret::new("canary-one");
    assert_ne!(vault.keep(&secret), vault.keep(&Secret::new("canary-one")));
    assert_eq!(vault.keep(&secret), vault.keep(&secret.clone()));
}

#[test]
fn what_a_script_puts_together_or_selects_is_its_own() {
    let secret = Secret::new("{\"a\": \"canary-a\"}");
    assert!(!secret.json().unwrap().is_of_script());
    let part = secret.select(Key::Name("a")).unwrap();
    assert_eq!((part.expose(), part.is_of_script()), ("canary-a", true));
    let whole = Secret::new("").followed_by(&Secret::new("canary-b")).unwrap();
    assert_eq!((whole.expose(), whole.is_of_script()), ("canary-b", true));
    for error in [secret.select(Key::Name("canary")).unwrap_err(), Secret::new("canary-c").json().unwrap_err()] {
        assert!(error.kind.is_final());
        assert!(!format!("{error} {:?}", error.cause).contains("canary-"));
    }
}

#[test]
fn ten_thousand_secrets_come_in_one_by_one_in_seconds() {
    let vault = Vault::default();
    let start = std::time::Instant::now();
    for number in 0..10_000 {
        let secret = Secret::new(format!("canary-{number:05}"));
        let sentinel = vault.keep(&secret);
        assert_eq!(vault.mask(&sentinel), "***");
        assert_eq!(vault.mask(&format!("canary-{number:05}")), "***");
    }
    // far more than it takes, far less than it took when each search began anew
    assert!(start.elapsed().as_secs() < 60);
}

#[cfg(target_os = "linux")]
#[test]
fn the_last_clone_leaves_nothing_in_memory() {
    use std::os::unix::fs::FileExt as _;

    // as long as that no allocator's own notes in the freed buffer could cover it all
    let text = "canary-of-the-memory ".repeat(40);
    let secret = Secret::new(text.as_str());
    let (clone, address, size) = (secret.clone(), secret.expose().as_ptr() as u64, secret.expose().len());
    let memory = std::fs::File::open("/proc/self/mem").unwrap();
    let has_canary = || {
        let mut bytes = vec![0; size];
        memory.read_exact_at(&mut bytes, address).unwrap();
        bytes.windows(6).any(|window| window == b"canary")
    };
    drop(secret);
    assert!(has_canary());
    drop(clone);
    assert!(!has_canary());
}

#[test]
fn a_cut_or_foreign_sentinel_is_shown_as_stars_and_never_stored() {
    let vault = Vault::default();
    let sentinel = vault.keep(&Secret::new("canary-two"));
    let cut: String = sentinel.chars().take(9).collect();
    let tail: String = sentinel.chars().skip(9).collect();
    let other = Vault::default().keep(&Secret::new("canary-three"));
    assert_eq!(vault.mask(&format!("a {cut}")), "a ***");
    assert_eq!(vault.mask(&other), "***");
    assert!(vault.mask(&tail).ends_with("***"));
    for text in [cut, tail, other, sentinel.to_uppercase()] {
        assert!(Vault::holds_secret(&text));
        let error = vault.reveal(&text).unwrap_err();
        assert_eq!(error.message, "a secret was cut or changed by a string function, so its value is lost");
    }
}

#[test]
fn sinks_that_must_not_hold_secrets_refuse_them() {
    let sentinel = vault(&[]).keep(&Secret::new("canary-four"));
    let error = Vault::refuse(&format!("x{sentinel}"), "a ConfigMap").unwrap_err();
    assert_eq!(error.message, "a secret may not be put into a ConfigMap");
    assert!(Vault::refuse("honest ***", "a ConfigMap").is_ok());
}

#[test]
fn overlapping_secrets_are_covered_to_their_last_byte() {
    let vault = vault(&["canary-abcdef", "canary-abcdef-long", "cdef-and-more"]);
    assert_eq!(vault.mask("<canary-abcdef> <canary-abcdef-long>"), "<***> <***>");
    assert_eq!(vault.mask("<canary-abcdef-and-more>"), "<***>");
    assert_eq!(vault.mask("canary-abcdefcanary-abcdef"), "******");
}

#[test]
fn lines_of_a_multi_line_secret_are_masked_each() {
    let vault = vault(&["-----BEGIN KEY-----\ncanary-line-one\nxy\ncanary-line-two\n-----END KEY-----\n"]);
    assert_eq!(vault.mask("got canary-line-two, canary-line-one and xy"), "got ***, *** and xy");
}

#[test]
fn short_secrets_are_not_masked_and_told_of_once() {
    assert!(!vault(&["", "canary-long"]).unmasked());
    let vault = vault(&["tiny"]);
    assert_eq!(vault.mask("tiny"), "tiny");
    assert!(vault.unmasked());
    vault.keep(&Secret::new("mini"));
    assert!(!vault.unmasked());
}

#[test]
fn nothing_is_copied_where_nothing_is_hidden() {
    assert!(matches!(vault(&[]).mask("text"), Cow::Borrowed("text")));
    assert!(matches!(vault(&["canary-five"]).mask("some other text"), Cow::Borrowed(_)));
}

#[test]
fn many_secrets_are_found_in_one_pass() {
    let secrets: Vec<String> = (0..500).map(|n| format!("canary-{n:04}-x")).collect();
    let vault = vault(&secrets.iter().map(String::as_str).collect::<Vec<_>>());
    assert_eq!(vault.mask("canary-0000-x canary-0499-x canary-0500-x"), "*** *** canary-0500-x");
}

proptest::proptest! {
    #[test]
    fn no_secret_survives_in_any_surroundings(
        before in "\\PC{0,12}", secret in "[!-)+-~]{6,20}", other in "[!-)+-~]{6,20}", after in "\\PC{0,12}"
    ) {
        let vault = vault(&[&secret, &other]);
        let shown = vault.mask(&format!("{before}{secret}{other}{after}")).into_owned();
        proptest::prop_assert!(!shown.contains(&secret) && !shown.contains(&other));
    }
}
