//! The `mcpctl` program: parse, run, print the error, exit with its code.

fn main() -> std::process::ExitCode {
    mcpctl::cli::main()
}
