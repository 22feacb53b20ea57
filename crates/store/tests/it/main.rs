//! The store on both databases.

#[cfg(test)]
mod acts;
#[cfg(test)]
mod backup;
#[cfg(test)]
mod full;
#[cfg(test)]
mod killed;
#[cfg(test)]
mod ledger;
#[cfg(test)]
mod mutations;
#[cfg(test)]
mod schema;
