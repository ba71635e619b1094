//! The committed pages equal a fresh render. `MCPCTL_UPDATE_DOCS=1 cargo test --test main reference` writes them.

use std::path::Path;

use mcpctl::reference::markdown;

#[test]
fn the_committed_pages_are_those_that_the_program_would_print() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/reference");
    let pages = markdown::pages();
    if std::env::var_os("MCPCTL_UPDATE_DOCS").is_some() {
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder).unwrap();
        for page in &pages {
            std::fs::write(folder.join(&page.file), &page.text).unwrap();
        }
    }
    for page in &pages {
        let committed = std::fs::read_to_string(folder.join(&page.file)).unwrap_or_default();
        assert!(
            committed == page.text,
            "docs/reference/{} is not what the program prints: run `MCPCTL_UPDATE_DOCS=1 cargo test --test main reference`",
            page.file
        );
    }
    let mut known: Vec<String> = pages.into_iter().map(|page| page.file).collect();
    let mut files: Vec<String> =
        std::fs::read_dir(&folder).unwrap().map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
    known.sort();
    files.sort();
    assert_eq!(files, known, "a page too many or too few");
}
