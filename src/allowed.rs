//! What runs may do: `--allow` and `--deny`, in the grammar of the effects that functions declare, and the contexts of
//! `--allow-context`.
//!
//! [`Recorder`](crate::record::Recorder) asks here before anything is done, so that it does not matter by which way a
//! script came to it.

use wildmatch::WildMatch;

use crate::error::{Error, Kind, Result};
use crate::hostname;
use crate::nearest;

/// What `--allow` takes for "no effect at all".
const NOTHING: &str = "none";

/// The verbs of `cluster: VERB RESOURCE`.
const VERBS: [&str; 8] = ["get", "list", "watch", "create", "update", "patch", "delete", "deletecollection"];

/// The words before the colon, and those allowed after it; an empty list allows any word.
const GROUPS: [(&str, &[&str]); 9] = [
    ("cluster", &[]),
    ("files", &["read", "write"]),
    ("environment", &["read"]),
    ("network", &[]),
    ("images", &["read", "pull", "load"]),
    ("process", &["read", "run"]),
    ("gateway", &["run"]),
    ("secrets", &["reveal"]),
    ("prompt", &[]),
];

/// The effects that a run may have. Default: all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Allowed {
    allow: Option<Vec<Pattern>>,
    deny: Vec<Pattern>,
    /// The limits of the run that this one is a part of.
    outer: Option<Box<Self>>,
}

/// One effect, or a glob over several.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Pattern {
    text: String,
    /// The flag or variable that it came by.
    by: String,
}

impl Allowed {
    /// Allows the effects of a list with commas, and those of earlier lists, and no others. `none` is a list without
    /// any. `by` is the flag or variable, for errors.
    ///
    /// # Errors
    /// A word that is not a valid effect; the error suggests the nearest one.
    pub fn allow(&mut self, list: &str, by: &str) -> Result<()> {
        let named = if list.trim() == NOTHING { Vec::new() } else { patterns(list, by)? };
        add(self.allow.get_or_insert_default(), named);
        Ok(())
    }

    /// Rules the effects of a list with commas out, whatever is allowed.
    ///
    /// # Errors
    /// As [`allow`](Self::allow).
    pub fn deny(&mut self, list: &str, by: &str) -> Result<()> {
        add(&mut self.deny, patterns(list, by)?);
        Ok(())
    }

    /// These limits for a part of a run: what the run may not do, the part may not do either.
    #[must_use]
    pub fn within(mut self, outer: &Self) -> Self {
        if !outer.is_everything() {
            self.outer = Some(Box::new(self.outer.take().map_or_else(|| outer.clone(), |own| own.within(outer))));
        }
        self
    }

    /// Whether only named effects are allowed.
    #[must_use]
    pub const fn has_allowed(&self) -> bool {
        self.allow.is_some()
    }

    /// Whether nothing is ruled out.
    #[must_use]
    pub fn is_everything(&self) -> bool {
        self.allow.is_none() && self.deny.is_empty() && self.outer.is_none()
    }

    /// Lets an effect pass, or refuses it.
    ///
    /// # Errors
    /// [`Kind::Refused`], which no script can catch, with the effect and the flag.
    pub fn check(&self, effect: &str) -> Result<()> {
        if let Some(outer) = &self.outer {
            outer.check(effect)?;
        }
        let refused = Error::new(Kind::Refused, format!("refusing the effect `{effect}`"));
        if let Some(denied) = self.deny.iter().find(|pattern| pattern.takes(effect)) {
            return Err(refused
                .cause(format!("`{}` rules out `{}`", denied.by, denied.text))
                .hint(format!("if the script may do that, leave it out of `{}`", denied.by)));
        }
        let Some(allow) = &self.allow else { return Ok(()) };
        if allow.iter().any(|pattern| pattern.takes(effect)) {
            return Ok(());
        }
        let named: Vec<String> = allow.iter().map(|pattern| format!("`{}`", pattern.text)).collect();
        let cause = if named.is_empty() { "nothing".to_owned() } else { format!("{} only", named.join(", ")) };
        Err(refused
            .cause(format!("`--allow` names {cause}"))
            .hint(format!("if the script may do that, add `--allow '{effect}'`")))
    }
}

/// The contexts that a run may use. Default: all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AllowedContexts {
    globs: Vec<String>,
    /// The limits of the run that this one is a part of.
    outer: Option<Box<Self>>,
}

impl AllowedContexts {
    /// Allows the contexts of a list with commas, and those of earlier lists, and no others. `by` is the flag or
    /// variable, for errors.
    ///
    /// # Errors
    /// A list without any, which would allow all.
    pub fn allow(&mut self, list: &str, by: &str) -> Result<()> {
        let named = list.split(',').map(str::trim).filter(|glob| !glob.is_empty()).map(str::to_owned);
        let named: Vec<String> = named.collect();
        if named.is_empty() {
            return Err(
                Error::usage(format!("`{by}` names no context")).hint("as `kind-*`, with commas between several")
            );
        }
        add(&mut self.globs, named);
        Ok(())
    }

