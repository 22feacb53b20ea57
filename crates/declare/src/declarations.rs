//! All declarations: those that are shipped, and those that a school adds in its policy folder.

use std::{
    collections::BTreeMap,
    sync::{Arc, LazyLock},
};

use kernel::place::is_word;

use crate::{
    Declaration, Register,
    diagnostic::Problem,
    read::{self, Outline},
};

/// The files of `declarations/`, by their path in it.
static FILES: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/shipped.rs"));

static SHIPPED: LazyLock<Declarations> = LazyLock::new(|| Declarations::load_all(FILES.iter().copied()).0);

/// The module of the registers that a school declares itself.
const OWN: &str = "own";

/// Declarations by their control.
#[derive(Debug, Clone, Default)]
pub struct Declarations(BTreeMap<String, Arc<Declaration>>);

/// A file with the control that its path names.
struct File<'t> {
    path: String,
    text: &'t str,
    module: String,
    name: String,
}

impl Declarations {
    /// Those that are shipped with Gatehouse.
    pub fn shipped() -> &'static Self {
        &SHIPPED
    }

    /// The shipped files: path in `declarations/`, and text.
    pub fn files() -> &'static [(&'static str, &'static str)] {
        FILES
    }

    /// Reads declarations from files, each with its path `<module>/<control>.toml`.
    ///
    /// # Errors
    /// With everything that is wrong with them, where something is.
    pub fn load<'t>(files: impl IntoIterator<Item = (&'t str, &'t str)>) -> Result<Self, Vec<Problem>> {
        let (declarations, problems) = Self::load_all(files);
        if problems.is_empty() { Ok(declarations) } else { Err(problems) }
    }

    /// Reads what can be read, and says what is wrong with the rest.
    pub fn load_all<'t>(files: impl IntoIterator<Item = (&'t str, &'t str)>) -> (Self, Vec<Problem>) {
        let mut problems = Vec::new();
        let files: Vec<File<'_>> = files
            .into_iter()
            .filter_map(|(path, text)| {
                let names = path.strip_suffix(".toml").and_then(|path| path.split_once('/'));
                match names.filter(|(module, name)| is_word(module) && is_word(name)) {
                    Some((module, name)) => {
                        Some(File { path: path.to_owned(), text, module: module.to_owned(), name: name.to_owned() })
                    }
                    None => {
                        let help = "a declaration is a file `<module>/<control>.toml`";
                        problems.push(Problem::of_file(path, "the path names no control").help(help));
                        None
                    }
                }
            })
            .collect();
        let mut all = Self::default();
        all.read(&files, &mut problems);
        (all, problems)
    }

    /// These, with the registers that a school declares itself and the fields that it adds to ours: the files of the
    /// folder `registers` of its policy.
    ///
    /// # Errors
    /// With everything that is wrong with the files, where something is.
    pub fn with<P: AsRef<str>, T: AsRef<str>>(&self, own: &[(P, T)]) -> Result<Self, Vec<Problem>> {
        let (all, problems) = self.with_all(own);
        if problems.is_empty() { Ok(all) } else { Err(problems) }
    }

    /// The same as far as the files can be read, and what is wrong with the rest.
    pub fn with_all<P: AsRef<str>, T: AsRef<str>>(&self, own: &[(P, T)]) -> (Self, Vec<Problem>) {
        let mut problems = Vec::new();
        let (mut files, mut added): (Vec<File<'_>>, Vec<(&str, &str, String)>) = (Vec::new(), Vec::new());
        for (path, text) in own {
            let (path, text) = (path.as_ref(), text.as_ref());
            let name = path.strip_prefix("registers/").and_then(|name| name.strip_suffix(".toml")).unwrap_or_default();
            match name.split_once('.') {
                None if is_word(name) => {
                    let (module, name) = (OWN.to_owned(), name.to_owned());
                    files.push(File { path: path.to_owned(), text, module, name });
                }
                Some((module, control)) if is_word(module) && is_word(control) => {
                    added.push((path, text, name.to_owned()));
                }
                None | Some(_) => {
                    let help = "a register of your own is `registers/<name>.toml`; fields that you add to ours stand in \
                                `registers/<module>.<control>.toml`";
                    problems.push(Problem::of_file(path, "the path names no register").help(help));
                }
            }
        }
        let mut all = self.clone();
        let outlines = all.read(&files, &mut problems);
        for (path, text, control) in added {
            all.extend(path, text, &control, &outlines, &mut problems);
        }
        (all, problems)
    }

    /// Reads files twice: once to know what registers there are, and once with that knowledge.
    fn read(&mut self, files: &[File<'_>], problems: &mut Vec<Problem>) -> BTreeMap<String, Outline> {
        let mut outlines = self.outlines();
        for file in files {
            let control = format!("{}.{}", file.module, file.name);
            let (_, outline) = read::declaration((&file.module, &file.name), &file.path, file.text, None);
            if outlines.insert(control.clone(), outline).is_some() {
                problems.push(Problem::of_file(&file.path, format!("`{control}` is declared twice")));
            }
        }
        for file in files {
            let (read, _) = read::declaration((&file.module, &file.name), &file.path, file.text, Some(&outlines));
            match read {
                Ok(declaration) => drop(self.0.insert(declaration.control(), Arc::new(declaration))),
                Err(found) => problems.extend(found),
            }
        }
        outlines
    }

    fn extend(
        &mut self,
        path: &str,
        text: &str,
        control: &str,
        outlines: &BTreeMap<String, Outline>,
        problems: &mut Vec<Problem>,
    ) {
        let found = self.0.get_mut(control);
        let Some((declaration, register)) = found.and_then(|found| Some((found.clone(), found.register.clone()?)))
        else {
            let registers: Vec<String> = self.registers().map(|(declaration, _)| declaration.control()).collect();
            let near = crate::suggest::nearest(control, registers.iter().map(String::as_str));
            let problem = Problem::of_file(path, format!("there is no register `{control}`"));
            problems.push(match near {
                Some(near) => problem.help(format!("did you mean `{near}`?")),
                None => problem,
            });
            return;
        };
        match read::extension(path, text, &register, Some(outlines)) {
            Ok(added) => {
                let fields = register.fields.iter().cloned().chain(added).collect();
                let register = Register { fields, ..Register::clone(&register) };
                let declaration =
                    Declaration { register: Some(Arc::new(register)), ..Declaration::clone(&declaration) };
                self.0.insert(control.to_owned(), Arc::new(declaration));
            }
            Err(found) => problems.extend(found),
        }
    }

    fn outlines(&self) -> BTreeMap<String, Outline> {
        self.0.iter().map(|(control, declaration)| (control.clone(), Outline::of(declaration))).collect()
    }

    /// The declaration of a control: `assets.loans`.
    pub fn get(&self, control: &str) -> Option<&Arc<Declaration>> {
        self.0.get(control)
    }

    /// The register of a control.
    pub fn register(&self, control: &str) -> Option<&Register> {
        self.get(control)?.register.as_deref()
    }

    /// Every declaration, by module and name.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &Arc<Declaration>> {
        self.0.values()
    }

    /// Every declaration that has a register, with it.
    pub fn registers(&self) -> impl Iterator<Item = (&Arc<Declaration>, &Register)> {
        self.iter().filter_map(|declaration| Some((declaration, declaration.register.as_deref()?)))
    }
}
