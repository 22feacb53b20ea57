//! Registers as JSON.

use axum::{
    body::Body,
    http::{Method, Request, StatusCode, header},
};
use http_body_util::BodyExt;
use serde_json::{Value as Data, json};
use testkit::{TestStore, store_test};
use tower::ServiceExt;

use crate::registers::desk::TestDesk;

store_test!(a_program_enters_changes_and_moves, a_program_may_no_more_than_its_person, the_document_says_what_there_is);

const DEVICES: &str = "/api/registers/assets/hardware";

struct Told {
    status: StatusCode,
    media: String,
    data: Data,
}

async fn ask(desk: &TestDesk<'_>, cookie: &str, method: Method, path: &str, token: &str, body: Option<Data>) -> Told {
    let mut request = Request::builder().method(method).uri(path).header(header::HOST, "localhost");
    request = request.header(header::COOKIE, cookie);
    if !token.is_empty() {
        request = request.header("x-csrf", token);
    }
    let body = match body {
        Some(data) => {
            request = request.header(header::CONTENT_TYPE, "application/json");
            Body::from(data.to_string())
        }
        None => Body::empty(),
    };
    let response = desk.router().oneshot(request.body(body).unwrap()).await.unwrap();
    let status = response.status();
    let media = response.headers().get(header::CONTENT_TYPE).map(|it| it.to_str().unwrap().to_owned());
    let bytes = response.into_body().collect().await.unwrap().to_bytes();
    let data = serde_json::from_slice(&bytes).unwrap_or(Data::Null);
    Told { status, media: media.unwrap_or_default(), data }
}

async fn token(desk: &TestDesk<'_>, cookie: &str) -> String {
    let told = ask(desk, cookie, Method::GET, "/api/session", "", None).await;
    told.data["csrf"].as_str().unwrap().to_owned()
}

async fn a_program_enters_changes_and_moves(kit: &TestStore) {
    let desk = TestDesk::open(kit).await;
    let office = desk.sign_in("office").await;
    let token = token(&desk, &office).await;
    let send =
        async |method: Method, path: &str, data: Data| ask(&desk, &office, method, path, &token, Some(data)).await;
    let values = json!({ "tag": "WL-1", "kind": "laptop", "price": "300.00", "bought-on": "2024-09-01" });
    let made = send(Method::POST, DEVICES, json!({ "values": values })).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.data);
    assert_eq!((&made.data["values"], &made.data["state"]), (&values, &json!("in-use")));
    let one = format!("{DEVICES}/{}", made.data["id"].as_str().unwrap());
    let list = ask(&desk, &office, Method::GET, &format!("{DEVICES}?f-kind=laptop&sort=-tag"), "", None).await;
    assert_eq!((&list.data["total"], &list.data["entries"][0]), (&json!(1), &made.data));
    // What is wrong is said of its field.
    let wrong = send(
        Method::POST,
        DEVICES,
        json!({ "values": { "tag": "wl-1", "kind": "Leptop", "price": 3, "colour": "red" } }),
    )
    .await;
    assert_eq!((wrong.status, wrong.media.as_str()), (StatusCode::UNPROCESSABLE_ENTITY, "application/problem+json"));
    let fields: Vec<&Data> = wrong.data["errors"].as_array().unwrap().iter().map(|error| &error["field"]).collect();
    assert!(fields.contains(&&json!("kind")) && fields.contains(&&json!("price")), "{}", wrong.data);
    let twin = send(Method::POST, DEVICES, json!({ "values": { "tag": "wl-1", "kind": "laptop" } })).await;
    assert_eq!((twin.status, &twin.data["errors"][0]["field"]), (StatusCode::UNPROCESSABLE_ENTITY, &json!("tag")));
    // A change needs the version that was read.
    let changed = send(Method::PUT, &one, json!({ "version": 1, "values": { "tag": "WL-1", "kind": "tablet" } })).await;
    assert_eq!((changed.status, &changed.data["version"]), (StatusCode::OK, &json!(2)), "{}", changed.data);
    assert_eq!(changed.data["values"], json!({ "tag": "WL-1", "kind": "tablet" }), "what is left out is emptied");
    let late = send(Method::PUT, &one, json!({ "version": 1, "values": { "tag": "WL-1", "kind": "other" } })).await;
    assert_eq!((late.status, &late.data["current"]["values"]["kind"]), (StatusCode::CONFLICT, &json!("tablet")));
    assert_eq!(send(Method::PUT, &one, json!({ "values": {} })).await.status, StatusCode::BAD_REQUEST);
    // Loans by name and by identifier; a step.
    let loans = "/api/registers/assets/loans";
    let loan = json!({ "device": "WL-1", "borrower": "maya.jones", "lent-on": "2026-11-01", "due-on": "2026-12-01" });
    let lent = send(Method::POST, loans, json!({ "values": loan })).await;
    assert_eq!(lent.status, StatusCode::CREATED, "{}", lent.data);
    assert_eq!(lent.data["values"]["device"], made.data["id"]);
    let again = send(Method::POST, loans, json!({ "values": lent.data["values"] })).await;
    assert_eq!(again.status, StatusCode::CREATED, "{}", again.data);
    let nobody = json!({ "device": desk.who("office").await, "borrower": made.data["id"], "lent-on": "2026-11-01", "due-on": "2026-12-01" });
    let nobody = send(Method::POST, loans, json!({ "values": nobody })).await;
    assert_eq!(nobody.data["errors"].as_array().unwrap().len(), 2, "{}", nobody.data);
    let step = format!("{loans}/{}/moves/return", lent.data["id"].as_str().unwrap());
    let early = send(Method::POST, &step, json!({ "version": 1, "values": { "returned-on": "2026-10-01" } })).await;
    assert_eq!(early.status, StatusCode::UNPROCESSABLE_ENTITY);
    let back = send(Method::POST, &step, json!({ "version": 1, "values": { "returned-on": "2026-11-20" } })).await;
    assert_eq!((back.status, &back.data["state"]), (StatusCode::OK, &json!("returned")), "{}", back.data);
}

