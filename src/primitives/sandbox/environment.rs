//! `sandbox`: files, answers, variables and programs around a test, time that passes, and requests that fail.

use rhai::plugin::*;
use rhai::{Array, Map, NativeCallContext};

use super::world;
use super::{files, objects as scene, orders as order};
use crate::primitives::api::functions::Optional;
use crate::primitives::api::raise::{Outcome, Raise};
use crate::primitives::host;
use crate::primitives::language::duration::DurationValue;

/// The functions of `sandbox` that say what is around a test, and what goes wrong.
#[export_module(manifest)]
pub mod functions {
    /// Puts a file into the test's folder, where relative paths of the test and of its scripts start.
    ///
    /// # Parameters
    /// * `path` - from the test's folder; folders on the way are made
    /// * `text` - what it holds
    ///
    /// # Errors
    /// * not in a test; a path that leads out of the folder
    ///
    /// # Example
    /// ```rhai
    /// sandbox::file("keys/token.txt", "canary-token");
    /// fs::exists("keys/token.txt")
    /// // => true
    /// ```
    #[rhai_fn(name = "file", return_raw)]
    pub fn file(context: NativeCallContext, path: &str, text: &str) -> Outcome<()> {
        let host = host(&context);
        host.test_context("sandbox::file").raise(&context)?;
        files::put(&host.settings.folder, path, text).map(|_| ()).raise(&context)
    }

    /// Queues answers for the next prompts, in order. Without any, confirmations in the test itself count as
    /// given, and the scripts that it runs find nobody to ask.
    ///
    /// # Parameters
    /// * `answers` - what is typed: `y`, `n`, a text, a secret
    ///
    /// # Errors
    /// * not in a test
    ///
    /// # Example
    /// ```rhai
    /// sandbox::answers(["http://grafana:3000"]);
    /// ui::ask("url")
    /// // => "http://grafana:3000"
    /// ```
    #[rhai_fn(name = "answers", return_raw)]
    pub fn answers(context: NativeCallContext, answers: Array) -> Outcome<()> {
        let host = host(&context);
        let stage = host.test_context("sandbox::answers").raise(&context)?;
        stage.answers.lay(order::texts(&answers, "an answer").raise(&context)?);
        Ok(())
    }

    /// Sets a variable of the environment, which is empty unless set.
    ///
    /// # Parameters
    /// * `name` - its name
    /// * `value` - its value
    ///
    /// # Errors
    /// * not in a test
    ///
    /// # Example
    /// ```rhai
    /// sandbox::variable("GRAFANA_URL", "http://g");
    /// envfile::environment("grafana")
    /// // => #{ "grafana.url": "http://g" }
    /// ```
    #[rhai_fn(name = "variable", return_raw)]
    pub fn variable(context: NativeCallContext, name: &str, value: &str) -> Outcome<()> {
        let host = host(&context);
        host.test_context("sandbox::variable").raise(&context)?.set_variable(name, value);
        Ok(())
    }

    /// Mocks a program: `process::run` does not start it and returns this. If several mocks match, the one with the most
    /// words is used. A program without a mock is refused, unless the tests run with `--real`.
    ///
    /// # Parameters
    /// * `words` - the program, or it and its first arguments with blanks between them
    /// * `stdout` - what it prints
    ///
    /// # Options
    /// * `code` - its exit code; default: 0
    /// * `stderr` - what it prints to standard error
    ///
    /// # Errors
    /// * not in a test
    ///
    /// # Example
    /// ```rhai
    /// sandbox::program("op read op://mcp/grafana", "canary-key\n");
    /// process::run(["op", "read", "op://mcp/grafana"]).stdout
    /// // => "canary-key\n"
    /// ```
    /// ```rhai
    /// sandbox::program("op", "", #{ code: 1, stderr: "not signed in" });
    /// process::run(["op", "whoami"]).stderr
    /// // => "not signed in"
    /// ```
    #[rhai_fn(return_raw)]
    pub fn program(context: NativeCallContext, words: &str, stdout: &str, options: Optional<Map>) -> Outcome<()> {
        order::program(&host(&context), words, stdout, &options).raise(&context)
    }

    /// Lets time pass in the test's cluster: ages grow, and what would have happened by then has happened.
    ///
    /// # Parameters
    /// * `duration` - as `2h` or `7d`
    ///
    /// # Errors
    /// * not in a test; no duration
    ///
    /// # Example
    /// ```rhai
    /// sandbox::pod(#{ age: "1h" });
    /// sandbox::advance("2d");
    /// pods::list(#{ older_than: "2d" }).len()
    /// // => 1
    /// ```
    #[rhai_fn(name = "advance", return_raw)]
    pub fn advance(context: NativeCallContext, duration: &str) -> Outcome<()> {
        let world = world(&host(&context), "sandbox::advance").raise(&context)?;
        world.advance(crate::duration::parse(duration).raise(&context)?);
        Ok(())
    }

    /// By a `Duration`.
    #[rhai_fn(name = "advance", return_raw)]
    pub fn advance_by(context: NativeCallContext, duration: DurationValue) -> Outcome<()> {
        let world = world(&host(&context), "sandbox::advance").raise(&context)?;
        world.advance(duration.to_std().raise(&context)?);
        Ok(())
    }

