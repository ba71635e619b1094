//! Durations as people write and read them: `90s`, `2h30m`, `7d`, and ages as `kubectl` shows them.

use std::fmt::Write as _;
use std::time::Duration;

use crate::error::{Error, Result};

/// The longest duration taken: 100 years of 365 days, far from where clock arithmetic overflows.
pub const LONGEST: Duration = Duration::from_secs(36_500 * 86_400);

const TWO_YEARS: u64 = 2 * 365 * 86_400;
const EIGHT_YEARS: u64 = 4 * TWO_YEARS;

const EXAMPLE: &str = "write it like `90s`, `45m`, `2h30m` or `7d`";

/// Reads a duration: numbers with units from milliseconds to weeks, like `90s`, `2h 30m`, `7d`.
///
/// # Errors
/// A duration without a unit, that is negative or longer than [`LONGEST`], or in months or years: `humantime` reads
/// `5M` as months, the person who wrote it may mean minutes.
pub fn parse(text: &str) -> Result<Duration> {
    let text = text.trim();
    let wrong = |why: &str| Error::usage(format!("`{text}` is not a valid duration: {why}")).hint(EXAMPLE);
    if text.is_empty() {
        return Err(Error::usage("the duration is empty").hint(EXAMPLE));
    }
    if text.starts_with('-') {
        return Err(wrong("it is negative"));
    }
    if text.chars().all(|c| c.is_ascii_digit() || c == '.') {
        return Err(Error::usage(format!("`{text}` is not a valid duration: the unit is missing"))
            .hint(format!("write `{text}s`, `{text}m`, `{text}h` or `{text}d`")));
    }
    if units(text).any(|unit| matches!(unit, "M" | "month" | "months")) {
        return Err(Error::usage(format!(
            "`{text}` is not a valid duration: months are not supported, because their length varies"
        ))
        .hint("`m` is minutes; write months in days, like `30d`"));
    }
    if units(text).any(|unit| matches!(unit, "y" | "yr" | "yrs" | "year" | "years")) {
        return Err(wrong("years are not supported"));
    }
    match humantime::parse_duration(text) {
        Ok(duration) if duration > LONGEST => Err(wrong("it is longer than 100 years")),
        Ok(duration) => Ok(duration),
        Err(humantime::DurationError::NumberOverflow) => Err(wrong("a number is too large or too exact")),
        Err(humantime::DurationError::UnknownUnit { unit, .. }) if unit.is_empty() => {
            Err(wrong("a number has no unit"))
        }
        Err(humantime::DurationError::UnknownUnit { unit, .. }) => {
            Err(wrong(&format!("`{unit}` is not a unit of time")))
        }
        Err(_) => Err(wrong("numbers and units are expected")),
    }
}

/// As [`parse`], and zero is refused too: an age of nothing would match everything.
///
/// # Errors
/// As [`parse`], and zero.
pub fn parse_positive(text: &str) -> Result<Duration> {
    let duration = parse(text)?;
    if duration.is_zero() {
        return Err(Error::usage(format!("`{}` is zero", text.trim())).hint(EXAMPLE));
    }
    Ok(duration)
}

/// The words of a duration: what stands between its numbers.
fn units(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphabetic()).filter(|unit| !unit.is_empty())
}

/// An age in seconds as `kubectl` prints it: `45s`, `5m10s`, `3h`, `3d14h`, `2y35d`.
///
/// At most two units, the second only while it matters; the thresholds are those of `HumanDuration` in
/// Kubernetes' apimachinery. One second in the future counts as now (clocks differ), more is `<invalid>`.
#[must_use]
pub fn age(seconds: i64) -> String {
    let Ok(seconds) = u64::try_from(seconds) else {
        return if seconds == -1 { "0s".to_owned() } else { "<invalid>".to_owned() };
    };
    let (minutes, hours) = (seconds / 60, seconds / 3600);
    let days = hours / 24;
    match seconds {
        0..120 => format!("{seconds}s"),
        120..600 => pair(minutes, "m", seconds % 60, "s"),
        600..10_800 => format!("{minutes}m"),
        10_800..28_800 => pair(hours, "h", minutes % 60, "m"),
        28_800..172_800 => format!("{hours}h"),
        172_800..691_200 => pair(days, "d", hours % 24, "h"),
        691_200..TWO_YEARS => format!("{days}d"),
        TWO_YEARS..EIGHT_YEARS => pair(days / 365, "y", days % 365, "d"),
        _ => format!("{}y", days / 365),
    }
}

fn pair(large: u64, large_unit: &str, small: u64, small_unit: &str) -> String {
    if small == 0 { format!("{large}{large_unit}") } else { format!("{large}{large_unit}{small}{small_unit}") }
}

