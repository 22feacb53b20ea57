//! One site of each category of each list, from the beginning of its copy: the compiled index knows no names, and the
//! filter's checks of itself need some to try.

use std::collections::BTreeMap;

use filter::{Category, read_list};
use store::{School, entity::filter_list, query::ColumnTrait as _};

use super::{
    copies::{CopyError, Folder},
    index::category_of,
    service::{Format, ListError},
};

/// More of a part is not looked at.
const ENOUGH: usize = 64 * 1024;

/// A host for each category that any list has one of. Sealed lists give none.
///
/// # Errors
/// Where a copy cannot be read.
pub async fn samples(school: &School, folder: &Folder) -> Result<BTreeMap<Category, String>, ListError> {
    let rows = school.read().find::<filter_list::Entity>().filter(filter_list::Column::Sealed.eq(false)).all().await?;
    let folder = folder.clone();
    let found = tokio::task::spawn_blocking(move || -> Result<_, ListError> {
        let mut found = BTreeMap::new();
        for row in rows {
            let format = Format::parse(&row.format).unwrap_or(Format::Domains);
            let whole = row.category.as_deref().and_then(|name| Category::parse(name).ok());
            for part in folder.beginnings(&row.name, ENOUGH)? {
                let Some(category) = category_of(&part, whole) else { continue };
                // Addresses with paths would need to be asked for in clear.
                if part.addresses || found.contains_key(&category) {
                    continue;
                }
                let mut first = None;
                read_list(format.of_filter(), &part.bytes, |line| {
                    if let (Ok(entry), None) = (line, &first) {
                        first = Some(entry.host.into_owned());
                    }
                });
                if let Some(host) = first.filter(|host| !host.contains(':')) {
                    found.insert(category, host);
                }
            }
        }
        Ok(found)
    });
    found.await.map_err(|error| CopyError {
        what: "look into",
        path: std::path::PathBuf::from("the lists"),
        cause: std::io::Error::other(error),
    })?
}
