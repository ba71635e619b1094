//! `mcpctl sandbox serve`: the command, and what kubectl makes of it beside a real API server.

mod attacks;
mod command;
mod kubectl;
