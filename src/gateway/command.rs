//! Gateway arguments.
