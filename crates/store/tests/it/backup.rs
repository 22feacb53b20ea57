//! Backup and restore, on both databases.

use std::{fs, os::unix::fs::PermissionsExt, path::PathBuf, sync::LazyLock};

use store::{
    Act, StoreError,
    backup::{BackupError, Lock, Unlock, create, export_keys, restore, restore_keys},
    entity::people_person,
    ledger::{Details, Which},
    testing::tamper,
};
use testkit::{SmallSchool, TestStore, store_test};

/// A key pair, because a passphrase takes a second each time, as it should.
static PAIR: LazyLock<age::x25519::Identity> = LazyLock::new(age::x25519::Identity::generate);

fn lock() -> Lock {
    Lock::Recipient(PAIR.to_public().to_string())
}

fn unlock() -> Unlock {
    unlock_with(&PAIR)
}

fn unlock_with(pair: &age::x25519::Identity) -> Unlock {
    use age::secrecy::ExposeSecret;
    Unlock::Identity(pair.to_string().expose_secret().to_owned())
}

/// Two schools with something of each kind, a folder of logs, and both files of the backup.
async fn saved(kit: &TestStore) -> (SmallSchool, PathBuf, PathBuf) {
    let it = SmallSchool::build(&kit.store, "north", kit.now()).await;
    SmallSchool::build(&kit.store, "south", kit.now()).await;
    let maya = it.who("maya.jones").await;
    let act =
        Act::new("agreements.sign", maya).about_person(maya).with(serde_json::json!({ "name": "Maya's \\ \"né\"" }));
    it.school.act(act, kit.now(), async |_| Ok::<_, StoreError>(())).await.unwrap();
    let erased = it.who("tom.reed").await;
    it.school.act(Act::erase(erased.0, maya), kit.now(), async |_| Ok::<_, StoreError>(())).await.unwrap();
    let log = kit.folder().join("activity");
    fs::create_dir_all(log.join("2026-11")).unwrap();
    fs::write(log.join("2026-11/24.parquet"), vec![7u8; 300_000]).unwrap();
    fs::write(log.join("journal"), b"").unwrap();
    let (archive, keys) = (kit.folder().join("backup.age"), kit.folder().join("keys.age"));
    let missing = kit.folder().join("nothing-here");
    let manifest =
        create(&kit.store, &[("activity", &log), ("lists", &missing)], &archive, &lock(), kit.now()).await.unwrap();
    assert_eq!((manifest.heads.len(), manifest.folders.as_slice()), (2, ["activity".to_owned()].as_slice()));
    export_keys(&kit.store, &keys, &lock()).await.unwrap();
    (it, archive, keys)
}

async fn what_was_saved_comes_back(kit: &TestStore) {
    let (it, archive, keys) = saved(kit).await;
    for path in [&archive, &keys] {
        assert_eq!(fs::metadata(path).unwrap().permissions().mode() & 0o777, 0o600);
    }
    // What happens afterwards is not in it.
    it.person("Late", "Comer", None).await;
    let into = kit.another("restored").await;
    let place = kit.folder().join("restored-activity");
    let places = [("activity", place.as_path())];
    let refused = restore(&archive, &unlock(), &into, &places, kit.now()).await;
    assert!(matches!(refused, Err(BackupError::NoKeys(_))), "the keys are not in the archive");
    restore_keys(&keys, &unlock(), &into.keys_dir).await.unwrap();
    let again = restore_keys(&keys, &unlock(), &into.keys_dir).await;
    assert!(matches!(again, Err(BackupError::Exists { .. })));
    let restored = restore(&archive, &unlock(), &into, &places, kit.now()).await.unwrap();

    let school = restored.store.school("north").await.unwrap();
    assert_eq!(school.id(), it.school.id());
    let people = |school: store::School| async move {
        let rows = school.read();
        rows.find::<people_person::Entity>().ascending(people_person::Column::OutsideId).all().await.unwrap()
    };
    let mut before = people(it.school.clone()).await;
    before.retain(|row| row.given_name != "Late");
    assert_eq!(people(school.clone()).await, before);
    assert_eq!(school.secret("token"), it.school.secret("token"));
    let which = Which { act: Some("agreements.sign".into()), ..Which::default() };
    let entry = school.ledger().entries(&which).await.unwrap().remove(0);
    let details = school.ledger().details(&entry).await.unwrap();
    assert_eq!(details, Details::Known(serde_json::json!({ "name": "Maya's \\ \"né\"" })));
    assert!(school.ledger().verify().await.unwrap().is_whole());
    assert_eq!(fs::read(place.join("2026-11/24.parquet")).unwrap(), vec![7u8; 300_000]);
    assert_eq!(fs::read(place.join("journal")).unwrap(), b"");
    // It lives on: acts can be done, and the chain still refuses changes.
    let maya = it.who("maya.jones").await;
    school.act(Act::new("people.note", maya), kit.now(), async |_| Ok::<_, StoreError>(())).await.unwrap();
    assert!(tamper(&restored.store, "DELETE FROM ledger_entry").await.is_err());
    // Nothing that was under way is left.
    let left: Vec<_> = fs::read_dir(kit.folder()).unwrap().map(|it| it.unwrap().file_name()).collect();
    assert!(!left.iter().any(|name| name.to_string_lossy().starts_with(".gatehouse")), "{left:?}");
}

