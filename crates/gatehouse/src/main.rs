//! The one binary of a school: its commands.

use std::process::ExitCode;

use clap::Parser as _;

fn main() -> ExitCode {
    keep_memory_together();
    gatehouse::cli::run(gatehouse::cli::Command::parse())
}

/// Has the threads share two heaps. Left alone, glibc gives eight for each core: what one thread has taken and another gives
/// back, as every row of the activity log, then stays with the process for good (135 MB instead of 90 after some minutes of
/// names). Nor are small pieces laid aside to be joined later: each request takes a piece of 8 kB, which then joins them all
/// first (a request costs 5 % less without).
#[cfg(all(target_os = "linux", target_env = "gnu"))]
#[expect(unsafe_code, reason = "settings of the C library, before there is a second thread")]
fn keep_memory_together() {
    // SAFETY: `mallopt` takes two numbers and keeps no pointer; it must not run beside itself, and nothing else runs yet.
    unsafe {
        libc::mallopt(libc::M_ARENA_MAX, 2);
        libc::mallopt(libc::M_MXFAST, 0);
    }
}

#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
fn keep_memory_together() {}
