//! The lists that benchmarks of the filter run on: real ones where they are at hand, else generated ones of the same size.

use std::{
    fs,
    path::{Path, PathBuf},
};

use filter::{Category, IndexBuilder, ListFormat, read_list};

/// One category's list, as text.
pub struct CategoryList {
    /// The name that the list's author gives the category.
    pub name: String,
    /// A domain a line.
    pub text: Vec<u8>,
}

/// Lists, and where they are from.
pub struct Lists {
    /// For the reader of the figures.
    pub source: String,
    /// One for each category.
    pub all: Vec<CategoryList>,
}

/// The names and sizes of the real lists that matter for the size of the whole.
const SIZES: [(&str, usize); 12] = [
    ("malware", 1_658_877),
    ("phishing", 1_356_732),
    ("adult", 612_295),
    ("gambling", 315_263),
    ("tracking", 148_350),
    ("redirector", 109_793),
    ("jobsearch", 60_740),
    ("shopping", 36_964),
    ("games", 33_715),
    ("social_networks", 715),
    ("chat", 195),
    ("child", 75),
];

impl Lists {
    /// From the folder that `GATEHOUSE_LISTS` names, else `../shared/lists` beside the checkout, else generated.
    pub fn find() -> Self {
        #[expect(clippy::disallowed_methods, reason = "a benchmark is a program of its own and takes this one setting")]
        let folder = std::env::var_os("GATEHOUSE_LISTS").map(PathBuf::from);
        let folder = folder.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/lists"));
        match read_folder(&folder) {
            Ok(all) if !all.is_empty() => Self { source: format!("real lists of {}", folder.display()), all },
            Ok(_) => Self::generated(&format!("{} has no lists", folder.display())),
            Err(error) => Self::generated(&format!("{}: {error}", folder.display())),
        }
    }

    fn generated(why: &str) -> Self {
        let mut state = 0x9e37_79b9_7f4a_7c15u64;
        let mut random = move || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state
        };
        let mut list = |name: &str, size: usize| {
            let mut text = Vec::new();
            for _ in 0..size {
                // A third of the names of some lists stand in other lists too.
                let shared = random() % 3 == 0;
                let number = if shared { random() % 1_500_000 } else { random() % 1_000_000_000 };
                let host = match number % 4 {
                    0 => format!("{number:x}-site.example\n"),
                    1 => format!("www.n{number}.test\n"),
                    2 => format!("login.{number:x}.hosting.example\n"),
                    _ => format!("n{number}.test\n"),
                };
                text.extend_from_slice(host.as_bytes());
            }
            CategoryList { name: name.to_owned(), text }
        };
        let all = SIZES.iter().map(|(name, size)| list(name, *size)).collect();
        Self { source: format!("generated lists of the usual size ({why})"), all }
    }

    /// Compiles them all as one subscription.
    pub fn compile(&self) -> Result<Compiled, filter::BuildError> {
        let mut builder = IndexBuilder::new();
        let (mut entries, mut refused) = (0u64, 0u64);
        let mut failed = None;
        for list in &self.all {
            let tag = builder.tag("ut1", Category::from_list_name(&list.name))?;
            read_list(ListFormat::Domains, &list.text, |result| match result {
                Ok(entry) => match builder.add(tag, &entry) {
                    Ok(()) => entries += 1,
                    Err(error) => failed = Some(error),
                },
                Err(_) => refused += 1,
            });
        }
        match failed {
            Some(error) => Err(error),
            None => Ok(Compiled { image: builder.build()?, entries, refused }),
        }
    }

    /// Every `step`th line.
    pub fn sample(&self, step: usize) -> Vec<String> {
        let lines = self.all.iter().flat_map(|list| list.text.split(|byte| *byte == b'\n'));
        let lines = lines.filter(|line| !line.is_empty()).step_by(step.max(1));
        lines.map(|line| String::from_utf8_lossy(line).into_owned()).collect()
    }
}

/// A compiled image, and what went into it.
pub struct Compiled {
    /// The image.
    pub image: Vec<u8>,
    /// Lines that were entries.
    pub entries: u64,
    /// Lines that were refused.
    pub refused: u64,
}

fn read_folder(folder: &Path) -> std::io::Result<Vec<CategoryList>> {
    let mut all = Vec::new();
    for file in fs::read_dir(folder)? {
        let path = file?.path();
        let Some(name) = path.file_name().and_then(|name| name.to_str()).and_then(|name| name.strip_suffix(".txt.zst"))
        else {
            continue;
        };
        all.push(CategoryList { name: name.to_owned(), text: zstd::decode_all(fs::File::open(&path)?)? });
    }
    all.sort_by(|one, two| one.name.cmp(&two.name));
    Ok(all)
}