async fn nothing_is_written_over(kit: &TestStore) {
    let (_, archive, keys) = saved(kit).await;
    let again = create(&kit.store, &[], &archive, &lock(), kit.now()).await;
    assert!(matches!(again, Err(BackupError::Exists { .. })));
    let here = restore(&archive, &unlock(), kit.settings(), &[], kit.now()).await;
    assert!(matches!(here, Err(BackupError::NotEmpty)));
    let into = kit.another("restored").await;
    restore_keys(&keys, &unlock(), &into.keys_dir).await.unwrap();
    let full = kit.folder().join("activity");
    let refused = restore(&archive, &unlock(), &into, &[("activity", &full)], kit.now()).await;
    assert!(matches!(refused, Err(BackupError::Exists { .. })));
    let refused = restore(&archive, &unlock(), &into, &[], kit.now()).await;
    assert!(matches!(refused, Err(BackupError::NoPlace(name)) if name == "activity"));
    let place = kit.folder().join("place");
    restore(&archive, &unlock(), &into, &[("activity", &place)], kit.now()).await.unwrap();
}

async fn a_damaged_archive_is_refused(kit: &TestStore) {
    let (_, archive, keys) = saved(kit).await;
    let whole = fs::read(&archive).unwrap();
    let into = kit.another("restored").await;
    restore_keys(&keys, &unlock(), &into.keys_dir).await.unwrap();
    let place = kit.folder().join("place");
    let broken = kit.folder().join("broken.age");
    let try_it = async |bytes: &[u8], unlock: &Unlock| {
        fs::write(&broken, bytes).unwrap();
        let result = restore(&broken, unlock, &into, &[("activity", &place)], kit.now()).await;
        assert!(!place.exists(), "nothing is put in place");
        result.map(|_| ()).unwrap_err()
    };
    let changed = |at: usize| {
        let mut bytes = whole.clone();
        bytes[at] ^= 1;
        bytes
    };
    for bytes in
        [changed(whole.len() / 2), changed(whole.len() - 3), whole[..whole.len() - 40].to_vec(), whole[..300].to_vec()]
    {
        let error = try_it(&bytes, &unlock()).await;
        assert!(matches!(error, BackupError::Damaged { .. }), "{error:?}");
        assert!(error.to_string().contains("broken.age is damaged"), "{error}");
    }
    let error = try_it(b"hello", &unlock()).await;
    assert!(matches!(error, BackupError::Damaged { .. }), "{error:?}");
    let error = try_it(&whole, &unlock_with(&age::x25519::Identity::generate())).await;
    assert!(matches!(error, BackupError::WrongKey { .. }), "{error:?}");
    fs::write(&broken, &whole).unwrap();
    restore(&broken, &unlock(), &into, &[("activity", &place)], kit.now()).await.unwrap();
}

async fn a_passphrase_locks_too(kit: &TestStore) {
    let it = SmallSchool::build(&kit.store, "north", kit.now()).await;
    let words = |words: &str| (Lock::Passphrase(words.into()), Unlock::Passphrase(words.into()));
    let ((lock, unlock), (_, wrong)) = (words("correct horse battery staple"), words("wrong"));
    let (archive, keys) = (kit.folder().join("backup.age"), kit.folder().join("keys.age"));
    create(&kit.store, &[], &archive, &lock, kit.now()).await.unwrap();
    export_keys(&kit.store, &keys, &lock).await.unwrap();
    let into = kit.another("restored").await;
    assert!(matches!(restore_keys(&keys, &wrong, &into.keys_dir).await, Err(BackupError::WrongKey { .. })));
    restore_keys(&keys, &unlock, &into.keys_dir).await.unwrap();
    let restored = restore(&archive, &unlock, &into, &[], kit.now()).await.unwrap();
    assert_eq!(restored.store.schools().await.unwrap()[0].id(), it.school.id());
    let bad = Lock::Recipient("nobody".into());
    let refused = create(&kit.store, &[], &kit.folder().join("x.age"), &bad, kit.now()).await;
    assert!(matches!(refused, Err(BackupError::BadRecipient(_))));
    assert!(!kit.folder().join("x.age").exists());
}

async fn acts_go_on_during_a_backup(kit: &TestStore) {
    let it = SmallSchool::build(&kit.store, "north", kit.now()).await;
    let (school, now, maya) = (it.school.clone(), kit.now(), it.who("maya.jones").await);
    let busy = tokio::spawn(async move {
        loop {
            school.act(Act::new("people.note", maya), now, async |_| Ok::<_, StoreError>(())).await.unwrap();
        }
    });
    let (archive, keys) = (kit.folder().join("backup.age"), kit.folder().join("keys.age"));
    let manifest = create(&kit.store, &[], &archive, &lock(), kit.now()).await.unwrap();
    assert!(!busy.is_finished(), "no act failed meanwhile");
    busy.abort();
    export_keys(&kit.store, &keys, &lock()).await.unwrap();
    let into = kit.another("restored").await;
    restore_keys(&keys, &unlock(), &into.keys_dir).await.unwrap();
    let restored = restore(&archive, &unlock(), &into, &[], kit.now()).await.unwrap();
    assert_eq!(restored.manifest, manifest, "of one moment: chain, head and rows agree");
}

#[test]
fn a_backup_of_the_other_database_is_refused() {
    testkit::on_sqlite(async |kit| {
        let (_, archive, keys) = saved(kit).await;
        let Some(other) = testkit::postgres().await else { return };
        let into = other.another("restored").await;
        restore_keys(&keys, &unlock(), &into.keys_dir).await.unwrap();
        let refused = restore(&archive, &unlock(), &into, &[], kit.now()).await;
        assert!(matches!(refused, Err(BackupError::OtherDatabase { .. })));
    });
}

store_test!(
    what_was_saved_comes_back,
    nothing_is_written_over,
    a_damaged_archive_is_refused,
    a_passphrase_locks_too,
    acts_go_on_during_a_backup,
);
