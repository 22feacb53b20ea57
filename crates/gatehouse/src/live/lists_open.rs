//! Opening the compiled lists: at the start, and again where they were brought up to date or their files changed.

use std::sync::Arc;

use anyhow::Context as _;
use traffic::lists;

use super::Live;

impl Live {
    /// Maps the index and the sealed list again. Each stays as it was where its file cannot be used; an index that is
    /// damaged or gone is compiled anew, from the last good copies.
    pub(super) async fn reopen_lists(&self) -> anyhow::Result<()> {
        let inner = &self.0;
        let (school, folder) = (&inner.installation.school, inner.installation.lists());
        let (some, some_sealed) = lists::service::entered(school).await.context("the lists cannot be read")?;
        inner.list_files.store(Some(Arc::new(self.marks())));
        if folder.is_stale() && inner.lists.load().is_none() {
            // The program ended after a list was brought up to date; what was compiled before it is of use all the same.
            if let Err(error) = lists::service::compile(school, &folder).await {
                tracing::error!(
                    error = format!("{:#}", anyhow::Error::new(error)),
                    "the index of the lists stays older"
                );
            }
            inner.list_files.store(Some(Arc::new(self.marks())));
        }
        let index = match lists::open(&folder.index()) {
            Ok(None) if some => Err("it is gone".to_owned()),
            Ok(index) => Ok(index),
            Err(error) => Err(format!("{:#}", anyhow::Error::new(error))),
        };
        let index = match index {
            Ok(index) => index,
            Err(error) => {
                tracing::error!(error, "the index of the lists is compiled anew");
                lists::service::compile(school, &folder).await.context("the index of the lists cannot be compiled")?;
                inner.list_files.store(Some(Arc::new(self.marks())));
                lists::open(&folder.index()).context("the index of the lists cannot be used")?
            }
        };
        inner.lists.store(index.map(Arc::new));
        let sealed = lists::open_sealed(&folder.sealed(), school).context("the sealed list cannot be used")?;
        anyhow::ensure!(sealed.is_some() || !some_sealed, "the sealed list {} is gone", folder.sealed().display());
        inner.sealed.store(sealed.map(Arc::new));
        Ok(())
    }

    /// The marks of the files of the lists.
    fn marks(&self) -> [Option<lists::Mark>; 2] {
        let folder = self.0.installation.lists();
        [lists::mark(&folder.index()), lists::mark(&folder.sealed())]
    }

    /// Reads the files of the lists again where somebody changed them without an act: what holds does not hang on them,
    /// but the next start would.
    pub(crate) fn look_at_lists(&self) {
        if self.0.list_files.load().as_deref().is_some_and(|known| *known != self.marks()) {
            tracing::warn!("the files of the lists were changed from outside; they are read again");
            self.lists_changed();
            self.wake();
        }
    }
}
