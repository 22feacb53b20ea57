//! The categories of sites: our own names, a line for a parent, and where lists of others go.
//!
//! A category is an index into one table, so that rules, lists and decisions compare small numbers.
//! The table may grow at its end only: list images store names, never these numbers.

use std::fmt;

use kernel::BadText;

/// What a category is for, so that a page can tell harm from help.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Against the law, or an attack on the computer.
    Danger,
    /// Not for children.
    Harm,
    /// A way round the filter.
    Bypass,
    /// A matter of age, time and place.
    Leisure,
    /// Neither good nor bad in itself.
    Neutral,
    /// Made for children, or of help to them.
    Help,
}

/// A category of sites, such as `gambling`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Category(u8);

/// One row of the table: name, kind, line for a parent, and the names that lists of others use for it.
struct Row {
    name: &'static str,
    kind: Kind,
    says: &'static str,
    others: &'static [&'static str],
}

const fn row(name: &'static str, kind: Kind, says: &'static str, others: &'static [&'static str]) -> Row {
    Row { name, kind, says, others }
}

use Kind::{Bypass, Danger, Harm, Help, Leisure, Neutral};

/// In the order of the pages. UT1's folder names are among `others`; so are the usual names of hosts lists.
static TABLE: &[Row] = &[
    row("adult", Harm, "Pornography and other sexual content for adults", &["porn", "pornography", "nsfw", "xxx"]),
    row("mixed-adult", Harm, "Sites where sexual content lies among other things", &["mixed_adult"]),
    row("lingerie", Harm, "Underwear and swimwear shown on people", &[]),
    row(
        "sex-education",
        Neutral,
        "Honest information about growing up, bodies and relationships",
        &["sexual_education"],
    ),
    row("dating", Harm, "Meeting strangers for romance", &[]),
    row("gambling", Harm, "Betting, casinos and lotteries", &["arjel", "betting"]),
    row("drugs", Harm, "Illegal drugs: selling, making or praising them", &["drogue"]),
    row(
        "alcohol-tobacco",
        Harm,
        "Alcohol, tobacco and vapes: selling or praising them",
        &["alcohol", "tobacco", "vaping"],
    ),
    row("weapons", Harm, "Weapons: selling, making or praising them", &["dangerous_material"]),
    row("violence", Harm, "Cruelty and violence shown or praised", &["agressif", "gore", "shock", "snuff"]),
    row("violence-against-women", Harm, "Hatred and violence against women and girls", &["misogyny", "vawg", "incel"]),
    row("hate", Harm, "Hatred of people for their race, faith, sex or disability", &["racism", "race-hate"]),
    row("extremism", Harm, "Groups and writing that draw people into terrorism", &["terrorism", "radicalisation"]),
    row("self-harm", Harm, "Writing that leads people to hurt themselves", &["suicide"]),
    row("eating-disorder", Harm, "Writing that makes starving or purging look good", &["pro-ana", "anorexia"]),
    row("sects", Harm, "Groups that take hold of their members' lives", &["sect", "cults"]),
    row(
        "misinformation",
        Harm,
        "Made-up news and conspiracies",
        &["fakenews", "fake-news", "disinformation", "conspiracy"],
    ),
    row("cheating", Harm, "Ready-made homework and ways to cheat in exams", &["tricheur"]),
    row("stalkerware", Danger, "Programs that spy on another person's phone", &[]),
    row("malware", Danger, "Sites that infect computers", &["viruses", "ransomware", "tif", "threats"]),
    row("phishing", Danger, "Sites that pretend to be others to steal passwords and money", &["fraud", "scam"]),
    row(
        "cryptojacking",
        Danger,
        "Sites that use the computer to make money for others",
        &["cryptomining", "miners", "crypto", "coinminer"],
    ),
    row("botnets", Danger, "Attacks on other computers for hire", &["ddos"]),
    row("premium-dialling", Danger, "Programs that run up a telephone bill", &["dialer"]),
    row(
        "suspicious",
        Danger,
        "Names that changed hands or whose purpose is in doubt",
        &["reaffected", "abuse", "typosquatting", "typo", "risk", "redirect"],
    ),
    row("hacking", Danger, "Breaking into computers, and tools for it", &[]),
    row("piracy", Danger, "Stolen films, music, books and programs", &["warez", "torrent", "torrents", "anti-piracy"]),
    row(
        "proxies",
        Bypass,
        "Sites that fetch other sites, so that the filter does not see them",
        &["redirector", "proxy", "residential-proxies", "strict_redirector", "strong_redirector"],
    ),
    row("vpn", Bypass, "Private tunnels past the filter", &["tunnels"]),
    row("encrypted-dns", Bypass, "Looking names up where the filter cannot see it", &["doh", "dns-over-https"]),
    row("dynamic-dns", Bypass, "Names that can point to any computer within minutes", &["dyndns", "dynamic"]),
    row("remote-control", Bypass, "Working one computer from another", &["remote"]),
    row(
        "link-shorteners",
        Bypass,
        "Short links that hide where they lead",
        &["shortener", "shorteners", "urlshortener"],
    ),
    row(
        "tracking",
        Neutral,
        "Advertising, and following people from site to site",
        &["publicite", "ads", "advertising", "marketingware", "marketing", "trackers", "popupads"],
    ),
    row("social-networks", Leisure, "Showing oneself and following others", &["social_networks", "social"]),
    row("chat", Leisure, "Writing and talking to others, strangers among them", &["messaging"]),
    row("forums", Leisure, "Discussion boards", &[]),
    row("blogs", Leisure, "Journals that anybody can publish", &["blog"]),
    row("generative-ai", Leisure, "Programs that write, draw and talk by themselves", &["ai", "chatbots"]),
    row("video", Leisure, "Watching and streaming video", &["audio-video", "streaming"]),
    row("music", Leisure, "Listening to and loading music", &[]),
    row("radio", Leisure, "Radio and podcasts", &[]),
    row("games", Leisure, "Games to play, load or talk about", &["gaming"]),
    row("shopping", Leisure, "Shops and auctions", &[]),
    row("sports", Leisure, "Sport: results, clubs and fans", &["sport"]),
    row("celebrity", Leisure, "Gossip about famous people", &[]),
    row("manga", Leisure, "Comics and animation from Japan", &[]),
    row("astrology", Leisure, "Horoscopes and fortune-telling", &[]),
    row("cooking", Leisure, "Recipes", &[]),
    row("downloads", Leisure, "Programs and other files to load", &["download"]),
    row("file-sharing", Leisure, "Keeping and passing on files", &["filehosting", "file-hosting"]),
    row("webmail", Leisure, "Personal mail that the school does not see", &["mail"]),
    row("phones", Leisure, "Ring tones and other things for mobile phones", &["mobile-phone"]),
    row("jobs", Neutral, "Looking for work", &["jobsearch"]),
    row("cryptocurrency", Neutral, "Buying, selling and keeping digital money", &["bitcoin"]),
    row("finance", Neutral, "Shares and other investments", &["financial"]),
    row("banking", Neutral, "Banks and payments; never opened by inspection", &["bank"]),
    row("health", Neutral, "Doctors, hospitals and illness; never opened by inspection", &[]),
    row("news", Neutral, "Newspapers and broadcasters", &["press"]),
    row("religion", Neutral, "Churches, mosques, temples and faith", &["associations_religieuses"]),
    row("translation", Neutral, "Translation, which also shows the pages of other sites", &[]),
    row("web-hosting", Neutral, "Space on the web for anybody's pages", &["webhosting", "hoster"]),
    row("updates", Neutral, "Updates that keep computers safe", &["update", "cleaning"]),
    row("government", Neutral, "Government, councils and public services", &[]),
    row("search-engines", Neutral, "Searching the whole web", &["search", "nosafesearch"]),
    row("education", Help, "Learning, teaching, museums and reference works", &["liste_bu"]),
    row("educational-games", Help, "Games that teach", &["educational_games"]),
    row("children", Help, "Made for children", &["child"]),
    row("child-search", Help, "Search engines made for children", &[]),
    row("approved", Help, "Sites that somebody has looked at and found good", &["liste_blanche", "whitelist"]),
    row("help-for-children", Help, "Help, advice and reporting for children in trouble", &[]),
    row("stranger-chat", Harm, "Talking to strangers by camera or in writing, without names", &["videochat"]),
    row("ai-companions", Harm, "Programs that play a friend or a lover", &[]),
    row(
        "undressing",
        Harm,
        "Programs that make naked pictures of people who never were in them",
        &["nudify", "deepfakes"],
    ),
    row("live-streaming", Leisure, "Showing oneself live, and watching others do it", &["livestreaming"]),
    row("picture-sharing", Leisure, "Pictures that anybody puts up", &["imagehosting", "image-hosting"]),
];

