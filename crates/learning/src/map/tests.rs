//! Tables of the map: who has been taught what, and what stands in the cells.

use jiff::civil::date;
use kernel::AudienceAtom;

use super::*;

fn year(number: u8) -> Option<Year> {
    Year::numbered(number)
}

fn class(name: &str, of: Option<Year>) -> Class {
    Class { name: name.to_owned(), year: of, pupils: Vec::new() }
}

fn skill(label: &str, section: &str, who: &str) -> Skill {
    let who = (!who.is_empty()).then(|| Audience::of(AudienceAtom::parse(who).unwrap()));
    Skill {
        label: label.to_owned(),
        number: String::new(),
        text: label.to_owned(),
        section: section.to_owned(),
        who,
        except: None,
        every: Every::parse("12 months").unwrap(),
    }
}

fn lesson(clause: &str, class: &str, stage: Stage, day: Date, strands: &[&str]) -> Lesson {
    Lesson {
        id: Uuid::from_u128(u128::from(clause.len() as u64) << 8 | class.len() as u128),
        clause: clause.to_owned(),
        class: class.to_owned(),
        stage,
        day,
        strands: strands.iter().map(|name| (*name).to_owned()).collect(),
    }
}

fn school() -> (Vec<Skill>, Vec<Class>, Vec<Lesson>) {
    let skills = vec![
        skill("safe-passwords", "2 Teaching", "year-3..year-6"),
        skill("tell", "2 Teaching", ""),
        skill("ads", "3 More", "class:6A"),
    ];
    let classes = vec![
        class("1A", year(1)),
        class("5A", year(5)),
        class("5B", year(5)),
        class("6A", year(6)),
        class("Nest", None),
    ];
    let lessons = vec![
        lesson("safe-passwords", "5A", Stage::Taught, date(2026, 10, 2), &["privacy"]),
        lesson("safe-passwords", "5A", Stage::Planned, date(2027, 2, 2), &[]),
        lesson("safe-passwords", "5B", Stage::Planned, date(2026, 11, 2), &["privacy", "copyright"]),
        lesson("tell", "5A", Stage::Assessed, date(2026, 9, 9), &[]),
        lesson("tell", "5B", Stage::Taught, date(2025, 9, 9), &[]),
        lesson("tell", "Nest", Stage::Taught, date(2026, 9, 9), &[]),
    ];
    (skills, classes, lessons)
}

/// The map as lines: a heading, then each skill with its cells.
fn lines(across: Across, by: &By) -> Vec<String> {
    let (skills, classes, lessons) = school();
    let today = date(2026, 11, 24);
    let map = draw(&skills, &classes, &lessons, (SchoolYear::of(today), today), across, by);
    let heads: Vec<String> = map
        .columns
        .iter()
        .map(|(heading, tally)| format!("{} {}/{}", heading.title(), tally.taught(), tally.of()))
        .collect();
    let mut lines = vec![heads.join(" | ")];
    for group in &map.groups {
        lines.push(format!("{}: {} of {}", group.title, group.tally.taught(), group.tally.of()));
        for row in &group.rows {
            let cells: Vec<String> = row
                .cells
                .iter()
                .map(|cell| {
                    format!(
                        "{}{}",
                        if cell.tally.of() == 0 { "-".to_owned() } else { cell.tally.says() },
                        if cell.late { " (late)" } else { "" }
                    )
                })
                .collect();
            lines.push(format!("  {}: {}", skills[row.skill].label, cells.join(" | ")));
        }
    }
    lines
}

#[test]
fn years_show_how_many_of_their_classes_are_how_far() {
    assert_eq!(
        lines(Across::Years, &By::Section),
        [
            "Year 1 0/1 | Year 5 2/4 | Year 6 0/3 | Mixed years 1/1",
            "2 Teaching: 3 of 8",
            "  safe-passwords: - | 1 of 2 taught (late) | Not planned | -",
            "  tell: Not planned | 1 of 2 taught | Not planned | Taught",
            "3 More: 0 of 1",
            "  ads: - | - | Not planned | -",
        ]
    );
}

#[test]
fn the_classes_of_a_year_show_the_furthest_lesson_of_this_school_year() {
    assert_eq!(
        lines(Across::Classes(year(5)), &By::Section),
        [
            "5A 2/2 | 5B 0/2",
            "2 Teaching: 2 of 4",
            "  safe-passwords: Taught | Planned (late)",
            "  tell: Assessed | Not planned",
            "3 More: 0 of 0",
            "  ads: - | -"
        ]
    );
    assert_eq!(lines(Across::Classes(None), &By::Section)[0], "Nest 1/1");
}

#[test]
fn a_skill_stands_under_each_strand_that_its_lessons_teach() {
    let strands = ["privacy", "copyright", "health"].map(|name| (name.to_owned(), name.to_uppercase()));
    let found = lines(Across::Classes(year(5)), &By::Strand(strands.to_vec()));
    let heads: Vec<&String> = found.iter().filter(|line| !line.starts_with(' ')).collect();
    assert_eq!(heads, ["5A 2/2 | 5B 0/2", "PRIVACY: 1 of 2", "COPYRIGHT: 1 of 2", "Strand not yet entered: 1 of 2"]);
}

#[test]
fn a_cell_says_the_first_thing_that_is_not_so_of_all() {
    let says = |counts: [usize; 4]| Tally { counts }.says();
    for (counts, said) in [
        ([0, 0, 0, 0], ""),
        ([2, 0, 0, 0], "Not planned"),
        ([0, 2, 0, 0], "Planned"),
        ([1, 1, 0, 0], "1 of 2 planned"),
        ([1, 1, 1, 0], "1 of 3 taught"),
        ([0, 1, 1, 1], "2 of 3 taught"),
        ([0, 0, 1, 1], "1 of 2 assessed"),
        ([0, 0, 2, 0], "Taught"),
        ([0, 0, 0, 3], "Assessed"),
    ] {
        assert_eq!(says(counts), said, "{counts:?}");
    }
}

#[test]
fn the_register_and_the_map_mean_the_same_by_a_state() {
    for (state, taught, stage) in [
        (Some("in-plan"), false, Stage::Planned),
        (Some("in-plan"), true, Stage::Taught),
        (Some("taught"), true, Stage::Taught),
        (Some("assessed"), true, Stage::Assessed),
        (None, false, Stage::Planned),
    ] {
        assert_eq!(Stage::of(state, taught), stage);
    }
    // The states that the declaration has are those that are known here.
    let register = declare::Declarations::shipped().register(CONTROL).unwrap();
    assert_eq!(
        register.states.iter().map(|state| state.name.as_str()).collect::<Vec<_>>(),
        ["in-plan", "taught", "assessed"]
    );
}
