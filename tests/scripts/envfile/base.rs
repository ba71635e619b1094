//! The files of a base on disk.

use std::path::Path;
use std::sync::Arc;

use mcpctl::files::{Files, Mode, Written};
use mcpctl::provision::envfile::base::{load, manager_of_env_file, save};
use mcpctl::provision::envfile::{Base, Role, WantedValue, generate};
use mcpctl::record::{KeyChange, Recorder};

#[test]
fn a_base_names_its_files_and_is_known_by_them() {
    let base = Base::new("deploy/prod").unwrap();
    assert_eq!(base.env_file(Role::Config), Path::new("deploy/prod-config.env"));
    assert_eq!(base.env_file(Role::Secret), Path::new("deploy/prod-secret.env"));
    assert_eq!(base.catalog(), Path::new("deploy/prod-catalog.yaml"));
    assert_eq!(base.secret_names(), Path::new("deploy/prod-secret-names.env"));
    assert_eq!((base.name(), base.manager().as_str()), ("prod", "mcpctl:prod"));
    assert_eq!(Base::of_env_file(Path::new("deploy/prod-secret.env")), Some((base, Role::Secret)));
    assert_eq!(Base::new("/prod").unwrap().catalog(), Path::new("/prod-catalog.yaml"));
    assert_eq!(Base::new("prod").unwrap().catalog(), Path::new("prod-catalog.yaml"));
    assert_eq!(Base::of_env_file(Path::new("-config.env")), None);
    assert_eq!(manager_of_env_file(Path::new("a/prod-config.env")), "mcpctl:prod");
    assert_eq!(manager_of_env_file(Path::new("a/mine.env")), "mcpctl:mine");
    for wrong in ["", "a/", "..", "a/.", "a\nb"] {
        assert!(Base::new(wrong).is_err(), "{wrong:?}");
    }
}

#[test]
fn generate_fill_in_save_and_read_again() {
    let folder = tempfile::tempdir().unwrap();
    let recorder = Arc::new(Recorder::default());
    let files = Files::new(false, false, recorder.clone());
    let path = Base::new(&folder.path().join("p").display().to_string()).unwrap().env_file(Role::Secret);
    assert!(load(&files, &path).unwrap().is_none());
    let servers = ["grafana".to_owned()];
    let wanted = [WantedValue::new("grafana", "grafana.api_key", Role::Secret)];
    let mut made = generate(None, "p-secret.env", Role::Secret, &servers, &wanted, false).unwrap().file;
    assert_eq!(save(&files, &path, &made, Mode::Private, None).unwrap(), Written::Created);
    let before = made.clone();
    made.set("grafana.api_key", "canary-'saved'\n").unwrap();
    assert_eq!(save(&files, &path, &made, Mode::Private, Some(&before)).unwrap(), Written::Configured);
    assert_eq!(save(&files, &path, &made, Mode::Private, Some(&made)).unwrap(), Written::Unchanged);
    assert_eq!(recorder.changes()[0].keys, [KeyChange::Changed("grafana.api_key".into())]);
    let read = load(&files, &path).unwrap().unwrap();
    assert_eq!(read.secret("grafana.api_key").unwrap().expose(), "canary-'saved'\n");
    assert!(!format!("{:?}", recorder.changes()).contains("canary"));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }
}
