# What is done often. `just` lists it; each recipe is one line that works without just too.

_list:
    @just --list

# What CI runs; `just check format lint test` runs these steps alone.
check *steps:
    .ci/run {{steps}}

# The tests that need neither cluster nor engine nor network; `just test pods` runs those whose name has `pods`.
test *filter:
    cargo test {{filter}}

# Writes docs/reference/ anew.
docs:
    MCPCTL_UPDATE_DOCS=1 cargo test --test main reference

# Measures the release build beside kubectl and curl; some figures need a cluster, docs/performance.md tells of each.
bench *figures:
    cargo build --release
    benches/figures.py {{figures}}
