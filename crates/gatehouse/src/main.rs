//! The one binary of a school: its commands.

use std::process::ExitCode;

use clap::Parser as _;

fn main() -> ExitCode {
    keep_memory_together();
    gatehouse::cli::run(gatehouse::cli::Command::parse())
}

/// Has the threads share two heaps. Left alone, glibc gives eight for each core: what one thread has taken and another gives
/// back, as every row of the activity log, then stays with the process for good (135 MB instead of 90 after some minutes of
/// names).
#[cfg(all(target_os = "linux", target_env = "gnu"))]
#[expect(unsafe_code, reason = "a setting of the C library: two numbers, before there is a second thread")]
fn keep_memory_together() {
    // SAFETY: `mallopt` takes two numbers and keeps no pointer; it must not run beside itself, and nothing else runs yet.
    unsafe { libc::mallopt(libc::M_ARENA_MAX, 2) };
}

#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
fn keep_memory_together() {}
