//! Reads catalogs from all kinds of sources, several at once; later ones win.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use futures::{StreamExt as _, TryStreamExt as _, stream};
use jiff::Timestamp;
use reqwest::Url;

use crate::duration;
use crate::error::{Error, Kind, Result};
use crate::files::Files;
use crate::images::Reference;
use crate::record::Recorder;
use crate::web::Web;

use super::address::Address;
use super::artifact::{self, Pulled};
use super::cache::{Cache, Head, Kept};
use super::docker::Docker;
use super::origin::Origin;
use super::sources::{Sources, in_order};
use super::web::{self, WebResponse};
use super::{Catalog, summaries};

/// The number of sources that are read at once.
const AT_ONCE: usize = 8;
/// The most files that are read from one folder.
const MOST_FILES: usize = 1_000;

/// Which kinds of sources a run may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// Networks and programs too.
    Everywhere,
    /// Files and copies on this machine: completion must not wait.
    AtHand,
    /// As [`AtHand`](Self::AtHand), because this run is a test of scripts, which must not depend on a network.
    Test,
}

/// Reads catalogs for one run.
pub struct Reader<'a> {
    /// The user's files, including those of a dry run.
    pub files: &'a Files,
    /// Receives the effects on networks and programs.
    pub recorder: &'a Recorder,
    /// The home folder, shown as `~`.
    pub home: Option<&'a Path>,
    /// The store of copies.
    pub cache: Cache,
    /// The allowed kinds of sources.
    pub reach: Reach,
    /// The time limit of a network request or a program.
    pub patience: Duration,
}

/// One source of a run, and its result.
#[derive(Debug, Clone)]
pub struct SourceState {
    /// The place for the user.
    pub place: String,
    /// The source: digest, number of servers, and the time when it was known to be current.
    pub read: Result<Arc<Origin>>,
    /// Warnings, one line each: an old copy, a truncated file.
    pub warnings: Vec<String>,
}