/// A duration to the millisecond, every unit that is not zero: `1d2h`, `2h30m`, `1s500ms`. [`parse`] reads it back.
#[must_use]
pub fn exact(duration: Duration) -> String {
    let (seconds, millis) = (duration.as_secs(), duration.subsec_millis());
    let parts = [
        (seconds / 86_400, "d"),
        (seconds / 3600 % 24, "h"),
        (seconds / 60 % 60, "m"),
        (seconds % 60, "s"),
        (u64::from(millis), "ms"),
    ];
    let mut text = String::new();
    for (number, unit) in parts.into_iter().filter(|(number, _)| *number > 0) {
        // writing to a String cannot fail
        let _ = write!(text, "{number}{unit}");
    }
    if text.is_empty() { "0s".to_owned() } else { text }
}

/// How long something took, rounded for reading: `350ms`, `8.1s`, `42s`, `2m5s`, `1h3m`.
#[must_use]
pub fn elapsed(duration: Duration) -> String {
    let seconds = duration.as_secs();
    match seconds {
        0 if duration.as_millis() < 950 => format!("{}ms", duration.as_millis()),
        0..10 => format!("{:.1}s", duration.as_secs_f64()),
        10..60 => format!("{seconds}s"),
        60..3600 => pair(seconds / 60, "m", seconds % 60, "s"),
        _ => pair(seconds / 3600, "h", seconds / 60 % 60, "m"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read() {
        for (text, seconds) in
            [("90s", 90), ("45m", 2700), ("2h30m", 9000), ("2h 30m", 9000), (" 7d ", 604_800), ("1w", 604_800)]
        {
            assert_eq!(parse(text).unwrap().as_secs(), seconds, "{text}");
        }
        assert_eq!(parse("250ms").unwrap(), Duration::from_millis(250));
        assert_eq!(parse("0s").unwrap(), Duration::ZERO);
    }

    #[test]
    fn what_could_be_misunderstood_is_refused_with_the_reason() {
        for (text, message) in [
            ("", "the duration is empty"),
            ("-1h", "`-1h` is not a valid duration: it is negative"),
            ("0", "`0` is not a valid duration: the unit is missing"),
            ("24", "`24` is not a valid duration: the unit is missing"),
            ("5M", "`5M` is not a valid duration: months are not supported, because their length varies"),
            ("1month 2d", "`1month 2d` is not a valid duration: months are not supported, because their length varies"),
            ("1y", "`1y` is not a valid duration: years are not supported"),
            ("2h30", "`2h30` is not a valid duration: a number has no unit"),
            ("3 fortnights", "`3 fortnights` is not a valid duration: `fortnights` is not a unit of time"),
            ("h", "`h` is not a valid duration: numbers and units are expected"),
            ("1h;2", "`1h;2` is not a valid duration: numbers and units are expected"),
            ("99999999999w", "`99999999999w` is not a valid duration: it is longer than 100 years"),
            (
                "99999999999999999999d",
                "`99999999999999999999d` is not a valid duration: a number is too large or too exact",
            ),
        ] {
            let error = parse(text).unwrap_err();
            assert_eq!(error.message, message);
            assert_eq!(error.kind.exit_code(), 2);
            assert_eq!(error.hints.len(), 1, "{text}");
        }
        assert_eq!(parse("24").unwrap_err().hints[0], "write `24s`, `24m`, `24h` or `24d`");
    }

    #[test]
    fn zero_is_refused_where_told() {
        assert_eq!(parse_positive("0s").unwrap_err().message, "`0s` is zero");
        assert_eq!(parse_positive("1s").unwrap().as_secs(), 1);
    }

    #[test]
    fn ages_are_those_of_kubectl() {
        const HOUR: i64 = 3600;
        const DAY: i64 = 24 * HOUR;
        for (seconds, text) in [
            (-2, "<invalid>"),
            (-1, "0s"),
            (0, "0s"),
            (119, "119s"),
            (120, "2m"),
            (310, "5m10s"),
            (600, "10m"),
            (3 * HOUR - 1, "179m"),
            (3 * HOUR, "3h"),
            (7 * HOUR + 1800, "7h30m"),
            (8 * HOUR + 1800, "8h"),
            (2 * DAY - 1, "47h"),
            (2 * DAY, "2d"),
            (3 * DAY + 14 * HOUR, "3d14h"),
            (8 * DAY + HOUR, "8d"),
            (2 * 365 * DAY - 1, "729d"),
            (2 * 365 * DAY + 35 * DAY, "2y35d"),
            (8 * 365 * DAY + 35 * DAY, "8y"),
        ] {
            assert_eq!(age(seconds), text, "{seconds}");
        }
        assert_eq!(age(i64::MIN), "<invalid>");
    }

    #[test]
    fn exact_durations_are_read_back() {
        for (millis, text) in [(0, "0s"), (1500, "1s500ms"), (9_000_000, "2h30m"), (93_600_000, "1d2h")] {
            let duration = Duration::from_millis(millis);
            assert_eq!(exact(duration), text);
            assert_eq!(parse(text).unwrap(), duration);
        }
    }

    #[test]
    fn elapsed_times_are_rounded() {
        for (millis, text) in
            [(350, "350ms"), (8140, "8.1s"), (999, "1.0s"), (42_900, "42s"), (125_000, "2m5s"), (3_785_000, "1h3m")]
        {
            assert_eq!(elapsed(Duration::from_millis(millis)), text);
        }
    }
}