    /// Lets the next request of a kind fail with 500.
    ///
    /// # Parameters
    /// * `request` - a verb and a resource, as `delete pods`; `*` for any
    ///
    /// # Options
    /// * `nth`
    /// * `times` - how many in a row; default: 1
    /// * `status` - the HTTP status, such as 403, 404, 409, 429 or 503; default: 500
    /// * `retry_after` - the seconds after which the server says to come again
    ///
    /// # Errors
    /// * not in a test; no such verb or resource
    ///
    /// # Example
    /// ```rhai
    /// for name in ["a", "b", "c"] { sandbox::pod(#{ name: name }); }
    /// sandbox::fail("delete pods", #{ nth: 2, status: 403 });
    /// pods::delete(pods::list()).filter(|deletion| deletion.result == "failed").len()
    /// // => 1
    /// ```
    #[rhai_fn(return_raw)]
    pub fn fail(context: NativeCallContext, request: &str, options: Optional<Map>) -> Outcome<()> {
        let world = world(&host(&context), "sandbox::fail").raise(&context)?;
        order::fail(&world, request, &options).raise(&context)
    }

    /// Lets the connection of the next request of a kind break.
    ///
    /// # Parameters
    /// * `request` - a verb and a resource, as `delete pods`; `*` for any
    ///
    /// # Options
    /// * `nth`
    /// * `done` - true: the request is carried out, and its answer is lost
    /// * `half` - true: the request is carried out, and half of its answer comes
    ///
    /// # Errors
    /// * not in a test; no such verb or resource
    ///
    /// # Example
    /// ```rhai
    /// sandbox::cut("patch configmaps", #{ done: true });
    /// assert::raises(|| configmaps::apply("flags", #{ beta: "on" }));
    /// sandbox::object("configmap", "flags").data
    /// // => #{ "beta": "on" }
    /// ```
    #[rhai_fn(name = "cut", return_raw)]
    pub fn cut(context: NativeCallContext, request: &str, options: Map) -> Outcome<()> {
        let world = world(&host(&context), "sandbox::cut").raise(&context)?;
        order::cut(&world, request, &options).raise(&context)
    }

    /// Takes a right away: every such request is answered with 403, and `cluster::can` says no.
    ///
    /// # Parameters
    /// * `request` - a verb and a resource, as `delete pods`; `*` for any
    ///
    /// # Errors
    /// * not in a test; no such verb or resource
    ///
    /// # Example
    /// ```rhai
    /// sandbox::deny("list pods");
    /// assert::raises(|| pods::list()).kind
    /// // => "forbidden"
    /// ```
    #[rhai_fn(name = "deny", return_raw)]
    pub fn deny(context: NativeCallContext, request: &str) -> Outcome<()> {
        let world = world(&host(&context), "sandbox::deny").raise(&context)?;
        let (verb, resource) = scene::request(request).raise(&context)?;
        world.deny(verb, resource);
        Ok(())
    }

    /// Lets admission do something to requests from now on, as webhooks and policies of a cluster do.
    ///
    /// # Parameters
    /// * `request` - a verb and a resource, as `patch configmaps`; `*` for any
    ///
    /// # Options
    /// * `labels` - labels that it sets
    /// * `annotations` - annotations that it sets
    /// * `data` - keys that it sets in the data of ConfigMaps and Secrets
    /// * `drop` - keys that it drops from their data
    /// * `finalizers` - finalizers that it adds
    /// * `warning` - a warning that it sends along, or an array of them
    /// * `deny` - why it denies the request
    /// * `status` - the status code of the denial; default: 403
    /// * `fail` - how it fails to answer: such requests are answered with 500
    /// * `webhook` - its name; default: `policy.example.com`
    ///
    /// # Errors
    /// * not in a test; no such verb or resource
    ///
    /// # Example
    /// ```rhai
    /// sandbox::admission("patch configmaps", #{ labels: #{ team: "red" } });
    /// configmaps::apply("flags", #{ beta: "on" }).admission
    /// // => ["added label `team`"]
    /// ```
    #[rhai_fn(name = "admission", return_raw)]
    pub fn admission(context: NativeCallContext, request: &str, options: Map) -> Outcome<()> {
        let world = world(&host(&context), "sandbox::admission").raise(&context)?;
        order::admission(&world, request, &options).raise(&context)
    }

    /// Lets every request take so much longer.
    ///
    /// # Parameters
    /// * `duration` - as `200ms`
    ///
    /// # Errors
    /// * not in a test; no duration
    ///
    /// # Example
    /// ```rhai
    /// sandbox::latency("5ms");
    /// pods::list()
    /// // => []
    /// ```
    #[rhai_fn(name = "latency", return_raw)]
    pub fn latency(context: NativeCallContext, duration: &str) -> Outcome<()> {
        let world = world(&host(&context), "sandbox::latency").raise(&context)?;
        world.latency(crate::duration::parse(duration).raise(&context)?);
        Ok(())
    }

    /// By a `Duration`.
    #[rhai_fn(name = "latency", return_raw)]
    pub fn latency_by(context: NativeCallContext, duration: DurationValue) -> Outcome<()> {
        let world = world(&host(&context), "sandbox::latency").raise(&context)?;
        world.latency(duration.to_std().raise(&context)?);
        Ok(())
    }
}