impl Reader<'_> {
    /// The catalog of several sources; later ones win.
    ///
    /// # Errors
    /// A named source that cannot be read or is not a catalog; for files that were found, the first error if none is
    /// valid.
    pub async fn read(&self, sources: &Sources) -> Result<Catalog> {
        let merged = match sources {
            Sources::Named(addresses) => {
                let all: Vec<Vec<Catalog>> =
                    stream::iter(addresses).map(|one| self.one(one)).buffered(AT_ONCE).try_collect().await?;
                merge(all.into_iter().flatten())
            }
            Sources::Found(paths) => return self.found(paths),
            Sources::Docker => Some(
                self.docker(None)
                    .await
                    .map_err(|error| error.detail("no catalog is named, and `~/.docker/mcp/catalogs` has none"))?,
            ),
        };
        let merged =
            merged.ok_or_else(|| Error::usage("no catalog is named").hint("name one with `--catalog FILE`"))?;
        merged.require_servers()
    }

    /// The result for each source, for the person who manages an installation.
    pub async fn states(&self, sources: &Sources) -> Vec<SourceState> {
        let addresses = match sources {
            Sources::Named(addresses) => addresses.clone(),
            Sources::Found(paths) => paths.iter().cloned().map(Address::Path).collect(),
            Sources::Docker => vec![Address::Docker(None)],
        };
        let all = stream::iter(&addresses).map(async |address| match self.one(address).await {
            Ok(catalogs) => catalogs.into_iter().map(SourceState::from).collect(),
            Err(error) => vec![SourceState { place: self.shown(address), read: Err(error), warnings: Vec::new() }],
        });
        all.buffered(AT_ONCE).collect::<Vec<_>>().await.into_iter().flatten().collect()
    }

    /// The catalogs of one address: several for a folder.
    async fn one(&self, address: &Address) -> Result<Vec<Catalog>> {
        match address {
            Address::Path(path) if path.is_dir() => self.folder(path),
            Address::Path(path) => {
                let bytes = self.files.read_given(path).await;
                Ok(vec![self.catalog_of(path, bytes)?])
            }
            Address::Web(url) => Ok(vec![self.web(url, &self.shown(address)).await?]),
            Address::Artifact(reference) => Ok(vec![self.artifact(reference, &self.shown(address)).await?]),
            Address::Docker(reference) => Ok(vec![self.docker(reference.as_deref()).await?]),
        }
    }

    fn shown(&self, address: &Address) -> String {
        address.shown(self.home)
    }

    fn found(&self, paths: &[PathBuf]) -> Result<Catalog> {
        let mut broken: Vec<Error> = Vec::new();
        let whole: Vec<Catalog> =
            paths.iter().filter_map(|path| self.file(path).map_err(|error| broken.push(error)).ok()).collect();
        match merge(whole.into_iter()) {
            Some(mut catalog) => {
                catalog.warnings.extend(broken.iter().map(|error| format!("left out: {error}")));
                catalog.require_servers()
            }
            None => Err(broken.into_iter().next().unwrap_or_else(|| Error::not_found("there is no catalog"))),
        }
    }

    fn folder(&self, path: &Path) -> Result<Vec<Catalog>> {
        let place = self.shown(&Address::Path(path.to_owned()));
        let mut files = in_order(path, self.files.list(path)?.unwrap_or_default().into_iter());
        files.retain(|file| !file.is_dir());
        if files.is_empty() {
            return Err(Error::not_found(format!("the folder `{place}` has no catalog"))
                .cause("no file in it ends in `.yaml`, `.yml` or `.json`")
                .hint("`--catalog` names another folder, or a file"));
        }
        if files.len() > MOST_FILES {
            return Err(Error::invalid(format!("the folder `{place}` has {} YAML and JSON files", files.len()))
                .cause(format!("no more than {MOST_FILES} are read as catalogs"))
                .hint("name the files themselves: `--catalog FILE`"));
        }
        files.iter().map(|file| self.file(file)).collect()
    }

    fn file(&self, path: &Path) -> Result<Catalog> {
        self.catalog_of(path, self.files.read(path))
    }

    fn catalog_of(&self, path: &Path, read: Result<Option<Vec<u8>>>) -> Result<Catalog> {
        let place = self.shown(&Address::Path(path.to_owned()));
        let bytes = read.map_err(|error| error.hint("`--catalog FILE` names another one"))?;
        let bytes = bytes.ok_or_else(|| {
            Error::not_found(format!("cannot read the catalog `{place}`"))
                .cause("no such file or directory")
                .hint("`--catalog FILE` names another one")
        })?;
        let changed = std::fs::metadata(path).and_then(|about| about.modified()).ok();
        let current = changed.and_then(|time| Timestamp::try_from(time).ok());
        Catalog::read(&bytes, Origin { current, ..Origin::named(place) })
    }

    async fn web(&self, url: &Url, place: &str) -> Result<Catalog> {
        let address = url.as_str();
        let kept = self.cache.get(address);
        if self.reach != Reach::Everywhere {
            return self.at_hand(kept, place);
        }
        let web = Web::new(self.recorder, self.patience);
        match (web::fetch(url, kept.as_ref().map(|kept| &kept.head), &web).await, kept) {
            (Ok(WebResponse::Whole(bytes, head)), _) => {
                let catalog = Catalog::read(&bytes, now(place, ""))?;
                self.cache.put(address, head, &bytes);
                Ok(catalog)
            }
            (Ok(WebResponse::Unchanged), Some(kept)) => {
                self.cache.confirm(address);
                Catalog::read(&kept.bytes, now(place, ""))
            }
            (Ok(WebResponse::Unchanged), None) => Err(Error::failed(format!("cannot get the catalog `{place}`"))),
            (Err(error), kept) => old(error, kept, place),
        }
    }

    async fn artifact(&self, reference: &Reference, place: &str) -> Result<Catalog> {
        let address = format!("oci://{}", reference.full());
        let kept = self.cache.get(&address);
        if let Some(kept) = kept.as_ref().filter(|kept| artifact::is_exactly(reference, kept)) {
            return Catalog::read(&kept.bytes, now(place, &kept.head.digest));
        }
        if self.reach != Reach::Everywhere {
            return self.at_hand(kept, place);
        }
        let web = Web::new(self.recorder, self.patience);
        match (artifact::pull(reference, kept.as_ref(), &web).await, kept) {
            (Ok(Pulled::Whole(bytes, digest)), _) => {
                let catalog = Catalog::read(&bytes, now(place, &digest))?;
                self.cache.put(&address, Head::of_artifact(&digest), &bytes);
                Ok(catalog)
            }
            (Ok(Pulled::Unchanged), Some(kept)) => {
                self.cache.confirm(&address);
                Catalog::read(&kept.bytes, now(place, &kept.head.digest))
            }
            (Ok(Pulled::Unchanged), None) => Err(Error::failed(format!("cannot get the catalog `{place}`"))),
            (Err(error), kept) => old(error, kept, place),
        }
    }

    async fn docker(&self, reference: Option<&str>) -> Result<Catalog> {
        if self.reach != Reach::Everywhere {
            return Err(self.out_of_reach("the docker command line"));
        }
        Docker { timeout: self.patience, ..Docker::default() }.catalog(reference, self.recorder).await
    }

    fn at_hand(&self, kept: Option<Kept>, place: &str) -> Result<Catalog> {
        match kept {
            Some(kept) if self.reach == Reach::AtHand => Catalog::read(&kept.bytes, kept.origin(place)),
            _ => Err(self.out_of_reach(&format!("`{place}`"))),
        }
    }

    fn out_of_reach(&self, what: &str) -> Error {
        let error = Error::new(Kind::Refused, format!("no catalog is read from {what}"));
        match self.reach {
            Reach::Test => error
                .cause("a test of scripts reaches no network and starts no program")
                .hint("give it servers with `sandbox::catalog(…)`"),
            _ => error.cause("there is no copy of it on this machine"),
        }
    }
}

