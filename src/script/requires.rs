//! `const REQUIRES = ">=0.1"`: which versions of mcpctl a script can be run by.
//!
//! It is looked at before anything else of the script, so that a script for a later version says so rather than
//! fail over a word that this version does not know; for the same reason it is found in a script that does not parse.

use rhai::{AST, Dynamic};
use semver::{Version, VersionReq};

use crate::error::{Error, Kind, Place, Result};

/// This program's version.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

const NAME: &str = "REQUIRES";

/// The requirement of a compiled script, if this version meets it.
///
/// # Errors
/// This version does not meet it; it is not a literal or not a valid version requirement.
pub fn of(ast: &AST, label: &str, text: &str) -> Result<Option<VersionReq>> {
    let declared = ast.iter_literal_variables(true, true).find(|(name, ..)| *name == NAME);
    let Some((_, _, value)) = declared else {
        return match line_of(text) {
            Some((line, source)) => Err(Error::new(Kind::Script, "`REQUIRES` is not a literal")
                .place(place(label, line, source))
                .hint("write the versions out: `const REQUIRES = \">=0.1\";`")),
            None => Ok(None),
        };
    };
    let at = line_of(text).map(|(line, source)| place(label, line, source));
    let placed = |error: Error| match &at {
        Some(place) => error.place(place.clone()),
        None => error,
    };
    let requirement = requirement(value).map_err(placed)?;
    check(&requirement, VERSION, label).map_err(placed)?;
    Ok(Some(requirement))
}

/// The error of a script that does not parse and asks for another version: that is why.
#[must_use]
pub fn explains(text: &str, label: &str) -> Option<Error> {
    let (line, source) = line_of(text)?;
    let written = source.split('"').nth(1)?;
    let requirement = VersionReq::parse(written).ok()?;
    check(&requirement, VERSION, label).err().map(|error| error.place(place(label, line, source)))
}

/// Whether a version meets a requirement.
///
/// # Errors
/// It does not: the message has both.
pub fn check(requirement: &VersionReq, version: &str, label: &str) -> Result<()> {
    let met = Version::parse(version).is_ok_and(|version| requirement.matches(&version));
    if met {
        return Ok(());
    }
    Err(Error::new(Kind::Script, format!("`{label}` requires mcpctl {requirement}, and this is mcpctl {version}"))
        .object(label)
        .hint("install a version that it can be run by, or change its `REQUIRES`"))
}

fn requirement(value: Dynamic) -> Result<VersionReq> {
    let wrong = |written: &str| {
        Error::new(Kind::Script, format!("`REQUIRES` is not a valid version requirement: `{written}`"))
            .hint("write it as `\">=0.1\"`, `\"0.1\"` or `\">=0.1, <0.3\"`")
    };
    let written = value.into_string().map_err(&wrong)?;
    VersionReq::parse(&written).map_err(|e| wrong(&written).cause(e.to_string()))
}

/// The line that declares it at the top level, from 1, and its text.
fn line_of(text: &str) -> Option<(usize, &str)> {
    text.lines().enumerate().find_map(|(index, line)| {
        let words: Vec<&str> = line.split([' ', '\t', '=']).filter(|word| !word.is_empty()).take(3).collect();
        let declares = matches!(words[..], ["const", NAME, ..] | ["export", "const", NAME]);
        declares.then_some((index + 1, line))
    })
}

fn place(label: &str, line: usize, source: &str) -> Place {
    let column = source.find(NAME).map_or(1, |at| source[..at].chars().count() + 1);
    Place { file: label.to_owned(), line, column, length: NAME.len(), source: source.to_owned(), calls: Vec::new() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Option<VersionReq>> {
        of(&rhai::Engine::new().compile(text).unwrap(), "a.rhai", text)
    }

    #[test]
    fn a_version_that_meets_it_is_fine() {
        assert!(read("1").unwrap().is_none());
        assert!(read("const REQUIRES = \">=0.1\";").unwrap().is_some());
        check(&VersionReq::parse(">=0.1, <0.3").unwrap(), "0.2.7", "a.rhai").unwrap();
        check(&VersionReq::parse("0.1").unwrap(), "0.2.0", "a.rhai").unwrap_err();
    }

    #[test]
    fn another_version_is_an_error_with_both() {
        let error = read("//! A.\nconst REQUIRES = \">=99.1\";\n1").unwrap_err();
        assert_eq!(error.message, format!("`a.rhai` requires mcpctl >=99.1, and this is mcpctl {VERSION}"));
        let place = error.place.clone().unwrap();
        assert_eq!((place.line, place.column, place.length), (2, 7, 8));
    }

    #[test]
    fn what_is_no_requirement_is_an_error() {
        for text in ["const REQUIRES = \"soon\";", "const REQUIRES = 1;", "const REQUIRES = 1 + 1;"] {
            let error = read(text).unwrap_err();
            assert!(error.message.starts_with("`REQUIRES` is no"), "{}", error.message);
        }
    }

    #[test]
    fn it_explains_why_a_script_for_a_later_version_does_not_parse() {
        let text = "const REQUIRES = \">=99\";\nlet a = a <=> b;";
        assert!(explains(text, "a.rhai").unwrap().message.contains(">=99"));
        assert!(explains("const REQUIRES = \">=0.1\";\nlet a = ;", "a.rhai").is_none());
    }
}
