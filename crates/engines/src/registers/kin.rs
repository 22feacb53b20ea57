//! Who stands to whom in the relations that declarations name: parents to children, class teachers to their class,
//! line managers to those whom they manage, everybody to themselves.

use std::collections::BTreeSet;

use declare::Register;
use kernel::{Audience, AudienceAtom, PersonId, audience::Relation};
use store::{
    Rows, StoreError,
    entity::{people_class_member, people_relation},
    query::{ColumnTrait, ExprTrait},
};
use uuid::Uuid;

/// The people to whom somebody stands in a relation. Empty for whoever stands to nobody, and for Gatehouse itself.
#[derive(Debug, Clone, Default)]
pub(crate) struct Kin {
    own: BTreeSet<PersonId>,
    children: BTreeSet<PersonId>,
    class: BTreeSet<PersonId>,
    managed: BTreeSet<PersonId>,
}

impl Kin {
    /// Reads whom somebody stands to; nothing is read where no register asks.
    pub(crate) async fn read<'a>(
        rows: &Rows,
        person: PersonId,
        mut registers: impl Iterator<Item = &'a Register>,
    ) -> Result<Self, StoreError> {
        let mut kin = Self { own: BTreeSet::from([person]), ..Self::default() };
        if !registers.any(names_kin) {
            return Ok(kin);
        }
        let relations = rows.find::<people_relation::Entity>();
        for row in relations.filter(people_relation::Column::PersonId.eq(person.0)).all().await? {
            match row.relation.as_str() {
                "parent" => kin.children.insert(PersonId(row.other_id)),
                "line-manager" => kin.managed.insert(PersonId(row.other_id)),
                _ => false,
            };
        }
        let own = people_class_member::Column::PersonId
            .eq(person.0)
            .and(people_class_member::Column::MemberAs.eq("class-teacher"));
        let own = rows.find::<people_class_member::Entity>().filter(own).all().await?;
        let classes: Vec<Uuid> = own.into_iter().map(|row| row.class_id).collect();
        if !classes.is_empty() {
            let pupils = people_class_member::Column::ClassId
                .is_in(classes)
                .and(people_class_member::Column::MemberAs.eq("pupil"));
            let pupils = rows.find::<people_class_member::Entity>().filter(pupils).all().await?;
            kin.class.extend(pupils.into_iter().map(|row| PersonId(row.person_id)));
        }
        Ok(kin)
    }

    /// Those to whom the person stands as an audience says.
    pub(crate) fn named(&self, who: &Audience) -> BTreeSet<PersonId> {
        let mut people = BTreeSet::new();
        for relation in relations(who) {
            people.extend(match relation {
                Relation::Parent => &self.children,
                Relation::ClassTeacher => &self.class,
                Relation::LineManager => &self.managed,
                Relation::Own => &self.own,
            });
        }
        people
    }
}

fn relations(who: &Audience) -> impl Iterator<Item = Relation> {
    who.atoms().iter().filter_map(|atom| match atom {
        AudienceAtom::Relation(relation) => Some(*relation),
        AudienceAtom::Everyone
        | AudienceAtom::All(_)
        | AudienceAtom::Years(..)
        | AudienceAtom::Stage(_)
        | AudienceAtom::Class(_)
        | AudienceAtom::Role(_)
        | AudienceAtom::Group(_)
        | AudienceAtom::Joiners => None,
    })
}

/// Whether a register asks for anything beyond who the reader is.
fn names_kin(register: &Register) -> bool {
    let private = register.fields.iter().filter_map(|field| field.private.as_ref());
    let mut named = [&register.reads, &register.writes].into_iter().chain(private);
    named.any(|who| relations(who).any(|relation| relation != Relation::Own))
}
