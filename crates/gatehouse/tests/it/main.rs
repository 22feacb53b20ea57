//! Integration tests: a whole school from outside, laid out like the addresses of the desk.

#[cfg(test)]
mod browser;
#[cfg(test)]
mod controls;
#[cfg(test)]
mod school;
