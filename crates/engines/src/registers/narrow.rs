//! What a list is narrowed to, and how the database is asked for it.

use std::collections::BTreeSet;

use declare::typed::fold;
use jiff::civil::Date;
use sea_orm::{
    ColumnTrait, Condition, EntityTrait, QueryFilter, QuerySelect, QueryTrait,
    sea_query::{ColumnRef, Expr, ExprTrait, LikeExpr, Query},
};
use store::entity::{register_entry, register_key};
use uuid::Uuid;

use super::{
    book::Book,
    error::RegisterError,
    keys::{self, CLAUSE, DUE, STATE},
    list::{Asked, Found, Shown, soon},
    memory::AsOf,
};

/// Up to how many entries are looked up once, instead of asking each entry of the list in turn.
const FEW: u64 = 2_000;

/// What a list is narrowed to: few entries are looked up once and then known, many are asked of each entry in turn.
#[derive(Default)]
pub(super) struct Narrows {
    /// The entries, where they are few.
    pub(super) ids: Option<Vec<Uuid>>,
    /// What else must hold.
    pub(super) many: Vec<Many>,
}

/// What a list is narrowed to that leaves many entries.
pub(super) enum Many {
    /// To those that hold a value.
    Holding(Holding),
    /// To what is due before this day.
    Before(Date),
    /// To those in which these words are found.
    Like(Vec<String>),
}

impl Narrows {
    /// What it leaves, for numbers that are remembered: none where few entries are known one by one.
    pub(super) fn words(&self) -> String {
        self.many.iter().map(|one| format!("\u{1f}{}", one.words())).collect()
    }

    /// Leaves what these few are, or what holds of many.
    fn add(&mut self, found: Vec<Found>, many: impl FnOnce() -> Many) {
        if found.len() as u64 > FEW {
            self.many.push(many());
            return;
        }
        let found: BTreeSet<Uuid> = found.into_iter().map(|one| one.entry_id).collect();
        self.ids = Some(match self.ids.take() {
            Some(before) => before.into_iter().filter(|id| found.contains(id)).collect(),
            None => found.into_iter().collect(),
        });
    }
}

impl Many {
    fn words(&self) -> String {
        match self {
            Self::Holding(holding) => holding.words(),
            Self::Before(day) => format!("before {day}"),
            Self::Like(words) => format!("like {}", words.join(" ")),
        }
    }
}

/// That one of some fields holds a value.
pub(super) struct Holding {
    fields: Vec<String>,
    value: String,
}

impl Holding {
    /// Whether no entry holds it twice.
    pub(super) fn is_once(&self) -> bool {
        self.fields.len() == 1
    }

    fn words(&self) -> String {
        format!("{} {}", self.fields.join(" "), self.value)
    }

    fn keys(&self, digits: &[&str]) -> Vec<String> {
        digits.iter().map(|digit| format!("{digit}0{}", self.value)).collect()
    }

    fn condition(&self) -> Condition {
        self.condition_of(&["0", "1"])
    }

    pub(super) fn condition_of(&self, digits: &[&str]) -> Condition {
        Condition::all()
            .add(register_key::Column::Field.is_in(self.fields.iter().map(String::as_str)))
            .add(register_key::Column::SortKey.is_in(self.keys(digits)))
    }
}

pub(super) fn only_entry(select: sea_orm::Select<register_key::Entity>) -> sea_orm::Select<register_key::Entity> {
    select.select_only().column(register_key::Column::EntryId)
}

/// That all words are found in an entry.
pub(super) fn like(words: &[String]) -> Condition {
    words.iter().fold(Condition::all(), |all, word| {
        all.add(Expr::col((register_entry::Entity, register_entry::Column::Search)).like(pattern(word)))
    })
}

/// That an open entry is due before a day.
fn due_before(day: Date) -> Condition {
    Condition::all()
        .add(register_key::Column::Field.eq(DUE))
        .add(register_key::Column::SortKey.gte("00"))
        .add(register_key::Column::SortKey.lt(format!("00{day}")))
}

fn pattern(word: &str) -> LikeExpr {
    let plain = word.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
    LikeExpr::new(format!("%{plain}%")).escape('\\')
}

