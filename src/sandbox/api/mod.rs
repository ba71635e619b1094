//! The API server's rules: verbs, validation, defaults, admission, field ownership, lists and watches.

pub(super) mod access;
pub(super) mod admission;
pub(super) mod apply;
pub(super) mod change;
pub(super) mod compare;
pub(super) mod create;
pub(super) mod defaults;
pub(super) mod delete;
pub(super) mod fields;
pub(super) mod list;
pub(super) mod managed_fields;
pub(super) mod names;
pub(super) mod pod_columns;
pub(super) mod resource;
pub(super) mod selector;
pub(super) mod shape;
pub(super) mod table;
pub(super) mod update;
pub(super) mod validate;
pub(super) mod watch;
