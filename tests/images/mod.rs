//! Images from outside: pulling against a store in memory, and the engine's protocol against a fake engine.

mod engine;
mod pulling;
