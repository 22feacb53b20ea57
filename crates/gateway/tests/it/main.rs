//! The gateway from outside: real sockets on loopback, clients that behave and clients that do not.

#[cfg(test)]
mod bodies;
#[cfg(test)]
mod connect;
#[cfg(test)]
mod faults;
#[cfg(test)]
mod gates;
#[cfg(test)]
mod icap;
#[cfg(test)]
mod inspect;
#[cfg(test)]
mod inspect_sites;
#[cfg(test)]
mod lookups;
#[cfg(test)]
mod names;
#[cfg(test)]
mod parent;
#[cfg(test)]
mod pass;
#[cfg(test)]
mod plain;
#[cfg(test)]
mod scan;
#[cfg(test)]
mod smuggling;
#[cfg(test)]
mod stop;
#[cfg(test)]
mod strangers;
#[cfg(test)]
mod support;
#[cfg(test)]
mod tls;
#[cfg(test)]
mod ways;
#[cfg(test)]
mod who;