async fn a_program_may_no_more_than_its_person(kit: &TestStore) {
    let desk = TestDesk::open(kit).await;
    let (office, tech, teacher, pupil) = (
        desk.sign_in("office").await,
        desk.sign_in("tech").await,
        desk.sign_in("teacher").await,
        desk.sign_in("maya.jones").await,
    );
    let new = json!({ "values": { "tag": "WL-1", "kind": "laptop", "price": "300.00" } });
    let own = token(&desk, &office).await;
    let post =
        async |cookie: &str, token: &str| ask(&desk, cookie, Method::POST, DEVICES, token, Some(new.clone())).await;
    assert_eq!(post(&office, "").await.status, StatusCode::BAD_REQUEST, "no token");
    assert_eq!(post(&tech, &own).await.status, StatusCode::BAD_REQUEST, "somebody else's token");
    assert_eq!(post(&teacher, &token(&desk, &teacher).await).await.status, StatusCode::FORBIDDEN);
    assert_eq!(post(&pupil, &token(&desk, &pupil).await).await.status, StatusCode::NOT_FOUND);
    let nobody = ask(&desk, "", Method::GET, DEVICES, "", None).await;
    assert_eq!((nobody.status, nobody.media.as_str()), (StatusCode::UNAUTHORIZED, "application/problem+json"));
    assert_eq!(nobody.data["status"], json!(401));
    assert_eq!(post(&office, &own).await.status, StatusCode::CREATED);
    let kept = ask(&desk, &tech, Method::GET, DEVICES, "", None).await;
    let entry = &kept.data["entries"][0];
    assert!(entry["values"].get("price").is_none() && entry["values"]["tag"] == "WL-1", "{entry}");
    // Whoever does not see a field neither fills nor empties it.
    let hidden = json!({ "version": 1, "values": { "tag": "WL-1", "kind": "laptop", "price": "1.00" } });
    let one = format!("{DEVICES}/{}", entry["id"].as_str().unwrap());
    let theirs = token(&desk, &tech).await;
    assert_eq!(
        ask(&desk, &tech, Method::PUT, &one, &theirs, Some(hidden)).await.status,
        StatusCode::UNPROCESSABLE_ENTITY
    );
    let change = json!({ "version": 1, "values": { "tag": "WL-1", "kind": "tablet" } });
    assert_eq!(ask(&desk, &tech, Method::PUT, &one, &theirs, Some(change)).await.status, StatusCode::OK);
    let whole = ask(&desk, &office, Method::GET, &one, "", None).await;
    assert_eq!((&whole.data["values"]["price"], &whole.data["values"]["kind"]), (&json!("300.00"), &json!("tablet")));
    let find = ask(&desk, &office, Method::GET, "/api/registers/assets/loans?find=maya", "", None).await;
    assert_eq!(find.status, StatusCode::BAD_REQUEST, "a name stands in no address");
}

async fn the_document_says_what_there_is(kit: &TestStore) {
    let desk = TestDesk::open(kit).await;
    let document = async |who: &str| {
        let cookie = desk.sign_in(who).await;
        ask(&desk, &cookie, Method::GET, "/api/openapi.json", "", None).await.data
    };
    let office = document("office").await;
    assert_eq!(office["openapi"], "3.1.0");
    let path = &office["paths"]["/api/registers/assets/hardware/{id}"];
    assert!(path["get"].is_object() && path["put"].is_object() && office["paths"]["/api/policy"]["get"].is_object());
    assert!(office["paths"]["/api/registers/assets/loans/{id}/moves/return"]["post"].is_object());
    let schemas = office["components"]["schemas"].as_object().unwrap();
    assert_eq!(schemas["assets.hardware.values"]["required"], json!(["tag", "kind"]));
    assert_eq!(schemas["assets.hardware.values"]["properties"]["kind"]["enum"], json!(["laptop", "tablet", "other"]));
    // Every reference leads somewhere.
    let text = office.to_string();
    for reference in text.split("#/components/schemas/").skip(1) {
        let name = reference.split('"').next().unwrap();
        assert!(schemas.contains_key(name), "{name}");
    }
    let teacher = document("teacher").await;
    let path = &teacher["paths"]["/api/registers/assets/hardware/{id}"];
    assert!(path["get"].is_object() && path["put"].is_null());
    assert!(teacher["components"]["schemas"]["assets.hardware.values"]["properties"]["price"].is_null());
    let pupil = document("maya.jones").await;
    assert!(pupil["paths"]["/api/registers/assets/hardware"].is_null() && pupil["paths"]["/api/policy"].is_null());
}
