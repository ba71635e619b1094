//! One run of the program: its settings, its printer, its secrets, and the cluster, connected when first
//! needed. Primitives reach everything through it; two runs in one process share nothing.

pub mod settings;