impl Category {
    /// Every category, in the order of the pages.
    pub fn all() -> impl ExactSizeIterator<Item = Self> {
        // The table has fewer rows than a byte can count; a test holds it to that.
        (0..u8::try_from(TABLE.len()).unwrap_or(u8::MAX)).map(Self)
    }

    /// Reads the name that policies use.
    pub fn parse(name: &str) -> Result<Self, BadText> {
        Self::all().find(|category| category.name() == name).ok_or_else(|| {
            let near = Self::from_list_name(name).map(|category| format!("; did you mean `{category}`?"));
            BadText::new(name, format!("a category such as `gambling`{}", near.unwrap_or_default()))
        })
    }

    /// The category that lists of others mean by `name`: a folder of UT1, or the usual name of a hosts list.
    /// Our own names count too.
    pub fn from_list_name(name: &str) -> Option<Self> {
        let name = name.trim().to_ascii_lowercase();
        let named = |name: &str| {
            Self::all().find(|category| {
                category.name() == name || category.row().is_some_and(|row| row.others.contains(&name))
            })
        };
        // Hosts lists are named after their files: `gambling-hosts.txt`, `porn_hosts`.
        let plain = name.strip_suffix(".txt").unwrap_or(&name).replace('_', "-");
        let plain = ["-hosts", "-domains", "-list"].iter().find_map(|end| plain.strip_suffix(end)).unwrap_or(&plain);
        named(&name).or_else(|| named(plain))
    }

