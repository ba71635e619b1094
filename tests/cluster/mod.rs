//! Tests against a real API server and a real engine; ignored unless there is one.

mod images;
mod layer;
