//! What an image is made for: operating system and processor.

use std::fmt;

use crate::error::{Error, Result};

/// `OS/ARCHITECTURE[/VARIANT]` in the names that images use: `linux/amd64`, `linux/arm64`, `linux/arm/v7`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Platform {
    os: String,
    architecture: String,
    variant: Option<String>,
}

impl Platform {
    /// Reads a platform as docker's `--platform` takes it; `x86_64` and `aarch64` are `amd64` and `arm64`.
    ///
    /// # Errors
    /// The text has not two or three parts of small letters and digits.
    pub fn parse(text: &str) -> Result<Self> {
        let parts: Vec<&str> = text.split('/').collect();
        let word = |part: &&str| {
            !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
        };
        match parts.as_slice() {
            [os, architecture, rest @ ..] if rest.len() < 2 && parts.iter().all(word) => Ok(Self {
                os: (*os).to_owned(),
                architecture: common_name(architecture).to_owned(),
                variant: rest.first().map(|&variant| variant.to_owned()),
            }),
            _ => Err(Error::usage(format!("`{text}` is not a valid platform")).hint("write it as `linux/amd64`")),
        }
    }

    /// Whether what says this of itself is made for it. A variant that either leaves out counts as the right one.
    #[must_use]
    pub fn fits(&self, os: &str, architecture: &str, variant: &str) -> bool {
        self.os == os
            && self.architecture == common_name(architecture)
            && (variant.is_empty() || self.variant.as_deref().is_none_or(|wanted| wanted == variant))
    }
}

impl fmt::Display for Platform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.os, self.architecture)?;
        self.variant.as_ref().map_or(Ok(()), |variant| write!(f, "/{variant}"))
    }
}

/// The name of a processor that images use.
fn common_name(architecture: &str) -> &str {
    match architecture {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn platforms_are_read_as_docker_takes_them() {
        for (text, shown) in [
            ("linux/amd64", "linux/amd64"),
            ("linux/x86_64", "linux/amd64"),
            ("linux/aarch64", "linux/arm64"),
            ("linux/arm/v7", "linux/arm/v7"),
        ] {
            assert_eq!(Platform::parse(text).unwrap().to_string(), shown);
        }
        for text in ["", "linux", "linux/", "linux/arm/v7/x", "Linux/amd64", "linux amd64", "../x"] {
            assert!(Platform::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn an_image_fits_by_all_that_it_says() {
        let arm = Platform::parse("linux/arm64/v8").unwrap();
        assert!(arm.fits("linux", "arm64", "") && arm.fits("linux", "aarch64", "v8"));
        assert!(
            !arm.fits("linux", "arm64", "v9") && !arm.fits("linux", "amd64", "") && !arm.fits("windows", "arm64", "")
        );
    }
}
