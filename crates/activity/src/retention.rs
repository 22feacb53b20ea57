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
    let gone = std::mem::replace(&mut state.days, kept);
    state.forget_before(day);
    drop(state);
    let mut dropped = Dropped::default();
    for (day, files) in gone {
        dropped.rows += files.iter().map(|file| file.rows).sum::<u64>();
        dropped.days.push(day);
    }
    // Folders and not the list above: what cannot be read, or was left by a removal cut short, goes too.
    let days = book.days();
    let failed = |what, path, cause| LogError::File { what, path, cause };
    for entry in std::fs::read_dir(&days).map_err(|cause| failed("read", days.clone(), cause))? {
        let entry = entry.map_err(|cause| failed("read", days.clone(), cause))?;
        let date = entry.file_name().to_str().and_then(|name| name.parse::<Date>().ok());
        if date.is_some_and(|date| date < day) {
            std::fs::remove_dir_all(entry.path()).map_err(|cause| failed("remove", entry.path(), cause))?;
        }
    }
    sync_folder(&days)?;
    Ok(dropped)
}