impl From<Catalog> for SourceState {
    fn from(mut catalog: Catalog) -> Self {
        let origin = catalog.sources.pop().unwrap_or_default();
        catalog.warnings.extend(summaries(catalog.broken.values()));
        Self { place: origin.place.clone(), read: Ok(origin), warnings: catalog.warnings }
    }
}

impl Kept {
    fn origin(&self, place: &str) -> Origin {
        Origin { current: self.current, digest: self.head.digest.clone(), far: true, ..Origin::named(place) }
    }
}

/// A source that has just been read.
fn now(place: &str, digest: &str) -> Origin {
    Origin { current: Some(Timestamp::now()), digest: digest.to_owned(), far: true, ..Origin::named(place) }
}

/// The copy if a server does not answer; an answer of the server always counts, whatever it is.
fn old(error: Error, kept: Option<Kept>, place: &str) -> Result<Catalog> {
    let Some(kept) = kept.filter(|_| matches!(error.kind, Kind::Unreachable | Kind::Timeout)) else {
        return Err(error);
    };
    let age = kept.current.map_or_else(
        || "of unknown age".to_owned(),
        |then| format!("{} old", duration::age(Timestamp::now().as_second() - then.as_second())),
    );
    let cause = error.cause.as_deref().unwrap_or(&error.message);
    let mut catalog = Catalog::read(&kept.bytes, kept.origin(place))?;
    catalog.warnings.push(format!("the catalog `{place}` is a copy, {age}: it cannot be downloaded now ({cause})"));
    Ok(catalog)
}

fn merge(catalogs: impl Iterator<Item = Catalog>) -> Option<Catalog> {
    catalogs.reduce(|mut first, later| {
        first.add(later);
        first
    })
}

#[cfg(test)]
mod tests {
    use std::ffi::OsStr;

    use super::super::origin::sha256;
    use super::*;

    fn write(folder: &Path, name: &str, text: &str) -> PathBuf {
        let path = folder.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        path
    }

    /// Reads like a run with the home folder `home`, without cache and network.
    fn read(sources: &Sources, home: &Path) -> Result<Catalog> {
        let recorder = Arc::new(Recorder::default());
        let files = Files::new(false, false, Arc::clone(&recorder));
        let reader = Reader {
            files: &files,
            recorder: &recorder,
            home: Some(home),
            cache: Cache::default(),
            reach: Reach::AtHand,
            patience: Duration::from_secs(5),
        };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(reader.read(sources))
    }

