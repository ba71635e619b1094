//! Values, catalogs, env files, JSON, worlds and scripts in the encodings that editors and shells write.

use super::{data, keys, sandbox};
use crate::support::program::{Mcpctl, Ran, executable};

const CATALOG: &str = "registry:\n  s:\n    image: x/s\n    secrets: [{name: s.a, env: A}]\n";

fn utf16le(text: &str) -> Vec<u8> {
    [0xfeff].into_iter().chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect()
}

fn utf16be(text: &str) -> Vec<u8> {
    [0xfeff].into_iter().chain(text.encode_utf16()).flat_map(u16::to_be_bytes).collect()
}

fn marked(text: &str) -> Vec<u8> {
    [b"\xef\xbb\xbf", text.as_bytes()].concat()
}

fn with(run: Mcpctl, path: &str, bytes: &[u8]) -> Mcpctl {
    std::fs::write(run.folder().join(path), bytes).unwrap();
    run
}

/// What `provision --set s.a=@k` does with a file.
fn stored(bytes: &[u8]) -> Ran {
    let run = sandbox("provision s --base b --catalog c.yaml --set s.a=@k").file("c.yaml", CATALOG);
    with(run, "k", bytes).run()
}

#[test]
fn a_value_is_the_text_whatever_encoding_it_has() {
    for bytes in [
        b"canary-1".to_vec(),
        b"canary-1\n".to_vec(),
        b"canary-1\r\n".to_vec(),
        marked("canary-1\n"),
        marked("canary-1\r\n"),
        utf16le("canary-1\n"),
        utf16le("canary-1\r\n"),
        utf16be("canary-1"),
        utf16be("canary-1\n"),
    ] {
        let ran = stored(&bytes).code(0);
        let is_wide = bytes.contains(&0);
        assert_eq!(ran.stderr.contains("warning: `k` is UTF-16"), is_wide, "{}", ran.stderr);
        assert!(ran.read("b-secret.env").unwrap().contains("\ns.a=canary-1\n"), "{bytes:?}");
    }
}

#[test]
fn what_is_no_text_is_refused_by_name() {
    for (bytes, said) in [
        (&b"cana\0ry"[..], "NUL"),
        (b"c\0a\0n\0a\0r\0y\0", "UTF-16 without a byte order mark"),
        (b"\0c\0a\0n\0a\0r\0y", "UTF-16 without a byte order mark"),
        (b"\xff\xfec\0a", "UTF-16"),
        (b"\xff\xfe\0\0c\0\0\0", "UTF-32"),
        (b"canary\xe9", "not UTF-8"),
        (b"\x1f\x8bcanary\0", "not UTF-8"),
        (b"\xff\xfec\0\0\0", "NUL"),
    ] {
        let ran = stored(bytes).code(1).says(said).says("`k`");
        assert!(!ran.stderr.contains("cana"), "{}", ran.stderr);
        assert!(!ran.read("b-secret.env").unwrap_or_default().contains("cana"));
    }
}

#[test]
fn odd_characters_of_a_secret_are_warned_of_with_their_place_and_never_shown() {
    for (value, place, what) in [
        ("canary\u{200b}1", "k:1:7", "an invisible character"),
        ("\u{201c}canary-1\u{201d}", "k:1:1", "a typographic quote"),
        ("canary\u{2019}1", "k:1:7", "a typographic quote"),
        ("canary\u{a0}1", "k:1:7", "a no-break space"),
        ("canary\u{ad}1", "k:1:7", "a soft hyphen"),
        ("canary\u{2003}1", "k:1:7", "an unusual space"),
        ("canary\u{feff}1", "k:1:7", "a byte order mark"),
        ("a\ncanary\u{2060}1\nb\n", "k:2:7", "an invisible character"),
    ] {
        let ran = stored(value.as_bytes()).code(0).says(&format!("warning: {place}: {what} in the secret"));
        assert!(!ran.stderr.contains("canary"), "{}", ran.stderr);
    }
    let env = "# mcpctl servers: s\nx=1\ns.a='canary\u{a0}1'\n";
    let run = sandbox("provision s --base b --catalog c.yaml").file("c.yaml", CATALOG).file("b-secret.env", env);
    let ran = run.run().code(0).says("warning: b-secret.env:3:12: a no-break space in the value of `s.a`");
    assert!(!ran.stderr.contains("canary"), "{}", ran.stderr);
}