    /// These limits for a part of a run, as [`Allowed::within`].
    #[must_use]
    pub fn within(mut self, outer: &Self) -> Self {
        if !outer.is_everything() {
            self.outer = Some(Box::new(self.outer.take().map_or_else(|| outer.clone(), |own| own.within(outer))));
        }
        self
    }

    /// Whether every context may be used.
    #[must_use]
    pub fn is_everything(&self) -> bool {
        self.globs.is_empty() && self.outer.is_none()
    }

    /// Lets a context pass, or refuses it.
    ///
    /// # Errors
    /// [`Kind::Refused`], with the context and the globs.
    pub fn check(&self, context: &str) -> Result<()> {
        if let Some(outer) = &self.outer {
            outer.check(context)?;
        }
        if self.globs.is_empty() || self.globs.iter().any(|glob| WildMatch::new(glob).matches(context)) {
            return Ok(());
        }
        let globs: Vec<String> = self.globs.iter().map(|glob| format!("`{glob}`")).collect();
        Err(Error::new(Kind::Refused, format!("context `{context}` is not allowed"))
            .cause(format!("`--allow-context` names {}", globs.join(", ")))
            .hint("choose one with `--context`, or allow this one with `--allow-context`"))
    }
}

/// A flag is seen at each level of the line that knows it: what is named twice counts once.
fn add<T: PartialEq>(known: &mut Vec<T>, named: Vec<T>) {
    for pattern in named {
        if !known.contains(&pattern) {
            known.push(pattern);
        }
    }
}

impl Pattern {
    fn takes(&self, effect: &str) -> bool {
        WildMatch::new(&self.text).matches(effect)
    }
}

fn patterns(list: &str, by: &str) -> Result<Vec<Pattern>> {
    let texts = list.split(',').map(str::trim).filter(|text| !text.is_empty());
    let found = texts
        .map(|text| Ok(Pattern { text: normal(text)?, by: by.to_owned() }))
        .collect::<Result<Vec<Pattern>>>()
        .map_err(|error| error.hint("`mcpctl doc NAME` has the effects of each function, as `cluster: list pods`"))?;
    if found.is_empty() {
        return Err(Error::usage(format!("`{by}` names no effect"))
            .hint(format!("as `cluster: list pods`; `--allow {NOTHING}` allows nothing at all")));
    }
    Ok(found)
}

/// An effect as it is recorded: one blank after the colon and between words.
fn normal(text: &str) -> Result<String> {
    if text == "*" {
        return Ok(text.to_owned());
    }
    let (group, rest) = text.split_once(':').unwrap_or((text, ""));
    let (group, words) = (group.trim(), rest.split_whitespace().collect::<Vec<_>>());
    let unknown = || Error::usage(format!("no effect `{text}`"));
    let Some((_, known)) = GROUPS.iter().find(|(name, _)| *name == group) else {
        return Err(unknown().suggest(nearest::nearest(group, GROUPS.map(|(name, _)| name))));
    };
    let suggested = |near: Option<&str>, tail: &str| match near {
        Some(near) => unknown().hint(format!("did you mean `{group}: {near}{tail}`?")),
        None => unknown(),
    };
    match (group, words.as_slice()) {
        ("prompt", []) => return Ok(group.to_owned()),
        ("prompt", _) => return Err(unknown().hint("`prompt` stands alone")),
        ("cluster", ["*"]) => {}
        ("network", [host]) => return Ok(format!("network: {}", host_pattern(host, text)?)),
        ("cluster", [verb, _]) if *verb == "*" || VERBS.contains(verb) => {}
        ("cluster", [verb, resource]) => {
            return Err(suggested(nearest::nearest(verb, VERBS), &format!(" {resource}")));
        }
        ("cluster", _) => return Err(unknown().hint("as `cluster: VERB RESOURCE`; `*` stands for any")),
        (_, [word]) if *word == "*" || known.contains(word) => {}
        (_, [word]) => return Err(suggested(nearest::nearest(word, known.iter().copied()), "")),
        _ if known.is_empty() => return Err(unknown().hint(format!("as `{group}: HOST`; `*` stands for any"))),
        _ => return Err(unknown().hint(format!("`{group}:` goes with {}", known.join(", ")))),
    }
    Ok(format!("{group}: {}", words.join(" ")))
}