    fn named(paths: &[&Path]) -> Sources {
        Sources::Named(paths.iter().map(|path| Address::Path(path.to_path_buf())).collect())
    }

    #[test]
    fn later_sources_win_and_each_server_knows_its_own() {
        let home = tempfile::tempdir().unwrap();
        let one = write(home.path(), "one.yaml", "name: one\nregistry:\n  a: {image: mcp/a}\n  b: {image: mcp/b}\n");
        let two = write(home.path(), "two.yaml", "registry:\n  a: {image: mcp/c}\n");
        let catalog = read(&named(&[&one, &two]), home.path()).unwrap();
        let a = catalog.server("a").unwrap();
        assert_eq!((a.image.as_str(), a.origin.place.as_str()), ("mcp/c", "~/two.yaml"));
        assert_eq!(a.origin.digest, sha256(&std::fs::read(&two).unwrap()));
        assert!(a.origin.current.is_some());
        let b = catalog.server("b").unwrap();
        assert_eq!((b.origin.place.as_str(), b.origin.servers), ("~/one.yaml", 2));
        assert_eq!(catalog.place(), "catalog one (2 servers, ~/one.yaml, ~/two.yaml)");
    }

    #[test]
    fn a_folder_is_all_catalogs_in_it_by_name() {
        let home = tempfile::tempdir().unwrap();
        let folder = home.path().join("mcp");
        write(&folder, "b.json", r#"{"registry": {"x": {"image": "mcp/b"}}}"#);
        write(&folder, "a.yml", "registry:\n  x: {image: mcp/a}\n  y: {image: mcp/y}\n");
        write(&folder, "readme.md", "# no catalog");
        write(&folder, ".hidden.yaml", "no catalog");
        let catalog = read(&named(&[&folder]), home.path()).unwrap();
        assert_eq!(catalog.server("x").unwrap().image, "mcp/b");
        assert_eq!(
            catalog.sources.iter().map(|o| o.place.as_str()).collect::<Vec<_>>(),
            ["~/mcp/a.yml", "~/mcp/b.json"]
        );
        write(&folder, "c.yaml", "<html>");
        assert_eq!(
            read(&named(&[&folder]), home.path()).unwrap_err().kind,
            Kind::Invalid,
            "what is named must be whole"
        );
        let empty = home.path().join("empty");
        std::fs::create_dir(&empty).unwrap();
        let error = read(&named(&[&empty]), home.path()).unwrap_err();
        assert_eq!(error.message, "the folder `~/empty` has no catalog");
    }

    #[test]
    fn a_broken_file_stops_what_was_named_and_is_a_warning_in_dockers_folder() {
        let home = tempfile::tempdir().unwrap();
        let whole = write(home.path(), "whole.yaml", "registry:\n  a: {image: mcp/a}\n");
        let broken = write(home.path(), "broken.yaml", "<html>\n");
        assert_eq!(read(&named(&[&whole, &broken]), home.path()).unwrap_err().kind, Kind::Invalid);
        let catalog = read(&Sources::Found(vec![whole, broken.clone()]), home.path()).unwrap();
        assert_eq!(catalog.warnings, ["left out: `~/broken.yaml` is not a catalog: it is a web page (HTML)"]);
        assert_eq!(read(&Sources::Found(vec![broken]), home.path()).unwrap_err().kind, Kind::Invalid);
    }

    #[test]
    fn what_cannot_be_read_is_said() {
        let home = tempfile::tempdir().unwrap();
        let error = read(&named(&[&home.path().join("none.yaml")]), home.path()).unwrap_err();
        assert_eq!((error.kind, error.cause.as_deref()), (Kind::NotFound, Some("no such file or directory")));
        assert_eq!(read(&Sources::Named(Vec::new()), home.path()).unwrap_err().kind, Kind::Usage);
        for address in ["https://e.example/c.yaml", "oci://r.example/c", "docker://"] {
            let address = Address::parse(OsStr::new(address), home.path(), None).unwrap();
            assert_eq!(read(&Sources::Named(vec![address]), home.path()).unwrap_err().kind, Kind::Refused);
        }
    }
}