#[test]
fn every_kind_of_input_is_read_in_every_encoding() {
    let env = "# mcpctl servers: s\ns.a=canary-1\n";
    let json = "{\"a\": \"canary-2\"}";
    let script = "//! A.\nfn main() { print(\"ran\") }\n";
    let world = Mcpctl::new("list --sandbox=w.json").run().code(0).read("w.json").unwrap();
    for encode in [marked, utf16le, utf16be] {
        let run = sandbox("provision s --base b --catalog c.yaml").file("c.yaml", CATALOG);
        let ran = with(run, "b-secret.env", &encode(env)).run().code(0);
        let (_, secret) = data(ran, "secret", "mcp-gateway-secrets");
        assert_eq!(keys(&secret), ["s.a"]);
        with(Mcpctl::new("servers --catalog c.yaml"), "c.yaml", &encode(CATALOG)).run().code(0).gives("s ");
        let ran = with(sandbox("create-secret n @j.json"), "j.json", &encode(json)).run().code(0);
        assert_eq!(keys(&data(ran, "secret", "n").1), ["a"]);
        let ran = with(sandbox("create-configmap n @j.json"), "j.json", &encode(json)).run().code(0);
        assert_eq!(keys(&data(ran, "configmap", "n").1), ["a"]);
        with(Mcpctl::new("list --sandbox=w.json"), "w.json", &encode(&world)).run().code(0);
        with(Mcpctl::new("run a.rhai --sandbox"), "a.rhai", &encode(script)).run().code(0).gives("ran");
        let ran = with(sandbox("populate-secret own.env n"), "own.env", &encode("x=canary-3\n")).run().code(0);
        assert_eq!(keys(&data(ran, "secret", "n").1), ["x"]);
        let run = sandbox("populate-secret own.env n").file("own.env", "x=ref:file:k\n");
        let ran = with(run, "k", &encode("canary-4\n")).run().code(0);
        assert_eq!(keys(&data(ran, "secret", "n").1), ["x"]);
    }
}

#[test]
fn an_env_file_keeps_its_encoding_when_it_is_written() {
    for encode in [marked, utf16le, utf16be] {
        let before = "# mcpctl servers: s\r\ns.a=old\r\n";
        let run =
            sandbox("provision s --base b --catalog c.yaml --set s.a=@k").file("c.yaml", CATALOG).file("k", "new");
        let ran = with(run, "b-secret.env", &encode(before)).run().code(0);
        let written = std::fs::read(ran.path("b-secret.env")).unwrap();
        assert_eq!(written, encode(&before.replace("old", "new")));
    }
}

