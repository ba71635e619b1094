//! The journal: what is in it, what never is, who writes it at once, and what `mcpctl history` finds.

mod history;
mod writing;
