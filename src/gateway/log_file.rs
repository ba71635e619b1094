//! The file that a gateway's stderr goes to, read line by line while it grows.

use std::fs::File;
use std::io::{Read as _, Seek as _};

/// The longest line; a longer one is broken.
const LONGEST_LINE: usize = 64 * 1024;
/// The file is emptied once so much of it has been read.
const LONGEST_FILE: u64 = 8 * 1024 * 1024;

/// A log that another program appends to.
pub(super) struct LogFile {
    file: File,
    at: u64,
    line: Vec<u8>,
}

impl LogFile {
    /// One that is open for reading from its start.
    pub(super) const fn new(file: File) -> Self {
        Self { file, at: 0, line: Vec::new() }
    }

    /// Passes on each line that is complete, without its end; bytes that are not text are replaced.
    pub(super) fn read(&mut self, tell: &mut impl FnMut(&str)) {
        let mut bytes = [0; 8192];
        // what cannot be read now can be read later
        while let Ok(count @ 1..) = self.file.read(&mut bytes) {
            self.at += count as u64;
            for &byte in &bytes[..count] {
                if byte != b'\n' {
                    self.line.push(byte);
                }
                if byte == b'\n' || self.line.len() == LONGEST_LINE {
                    self.pass_on(tell);
                }
            }
        }
        // the program appends, so it goes on at the start
        if self.at >= LONGEST_FILE
            && self.file.metadata().is_ok_and(|file| file.len() == self.at)
            && self.file.set_len(0).is_ok()
            && self.file.rewind().is_ok()
        {
            self.at = 0;
        }
    }

    /// Passes on a last line without an end.
    pub(super) fn end(&mut self, tell: &mut impl FnMut(&str)) {
        if !self.line.is_empty() {
            self.pass_on(tell);
        }
    }

    fn pass_on(&mut self, tell: &mut impl FnMut(&str)) {
        let line = String::from_utf8_lossy(&self.line).trim_end_matches('\r').to_owned();
        self.line.clear();
        tell(&line);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write as _;

    #[test]
    fn lines_come_whole_and_a_long_file_is_emptied() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        let mut writer = File::options().append(true).create_new(true).open(&path).unwrap();
        let mut log = LogFile::new(File::options().read(true).write(true).open(&path).unwrap());
        let mut lines = Vec::new();
        writer.write_all(b"one\r\ntw").unwrap();
        log.read(&mut |line| lines.push(line.to_owned()));
        assert_eq!(lines, ["one"]);
        writer.write_all(b"o\nlast").unwrap();
        log.read(&mut |line| lines.push(line.to_owned()));
        log.end(&mut |line| lines.push(line.to_owned()));
        assert_eq!(lines, ["one", "two", "last"]);
        let mut count = 0;
        for _ in 0..LONGEST_FILE / 1024 {
            writer.write_all(format!("{}\n", "x".repeat(1023)).as_bytes()).unwrap();
        }
        log.read(&mut |_| count += 1);
        assert_eq!((count, writer.metadata().unwrap().len()), (LONGEST_FILE / 1024, 0));
        writer.write_all(b"on\n").unwrap();
        log.read(&mut |line| lines.push(line.to_owned()));
        assert_eq!(lines.last().unwrap(), "on");
    }
}
