//! The language's limits and what is switched off: the same for running, checking and reading headers, in
//! debug and release builds.

use rhai::{Engine, OptimizationLevel};

/// How deep functions may call each other. The script thread's stack is made for it.
pub const CALL_LEVELS: usize = 64;
/// How deep expressions may nest, in functions and outside. Rhai's own limits differ between debug and
/// release builds; these are the same in both.
pub const EXPRESSION_DEPTH: usize = 128;
/// The longest text, in bytes.
pub const LONGEST_TEXT: usize = 64 * 1024 * 1024;
/// The most items of an array.
pub const LONGEST_ARRAY: usize = 1_000_000;
/// The most keys of a map.
pub const LARGEST_MAP: usize = 1_000_000;

/// The language: the same for running, checking and reading headers.
pub fn configure(engine: &mut Engine) {
    engine.set_max_call_levels(CALL_LEVELS);
    engine.set_max_expr_depths(EXPRESSION_DEPTH, EXPRESSION_DEPTH);
    engine.set_max_string_size(LONGEST_TEXT);
    engine.set_max_array_size(LONGEST_ARRAY);
    engine.set_max_map_size(LARGEST_MAP);
    engine.set_strict_variables(true);
    engine.set_fail_on_invalid_map_property(true);
    engine.set_optimization_level(OptimizationLevel::None);
    engine.disable_symbol("eval");
}