/// A host as effects name it, or a glob over several. An address or a port would never fit an effect.
fn host_pattern(host: &str, text: &str) -> Result<String> {
    if host.contains(['*', '?']) {
        return Ok(host.to_ascii_lowercase());
    }
    hostname::parse(host).ok_or_else(|| {
        Error::usage(format!("no effect `{text}`")).hint("as `network: HOST`, without a scheme and a port")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allowed(allow: &[&str], deny: &[&str]) -> Allowed {
        let mut allowed = Allowed::default();
        allow.iter().for_each(|list| allowed.allow(list, "--allow").unwrap());
        deny.iter().for_each(|list| allowed.deny(list, "--deny").unwrap());
        allowed
    }

    #[test]
    fn what_is_not_named_is_refused_and_what_is_denied_stays_so() {
        let some = allowed(&["cluster: list pods, cluster:get  pods", "files:*"], &["files: write"]);
        for (effect, passes) in [
            ("cluster: list pods", true),
            ("cluster: get pods", true),
            ("cluster: get pods/log", false),
            ("cluster: list podsx", false),
            ("files: read", true),
            ("files: write", false),
            ("process: run", false),
            ("prompt", false),
        ] {
            assert_eq!(some.check(effect).is_ok(), passes, "{effect}");
        }
        assert!(allowed(&[], &["cluster: delete *"]).check("cluster: delete pods").is_err());
        assert!(allowed(&[], &["cluster: delete *"]).check("cluster: list pods").is_ok());
        assert!(allowed(&["none"], &[]).check("files: read").is_err());
        assert!(allowed(&["*"], &[]).check("process: run").is_ok());
        assert!(Allowed::default().is_everything() && !allowed(&["none"], &[]).is_everything());
    }

    #[test]
    fn a_host_is_ruled_out_however_it_is_written() {
        for (denied, effect) in [
            ("network: GHCR.io.", "network: ghcr.io"),
            ("network: *.Corp.example", "network: r.corp.example"),
            ("network: 0x7f.1", "network: 127.0.0.1"),
            ("network: ::1", "network: [::1]"),
        ] {
            assert!(allowed(&[], &[denied]).check(effect).is_err(), "{denied}");
        }
    }

    #[test]
    fn a_part_of_a_run_is_limited_by_the_run_as_well() {
        let part = allowed(&["*"], &["prompt"]).within(&allowed(&["cluster: *, prompt"], &["cluster: delete *"]));
        for (effect, passes) in
            [("cluster: list pods", true), ("cluster: delete pods", false), ("files: read", false), ("prompt", false)]
        {
            assert_eq!(part.check(effect).is_ok(), passes, "{effect}");
        }
        let third = Allowed::default().within(&part);
        assert!(third.check("cluster: list pods").is_ok() && third.check("prompt").is_err());
        assert!(Allowed::default().within(&Allowed::default()).is_everything());
    }

    fn contexts(list: &str) -> AllowedContexts {
        let mut contexts = AllowedContexts::default();
        contexts.allow(list, "--allow-context").unwrap();
        contexts
    }

    #[test]
    fn a_context_must_match_a_glob_of_each_list() {
        let some = contexts("kind-*, dev");
        assert!(some.check("kind-a").is_ok() && some.check("dev").is_ok());
        let error = some.check("prod").unwrap_err();
        assert_eq!(error.kind, Kind::Refused);
        assert_eq!(error.to_string(), "context `prod` is not allowed: `--allow-context` names `kind-*`, `dev`");
        let part = contexts("*").within(&some);
        assert!(part.check("kind-a").is_ok() && part.check("prod").is_err());
        assert!(contexts("prod").within(&some).check("kind-a").is_err());
        assert!(AllowedContexts::default().check("prod").is_ok());
        assert_eq!(AllowedContexts::default().allow(" , ", "--allow-context").unwrap_err().kind, Kind::Usage);
    }

    #[test]
    fn a_refusal_names_the_effect_and_the_flag() {
        let error = allowed(&["cluster: list pods"], &[]).check("files: write").unwrap_err();
        assert_eq!(error.kind, Kind::Refused);
        assert_eq!(error.to_string(), "refusing the effect `files: write`: `--allow` names `cluster: list pods` only");
        assert_eq!(error.hints, ["if the script may do that, add `--allow 'files: write'`"]);
        let error = allowed(&[], &["files: *"]).check("files: write").unwrap_err();
        assert_eq!(error.to_string(), "refusing the effect `files: write`: `--deny` rules out `files: *`");
    }

    #[test]
    fn what_is_no_effect_is_an_error_with_the_nearest() {
        for (list, hint) in [
            ("cluser: list pods", "did you mean `cluster`?"),
            ("cluster: lits pods", "did you mean `cluster: list pods`?"),
            ("cluster: pods", "as `cluster: VERB RESOURCE`; `*` stands for any"),
            ("files: raed", "did you mean `files: read`?"),
            ("prompt: me", "`prompt` stands alone"),
            ("network", "as `network: HOST`; `*` stands for any"),
            ("network: https://ghcr.io", "as `network: HOST`, without a scheme and a port"),
            ("network: ghcr.io:443", "as `network: HOST`, without a scheme and a port"),
            ("process", "`process:` goes with read, run"),
            (" , ", "as `cluster: list pods`; `--allow none` allows nothing at all"),
        ] {
            let error = Allowed::default().allow(list, "--allow").unwrap_err();
            assert_eq!((error.kind, error.hints[0].as_str()), (Kind::Usage, hint), "{list}");
        }
    }
}