    /// The name that policies use: `social-networks`.
    pub fn name(self) -> &'static str {
        self.row().map_or("", |row| row.name)
    }

    /// What it is, as one line for a parent.
    pub fn says(self) -> &'static str {
        self.row().map_or("", |row| row.says)
    }

    /// What it is for.
    pub fn kind(self) -> Kind {
        self.row().map_or(Neutral, |row| row.kind)
    }

    /// Whether it is dangerous, harmful or a way round the filter: what opens another category does not open this one.
    pub fn is_grave(self) -> bool {
        match self.kind() {
            Danger | Harm | Bypass => true,
            Leisure | Neutral | Help => false,
        }
    }

    /// Its place in [`Category::all`].
    pub fn number(self) -> usize {
        usize::from(self.0)
    }

    fn row(self) -> Option<&'static Row> {
        TABLE.get(self.number())
    }
}

impl fmt::Display for Category {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl fmt::Debug for Category {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Category({})", self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The folders of UT1 that this project has seen; the two that UT1 marks "do not use" are left out.
    const UT1: &str = "adult agressif ai arjel associations_religieuses astrology audio-video bank bitcoin blog \
        celebrity chat child cleaning cooking cryptojacking dangerous_material dating ddos dialer doh download drogue \
        dynamic-dns educational_games fakenews filehosting financial forums gambling games hacking jobsearch lingerie \
        liste_blanche liste_bu malware manga marketingware mixed_adult mobile-phone phishing press publicite radio \
        reaffected redirector remote-control residential-proxies sect sexual_education shopping shortener \
        social_networks sports stalkerware tracking translation tricheur update vpn warez webhosting webmail";

    #[test]
    fn every_folder_of_ut1_has_a_category() {
        for folder in UT1.split_whitespace() {
            assert!(Category::from_list_name(folder).is_some(), "{folder}");
        }
        assert_eq!(Category::from_list_name("examen_pix"), None);
    }

    #[test]
    fn the_usual_hosts_lists_have_a_category() {
        for (name, category) in [
            ("porn", "adult"),
            ("pornography-hosts", "adult"),
            ("gambling-hosts.txt", "gambling"),
            ("social", "social-networks"),
            ("fakenews", "misinformation"),
            ("snuff_hosts", "violence"),
            ("ransomware", "malware"),
            ("scam", "phishing"),
            ("vaping", "alcohol-tobacco"),
            ("torrent", "piracy"),
            ("dyndns", "dynamic-dns"),
            ("urlshortener", "link-shorteners"),
            ("Tunnels", "vpn"),
        ] {
            assert_eq!(Category::from_list_name(name).map(Category::name), Some(category), "{name}");
        }
        assert_eq!(Category::from_list_name("basic"), None);
    }

    #[test]
    fn the_themes_that_schools_are_judged_on_have_categories() {
        for name in [
            "self-harm",
            "eating-disorder",
            "extremism",
            "violence",
            "violence-against-women",
            "misinformation",
            "generative-ai",
            "hate",
            "drugs",
            "gambling",
            "adult",
            "piracy",
            "malware",
            "proxies",
        ] {
            let known = crate::starter::all();
            let category = Category::parse(name).unwrap();
            assert!(known.iter().any(|(other, domains)| *other == category && !domains.is_empty()), "{name}");
        }
    }

    #[test]
    fn names_are_words_and_unique_and_read_back() {
        let mut names = std::collections::BTreeSet::new();
        assert!(TABLE.len() < 255);
        for category in Category::all() {
            assert!(kernel::place::is_word(category.name()), "{category}");
            assert!(names.insert(category.name()), "{category} twice");
            assert_eq!(Category::parse(category.name()), Ok(category));
            assert!(category.says().len() > 5 && !category.says().ends_with('.'), "{category}");
            for other in TABLE[category.number()].others {
                assert!(names.insert(other), "{other} twice");
            }
        }
        assert_eq!(
            Category::parse("pornography").unwrap_err().to_string(),
            "`pornography` is not a category such as `gambling`; did you mean `adult`?"
        );
    }
}