#[test]
fn a_leading_tilde_is_the_home_folder_wherever_a_path_is_accepted() {
    let run = |line: &str| {
        let run = Mcpctl::new(line)
            .file("home/k", "canary-1\n")
            .file("home/k.json", "{\"a\": \"canary-2\"}")
            .file("home/c.yaml", CATALOG)
            .file("home/own.env", "x=canary-3\n")
            .file("home/scripts/sayit.rhai", "//! Say it.\nfn main() { print(\"said\") }\n")
            .file("home/scripts/sayit_test.rhai", "fn test_it() { 1 }\n")
            .file("c.yaml", CATALOG)
            .file("ref.env", "x=ref:file:~/k\n");
        run.env("MCPCTL_PATH", "~/scripts")
    };
    for line in [
        "provision s --base b --catalog c.yaml --set s.a=@~/k --sandbox",
        "provision s --base ~/b --catalog c.yaml --set s.a=@~/k --sandbox",
        "create-secret n @~/k.json --sandbox",
        "create-configmap n @~/k.json --sandbox",
        "servers --catalog=~/c.yaml",
        "populate-secret ~/own.env n --sandbox",
        "populate-secret ref.env n --sandbox",
        "list --sandbox=~/w.json",
        "sayit",
        "run ~/scripts/sayit.rhai",
        "check ~/scripts",
        "test ~/scripts",
        "man ~/man",
        "doc --definitions ~/defs",
        "show ~/scripts/sayit.rhai",
        "eval fs::read(\"~/c.yaml\").len()",
    ] {
        run(line).run().code(0);
    }
    let ran = run("list --sandbox=~/w.json").run().code(0);
    assert!(ran.read("home/w.json").is_some() && ran.read("~/w.json").is_none());
    let ran = run("servers").env("MCPCTL_CATALOG", "/nowhere-at-all.yaml:~/c.yaml").run();
    assert!(!ran.stderr.contains("`~/c.yaml`"), "{}", ran.stderr);
    run("servers").env("MCPCTL_CATALOG", "~/c.yaml").run().code(0).gives("s ");
    run("list").env("MCPCTL_SANDBOX", "~/w.json").run().code(0);
    let ran = run("provision s --base ~/b --catalog c.yaml --set s.a=@~/k --sandbox").run().code(0);
    assert!(ran.read("home/b-secret.env").is_some());
    // other places of `~` mean nothing
    run("populate-secret ./~/own.env n --sandbox").run().code(1).says("no file `./~/own.env`");
}

#[test]
fn pipes_are_read_once_and_to_the_end() {
    let lines = [
        ("populate-secret <(printf 'x=canary-1\\n') n --sandbox", 0),
        ("populate-configmap <(printf 'x=1\\ny=2\\n') n --sandbox", 0),
        ("provision s --base b --sandbox --catalog <(cat c.yaml) --set s.a=@<(sleep 0.2; echo canary-1)", 0),
        ("servers --catalog <(cat c.yaml)", 0),
        ("create-secret n @<(echo '{\"a\": \"b\"}') --sandbox", 0),
        ("create-secret n @/dev/stdin --sandbox < <(echo '{\"a\": \"b\"}')", 0),
        ("populate-secret fifo n --sandbox & printf 'x=canary-1\\n' > fifo; wait $!", 0),
        ("populate-secret ref.env n --sandbox & echo canary-1 > fifo; wait $!", 0),
        ("provision s --base p --sandbox --catalog c.yaml & printf 's.a=canary-1\\n' > p-secret.env; wait $!", 0),
        ("eval --sandbox 'fs::read(\"fifo\")' & printf x > fifo; wait $!", 0),
        ("eval --sandbox 'fs::read(\"fifo\") + fs::read(\"fifo\")' & printf x > fifo; wait $!", 0),
        ("populate-secret <(cat /dev/zero) n --sandbox", 1),
        ("servers --catalog <(printf 'a\\0b')", 1),
    ];
    for (line, code) in lines {
        let run = Mcpctl::of(["-c", &format!("\"$0\" {line}"), env!("CARGO_BIN_EXE_mcpctl")])
            .file("c.yaml", CATALOG)
            .file("ref.env", "x=ref:file:fifo\n");
        for name in ["fifo", "p-secret.env"] {
            nix::unistd::mkfifo(&run.folder().join(name), nix::sys::stat::Mode::from_bits_truncate(0o600)).unwrap();
        }
        executable(&run.folder().join("start"), "#!/bin/bash\nshift\nexec bash \"$@\"\n");
        let start = run.folder().join("start").display().to_string();
        let ran = run.under(&[&start]).run().code(code);
        assert!(!ran.stderr.contains("canary"), "{line}: {}", ran.stderr);
    }
}
