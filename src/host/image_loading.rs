//! Loads images from the engine into the nodes of kind, minikube and k3d, by their own commands, and checks the nodes
//! afterwards: these commands have reported success without loading an image.

use std::path::Path;
use std::time::Duration;

use tokio::time::Instant;

use crate::cluster::nodes::{LISTED_IMAGES, Node};
use crate::error::{Error, Kind, Result};
use crate::files::RuntimeFolder;
use crate::images::outcome::reason;
use crate::images::{Chosen, ImageOutcome, ImageResult, LoadCommand, Reference};
use crate::record::{Action, Change, Effect, Outcome};

use super::Host;
use super::process::Program;

/// The time limit for loading one image.
const LOAD_TIMEOUT: Duration = Duration::from_secs(600);
/// The file in a temporary folder through which podman hands an image to kind.
const ARCHIVE: &str = "image.tar";
/// How often to read the nodes' lists.
const LOOK_EVERY: Duration = Duration::from_secs(2);

impl Host {
    /// Loads images of the engine into the nodes, one after the other, and waits until the nodes list them, at most for
    /// `patience`: kubelets update their lists about every 30 seconds. One failure does not stop the others.
    ///
    /// # Errors
    /// The cluster does not take images from the engine; refused in a read-only run.
    pub fn load_images(&self, images: &[String], patience: Duration) -> Result<Vec<ImageResult>> {
        let chosen = self.image_strategy()?;
        if let Some(world) = self.world()? {
            self.recorder.effect(Effect::named("images: read"))?;
            self.recorder.effect(Effect::named("process: run"))?;
            let loaded = |image: Reference| match world.images().present(&image.to_string()) {
                true => ImageResult::new(&image.to_string(), ImageOutcome::Loaded),
                false => self.failed_image(&image.to_string(), NOT_IN_ENGINE),
            };
            let parsed = self.references(images).into_iter();
            return Ok(parsed.map(|parsed| parsed.map_or_else(|failed| failed, loaded)).collect());
        }
        if chosen.strategy.way() != "load" {
            return Err(Error::failed("no image is loaded into this cluster").cause(chosen.reason.clone()).hint(
                "`images::pull` gets them into the engine, `images::available` asks whether nodes can pull them",
            ));
        }
        let step = self.printer.begin("images");
        let mut results = Vec::new();
        let mut missing_program: Option<String> = None;
        for parsed in self.references(images) {
            let result = match (parsed, &missing_program) {
                (Err(failed), _) => failed,
                (Ok(image), Some(why)) => self.failed_image(&image.to_string(), why),
                (Ok(image), None) => {
                    step.update(&format!("loading {image}"));
                    let result = self.load_one(chosen, &image);
                    if let Err(error) = &result
                        && error.kind == Kind::NotFound
                    {
                        missing_program = Some(reason(error));
                    }
                    match result {
                        Ok(result) => result,
                        Err(error) if error.kind.is_final() => return Err(error),
                        Err(error) => self.failed_image(&image.to_string(), &reason(&error)),
                    }
                }
            };
            results.push(result);
        }
        step.update("looking at the nodes");
        self.look_at_nodes(&mut results, patience)?;
        Ok(results)
    }

    /// The images that every schedulable node lists; none if the nodes cannot be listed.
    ///
    /// # Errors
    /// There is no cluster, or the run has ended.
    pub fn listed_images(&self, images: &[String]) -> Result<Vec<String>> {
        if self.world()?.is_some() {
            let store = self.images()?;
            return self.wait(async {
                let mut there = Vec::new();
                for image in images {
                    if store.present(image).await? {
                        there.push(image.clone());
                    }
                }
                Ok(there)
            });
        }
        let nodes: Vec<Node> = self.nodes()?.unwrap_or_default().into_iter().filter(|node| !node.cordoned).collect();
        let is_listed = |image: &&String| !nodes.is_empty() && nodes.iter().all(|node| holds(node, image));
        Ok(images.iter().filter(is_listed).cloned().collect())
    }

