//! `ui`, its part for what is shown again and again.

use rhai::plugin::*;
use rhai::{Array, Dynamic, NativeCallContext};

use crate::primitives::api::raise::{Outcome, Raise};
use crate::primitives::api::show;
use crate::primitives::host;

/// The functions of `ui` for what is shown again and again.
#[export_module(manifest)]
pub mod functions {
    /// Shows a result in place of the last one on a terminal; elsewhere below it, if it is another.
    ///
    /// # Parameters
    /// * `result` - what is printed of a result: rows, mostly
    /// * `under` - the line below it
    ///
    /// # Errors
    /// * a row that cannot be shown
    ///
    /// # Example
    /// ```rhai
    /// ui::redraw([#{ server: "time", pods: 2 }], "1 server")
    /// // => ()
    /// ```
    #[rhai_fn(name = "redraw", return_raw)]
    pub fn redraw(context: NativeCallContext, result: Dynamic, under: &str) -> Outcome<()> {
        let host = host(&context);
        let document = show::document(&host, &result).map(|document| document.summary(under).empty(under));
        document.and_then(|document| host.shown()?.redraw(&document)).raise(&context)
    }

    /// Shows the named properties or keys of rows as a table, in place of the last one on a terminal; elsewhere below
    /// it, if it is another.
    ///
    /// # Parameters
    /// * `rows` - pods, sessions, or maps
    /// * `columns` - the names, in order
    /// * `under` - the line below them
    ///
    /// # Errors
    /// * a row that cannot be shown
    ///
    /// # Example
    /// ```rhai
    /// ui::redraw(pods::list(), ["name", "status"], "")
    /// // => ()
    /// ```
    #[rhai_fn(name = "redraw", return_raw)]
    pub fn redraw_columns(context: NativeCallContext, rows: Array, columns: Array, under: &str) -> Outcome<()> {
        let host = host(&context);
        let document = show::picked(&rows, &columns).map(|document| document.summary(under).empty(under));
        document.and_then(|document| host.shown()?.redraw(&document)).raise(&context)
    }
}
