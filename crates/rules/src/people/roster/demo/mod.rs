//! A primary school that does not exist: people, families and classes as OneRoster files, so that the
//! demonstration goes the same way as real data. All of it follows from a seed; nobody in it is real.

mod cast;
mod chance;
mod families;
mod names;
mod staff;
mod write;

use kernel::Year;

use super::Version;

/// What kind of school is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wish {
    /// How many pupils. Fewer than 40 become 40, more than 5,000 become 5,000.
    pub pupils: u32,
    /// What chance begins with: equal seeds give equal schools.
    pub seed: u64,
    /// The version of OneRoster.
    pub version: Version,
    /// The calendar year in which the school year begins: classes end with it.
    pub school_year: i16,
}

/// The name of the file with the responsibilities, beside the roster.
pub const RESPONSIBILITIES: &str = "responsibilities.csv";
/// The name of the school.
pub const SCHOOL: &str = "Willow Lane Primary School";
/// The domain of its addresses; reserved, so that no mail reaches anybody.
pub const DOMAIN: &str = "willow-lane.example";

/// A school of the year 2026/27 as files by name: OneRoster 1.1, and `responsibilities.csv`.
pub fn school(pupils: u32, seed: u64) -> Vec<(String, String)> {
    files(&Wish { pupils, seed, version: Version::V1_1, school_year: 2026 })
}

/// A school as files by name.
pub fn files(wish: &Wish) -> Vec<(String, String)> {
    let mut chance = chance::Chance::new(wish.seed);
    let mut people = names::Usernames::default();
    let classes = classes(wish.pupils.clamp(40, 5_000));
    let staff = staff::employ(&classes, &mut chance, &mut people);
    let families = families::settle(&classes, &mut chance, &mut people);
    write::write(wish, &classes, &staff, &families)
}

/// A registration class.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Form {
    name: String,
    year: Year,
    size: usize,
}

const TREES: [&str; 6] = ["Oak", "Hazel", "Rowan", "Alder", "Birch", "Maple"];

/// The classes of a school of so many pupils: trees for the youngest, then "1A" to "6B".
fn classes(pupils: u32) -> Vec<Form> {
    let total = usize::try_from(pupils).unwrap_or(40);
    // Nursery is half a year large, and only where the school can carry one.
    let nursery = if total >= 200 { total / 15 } else { 0 };
    let years: Vec<Year> = std::iter::once(Year::Reception).chain((1..=6).filter_map(Year::numbered)).collect();
    let mut forms = Vec::new();
    let split = |year: Year, size: usize, forms: &mut Vec<Form>| {
        // Year 5 always has a class 5B: the examples of the guide live in it.
        let least = if Some(year) == Year::numbered(5) { 2 } else { 1 };
        let count = size.div_ceil(30).max(least);
        for nth in 0..count {
            let name = match year {
                Year::Nursery => {
                    if nth == 0 {
                        "Acorns".to_owned()
                    } else {
                        format!("Acorns {}", nth + 1)
                    }
                }
                Year::Reception => {
                    let tree = TREES.get(nth % TREES.len()).copied().unwrap_or("Oak");
                    if nth < TREES.len() { tree.to_owned() } else { format!("{tree} {}", nth / TREES.len() + 1) }
                }
                Year::Numbered(_) => format!("{}{}", year.title().trim_start_matches("Year "), letters(nth)),
            };
            let size = size / count + usize::from(nth < size % count);
            forms.push(Form { name, year, size });
        }
    };
    if nursery > 0 {
        split(Year::Nursery, nursery, &mut forms);
    }
    let rest = total - nursery;
    for (nth, year) in years.iter().enumerate() {
        let size = rest / years.len() + usize::from(nth < rest % years.len());
        split(*year, size, &mut forms);
    }
    forms
}

/// A, B, … Z, AA, AB, …
fn letters(nth: usize) -> String {
    let letter = |nth: usize| char::from(b'A' + u8::try_from(nth % 26).unwrap_or(0));
    if nth < 26 { letter(nth).to_string() } else { format!("{}{}", letter(nth / 26 - 1), letter(nth)) }
}

#[cfg(test)]
mod tests;
