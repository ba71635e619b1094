//! The language's limits and what is switched off: the same for running, checking and reading headers, in
//! debug and release builds.

use rhai::{Engine, OptimizationLevel};

/// How deep functions may call each other. The script thread's stack is made for it.
pub const CALL_LEVELS: usize = 64;
/// How deep expressions may nest, in functions and outside. Rhai's own limits differ between debug and
/// release builds; these are the same in both.
pub const EXPRESSION_DEPTH: usize = 128;
/// How deep values may nest: arrays, maps and captured variables inside each other.
pub const NESTING: usize = 500;

/// The language: the same for running, checking and reading headers.
pub fn configure(engine: &mut Engine) {
    engine.set_max_call_levels(CALL_LEVELS);
    engine.set_max_expr_depths(EXPRESSION_DEPTH, EXPRESSION_DEPTH);
    // With any of Rhai's limits of sizes, every call walks through all that its arguments contain: pushing 20,000
    // arrays onto one takes seconds. The total of a run is limited instead, see `memory`.
    engine.set_max_string_size(0);
    engine.set_max_array_size(0);
    engine.set_max_map_size(0);
    engine.set_strict_variables(true);
    engine.set_fail_on_invalid_map_property(true);
    engine.set_optimization_level(OptimizationLevel::None);
    engine.disable_symbol("eval");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_limit_makes_every_call_walk_through_its_arguments() {
        let mut engine = Engine::new();
        configure(&mut engine);
        assert_eq!((engine.max_string_size(), engine.max_array_size(), engine.max_map_size()), (0, 0, 0));
    }
}
