//! The rules of the repository as tests.

#[cfg(test)]
mod documents;
#[cfg(test)]
mod policies;
#[cfg(test)]
mod tidy;
