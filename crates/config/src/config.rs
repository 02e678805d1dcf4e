//! The configuration of one run of a program: its files and the settings that every program checks first.

use std::path::{Path, PathBuf};

use crate::krb5_conf::Checked;
use crate::{Env, Error, Notice, Profile, Result};

/// Configuration files, read and checked as MIT's programs do when they start.
#[derive(Debug)]
pub struct Config {
    profile: Profile,
    env: Env,
    files: Vec<PathBuf>,
    pub(crate) checked: Checked,
}

impl Config {
    /// The configuration of a client program such as `klist`: `KRB5_CONFIG`.
    ///
    /// # Errors
    /// What [`Profile::load`] gives, but not [`Error::NoFiles`]: without any file everything has its default.
    /// Settings that MIT checks at start: [`Error::BadBoolean`] and [`Error::BadValue`].
    pub fn from_env(env: &Env) -> Result<Config> {
        Config::load(env.krb5_conf_files(), env)
    }

    /// The configuration of an administration program such as `kadmin.local`: `KRB5_KDC_PROFILE` before
    /// `KRB5_CONFIG`.
    ///
    /// # Errors
    /// As [`Config::from_env`]. That no file was there at all is an error of
    /// [`RealmParams::new`](crate::RealmParams::new), as in MIT.
    pub fn for_kdc(env: &Env) -> Result<Config> {
        Config::load(env.kdc_conf_files(), env)
    }

    fn load(files: Vec<PathBuf>, env: &Env) -> Result<Config> {
        let profile = match Profile::load(&files) {
            Err(Error::NoFiles { .. }) => Profile::empty(),
            other => other?,
        };
        Config::new(profile, files, env)
    }

    /// A configuration of a profile that is read already; `files` is what messages say was looked for.
    ///
    /// # Errors
    /// [`Error::BadBoolean`] and [`Error::BadValue`] for the settings that MIT checks at start.
    pub fn new(profile: Profile, files: Vec<PathBuf>, env: &Env) -> Result<Config> {
        let checked = Checked::read(&profile, env)?;
        Ok(Config { profile, env: env.clone(), files, checked })
    }

    /// The merged files.
    pub fn profile(&self) -> &Profile {
        &self.profile
    }

    /// The environment that the configuration was made with.
    pub fn env(&self) -> &Env {
        &self.env
    }

    /// The files that were looked for, in order.
    pub fn files(&self) -> &[PathBuf] {
        &self.files
    }

    /// The first of the files, which a message can send a reader to who has to add a setting.
    pub fn first_file(&self) -> &Path {
        self.files.first().map_or(Path::new(crate::paths::KRB5_CONF), PathBuf::as_path)
    }

    /// What the syntax of the files asks for and does not happen.
    pub fn notices(&self) -> &[Notice] {
        self.profile.notices()
    }
}

#[cfg(test)]
impl Config {
    /// A configuration of one file's text, named `k.conf`.
    pub(crate) fn of_text(text: &str) -> Config {
        let user = crate::User { uid: 0, euid: 0, name: |_| None };
        let env = Env::new(std::iter::empty::<(&str, &str)>(), user);
        let profile = Profile::parse("k.conf", text.as_bytes()).unwrap();
        Config::new(profile, vec!["k.conf".into()], &env).unwrap()
    }
}
