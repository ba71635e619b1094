//! Times in cron's language: the API server judges them, and what is surely wrong is said before it is asked.
//!
//! The language is that of the CronJob controller: <https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/>.

use crate::error::{Error, Result};
use crate::nearest;

/// What may stand for five fields.
const WORDS: [&str; 7] = ["@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly"];

const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const DAYS: [&str; 7] = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

/// A field: what it is, its lowest and highest value, and the names that its values have.
struct Field {
    name: &'static str,
    lowest: u32,
    highest: u32,
    names: &'static [&'static str],
}

const FIELDS: [Field; 5] = [
    Field { name: "minute", lowest: 0, highest: 59, names: &[] },
    Field { name: "hour", lowest: 0, highest: 23, names: &[] },
    Field { name: "day of the month", lowest: 1, highest: 31, names: &[] },
    Field { name: "month", lowest: 1, highest: 12, names: &MONTHS },
    Field { name: "day of the week", lowest: 0, highest: 6, names: &DAYS },
];

/// Checks an expression; gives it without needless blanks.
///
/// # Errors
/// It is neither five fields nor one of the words for them, or a field holds what it cannot.
pub fn check(text: &str) -> Result<String> {
    let wrong = |why: String| Error::usage(format!("`{text}` is not a valid cron expression")).cause(why);
    let words: Vec<&str> = text.split_whitespace().collect();
    let [first, ..] = words.as_slice() else {
        return Err(wrong("it is empty".to_owned()).hint("as `0 3 * * *`: every day at three"));
    };
    if first.starts_with("TZ=") || first.starts_with("CRON_TZ=") {
        return Err(wrong("the time zone is not part of it".to_owned()).hint("set it with `--time-zone NAME`"));
    }
    if first.starts_with('@') {
        let known = words.len() == 1 && WORDS.contains(first) || *first == "@every" && words.len() == 2;
        return if known {
            Ok(words.join(" "))
        } else {
            Err(wrong(format!("`{}` is not known", words.join(" "))).suggest(nearest::nearest(first, WORDS)))
        };
    }
    if words.len() != FIELDS.len() {
        let error = wrong(format!("it has {} fields, not five", words.len()));
        return Err(error.hint("minute, hour, day of the month, month, day of the week: `0 3 * * *`, or `@daily`"));
    }
    for (field, word) in FIELDS.iter().zip(&words) {
        if let Some(part) = word.split(',').find(|part| !field.takes(part)) {
            let part = if part.is_empty() { word } else { part };
            let (name, lowest, highest) = (field.name, field.lowest, field.highest);
            return Err(wrong(format!("`{part}` is not a valid {name}: the range is {lowest} to {highest}")));
        }
    }
    Ok(words.join(" "))
}

impl Field {
    /// Whether a field accepts `*`, `5`, `1-5`, `*/10` or `mon-fri`.
    fn takes(&self, part: &str) -> bool {
        let (range, step) = part.split_once('/').map_or((part, None), |(range, step)| (range, Some(step)));
        if step.is_some_and(|step| !step.parse::<u32>().is_ok_and(|step| step > 0)) {
            return false;
        }
        if matches!(range, "*" | "?") {
            return true;
        }
        match range.split_once('-') {
            Some((from, to)) => {
                matches!((self.value(from), self.value(to)), (Some(from), Some(to)) if from <= to)
            }
            None => self.value(range).is_some(),
        }
    }

    fn value(&self, word: &str) -> Option<u32> {
        if let Some(at) = self.names.iter().position(|name| word.eq_ignore_ascii_case(name)) {
            return u32::try_from(at).ok().map(|at| at + self.lowest);
        }
        let digits = !word.is_empty() && word.chars().all(|c| c.is_ascii_digit());
        word.parse().ok().filter(|value| digits && (self.lowest..=self.highest).contains(value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_controller_takes_is_taken() {
        for text in [
            "0 3 * * *",
            "*/15 0-6 1,15 jan-mar MON-FRI",
            "0 0 ? * 0",
            "5/10 * * * *",
            "@daily",
            "@every 1h30m",
            " 0  3 * * * ",
        ] {
            assert!(check(text).is_ok(), "{text}");
        }
        assert_eq!(check(" 0  3 * * * ").unwrap(), "0 3 * * *");
    }

    #[test]
    fn what_is_surely_wrong_says_why() {
        for (text, why) in [
            ("", "it is empty"),
            ("0 3 * *", "it has 4 fields, not five"),
            ("0 0 3 * * *", "it has 6 fields, not five"),
            ("60 3 * * *", "`60` is not a valid minute: the range is 0 to 59"),
            ("0 24 * * *", "`24` is not a valid hour: the range is 0 to 23"),
            ("0 3 0 * *", "`0` is not a valid day of the month: the range is 1 to 31"),
            ("0 3 * * 7", "`7` is not a valid day of the week: the range is 0 to 6"),
            ("0 3 * foo *", "`foo` is not a valid month: the range is 1 to 12"),
            ("*/0 3 * * *", "`*/0` is not a valid minute: the range is 0 to 59"),
            ("1, 3 * * *", "`1,` is not a valid minute: the range is 0 to 59"),
            ("5-1 3 * * *", "`5-1` is not a valid minute: the range is 0 to 59"),
            ("@dayly", "`@dayly` is not known"),
            ("@reboot", "`@reboot` is not known"),
            ("TZ=UTC 0 3 * * *", "the time zone is not part of it"),
        ] {
            assert_eq!(check(text).unwrap_err().cause.as_deref(), Some(why), "{text}");
        }
        assert!(check("@dayly").unwrap_err().hints.iter().any(|hint| hint.contains("`@daily`")));
    }
}
