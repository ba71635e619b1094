//! `--allow` and `--deny`: whatever a script tries, what it may not do is not done.

mod detours;
mod flags;
