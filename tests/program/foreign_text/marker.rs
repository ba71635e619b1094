//! Text of a stranger who attacks the terminal of whoever reads it.

/// Colours and titles, bidirectional controls, invisible characters, a C1 control, a line that poses as another's.
pub(super) const MARK: &str = "\u{1b}[31mX\u{1b}]0;T\u{7}\u{202e}R\u{2066}I\u{200e}M\u{200b}Z\u{2028}L\u{e0041}G\u{9b}2JC\u{61c}A\u{feff}B\u{7f}D\u{3164}H\u{ad}S\u{e0101}V$(touch x)`touch x`'\"<b>\r\nerror: forged";

/// The line that only a stranger writes.
const FORGED: &str = "error: forged";

/// What of a text would control a terminal, reorder or hide other text. The list is this test's own.
pub(super) fn unclean(text: &str) -> Vec<u32> {
    let hidden = |c: char| {
        matches!(u32::from(c),
            0x0..=0x8 | 0xB..=0x1F | 0x7F..=0x9F | 0xAD | 0x34F | 0x61C | 0x115F | 0x1160 | 0x17B4 | 0x17B5 | 0x180E
            | 0x200B | 0x200E | 0x200F | 0x2028..=0x202E | 0x2060..=0x206F | 0x3164 | 0xFEFF | 0xFFA0
            | 0xFFF0..=0xFFFB | 0x1D173..=0x1D17A | 0xE0000..=0xE0FFF)
    };
    let mut found: Vec<u32> = text.chars().filter(|c| hidden(*c)).map(u32::from).collect();
    found.sort_unstable();
    found.dedup();
    found
}

/// The lines that pose as mcpctl's own.
pub(super) fn forged_lines(text: &str) -> Vec<&str> {
    text.lines().filter(|line| line.starts_with(FORGED)).collect()
}

/// A text between double quotes, as YAML and Rhai read it.
pub(super) fn quoted(text: &str) -> String {
    let mut result = "\"".to_owned();
    for letter in text.chars() {
        match letter {
            '"' | '\\' => result.extend(['\\', letter]),
            ' '..='~' => result.push(letter),
            letter => result.push_str(&format!("\\U{:08x}", u32::from(letter))),
        }
    }
    result.push('"');
    result
}
