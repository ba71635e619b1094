//! The API server's rules: verbs, validation, defaults, admission, field ownership, lists and watches.

pub(crate) mod access;
pub(crate) mod admission;
pub(crate) mod age;
pub(crate) mod apply;
pub(crate) mod change;
pub(crate) mod compare;
pub(crate) mod create;
pub(crate) mod defaults;
pub(crate) mod delete;
pub(crate) mod fields;
pub(crate) mod list;
pub(crate) mod managed_fields;
pub(crate) mod names;
pub(crate) mod pod_columns;
pub(crate) mod resource;
pub(crate) mod selector;
pub(crate) mod shape;
pub(crate) mod table;
pub(crate) mod update;
pub(crate) mod validate;
pub(crate) mod watch;
