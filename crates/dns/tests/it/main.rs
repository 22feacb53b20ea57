//! Conversations with the resolver over real sockets, with hickory's codec at the client's end and at the upstream
//! server's.

mod abuse;
mod decisions;
mod listeners;
mod support;
mod upstream;
