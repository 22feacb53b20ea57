//! `/filter/certificate`: the page for those who look after the school's devices.

use askama::Template;
use axum::{
    extract::State,
    http::header,
    response::{IntoResponse as _, Response},
};
use filter::pinned;
use kernel::{SchoolTime, SiteItem};
use webkit::{
    Action, Page, PageError, PageResult, Permit as _, Visit, html,
    kit::{Cell, State as Mark, Table},
    permit::MayEquipDevices,
};

use super::{Opening, Seen};
use crate::{Traffic, forms};

/// The most candidates that are shown.
const MOST: usize = 20;

#[derive(Template)]
#[template(path = "certificate/page.html")]
struct CertificatePage {
    page: Page,
    lead: String,
    opening: Option<Shown>,
}

struct Shown {
    name: String,
    sha256: String,
    sha1: String,
    ends: String,
    issuing_ends: String,
    check: &'static str,
    exempt: Vec<String>,
    programs: Vec<&'static str>,
    programs_dated: String,
    devices: Option<Table>,
    quiet: usize,
    candidates: Vec<Line>,
    may_change: bool,
}

/// A candidate, as the page prints it.
struct Line {
    name: String,
    broken: u64,
    opened: u64,
    last: String,
    spliced: bool,
}

fn lead(opening: Option<&Opening>) -> String {
    let Some(opening) = opening else {
        return "The gateway does not run, so it has no certificate to give.".to_owned();
    };
    if !opening.asked {
        return "No clause of the policy has encrypted connections opened. No device needs the certificate yet."
            .to_owned();
    }
    let lacking = opening.devices.iter().filter(|device| lacks(device)).count();
    match (opening.devices.len(), lacking) {
        (0, _) => "No device of the school has come through the gateway since it started.".to_owned(),
        (1, 0) => "1 device of the school has come, and trusts the certificate.".to_owned(),
        (all, 0) => format!("{all} devices of the school have come, and all trust the certificate."),
        (all, 1) => {
            format!("1 of {all} devices of the school lacks the certificate: it gets no page of a site that is opened.")
        }
        (all, lacking) => format!(
            "{lacking} of {all} devices of the school lack the certificate: they get no page of a site that is opened."
        ),
    }
}

fn lacks(device: &Seen) -> bool {
    device.opened == 0 && device.broken > 0
}

fn table(opening: &Opening, now: jiff::Timestamp) -> Option<Table> {
    let mut all: Vec<&Seen> = opening.devices.iter().collect();
    // Those that lack it first: there is something to do.
    all.sort_by_key(|device| (!lacks(device), std::cmp::Reverse(device.last)));
    let mut table = Table::new(
        "Devices of the school since the gateway started",
        ["Device", "Last seen", "Opened", "Broken off", "Certificate"],
    );
    for device in all {
        let address = device.address.map(|address| address.to_string());
        let name = match (&device.tag, address) {
            (Some(tag), Some(address)) => Cell::sub(tag.clone(), address),
            (Some(tag), None) => Cell::text(tag.clone()),
            (None, Some(address)) => Cell::sub(address, "Not in the register"),
            (None, None) => Cell::text("A device with a code of its own"),
        };
        let state = match (device.opened, device.broken) {
            (0, _) => Mark::bad("Lacks it"),
            (_, 0) => Mark::good("Trusts it"),
            (_, _) => Mark::good("Trusts it; a program does not"),
        };
        table.push([
            name,
            Cell::text(forms::capital(&forms::when(store::time::millis(device.last), now))),
            Cell::figure(device.opened),
            Cell::figure(device.broken),
            Cell::State(state),
        ]);
    }
    (!table.is_empty()).then_some(table)
}

fn exempt(site: &SiteItem) -> String {
    match site {
        SiteItem::Category(name) => format!("Every site of the category {}", name.replace('-', " ")),
        SiteItem::List(name) => format!("Every site of the list {}", name.replace('-', " ")),
        SiteItem::All
        | SiteItem::Domain(_)
        | SiteItem::Address { .. }
        | SiteItem::Pattern(_)
        | SiteItem::Register(_) => site.to_string(),
    }
}

/// The page.
pub(super) async fn show(State(state): State<Traffic>, visit: Visit, may: MayEquipDevices) -> PageResult {
    let opening = state.gate().opening(may.school());
    let may_change = visit.may(Action::ChangeFilter) && state.gate().provides(may.school()).change.is_some();
    let now = visit.now();
    let day = |at| kernel::time::date_in_words(SchoolTime::new(at).date());
    html(&CertificatePage {
        page: visit.page("The filter’s certificate").back("Filter", "/filter/why"),
        lead: lead(opening.as_ref()),
        opening: opening.map(|opening| Shown {
            devices: table(&opening, now),
            quiet: opening.quiet,
            exempt: opening.exempt.iter().map(exempt).collect(),
            programs: pinned::programs().map(|(name, _)| name).collect(),
            programs_dated: pinned::dated(),
            candidates: opening
                .candidates
                .into_iter()
                .take(MOST)
                .map(|one| Line {
                    last: forms::when(store::time::millis(one.last), now),
                    name: one.name,
                    broken: one.broken,
                    opened: one.opened,
                    spliced: one.spliced,
                })
                .collect(),
            name: opening.certificate.name,
            sha256: opening.certificate.sha256,
            sha1: opening.certificate.sha1,
            ends: day(opening.certificate.ends),
            issuing_ends: day(opening.issuing_ends),
            check: opening.check,
            may_change,
        }),
    })
}

fn download(kind: &'static str, name: &'static str, bytes: Vec<u8>) -> Response {
    let headers = [
        (header::CONTENT_TYPE, kind.to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")),
    ];
    (headers, bytes).into_response()
}

/// The certificate as text, for Chromebooks, Linux and Firefox.
pub(super) async fn pem(State(state): State<Traffic>, may: MayEquipDevices) -> Result<Response, PageError> {
    let opening = state.gate().opening(may.school()).ok_or(PageError::NotFound)?;
    Ok(download("application/x-pem-file", "school-filter-root.pem", opening.certificate.pem.into_bytes()))
}

/// The certificate as bytes, for Windows, iPads and Macs.
pub(super) async fn der(State(state): State<Traffic>, may: MayEquipDevices) -> Result<Response, PageError> {
    let opening = state.gate().opening(may.school()).ok_or(PageError::NotFound)?;
    Ok(download("application/x-x509-ca-cert", "school-filter-root.cer", opening.certificate.der))
}
