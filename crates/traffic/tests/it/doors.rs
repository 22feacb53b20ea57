//! Every role at every door of the area, and what stands behind each.

use std::fmt::Write as _;

use axum::http::Method;
use kernel::Role;
use testkit::TestStore;
use webkit::{Rights, Who};

use super::desk::{House, provides};

#[test]
fn every_role_at_every_door() {
    testkit::on_sqlite(async |kit: &TestStore| {
        let house = House::open(kit, provides()).await;
        insta::assert_snapshot!("routes", webkit::routes::table(&house.rows));
        let (rights, mut wrong, mut table) = (Rights::built_in(), Vec::new(), String::new());
        let mut opened = vec![Vec::new(); house.rows.len()];
        for role in Role::ALL {
            let cookie = house.somebody(*role).await;
            for (nth, row) in house.rows.iter().enumerate() {
                let may = match row.who {
                    Who::Public | Who::SignedIn | Who::Named => true,
                    Who::May(action) => rights.allow(&[*role].into(), action),
                };
                let path = row.path.replace("{id}", "00000000-0000-7000-8000-000000000001");
                let path = path.replace("{person}", "00000000-0000-7000-8000-000000000002");
                let page = match row.method {
                    Method::GET => house.get(&cookie, &path).await,
                    _ => house.post(&cookie, &path, "").await,
                };
                // Who may look at a person is asked once more behind the door.
                let looks = row.path.starts_with("/monitor/look") && page.status.as_u16() == 403;
                if page.status.is_server_error() || (page.status.as_u16() == 403) == may && !looks {
                    wrong.push(format!("{} at {} {}: {}", role.id(), row.method, row.path, page.status));
                }
                if may {
                    opened[nth].push(role.id());
                }
            }
        }
        for (row, roles) in house.rows.iter().zip(opened).filter(|(row, _)| row.path.starts_with("/filter")) {
            let who = if roles.len() == Role::ALL.len() { "everybody".to_owned() } else { roles.join(" ") };
            let _ = writeln!(table, "{} {}: {who}", row.method, row.path);
        }
        assert!(wrong.is_empty(), "{wrong:#?}");
        insta::assert_snapshot!("doors", table);
    });
}
