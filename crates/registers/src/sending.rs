//! The page on which a file is sent that another system made, before anything of it is shown or saved.

use webkit::{
    Page, PageError, Visit,
    kit::{ErrorSummary, Field, Mistakes},
    upload::Upload,
};

/// The largest file.
pub(crate) const MOST: usize = 15 * 1024 * 1024;

/// What a page says that asks for a file.
pub(crate) struct Asks {
    /// What it is called.
    pub(crate) title: &'static str,
    /// What to send.
    pub(crate) lead: &'static str,
    /// The register, and the page of its list.
    pub(crate) register: (&'static str, &'static str),
    /// Its own address, to which the file is sent.
    pub(crate) here: &'static str,
    /// What the file is called: "The audit".
    pub(crate) label: &'static str,
    /// What can be sent, and when it is saved.
    pub(crate) hint: &'static str,
    /// What the button says.
    pub(crate) button: &'static str,
    /// What is said where no file came.
    pub(crate) missing: &'static str,
}

/// The form for a file, for the template `registers/send.html`.
pub(crate) struct Sending {
    pub(crate) asks: &'static Asks,
    pub(crate) summary: Option<ErrorSummary>,
    pub(crate) file: Field,
}

impl Asks {
    /// The page with its form, which says what is wrong with the file that was sent.
    pub(crate) fn page(&'static self, visit: &Visit, wrong: Option<String>) -> (Page, Sending) {
        let mut mistakes = Mistakes::new();
        if let Some(wrong) = wrong {
            mistakes.add("file", wrong);
        }
        let (register, list) = self.register;
        let page = visit.page(self.title).back(register, list);
        let page = if mistakes.is_empty() { page } else { page.mistaken() };
        let file = Field::file("file", self.label).hint(self.hint).check(&mistakes);
        (page, Sending { asks: self, summary: mistakes.summary(), file })
    }

    /// Reads the file that was sent, by its name and bytes, while others are served. What is wrong with it is said on the
    /// page.
    pub(crate) async fn read<T: Send + 'static>(
        &self,
        upload: &Upload,
        read: impl FnOnce(&str, &[u8]) -> T + Send + 'static,
    ) -> Result<Result<T, String>, PageError> {
        let Some(part) = upload.files("file").next().cloned() else { return Ok(Err(self.missing.to_owned())) };
        let work = tokio::task::spawn_blocking(move || read(part.file.as_deref().unwrap_or_default(), &part.bytes));
        Ok(Ok(work.await.map_err(PageError::internal)?))
    }
}