    fn load_one(&self, chosen: &Chosen, image: &Reference) -> Result<ImageResult> {
        let name = image.to_string();
        // podman resolves a short name to one of its own names
        let known_as = if chosen.strategy.uses_podman() { image.full() } else { name.clone() };
        if self.settings.dry_run {
            for command in chosen.strategy.load_commands(&known_as, Path::new(ARCHIVE)) {
                self.plan_load(&command)?;
            }
            return Ok(ImageResult::new(&name, ImageOutcome::Planned));
        }
        if !self.wait(self.images()?.present(&name))? {
            return Ok(self.failed_image(&name, NOT_IN_ENGINE));
        }
        let folder = chosen.strategy.uses_podman().then(|| RuntimeFolder::on_disk("image")).transpose()?;
        let archive = folder.as_ref().map(|folder| folder.path().join(ARCHIVE)).unwrap_or_default();
        for LoadCommand { words, environment } in chosen.strategy.load_commands(&known_as, &archive) {
            let tool = words.first().cloned().unwrap_or_default();
            let program = Program { words, input: None, environment, timeout: Some(LOAD_TIMEOUT) };
            let finished = match self.run_process(&program) {
                Err(error) if error.kind == Kind::NotFound => {
                    return Err(error.hint(format!(
                        "install `{tool}`, or choose images that the nodes can pull with `--rewrite`, or load them \
                         yourself and use `--skip images`"
                    )));
                }
                other => other?,
            };
            if finished.code != 0 {
                let told = finished.stderr.lines().chain(finished.stdout.lines()).rfind(|line| !line.trim().is_empty());
                let why = format!("`{tool}` ended with {}: {}", finished.code, told.unwrap_or_default().trim());
                return Ok(self.failed_image(&name, &why));
            }
        }
        Ok(ImageResult::new(&name, ImageOutcome::Loaded))
    }

    /// Records the whole command, so that the plan shows each image.
    fn plan_load(&self, command: &LoadCommand) -> Result<()> {
        self.recorder.effect(Effect::named("process: run"))?;
        self.recorder.change(Change {
            action: Action::Run,
            kind: "program",
            name: command.words.join(" "),
            namespace: String::new(),
            keys: Vec::new(),
            note: String::new(),
            outcome: Outcome::Planned,
        });
        Ok(())
    }

    /// Waits until the nodes list the loaded images; the others have failed.
    fn look_at_nodes(&self, results: &mut [ImageResult], patience: Duration) -> Result<()> {
        let deadline = Instant::now() + patience;
        loop {
            let open = results.iter_mut().filter(|result| result.result == ImageOutcome::Loaded);
            let open: Vec<&mut ImageResult> = open.collect();
            if open.is_empty() {
                return Ok(());
            }
            let nodes = match self.nodes()? {
                Ok(nodes) => nodes,
                Err(unread) => {
                    open.into_iter().for_each(|result| result.reason = format!("not looked for: {unread}"));
                    return Ok(());
                }
            };
            let lacking = |result: &ImageResult| {
                let holds = |node: &&Node| !node.cordoned && !holds(node, &result.image);
                nodes.iter().find(holds).map(|node| (node.name.clone(), node.image_count))
            };
            let open: Vec<_> = open.into_iter().filter_map(|result| Some((lacking(result)?, result))).collect();
            if open.is_empty() {
                return Ok(());
            }
            if Instant::now() >= deadline {
                for ((node, count), result) in open {
                    if count >= LISTED_IMAGES {
                        result.reason = format!("not seen: node `{node}` lists {count} of its images only");
                    } else {
                        *result = self.failed_image(
                            &result.image,
                            &format!("the command succeeded, but node `{node}` does not list the image"),
                        );
                    }
                }
                return Ok(());
            }
            self.sleep(LOOK_EVERY.min(patience))?;
        }
    }
}

/// Why an image that was not pulled cannot be loaded.
const NOT_IN_ENGINE: &str = "the engine does not have it; pull it first";

/// Whether a node lists an image. Each runtime writes names differently.
pub(super) fn holds(node: &Node, image: &str) -> bool {
    let Ok(wanted) = Reference::parse(image) else { return false };
    node.images.iter().any(|name| Reference::parse(name).is_ok_and(|name| name.full() == wanted.full()))
}
