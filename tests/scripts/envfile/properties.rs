//! What must hold for any input.

use mcpctl::provision::envfile::{Entry, EnvFile, Role, WantedValue, generate, parse};
use proptest::prelude::*;

/// Strings full of what a writer could stumble over.
fn tricky() -> impl Strategy<Value = String> {
    let letters = prop_oneof![
        Just('\n'),
        Just('\r'),
        Just('\t'),
        Just(' '),
        Just('#'),
        Just('\''),
        Just('"'),
        Just('\\'),
        Just('='),
        Just('$'),
        Just('\u{feff}'),
        Just('\u{2028}'),
        Just('\u{85}'),
        Just('n'),
        any::<char>(),
    ];
    // no environment variable can contain a NUL, so no env file takes one
    prop_oneof![proptest::collection::vec(letters, 0..24).prop_map(String::from_iter), any::<String>()]
        .prop_map(|text| text.replace('\0', ""))
}

proptest! {
    #[test]
    fn reading_what_was_written_gives_the_same(values in proptest::collection::vec(tricky(), 1..6), crlf: bool) {
        let line_end = if crlf { "\r\n" } else { "\n" };
        let mut file = parse(format!("# head{line_end}").as_bytes(), "t.env").unwrap();
        for (i, value) in values.iter().enumerate() {
            file.set(&format!("key-{i}.x"), value).unwrap();
        }
        let text = file.text();
        let again = parse(text.as_bytes(), "t.env").unwrap();
        let read: Vec<&str> = again.entries().map(Entry::value).collect();
        prop_assert_eq!(&read, &values);
        prop_assert_eq!(&*again.text(), &*text);
    }

    #[test]
    fn setting_a_value_gives_it_back_and_leaves_the_rest(old in tricky(), new in tricky(), quoted: bool) {
        let mut file = EnvFile::empty("t.env");
        file.set("A", "1").unwrap();
        file.set("B", &old).unwrap();
        let mut text = file.text().to_string();
        if quoted && (text.ends_with("'\n") || text.ends_with("\"\n")) {
            text = text.trim_end().to_owned() + " # why\n";
        }
        text += "C='3' # c\n";
        if let Ok(mut file) = parse(text.as_bytes(), "t.env") {
            file.set("B", &new).unwrap();
            let again = parse(file.text().as_bytes(), "t.env").unwrap();
            prop_assert_eq!(again.get("A"), Some("1"));
            prop_assert_eq!(again.get("B"), Some(new.as_str()));
            prop_assert_eq!(again.get("C"), Some("3"));
        }
    }

    #[test]
    fn no_bytes_make_the_parser_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = parse(&bytes, "t.env");
    }

    #[test]
    fn what_is_read_comes_back_byte_for_byte(text in tricky(), more in tricky()) {
        let text = format!("{text}\nA={more}\nB=1");
        if let Ok(file) = parse(text.as_bytes(), "t.env") {
            prop_assert_eq!(&*file.text(), &text);
        }
    }

    #[test]
    fn no_catalog_text_gets_out_of_its_comment(texts in proptest::array::uniform4(tricky()), required: bool) {
        let [description, example, kind, or] = texts;
        let want = WantedValue {
            description, example, kind, or: Some(or), required, ..WantedValue::new("s", "s.k", Role::Config)
        };
        let servers = ["s".to_owned()];
        let made = generate(None, "t.env", Role::Config, &servers, std::slice::from_ref(&want), false).unwrap();
        let text = made.file.text();
        let stays = |line: &str| line.is_empty() || line.starts_with('#') || line.starts_with("s.k=");
        prop_assert!(text.split(['\n', '\r']).all(stays));
        let read = parse(text.as_bytes(), "t.env").unwrap();
        prop_assert_eq!(read.entries().count(), 1);
        prop_assert_eq!(read.get("s.k"), Some(want.first_value()));
        let again = generate(Some(&read), "t.env", Role::Config, &servers, &[want], false).unwrap();
        prop_assert_eq!(&*again.file.text(), &*text);
    }
}
