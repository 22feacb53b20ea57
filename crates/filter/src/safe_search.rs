//! Safe search: what is changed about a request to a search engine or to YouTube, and under which name a resolver
//! answers, so that what comes back suits children.
//!
//! The engines are data (`data/safe-search.toml`). Everything here says what is to be changed and changes nothing.

use std::{collections::HashMap, sync::LazyLock};

use crate::{
    address::{canonical_path, percent_decode_bytes},
    decision::{Carried, Decision},
    host::Host,
    treatment::{Restrict, Treatment},
};

const TEXT: &str = include_str!("../data/safe-search.toml");

#[derive(Debug, Default, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    dated: Option<toml::value::Datetime>,
    engine: Vec<Engine>,
    child: Vec<Child>,
    video: Vec<Video>,
}

/// A search engine that can be asked for results that suit children.
#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields, default)]
#[derive(Default)]
struct Engine {
    name: String,
    hosts: Vec<String>,
    families: Vec<String>,
    endings: Vec<String>,
    paths: Vec<String>,
    set: std::collections::BTreeMap<String, String>,
    alias: Option<String>,
    images: Vec<Images>,
}

/// Which addresses search for images.
#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Images {
    host: Option<String>,
    path: Option<String>,
    has: Option<String>,
}

#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Child {
    names: Vec<String>,
    hosts: Vec<String>,
}

#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Video {
    name: String,
    hosts: Vec<String>,
    header: String,
    moderate: String,
    strict: String,
}

#[derive(Clone, Copy)]
enum Known {
    Engine(usize),
    Video(usize),
}

struct Data {
    file: File,
    by_host: HashMap<String, Known>,
    by_image_host: Vec<String>,
}

static DATA: LazyLock<Data> = LazyLock::new(|| {
    // A test reads the file; were it broken all the same, nothing would be known to be safe.
    let file: File = toml::from_str(TEXT).unwrap_or_default();
    let mut by_host = HashMap::new();
    for (nth, engine) in file.engine.iter().enumerate() {
        let family =
            engine.families.iter().flat_map(|name| engine.endings.iter().map(move |end| format!("{name}.{end}")));
        by_host.extend(engine.hosts.iter().cloned().chain(family).map(|host| (host, Known::Engine(nth))));
    }
    for (nth, video) in file.video.iter().enumerate() {
        by_host.extend(video.hosts.iter().cloned().map(|host| (host, Known::Video(nth))));
    }
    let by_image_host = file.engine.iter().flat_map(|engine| &engine.images).filter_map(|it| it.host.clone()).collect();
    Data { file, by_host, by_image_host }
});

/// What is wanted of searches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Wanted {
    /// Results that suit children.
    pub safe: bool,
    /// Restricted video.
    pub video: Option<Restrict>,
}

impl Wanted {
    /// What a treatment wants, apart from what is only on trial.
    pub fn of(treatment: &Treatment) -> Self {
        Self {
            safe: treatment.safe_search.as_ref().is_some_and(|it| !it.observed),
            video: treatment.video.as_ref().filter(|it| !it.observed).map(|it| it.value),
        }
    }

    fn is_nothing(self) -> bool {
        !self.safe && self.video.is_none()
    }
}

/// What is to be changed about a request.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Edits {
    /// The engine, where it is one.
    pub engine: Option<&'static str>,
    /// The path and query to ask for instead.
    pub target: Option<String>,
    /// Headers to set, in place of any that the client sent.
    pub headers: Vec<(&'static str, &'static str)>,
}

/// What is to be changed about a request to `host` for `target`, the path and query as sent.
pub fn apply(host: &Host, target: &str, wanted: Wanted) -> Edits {
    let mut edits = Edits::default();
    let data = &*DATA;
    if wanted.is_nothing() {
        return edits;
    }
    match data.by_host.get(host.as_str()) {
        Some(Known::Engine(nth)) if wanted.safe => {
            let Some(engine) = data.file.engine.get(*nth) else { return edits };
            edits.engine = Some(&engine.name);
            let path = canonical_path(target.split('?').next().unwrap_or(target));
            if !engine.set.is_empty() && engine.paths.iter().any(|start| is_below(&path, start)) {
                let forced = forced(target, &engine.set);
                edits.target = (forced != target).then_some(forced);
            }
        }
        Some(Known::Video(nth)) => {
            let (Some(video), Some(restrict)) = (data.file.video.get(*nth), wanted.video) else { return edits };
            edits.engine = Some(&video.name);
            edits.headers.push((&video.header, restrict.header()));
        }
        Some(Known::Engine(_)) | None => {}
    }
    edits
}

