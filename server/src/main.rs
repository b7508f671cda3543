//! The `farewell` command.

use std::process::ExitCode;

use farewell_server::cli::Cli;

/// Most of what a request takes beside the database is small allocations, and glibc's allocator takes longer over them.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[tokio::main]
async fn main() -> ExitCode {
    Cli::typed().run().await
}
