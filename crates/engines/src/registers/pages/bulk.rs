//! One step, or one field, for several entries together: chosen in the list, asked once, done in one transaction.

use askama::Template;
use declare::{Field, Values};
use uuid::Uuid;
use webkit::{
    Page, PageError, PageResult, Visit,
    error::refused,
    html,
    kit::{ErrorSummary, Mistakes},
};

use super::{
    fields::{Input, Offers, inputs},
    form::{Sent, Typed, read},
    opened::Opened,
};
use crate::registers::{
    Book, Kept, Mover, RegisterError,
    words::{capital, count},
};

/// How many entries are changed together.
const MOST: usize = 500;

#[derive(Template)]
#[template(path = "registers/bulk.html")]
struct BulkPage {
    page: Page,
    title: String,
    summary: Option<ErrorSummary>,
    says: String,
    what: String,
    titles: Vec<String>,
    ids: Vec<Uuid>,
    inputs: Vec<Input>,
    save: String,
    cancel: String,
    action: String,
}

/// What is done with those chosen.
enum Doing<'a> {
    Step(Mover<'a>),
    Set(&'a Field),
}

impl<'a> Doing<'a> {
    fn parse(book: &'a Book, word: &str) -> Result<Self, PageError> {
        if let Some(name) = word.strip_prefix("move-") {
            return book.mover(name).map(Self::Step).ok_or_else(|| PageError::Forbidden("take this step".to_owned()));
        }
        let name = word.strip_prefix("set-").ok_or_else(|| PageError::bad("Choose what to do with them"))?;
        book.writer().ok_or_else(|| PageError::Forbidden("change this register".to_owned()))?;
        let mut fields = book.access().form(book.register());
        let field = fields.find(|field| field.name.as_str() == name && !field.unique);
        field.map(Self::Set).ok_or(PageError::NotFound)
    }

    fn fields(&self) -> Vec<&'a Field> {
        match self {
            Self::Step(mover) => mover.asks(),
            Self::Set(field) => vec![field],
        }
    }

    fn label(&self) -> String {
        match self {
            Self::Step(mover) => mover.step().label.clone(),
            Self::Set(field) => format!("Change: {}", capital(field.column.trim_end_matches('?'))),
        }
    }
}

/// Asks once for what is done with all, then does it.
pub(super) async fn bulk(visit: Visit, opened: Opened, sent: Sent) -> PageResult {
    let book = &opened.book;
    let doing = Doing::parse(book, sent.text("do"))?;
    let ids = sent.ids();
    if ids.is_empty() {
        return Err(PageError::bad("Choose at least one of them. Go back and tick the boxes in front"));
    }
    if ids.len() > MOST {
        return Err(PageError::bad(format!("Choose {MOST} at most")));
    }
    let chosen = book.some(&ids).await?;
    let fields = doing.fields();
    let offers = Offers::read(book, &fields).await?;
    if sent.text("sure").is_empty() {
        let typed = Typed::of_today(&fields, book.today(), &offers.names);
        let asks = matches!(doing, Doing::Step(_));
        let typed = if asks { typed } else { Typed::default() };
        return html(&page(&visit, book, &doing, sent.text("do"), &chosen, &typed, &offers, &Mistakes::new()));
    }
    let mut read = read(book, &fields, &sent, &offers, &Values::new()).await?;
    if !read.draft.files.is_empty() {
        return Err(PageError::bad("A file belongs to one entry: add it there"));
    }
    if read.mistakes.is_empty() {
        let done = match &doing {
            Doing::Step(mover) => mover.take_all(&ids, &read.draft.values).await,
            Doing::Set(field) => {
                let writer = opened.writer()?;
                writer.set_all(&ids, &field.name, read.draft.values.get(field.name.as_str())).await
            }
        };
        match done {
            Ok(number) => {
                let number = u64::try_from(number).unwrap_or(u64::MAX);
                let said = match number {
                    0 => "Nothing was to be changed.".to_owned(),
                    1 => format!("{} is changed.", count(book.register(), 1)),
                    more => format!("{} are changed.", count(book.register(), more)),
                };
                return Ok(visit.see_other_saying(&book.address(), &said));
            }
            Err(RegisterError::Refused(refusals)) => read.refuse(refusals),
            Err(RegisterError::Changed(_)) => {
                read.mistakes.add("form", "Somebody has changed one of them meanwhile: go back and choose again");
            }
            Err(other) => return Err(other.into()),
        }
    }
    refused(&page(&visit, book, &doing, sent.text("do"), &chosen, &read.typed, &offers, &read.mistakes))
}

#[expect(clippy::too_many_arguments, reason = "what the page is made of, used twice")]
fn page(
    visit: &Visit,
    book: &Book,
    doing: &Doing<'_>,
    what: &str,
    chosen: &[Kept],
    typed: &Typed,
    offers: &Offers,
    mistakes: &Mistakes,
) -> BulkPage {
    let register = book.register();
    let number = u64::try_from(chosen.len()).unwrap_or(u64::MAX);
    let page = visit.page(doing.label()).back(book.declaration().title.clone(), book.address());
    let left = match doing {
        Doing::Step(mover) => chosen.iter().filter(|kept| !mover.leads(kept)).count(),
        Doing::Set(_) => 0,
    };
    let says = match left {
        0 => format!("{} chosen.", count(register, number)),
        some => format!(
            "{} chosen; {some} of them are left alone, because the step does not lead on from where they are.",
            count(register, number)
        ),
    };
    BulkPage {
        page: if mistakes.is_empty() { page } else { page.mistaken() },
        title: doing.label(),
        summary: mistakes.summary(),
        says,
        what: what.to_owned(),
        titles: chosen.iter().map(|kept| kept.title.clone()).collect(),
        ids: chosen.iter().map(|kept| kept.entry.id).collect(),
        inputs: inputs(book, &doing.fields(), typed, offers, mistakes, mistakes.is_empty()),
        save: format!("Do it for {}", count(register, number)),
        cancel: format!("{}?choose=yes", book.address()),
        action: format!("{}/bulk", book.address()),
    }
}
