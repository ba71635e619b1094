# Frequent tasks. `just` lists them; each recipe is one line that also works without just.

_list:
    @just --list

# What CI runs; `just check format lint test` runs only these steps.
check *steps:
    .ci/run {{steps}}

# The tests that need no cluster, no engine and no network; `just test pods` runs those with `pods` in their names.
test *filter:
    cargo test {{filter}}

# Generates docs/reference/.
docs:
    MCPCTL_UPDATE_DOCS=1 cargo test --test main reference

# Compares the release build with kubectl and curl; docs/performance.md describes the benchmarks, some of which need a cluster.
bench *figures:
    cargo build --release
    benches/figures.py {{figures}}
