//! Retention: whole days go, at once and for good.

use jiff::civil::Date;

use crate::{
    book::Book,
    compact, copying,
    journal::sync_folder,
    log::{Dropped, LogError},
};

/// Removes all days before `day`. Rows of such days that are still in finished journal files go into day files
/// first, so that no journal keeps what was dropped. A removal that was cut short is completed by the next.
pub(crate) fn drop_before(book: &Book, day: Date) -> Result<Dropped, LogError> {
    let _one_at_a_time = book.upkeep();
    let _nobody_copies = copying::alone(&book.days())?;
    compact::settle_all(book, &mut |_| Ok(()))?;
    let _nobody_reads = book.files.blocking_write();
    let mut state = book.state();
    let kept = state.days.split_off(&day);
    let mut gone = std::mem::replace(&mut state.days, kept);
    state.forget_before(day);
    drop(state);
    let mut dropped = Dropped::default();
    // Folders and not the list above: what cannot be read, or was left by a removal cut short, goes too. One that cannot be
    // removed does not keep the others.
    let days = book.days();
    let failed = |what, path, cause| LogError::File { what, path, cause };
    for entry in std::fs::read_dir(&days).map_err(|cause| failed("read", days.clone(), cause))? {
        let entry = entry.map_err(|cause| failed("read", days.clone(), cause))?;
        let Some(date) = entry.file_name().to_str().and_then(|name| name.parse::<Date>().ok()) else { continue };
        if date >= day {
            continue;
        }
        if let Err(error) = std::fs::remove_dir_all(entry.path()) {
            tracing::error!(school.id = %book.school, error = &error as &dyn std::error::Error,
                "a day of the activity log cannot be removed");
            dropped.left.push(entry.path());
            // What is still there is not gone.
            let files = gone.remove(&date).unwrap_or_default();
            let files: Vec<_> = files.into_iter().filter(|file| file.path.exists()).collect();
            if !files.is_empty() {
                book.state().days.insert(date, files);
            }
        }
    }
    sync_folder(&days)?;
    for (day, files) in gone {
        dropped.rows += files.iter().map(|file| file.rows).sum::<u64>();
        dropped.days.push(day);
    }
    Ok(dropped)
}
