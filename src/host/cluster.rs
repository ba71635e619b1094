//! The run's cluster: chosen once, when first needed, and pinned from then on.

use std::sync::Arc;
use std::time::Duration;

use super::Host;
use crate::cluster::connection::verbs::Operation;
use crate::cluster::{Cluster, ConnectOptions, Listener, WarningListener};
use crate::error::Result;

/// The default time limit of one request, without `--request-timeout`.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);

impl Host {
    /// The cluster of the run. The first call reads the kubeconfig; it sends no request.
    ///
    /// # Errors
    /// No kubeconfig, no such context, a context that `--allow-context` rules out.
    pub fn cluster(&self) -> Result<&Cluster> {
        // building the client needs the runtime's context
        let _runtime = self.runtime.enter();
        self.cluster.get_or_init(|| self.connect()).as_ref().map_err(Clone::clone)
    }

    fn connect(&self) -> Result<Cluster> {
        let cluster = Cluster::connect(ConnectOptions {
            kubeconfig: self.settings.kubeconfig.clone(),
            context: self.settings.context.clone(),
            namespace: self.settings.namespace_given()?,
            request_timeout: self.settings.request_timeout.unwrap_or(REQUEST_TIMEOUT),
            read_only: self.settings.refuses_changes(),
            allow_contexts: self.settings.allow_contexts.clone(),
            dry_run: self.settings.dry_run,
            recorder: Arc::clone(&self.recorder),
            listener: self.listener(),
            warning_listener: Some(self.warning_listener()),
            simulated: self.simulated()?,
        })?;
        for warning in cluster.kubeconfig_warnings() {
            self.warn_once(warning);
        }
        Ok(cluster)
    }

    /// `-v` logs requests that change something, `-vv` all requests.
    fn listener(&self) -> Option<Listener> {
        let printer = self.printer.clone();
        let tell = move |operation: &Operation, line: &str| {
            printer.verbose(if operation.changes() { 1 } else { 2 }, || line.to_owned());
        };
        (self.printer.settings().verbosity > 0).then(|| Arc::new(tell) as Listener)
    }

    /// Warnings of the API server, as those of webhooks and of what is deprecated.
    fn warning_listener(&self) -> WarningListener {
        let printer = self.printer.clone();
        Arc::new(move |text: &str| printer.warn(&format!("the API server warns: {text}")))
    }

    /// The place of a command, in words: `namespace mcp, context kind-dev`.
    ///
    /// # Errors
    /// As [`cluster`](Self::cluster).
    pub fn place(&self, namespace: &str) -> Result<String> {
        let cluster = self.cluster()?;
        let place = match namespace {
            "" if self.settings.all_namespaces => "all namespaces".to_owned(),
            "" => format!("namespace {}", cluster.namespace()),
            name => format!("namespace {name}"),
        };
        let sandbox = if cluster.is_simulated() { "sandbox " } else { "" };
        Ok(format!("{place}, {sandbox}context {}", cluster.context()))
    }

    /// Prints where a change will happen, once per run and namespace.
    ///
    /// # Errors
    /// As [`cluster`](Self::cluster).
    pub fn announce(&self, namespace: &str) -> Result<()> {
        let cluster = self.cluster()?;
        let mark = match (cluster.is_simulated(), self.settings.dry_run) {
            (true, true) => "dry run in the sandbox: ",
            (true, false) => "sandbox: ",
            (false, true) => "dry run: ",
            (false, false) => "",
        };
        let place = if namespace.is_empty() { "all namespaces".to_owned() } else { format!("namespace {namespace}") };
        let line = format!("{mark}context {} ({}), {place}", cluster.context(), cluster.server());
        if self.announced.lock().unwrap_or_else(std::sync::PoisonError::into_inner).insert(line.clone()) {
            self.printer.info(&line);
        }
        Ok(())
    }
}
