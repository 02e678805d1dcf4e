//! `[plugins]`: modules that a file asks for. None is ever loaded; what matters is which ones would be.

use crate::error::MitFault;
use crate::profile::setting_name;
use crate::{Config, Error, Notice, Origin, Result};

/// The plugin interfaces that MIT's administration programs load modules of. Those of the KDC, of kadmind and
/// of clients that ask for tickets do not concern these programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PluginInterface {
    /// Password quality. Built in: `dict`, `empty`, `hesiod`, `princ`.
    Pwqual,
    /// Called before and after each change by kadmin.
    Kadm5Hook,
    /// Realms of hosts, and the default realm. Built in: `profile`, `dns`, `domain`.
    HostRealm,
}

impl PluginInterface {
    /// MIT's name for it, which is also that of its section.
    pub fn name(self) -> &'static str {
        match self {
            PluginInterface::Pwqual => "pwqual",
            PluginInterface::Kadm5Hook => "kadm5_hook",
            PluginInterface::HostRealm => "hostrealm",
        }
    }
}

/// A `module = NAME:PATH` line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PluginModule {
    /// What it plugs into.
    pub interface: PluginInterface,
    /// `NAME`.
    pub name: String,
    /// `PATH`, which may be relative to MIT's plugin directory.
    pub path: String,
    /// The line.
    pub origin: Origin,
}

impl PluginModule {
    /// The module as an error, for what must not happen without it.
    pub fn error(&self) -> Error {
        let (origin, interface) = (self.origin.clone(), self.interface.name());
        Error::PluginModule { origin, interface, name: self.name.clone() }
    }

    /// The module as a notice, for what happens all the same.
    pub fn notice(&self) -> Notice {
        let (origin, interface) = (self.origin.clone(), self.interface.name());
        Notice::Plugin { origin, interface, name: self.name.clone() }
    }
}

impl Config {
    /// The modules that MIT would load for an interface: those named by `module`, less those that `disable`
    /// names, and only those that `enable_only` names where it is set.
    ///
    /// # Errors
    /// [`Error::BadValue`] for a `module` without a colon, at which MIT does not start.
    pub fn plugin_modules(&self, interface: PluginInterface) -> Result<Vec<PluginModule>> {
        let names = ["plugins", interface.name(), "module"];
        let mut modules: Vec<PluginModule> = Vec::new();
        for value in self.profile().values(&names) {
            let text = value.text();
            let Some((name, path)) = text.split_once(':') else {
                return Err(Error::BadValue {
                    origin: value.origin(),
                    setting: setting_name(&names),
                    value: text.into_owned(),
                    reason: "a module is NAME:PATH".into(),
                    mit: MitFault::ModuleSpecifier,
                });
            };
            if self.plugin_enabled(interface, name) && !modules.iter().any(|m| m.name == name) {
                let (name, path) = (name.to_owned(), path.to_owned());
                modules.push(PluginModule { interface, name, path, origin: value.origin() });
            }
        }
        Ok(modules)
    }

    /// Whether `disable` and `enable_only` leave a module on, be it built in or not.
    pub fn plugin_enabled(&self, interface: PluginInterface, name: &str) -> bool {
        let list = |relation| self.profile().values(&["plugins", interface.name(), relation]);
        let named = |values: &[crate::Value<'_>]| values.iter().any(|v| v.bytes() == name.as_bytes());
        let only = list("enable_only");
        !named(&list("disable")) && (only.is_empty() || named(&only))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use PluginInterface::{HostRealm, Kadm5Hook, Pwqual};

    #[test]
    fn modules_that_would_be_loaded() {
        let config = Config::of_text(
            "[plugins]\npwqual = {\nmodule = cracklib:pw/cracklib.so\nmodule = off:x.so\nmodule = cracklib:y\n\
             disable = off\ndisable = princ\n}\nkadm5_hook = {\nmodule = a:a.so\nmodule = b:b.so\n\
             enable_only = b\n}\n",
        );
        let modules = config.plugin_modules(Pwqual).unwrap();
        assert_eq!(modules.len(), 1);
        assert_eq!((modules[0].name.as_str(), modules[0].path.as_str()), ("cracklib", "pw/cracklib.so"));
        assert!(config.plugin_enabled(Pwqual, "dict"));
        assert!(!config.plugin_enabled(Pwqual, "princ"));
        let text = modules[0].error().to_string();
        assert!(text.starts_with("k.conf:3: [plugins] pwqual module cracklib: "), "{text}");

        let hooks = config.plugin_modules(Kadm5Hook).unwrap();
        assert_eq!(
            hooks[0].notice().to_string(),
            "k.conf:11: [plugins] kadm5_hook module b: not loaded, modules are not supported"
        );
        assert!(!config.plugin_enabled(Kadm5Hook, "a"));
        assert!(config.plugin_modules(HostRealm).unwrap().is_empty());
    }
}
