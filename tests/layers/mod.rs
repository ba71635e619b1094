//! Layers of the library on their own: the cluster layer, and parsers under random input.

pub(super) mod cluster_layer;
pub(super) mod fuzz;
