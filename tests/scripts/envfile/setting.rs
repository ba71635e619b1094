//! Changing one value leaves every other byte alone.

use mcpctl::provision::envfile::{EnvFile, parse};
use mcpctl::record::KeyChange;

#[test]
fn only_the_value_changes() {
    for (before, key, value, after) in [
        ("# c\n export A = 1 \nB=2", "A", "x", "# c\n export A = x \nB=2"),
        ("A=1\r\nB=2", "B", "x y", "A=1\r\nB=x y"),
        ("A='1' # why\nB=2\n", "A", "x", "A='x' # why\nB=2\n"),
        ("A=\"1\n2\"  # why\n", "A", "it's\n\\", "A=\"it's\n\\\\\"  # why\n"),
        ("A=1", "B", " x", "A=1\nB=' x'\n"),
        ("\u{feff}A=1\r\n", "B", "a\nb", "\u{feff}A=1\r\nB='a\r\nb'\r\n"),
        ("", "A", "", "A=\n"),
    ] {
        let mut file = parse(before.as_bytes(), "t.env").unwrap();
        file.set(key, value).unwrap();
        assert_eq!(*file.text(), after, "{before:?}");
        let again = parse(file.text().as_bytes(), "t.env").unwrap();
        assert_eq!(again.get(key), Some(value), "{before:?}");
    }
}

#[test]
fn an_equal_value_changes_nothing_and_what_changed_is_told() {
    let text = "A=\"one\" # c\nB=two\n";
    let before = parse(text.as_bytes(), "t.env").unwrap();
    let mut file = before.clone();
    assert_eq!(file.set("A", "one").unwrap(), None);
    assert_eq!(*file.text(), text);
    assert_eq!(file.set("A", "1").unwrap(), Some(KeyChange::Changed("A".into())));
    assert_eq!(file.set("C", "3").unwrap(), Some(KeyChange::Added("C".into())));
    assert_eq!(file.changes_since(&before), [KeyChange::Changed("A".into()), KeyChange::Added("C".into())]);
    assert_eq!(before.changes_since(&file).last(), Some(&KeyChange::Removed("C".into())));
    assert_eq!((file.line("A"), file.line("C"), file.line("D")), (Some(1), Some(3), None));
}

#[test]
fn a_wrong_key_is_refused() {
    for key in ["", "a b", "a=b", "a\nb", "ä"] {
        assert!(EnvFile::empty("t.env").set(key, "x").is_err(), "{key:?}");
    }
}