/// The name under which `host` is answered safely: for resolvers, and for connections that are not opened.
pub fn alias(host: &Host, wanted: Wanted) -> Option<&'static str> {
    let data = &*DATA;
    let alias = match data.by_host.get(host.as_str())? {
        Known::Engine(nth) if wanted.safe => data.file.engine.get(*nth)?.alias.as_deref()?,
        Known::Engine(_) => return None,
        Known::Video(nth) => {
            let video = data.file.video.get(*nth)?;
            match wanted.video? {
                Restrict::Moderate => &video.moderate,
                Restrict::Strict => &video.strict,
            }
        }
    };
    (alias != host.as_str()).then_some(alias)
}

/// Whether what comes back from `host` can be made safe where the connection is not opened; none where it is no engine
/// that is known.
pub fn safe_by_name(host: &Host) -> Option<bool> {
    match DATA.by_host.get(host.as_str())? {
        Known::Engine(nth) => Some(DATA.file.engine.get(*nth)?.alias.is_some()),
        Known::Video(_) => Some(true),
    }
}

/// The refusal of a search engine that cannot be asked for results that suit children: its connection is not opened, and
/// it has no safe name. None where it can be, or nothing asks for it.
pub fn refusal(host: &Host, treatment: &Treatment) -> Option<Decision> {
    if treatment.inspection.opens() { None } else { refusal_by_name(host, treatment) }
}

/// The same for whoever cannot change what is asked, whether or not connections are opened elsewhere: it has no safe name.
pub fn refusal_by_name(host: &Host, treatment: &Treatment) -> Option<Decision> {
    let cited = treatment.safe_search.as_ref()?;
    (safe_by_name(host) == Some(false)).then(|| Decision::carried(Carried::Search, cited))
}

/// Whether a request to `host` for `target` searches for images; by the host alone where only that is known.
pub fn is_image_search(host: &Host, target: Option<&str>) -> bool {
    let data = &*DATA;
    if data.by_image_host.iter().any(|name| name == host.as_str()) {
        return true;
    }
    let (Some(Known::Engine(nth)), Some(target)) = (data.by_host.get(host.as_str()), target) else { return false };
    let Some(engine) = data.file.engine.get(*nth) else { return false };
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let path = canonical_path(path);
    engine.images.iter().any(|images| {
        let Some(start) = &images.path else { return false };
        is_below(&path, start)
            && images.has.as_ref().is_none_or(|has| {
                let (name, value) = has.split_once('=').unwrap_or((has, ""));
                parts(query).any(|part| {
                    let (given, to) = part.split_once('=').unwrap_or((part, ""));
                    decoded(given) == name.as_bytes() && decoded(to) == value.as_bytes()
                })
            })
    })
}

/// The sites of the engine that people call `name`, where it shows nothing but what suits children.
pub fn child_engine(name: &str) -> Option<&'static [String]> {
    let same = |other: &String| other.eq_ignore_ascii_case(name.trim());
    DATA.file.child.iter().find(|child| child.names.iter().any(same)).map(|child| child.hosts.as_slice())
}

/// The engine that a school means by `name` ("Google Safe Search", "Google image search"), where it is one that can be
/// asked for results that suit children.
pub fn engine_named(name: &str) -> Option<&'static str> {
    let name = name.to_lowercase();
    DATA.file.engine.iter().map(|it| it.name.as_str()).find(|engine| name.starts_with(&engine.to_lowercase()))
}

/// The hosts by which a reader in this country reaches the engine of this name.
pub fn engine_sites(name: &str) -> Vec<String> {
    let Some(engine) = DATA.file.engine.iter().find(|engine| engine.name == name) else { return Vec::new() };
    let near = engine.endings.iter().filter(|ending| matches!(ending.as_str(), "com" | "co.uk"));
    let family = near.flat_map(|ending| engine.families.iter().map(move |name| format!("{name}.{ending}")));
    engine.hosts.iter().cloned().chain(family).collect()
}

/// The names of the engines that can be asked for results that suit children.
pub fn engines() -> impl Iterator<Item = &'static str> {
    DATA.file.engine.iter().map(|engine| engine.name.as_str())
}

