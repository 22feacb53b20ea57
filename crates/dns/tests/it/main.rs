//! Conversations with the resolver over real sockets, with hickory's codec at the client's end and at the upstream
//! server's.

#[cfg(test)]
mod abuse;
#[cfg(test)]
mod decisions;
#[cfg(test)]
mod listeners;
#[cfg(test)]
mod support;
#[cfg(test)]
mod upstream;
