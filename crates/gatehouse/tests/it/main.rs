//! Integration tests: a whole school from outside, laid out like the addresses of the desk.

#[cfg(test)]
mod asking;
#[cfg(test)]
mod browser;
#[cfg(test)]
mod by_itself;
#[cfg(test)]
mod calendars;
#[cfg(test)]
mod changing;
#[cfg(test)]
mod cli;
#[cfg(test)]
mod command;
#[cfg(test)]
mod controls;
#[cfg(test)]
mod devices;
#[cfg(test)]
mod done_when;
#[cfg(test)]
mod draft;
#[cfg(test)]
mod facts;
#[cfg(test)]
mod finding;
#[cfg(test)]
mod gates;
#[cfg(test)]
mod lists;
#[cfg(test)]
mod moments;
#[cfg(test)]
mod names;
#[cfg(test)]
mod opening;
#[cfg(test)]
mod own;
#[cfg(test)]
mod papers;
#[cfg(test)]
mod refusals;
#[cfg(test)]
mod roles;
#[cfg(test)]
mod school;
#[cfg(test)]
mod sealed;
#[cfg(test)]
mod starting;
#[cfg(test)]
mod what_if;
#[cfg(test)]
mod who;