/// The day on which the data was last looked over, as text.
pub fn dated() -> String {
    DATA.file.dated.map(|date| date.to_string()).unwrap_or_default()
}

fn is_below(path: &str, start: &str) -> bool {
    let start = start.trim_end_matches('/');
    path.strip_prefix(start)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '.', ';']) || start.is_empty())
}

fn parts(query: &str) -> impl Iterator<Item = &str> {
    query.split('#').next().unwrap_or_default().split(['&', ';']).filter(|part| !part.is_empty())
}

fn decoded(part: &str) -> Vec<u8> {
    percent_decode_bytes(part.replace('+', " ").as_bytes())
}

/// The target with these parts of the query and no others of their names, however those are written.
fn forced(target: &str, set: &std::collections::BTreeMap<String, String>) -> String {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let is_free = |part: &&str| {
        let name = part.split('=').next().unwrap_or(part);
        let name = decoded(name);
        !set.keys().any(|key| name.eq_ignore_ascii_case(key.as_bytes()))
    };
    let mut out: Vec<String> = parts(query).filter(is_free).map(str::to_owned).collect();
    out.extend(set.iter().map(|(key, value)| format!("{key}={value}")));
    format!("{path}?{}", out.join("&"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn host(name: &str) -> Host {
        Host::parse(name).unwrap()
    }

    const ALL: Wanted = Wanted { safe: true, video: Some(Restrict::Strict) };

    #[test]
    fn every_line_of_the_data_is_used() {
        let file: File = toml::from_str(TEXT).unwrap();
        assert!(file.dated.is_some());
        for engine in &file.engine {
            assert!(!engine.set.is_empty() || engine.alias.is_some(), "{}: nothing makes it safe", engine.name);
            assert_eq!(engine.set.is_empty(), engine.paths.is_empty(), "{}", engine.name);
            assert_eq!(engine.families.is_empty(), engine.endings.is_empty(), "{}", engine.name);
            assert!(!engine.hosts.is_empty(), "{}", engine.name);
            assert!(engine.alias.as_deref().is_none_or(kernel::sites::is_domain), "{}", engine.name);
            for images in &engine.images {
                assert!(images.host.is_some() != images.path.is_some(), "{}", engine.name);
                assert!(images.has.is_none() || images.path.is_some(), "{}", engine.name);
            }
            let family =
                engine.families.iter().flat_map(|it| engine.endings.iter().map(move |end| format!("{it}.{end}")));
            for name in engine.hosts.iter().cloned().chain(family) {
                assert!(kernel::sites::is_domain(&name), "{name}");
                let edits = apply(&host(&name), "/", ALL);
                assert_eq!(edits.engine, Some(engine.name.as_str()), "{name}");
                for path in &engine.paths {
                    let asked = format!("{path}?q=cats");
                    let target = apply(&host(&name), &asked, ALL).target.unwrap();
                    for (key, value) in &engine.set {
                        assert!(target.contains(&format!("{key}={value}")), "{name}: {target}");
                    }
                    assert_eq!(apply(&host(&name), &target, ALL).target, None, "{target}: twice");
                }
            }
        }
        for child in &file.child {
            for site in &child.hosts {
                assert!(kernel::SiteItem::parse(site).is_ok(), "{site}");
            }
            assert!(child.names.iter().all(|name| child_engine(name).is_some()));
        }
        for video in &file.video {
            for name in &video.hosts {
                assert_eq!(apply(&host(name), "/watch", ALL).headers, [("YouTube-Restrict", "Strict")], "{name}");
                assert_eq!(alias(&host(name), ALL), Some(video.strict.as_str()));
            }
        }
    }

    #[test]
    fn what_was_asked_for_is_kept_and_what_lifts_safety_is_not() {
        #[track_caller]
        fn check(name: &str, target: &str, expected: Option<&str>) {
            assert_eq!(apply(&host(name), target, ALL).target.as_deref(), expected, "{name}{target}");
        }
        check("www.google.co.uk", "/search?q=a%26b+c&hl=en", Some("/search?q=a%26b+c&hl=en&safe=active"));
        check("www.google.com", "/search?safe=off&q=x", Some("/search?q=x&safe=active"));
        check("www.google.com", "/search?q=x&s%61fe=off&SAFE=images;safe=off", Some("/search?q=x&safe=active"));
        check("www.google.com", "//search?q=x", Some("//search?q=x&safe=active"));
        check("www.google.com", "/%73earch?q=x", Some("/%73earch?q=x&safe=active"));
        check("www.google.com", "/search?q=x&safe=active", None);
        check("www.google.com", "/maps/place", None);
        check("mail.google.com", "/search?q=x", None);
        check("www.bing.com", "/search?q=x", Some("/search?q=x&adlt=strict"));
        check("duckduckgo.com", "/", Some("/?kp=1"));
        check("uk.search.yahoo.com", "/search;_ylt=x?p=cats", Some("/search;_ylt=x?p=cats&vm=r"));
        assert_eq!(apply(&host("www.google.com"), "/search?q=x", Wanted::default()), Edits::default());
    }

    #[test]
    fn resolvers_answer_under_the_safe_name() {
        let moderate = Wanted { safe: false, video: Some(Restrict::Moderate) };
        assert_eq!(alias(&host("www.google.fr"), ALL), Some("forcesafesearch.google.com"));
        assert_eq!(alias(&host("www.google.fr"), moderate), None);
        assert_eq!(alias(&host("m.youtube.com"), moderate), Some("restrictmoderate.youtube.com"));
        assert_eq!(alias(&host("safe.duckduckgo.com"), ALL), None, "it is the safe name itself");
        assert_eq!(alias(&host("mail.google.com"), ALL), None);
        assert_eq!(safe_by_name(&host("search.yahoo.com")), Some(false));
        assert_eq!(safe_by_name(&host("school.example")), None);
    }

    #[test]
    fn an_engine_that_cannot_be_made_safe_is_refused_where_it_is_not_opened() {
        use crate::treatment::{ByName, Cited, Inspection};
        let clause = std::sync::Arc::new(crate::ClauseRef::default());
        let asked = Some(Cited { value: (), clause: std::sync::Arc::clone(&clause), observed: false });
        let tunnel = Treatment { safe_search: asked, ..Treatment::none() };
        let refused = |host_name: &str, treatment: &Treatment| refusal(&host(host_name), treatment).is_some();
        assert!(refused("search.yahoo.com", &tunnel) && !refused("www.google.com", &tunnel));
        assert!(!refused("search.yahoo.com", &Treatment::none()) && !refused("school.example", &tunnel));
        let opened = Treatment { inspection: Inspection::Opened(clause), ..tunnel.clone() };
        assert!(!refused("search.yahoo.com", &opened));
        let exempt = Inspection::ByName(ByName::NotOurs, None);
        assert!(refused("search.yahoo.com", &Treatment { inspection: exempt, ..tunnel }));
    }

    #[test]
    fn image_searches_are_known() {
        for (name, target, is) in [
            ("www.google.com", Some("/search?q=x&tbm=isch"), true),
            ("www.google.com", Some("/search?q=x&udm=2"), true),
            ("www.google.com", Some("/search?q=x&u%64m=2"), true),
            ("www.google.com", Some("/search?q=udm=2"), false),
            ("www.google.com", None, false),
            ("images.google.com", None, true),
            ("www.bing.com", Some("/images/search?q=x"), true),
            ("www.bing.com", Some("/imagesque"), false),
            ("duckduckgo.com", Some("/?q=x&iax=images&ia=images"), true),
            ("school.example", Some("/images"), false),
        ] {
            assert_eq!(is_image_search(&host(name), target), is, "{name} {target:?}");
        }
    }

    #[test]
    fn the_names_that_policies_use_are_known() {
        for name in ["KidRex", "PrimarySchoolICT", "Google Kids SafeSearch", "Yahoo for Kids", "Ask for Kids"] {
            assert!(child_engine(name).is_some(), "{name}");
        }
        assert_eq!(engine_named("Google Safe Search"), Some("Google"));
        assert_eq!(engine_named("Google image search"), Some("Google"));
        assert_eq!(engine_named("Altavista"), None);
    }

    proptest! {
        #[test]
        fn forcing_never_panics_and_forces_once(query in "[a-z%&;=+#0-9]{0,40}") {
            let target = format!("/search?{query}");
            let edits = apply(&host("www.google.com"), &target, ALL);
            let done = edits.target.unwrap_or(target);
            prop_assert!(done.ends_with("safe=active"), "{}", done);
            let parts = done.split(['?', '&', ';']).filter(|part| part.starts_with("safe="));
            prop_assert_eq!(parts.count(), 1, "{}", done);
        }
    }
}
