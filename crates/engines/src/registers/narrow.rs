//! What a list is narrowed to, and how the database is asked for it.

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
};

/// Up to how many entries are looked up once, instead of asking each entry of the list in turn.
const FEW: u64 = 2_000;

/// What a list is narrowed to.
pub(super) enum Narrow {
    /// To few entries that hold a value.
    Few(Holding),
    /// To many that do.
    Many(Holding),
    /// To what is due before this day.
    Before(Date),
    /// To these.
    Ids(Vec<Uuid>),
    /// To many in which these words are found.
    Like(Vec<String>),
}

/// That one of some fields holds a value.
pub(super) struct Holding {
    fields: Vec<String>,
    value: String,
}

impl Holding {
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
fn like(words: &[String]) -> Condition {
    words.iter().fold(Condition::all(), |all, word| {
        all.add(Expr::col((register_entry::Entity, register_entry::Column::Search)).like(pattern(word)))
    })
}

fn pattern(word: &str) -> LikeExpr {
    let plain = word.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
    LikeExpr::new(format!("%{plain}%")).escape('\\')
}

impl Book {
    /// What the list is narrowed to.
    pub(super) async fn narrows(&self, asked: &Asked) -> Result<Vec<Narrow>, RegisterError> {
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
        let mut narrows = Vec::new();
        for holding in all {
            let rows = self.rows();
            let many = rows.find::<register_key::Entity>().filter(holding.condition()).limit(FEW + 1);
            let chosen: Vec<Found> = self.of_register(many).with(only_entry).all_as().await?;
            narrows.push(if chosen.len() as u64 > FEW { Narrow::Many(holding) } else { Narrow::Few(holding) });
        }
        match asked.shown {
            Shown::Overdue => narrows.push(Narrow::Before(self.today())),
            Shown::Due => {
                let soon = soon(&self.register, self.today());
                narrows.push(Narrow::Before(soon.tomorrow().unwrap_or(soon)));
            }
            Shown::Open | Shown::Ended | Shown::All => {}
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
            let found: Vec<Found> = found.all_as().await?;
            narrows.push(if found.len() as u64 > FEW {
                Narrow::Like(words)
            } else {
                Narrow::Ids(found.into_iter().map(|one| one.entry_id).collect())
            });
        }
        Ok(narrows)
    }

    /// That an entry, named by `entry`, is all that a list is narrowed to. What few entries are is looked up once; what
    /// many are is asked of each entry in turn, for the page is soon full.
    pub(super) fn all_of(&self, narrows: &[Narrow], entry: ColumnRef) -> Condition {
        narrows.iter().fold(Condition::all(), |all, narrow| {
            all.add(match narrow {
                Narrow::Few(holding) => {
                    let ids = self.keys().filter(holding.condition()).into_query();
                    Expr::col(entry.clone()).in_subquery(ids)
                }
                Narrow::Many(holding) => {
                    let column = |column: register_key::Column| Expr::col(("k", column));
                    let mut asks = Query::select();
                    asks.expr(Expr::val(1))
                        .from_as(register_key::Entity, "k")
                        .and_where(column(register_key::Column::EntryId).eq(Expr::col(entry.clone())))
                        .and_where(column(register_key::Column::Field).is_in(holding.fields.clone()))
                        .and_where(column(register_key::Column::SortKey).is_in(holding.keys(&["0", "1"])));
                    Expr::exists(asks)
                }
                Narrow::Before(day) => {
                    let due = self
                        .keys()
                        .filter(register_key::Column::Field.eq(DUE))
                        .filter(register_key::Column::SortKey.gte("00"))
                        .filter(register_key::Column::SortKey.lt(format!("00{day}")));
                    Expr::col(entry.clone()).in_subquery(due.into_query())
                }
                Narrow::Ids(ids) => Expr::col(entry.clone()).is_in(ids.iter().copied()),
                Narrow::Like(words) => {
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