impl Book {
    /// What the list is narrowed to.
    pub(super) async fn narrows(&self, asked: &Asked, as_of: AsOf) -> Result<Narrows, RegisterError> {
        let mut all = Vec::new();
        let mut hold = |fields: Vec<String>, value: &str| all.push(Holding { fields, value: value.to_owned() });
        if let Some(state) = &asked.state {
            hold(vec![keys::lookup(STATE)], state);
        }
        if let Some(clause) = &asked.clause {
            hold(vec![keys::lookup(CLAUSE)], clause);
        }
        if let Some(person) = asked.person {
            let persons = self
                .access
                .fields(&self.register)
                .filter(|field| matches!(field.kind, declare::FieldKind::Person { .. }))
                .map(|field| keys::lookup(field.name.as_str()));
            hold(persons.collect(), &person.to_string());
        }
        for (name, value) in &asked.holds {
            let known = self.access.fields(&self.register).find(|field| field.name.as_str() == name);
            if let Some(field) = known.filter(|field| keys::filters(field)) {
                hold(vec![keys::lookup(field.name.as_str())], value);
            }
        }
        let mut narrows = Narrows::default();
        for holding in all {
            let rows = self.rows();
            let held = || self.of_register(rows.find::<register_key::Entity>()).filter(holding.condition());
            // One row says whether they are many; many are not read.
            let are_many = async {
                let more: Vec<Found> = held().offset(FEW).limit(1).with(only_entry).all_as().await?;
                Ok(u64::from(!more.is_empty()))
            };
            if self.number(as_of, format!("many {}", holding.words()), are_many).await? == 0 {
                let found = held().limit(FEW + 1).with(only_entry).all_as().await?;
                narrows.add(found, || Many::Holding(holding));
            } else {
                narrows.many.push(Many::Holding(holding));
            }
        }
        let before = match asked.shown {
            Shown::Overdue => Some(self.today()),
            Shown::Due => {
                let soon = soon(&self.register, self.today());
                Some(soon.tomorrow().unwrap_or(soon))
            }
            Shown::Open | Shown::Ended | Shown::All => None,
        };
        if let Some(day) = before {
            let rows = self.rows();
            let due = self.of_register(rows.find::<register_key::Entity>()).filter(due_before(day));
            narrows.add(due.limit(FEW + 1).with(only_entry).all_as().await?, || Many::Before(day));
        }
        let words = fold(&asked.find);
        if !words.is_empty() {
            let words: Vec<String> = words.split(' ').map(str::to_owned).collect();
            let rows = self.rows();
            let found = self
                .seen(&rows)
                .filter(like(&words))
                .limit(FEW + 1)
                .with(|select| select.select_only().column_as(register_entry::Column::Id, "entry_id"));
            narrows.add(found.all_as().await?, || Many::Like(words));
        }
        Ok(narrows)
    }

    /// That an entry, named by `entry`, is all that holds of many: each is asked in turn, for the page is soon full.
    pub(super) fn all_of<'m>(&self, many: impl IntoIterator<Item = &'m Many>, entry: ColumnRef) -> Condition {
        many.into_iter().fold(Condition::all(), |all, one| {
            all.add(match one {
                Many::Holding(holding) => {
                    let column = |column: register_key::Column| Expr::col(("k", column));
                    let mut asks = Query::select();
                    asks.expr(Expr::val(1))
                        .from_as(register_key::Entity, "k")
                        .and_where(column(register_key::Column::EntryId).eq(Expr::col(entry.clone())))
                        .and_where(column(register_key::Column::Field).is_in(holding.fields.clone()))
                        .and_where(column(register_key::Column::SortKey).is_in(holding.keys(&["0", "1"])));
                    Expr::exists(asks)
                }
                Many::Before(day) => {
                    Expr::col(entry.clone()).in_subquery(self.keys().filter(due_before(*day)).into_query())
                }
                Many::Like(words) => {
                    let mut asks = Query::select();
                    let id = (register_entry::Entity, register_entry::Column::Id);
                    asks.expr(Expr::val(1)).from_as(register_entry::Entity, "e");
                    asks.and_where(Expr::col(("e", id.1)).eq(Expr::col(entry.clone())));
                    for pattern in words.iter().map(|word| pattern(word)) {
                        asks.and_where(Expr::col(("e", register_entry::Column::Search)).like(pattern));
                    }
                    Expr::exists(asks)
                }
            })
        })
    }

    fn keys(&self) -> sea_orm::Select<register_key::Entity> {
        only_entry(register_key::Entity::find())
            .filter(register_key::Column::SchoolId.eq(self.school.id().0))
            .filter(register_key::Column::Register.eq(self.control()))
    }
}
